import { describe, expect, it } from "vitest";
import { capitals, fenOfYuan, yuanOfFen } from "@/crypto/bid/money";
import { isDate } from "@/fields/date";
import { isDecimal } from "@/fields/decimal";
import { isMoney } from "@/fields/money";
import { checkSheet, splitSheet, typeKey, type FieldType, type Schema } from "@/crypto/bid/sheet";

describe("amounts in Chinese capitals", () => {
  it.each([
    ["0", "零元整"],
    ["1", "壹分"],
    ["10", "壹角整"],
    ["11", "壹角壹分"],
    ["100", "壹元整"],
    ["101", "壹元零壹分"],
    ["110", "壹元壹角整"],
    ["500", "伍元整"],
    ["1000", "壹拾元整"],
    ["10000", "壹佰元整"],
    ["10100", "壹佰零壹元整"],
    ["32504", "叁佰贰拾伍元零肆分"],
    ["100100", "壹仟零壹元整"],
    ["140950", "壹仟肆佰零玖元伍角整"],
    ["168032", "壹仟陆佰捌拾元叁角贰分"],
    ["600714", "陆仟零柒元壹角肆分"],
    ["1000000", "壹万元整"],
    ["1000100", "壹万零壹元整"],
    ["1100000", "壹万壹仟元整"],
    ["10700053", "壹拾万柒仟元伍角叁分"],
    ["100000000", "壹佰万元整"],
    ["100100000", "壹佰万壹仟元整"],
    ["1000000000", "壹仟万元整"],
    ["1001000000", "壹仟零壹万元整"],
    ["10000000000", "壹亿元整"],
    ["10000000100", "壹亿零壹元整"],
    ["10010000000", "壹亿零壹拾万元整"],
    ["100001000000", "壹拾亿零壹万元整"],
    ["200050000000", "贰拾亿零伍拾万元整"],
    ["1010101010101", "壹佰零壹亿零壹佰零壹万零壹佰零壹元零壹分"],
    ["12345678901234", "壹仟贰佰叁拾肆亿伍仟陆佰柒拾捌万玖仟零壹拾贰元叁角肆分"],
    ["10000000000000000", "壹佰万亿元整"],
    ["9999999999999999", "玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"],
    ["-100", "负壹元整"],
  ])("%s fen reads %s", (fen, written) => expect(capitals(fen)).toBe(written));

  it("name the largest amount that a sheet holds", () => {
    expect(capitals("9223372036854775807")).toMatch(/^玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿/u);
  });
});

describe("yuan as people type it", () => {
  it.each([
    ["1234.5", "123450"],
    ["1,234,567.89", "123456789"],
    ["￥12", "1200"],
    ["12.30 元", "1230"],
    ["１２，３４５．６", "1234560"],
    [" 0.07 ", "7"],
    ["007", "700"],
    ["0", "0"],
    ["90071992547409.93", "9007199254740993"],
    ["92233720368547758.07", "9223372036854775807"],
  ])("%s is %s fen", (text, fen) => expect(fenOfYuan(text)).toBe(fen));

  it.each(["", "1.234", "1,23", "1,2345", "-1", "1e3", "12元5", "abc", "1.", ".5", "92233720368547758.08"])("%j is no amount", (text) =>
    expect(fenOfYuan(text)).toBeUndefined(),
  );

  it("comes back from fen", () => {
    expect([yuanOfFen("123456789", true), yuanOfFen("5"), yuanOfFen("100000", true), yuanOfFen("-100000", true)]).toEqual([
      "1,234,567.89",
      "0.05",
      "1,000.00",
      "-1,000.00",
    ]);
  });
});

function schema(): Schema {
  const field = (id: string, type: FieldType, required: boolean, open: boolean) => ({ id, label: `<${id}>`, type, required, public: open });
  return {
    fields: [
      field("price", "money", true, true),
      field("rate", { rate: { scale: 2 } }, false, true),
      field("days", { integer: { min: 1, max: 999 } }, true, true),
      field("start", "date", false, true),
      field("manager", { text: { max: 4 } }, true, false),
      field("grade", { choice: { options: ["甲", "乙"] } }, false, true),
    ],
    price: "price",
    better: "low",
  };
}

function wrong(sheet: Record<string, unknown>): string[] {
  return checkSheet(schema(), splitSheet(schema(), sheet)).map(({ field }) => field);
}

describe("an opening sheet", () => {
  it("that is right has no problem", () => {
    expect(wrong({ price: "123456", rate: "-3.50", days: 90, start: "2028-02-29", manager: "欧阳建国", grade: "甲" })).toEqual([]);
    expect(wrong({ price: "0", days: 1, manager: "李", rate: null })).toEqual([]);
  });

  it("has every wrong field named at once", () => {
    const sheet = { price: "12.5", rate: "1.234", days: 0, start: "2027-02-29", manager: "太长的名字", grade: "丙", colour: "red" };
    expect(wrong(sheet)).toEqual(["price", "rate", "days", "start", "manager", "grade", "colour"]);
    expect(wrong({ price: "" })).toEqual(["price", "days", "manager"]);
    expect(wrong({ price: 1, days: "1", manager: "a\nb" })).toEqual(["price", "days", "manager"]);
  });

  it("keeps what is not public out of the public part", () => {
    const parts = splitSheet(schema(), { price: "1", days: 1, manager: "李" });
    expect(parts).toEqual({ open: { price: "1", days: 1 }, kept: { manager: "李" } });
    expect(checkSheet(schema(), { open: { price: "1", days: 1, manager: "李" }, kept: {} })).toEqual([
      { field: "manager", wrong: "misplaced" },
    ]);
  });

  it("says what a field wants", () => {
    const [problem] = checkSheet(schema(), splitSheet(schema(), { price: "1", days: 1000, manager: "李" }));
    expect(typeKey(problem!.type!)).toEqual({ key: "integer", params: { min: 1, max: 999 } });
    expect(typeKey({ choice: { options: ["甲", "乙"] } }).params).toEqual({ options: "甲、乙" });
  });

  it("has one spelling for a number and only days that there are", () => {
    for (const text of ["01", "", "+1", "1.", ".5", "-0", "-0.00", "1e3", "1 000", "١", "1.234"])
      expect(isDecimal(text, 2), text).toBe(false);
    for (const text of ["0", "-0.50", "12.5", "0.00"]) expect(isDecimal(text, 2), text).toBe(true);
    for (const text of ["-1", "01", "99999999999999999999", "1.0"]) expect(isMoney(text), text).toBe(false);
    for (const text of ["2027-02-29", "2100-02-29", "0000-01-01", "2027-13-01", "2027-00-10", "2027-04-31", "2027-4-1"])
      expect(isDate(text), text).toBe(false);
    for (const text of ["2028-02-29", "2000-02-29", "2027-12-31"]) expect(isDate(text), text).toBe(true);
  });
});
