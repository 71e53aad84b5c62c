import { beforeEach, expect, it, vi } from "vitest";
import { saveTermsPackage, termsPackage, loggedProof } from "./terms";
import type { TermsPackage } from "./prepare/package";

const saved = vi.hoisted(() => ({ saveText: vi.fn() }));
vi.mock("@/ui/save", () => saved);
vi.mock("@/api/lists", () => ({ certifiedIn: () => [], fetchLists: async () => [] }));

const party = { name: "h", organisation: "h" };
const TERMS = { schema: { fields: [] }, custodians: [], officials: { tenderer: party, centre: party, supervisor: party } };

let trust: object;
let logged: () => unknown;
const api = vi.hoisted(() => ({ GET: vi.fn() }));
vi.mock("@/api", async (actual) => ({ ...(await actual<typeof import("@/api")>()), api }));
const refused = (status: number, code: string) => ({ error: { code, detail: "" }, response: new Response(null, { status }) });
const told = (value: unknown) => ({ data: value, response: new Response() });
beforeEach(() => {
  trust = { origin: "o", quorum: 0, log_key: "k" };
  saved.saveText.mockReset();
  api.GET.mockImplementation(async (path: string) => {
    if (path.endsWith("/terms/logged")) return logged();
    if (path.endsWith("/terms")) return told(JSON.stringify({ ...TERMS, trust }));
    if (path.endsWith("/platform")) return told({ origin: "o", cas: [], receipt_key: "r" });
    return told({ number: "N", title: "T", t0: 0, lots: { "1": { title: "L" } }, publication: { body: "{}" } });
  });
});

const written = () => JSON.parse(String(saved.saveText.mock.calls[0]?.[1])) as TermsPackage;

it("saves the proof that the terms are in the public log with them", async () => {
  logged = () => told({ proof: "proof" });
  await saveTermsPackage("p", "1");
  expect(written()).toMatchObject({ kaibiao: "terms/1", logged: "proof" });
});

it("saves terms that are not in the log yet without one", async () => {
  logged = () => refused(404, "not-found");
  await saveTermsPackage("p", "1");
  expect(written()).not.toHaveProperty("logged");
  expect(await loggedProof(await termsPackage("p", "1"))).toBeNull();
});

it("asks nothing of terms without a log, and tells when nobody answers", async () => {
  logged = () => refused(503, "unavailable");
  await expect(loggedProof(await termsPackage("p", "1"))).rejects.toMatchObject({ code: "logged-unreachable" });
  trust = { origin: "o", quorum: 0 };
  expect(await loggedProof(await termsPackage("p", "1"))).toBeUndefined();
});
