// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useVault } from "@/crypto/client";
import type { Vault } from "@/crypto/contract";
import { all, fill, leaveAll, mounted, press, say, words } from "../../tests/mounted";
import TokenConnect from "./TokenConnect.vue";

const sent = vi.fn<typeof fetch>();
const tokenCertificates = vi.fn();
const chosen = vi.fn();
let state: PermissionState | undefined;
let changed: (() => void) | undefined;

const status = {
  get state() {
    return state;
  },
  addEventListener: (_: string, hear: () => void) => (changed = hear),
  removeEventListener: () => undefined,
};

beforeEach(() => {
  vi.resetAllMocks();
  state = "prompt";
  vi.stubGlobal("fetch", sent);
  vi.stubGlobal("navigator", {
    ...navigator,
    permissions: {
      // As a browser that knows the older name only.
      query: async ({ name }: { name: string }) => {
        if (name !== "local-network-access" || state === undefined) throw new TypeError(name);
        return status;
      },
    },
  });
  useVault({ tokenCertificates } as unknown as Vault);
});
afterEach(async () => {
  await leaveAll();
  vi.unstubAllGlobals();
});

const asked = () => mounted(TokenConnect, { label: "go on", onChosen: chosen });
const answers = (status: number, body: unknown) => sent.mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));

it("says what the browser will ask, and reaches nothing before a button is pressed", async () => {
  await asked();
  await vi.waitFor(() => expect(words()).toContain(say("token.willAsk")));
  expect(sent).not.toHaveBeenCalled();
});

it("knows a refusal, and takes up a changed permission without a reload", async () => {
  await asked();
  sent.mockImplementationOnce(async () => {
    state = "denied";
    throw new TypeError("Failed to fetch");
  });
  await press(say("token.connect"));
  await vi.waitFor(() => expect(words()).toContain(say("token.refusedHow")));
  state = "granted";
  changed?.();
  await vi.waitFor(() => expect(words()).not.toContain(say("token.refusedHow")));
  answers(200, { seconds: 180 });
  await press(say("token.connect"));
  await vi.waitFor(() => expect(words()).toContain(say("token.code")));
});

it("pairs by the code, and hands over the certificate that was chosen", async () => {
  tokenCertificates.mockResolvedValue([
    { digest: "aa", organisationName: "甲公司", person: "张三", issuer: "CA", notAfter: 1_900_000_000_000 },
    { digest: "bb", organisationName: "甲公司", person: "李四", issuer: "CA", notAfter: 1_800_000_000_000 },
  ]);
  await asked();
  answers(200, { seconds: 180 });
  await press(say("token.connect"));
  await vi.waitFor(() => expect(words()).toContain(say("token.codeHint")));
  await fill(say("token.code"), "1234 5678");
  answers(403, { code: "code-wrong", tries: 2 });
  await press(say("token.pair"));
  await vi.waitFor(() => expect(words()).toContain("token-agent-code-wrong"));
  answers(200, { secret: "c2VjcmV0" });
  await press(say("token.pair"));
  await vi.waitFor(() => expect(words()).toContain("李四"));
  (all("input[type=radio]")[1] as HTMLInputElement).click();
  await press("go on");
  expect(chosen).toHaveBeenCalledExactlyOnceWith({ pairing: { port: 27182, secret: "c2VjcmV0" }, certificate: "bb" });
});
