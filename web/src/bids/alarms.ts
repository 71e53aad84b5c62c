/** What will go wrong with a certificate by the time a bid is opened. */
import type { Failure, KeyInfo, Millis } from "@/crypto/contract";

export interface Alarm extends Failure {
  level: "warning" | "error";
}

/** i18n `bids.alarms.<code>`, with `params`. `t0` in ms; without it only what is wrong now. */
export const certificateAlarms: (key: KeyInfo, t0: Millis | null, now: Millis) => Alarm[] = () => [];
