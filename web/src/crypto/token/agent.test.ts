import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CryptoFailure } from "../failure";
import { asPaired, begin, certificatesOf, pair } from "./agent";

const sent = vi.fn<typeof fetch>();
const pairing = { port: 27182, secret: "c2VjcmV0" };

beforeEach(() => vi.stubGlobal("fetch", sent));
afterEach(() => {
  vi.unstubAllGlobals();
  sent.mockReset();
});

const answers = (status: number, body: unknown) => sent.mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));
const failing = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof CryptoFailure ? [error.code, error.params] : error;
};

it("asks loopback alone, without cookies, and with the secret only once paired", async () => {
  answers(200, { seconds: 180 });
  await begin(27182);
  const [address, asked] = sent.mock.calls[0]!;
  expect(address).toBe("http://127.0.0.1:27182/kaibiao/1/pair/begin");
  expect(asked).toMatchObject({ method: "POST", body: "{}", credentials: "omit" });
  expect(asked?.headers).toEqual({ "content-type": "application/json" });

  answers(200, { certificates: [], roots: [] });
  await certificatesOf(pairing);
  expect(sent.mock.calls[1]?.[1]?.headers).toMatchObject({ authorization: "Bearer c2VjcmV0" });
});

it("takes the code as the window shows it", async () => {
  answers(200, { secret: "c2VjcmV0" });
  expect(await pair(27182, "1234 5678")).toEqual(pairing);
  expect(sent.mock.calls[0]?.[1]?.body).toBe('{"code":"12345678"}');
});

it("says what the agent says, with the tries that are left", async () => {
  answers(403, { code: "pin-wrong", tries: 2 });
  expect(await failing(asPaired(pairing, "sign", {}))).toEqual(["token-agent-pin-wrong", { tries: 2, reason: "" }]);
  answers(403, { code: "pin-wrong" });
  expect(await failing(asPaired(pairing, "sign", {}))).toEqual(["token-agent-pin-wrong-untold", { reason: "" }]);
  answers(403, { code: "wrap-other-key" });
  expect(await failing(asPaired(pairing, "rehearse", {}))).toEqual(["wrap-other-key", undefined]);
  answers(403, { code: "not-proved", detail: "clock-before-t0" });
  expect(await failing(asPaired(pairing, "unlock", {}))).toEqual(["token-agent-not-proved", { reason: "clock-before-t0" }]);
});

it("tells an agent that cannot be reached from one that refuses", async () => {
  sent.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  expect(await failing(begin(1))).toEqual(["token-agent-unreachable", { port: 1 }]);
  sent.mockResolvedValueOnce(new Response("<html>", { status: 502 }));
  expect(await failing(begin(1))).toEqual(["token-agent-token-failed", { reason: "" }]);
});
