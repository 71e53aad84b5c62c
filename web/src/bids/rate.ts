/** How fast an upload goes, over the last seconds. */
const WINDOW = 8_000;

export class Rate {
  private samples: { at: number; done: number }[] = [];

  /** Takes the present offset and returns bytes a second. */
  sample(done: number, at: number): number {
    const last = this.samples.at(-1);
    // The offset went back, so what was sent is sent again.
    if (last && done < last.done) this.samples = [];
    this.samples.push({ at, done });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > WINDOW) this.samples.shift();
    const first = this.samples[0];
    if (!first || at - first.at < 200) return 0;
    return ((done - first.done) * 1000) / (at - first.at);
  }
}
