/** A short sound for a new alarm, made by the browser itself. */
let context: AudioContext | undefined;

/** To be called from a click: browsers allow sound only after one. */
export async function allowSound(): Promise<void> {
  context ??= new AudioContext();
  await context.resume();
}

export function chime(): void {
  if (context?.state !== "running") return;
  for (const [i, frequency] of [880, 660].entries()) {
    const begin = context.currentTime + i * 0.22;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.exponentialRampToValueAtTime(0.25, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.2);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.21);
  }
}
