/**
 * What a page finds out about itself when its user asks for help. It travels as
 * codes and numbers, so that whoever reads it reads it in their own language.
 */
import { useI18n } from "vue-i18n";
import type { KeptBid } from "@/bids/types";
import { failureText } from "@/i18n/failures";
import { dateTime } from "../dates";

export interface Diagnosis {
  /** By this device's clock. */
  time: number;
  lot: string;
  stage: string;
  /** A state of `room/live`: i18n `common`. */
  connection: string;
  online: boolean;
  /** How far this device's clock is off, and how well that is known, ms. */
  clock: { offset: number; error: number };
  browser: string;
  secure: boolean;
  screen: string;
  /** Without one the key is locked. */
  certificate?: { digest: string; key: string; until: number };
  bids: Pick<KeptBid, "bid" | "state" | "whole" | "received" | "log">[];
}

export interface Line {
  name: string;
  value: string;
}

/** A service takes 64 KiB; the rest is room for the request itself. */
const MOST = 60_000;

/** As it is sent. Of a long log the last lines are what matters. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const bids = diagnosis.bids.map((bid) => ({ ...bid, log: [...bid.log] }));
  const text = () => JSON.stringify({ ...diagnosis, bids });
  const longest = () => bids.reduce((a, b) => (b.log.length > a.log.length ? b : a));
  while (new TextEncoder().encode(text()).length > MOST && bids.length > 0) {
    const { log } = longest();
    if (log.length > 0) log.splice(0, Math.ceil(log.length / 4));
    else bids.pop();
  }
  return text();
}

function read(text: string): Diagnosis | undefined {
  try {
    const told = JSON.parse(text) as Partial<Diagnosis> | null;
    const whole = typeof told?.time === "number" && Array.isArray(told.bids) && typeof told.clock === "object";
    return whole ? (told as Diagnosis) : undefined;
  } catch {
    return undefined;
  }
}

export function useDiagnosis() {
  const { t, te } = useI18n();
  const yes = (is: unknown) => t(is ? "common.yes" : "common.no");
  /** A code in words, or the code itself where this page is older than the one that sent it. */
  const word = (key: string, code: string) => (te(`${key}.${code}`, "zh-CN") ? t(`${key}.${code}`) : code);
  const line = (name: string, value: string): Line => ({ name: t(`stages.diagnosis.${name}`), value });

  function clock({ offset, error }: Diagnosis["clock"]): string {
    const within = Math.round(error ?? 0);
    if (Math.abs(offset) <= Math.max(within, 100)) return t("stages.diagnosis.clockRight", { within });
    return t(offset > 0 ? "stages.diagnosis.clockSlow" : "stages.diagnosis.clockFast", { by: Math.abs(Math.round(offset)), within });
  }

  function ofBid({ bid, state, whole, received, log }: Diagnosis["bids"][number]): Line[] {
    const said = t(whole ? "stages.diagnosis.fileHere" : "stages.diagnosis.fileElsewhere");
    const when = received ? t("stages.diagnosis.receivedAt", { time: dateTime(received, "second") }) : "";
    return [
      line("bid", [bid.slice(0, 16), word("bids.states", state), said, when].filter(Boolean).join(" · ")),
      ...(log ?? []).map(({ time, what, code }) => ({
        name: dateTime(time, "second"),
        value: [word("stages.diagnosis.did", what), code ? `${failureText({ code }) ?? ""}(${code})` : ""].filter(Boolean).join("："),
      })),
    ];
  }

  /** Lines of what and how; nothing where the text is not one of this page's. */
  function linesOf(text: string): Line[] | undefined {
    const it = read(text);
    if (!it) return undefined;
    const { certificate } = it;
    return [
      line("time", dateTime(it.time, "second")),
      line("stage", `${t("stages.lot", { lot: it.lot })} ${word("stages", it.stage)}`),
      line("connection", word("common", it.connection)),
      line("online", yes(it.online)),
      line("clock", clock(it.clock)),
      line("browser", it.browser),
      line("secure", yes(it.secure)),
      line("screen", it.screen),
      line("certificate", certificate ? `${certificate.key} ${certificate.digest}` : t("stages.diagnosis.locked")),
      ...(certificate ? [line("until", dateTime(certificate.until, "second"))] : []),
      ...it.bids.flatMap(ofBid),
    ];
  }

  return { linesOf };
}
