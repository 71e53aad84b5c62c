/** Calls a bidder back to the page: the title, a notification, a sound. */
import { onScopeDispose, type Ref, ref, watch } from "vue";

const SOUND = "kaibiao.sound";

function kept(): boolean {
  try {
    return localStorage.getItem(SOUND) === "on";
  } catch {
    return false;
  }
}

export const sound = ref(kept());

export function switchSound(on: boolean): void {
  sound.value = on;
  try {
    localStorage.setItem(SOUND, on ? "on" : "off");
  } catch {
    // For this page only, then.
  }
  if (on) beep();
}

/** Asks for the right to notify; what the person decided is respected. */
export async function askToNotify(): Promise<NotificationPermission | "unsupported"> {
  if (typeof Notification === "undefined") return "unsupported";
  return Notification.permission === "default" ? Notification.requestPermission() : Notification.permission;
}

let audio: AudioContext | undefined;

/** Two short tones; a browser that wants a gesture first stays silent. */
function beep(): void {
  try {
    audio ??= new AudioContext();
    for (const [at, pitch] of [
      [0, 880],
      [0.25, 1175],
    ] as const) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.value = 0.15;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.18);
    }
  } catch {
    // No sound on this device.
  }
}

/**
 * Alerts whenever `reason` becomes another text, and flashes the window's
 * title until the page is looked at. Null is no reason.
 */
export function useAlert(reason: Ref<string | null>): void {
  let flashing: ReturnType<typeof setInterval> | undefined;
  let title = "";
  const calm = () => {
    if (flashing === undefined) return;
    clearInterval(flashing);
    flashing = undefined;
    document.title = title;
  };
  const flash = (text: string) => {
    calm();
    if (!document.hidden) return;
    title = document.title;
    let on = false;
    flashing = setInterval(() => {
      on = !on;
      document.title = on ? `【${text}】` : title;
    }, 1_000);
  };
  const looked = () => {
    if (!document.hidden) calm();
  };
  document.addEventListener("visibilitychange", looked);
  watch(
    reason,
    (text) => {
      if (!text) return calm();
      flash(text);
      if (sound.value) beep();
      if (document.hidden && typeof Notification !== "undefined" && Notification.permission === "granted") {
        try {
          new Notification(text, { tag: "kaibiao", requireInteraction: true });
        } catch {
          // Some phones allow them from workers only.
        }
      }
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", looked);
    calm();
  });
}
