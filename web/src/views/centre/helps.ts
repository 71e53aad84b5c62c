/** The desk's queue: who waits, for how long, and what was answered. */
import type { Schemas } from "@/api";

import type { ActBody } from "@/crypto/contract";

/** A request for help in a lot, or a call to the desk: the desk answers both alike. */
export interface Request {
  key: string;
  by: string;
  /** The name is the organisation's own word. */
  unvouched: boolean;
  person: string;
  text: string;
  diagnosis: string;
  time: number;
  /** Since when the desk can see it: what it waited. */
  seen: number;
  project?: { id: string; number: string; title: string; lot?: string; lotTitle?: string };
  answer: string | undefined;
  answered: number | undefined;
  answeredBy: string | undefined;
  /** The act that answers it, and of which project it is: "" is the platform. */
  reply: (text: string) => { project: string; act: ActBody } | undefined;
}

interface Queue {
  /** The longest waiting first. */
  waiting: Request[];
  /** The last answered first. */
  answered: Request[];
}
/** Everything that the desk was asked. */
export function requestsOf(list: Pick<Schemas["HelpList"], "helps" | "calls">): Request[] {
  const helps = list.helps.map(({ help, ...line }): Request => {
    const { event } = help;
    return {
      // Before T0 one of an earlier version had no number.
      key: `${line.project}/${line.lot}/${event ?? `${help.by}/${help.time}`}`,
      by: help.by,
      unvouched: false,
      person: "",
      text: help.text,
      diagnosis: help.diagnosis ?? "",
      time: help.time,
      seen: line.seen,
      project: { id: line.project, number: line.number, title: line.title, lot: line.lot, lotTitle: line.lot_title },
      answer: help.answer ?? undefined,
      answered: help.answered ?? undefined,
      answeredBy: help.answered_by ?? undefined,
      reply: (text) =>
        event === undefined ? undefined : { project: line.project, act: { act: "answer-help", lot: line.lot, help: event, text } },
    };
  });
  const calls = (list.calls ?? []).map(
    (call): Request => ({
      key: call.call,
      by: call.name,
      unvouched: call.unvouched ?? false,
      person: call.person,
      text: call.text,
      diagnosis: "",
      time: call.time,
      seen: call.time,
      ...(call.project ? { project: call.project } : {}),
      answer: call.answer ?? undefined,
      answered: call.answered ?? undefined,
      answeredBy: call.answered_by ?? undefined,
      reply: (text) => ({ project: "", act: { act: "answer-call", call: call.call, text } }),
    }),
  );
  return [...helps, ...calls];
}

export function queueOf(all: readonly Request[], words = ""): Queue {
  const sought = words.trim().toLowerCase();
  const texts = (it: Request) => [it.project?.title ?? "", it.project?.number ?? "", it.by, it.text, it.answer ?? ""];
  const found = sought ? all.filter((it) => texts(it).some((text) => text.toLowerCase().includes(sought))) : [...all];
  return {
    waiting: found.filter((it) => it.answer === undefined).sort((a, b) => a.seen - b.seen),
    answered: found.filter((it) => it.answer !== undefined).sort((a, b) => (b.answered ?? b.time) - (a.answered ?? a.time)),
  };
}

/** Requests that were not there before. */
export function freshOf(known: ReadonlySet<string>, waiting: readonly Request[]): Request[] {
  return waiting.filter((it) => !known.has(it.key));
}
