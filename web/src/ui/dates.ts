/**
 * The one way in which instants are written: 2026-11-22 09:00:00 in Beijing
 * time, whatever the device says. No texts, so that the offline tool and the
 * worker's neighbours can use it too.
 */
const ZONE = "Asia/Shanghai";

type Style = "date" | "time" | "minute" | "second" | "clock";

const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  /** Hours and minutes of a day that is clear from elsewhere. */
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  minute: { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  second: {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
};

const made = new Map<string, Intl.DateTimeFormat>();

function parts(ms: number, style: Style): Record<string, string> {
  let format = made.get(style);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, ...STYLES[style] });
    made.set(style, format);
  }
  return Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}

/** "2026-11-22 09:00:00" in Beijing time, or a part of it. */
export function dateTime(ms: number, style: Style = "minute"): string {
  const at = parts(ms, style);
  const date = at["year"] ? `${at["year"]}-${at["month"]}-${at["day"]}` : "";
  const time = at["hour"] ? [at["hour"], at["minute"], at["second"]].filter(Boolean).join(":") : "";
  return [date, time].filter(Boolean).join(" ");
}

/** The day in Beijing on which an instant falls, "2026-11-22". */
export function day(ms: number): string {
  return dateTime(ms, "date");
}

/** The name of that day's weekday. */
export function weekday(ms: number, speak: string): string {
  return new Intl.DateTimeFormat(speak, { timeZone: ZONE, weekday: "long" }).format(ms);
}
