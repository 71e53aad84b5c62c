/** The private lines of a lot, one thread for each bidder: who waits for an answer comes first. */
import type { PrivateView } from "../types";

export interface Thread {
  party: string;
  name: string;
  lines: PrivateView[];
  /** The bidder wrote last. */
  waits: boolean;
}

export function threadsOf(lines: readonly PrivateView[] | undefined): Thread[] {
  const threads = new Map<string, Thread>();
  for (const line of lines ?? []) {
    let thread = threads.get(line.party);
    if (!thread) threads.set(line.party, (thread = { party: line.party, name: line.name, lines: [], waits: false }));
    thread.lines.push(line);
    thread.waits = line.from === "bidder";
  }
  const last = (it: Thread) => it.lines.at(-1)?.seq ?? 0;
  return [...threads.values()].sort((one, other) => Number(other.waits) - Number(one.waits) || last(other) - last(one));
}
