// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyInfo, Progress, SealRequest, Vault } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../../tests/mounted";
import Documents from "./Documents.vue";
import { letGo } from "./drafts";
import type { TermsPackage } from "./package";
import { usePreparation } from "./preparation";
import SealStep from "./SealStep.vue";
import SheetForm from "./SheetForm.vue";

const party = (name: string) => ({ name, organisation: name });
const TERMS = {
  schema: {
    fields: [
      { id: "price", label: "投标报价（元）", type: "money", required: true, public: true },
      { id: "days", label: "工期", type: { integer: { min: 1, max: 2000 } }, required: true, public: true },
      { id: "quality", label: "质量承诺", type: { choice: { options: ["合格", "优良"] } }, required: false, public: true },
      { id: "rate", label: "下浮率", type: { rate: { scale: 2 } }, required: false, public: false },
    ],
    price: "price",
    better: "low",
  },
  ...{ number: 1, custodians: [party("c")], release: 1, rescue: 1, policy: { minimum: 3 } },
  officials: { tenderer: party("h"), centre: party("z"), supervisor: party("s") },
  trust: { origin: "https://p", quorum: 1 },
};
const PACK: TermsPackage = {
  ...{ kaibiao: "terms/1", project: "p", lot: "1", number: "N", title: "T", lot_title: "L", t0: 0 },
  terms: JSON.stringify(TERMS),
  publication: { body: "" },
  platform: { origin: "https://p", cas: [], receipt_key: "" },
  control_price: "800000000",
} as unknown as TermsPackage;

const seal = vi.fn(async (_: SealRequest, _told: (at: Progress) => void): Promise<object> => ({ bid: "b1", size: 5, name: "b1.kbid" }));
const cancelSeal = vi.fn();
useVault({
  keep: async () => true,
  kept: async () => undefined,
  shelf: async () => [],
  checkTerms: async () => ({ digest: "d" }),
  seal,
  cancelSeal,
} as unknown as Vault);

async function prepared() {
  const it = usePreparation({
    key: async () => ({ signing: { organisationCode: "b" } }) as KeyInfo,
    isOpen: () => true,
    now: () => 0,
    sealed: async () => undefined,
  });
  await it.begin(PACK);
  return it;
}
type Prepared = Awaited<ReturnType<typeof prepared>>;

const file = (name: string, text = "x") => new File([text], name);
const wrongs = () => all(".b-wrong").map((it) => words(it));
const alarms = () => all("[role=alert]").map((it) => words(it));

beforeEach(() => {
  letGo();
  seal.mockReset().mockResolvedValue({ bid: "b1", size: 5, name: "b1.kbid" });
  cancelSeal.mockReset();
});
afterEach(leaveAll);

describe("the opening sheet", () => {
  let it_: Prepared;
  const sheet = async (all = false) => mounted(SheetForm, { it: (it_ = await prepared()), all });

  it("reproaches nobody for a field that was not reached yet, and says what lacks once it was left", async () => {
    await sheet();
    expect(wrongs().join("")).toBe("");
    await fill("投标报价", "");
    expect(wrongs()[0]).toBe(say("tool.sheet.wrong.missing"));
    expect(field("投标报价").getAttribute("aria-invalid")).toBe("true");
    expect(wrongs().slice(1).join("")).toBe("");
  });

  it("says all that lacks when the person wants to go on", async () => {
    await sheet(true);
    expect(wrongs()).toEqual([say("tool.sheet.wrong.missing"), say("tool.sheet.wrong.missing"), "", ""]);
  });

  it("takes an amount as people type it, shows it as it is sealed, and in capitals", async () => {
    await sheet();
    await fill("投标报价", " ７，７９０，０００ ");
    expect(field("投标报价").value).toBe("7,790,000.00");
    expect(words()).toContain("柒佰柒拾玖万元整");
    expect(it_.sheet.values["price"]).toBe("779000000");
  });

  it("keeps what is no amount as it was typed, and says what is wanted", async () => {
    await sheet();
    await fill("投标报价", "七百万");
    expect([wrongs()[0], field("投标报价").value !== ""]).toEqual([say("tool.sheet.wrong.money"), true]);
    expect(words()).not.toContain("万元整");
    await fill("工期", "2001");
    expect(wrongs()[1]).toBe(say("tool.sheet.wrong.integer", { min: 1, max: 2000 }));
  });

  it("warns of a price above the control price and of one of nothing, and takes both", async () => {
    await sheet();
    await fill("投标报价", "8000000.01");
    expect(alarms()).toEqual([say("tool.sheet.above")]);
    await fill("投标报价", "8000000");
    expect(alarms()).toEqual([]);
    await fill("投标报价", "0");
    expect(alarms()).toEqual([say("tool.seal.doubts.free")]);
    expect(it_.sheet.problems).toEqual({ days: "missing" });
  });

  it("says of each field whether it is announced", async () => {
    await sheet();
    const labels = all("label").map((it) => words(it));
    expect(labels[0]).toContain(say("tool.sheet.public"));
    expect(labels[3]).toContain(say("tool.sheet.private"));
  });
});

describe("documents", () => {
  let it_: Prepared;
  const documents = async () => mounted(Documents, { it: (it_ = await prepared()) });
  const names = () => it_.documents.map(({ name }) => name);
  const drop = say("tool.documents.drop");

  it("are put in order, renamed and taken out", async () => {
    await documents();
    await choose(drop, file("a.pdf"), file("b.pdf"));
    await press(say("tool.documents.down", { name: "a.pdf" }));
    expect(names()).toEqual(["b.pdf", "a.pdf"]);
    await fill(say("tool.documents.nameOf", { n: 1 }), "技术标.pdf");
    expect(names()).toEqual(["技术标.pdf", "a.pdf"]);
    await press(say("tool.documents.remove", { name: "a.pdf" }));
    expect(names()).toEqual(["技术标.pdf"]);
    expect(button(say("tool.documents.up", { name: "技术标.pdf" }))?.disabled).toBe(true);
    expect(button(say("tool.documents.down", { name: "技术标.pdf" }))?.disabled).toBe(true);
  });

  it("whose names cannot be are named at once, and so are empty ones", async () => {
    await documents();
    await choose(drop, file("a.pdf"), file("b.pdf", ""));
    expect(words()).toContain(say("tool.documents.empty"));
    await fill(say("tool.documents.nameOf", { n: 2 }), "A.PDF");
    expect(wrongs()).toContain(say("tool.documents.wrong.name-duplicate"));
    await fill(say("tool.documents.nameOf", { n: 2 }), "CON.pdf");
    expect(wrongs()).toContain(say("tool.documents.wrong.name-reserved"));
  });

  it("are all taken out only when that was asked", async () => {
    await documents();
    await choose(drop, file("a.pdf"), file("b.pdf"));
    const ask = vi.fn(() => false);
    vi.stubGlobal("confirm", ask);
    await press(say("tool.documents.removeAll"));
    expect([ask.mock.calls.length, names().length]).toEqual([1, 2]);
    ask.mockReturnValue(true);
    await press(say("tool.documents.removeAll"));
    expect(names()).toEqual([]);
    vi.unstubAllGlobals();
  });
});

describe("the last look before sealing", () => {
  const start = say("tool.seal.start");
  let it_: Prepared;
  async function sealing(price = "7790000", ...files: File[]): Promise<void> {
    it_ = await prepared();
    Object.assign(it_.entries, { price, days: "200" });
    await mounted(SealStep, { it: it_, keyText: "甲公司 证书" });
    await import("./documents").then(({ added }) => (it_.documents = added([], files)));
    await settled();
  }

  it("shows what will be sealed, with the price in capitals and what was left empty", async () => {
    await sealing("7790000", file("a.pdf"));
    const rows = all("tr").map((it) => words(it));
    expect(rows[0]).toContain("7,790,000.00");
    expect(rows[0]).toContain("柒佰柒拾玖万元整");
    expect(rows[2]).toContain("—");
    expect(words()).toContain("甲公司 证书");
  });

  it("seals at one press where there is nothing to ask about", async () => {
    await sealing("7790000", file("a.pdf"));
    await press(start);
    expect(seal.mock.lastCall?.[0]).toMatchObject({ sheet: { price: "779000000", days: 200 }, documents: [{ name: "a.pdf" }] });
    expect(words()).toContain("b1.kbid");
    expect(button(start)).toBeUndefined();
  });

  it("asks about a price of nothing and an empty file first, and seals only when that was answered", async () => {
    await sealing("0", file("a.pdf", ""));
    await press(start);
    expect(seal).not.toHaveBeenCalled();
    expect(all("dialog li").map((it) => words(it))).toEqual([
      say("tool.seal.doubts.free"),
      say("tool.seal.doubts.empty", { names: "a.pdf" }),
    ]);
    await press(say("common.cancel"));
    expect(seal).not.toHaveBeenCalled();
    await press(start);
    await press(say("tool.seal.doubts.go"));
    expect(seal).toHaveBeenCalledOnce();
  });

  it("cannot be pressed while the sheet is wrong", async () => {
    await sealing("七百万");
    expect(button(start)?.disabled).toBe(true);
  });

  it("says how far it is, and can be called off", async () => {
    await sealing("7790000", file("a.pdf", "1234567890"));
    let fail = (_: unknown): void => undefined;
    seal.mockImplementationOnce((_, told) => {
      told({ what: "document", index: 0, done: 5, total: 10 });
      return new Promise((_resolve, reject) => (fail = reject));
    });
    await press(start);
    expect(words()).toContain(say("tool.seal.all", { n: 50 }));
    await press(say("tool.seal.cancel"));
    expect(cancelSeal).toHaveBeenCalledOnce();
    fail(new CryptoFailure("cancelled"));
    await settled();
    expect([alarms(), button(start)?.disabled]).toEqual([[], false]);
  });

  it("says what failed, and keeps the form", async () => {
    await sealing("7790000", file("a.pdf"));
    seal.mockRejectedValueOnce(new CryptoFailure("passphrase-wrong"));
    await press(start);
    expect(alarms()).toHaveLength(1);
    expect(it_.entries["price"]).toBe("7790000");
    await press(start);
    expect(it_.sealed?.bid).toBe("b1");
  });

  it("warns that nothing but the sheet is sealed where there are no documents", async () => {
    await sealing();
    expect(words()).toContain(say("tool.documents.noneSealed"));
  });
});
