/** Unified social credit codes (GB 32100-2015) as an administrator types them. */
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** Whether 18 characters end with their check character. */
export function isCode(code: string): boolean {
  if (code.length !== 18) return false;
  let sum = 0;
  for (let i = 0; i < 17; i += 1) {
    const value = ALPHABET.indexOf(code[i] ?? "");
    if (value < 0) return false;
    sum += value * (3 ** i % 31);
  }
  return ALPHABET[(31 - (sum % 31)) % 31] === code[17];
}
