// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { fill, leaveAll, mounted, say, words } from "../../../../tests/mounted";
import { newLot } from "../form";
import { sheetOf } from "../presets";
import LotEditor from "./LotEditor.vue";
import ReferenceEditor from "./ReferenceEditor.vue";

vi.mock("./CustodiansEditor.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("./PolicyEditor.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("./SheetEditor.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
afterEach(leaveAll);

/** A lot whose price is called so. */
function lot(label: string) {
  const form = newLot("1");
  const schema = sheetOf("works");
  for (const field of schema.fields) {
    if (field.id !== schema.price) continue;
    field.label = label;
    delete field.label_en;
  }
  form.lot.schema = schema;
  return form;
}
const LABELS = ["投标总价（元）", "投标总价（美元）"];
const written = (label: string) => (label.includes("美元") ? "1,234.50 美元" : "壹仟贰佰叁拾肆元伍角整");
const other = (label: string) => (label.includes("美元") ? "壹仟贰佰" : "美元 ");

describe.each(LABELS)("an amount of %s", (label) => {
  it("is spelt in its own currency where it is sealed: in capitals only where that is the yuan", async () => {
    await mounted(ReferenceEditor, { at: "lots.1", number: "N", modelValue: lot(label) });
    await fill(say("host.reference.amount", { price: label }), "1234.5");
    expect(words()).toContain(written(label));
    expect(words()).not.toContain(other(label));
  });

  it("is so where it is published", async () => {
    const officials = { tenderer: {}, hasAgency: false, agency: {}, centre: {}, supervisor: {} };
    await mounted(LotEditor, { at: "lots.1", number: "N", officials, modelValue: { ...lot(label), yuan: "1234.5" } });
    expect(words()).toContain(written(label));
    expect(words()).not.toContain(other(label));
  });
});
