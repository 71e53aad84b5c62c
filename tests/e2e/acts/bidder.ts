/** What a bidder does in the hall. */
import type { Seat } from "../harness/browser";
import type { Person } from "../harness/town";

export const hall = (project: string, lot = "1") => `/projects/${project}/hall?lot=${lot}`;

/** The task that the hall shows a bidder now. */
export async function task(seat: Seat, name: string, patience?: number): Promise<void> {
  await seat.page
    .getByRole("heading", { name: seat.t(`hall.task.${name}.title`) })
    .first()
    .waitFor(patience ? { timeout: patience } : {});
}

export async function signIn(seat: Seat, person: Person): Promise<void> {
  await task(seat, "sign-in");
  await seat.field("hall.signIn.name").fill(person.person);
  await seat.field("hall.signIn.phone").fill("13800000000");
  await seat.field("hall.signIn.number").fill("350100199001010013");
  await seat.press("hall.signIn.send");
  await task(seat, "signed-in");
}

/** Unlocks with the certificate that is logged in. */
export async function unlock(seat: Seat): Promise<void> {
  await task(seat, "unlock");
  await seat.press("hall.unlock.go");
  await seat.reads("hall.unlock.done", {}, 60_000);
}

/** Tries with another key file, which must fail and say what to do. */
export async function unlockWithWrongKey(seat: Seat, wrong: Person): Promise<void> {
  await task(seat, "unlock");
  await seat.press("hall.unlock.other");
  await seat.field("tool.other.file").setInputFiles(wrong.p12);
  await seat.field("tool.other.passphrase").fill(wrong.passphrase);
  await seat.press("hall.unlock.otherGo");
  await seat.button("hall.unlock.again").waitFor();
  await seat.reads("hall.unlock.whatNow");
  await seat.look("hall-wrong-key", { narrow: true });
}

/** Tries once more with the certificate. */
export async function unlockAgain(seat: Seat): Promise<void> {
  await seat.press("hall.unlock.again");
  await seat.reads("hall.unlock.done", {}, 60_000);
}

export async function askForRescue(seat: Seat, reason: string): Promise<void> {
  await seat.field("hall.rescue.reason").fill(reason);
  await seat.press("hall.rescue.ask");
  await seat.reads("hall.rescue.asked");
}

export async function askForHelp(seat: Seat, words: string): Promise<void> {
  await seat.press("hall.help.button");
  await seat.field("hall.help.text").fill(words);
  await seat.look("hall-help");
  await seat.press("hall.help.send");
  await seat.reads("hall.help.sent");
  await seat.page
    .locator("dialog[open]")
    .getByRole("button", { name: seat.t("common.close"), exact: true })
    .click();
}

/** The desk's answer, in the dialog where help was asked for. */
export async function readAnswer(seat: Seat, words: string): Promise<void> {
  await seat.press("hall.help.button");
  await seat.sees(words);
  await seat.page
    .locator("dialog[open]")
    .getByRole("button", { name: seat.t("common.close"), exact: true })
    .click();
}

export async function confirmLine(seat: Seat): Promise<void> {
  await task(seat, "confirm");
  await seat.press("hall.line.confirm");
  await seat.confirm();
  await seat.reads("hall.line.confirmed");
}

export async function dispute(seat: Seat, words: string): Promise<void> {
  await task(seat, "confirm");
  await seat.press("hall.line.dispute");
  await seat.field("hall.line.text").fill(words);
  await seat.press("hall.line.send");
  await seat.reads("hall.line.disputed");
}

export async function object(seat: Seat, words: string): Promise<void> {
  await seat.field("hall.speak.object.text").fill(words);
  await seat.press("hall.speak.object.send");
  await seat.sees(words);
}

export async function ask(seat: Seat, words: string): Promise<void> {
  await seat.page
    .locator("summary")
    .filter({ hasText: seat.t("hall.speak.question.title") })
    .click();
  await seat.field("hall.speak.question.text").fill(words);
  await seat.press("hall.speak.question.send");
  await seat.sees(words);
}

export async function countersign(seat: Seat): Promise<void> {
  await task(seat, "countersign", 60_000);
  await seat.press("hall.record.sign");
  await seat.reads("hall.record.signed");
}

export async function rate(seat: Seat, score: 1 | 2 | 3 | 4 | 5, comment: string): Promise<void> {
  await seat.page.getByRole("radio", { name: seat.t(`public.rating.scores.${score}`) }).check();
  await seat.field("public.rating.comment").fill(comment);
  await seat.press("public.rating.send");
  await seat.reads("public.rating.thanks");
}
