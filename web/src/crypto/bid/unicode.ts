/**
 * The version of Unicode in which names are compared, whatever version this
 * browser knows (docs/spec/sealed-bid.md, 9).
 */
import table from "../../../../crypto/unicode/15.1.0.json";

const ASSIGNED = table.assigned as [first: number, last: number][];
const FOLDING = new Map(Object.entries(table.folding));

/** Whether the version assigns every code point of a text; halves of surrogate pairs are none. */
export function isAssigned(text: string): boolean {
  for (const character of text) if (!isAssignedCode(character.codePointAt(0)!)) return false;
  return true;
}

/** The full case folding of each code point by itself. */
export function fold(text: string): string {
  let folded = "";
  for (const character of text) folded += FOLDING.get(character) ?? character;
  return folded;
}

function isAssignedCode(code: number): boolean {
  let [low, high] = [0, ASSIGNED.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ASSIGNED[middle]![0] <= code) low = middle + 1;
    else high = middle;
  }
  return low > 0 && code <= ASSIGNED[low - 1]![1];
}
