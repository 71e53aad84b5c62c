/** A text of the manual, taken apart. */

export type Piece =
  | { kind: "words"; text: string }
  /** The key of a text of the page, which is shown as it stands on the screen, and perhaps leads to it. */
  | { kind: "named"; key: string; to?: string }
  | { kind: "link"; text: string; to: string };

const TO = String.raw`\(((?:/|#)[^)\s]*)\)`;
const MARK = new RegExp(String.raw`\[\[([\w.-]+)\]\](?:${TO})?|\[([^\][]+)\]${TO}`, "g");

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let read = 0;
  for (const match of text.matchAll(MARK)) {
    if (match.index > read) found.push({ kind: "words", text: text.slice(read, match.index) });
    const [whole, key, named, words, to] = match;
    found.push(key ? { kind: "named", key, ...(named ? { to: named } : {}) } : { kind: "link", text: words ?? "", to: to ?? "" });
    read = match.index + whole.length;
  }
  if (read < text.length) found.push({ kind: "words", text: text.slice(read) });
  return found;
}

/** A text of the page as its own screen shows it, but for what is filled in there. */
export function asShown(message: string): string {
  return message.replaceAll(/\{\w+\}/g, "…");
}
