// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { defineComponent, h, reactive } from "vue";
import { type Kind, KINDS } from "@/fields";
import { all, field, fill, leaveAll, mounted, say, settled, tick, words } from "../../../../tests/mounted";
import { provideFaults } from "../parts/field";
import type { FieldType, SheetField, SheetSchema } from "../types";
import FieldEditor from "./FieldEditor.vue";
import SheetEditor from "./SheetEditor.vue";

let edited: SheetField;
async function editing(type: FieldType, more: Partial<SheetField> = {}): Promise<void> {
  edited = reactive({ id: "it", label: "报价", type, required: true, public: true, ...more }) as SheetField;
  await mounted(FieldEditor, { at: "s.0", modelValue: edited });
}
const text = (key: string) => say(`host.sheet.${key}`);
const there = (key: string) => all("label").some((it) => words(it).startsWith(text(key)));
/** Which limits may be set. */
const limits = () => ["scale", "max", "from", "to", "options"].filter(there);
const become = (kind: Kind) => fill(text("type"), kind);

afterEach(leaveAll);

describe("the type of a field", () => {
  it("is one of all kinds, and the one it has is chosen", async () => {
    await editing({ rate: { scale: 3 } });
    const select = field(text("type"));
    expect([...select.options].map((it) => it.value)).toEqual(KINDS);
    expect(select.value).toBe("rate");
  });

  it("offers the limits that it has, and no others", async () => {
    await editing("money");
    const seen: Record<string, string[]> = {};
    for (const kind of KINDS) {
      await become(kind);
      seen[kind] = limits();
    }
    expect(seen).toEqual({
      ...{ money: [], decimal: ["scale"], rate: ["scale"], text: ["max"], date: [], choice: ["options"], integer: ["from", "to"] },
    });
  });

  it("leaves no limit of the former type behind, and keeps all else", async () => {
    await editing({ choice: { options: ["一级", "二级"] } }, { label_en: "Price", required: false });
    await become("integer");
    expect(edited).toEqual({
      ...{ id: "it", label: "报价", label_en: "Price", required: false, public: true },
      type: { integer: { min: 1, max: 1000 } },
    });
    await become("money");
    expect(edited.type).toBe("money");
  });

  it("begins anew each time: one field's limits are not another's", async () => {
    await editing("money");
    await become("decimal");
    await fill(text("scale"), "4");
    const former = edited;
    leaveAll();
    await editing("money");
    await become("decimal");
    expect([edited.type, former.type]).toEqual([{ decimal: { scale: 2 } }, { decimal: { scale: 4 } }]);
  });
});

describe("the limits of a field", () => {
  it("are numbers, not texts, and each is its own", async () => {
    await editing({ rate: { scale: 2 } });
    await fill(text("scale"), "3");
    expect(edited.type).toEqual({ rate: { scale: 3 } });
    leaveAll();
    await editing({ text: { max: 100 } });
    await fill(text("max"), "20");
    expect(edited.type).toEqual({ text: { max: 20 } });
    leaveAll();
    await editing({ integer: { min: 1, max: 1000 } });
    await fill(text("from"), "30");
    await fill(text("to"), "365");
    expect(edited.type).toEqual({ integer: { min: 30, max: 365 } });
  });

  it("are of a choice its lines, in their order, without empty ones", async () => {
    await editing({ choice: { options: ["一级", "二级"] } });
    expect(field(text("options")).value).toBe("一级\n二级");
    await fill(text("options"), "  特级 \n\n一级\n 二级 甲\n");
    expect(edited.type).toEqual({ choice: { options: ["特级", "一级", "二级 甲"] } });
  });
});

describe("what is said of a field", () => {
  it("is whether it must be filled in and whether it is announced, each by itself", async () => {
    await editing("money");
    await tick(text("required"));
    expect([edited.required, edited.public]).toEqual([false, true]);
    await tick(text("public"));
    await tick(text("required"));
    expect([edited.required, edited.public]).toEqual([true, false]);
  });

  it("is an English name only where there is one", async () => {
    await editing("money");
    await fill(text("labelEn"), "Price");
    expect([edited.label, edited.label_en]).toEqual(["报价", "Price"]);
    await fill(text("labelEn"), "");
    expect(Object.keys(edited)).not.toContain("label_en");
  });

  it("is its id, without blanks around it", async () => {
    await editing("money");
    await fill(text("id"), " total ");
    expect([edited.id, edited.label]).toEqual(["total", "报价"]);
  });

  it("is what is wrong, beside the very part that is wrong", async () => {
    const code = "empty";
    const Form = defineComponent({
      setup() {
        provideFaults(() => [{ at: "s.0.label", code }] as never);
        const it = { id: "it", label: "", type: "money", required: true, public: true };
        return () => h(FieldEditor, { at: "s.0", modelValue: it as SheetField });
      },
    });
    await mounted(Form);
    const wrong = all("[aria-invalid=true]");
    expect(wrong).toEqual([field(text("label"))]);
  });
});

describe("the price", () => {
  let schema: SheetSchema;
  async function priced(): Promise<void> {
    schema = reactive({
      better: "low",
      price: "total",
      fields: [
        { id: "total", label: "总价", type: "money", required: true, public: true },
        { id: "off", label: "下浮率", type: { rate: { scale: 2 } }, required: true, public: true },
      ],
    }) as SheetSchema;
    await mounted(SheetEditor, { at: "s", modelValue: schema });
  }
  const offered = () => [...field(text("price")).options].map((it) => it.value);
  async function opened(index: number): Promise<void> {
    all<HTMLButtonElement>("button.edit")[index]!.click();
    await settled();
  }

  it("may be any number, and a field that became a text is offered no more", async () => {
    await priced();
    expect(offered()).toEqual(["", "total", "off"]);
    await opened(1);
    await become("text");
    expect(offered()).toEqual(["", "total"]);
    expect(field(text("price")).value).toBe("total");
  });

  it("stays the same field when its id is written anew or its kind of number changes", async () => {
    await priced();
    await opened(0);
    await fill(text("id"), "sum");
    await become("decimal");
    expect([schema.price, offered(), field(text("price")).value]).toEqual(["sum", ["", "sum", "off"], "sum"]);
    expect(all("li .badge.blue").map((it) => words(it))).toEqual([text("isPrice")]);
  });
});
