import { expect, it } from "vitest";
import type { Field, Schema } from "@/crypto/bid/sheet";
import { plain } from "@/fields/kind";
import { aboveControl, entered, isFree, shown, valueIn } from "./entries";

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

it("takes amounts in 万元 and 亿元 where they say so, with full-width digits, commas and spaces", () => {
  const amounts = {
    "１，２３４，５６７．８": "123456780",
    "1 234 567.80": "123456780",
    "850万元": "850000000",
    "850 万": "850000000",
    "８５０．５万元": "850500000",
    "0.000001万": "1",
    "1.2亿": "12000000000",
    "1,200万元": "1200000000",
    人民币100元: "10000",
  };
  for (const [typed, fen] of Object.entries(amounts)) expect([typed, valueIn(price, typed)]).toEqual([typed, fen]);
  expect(shown(price, "850万元")).toBe("8,500,000.00");
  // Less than a fen, two units, or no number: it stays as it was typed, and is called wrong.
  for (const typed of ["0.0000001万", "1万万", "万", "1,2万", "八百万"])
    expect(entered(schema, { price: typed }).problems["price"]).toBe("money");
});

it("takes a number with the unit that its label names, and no other", () => {
  const cost = { ...unit, label: "造价（万元）" };
  expect(valueIn(cost, "850.5万元")).toBe("850.5");
  expect(valueIn({ ...days, label: "工期 (日历天)" }, "180 日历天")).toBe(180);
  expect(valueIn(days, "180日历天")).toBe("180日历天");
  // Money is in yuan whatever its label says.
  expect(valueIn({ ...price, label: "报价（万元）" }, "850万元")).toBe("850000000");
});

it("knows a price of zero", () => {
  const free = (typed: string) => isFree(schema, entered(schema, { price: typed }).values);
  expect(["0", "0.00", "０元", "0.01", "", "零"].map(free)).toEqual([true, true, true, false, false, false]);
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
