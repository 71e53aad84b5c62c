/** 公民身份号码 (GB 11643-1999): six digits of a region, a date of birth, three of an order, and a check character. */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10X98765432";

/** Whether it is written as one. */
export function isIdentityShape(text: string): boolean {
  return /^\d{17}[\dXx]$/.test(text);
}

/** Whether its check character (ISO 7064, MOD 11-2) and its date of birth can be right: a slip of the pen hardly ever keeps both. */
export function isIdentityNumber(text: string): boolean {
  if (!isIdentityShape(text)) return false;
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(text[at]), 0);
  if (CHECKS[sum % 11] !== text[17]?.toUpperCase()) return false;
  const [year, month, day] = [text.slice(6, 10), text.slice(10, 12), text.slice(12, 14)].map(Number) as [number, number, number];
  const born = new Date(Date.UTC(year, month - 1, day));
  return born.getUTCFullYear() === year && born.getUTCMonth() === month - 1 && born.getUTCDate() === day;
}
