/** What was said in the room, made of the feed: each question and objection with what answers it. */
import type { AnyBody, FeedItem } from "@/room";
import type { Schemas } from "@/api";

export type Kind = "said" | "remark" | "question" | "objection";

export interface Answer {
  n: number;
  time: number;
  /** Who answered, where that is told. */
  by?: string;
  text: string;
  attachments: Schemas["Attachment"][];
}

export interface Entry {
  n: number;
  time: number;
  kind: Kind;
  /** Who spoke: a bidder's name or code, or the host's organisation and person. */
  by: string;
  text: string;
  /** Absent where it was said to everybody. */
  lot?: string;
  /** What an answer names it by. */
  seq?: number;
  party?: string;
  attachments: Schemas["Attachment"][];
  answers: Answer[];
}

const KINDS: Partial<Record<FeedItem["kind"], Kind>> = { said: "said", remarked: "remark", asked: "question", objected: "objection" };

/** All that was said, in order; `lot` leaves out what was said of other lots. */
export function dialogue(log: readonly FeedItem[], lot?: string): Entry[] {
  const entries: Entry[] = [];
  const bySeq = new Map<number, Entry>();
  for (const item of log) {
    const { n, time, kind } = item;
    const body: AnyBody = item.body;
    const attachments = body.attachments ?? [];
    const text = body.text ?? "";
    const begins = KINDS[kind];
    if (begins) {
      const entry: Entry = {
        n,
        time,
        kind: begins,
        text,
        attachments,
        answers: [],
        by: body.by ?? body.name ?? "",
        lot: body.lot ?? undefined,
        seq: body.seq,
        party: body.party,
      };
      entries.push(entry);
      if (body.seq !== undefined) bySeq.set(body.seq, entry);
    } else if (kind === "answered" || kind === "replied") {
      const asked = kind === "answered" ? body.question : body.objection;
      bySeq.get(asked ?? -1)?.answers.push({ n, time, by: body.by, text, attachments });
    }
  }
  return lot === undefined ? entries : entries.filter((entry) => entry.lot === undefined || entry.lot === lot);
}

/** Whether somebody still waits for an answer. */
export function isWaiting(entry: Entry): boolean {
  return (entry.kind === "question" || entry.kind === "objection") && entry.answers.length === 0;
}
