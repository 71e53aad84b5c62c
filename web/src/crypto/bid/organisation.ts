/** Unified social credit codes 统一社会信用代码 (GB 32100-2015): 18 characters, the last of which checks the others. */

const CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";

type CodeFault = "missing" | "length" | "character" | "check";

/** What is wrong with a code, if anything. */
export function codeFault(code: string): CodeFault | undefined {
  if (code === "") return "missing";
  if (code.length !== 18) return "length";
  if (![...code].every((character) => CHARACTERS.includes(character))) return "character";
  return completeOrganisationCode(code.slice(0, 17)) === code ? undefined : "check";
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
