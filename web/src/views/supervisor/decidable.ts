/** The stages of a lot in which the supervisor may decide on its findings. */
export const DECIDABLE: ReadonlySet<string> = new Set(["opened", "announced", "objections", "signing"]);
