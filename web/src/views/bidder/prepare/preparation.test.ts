import { beforeEach, describe, expect, it, vi } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyInfo, SealRequest, TermsRequest, Vault } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { closedLots, isClosed } from "./closing";
import { added } from "./documents";
import { forgetLot, letGo } from "./drafts";
import type { TermsPackage } from "./package";
import { usePreparation } from "./preparation";

const party = (name: string) => ({ name, organisation: name });
const TERMS = {
  schema: {
    fields: [
      { id: "price", label: "报价", type: "money", required: true, public: true },
      { id: "manager", label: "项目经理", type: { text: { max: 9 } }, required: true, public: true },
    ],
    price: "price",
    better: "low",
  },
  number: 1,
  custodians: [party("c")],
  release: 1,
  rescue: 1,
  policy: { minimum: 3 },
  officials: { tenderer: party("h"), centre: party("z"), supervisor: party("s") },
  trust: { origin: "https://p", quorum: 1 },
};
const pack = (terms: object = TERMS): TermsPackage => ({
  kaibiao: "terms/1",
  project: "p",
  lot: "1",
  number: "N",
  title: "T",
  lot_title: "L",
  t0: 0,
  terms: JSON.stringify(terms),
  publication: { body: "" },
  platform: { origin: "https://p", cas: [], receipt_key: "" },
});

/** While the locker is slow. */
let reading: Promise<void> | undefined;
/** The locker of one person, who may be away. */
const locker = new Map<string, string>();
const sealedWith: SealRequest[] = [];
const checkedWith: TermsRequest[] = [];
useVault({
  keep: async (name: string, value: unknown, shelf = "") => {
    if (value === undefined) locker.delete(`${shelf}/${name}`);
    else locker.set(`${shelf}/${name}`, JSON.stringify(value));
    return true;
  },
  kept: async (name: string, shelf = "") => {
    await reading;
    return JSON.parse(locker.get(`${shelf}/${name}`) ?? "null") ?? undefined;
  },
  shelf: async (shelf: string) => [...locker].filter(([name]) => name.startsWith(`${shelf}/`)).map(([, value]) => JSON.parse(value)),
  checkTerms: async (request: TermsRequest) => {
    checkedWith.push(request);
    if (refusal) throw new CryptoFailure(refusal);
    return { digest: "d" };
  },
  seal: async (request: SealRequest) => {
    sealedWith.push(request);
    return { bid: `bid-${sealedWith.length}` };
  },
} as unknown as Vault);

/** Whether this person's key is unlocked, and what checking the terms fails with. */
let open = true;
let refusal: string | undefined;
const page = (logged?: () => Promise<string | null>) =>
  usePreparation({
    ...(logged ? { logged } : {}),
    key: async () => ({ signing: { organisationCode: "b" } }) as KeyInfo,
    isOpen: () => open,
    now: () => 0,
    sealed: async () => undefined,
  });
const file = (name: string) => new File(["12"], name);
const spare = { kind: "certificate", name: "spare.cer", data: new Uint8Array(1), about: "spare" } as const;

/** Somebody seals a bid of two documents, the first under a name of its own. */
async function sealed() {
  const it = page();
  await it.begin(pack());
  Object.assign(it.entries, { price: "100.00", manager: "李工" });
  it.documents = added([], [file("a.pdf"), file("b.pdf")]);
  it.renameDocument(it.documents[0]?.id ?? 0, "技术标.pdf");
  it.spares = [spare];
  it.rescue = true;
  await it.seal();
  expect(it.problem).toBeNull();
  return it;
}

beforeEach(() => {
  locker.clear();
  letGo();
  sealedWith.length = 0;
  checkedWith.length = 0;
  open = true;
  refusal = undefined;
});

it("keeps what was sealed, so that one typing error does not cost the form and its files", async () => {
  const it = await sealed();
  expect(it.sealed?.bid).toBe("bid-1");
  expect(await it.correct("bid-1")).toBe(true);
  expect(it.sealed).toBeNull();
  expect(it).toMatchObject({ entries: { price: "100.00", manager: "李工" }, rescue: true, step: 1, gone: [], spares: [spare] });
  it.entries["price"] = "99.00";
  await it.seal();
  expect(sealedWith[1]).toMatchObject({ sheet: { price: "9900", manager: "李工" }, rescue: true });
  expect(sealedWith[1]?.documents.map(({ name }) => name)).toEqual(["技术标.pdf", "b.pdf"]);
  // Each bid is corrected from what it was sealed from itself.
  await it.correct("bid-1");
  expect(it.entries["price"]).toBe("100.00");
});

it("asks for the files again by name after a reload, and gives them back their names and order", async () => {
  await sealed();
  letGo();
  const it = page();
  await it.begin(pack());
  expect(it.entries).toEqual({ price: "100.00", manager: "李工" });
  expect(await it.correct("bid-1")).toBe(true);
  expect(it).toMatchObject({ documents: [], lost: ["spare.cer"] });
  expect(it.gone.map((one) => one.file)).toEqual(["a.pdf", "b.pdf"]);
  it.documents = added(it.documents, [file("c.pdf"), file("b.pdf")], it.missing);
  it.documents = added(it.documents, [file("a.pdf")], it.missing);
  expect(it.documents.map((one) => one.name)).toEqual(["c.pdf", "技术标.pdf", "b.pdf"]);
  expect(it.gone).toEqual([]);
  // What is taken out on purpose is not asked for.
  it.removeDocument(it.documents[2]?.id ?? 0);
  expect(it.gone).toEqual([]);
});

it("asks again for a file that changed on the disk meanwhile", async () => {
  const it = page();
  await it.begin(pack());
  Object.assign(it.entries, { price: "1", manager: "李" });
  const moved = file("b.pdf");
  it.documents = added([], [file("a.pdf"), moved]);
  await it.seal();
  vi.spyOn(moved, "slice").mockReturnValue({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) } as unknown as Blob);
  await it.correct("bid-1");
  expect(it.documents.map((one) => one.name)).toEqual(["a.pdf"]);
  expect(it.gone.map((one) => one.file)).toEqual(["b.pdf"]);
});

it("keeps the files when the terms change under them, and none for another person", async () => {
  const it = await sealed();
  await it.begin(pack({ ...TERMS, number: 2 }));
  expect(it.documents).toHaveLength(2);
  locker.clear();
  await it.change();
  expect(it).toMatchObject({ documents: [], spares: [], entries: { price: "", manager: "" } });
});

describe("while it is read anew", () => {
  let go: () => void;
  /** The locker answers nothing until `done`. */
  const slowly = () => {
    reading = new Promise((resolve) => (go = resolve));
  };
  const done = async (what: Promise<void>) => {
    go();
    reading = undefined;
    await what;
  };

  it("stays on the screen, and nothing typed or chosen meanwhile is lost when the terms are amended", async () => {
    const it = page();
    await it.begin(pack());
    Object.assign(it.entries, { price: "5", manager: "李" });
    it.documents = added([], [file("a.pdf")]);
    it.step = 2;
    slowly();
    const begun = it.begin(pack({ ...TERMS, number: 2 }));
    await Promise.resolve();
    expect(it).toMatchObject({ step: 2, terms: { number: 1 } });
    it.entries["price"] = "7";
    it.documents = added(it.documents, [file("b.pdf")]);
    await done(begun);
    expect(it).toMatchObject({ step: 2, digest: "d", terms: { number: 2 }, entries: { price: "7", manager: "李" }, gone: [] });
    expect(it.documents.map(({ name }) => name)).toEqual(["a.pdf", "b.pdf"]);
  });

  it("leads back to the terms where the amended ones are not good", async () => {
    const it = page();
    await it.begin(pack());
    Object.assign(it.entries, { price: "5", manager: "李" });
    it.step = 2;
    slowly();
    refusal = "terms-signature";
    await done(it.begin(pack({ ...TERMS, number: 2 })));
    expect(it).toMatchObject({ step: 0, digest: "", entries: { price: "5", manager: "李" } });
  });

  it("does not put a draft over what was begun before the key could read it", async () => {
    const it = page();
    await it.begin(pack());
    locker.set("/draft p/1", JSON.stringify({ entries: { price: "1", manager: "王" }, rescue: false, step: 1, documents: [], spares: [] }));
    it.step = 2;
    slowly();
    const taken = it.takeUp();
    await Promise.resolve();
    expect(it).toMatchObject({ step: 2, terms: { number: 1 } });
    it.documents = added([], [file("b.pdf")]);
    await done(taken);
    expect(it).toMatchObject({ step: 2, entries: { price: "", manager: "" } });
    expect(it.documents.map(({ name }) => name)).toEqual(["b.pdf"]);
  });

  it("shows the next person nothing of the last one's from the first moment on", async () => {
    const it = await sealed();
    slowly();
    locker.clear();
    const changed = it.change();
    expect(it).toMatchObject({ step: 0, documents: [], spares: [], sealed: null, rescue: false, entries: { price: "", manager: "" } });
    await done(changed);
    expect(it).toMatchObject({ step: 0, entries: { price: "", manager: "" } });
  });
});

it("says so where this device does not know what a bid was sealed from", async () => {
  const it = page();
  await it.begin(pack());
  it.entries["price"] = "5";
  expect(await it.correct("elsewhere")).toBe(false);
  expect(it.entries["price"]).toBe("5");
});

it("keeps nothing of a lot whose bidding is over", async () => {
  const it = await sealed();
  expect(locker.size).toBeGreaterThan(1);
  const lots = { "1": { stage: "bidding" }, "2": { stage: "cancelled" } } as never;
  expect(closedLots({ closed_for_bids: false, lots })).toEqual(["2"]);
  expect(isClosed({ closed_for_bids: false, lots }, "3")).toBe(true);
  expect(closedLots({ closed_for_bids: true, lots })).toEqual(["1", "2"]);
  await forgetLot({ project: "p", lot: "2" });
  expect(await it.correct("bid-1")).toBe(true);
  await forgetLot({ project: "p", lot: "1" });
  expect(await it.correct("bid-1")).toBe(false);
  expect([...locker.keys()].filter((name) => /bid-|draft/.test(name))).toEqual([]);
});

it("says what is to be done first, where nothing could be checked yet", async () => {
  refusal = "roots-needed";
  open = false;
  const it = page();
  await it.begin(pack());
  expect(it.needs).toBe("key");
  open = true;
  await it.check();
  expect(it.needs).toBe("roots");
  refusal = "terms-signature";
  await it.check();
  expect(it).toMatchObject({ needs: null, problem: { code: "terms-signature" } });
  refusal = undefined;
  await it.check();
  expect(it).toMatchObject({ needs: null, digest: "d" });
});

it("asks the platform at each check whether the terms are in its public log, and seals by the last answer", async () => {
  let answer: string | null = null;
  const it = page(async () => answer);
  await it.begin({ ...pack(), logged: "of the package" });
  expect(checkedWith.at(-1)?.logged).toBeNull();
  answer = "proof";
  await it.check();
  expect(checkedWith.at(-1)?.logged).toBe("proof");
  Object.assign(it.entries, { price: "1", manager: "李" });
  await it.seal();
  expect(sealedWith.at(-1)?.logged).toBe("proof");
});

it("goes by the package's proof where there is no network, if it holds one", async () => {
  const it = page();
  await it.begin({ ...pack(), logged: "of the package" });
  expect(checkedWith.at(-1)?.logged).toBe("of the package");
  await it.begin(pack());
  expect(checkedWith.at(-1)).not.toHaveProperty("logged");
});

it("checks nothing while the platform cannot be asked about its public log", async () => {
  const it = page(async () => {
    throw new CryptoFailure("logged-unreachable");
  });
  await it.begin(pack());
  expect(it).toMatchObject({ digest: "", problem: { code: "logged-unreachable" } });
});

it("asks before a price of zero, an empty document or one that was not chosen again is taken", async () => {
  const it = page();
  await it.begin(pack());
  Object.assign(it.entries, { price: "1", manager: "李" });
  it.documents = added([], [file("a.pdf"), new File([], "空.pdf")]);
  expect(it.doubts).toEqual([{ code: "empty", names: "空.pdf" }]);
  it.entries["price"] = "0.00";
  expect(it.doubts.map(({ code }) => code)).toEqual(["free", "empty"]);
  it.removeDocuments();
  expect(it.doubts.map(({ code }) => code)).toEqual(["free"]);
  it.missing = [{ name: "a.pdf", file: "a.pdf" }];
  expect(it.doubts.at(-1)).toEqual({ code: "gone", names: "a.pdf" });
});

it("leaves the form as it is when sealing fails", async () => {
  const it = await sealed();
  await it.correct("bid-1");
  useFailing();
  await it.seal();
  expect(it.problem?.code).toBe("cancelled");
  expect(it.entries["price"]).toBe("100.00");
  expect(it.documents).toHaveLength(2);
});

function useFailing(): void {
  useVault({
    seal: async () => {
      throw new CryptoFailure("cancelled");
    },
  } as unknown as Vault);
}
