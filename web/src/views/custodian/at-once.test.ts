// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Withheld } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { anew, dutyOf, keyFor, lies, lineOf, locks, session, vault } from "../../../tests/custodian";
import { all, button, choose, fill, leaveAll, type Page, mounted, press, say, settled, words } from "../../../tests/mounted";
import { dueLots } from "./many";
import Making from "./Making.vue";
import ReleaseMany from "./ReleaseMany.vue";
import Ring from "./Ring.vue";
import { backupOf, ringKeys, type RingKey } from "./ring";
import type { Opening } from "./sending";

vi.mock("@/crypto/client", async () => ({ vault: (await import("../../../tests/custodian")).vault }));
vi.mock("@/session", async () => {
  const { session } = await import("../../../tests/custodian");
  return { useSession: () => session };
});
const sending = vi.hoisted(() => ({ releaseLot: vi.fn() }));
vi.mock("./sending", () => sending);
const wait = vi.hoisted(() => ({ pause: vi.fn() }));
vi.mock("@/session/send", () => wait);
const saved = vi.hoisted((): { name: string; text: string }[] => []);
vi.mock("@/ui/save", () => ({ saveText: (name: string, text: string) => void saved.push({ name, text }) }));

const PHRASE = "open sesame";
const alarms = () => all("[role=alert]").map((it) => words(it));
const file = (text: string, name = "keys.kkeys") => new File([text], name);
/** Whatever reads a file takes some turns of the clock. */
const soon = (what: () => void) => vi.waitFor(what);

beforeEach(() => {
  anew();
  saved.length = 0;
  sending.releaseLot.mockReset().mockResolvedValue([]);
});
afterEach(() => {
  expect(session.held).toBe(0);
  leaveAll();
});

describe("releasing many lots", () => {
  const released = vi.fn();
  const go = (n: number) => say("custodian.releasing.go", { n });
  const state = (name: string) => say(`custodian.releasing.${name}`);
  const badges = () => all("li .badge").map((it) => words(it));
  const projects = (calls = sending.releaseLot.mock.calls) => calls.map(([, opening]) => (opening as Opening).project);

  async function due(...keys: RingKey[]): Promise<Page> {
    released.mockReset();
    for (const key of keys) await lies(key);
    const lines = keys.map(({ project }) => lineOf(project, dutyOf({ key: project })));
    return mounted(ReleaseMany, { due: dueLots(lines, keys), onReleased: released });
  }

  it("asks for one passphrase, and releases one after the other", async () => {
    await due(keyFor("a"), keyFor("b"));
    expect(button(go(2))?.disabled).toBe(true);
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(go(2));
    expect(projects()).toEqual(["a", "b"]);
    expect(badges()).toEqual([state("done"), state("done")]);
    expect(released).toHaveBeenCalledOnce();
  });

  it("lets one that fails hold up no other, and says what it was beside it", async () => {
    await due(keyFor("a"), keyFor("b"), keyFor("c"));
    sending.releaseLot.mockImplementation(async (_: unknown, { project }: Opening): Promise<Withheld[]> => {
      expect(session.held).toBe(1);
      if (project === "a") throw new CryptoFailure("too-early");
      return project === "b" ? [{ bid: "bb", why: { reason: "not-proved", cause: "header" } }] : [];
    });
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(go(3));
    expect(badges()).toEqual([state("failed"), state("withheld"), state("done")]);
    expect(all("li")[0]?.textContent).toContain("too-early");
    expect(alarms()).toHaveLength(1);
  });

  it("keeps what came of a lot on the screen when it is due no more", async () => {
    const page = await due(keyFor("a"), keyFor("b"));
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(go(2));
    page.given["due"] = [];
    await settled();
    expect(badges()).toEqual([state("done"), state("done")]);
    expect(button(go(0))).toBeUndefined();
  });

  it("releases nothing under a wrong passphrase", async () => {
    await due(keyFor("a"));
    await fill(say("custodian.phrase.one"), "wrong");
    await press(go(1));
    expect(sending.releaseLot).not.toHaveBeenCalled();
    expect(alarms()[0]).toContain("passphrase-wrong");
    expect(button(go(1))?.disabled).toBe(false);
  });

  it("asks for another passphrase where a key has one of its own", async () => {
    await due(keyFor("a"), keyFor("b", "another"));
    sending.releaseLot.mockImplementation(async (_: unknown, { keyfile }: Opening) => {
      await vault().openKeyFile(keyfile);
      return [];
    });
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(go(2));
    expect(badges()).toEqual([state("done"), state("failed")]);
    await fill(say("custodian.phrase.one"), "another");
    await press(go(2));
    expect(badges()).toContain(state("done"));
    expect(badges()[1]).toBe(state("done"));
  });

  it("waits calmly for the witnesses of one lot, and releases the others meanwhile", async () => {
    await due(keyFor("a"), keyFor("b"));
    let come = (): void => undefined;
    wait.pause.mockImplementation(() => new Promise<void>((resolve) => (come = resolve)));
    sending.releaseLot.mockRejectedValueOnce(new CryptoFailure("log-quorum", { signed: 1, quorum: 2 }));
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(go(2));
    await vi.waitFor(() => expect(badges()).toEqual([state("working"), state("done")]));
    expect(alarms()).toEqual([]);
    expect(all("li")[0]?.textContent).toContain(say("crypto.problems.log-waiting", { signed: 1, quorum: 2 }));
    come();
    await vi.waitFor(() => expect(badges()).toEqual([state("done"), state("done")]));
    await settled();
    expect([projects(), released.mock.calls.length]).toEqual([["a", "b", "a"], 1]);
    expect(words()).not.toContain(say("crypto.problems.log-waiting", { signed: 1, quorum: 2 }));
  });

  it("asks to unlock first where nothing is to be read before", async () => {
    locks();
    await mounted(ReleaseMany, { due: dueLots([lineOf("z", dutyOf({ key: "z" }))], []) });
    expect(words()).not.toContain(say("custodian.releasing.noKey"));
    await press(`${say("common.locked")} · ${say("common.unlock")}`);
    expect(session.key).not.toBeNull();
    expect(words()).toContain(say("custodian.releasing.noKey"));
  });

  it("names a lot whose key is not here, and leaves it out", async () => {
    const key = await lies(keyFor("a"));
    const lines = [lineOf("a", dutyOf({ key: "a" })), lineOf("z", dutyOf({ key: "z" }))];
    await mounted(ReleaseMany, { due: dueLots(lines, [key]) });
    expect(words()).toContain(say("custodian.releasing.noKey"));
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(go(1));
    expect(projects()).toEqual(["a"]);
  });

  it("ends where the person closes the question for the certificate", async () => {
    await due(keyFor("a"), keyFor("b"));
    sending.releaseLot.mockRejectedValue(new CryptoFailure("cancelled"));
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(go(2));
    expect(projects()).toEqual(["a"]);
  });
});

describe("making keys", () => {
  const kept = vi.fn();
  const certified = vi.fn();
  const make = (n: number) => say("custodian.making.make", { n });
  const certify = (n: number) => say("custodian.making.certify", { n });
  const prove = say("custodian.making.prove");

  async function making(...projects: string[]): Promise<Page> {
    kept.mockReset();
    certified.mockReset();
    const keys = await ringKeys();
    return mounted(Making, { lines: projects.map((it) => lineOf(it)), keys, onKept: kept, onCertified: certified });
  }

  async function made(...projects: string[]): Promise<void> {
    await making(...projects);
    await fill(say("custodian.key.passphrase"), "four unrelated words here");
    await fill(say("custodian.key.again"), "four unrelated words here");
    await press(make(projects.length));
    await soon(() => expect(words()).toContain(say("custodian.making.proveWhy")));
  }

  const proved = async (n: number) => {
    await choose(prove, file(saved.at(-1)!.text));
    await soon(() => expect(words()).toContain(say("custodian.making.proved", { n })));
  };

  it("takes no weak passphrase, and none that was typed twice differently", async () => {
    await making("a");
    await fill(say("custodian.key.passphrase"), "short");
    await fill(say("custodian.key.again"), "short");
    expect(button(make(1))?.disabled).toBe(true);
    await fill(say("custodian.key.passphrase"), "four unrelated words here");
    await fill(say("custodian.key.again"), "four unrelated words hear");
    expect(button(make(1))?.disabled).toBe(true);
    expect(words()).toContain(say("custodian.key.differs"));
  });

  it("saves every key in one file, and certifies none before that file was proved", async () => {
    await made("a", "b");
    expect(kept).toHaveBeenCalledOnce();
    expect(JSON.parse(saved[0]!.text)["keys"]).toHaveLength(2);
    expect(button(certify(2))).toBeUndefined();
    await proved(2);
    expect(session.act).not.toHaveBeenCalled();
    await press(certify(2));
    expect(session.act.mock.calls).toEqual([
      ["a", { act: "certify-key", key: "new1" }],
      ["b", { act: "certify-key", key: "new2" }],
    ]);
    expect(certified).toHaveBeenCalledExactlyOnceWith(0);
  });

  it("does not believe another file", async () => {
    await made("a");
    await choose(prove, file(backupOf([keyFor("z")])));
    await soon(() => expect(alarms()[0]).toContain("backup-other"));
    expect(button(certify(1))).toBeUndefined();
    await proved(1);
    expect(alarms()).toEqual([]);
  });

  it("goes on with the others where one cannot be certified, and names it", async () => {
    await made("a", "b");
    await proved(2);
    session.act.mockRejectedValueOnce(new CryptoFailure("deadline-passed"));
    await press(certify(2));
    expect(certified).toHaveBeenLastCalledWith(1);
    expect(words()).toContain("项目 a");
    expect(alarms()).toHaveLength(1);
    await press(certify(1));
    expect(session.act.mock.lastCall?.[0]).toBe("a");
    expect(certified).toHaveBeenLastCalledWith(0);
  });

  it("takes up the keys that were made when the certificate locked itself meanwhile", async () => {
    await made("a");
    locks();
    await choose(prove, file(saved[0]!.text));
    await soon(() => expect(button(make(1))).toBeDefined());
    leaveAll();
    await making("a");
    await fill(say("custodian.phrase.one"), "four unrelated words here");
    await press(make(1));
    await proved(1);
    await press(certify(1));
    expect(session.act.mock.calls).toEqual([["a", { act: "certify-key", key: "new1" }]]);
  });

  it("asks to unlock first where keys of before are not to be read, and then takes those up", async () => {
    locks();
    const page = await mounted(Making, { lines: [lineOf("a")], keys: [], unread: true, onKept: kept });
    expect(words()).toContain(say("custodian.making.unread"));
    expect([button(make(1)), all("input").length]).toEqual([undefined, 0]);
    await press(`${say("common.locked")} · ${say("common.unlock")}`);
    expect(session.key).not.toBeNull();
    Object.assign(page.given, { keys: [await lies(keyFor("a"))], unread: false });
    await settled();
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(make(1));
    await soon(() => expect(saved[0]?.text).toBe(backupOf([keyFor("a")])));
  });

  it("gives an agent of one project a key of its own, where the person wants one", async () => {
    await making("a");
    await fill(say("custodian.key.passphrase"), "four unrelated words here");
    await fill(say("custodian.key.again"), "four unrelated words here");
    all<HTMLInputElement>("input[type=checkbox]")[0]?.click();
    await settled();
    await press(make(1));
    await soon(() => expect(saved.map(({ name }) => name)).toContain("agent.key.pem"));
    expect(saved.map(({ name }) => name.split(".").at(-1))).toEqual(["kkey", "pem", "kkeys"]);
    await proved(1);
    await press(certify(1));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("a", { act: "certify-key", key: "new1", agent: "agent" });
  });
});

describe("the keys in this browser", () => {
  const changed = vi.fn();
  async function ring(keys: RingKey[] = [], lines = [lineOf("a", dutyOf({ key: "a" }))]): Promise<Page> {
    changed.mockReset();
    for (const key of keys) await lies(key);
    return mounted(Ring, { keys, lines, onChanged: changed });
  }
  const take = say("custodian.ring.take");
  const pick = say("custodian.ring.choose");

  it("are saved in one file, and what was never proved is said", async () => {
    await ring([keyFor("a"), keyFor("b", PHRASE, { proved: 5 })]);
    expect(words()).toContain(say("custodian.ring.unproved", { n: 1 }));
    await press(say("custodian.ring.save"));
    expect(saved[0]?.text).toBe(backupOf([keyFor("a"), keyFor("b")]));
  });

  it("are taken from a file by its passphrase", async () => {
    await ring();
    await choose(pick, file(backupOf([keyFor("a"), keyFor("b")])));
    await soon(() => expect(button(take)?.disabled).toBe(true));
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(take);
    expect(words()).toContain(say("custodian.ring.taken", { n: 2, shut: 0 }));
    expect((await ringKeys()).map(({ point }) => point).sort()).toEqual(["a", "b"]);
    expect(changed).toHaveBeenCalledOnce();
    expect(button(take)).toBeUndefined();
  });

  it("are not taken by a wrong passphrase, which is asked for again", async () => {
    await ring();
    await choose(pick, file(backupOf([keyFor("a")])));
    await soon(() => expect(button(take)).toBeDefined());
    await fill(say("custodian.phrase.one"), "wrong");
    await press(take);
    expect(alarms()[0]).toContain("passphrase-wrong");
    expect([await ringKeys(), changed.mock.calls.length]).toEqual([[], 0]);
    await fill(say("custodian.phrase.one"), PHRASE);
    await press(take);
    expect(await ringKeys()).toHaveLength(1);
    expect(alarms()).toEqual([]);
  });

  it("say at once that a file is none of keys", async () => {
    await ring();
    await choose(pick, file(JSON.stringify({ format: "kaibiao/1 keyfiles", keys: [] })));
    await soon(() => expect(alarms()[0]).toContain("keyfile-wrong"));
    expect(button(take)).toBeUndefined();
  });

  it("are removed only of projects that are over, and only when that was confirmed", async () => {
    vi.useFakeTimers();
    try {
      const lines = [lineOf("a", dutyOf({ key: "a" })), lineOf("b", dutyOf({ key: "b", stage: "closed" }))];
      await ring([keyFor("a"), keyFor("b")], lines);
      await press(say("custodian.ring.remove", { n: 1 }));
      expect(await ringKeys()).toHaveLength(2);
      await vi.advanceTimersByTimeAsync(3_000);
      await press(say("common.confirm"));
      expect((await ringKeys()).map(({ point }) => point)).toEqual(["a"]);
      expect(changed).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });
});
