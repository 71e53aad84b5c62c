// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive, ref } from "vue";
import { Refused } from "@/api";
import { all, button, field, fill, leaveAll, type Page, mounted, press, say, settled, tick, words } from "../../../../tests/mounted";
import { type Form, newForm } from "../form";
import { sheetOf } from "../presets";
import Wizard from "../Wizard.vue";
import CustodiansEditor from "./CustodiansEditor.vue";
import SheetEditor from "./SheetEditor.vue";

vi.mock("@/session", () => ({ useSession: () => ({ key: {}, session: null, unlocked: async () => ({}) }) }));
vi.mock("../parts/legal", () => ({ useLegal: () => ref({ notice: 3_600, amendment: 1, window: 60 }) }));
const platform = ref<{ suites?: string[] }>();
vi.mock("../parts/platform", () => ({ usePlatform: () => platform }));
vi.mock("../parts/OrganisationInput.vue", async () => {
  const { h } = await import("vue");
  return {
    default: {
      inheritAttrs: false,
      props: ["modelValue", "bound"],
      emits: ["update:modelValue", "choose"],
      render: (it: { modelValue: string; bound: object; $emit(name: string, value: string): void }) =>
        h("input", {
          ...it.bound,
          value: it.modelValue,
          onInput: (event: Event) => it.$emit("update:modelValue", (event.target as HTMLInputElement).value),
        }),
    },
  };
});
const draft = {
  form: ref<Form>(newForm()),
  ...{ loaded: ref(true), problem: ref(), unsaved: ref(1), loose: ref(false), saved: ref(), saving: ref(false) },
  ...{ load: vi.fn(), discard: vi.fn(), save: vi.fn() },
};
vi.mock("./useDraft", () => ({ useDraft: () => draft }));

/** Three with check characters that are right. */
const A = { name: "甲咨询", organisation: "91350100MA0000C032" };
const B = { name: "乙中心", organisation: "12350100MB0000A01P" };
const C = { name: "丙监督", organisation: "11350100MB0000D045" };
const field_ = (it: string) => sheetOf("works").fields.find(({ id }) => id === it)!;

afterEach(leaveAll);

describe("the opening sheet", () => {
  let schema: ReturnType<typeof sheetOf>;
  async function editing(): Promise<Page> {
    schema = reactive(sheetOf("works"));
    const page = await mounted(SheetEditor, {
      ...{ at: "s", modelValue: schema },
      "onUpdate:modelValue": (now: typeof schema) => {
        schema = reactive(now);
        page.given["modelValue"] = schema;
      },
    });
    return page;
  }
  const ids = () => schema.fields.map(({ id }) => id);
  const label = (it: string) => field_(it).label;

  it("puts fields in another order, and the price stays the price", async () => {
    await editing();
    expect(button(say("host.sheet.up", { label: label("price") }))?.disabled).toBe(true);
    await press(say("host.sheet.down", { label: label("price") }));
    expect(ids().slice(0, 2)).toEqual(["days", "price"]);
    expect(schema.price).toBe("price");
  });

  it("has no price when its field was removed", async () => {
    await editing();
    await press(say("host.sheet.remove", { label: label("days") }));
    expect(schema.price).toBe("price");
    await press(say("host.sheet.remove", { label: label("price") }));
    expect([ids().includes("price"), schema.price]).toEqual([false, undefined]);
  });

  it("follows the price's field while its id is written", async () => {
    await editing();
    schema.fields[0]!.id = "total";
    await settled();
    expect(schema.price).toBe("total");
  });

  it("offers as a price only what is a number, and may have none", async () => {
    await editing();
    const options = () => [...field(say("host.sheet.price")).options].map((it) => it.value);
    expect(options()).toContain("price");
    expect(options()).not.toContain("manager");
    await fill(say("host.sheet.price"), "");
    expect(schema.price).toBeUndefined();
  });

  it("adds a field with an id of its own, and opens it", async () => {
    await editing();
    await press(say("host.sheet.add"));
    await press(say("host.sheet.add"));
    expect(new Set(ids()).size).toBe(ids().length);
    expect(all("[aria-expanded=true]")).toHaveLength(1);
  });
});

describe("who keeps the keys", () => {
  let lot: Form["lots"][number]["lot"];
  const officials = (more: object = {}) => ({
    tenderer: A,
    hasAgency: false,
    agency: { name: "", organisation: "" },
    centre: B,
    supervisor: C,
    ...more,
  });
  async function editing(of: object = officials()): Promise<void> {
    lot = reactive(newForm().lots[0]!.lot);
    await mounted(CustodiansEditor, { at: "c", officials: of, modelValue: lot });
  }
  const names = () => lot.custodians.map(({ name }) => name);

  it("is one of each side, two of three, by one press", async () => {
    await editing();
    await press(say("host.custodians.usual"));
    expect([names(), lot.release]).toEqual([[A.name, B.name, C.name], 2]);
  });

  it("is the agency for the tenderer, where one acts", async () => {
    await editing(officials({ hasAgency: true, agency: { name: "丁代理", organisation: A.organisation } }));
    await press(say("host.custodians.usual"));
    expect(names()[0]).toBe("丁代理");
  });

  it("can be anybody, and each is removed by itself", async () => {
    await editing();
    await press(say("host.custodians.usual"));
    await press(say("host.custodians.other"));
    expect(names()).toEqual([A.name, B.name, C.name, ""]);
    await press(say("host.custodians.remove", { x: 2 }));
    expect(names()).toEqual([A.name, C.name, ""]);
  });

  it("rescue a bid only where that is chosen, by more than release one", async () => {
    await editing();
    await press(say("host.custodians.usual"));
    await tick(say("host.custodians.hasRescue"));
    expect(lot.rescue).toBe(3);
    await tick(say("host.custodians.hasRescue"));
    expect("rescue" in lot).toBe(false);
  });
});

describe("the wizard", () => {
  const later = new Date(Date.now() + 8 * 3_600_000 + 48 * 3_600_000).toISOString().slice(0, 16);
  const next = say("host.wizard.next");
  const save = say("host.wizard.save");
  const at = () => words(all("h2")[0]);
  let page: Page;

  beforeEach(async () => {
    draft.save.mockReset().mockResolvedValue("p1");
    const form = newForm();
    Object.assign(form, { number: "ZB-1", title: "二中扩建", t0: later, tenderer: A, centre: B, supervisor: C });
    Object.assign(form.lots[0]!.lot, { title: "土建", custodians: [A, B, C] });
    draft.form.value = form;
    page = await mounted(Wizard);
  });

  it("does not go on from a step with faults, and says them only of steps that one has been through", async () => {
    draft.form.value.number = "";
    draft.form.value.title = "";
    draft.form.value.supervisor = { name: "", organisation: "" };
    await settled();
    expect([all(".badge.red").length, words().includes(say("host.fault.empty"))]).toEqual([0, false]);
    await press(next);
    expect(words()).toContain(say("host.fault.empty"));
    expect(at()).toBe(say("host.steps.basics"));
    expect(words()).toContain(say("host.wizard.toMend", { count: 2 }));
    expect(all("nav .badge.red")).toHaveLength(1);
  });

  it("gives lots the usual custodians once all officials are known, and never over those that were chosen", async () => {
    draft.form.value.lots[0]!.lot.custodians = [];
    await press(next);
    await press(next);
    expect(at()).toBe(say("host.steps.lots"));
    expect(draft.form.value.lots[0]!.lot.custodians).toHaveLength(3);
    draft.form.value.lots[0]!.lot.custodians = [{ name: "公证处", organisation: B.organisation }];
    await press(say("host.wizard.previous"));
    await press(next);
    expect(draft.form.value.lots[0]!.lot.custodians.map(({ name }) => name)).toEqual(["公证处"]);
  });

  it("gives up what is kept here only after a question, and so a lot", async () => {
    const sure = vi.fn(() => false);
    vi.stubGlobal("confirm", sure);
    const drop = async () => {
      await press(say("host.wizard.clear"));
      await press(say("host.lot.remove"));
    };
    await press(next);
    await press(next);
    await press(say("host.lot.add"));
    draft.discard.mockReset();
    await drop();
    expect([sure.mock.calls.length, draft.discard.mock.calls.length, draft.form.value.lots.length]).toEqual([2, 0, 2]);
    sure.mockReturnValue(true);
    await drop();
    expect([draft.discard.mock.calls.length, draft.form.value.lots.length]).toEqual([1, 1]);
    vi.unstubAllGlobals();
  });

  it("has the suite that was chosen, and says calmly what the platform lacks for it", async () => {
    const radio = (name: string) => all<HTMLInputElement>("input[type=radio]").find(({ value }) => value === name)!;
    expect([radio("intl").checked, "suite" in draft.form.value]).toEqual([true, false]);
    for (const name of ["intl", "gm"]) expect(words()).toContain(say(`host.suite.${name}Needs`));
    platform.value = { suites: ["intl", "gm"] };
    radio("gm").click();
    await settled();
    expect(draft.form.value.suite).toBe("gm");
    expect(words()).not.toContain(say("host.suite.draftOnly"));
    platform.value = { suites: ["intl"] };
    await settled();
    expect(words()).toContain(say("host.suite.draftOnly"));
    await press(save);
    expect(draft.save).toHaveBeenCalledOnce();
    radio("intl").click();
    await settled();
    expect("suite" in draft.form.value).toBe(false);
    expect(words()).not.toContain(say("host.suite.draftOnly"));
  });

  it("saves what the server takes, and then has an address of its own", async () => {
    await press(save);
    expect(draft.save).toHaveBeenCalledOnce();
    await vi.waitFor(() => expect(page.address()).toBe("/host/p1/edit"));
  });

  it("saves nothing that the server would refuse, and says what is wrong in every step", async () => {
    draft.form.value.number = "";
    draft.form.value.supervisor = { name: "", organisation: "" };
    await press(save);
    expect(draft.save).not.toHaveBeenCalled();
    expect(all("nav .badge.red")).toHaveLength(2);
  });

  it("shows a refusal, and stays with what was written", async () => {
    draft.save.mockRejectedValueOnce(new Refused(0));
    await press(save);
    expect(all("[role=alert]")).toHaveLength(1);
    expect(page.address()).toBe("/");
    expect(draft.form.value.number).toBe("ZB-1");
  });

  it("ends with a look at all of it, from where each fault is a press away", async () => {
    draft.form.value.title = "";
    await settled();
    const steps = all("nav button");
    steps.at(-1)?.click();
    await settled();
    expect(words()).toContain(say("host.wizard.mendFirst", { count: 1 }));
    all<HTMLButtonElement>(".note.red .link")[0]?.click();
    await settled();
    expect(at()).toBe(say("host.steps.basics"));
    expect(document.activeElement).toBe(field(say("host.basics.title")));
  });
});
