/** How the player's cursor moves over the steps of an opening: one step for each event. */
import type { Schemas } from "@/api";

export type Step = Schemas["ReplayStep"];

/** Where the cursor stands: after an event, at its instant or later, before the next one. */
export interface Cursor {
  seq: number;
  now: number;
}

/** One event after another, or the clock's seconds times this. */
export type Speed = "step" | 1 | 10 | 60;
export const SPEEDS: readonly Speed[] = ["step", 1, 10, 60];

/** One event a second, ms. */
export const STEP = 1_000;
/** Nobody waits longer than this for the next event, ms: a longer silence is cut short. */
export const PATIENCE = 5_000;

/** Who acted, to filter by: a capacity (`by:host`), or one organisation in it. */
export interface Actor {
  value: string;
  by: string;
  who?: string;
}

/** Everybody who acted: each capacity, and after it the organisations that acted in it. */
export function actorsOf(steps: readonly Step[]): Actor[] {
  const found = new Map<string, Actor>();
  for (const { by, organisation, who } of steps) {
    found.set(`by:${by}`, { value: `by:${by}`, by });
    if (organisation) found.set(`${by}:${organisation}`, { value: `${by}:${organisation}`, by, who: who ?? organisation });
  }
  const order = [...new Set([...found.values()].map(({ by }) => by))];
  return [...found.values()].sort(
    (a, b) => order.indexOf(a.by) - order.indexOf(b.by) || Number(a.who !== undefined) - Number(b.who !== undefined),
  );
}

/** The steps of one actor; all where none is chosen. */
export function ofActor(steps: readonly Step[], actor: string): readonly Step[] {
  if (!actor) return steps;
  return steps.filter(({ by, organisation }) => actor === `by:${by}` || actor === `${by}:${organisation}`);
}

/** The stages in the order in which they began. */
export function stagesOf(steps: readonly Step[]): { seq: number; lot: string; stage: string }[] {
  return steps.flatMap(({ seq, stages }) => Object.entries(stages ?? {}).map(([lot, stage]) => ({ seq, lot, stage })));
}

/** How many of the steps are at this instant or before it. */
function countUntil(steps: readonly Step[], instant: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as Step).time <= instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The cursor at an instant; before the first step it is at that one. */
export function cursorAt(steps: readonly Step[], instant: number): Cursor | undefined {
  const step = steps[Math.max(0, countUntil(steps, instant) - 1)];
  return step && { seq: step.seq, now: Math.max(step.time, instant) };
}

/** The instant that is reached when `passed` ms go by at a speed: not beyond the last step, and long silences are cut short. */
export function advance(steps: readonly Step[], now: number, passed: number, speed: number): number {
  const last = steps.at(-1)?.time ?? now;
  const next = steps[countUntil(steps, now)]?.time ?? last;
  const reached = now + passed * speed;
  return Math.min(last, Math.max(reached, next - PATIENCE * speed));
}

/** The sources of what lies at a pointer or below it, each by its last name. */
export function sourcesBelow(sources: Readonly<Record<string, number>>, pointer: string): { what: string; seq: number }[] {
  const found = Object.entries(sources).filter(([at]) => at === pointer || at.startsWith(`${pointer}/`));
  const told = found.map(([at, seq]) => ({ what: nameOf(at.slice(pointer.length)), seq }));
  return told.sort((a, b) => a.seq - b.seq);
}

/** The last word of a pointer that is no number; of nothing it is the element itself. */
function nameOf(pointer: string): string {
  return (
    pointer
      .split("/")
      .filter((it) => it && !/^\d+$/.test(it))
      .at(-1) ?? "self"
  );
}
