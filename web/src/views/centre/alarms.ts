/**
 * What is wrong in the rooms of the day, reckoned from what the server tells.
 * An alarm names what a person at the centre would want to look into; the
 * thresholds are those of a busy morning, far inside the stays of the terms.
 */
import type { Schemas } from "@/api";
import { AGENT_SILENT } from "@/ui/agents";
import { day } from "@/ui/format";
import { isEnd } from "@/ui/stages";

export type Room = Schemas["BoardRoom"];
export type RoomLot = Room["lots"][string];

/** 异常 is something wrong; 超时 something late; a note wants no hurry. */
export type Kind = "abnormal" | "overdue" | "note";
type Level = "alarm" | "warn" | "note";

export const CODES = [
  "rescueAsked",
  "notOpened",
  "overdue",
  "notStarted",
  "stuck",
  "releaseLate",
  "helpLate",
  "failures",
  "agentSilent",
  "suspended",
  "quorum",
  "help",
  "slow",
  "dueSoon",
  "rescue",
  "disputed",
  "objections",
  "questions",
  "findings",
] as const;
export type Code = (typeof CODES)[number];

export interface Alarm {
  code: Code;
  kind: Kind;
  level: Level;
  lot?: string;
  /** What the text speaks of. */
  params?: Record<string, string | number>;
  /** Since when, where it is known. */
  since?: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How long a lot may rest in a stage until somebody should look, ms. */
const RESTS: Record<string, number> = { checking: 10 * MINUTE, opened: 5 * MINUTE, announced: 15 * MINUTE, signing: 15 * MINUTE };
/** After a deadline the platform itself acts within this time, if it is well, ms. */
const TIME_ACTS = 20 * SECOND;
/** An ordered rescue holds a window open for so long at most, ms. */
const RESCUE_HOLDS = 20 * MINUTE;
/** From so long before T0 on an agent should be heard of. */
const AGENT_WATCH = 30 * MINUTE;
const RELEASE_LATE = MINUTE;
const HELP_LATE = 3 * MINUTE;
const DUE_SOON = 2 * MINUTE;
const SLOW = 3 * MINUTE;

function isOver(room: Room): boolean {
  return Object.values(room.lots).every((lot) => isEnd(lot.stage));
}

/** All alarms of a room, the worst first. */
export function alarmsOf(room: Room, now: number): Alarm[] {
  const alarms: Alarm[] = [];
  if (isOver(room)) return alarms;
  if (!room.closed_for_bids && now > room.t0 + TIME_ACTS)
    alarms.push({ code: "notOpened", kind: "overdue", level: "alarm", since: room.t0 });
  for (const [id, lot] of Object.entries(room.lots)) if (!isEnd(lot.stage)) alarms.push(...alarmsOfLot(room, id, lot, now));
  if (room.helps_waiting > 0) alarms.push(helpAlarm(room, now));
  return alarms.sort((a, b) => weight(a) - weight(b));
}

function alarmsOfLot(room: Room, lot: string, it: RoomLot, now: number): Alarm[] {
  const found: (Alarm | undefined)[] = [silentAgents(room, lot, it, now)];
  if (it.suspended !== undefined && it.suspended !== null) {
    found.push({ code: "suspended", kind: "abnormal", level: "warn", lot, since: it.suspended });
  } else {
    found.push(late(lot, it, now));
  }
  found.push(failures(lot, it), slow(lot, it, now));
  if (it.rescues_asked > 0) {
    const params = { n: it.rescues_asked };
    found.push({ code: "rescueAsked", kind: "abnormal", level: "alarm", lot, params });
  }
  if (it.waits_for_quorum) found.push({ code: "quorum", kind: "abnormal", level: "alarm", lot });
  for (const [code, n] of [
    ["disputed", it.disputed],
    ["objections", it.objections_open],
    ["questions", it.questions_open],
    ["findings", it.findings_open],
  ] as const) {
    if (n > 0) found.push({ code, kind: "note", level: code === "questions" ? "note" : "warn", lot, params: { n } });
  }
  return found.filter((alarm) => alarm !== undefined);
}

/** A lot that rests where somebody, or time, should act. */
function late(lot: string, it: RoomLot, now: number): Alarm | undefined {
  if (it.stage === "preparing" || it.stage === "bidding") return undefined;
  const rested = now - it.since;
  const holds = it.stage === "unlocking" ? RESCUE_HOLDS : 0;
  if (it.due && holds && now > it.due + TIME_ACTS && now <= it.due + holds)
    return { code: "rescue", kind: "note", level: "warn", lot, since: it.due };
  if (it.due && now > it.due + TIME_ACTS + holds) return { code: "overdue", kind: "overdue", level: "alarm", lot, since: it.due };
  if (it.stage === "releasing") {
    return rested > RELEASE_LATE && releasedBy(it) < it.release
      ? { code: "releaseLate", kind: "overdue", level: "alarm", lot, since: it.since, params: { done: releasedBy(it), needed: it.release } }
      : undefined;
  }
  const rest = RESTS[it.stage];
  if (rest !== undefined && rested > rest) {
    return it.stage === "checking"
      ? { code: "notStarted", kind: "overdue", level: "alarm", lot, since: it.since }
      : { code: "stuck", kind: "overdue", level: "warn", lot, since: it.since, params: { stage: it.stage } };
  }
  if (rest !== undefined && it.due && it.due - now < DUE_SOON)
    return { code: "dueSoon", kind: "note", level: "warn", lot, params: { stage: it.stage } };
  return undefined;
}

/** Many bids that did not unlock though their bidders tried. */
function failures(lot: string, it: RoomLot): Alarm | undefined {
  const failed = it.stage === "unlocking" ? (it.counts?.failed ?? 0) : 0;
  const counted = Math.max(1, (it.counts?.bids ?? 0) - (it.counts?.refused ?? 0));
  const many = failed >= 3 || (failed >= 1 && failed / counted >= 0.25);
  return many ? { code: "failures", kind: "abnormal", level: "alarm", lot, params: { n: failed } } : undefined;
}

/** Many who have not tried, shortly before the window ends. */
function slow(lot: string, it: RoomLot, now: number): Alarm | undefined {
  if (it.stage !== "unlocking" || it.suspended || !it.due || !it.counts) return undefined;
  const { waiting, bids, refused } = it.counts;
  const left = it.due - now;
  const many = left > 0 && left < SLOW && waiting > 0 && waiting / Math.max(1, bids - refused) >= 0.2;
  return many ? { code: "slow", kind: "note", level: "warn", lot, params: { n: waiting } } : undefined;
}

/** Agents that were named in the terms and have not been heard of. */
function silentAgents(room: Room, lot: string, it: RoomLot, now: number): Alarm | undefined {
  const watched =
    it.stage === "bidding" ? now > room.t0 - AGENT_WATCH : it.stage === "checking" || it.stage === "unlocking" || it.stage === "releasing";
  if (!watched) return undefined;
  const heard = new Map(room.custodians_seen.map((seen) => [seen.organisation, seen.program ?? 0]));
  const open = it.custodians.filter((custodian) => !hasReleased(custodian));
  const silent = open.filter((custodian) => custodian.agent && now - (heard.get(custodian.organisation) ?? 0) > AGENT_SILENT);
  if (silent.length === 0) return undefined;
  // Those that are heard of may be enough: then it is no hurry yet.
  const enough = releasedBy(it) + open.length - silent.length >= it.release;
  return {
    code: "agentSilent",
    kind: "abnormal",
    level: enough || it.stage === "bidding" ? "warn" : "alarm",
    lot,
    params: { names: silent.map((custodian) => custodian.name).join("、") },
  };
}

/** Whether a custodian has released. One that has not is told with zeros. */
function hasReleased({ released }: RoomLot["custodians"][number]): boolean {
  return released !== undefined && released !== null && released.good + released.wrong > 0;
}

/** How many custodians' shares are there. */
export function releasedBy(it: RoomLot): number {
  return it.custodians.filter((custodian) => (custodian.released?.good ?? 0) > 0).length;
}

function helpAlarm(room: Room, now: number): Alarm {
  const since = room.helps_oldest ?? now;
  const isLate = now - since > HELP_LATE;
  return {
    code: isLate ? "helpLate" : "help",
    kind: isLate ? "overdue" : "abnormal",
    level: isLate ? "alarm" : "warn",
    since,
    params: { n: room.helps_waiting },
  };
}

const LEVELS: Record<Level, number> = { alarm: 0, warn: 1, note: 2 };

function weight(alarm: Alarm): number {
  return LEVELS[alarm.level] * 100 + CODES.indexOf(alarm.code);
}

/** A room with what is wrong in it. */
export interface Watched {
  room: Room;
  alarms: Alarm[];
  /** The worst of its alarms. */
  level: Level | "";
  state: "waiting" | "running" | "over";
}

export function watched(rooms: readonly Room[], now: number): Watched[] {
  const all = rooms.map((room): Watched => {
    const alarms = alarmsOf(room, now);
    const state = isOver(room) ? "over" : room.closed_for_bids || now >= room.t0 ? "running" : "waiting";
    return { room, alarms, level: alarms[0]?.level ?? "", state };
  });
  return all.sort((a, b) => rank(a) - rank(b) || a.room.t0 - b.room.t0 || a.room.number.localeCompare(b.room.number));
}

/** What opens so soon is looked after today, also when that is past midnight, ms. */
const SOON = 6 * 60 * MINUTE;

/** Whether a room is this day's business: by its date, by what goes on or is wrong in it, or because it is due within hours. */
export function isOfDay({ room, level, state }: Watched, now: number): boolean {
  if (state === "running" || level === "alarm" || level === "warn" || day(room.t0) === day(now)) return true;
  return state === "waiting" && room.t0 - now < SOON;
}

/** Trouble first, then what is going on, then what is to come, then what is over. */
function rank({ level, state }: Watched): number {
  if (level === "alarm") return 0;
  if (level === "warn") return 1;
  return { running: 2, waiting: 3, over: 4 }[state];
}

export interface Figures {
  running: number;
  waiting: number;
  over: number;
  abnormal: number;
  overdue: number;
  helps: number;
}

/** 办理、异常、超时: how many rooms, and how many wait for help. */
export function figuresOf(all: readonly Watched[]): Figures {
  const having = (kind: Kind) => all.filter(({ alarms }) => alarms.some((alarm) => alarm.kind === kind)).length;
  const inState = (state: Watched["state"]) => all.filter((it) => it.state === state).length;
  const helps = all.reduce((sum, { room }) => sum + room.helps_waiting, 0);
  return {
    running: inState("running"),
    waiting: inState("waiting"),
    over: inState("over"),
    abnormal: having("abnormal"),
    overdue: having("overdue"),
    helps,
  };
}

/** What distinguishes an alarm from others, so that a new one is known as new. */
export function keyOf(room: Room, alarm: Alarm): string {
  return `${room.id}/${alarm.lot ?? ""}/${alarm.code}`;
}
