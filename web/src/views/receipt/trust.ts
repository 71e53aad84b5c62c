/** Whom to believe about a receipt, as a person fills it in. */
import type { ReceiptTrust } from "@/crypto/contract";

/** Fields as text; the witnesses one a line. */
export interface TrustForm {
  origin: string;
  receiptKey: string;
  /** The platform's SM2 certificate and those above it: PEM, or base64 of each on a line. */
  sm2Chain: string;
  logKey: string;
  witnesses: string;
  quorum: string;
  project: string;
}

export function formOf(trust: Partial<ReceiptTrust> = {}): TrustForm {
  return {
    origin: trust.origin ?? "",
    receiptKey: trust.receipt_key ?? "",
    sm2Chain: (trust.sm2_chain ?? []).join("\n"),
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
  const sm2Chain = certificatesIn(form.sm2Chain);
  return {
    origin,
    receipt_key: receiptKey,
    ...(sm2Chain.length ? { sm2_chain: sm2Chain } : {}),
    ...(logKey ? { log_key: logKey } : {}),
    witnesses: witnesses.filter((it) => it !== ""),
    quorum: Number(quorum),
    ...(project ? { project } : {}),
  };
}

/** Base64 of each certificate, as it was typed or stands in a PEM file. */
function certificatesIn(text: string): string[] {
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g)].map(([, body = ""]) => body);
  const all = blocks.length ? blocks : text.split("\n");
  return all.map((it) => it.replace(/\s/g, "")).filter((it) => it !== "");
}
