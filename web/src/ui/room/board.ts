/** Which bidders a board shows, in which order, and which of them are chosen. */
import type { Schemas } from "@/api";
import type { Stage } from "../stages";
import { type Standing, standing } from "./parties";

type Party = Schemas["PartyView"];

export interface BoardRow {
  party: Party;
  /** Its place in the reading order, from 1; it stays whatever the order shown. */
  order: number;
  standing: Standing | undefined;
}

/** What each filter leaves on the board. */
const FITS = {
  all: () => true,
  notSigned: ({ party }) => !party.signed_in,
  noDeposit: ({ party }) => !party.course?.deposit,
  waiting: (row) => row.standing === "waiting",
  missed: (row) => row.standing === "missed",
  unlocked: (row) => row.standing === "unlocked",
  failed: (row) => row.standing === "failed",
  refused: (row) => row.standing === "refused",
  notOpened: ({ party }) => party.finding !== undefined || (party.outcome !== undefined && party.outcome !== "opened"),
  disputed: ({ party }) => party.line?.disputed === true,
  silent: ({ party }) => party.outcome === "opened" && party.line === undefined,
  notCountersigned: ({ party }) => party.outcome === "opened" && !party.course?.countersigned,
} satisfies Record<string, (row: BoardRow) => boolean>;

export type Filter = keyof typeof FITS;
export const FILTERS = Object.keys(FITS) as Filter[];

const STANDINGS: readonly (Standing | undefined)[] = ["failed", "missed", "waiting", "unlocked", "refused", undefined];
const DEPOSITS: readonly (Schemas["Deposit"] | undefined)[] = [undefined, "unpaid", "guarantee", "paid"];

/** What each column is sorted by; equals stay in reading order. */
const COMPARE = {
  order: (one, other) => one.order - other.order,
  name: (one, other) => one.party.name.localeCompare(other.party.name, "zh-CN"),
  // What lacks something first: that is what is looked for.
  signedIn: (one, other) => Number(one.party.signed_in) - Number(other.party.signed_in),
  deposit: (one, other) => DEPOSITS.indexOf(one.party.course?.deposit) - DEPOSITS.indexOf(other.party.course?.deposit),
  state: (one, other) => STANDINGS.indexOf(one.standing) - STANDINGS.indexOf(other.standing),
} satisfies Record<string, (one: BoardRow, other: BoardRow) => number>;

export type SortKey = keyof typeof COMPARE;

export interface Sorting {
  key: SortKey;
  descending: boolean;
}

export const READING: Sorting = { key: "order", descending: false };

/** The rows of a board: those that fit, in the order asked for. */
export function boardRows(
  parties: readonly Party[],
  stage: Stage,
  wanted: { search: string; filter: Filter; sorting: Sorting },
): BoardRow[] {
  const word = wanted.search.trim().toLowerCase();
  const { key, descending } = wanted.sorting;
  const fits = FITS[wanted.filter];
  const rows = parties
    .map((party, index) => ({ party, order: index + 1, standing: standing(party, stage) }))
    .filter((row) => (!word || row.party.name.toLowerCase().includes(word)) && fits(row));
  const compare = COMPARE[key];
  return rows.sort((one, other) => (descending ? compare(other, one) : compare(one, other)) || one.order - other.order);
}

/** A press on a column's head: by it, then the other way round, then as they are read. */
export function nextSorting(now: Sorting, pressed: SortKey): Sorting {
  if (now.key !== pressed) return { key: pressed, descending: false };
  if (!now.descending) return { key: pressed, descending: true };
  return READING;
}

/** Those that are shown are chosen, or no longer where all of them were; the others stay as they are. */
export function toggleAll(chosen: ReadonlySet<string>, shown: readonly string[]): Set<string> {
  const next = new Set(chosen);
  const on = !shown.every((it) => chosen.has(it));
  for (const it of shown) {
    if (on) next.add(it);
    else next.delete(it);
  }
  return next;
}

/** One is chosen, or no longer. */
export function toggleOne(chosen: ReadonlySet<string>, party: string): Set<string> {
  const next = new Set(chosen);
  if (!next.delete(party)) next.add(party);
  return next;
}
