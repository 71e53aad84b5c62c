/**
 * Which line the host reads out now: told by the console to the hall's screen
 * in the same browser, where the two are windows of one machine. The platform
 * is not asked: all sheets are announced at once, and reading is not an act.
 */
import { onScopeDispose, readonly, type Ref, shallowRef, watch } from "vue";

export interface Line {
  lot: string;
  party: string;
}

type Letter = { project: string } & ({ type: "line"; line: Line | null } | { type: "who" });

const NAME = "kaibiao-announcing";
const channel = () => (typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(NAME));

/** Tells the screens of a project which line is read, for as long as the caller is there. */
export function tellLine(project: string, line: () => Line | undefined): void {
  const letters = channel();
  const tell = (told: Line | undefined) => {
    // Plain: what Vue watches cannot be sent.
    const line = told ? { lot: told.lot, party: told.party } : null;
    letters?.postMessage({ project, type: "line", line } satisfies Letter);
  };
  // A screen that is opened later asks.
  letters?.addEventListener("message", ({ data }: MessageEvent<Letter>) => {
    if (data.project === project && data.type === "who") tell(line());
  });
  watch(line, tell);
  const away = () => tell(undefined);
  globalThis.addEventListener?.("pagehide", away);
  onScopeDispose(() => {
    away();
    globalThis.removeEventListener?.("pagehide", away);
    letters?.close();
  });
}

/** The line that a console of this browser reads out, or nothing. */
export function followLine(project: string): Readonly<Ref<Line | undefined>> {
  const line = shallowRef<Line>();
  const letters = channel();
  letters?.addEventListener("message", ({ data }: MessageEvent<Letter>) => {
    if (data.project === project && data.type === "line") line.value = data.line ?? undefined;
  });
  letters?.postMessage({ project, type: "who" } satisfies Letter);
  onScopeDispose(() => letters?.close());
  return readonly(line);
}
