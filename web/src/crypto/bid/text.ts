/** Characters that no text may hold which people read (docs/spec/sealed-bid.md, 9; the same list as crypto/src/text.rs). */

const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: combining characters are among those it looks for.
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;

/** Whether a text holds what shows nothing, or turns directions, or is half a character. */
export function hides(text: string): boolean {
  return HIDDEN.test(text) || /\p{Cs}/u.test(text) || [...text].some((it) => ((it.codePointAt(0) ?? 0) & 0xfffe) === 0xfffe);
}

/** Whether a text is shown whole in one line. */
export function isLine(text: string): boolean {
  return !hides(text) && !/\p{Cc}/u.test(text);
}

/** Whether two names are one firm's: width, forms of one character, spaces and case do not tell firms apart (the same rule as server/core/src/text.rs). */
export function isAlike(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

/** Unicode's compatibility composition makes widths, and the forms of one character, alike. */
function plain(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\p{White_Space}/gu, "")
    .toLowerCase();
}
