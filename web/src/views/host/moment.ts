/** Times as a host writes them: Beijing time, whatever the device's zone. */

const BEIJING = 8 * 3600_000;

/** "2026-11-22T09:30" in Beijing time; nothing where it is not a time. */
export function fromLocal(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as number[];
  const time = Date.UTC(year!, month! - 1, day!, hour!, minute!, second || 0) - BEIJING;
  return toLocal(time).startsWith(text.slice(0, 16)) ? time : undefined;
}

/** The same the other way round, to the second where there are seconds. */
export function toLocal(time: number): string {
  const text = new Date(time + BEIJING).toISOString();
  return text.slice(17, 19) === "00" ? text.slice(0, 16) : text.slice(0, 19);
}
