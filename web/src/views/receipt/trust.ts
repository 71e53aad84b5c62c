/** Whom to believe about a receipt, as a person fills it in. */
import type { ReceiptTrust } from "@/crypto/contract";

/** Fields as text; the witnesses one a line. */
export interface TrustForm {
  origin: string;
  receiptKey: string;
  logKey: string;
  witnesses: string;
  quorum: string;
  project: string;
}

export function formOf(trust: Partial<ReceiptTrust> = {}): TrustForm {
  return {
    origin: trust.origin ?? "",
    receiptKey: trust.receipt_key ?? "",
    logKey: trust.log_key ?? "",
    witnesses: (trust.witnesses ?? []).join("\n"),
    quorum: String(trust.quorum ?? 0),
    project: trust.project ?? "",
  };
}

/** What was filled in; nothing where platform, key or quorum are missing. */
export function trustOf(form: TrustForm): ReceiptTrust | undefined {
  const [origin, receiptKey, logKey, project] = [form.origin, form.receiptKey, form.logKey, form.project].map((it) => it.trim());
  const quorum = form.quorum.trim();
  if (!origin || !receiptKey || !/^[0-9]{1,2}$/.test(quorum)) return undefined;
  const witnesses = form.witnesses.split("\n").map((it) => it.trim());
  return {
    origin,
    receipt_key: receiptKey,
    ...(logKey ? { log_key: logKey } : {}),
    witnesses: witnesses.filter((it) => it !== ""),
    quorum: Number(quorum),
    ...(project ? { project } : {}),
  };
}
