// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { base64 } from "@/crypto/bid/encoding";
import { now } from "@/room/clock";
import { day } from "@/ui/format";
import { anew, session } from "../../../tests/custodian";
import { all, button, choose, field, fill, leaveAll, mounted, press, say, tick, words } from "../../../tests/mounted";
import Standing from "./Standing.vue";

vi.mock("@/session", async () => {
  const { session } = await import("../../../tests/custodian");
  return { useSession: () => session };
});

const DAY = 86_400_000;
const KEY = base64(Uint8Array.from({ length: 32 }, (_, at) => at + 1));
const HOST = { organisation: "91350100MA0000C032", name: "甲咨询" };
const changed = vi.fn();
const one = (more: object = {}) => ({
  ...{ digest: "d1", agent: KEY, from: now.value - DAY, until: now.value + DAY, signed_by: "某人" },
  ...more,
});
const standing = (authorisations: object[] = []) =>
  mounted(Standing, { agent: { authorisations }, projects: [{ id: "p", hosts: [HOST] }], onChanged: changed });
const pass = () => vi.advanceTimersByTimeAsync(3_000);
const key = say("custodian.standing.agent");
const sign = say("custodian.standing.sign");
const body = () => session.act.mock.lastCall?.[1] as Record<string, unknown>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  anew();
  changed.mockReset();
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("authorising an agent", () => {
  const asked = async () => {
    await standing();
    await press(say("custodian.standing.authorise"));
    await pass();
  };

  it("wants its public key, and says so of anything else once the field was left", async () => {
    await asked();
    expect(words()).toContain(say("custodian.standing.agentHint"));
    await fill(key, "no key");
    expect(words()).toContain(say("custodian.standing.wrong.agent"));
    expect(button(sign)?.disabled).toBe(true);
    await fill(key, KEY);
    expect(words()).toContain(say("custodian.standing.isKey"));
    await press(sign);
    expect(body()).toMatchObject({ act: "authorise-agent", agent: KEY });
    expect(body()["hosts"]).toBeUndefined();
    expect(changed).toHaveBeenCalledOnce();
  });

  it("reads the key from a file, and no large one", async () => {
    await asked();
    await choose(say("custodian.standing.file"), new File([KEY], "agent.pub"));
    await vi.waitFor(() => expect(field(key).value).toBe(KEY));
    await choose(say("custodian.standing.file"), new File([KEY + " ".repeat(10_000)], "large.pub"));
    await vi.waitFor(() => expect(field(key).value).toBe(""));
  });

  it("ends at the last instant of a day in Beijing, a year ahead unless another is chosen, and never in the past", async () => {
    await asked();
    await fill(key, KEY);
    expect(field(say("custodian.standing.until")).value).toBe(day(now.value + 365 * DAY));
    await fill(say("custodian.standing.until"), day(now.value - DAY));
    expect(button(sign)?.disabled).toBe(true);
    const chosen = day(now.value + 30 * DAY);
    await fill(say("custodian.standing.until"), chosen);
    await press(sign);
    expect(body()["until"]).toBe(Date.parse(`${chosen}T23:59:59.999+08:00`));
  });

  it("is for some hosts only where that is chosen, and then for at least one", async () => {
    await asked();
    await fill(key, KEY);
    await tick(say("custodian.standing.someHosts"));
    expect(button(sign)?.disabled).toBe(true);
    await tick(HOST.name);
    await fill(say("custodian.standing.others"), " 91350200ma1111001x, 91350200MA1111001X ");
    await press(sign);
    expect(body()["hosts"]).toEqual([HOST.organisation, "91350200MA1111001X"]);
  });
});

describe("an authorisation", () => {
  const revoke = say("custodian.standing.revoke");

  it("in force or to come can be revoked, one that is over or revoked cannot", async () => {
    await standing([
      one(),
      one({ digest: "d2", from: now.value + DAY, until: now.value + 2 * DAY }),
      one({ digest: "d3", until: now.value - 1 }),
      one({ digest: "d4", revoked: now.value - 1 }),
    ]);
    expect(all("li button").filter((it) => words(it) === revoke)).toHaveLength(2);
  });

  it("is revoked with a reason", async () => {
    await standing([one()]);
    await press(revoke);
    await pass();
    const submit = () => all<HTMLButtonElement>("dialog button[type=submit]").at(-1)!;
    expect(submit().disabled).toBe(true);
    await fill(say("common.reason.label"), " 机器更换 ");
    submit().click();
    await vi.waitFor(() => expect(changed).toHaveBeenCalledOnce());
    expect(body()).toEqual({ act: "revoke-agent", authorisation: "d1", reason: "机器更换" });
  });

  it("names its hosts where it is for some", async () => {
    await standing([one({ hosts: [HOST.organisation, "另一家"] })]);
    expect(words()).toContain(say("custodian.standing.hosts", { names: "甲咨询、另一家" }));
  });
});
