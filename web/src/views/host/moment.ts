/** Times as a host writes them: Beijing time, whatever the device's zone. */

const BEIJING = 8 * 3600_000;

/** "2026-11-22T09:30" in Beijing time; nothing where it is not a time. */
export function fromLocal(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[-T:]/).map(Number);
  const time = Date.UTC(year, month - 1, day, hour, minute, second) - BEIJING;
  return toLocal(time).startsWith(text.slice(0, 16)) ? time : undefined;
}

/** The same the other way round, to the second where there are seconds. */
export function toLocal(time: number): string {
  const text = new Date(time + BEIJING).toISOString();
  return text.slice(17, 19) === "00" ? text.slice(0, 16) : text.slice(0, 19);
}
