// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OnSteps, Withheld } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { anew, dutyOf, keyFor, lies, session } from "../../../tests/custodian";
import { all, button, choose, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import Release from "./Release.vue";
import Rescue from "./Rescue.vue";
import type { Opening } from "./sending";

vi.mock("@/crypto/client", async () => ({ vault: (await import("../../../tests/custodian")).vault }));
vi.mock("@/session", async () => {
  const { session } = await import("../../../tests/custodian");
  return { useSession: () => session };
});
const kept = vi.hoisted(() => ({ releasedBefore: vi.fn(), keepRescue: vi.fn() }));
vi.mock("./kept", () => kept);
const sending = vi.hoisted(() => ({ releaseLot: vi.fn(), rescueBid: vi.fn() }));
vi.mock("./sending", () => sending);

const wait = vi.hoisted(() => ({ pause: vi.fn() }));
vi.mock("@/session/send", () => wait);

const released = vi.fn();
const go = say("custodian.release.go");
const give = say("custodian.rescue.go");
const alarms = () => all("[role=alert]").map((it) => words(it));

beforeEach(() => {
  anew();
  released.mockReset();
  kept.releasedBefore.mockReset().mockResolvedValue(undefined);
  kept.keepRescue.mockReset().mockResolvedValue(undefined);
  sending.releaseLot.mockReset().mockResolvedValue([]);
  sending.rescueBid.mockReset().mockResolvedValue(undefined);
});
afterEach(leaveAll);

const releasing = () => mounted(Release, { project: "p", duty: dutyOf({ key: "p" }), onReleased: released });

async function withKeyHere(): Promise<void> {
  await lies(keyFor("p"));
  await releasing();
  await fill(say("custodian.phrase.one"), "open sesame");
}

describe("releasing by hand", () => {
  it("waits for a key file and its passphrase", async () => {
    await releasing();
    expect(button(go)?.disabled).toBe(true);
    await choose(say("custodian.chooser.file"), new File(["p:open sesame"], "p.kkey"));
    await vi.waitFor(() => expect(words()).toContain("p.kkey"));
    expect(button(go)?.disabled).toBe(true);
    await fill(say("custodian.chooser.passphrase"), "open sesame");
    await press(go);
    const [, opening] = sending.releaseLot.mock.lastCall as [unknown, Opening];
    expect(opening).toMatchObject({ project: "p", lot: "1", keyfile: { text: "p:open sesame", passphrase: "open sesame" } });
  });

  it("says at once that a key file is another project's, and does not take it", async () => {
    await releasing();
    await choose(say("custodian.chooser.file"), new File(["q:open sesame"], "q.kkey"));
    await vi.waitFor(() => expect(alarms()).toEqual([say("custodian.chooser.foreign", { name: "q.kkey" })]));
    await fill(say("custodian.chooser.passphrase"), "open sesame");
    expect(button(go)?.disabled).toBe(true);
  });

  it("takes the key that lies here, and tells the project when it is done", async () => {
    await withKeyHere();
    await press(go);
    expect(words()).toContain(say("custodian.release.done"));
    expect(released).toHaveBeenCalledOnce();
    expect(button(go)).toBeUndefined();
  });

  it("asks no condition where the passphrase is wrong, and can be tried again", async () => {
    await lies(keyFor("p"));
    await releasing();
    await fill(say("custodian.phrase.one"), "wrong");
    await press(go);
    expect(sending.releaseLot).not.toHaveBeenCalled();
    expect(alarms()[0]).toContain("passphrase-wrong");
    await fill(say("custodian.phrase.one"), "open sesame");
    await press(go);
    expect([sending.releaseLot.mock.calls.length, alarms()]).toEqual([1, []]);
  });

  it("keeps the certificate open while it runs, whatever comes of it", async () => {
    await withKeyHere();
    sending.releaseLot.mockImplementationOnce(async () => {
      expect(session.held).toBe(1);
      throw new CryptoFailure("too-early");
    });
    await press(go);
    expect([session.held, released.mock.calls.length]).toEqual([0, 0]);
    expect(alarms()).toHaveLength(1);
  });

  it("does not release twice at once", async () => {
    await withKeyHere();
    let end = (_: Withheld[]): void => undefined;
    sending.releaseLot.mockReturnValueOnce(new Promise((resolve) => (end = resolve)));
    await press(go);
    document.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    expect(sending.releaseLot).toHaveBeenCalledOnce();
    end([]);
    await settled();
  });

  it("shows what failed at its step, and not a second time below", async () => {
    await withKeyHere();
    sending.releaseLot.mockImplementationOnce(async (_session: unknown, _opening: unknown, onSteps: OnSteps) => {
      const failure = new CryptoFailure("too-early");
      onSteps([{ code: "statement", state: "failed", failure }]);
      throw failure;
    });
    await press(go);
    expect(alarms()).toEqual([say("custodian.release.stopped")]);
  });

  it("waits for witnesses by itself, and calls that no failure", async () => {
    await withKeyHere();
    let come = (): void => undefined;
    wait.pause.mockImplementation(() => new Promise<void>((resolve) => (come = resolve)));
    sending.releaseLot.mockImplementationOnce(async (_session: unknown, _opening: unknown, onSteps: OnSteps) => {
      onSteps([{ code: "release-log", state: "failed" }]);
      throw new CryptoFailure("log-quorum", { signed: 0, quorum: 2 });
    });
    await press(go);
    expect(alarms()).toEqual([]);
    expect(words()).toContain(say("crypto.problems.log-waiting", { signed: 0, quorum: 2 }));
    come();
    await settled();
    expect([sending.releaseLot.mock.calls.length, words().includes(say("custodian.release.done"))]).toEqual([2, true]);
  });

  it("tells what this device released before: the same set may be sent again", async () => {
    kept.releasedBefore.mockResolvedValue({ released: { accepted: "ab".repeat(32) }, sent: false });
    await releasing();
    expect(words()).toContain("没有确认平台收到");
    expect(button(go)).toBeDefined();
  });
});

describe("bids that were not given a share", () => {
  const none: Withheld[] = [{ bid: "aa".repeat(32), why: { reason: "not-proved", cause: "unlock-missing" } }];

  it("are named with their reason, and what could not be proved can be answered again", async () => {
    await withKeyHere();
    sending.releaseLot.mockResolvedValueOnce(none);
    await press(go);
    expect(words()).toContain(say("stages.withheld.unlock-missing"));
    expect(all(".green").map((it) => words(it))).toEqual([say("custodian.release.answered")]);
    expect(button(go)?.disabled).toBe(false);
  });

  it("are believed rescued only on this person's word, which is kept before it is asked again", async () => {
    await withKeyHere();
    sending.releaseLot.mockResolvedValueOnce(none);
    await press(go);
    expect(kept.keepRescue).not.toHaveBeenCalled();
    await press(say("custodian.release.remember"));
    expect(kept.keepRescue).toHaveBeenCalledExactlyOnceWith("p", "aa".repeat(32));
    expect(sending.releaseLot).toHaveBeenCalledTimes(2);
    expect(all(".green").map((it) => words(it))).toEqual([say("custodian.release.done")]);
  });

  it("are not asked again where that word could not be kept", async () => {
    await withKeyHere();
    sending.releaseLot.mockResolvedValueOnce(none);
    await press(go);
    kept.keepRescue.mockRejectedValueOnce(new CryptoFailure("device-keeps-nothing"));
    await press(say("custodian.release.remember"));
    expect(sending.releaseLot).toHaveBeenCalledOnce();
    expect(alarms()[0]).toContain("device-keeps-nothing");
  });

  it("for another reason than a missing unlock cannot be put right by anybody's word", async () => {
    await withKeyHere();
    sending.releaseLot.mockResolvedValueOnce([{ bid: "aa".repeat(32), why: { reason: "not-proved", cause: "header" } }]);
    await press(go);
    expect(button(say("custodian.release.remember"))).toBeUndefined();
    expect(button(go)?.disabled).toBe(false);
  });

  it("that were refused for good are not answered again", async () => {
    await withKeyHere();
    sending.releaseLot.mockResolvedValueOnce([{ bid: "aa".repeat(32), why: { reason: "wrap-does-not-open", wrap: "00" } }]);
    await press(go);
    expect([button(go), button(say("custodian.release.remember"))]).toEqual([undefined, undefined]);
  });
});

describe("rescuing by hand", () => {
  const party = (name: string, bid: string, course: object, more: object = {}) => ({ party: name, name, bid, course, ...more });
  const ordered = { rescue_ordered: true };
  const lot = (...parties: object[]) => ({ rescue: 2, parties });
  const rescuing = (view: object) => mounted(Rescue, { project: "p", duty: dutyOf({ key: "p" }), lot: view });

  it("offers nothing but bids that were ordered to be rescued and are still shut", async () => {
    await rescuing(
      lot(
        party("甲", "b1", ordered),
        party("乙", "b2", {}),
        party("丙", "b3", { ...ordered, unlocked: true }),
        party("丁", "b4", ordered, { refused: true }),
      ),
    );
    expect(all("li strong").map((it) => words(it))).toEqual(["甲"]);
    leaveAll();
    await rescuing(lot(party("乙", "b2", {})));
    expect(words()).toBe("");
  });

  it("gives a share for that one bid, and marks it", async () => {
    await lies(keyFor("p"));
    await rescuing(lot(party("甲", "b1", ordered), party("乙", "b2", ordered)));
    await fill(say("custodian.phrase.one"), "open sesame");
    await press(give);
    expect(sending.rescueBid.mock.lastCall?.slice(1, 3)).toEqual([
      expect.objectContaining({ project: "p", lot: "1", keyfile: { text: "p:open sesame" } }),
      "b1",
    ]);
    expect(all("li .badge.green")).toHaveLength(1);
    expect(all("li button")).toHaveLength(1);
    expect(session.held).toBe(0);
  });

  it("says what failed, and marks nothing as given", async () => {
    await lies(keyFor("p"));
    await rescuing(lot(party("甲", "b1", ordered)));
    await fill(say("custodian.phrase.one"), "open sesame");
    sending.rescueBid.mockRejectedValueOnce(new CryptoFailure("order-wrong"));
    await press(give);
    expect([all(".badge.green").length, alarms().length, session.held]).toEqual([0, 1, 0]);
    expect(button(give)?.disabled).toBe(false);
  });

  it("gives one share at a time", async () => {
    await lies(keyFor("p"));
    await rescuing(lot(party("甲", "b1", ordered), party("乙", "b2", ordered)));
    await fill(say("custodian.phrase.one"), "open sesame");
    let end = (): void => undefined;
    sending.rescueBid.mockReturnValueOnce(new Promise<void>((resolve) => (end = resolve)));
    await press(give);
    expect(all<HTMLButtonElement>("li button").every((it) => it.disabled)).toBe(true);
    end();
    await settled();
  });
});

it("asks for the passphrase of a key elsewhere though one lies here, when the person says so", async () => {
  await lies(keyFor("p"));
  await releasing();
  await press(say("custodian.chooser.elsewhere"));
  expect(button(go)?.disabled).toBe(true);
  expect(field(say("custodian.chooser.passphrase")).value).toBe("");
});
