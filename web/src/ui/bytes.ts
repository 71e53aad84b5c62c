/** How sizes are written. The offline tool uses this too, so it needs no texts. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** Bytes with the unit people know, in steps of 1000: "12.3 MB". */
export function bytes(size: number): string {
  let unit = 0;
  let value = size;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${UNITS[unit]}`;
}
