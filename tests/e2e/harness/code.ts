/** 统一社会信用代码: the check character of GB 32100. */
const LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** The 17 characters given, with their check character. */
export function complete(code: string): string {
  let sum = 0;
  let weight = 1;
  for (const letter of code) {
    sum += LETTERS.indexOf(letter) * weight;
    weight = (weight * 3) % 31;
  }
  return code + LETTERS[(31 - (sum % 31)) % 31];
}
