/** Names of documents (docs/spec/sealed-bid.md, 9). */

/** Refuses the first name that breaks a rule, with `index`: name-length, -character, -not-normal, -edge, -duplicate. */
export function checkNames(names: string[]): void {
  void names;
  throw new Error("not yet");
}
