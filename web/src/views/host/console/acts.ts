/** How each act on lots is asked for: what else it needs, and how it is confirmed. */
import type { ActBody } from "@/crypto/contract";
import type { HostAct } from "../lawful";
import type { LotView } from "../types";

interface Asking {
  /** It names several lots; otherwise one. */
  lots?: boolean;
  reason?: "required" | "optional";
  /** Minutes: what they begin with, and their bounds in seconds. */
  seconds?: (lot: LotView, legalWindow: number) => { usual: number; least: number; most: number };
  /** To be typed: a key of `host.console.words`; a countdown otherwise. */
  word?: true;
  /** How long the button waits. */
  wait?: number;
  danger?: true;
}

export const ASKED: Partial<Record<HostAct, Asking>> = {
  "publish-list": { wait: 5 },
  "start-window": {
    lots: true,
    wait: 3,
    seconds: ({ policy }, legal) => ({
      usual: policy.stays.window,
      least: Math.min(legal, policy.stays.window),
      most: policy.stays.window,
    }),
  },
  extend: {
    lots: true,
    reason: "required",
    wait: 0,
    seconds: ({ policy, extended }) => {
      const left = Math.max(0, policy.stays.extensions - extended);
      return { usual: Math.min(300, left), least: 1, most: left };
    },
  },
  suspend: { lots: true, reason: "required", wait: 3, danger: true },
  resume: { lots: true, reason: "optional", wait: 0 },
  announce: { lots: true, wait: 5 },
  "lift-mask": { lots: true, word: true },
  "open-objections": {
    lots: true,
    wait: 3,
    seconds: ({ policy, objecting }) => ({ usual: policy.stays.objections, least: objecting, most: policy.stays.objections }),
  },
  "close-objections": { lots: true, wait: 5 },
  close: { lots: true, word: true },
  "take-over": { reason: "required", word: true, danger: true },
};

/**
 * Acts that are asked for in their place in the course, without a dialog before: those that say how long they last, and
 * those that want a word typed. The others change for everybody what cannot be taken back, by a press alone.
 */
export const STANDING: ReadonlySet<HostAct> = new Set(["start-window", "open-objections", "close"]);

/** The act's body from what was given. */
export function bodyOf(act: HostAct, lot: string, given: { lots: string[]; reason: string; seconds?: number | undefined }): ActBody {
  const asking = ASKED[act];
  const body: ActBody = { act };
  if (act !== "take-over") Object.assign(body, asking?.lots ? { lots: given.lots } : { lot });
  if (asking?.seconds && given.seconds !== undefined) body["seconds"] = given.seconds;
  const reason = given.reason.trim();
  if (asking?.reason && reason) body["reason"] = reason;
  return body;
}
