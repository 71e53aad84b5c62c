/** What a record's course tells of suspensions: each with the resumption (复会) that ended it. */

export interface Told {
  seq: number;
  at: number;
  kind: string;
  by?: string;
  text?: string;
}

export interface Stood {
  from: Told;
  /** Absent where the lot ended while it was suspended. */
  to?: Told;
}

export function suspensions(course: readonly Told[]): Stood[] {
  const all: Stood[] = [];
  for (const told of course) {
    const last = all.at(-1);
    if (told.kind === "suspended") all.push({ from: told });
    else if (told.kind === "resumed" && last && !last.to) last.to = told;
  }
  return all;
}
