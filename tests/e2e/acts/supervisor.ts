/** What the supervisor does, and what the custodians do by hand. */
import type { Seat } from "../harness/browser";
import type { Person } from "../harness/town";

export async function supervise(seat: Seat, project: string): Promise<void> {
  await seat.go(`/supervisor/${project}`);
}

/** Opens one of the supervisor's tabs. */
export async function tab(seat: Seat, name: "live" | "findings" | "events" | "audit"): Promise<void> {
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

/** Checks on this machine what the platform has signed. */
export async function audit(seat: Seat): Promise<void> {
  await tab(seat, "audit");
  await seat.press("supervisor.audit.run");
  await seat.reads("supervisor.audit.allHold", {}, 60_000);
}
