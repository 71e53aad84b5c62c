/** What the supervisor does, and what the custodians do by hand. */
import type { Seat } from "../harness/browser";
import type { Person } from "../harness/town";

export async function supervise(seat: Seat, project: string): Promise<void> {
  await seat.go(`/supervisor/${project}`);
}

/** Opens one of the supervisor's tabs. */
export async function tab(seat: Seat, name: "live" | "findings" | "events" | "replay" | "audit"): Promise<void> {
  await seat.page.getByRole("tab", { name: seat.t(`supervisor.tabs.${name}`) }).click();
}

/** Orders a rescue for a bidder that asked for one. */
export async function orderRescue(seat: Seat, bidder: Person, reason: string): Promise<void> {
  const row = seat.page.getByRole("row").filter({ hasText: bidder.organisation });
  await row.getByRole("button", { name: seat.t("supervisor.orders.rescue.name") }).click();
  await seat.page.locator("dialog[open]").getByLabel(seat.t("supervisor.orders.reason")).fill(reason);
  await seat.confirm();
}

export async function remark(seat: Seat, words: string): Promise<void> {
  await seat.press("supervisor.orders.remark.name");
  await seat.page.locator("dialog[open]").getByLabel(seat.t("supervisor.orders.text")).fill(words);
  await seat.confirm();
}

/** Confirms what the platform found about a bid that stayed closed. */
export async function confirmFinding(seat: Seat): Promise<void> {
  await tab(seat, "findings");
  await seat.look("supervision-findings", { narrow: true });
  await seat.press("supervisor.findings.confirm");
  await seat.confirm();
  await seat.reads("supervisor.findings.decided");
}

/** Replays the opening: one step on by the keyboard, a bidder's eyes, and the proof of the event that put a row there. */
export async function replay(seat: Seat, eyes: Person): Promise<void> {
  await tab(seat, "replay");
  const { page } = seat;
  await page
    .getByLabel(seat.t("supervisor.replay.jump"))
    .selectOption({ label: `${seat.t("stages.lot", { lot: "1" })} · ${seat.t("stages.unlocking")}` });
  const cursor = page.getByRole("slider", { name: seat.t("supervisor.replay.cursor") });
  const before = await cursor.inputValue();
  await cursor.press("ArrowRight");
  if ((await cursor.inputValue()) !== String(Number(before) + 1)) throw new Error(`the cursor stays at ${before}`);
  await page.getByLabel(seat.t("supervisor.replay.eyes")).selectOption(`bidder:${eyes.code}`);
  const room = page.getByRole("region", { name: seat.t("supervisor.replay.room") });
  await room.getByText(eyes.organisation).first().waitFor();
  await room.locator("button.source").first().click();
  await page.getByText(seat.t("supervisor.replay.proof.contents")).waitFor();
  await seat.look("supervision-replay", { narrow: true });
}

/** Checks on this machine what the platform has signed. */
export async function audit(seat: Seat): Promise<void> {
  await tab(seat, "audit");
  await seat.press("supervisor.audit.run");
  await seat.reads("supervisor.audit.allHold", {}, 60_000);
}
