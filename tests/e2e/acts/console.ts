/** What the host does at its console, from T0 to the end. */
import type { Seat } from "../harness/browser";

export async function sit(seat: Seat, project: string): Promise<void> {
  await seat.go(`/host/${project}/console`);
}

/** What every opening takes of its host. */
const COURSE = ["publish-list", "start-window", "announce", "open-objections", "close-objections", "close"];

/** One of the acts that the console offers now, with what its dialog wants. */
export async function act(seat: Seat, name: string, given: { reason?: string; minutes?: string } = {}): Promise<void> {
  if (COURSE.includes(name)) await seat.counts("host-lot", () => perform(seat, name, given));
  else await perform(seat, name, given);
}

/** What is asked for in its place in the course, without a dialog. */
const STANDING = ["start-window", "open-objections", "close"];
const standing = (seat: Seat) => seat.page.locator(".course .current form");

async function perform(seat: Seat, name: string, given: { reason?: string; minutes?: string }): Promise<void> {
  if (STANDING.includes(name)) {
    const form = standing(seat).filter({ has: seat.button(`host.console.acts.${name}`) });
    await form.waitFor();
    await seat.look(`console-act-${name}`);
    await seat.confirm(60_000, form);
    return;
  }
  await seat.press(`host.console.acts.${name}`);
  const dialog = seat.page.locator("dialog[open]");
  await dialog.waitFor();
  if (given.reason) await dialog.getByLabel(seat.t("common.reason.label")).fill(given.reason);
  if (given.minutes) await dialog.getByRole("spinbutton").fill(given.minutes);
  await seat.look(`console-act-${name}`);
  await seat.confirm();
}

/** Marks the deposits of all bidders that are shown. */
export async function markDeposits(seat: Seat): Promise<void> {
  await seat.counts("host-lot", () => markAll(seat));
}

async function markAll(seat: Seat): Promise<void> {
  await seat.press("host.console.acts.mark-deposit");
  const dialog = seat.page.locator("dialog[open]");
  // Those without an entry are chosen already.
  await dialog.getByRole("checkbox", { checked: true }).first().waitFor();
  await seat.look("console-deposits");
  await seat.confirm();
}

/** Says something to the whole room. */
export async function say(seat: Seat, words: string): Promise<void> {
  await seat.page.getByRole("textbox", { name: seat.t("host.console.acts.message") }).fill(words);
  await seat.press("host.console.talk.send");
  await seat.page.getByRole("log").or(seat.page.locator("main")).getByText(words).first().waitFor();
}

/** Answers what a bidder asked or objected to. */
export async function answer(seat: Seat, name: string, words: string): Promise<void> {
  const asked = ["answer", "reply"].map((act) =>
    seat.page.getByRole("button", { name: `${seat.t(`host.console.acts.${act}`)} ${name}`, exact: true }),
  );
  await asked[0]!.or(asked[1]!).first().click();
  await seat.field("host.console.talk.answer").fill(words);
  await seat.look("console-answer");
  await seat.press("host.manage.signAndSend");
  await seat.page.getByText(words).first().waitFor();
}

export async function tab(seat: Seat, name: "board" | "announced" | "record" | "documents" | "timeline"): Promise<void> {
  await seat.page.getByRole("tab", { name: seat.t(`host.console.tabs.${name}`) }).click();
}

/** Looks at the record that was made, and signs it. */
export async function signRecord(seat: Seat): Promise<void> {
  await seat.counts("host-lot", () => sign(seat));
}

async function sign(seat: Seat): Promise<void> {
  // The console turned to the record by itself; the form that signs it stands beside it.
  await seat.reads("host.console.record.matches", {}, 60_000);
  await seat.look("console-record", { narrow: true });
  await seat.confirm(60_000, standing(seat).filter({ has: seat.button("host.console.acts.sign-record") }));
  await seat.reads("host.console.record.signed");
}
