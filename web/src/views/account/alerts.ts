/** What the form of alerts holds, and what is sent of it. */
import type { Schemas } from "@/api";
import { language } from "@/i18n";

export type Channel = Schemas["AlertChannel"];
export type Kind = Schemas["AlertKind"];

export const CHANNELS: readonly Channel[] = ["mail", "phone"];

/** The form: kinds that are wanted are ticked. */
export interface Form {
  mail: string;
  phone: string;
  language: Schemas["Language"];
  wanted: Kind[];
}

/** The form as the server's answer fills it; empty before there is one. */
export function filled(view?: Schemas["AlertsView"]): Form {
  const unwanted = new Set(view?.unwanted);
  // Who never said anything is written to in the language of the page.
  const isNew = !view?.mail && !view?.phone;
  return {
    mail: view?.mail?.address ?? "",
    phone: view?.phone?.address ?? "",
    language: view && !isNew ? view.language : language() === "en" ? "en" : "zh-CN",
    wanted: view?.kinds.filter((kind) => !unwanted.has(kind)) ?? [],
  };
}

/** What is sent: an address that was cleared is left out, and so forgotten. */
export function wishes(form: Form, kinds: readonly Kind[]): Schemas["AlertWishes"] {
  const mail = form.mail.trim();
  const phone = form.phone.trim();
  return {
    ...(mail ? { mail } : {}),
    ...(phone ? { phone } : {}),
    language: form.language,
    unwanted: kinds.filter((kind) => !form.wanted.includes(kind)),
  };
}

/** How far an alert has come: what waits after a failed try is no trouble yet. */
export function colourOf(alert: Pick<Schemas["ToldAlert"], "state" | "attempts">): "green" | "amber" | "red" | "" {
  if (alert.state === "sent") return "green";
  if (alert.state === "failed") return "red";
  return alert.attempts > 0 ? "amber" : "";
}
