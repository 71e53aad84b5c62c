/** What becomes of a check (docs/spec/bundle.md, 5). */

/** The checks of a bundle, in the order in which they are told. */
export const CHECKS = [
  "form",
  "platform",
  "tree",
  "disclosure",
  "files",
  "rules",
  "complaints",
  "log",
  "anchors",
  "statements",
  "timestamps",
  "terms",
  "notices",
  "receipts",
  "authenticity",
  "sheets",
  "record",
  "rechecks",
] as const;
export type Check = (typeof CHECKS)[number];

/**
 * The checks whose failure takes away what one rests on. `rules` is not among them:
 * facts are not folded here, so what follows from them is what they say.
 */
export const NEEDS: Partial<Record<Check, readonly Check[]>> = {
  disclosure: ["tree"],
  log: ["tree"],
  files: ["disclosure"],
  rules: ["disclosure"],
  complaints: ["disclosure"],
  statements: ["disclosure"],
  terms: ["disclosure"],
  notices: ["disclosure", "log"],
  receipts: ["disclosure"],
  anchors: ["disclosure", "log"],
  timestamps: ["log"],
  authenticity: ["disclosure", "terms"],
  sheets: ["disclosure"],
  record: ["disclosure"],
  rechecks: ["disclosure"],
};

/** Where a fault is: an event, an anchor, or a file. */
export type Place = { seq: number } | { tick: number } | { file: string };

export function placeText(place: Place): string {
  if ("seq" in place) return `seq ${place.seq}`;
  return "tick" in place ? `tick ${place.tick}` : place.file;
}

export interface Fault {
  code: string;
  place: Place;
}

export type Outcome =
  | { outcome: "holds" | "not-asked" | "not-made" }
  /** It is not made by this verifier, whatever the others found. */
  | { outcome: "elsewhere" }
  | { outcome: "withheld"; withheld: [some: number, all: number] }
  | { outcome: "fails"; fault: Fault };

/** How far a check has come. */
export type OnPart = (done: number, all: number) => void;

/** What one check comes upon. */
export class Findings {
  private least: Fault | undefined;
  private some = 0;
  private all = 0;
  private isLacking = false;

  /** Something is wrong. The fault at the least place is kept, of one place the first. */
  fail(code: string, place: Place): void {
    if (!this.least || before(place, this.least.place)) this.least = { code, place };
  }

  expect(holds: boolean, code: string, place: Place): void {
    if (!holds) this.fail(code, place);
  }

  /** One more thing that an edition may withhold; whether it is there. */
  told(isThere: boolean): void {
    this.all += 1;
    if (!isThere) this.some += 1;
  }

  /** What another check has found missing is needed here. */
  lacks(): void {
    this.isLacking = true;
  }

  /** `otherwise`: what it is where nothing is wrong and all is there. */
  outcome(otherwise: "holds" | "elsewhere" = "holds"): Outcome {
    if (this.least) return { outcome: "fails", fault: this.least };
    if (this.isLacking) return { outcome: "not-made" };
    if (this.some > 0) return { outcome: "withheld", withheld: [this.some, this.all] };
    return { outcome: otherwise };
  }
}

/** An event comes before a tick, and a tick before a file. */
function before(one: Place, other: Place): boolean {
  const [a, b] = [rank(one), rank(other)];
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}

function rank(place: Place): [number, number | string] {
  if ("seq" in place) return [0, place.seq];
  return "tick" in place ? [1, place.tick] : [2, place.file];
}
