// @vitest-environment happy-dom
/** Where several files are chosen at once, one that is refused keeps no other from being taken, and each refused one is named. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { reactive } from "vue";
import { Refused } from "@/api";
import { useVault } from "@/crypto/client";
import type { Vault } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import Spares from "@/views/bidder/prepare/Spares.vue";
import Roots from "@/views/custodian/Roots.vue";
import AttachmentsInput from "@/views/host/parts/AttachmentsInput.vue";
import { all, choose, field, leaveAll, mounted, say, settled, words } from "../../tests/mounted";

const upload = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { POST: (_: string, given: { body: File }) => upload(given.body.name) },
  data: (reply: unknown) => reply,
}));

const keep = vi.fn(async () => true);
useVault({
  ...{ keep, kept: async () => undefined },
  certificates: async ({ name }: { name: string }) => {
    if (name.startsWith("bad")) throw new CryptoFailure("certificate-malformed");
    return [{ digest: `digest-of-${name}`, organisationName: name, person: "" }];
  },
} as unknown as Vault);

const files = ["bad1.pem", "a.pem", "bad2.pem", "b.pem"].map((name) => new File([`-----BEGIN CERTIFICATE-----\n${name}\n`], name));
const alarms = () => all("[role=alert]").map((it) => words(it));
const named = [expect.stringContaining("bad1.pem"), expect.stringContaining("bad2.pem")];

beforeEach(() => {
  keep.mockClear();
  upload.mockReset().mockImplementation(async (name: string) => {
    if (name.startsWith("bad")) throw new Refused(413);
    return { digest: name, size: 1, media_type: "text/plain" };
  });
});
afterEach(leaveAll);

it("takes the spare keys that can be read", async () => {
  const preparation = reactive({ spares: [] as { name: string }[], lost: [], terms: null });
  await mounted(Spares, { it: preparation });
  await choose(say("tool.spares.add"), ...files);
  await vi.waitFor(() => expect(alarms()).toEqual(named));
  expect(preparation.spares.map(({ name }) => name)).toEqual(["a.pem", "b.pem"]);
});

it("believes the roots that can be read", async () => {
  const page = await mounted(Roots, { modelValue: [] });
  page.given["onUpdate:modelValue"] = (now: unknown) => (page.given["modelValue"] = now);
  await settled();
  await choose(say("custodian.chooser.addRoot"), ...files);
  await vi.waitFor(() => expect(alarms()).toEqual(named));
  expect((page.given["modelValue"] as { name: string }[]).map(({ name }) => name)).toEqual(["a.pem", "b.pem"]);
  expect(keep).toHaveBeenCalledOnce();
});

it("sends the attachments that are not refused, and is free again", async () => {
  const page = await mounted(AttachmentsInput, { project: "p", label: "附件", modelValue: [] });
  page.given["onUpdate:modelValue"] = (now: unknown) => (page.given["modelValue"] = now);
  await settled();
  await choose("附件", ...files);
  await vi.waitFor(() => expect(alarms()).toEqual(named));
  expect((page.given["modelValue"] as { name: string }[]).map(({ name }) => name)).toEqual(["a.pem", "b.pem"]);
  expect(field("附件").disabled).toBe(false);
});
