// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, leaveAll, mounted, press, say, words } from "../../../tests/mounted";
import Consent from "./Consent.vue";

const session = {
  ready: true,
  session: { organisation: "own" } as object | null,
  platform: async () => ({ origin: "https://p" }),
  unlocked: vi.fn(),
};
vi.mock("@/session", () => ({ useSession: () => session }));
const vault = vi.hoisted(() => ({ readJoint: vi.fn(), consent: vi.fn() }));
vi.mock("@/crypto/client", () => ({ vault: () => vault }));
vi.mock("@/api", () => ({
  api: { GET: async () => ({ title: "二中扩建", number: "ZB-1", lots: { "1": { title: "土建" } } }) },
  data: (reply: unknown) => reply,
  Refused: class extends Error {},
}));
const saved = vi.hoisted((): { name: string; text: string }[] => []);
vi.mock("@/ui/save", () => ({ saveText: (name: string, text: string) => void saved.push({ name, text }) }));

const member = (organisation: string) => ({ organisation, name: `公司 ${organisation}` });
const joint = (signers: string[] = [], members = ["own", "other"]) => ({
  ...{ project: "p", lot: "1", bid: "b1", digest: "d1" },
  lead: { organisationName: "牵头公司", organisationCode: "lead", person: "李", issuer: "CA", digest: "c1" },
  members: members.map(member),
  signers: signers.map((organisationCode) => ({ organisationCode })),
});
const go = say("bidder.consent.go");
const alarms = () => all("[role=alert]").map((it) => words(it));

async function opened(): Promise<void> {
  await mounted(Consent);
  await choose(say("bidder.consent.file"), new File(["{}"], "b1.joint.json"));
}

beforeEach(() => {
  saved.length = 0;
  session.session = { organisation: "own" };
  session.unlocked.mockReset().mockResolvedValue({});
  vault.readJoint.mockReset().mockResolvedValue(joint());
  vault.consent.mockReset().mockResolvedValue({ text: "signed", joint: joint(["own"]) });
});
afterEach(leaveAll);

it("shows what the lead has signed before anything is signed, and saves the file when it was", async () => {
  await opened();
  await vi.waitFor(() => expect(words()).toContain("二中扩建"));
  for (const told of ["土建", "牵头公司", "公司 own", "公司 other", "b1", "d1", say("bidder.consent.meaning")])
    expect(words()).toContain(told);
  expect([vault.consent.mock.calls.length, saved.length]).toEqual([0, 0]);
  await press(go);
  expect(vault.consent).toHaveBeenCalledExactlyOnceWith("https://p", "{}");
  expect(saved).toEqual([{ name: "b1.joint.json", text: "signed" }]);
  expect(words()).toContain(say("bidder.consent.done", { n: 1, of: 2 }));
  expect(button(go)).toBeUndefined();
});

it("lets nobody sign who is not named in it", async () => {
  vault.readJoint.mockResolvedValue(joint([], ["other"]));
  await opened();
  await vi.waitFor(() => expect(alarms()[0]).toContain("not-a-member"));
  expect(button(go)).toBeUndefined();
});

it("shows nothing of a file that cannot be believed", async () => {
  vault.readJoint.mockRejectedValue(new CryptoFailure("signature-wrong"));
  await opened();
  await vi.waitFor(() => expect(alarms()).toHaveLength(1));
  expect(words()).not.toContain("牵头公司");
});

it("asks again, and saves nothing, where the key stayed locked", async () => {
  await opened();
  await vi.waitFor(() => expect(button(go)).toBeDefined());
  session.unlocked.mockRejectedValueOnce(new CryptoFailure("cancelled"));
  await press(go);
  expect([saved.length, alarms(), button(go)?.disabled]).toEqual([0, [], false]);
});

it("takes a file only of somebody who is logged in", async () => {
  session.session = null;
  await mounted(Consent);
  expect(all("input[type=file]")).toEqual([]);
  expect(words()).toContain(say("bidder.consent.login"));
});
