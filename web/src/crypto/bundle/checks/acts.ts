/** The acts by which events happen: their names, and whether one counts only when it is signed (docs/spec/acts.md). */
const SIGNED =
  "login bind-role revoke-role link-authority unlink-authority register set-clock bridge-list authorise-agent revoke-agent erase-details certify-key " +
  "invite-custodian publish clarify amend postpone cancel submit withdraw sign-in allow-sign-in hand-over take-over mark-deposit refuse-bid " +
  "publish-list start-window extend suspend resume unlock ask-rescue order-rescue rescue release order-quorum confirm-finding overrule-finding " +
  "confirm-fault overrule-fault announce lift-mask confirm dispute open-objections object reply close-objections sign-record countersign " +
  "correct-record close remark-line mark-absence mute unmute no-objection reveal-reference complain take-up-complaint decline-complaint " +
  "answer-complaint remark terminate";
const PLAIN =
  "call-desk answer-call export draft edit import import-deposits rate private-message help answer-help message question answer";

const ACTS = new Map([
  ...SIGNED.split(" ").map((name) => [name, true] as const),
  ...PLAIN.split(" ").map((name) => [name, false] as const),
]);

/** Whether an act must be signed; nothing of a name that is none. */
export function mustBeSigned(name: string): boolean | undefined {
  return ACTS.get(name);
}

export const ACT_NAMES: readonly string[] = [...ACTS.keys()];
