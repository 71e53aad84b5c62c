/** What will go wrong with a certificate by the time a bid is opened. */
import { day } from "@/ui/dates";
import type { CertificateInfo, Failure, KeyInfo, Millis } from "@/crypto/contract";

export interface Alarm extends Failure {
  level: "warning" | "error";
}

const DAY = 24 * 3600_000;
/** Unlocking, confirming and signing the record follow T0 by so long. */
const AFTER_T0 = 2 * DAY;
/** Time enough to renew. */
const SOON = 30 * DAY;

/** i18n `bids.alarms.<code>` with its params. Without `t0` only what is wrong or near now. */
export function certificateAlarms(key: KeyInfo, t0: Millis | null, now: Millis): Alarm[] {
  const alarms = ofCertificate("signing", key.signing, t0, now);
  if (key.encryption.digest !== key.signing.digest) alarms.push(...ofCertificate("encryption", key.encryption, t0, now));
  if (!key.encryption.encrypt) alarms.push({ code: "no-encryption", level: "error" });
  if (key.encryption.organisationCode !== key.signing.organisationCode) alarms.push({ code: "two-organisations", level: "error" });
  return alarms;
}

function ofCertificate(which: "signing" | "encryption", certificate: CertificateInfo, t0: Millis | null, now: Millis): Alarm[] {
  const { notBefore, notAfter } = certificate;
  const params = { until: day(notAfter), days: Math.max(0, Math.floor((notAfter - now) / DAY)) };
  if (now < notBefore) return [{ code: `${which}-not-yet`, level: "error", params: { from: day(notBefore) } }];
  if (now > notAfter) return [{ code: `${which}-expired`, level: "error", params }];
  // A bid that is in stays good; but who opens it must sign with a certificate in force.
  if (t0 !== null && notAfter < t0) return [{ code: `${which}-ends-before`, level: "error", params }];
  if (t0 !== null && notAfter < t0 + AFTER_T0) return [{ code: `${which}-ends-during`, level: "warning", params }];
  if (notAfter - now < SOON) return [{ code: `${which}-ends-soon`, level: "warning", params }];
  return [];
}
