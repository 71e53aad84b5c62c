/** The one rule for a new passphrase, and how hard one is to guess. */

/** The fewest characters of a new passphrase (docs/spec/sealed-bid.md, 12). */
export const MIN_PASSPHRASE = 8;

/** Code points are counted, in normal form C, as the command line counts them. */
export function isLongEnough(passphrase: string): boolean {
  return [...passphrase.normalize("NFC")].length >= MIN_PASSPHRASE;
}

export type Strength = "short" | "weak" | "fair" | "strong";

/** How hard a passphrase is to guess, roughly: length, kinds of characters, repetition. */
export function strengthOf(passphrase: string): Strength {
  if (!isLongEnough(passphrase)) return "short";
  const characters = [...passphrase.normalize("NFC")];
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\p{L}\d\s]/u, /\p{Script=Han}/u].filter((kind) => kind.test(passphrase)).length;
  const bitsEach = /\p{Script=Han}/u.test(passphrase) ? 8 : kinds <= 1 ? 3.5 : kinds === 2 ? 4.5 : 5.5;
  const bits = new Set(characters).size * bitsEach * 0.8 + characters.length * 0.6;
  if (bits < 40) return "weak";
  return bits < 60 ? "fair" : "strong";
}

/** Whether a key may be kept under it: neither too short nor guessed at once. */
export function isStrongEnough(passphrase: string): boolean {
  const strength = strengthOf(passphrase);
  return strength !== "short" && strength !== "weak";
}
