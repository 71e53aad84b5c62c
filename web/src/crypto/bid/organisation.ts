/** Unified social credit codes 统一社会信用代码 (GB 32100-2015). */

const CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** 18 characters, the last one the check character of the others. */
export function isOrganisationCode(code: string): boolean {
  return code.length === 18 && checkCharacter(code.slice(0, 17)) === code[17];
}

/** Completes 17 characters with their check character. */
export function completeOrganisationCode(first17: string): string {
  return first17 + (checkCharacter(first17) ?? "");
}

function checkCharacter(first17: string): string | undefined {
  let sum = 0;
  let weight = 1;
  for (const character of first17) {
    const value = CHARACTERS.indexOf(character);
    if (value < 0) return undefined;
    sum += value * weight;
    weight = (weight * 3) % 31;
  }
  return CHARACTERS[(31 - (sum % 31)) % 31];
}
