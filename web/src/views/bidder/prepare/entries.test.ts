import { expect, it } from "vitest";
import type { Field, Schema } from "@/crypto/bid/sheet";
import { plain } from "@/fields/kind";
import { aboveControl, entered, shown, valueIn } from "./entries";

const field = (id: string, type: Field["type"], required = true): Field => ({ id, label: id, type, required, public: true });
const schema: Schema = {
  fields: [
    field("price", "money"),
    field("rate", { rate: { scale: 2 } }, false),
    field("days", { integer: { min: 1, max: 999 } }),
    field("unit", { decimal: { scale: 3 } }, false),
    field("start", "date", false),
    field("grade", { choice: { options: ["甲", "乙"] } }, false),
    field("manager", { text: { max: 4 } }),
  ],
  price: "price",
  better: "low",
};
const [price, rate, days, unit] = schema.fields as [Field, Field, Field, Field];

it("takes money as people type it, with separators, full-width digits and the currency", () => {
  for (const text of ["1234567.8", "1,234,567.80", "1,234,567.80", "¥ 1,234,567.80元"]) expect(valueIn(price, text)).toBe("123456780");
  expect(shown(price, "1234567.8")).toBe("1,234,567.80");
});

it("spells numbers in their one way", () => {
  expect(valueIn(rate, "03.50%")).toBe("3.50");
  expect(valueIn(rate, "-0.0")).toBe("0.0");
  expect(valueIn(unit, "12.")).toBe("12");
  expect(valueIn(days, "090")).toBe(90);
  expect(plain("-12。5")).toBe("-12.5");
});

it("names everything that is wrong at once", () => {
  const { problems } = entered(schema, {
    price: "一百万",
    rate: "3.555",
    days: "0",
    unit: "x",
    start: "2027-02-29",
    grade: "丙",
    manager: "太长的名字",
  });
  expect(problems).toEqual({
    price: "money",
    rate: "rate",
    days: "integer",
    unit: "decimal",
    start: "date",
    grade: "choice",
    manager: "text",
  });
});

it("leaves out what is empty, and asks for what is required", () => {
  const { values, problems } = entered(schema, { price: " ", rate: "", manager: "李工" });
  expect(values).toEqual({ manager: "李工" });
  expect(problems).toEqual({ price: "missing", days: "missing" });
});

it("warns of a price above the control price and not of one that equals it", () => {
  const at = (text: string) => aboveControl(schema, entered(schema, { price: text }).values, "100000000");
  expect(at("1000000.00")).toBe(false);
  expect(at("1000000.01")).toBe(true);
  expect(aboveControl(schema, { price: "9" }, undefined)).toBe(false);
});
