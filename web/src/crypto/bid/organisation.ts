/**
 * Unified social credit codes 统一社会信用代码 (GB 32100-2015): 18 characters, the
 * first two a registration authority and a kind of body that there are, the last
 * one checks the others. A citizen's number is none.
 */

const CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** Each registration authority with the kinds of bodies that it registers. */
const HEADS: Record<string, string | undefined> = {
  "1": "1239",
  "2": "19",
  "3": "123459",
  "4": "19",
  "5": "1239",
  "6": "129",
  "7": "129",
  "8": "19",
  "9": "123",
  A: "19",
  N: "1239",
  Y: "1",
};

type CodeFault = "missing" | "length" | "character" | "check" | "body";

/** What is wrong with a code, if anything. */
export function codeFault(code: string): CodeFault | undefined {
  if (code === "") return "missing";
  if (code.length !== 18) return "length";
  if (![...code].every((character) => CHARACTERS.includes(character))) return "character";
  if (completeOrganisationCode(code.slice(0, 17)) !== code) return "check";
  return HEADS[code[0]!]?.includes(code[1]!) && !isCitizensNumber(code) ? undefined : "body";
}

/** GB 11643-1999: a region, a day of birth, three digits, a check character by ISO 7064, MOD 11-2. */
function isCitizensNumber(code: string): boolean {
  const digits = /^(\d\d)\d{4}(19|20)\d\d(\d\d)(\d\d)\d{3}[\dX]$/.exec(code);
  if (!digits) return false;
  const [region, , month, day] = digits.slice(1).map(Number) as [number, number, number, number];
  const isRegion = /^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])$/.test(String(region));
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= 31;
  const sum = [...code.slice(0, 17)].reduce((it, digit) => ((it + Number(digit)) * 2) % 11, 0);
  return isRegion && isDay && code[17] === "10X98765432"[sum];
}

export function isOrganisationCode(code: string): boolean {
  return codeFault(code) === undefined;
}

/** Completes 17 characters of the code's alphabet with their check character. */
export function completeOrganisationCode(first17: string): string {
  let sum = 0;
  let weight = 1;
  for (const character of first17) {
    sum += CHARACTERS.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return first17 + CHARACTERS[(31 - (sum % 31)) % 31];
}
