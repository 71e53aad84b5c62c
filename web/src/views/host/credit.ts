/** 统一社会信用代码 (GB 32100-2015): 18 characters, the last of which checks the others. */

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

export type CodeFault = "missing" | "length" | "character" | "check";

/** What is wrong with a code, if anything. */
export function codeFault(code: string): CodeFault | undefined {
  if (code === "") return "missing";
  if (code.length !== 18) return "length";
  if (![...code].every((character) => ALPHABET.includes(character))) return "character";
  return checkCharacter(code.slice(0, 17)) === code[17] ? undefined : "check";
}

/** The 18th character for the first 17. */
export function checkCharacter(seventeen: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * ALPHABET.indexOf(seventeen[at] ?? "0"), 0);
  return ALPHABET[(31 - (sum % 31)) % 31] ?? "";
}
