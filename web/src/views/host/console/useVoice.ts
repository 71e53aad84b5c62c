/** Reads texts aloud one after another with a Chinese voice of this device, where there is one. */
import { computed, onScopeDispose, ref } from "vue";

interface Utterance {
  key: string;
  text: string;
}

export function useVoice() {
  const synthesis = typeof speechSynthesis === "undefined" ? undefined : speechSynthesis;
  const voices = ref<SpeechSynthesisVoice[]>([]);
  const queue = ref<readonly Utterance[]>([]);
  const place = ref(-1);
  const paused = ref(false);
  const failed = ref(false);
  /** Later than any utterance that was cancelled. */
  let turn = 0;

  const look = () => {
    voices.value = synthesis?.getVoices().filter((voice) => /^(zh|cmn)/i.test(voice.lang)) ?? [];
  };
  look();
  synthesis?.addEventListener("voiceschanged", look);
  onScopeDispose(() => {
    synthesis?.removeEventListener("voiceschanged", look);
    stop();
  });

  const voice = computed(() => voices.value.find((it) => /^(zh-CN|cmn-CN|zh_CN)/i.test(it.lang)) ?? voices.value[0]);
  const current = computed(() => queue.value[place.value]);
  const speaking = computed(() => current.value !== undefined && !paused.value);

  function play(texts: readonly Utterance[], from = 0): void {
    queue.value = texts;
    say(from);
  }

  function say(at: number): void {
    turn += 1;
    synthesis?.cancel();
    paused.value = false;
    failed.value = false;
    const text = queue.value[at];
    place.value = text ? at : -1;
    if (!text || !synthesis || !voice.value) return;
    const mine = turn;
    const utterance = new SpeechSynthesisUtterance(text.text);
    utterance.lang = "zh-CN";
    utterance.voice = voice.value;
    utterance.rate = 0.95;
    utterance.onend = () => {
      if (mine === turn) say(at + 1);
    };
    utterance.onerror = (event) => {
      if (mine !== turn || event.error === "canceled" || event.error === "interrupted") return;
      failed.value = true;
      paused.value = true;
    };
    synthesis.speak(utterance);
  }

  function pause(): void {
    paused.value = true;
    synthesis?.pause();
  }

  function resume(): void {
    if (failed.value) say(place.value);
    else {
      paused.value = false;
      synthesis?.resume();
    }
  }

  function stop(): void {
    turn += 1;
    synthesis?.cancel();
    place.value = -1;
    paused.value = false;
  }

  return {
    /** A Chinese voice is there. */
    available: computed(() => voice.value !== undefined),
    current,
    speaking,
    paused,
    failed,
    play,
    pause,
    resume,
    stop,
    next: () => say(place.value + 1),
    repeat: () => say(Math.max(0, place.value)),
    hasNext: computed(() => place.value >= 0 && place.value < queue.value.length - 1),
  };
}
