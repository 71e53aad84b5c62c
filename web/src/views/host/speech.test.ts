import { describe, expect, it } from "vitest";
import { sheetOf } from "./presets";
import { scriptOf, spokenDecimal, spokenInteger, spokenMoney, spokenValue } from "./speech";
import type { LotView, PartyView } from "./types";

describe("what is read out", () => {
  it("is amounts in words, with the noughts that are said and without those that are not", () => {
    expect(spokenMoney("860000050")).toBe("八百六十万元五角");
    expect(spokenMoney("100000000")).toBe("一百万元整");
    expect(spokenMoney("1000200")).toBe("一万零二元整");
    expect(spokenMoney("10500000000005")).toBe("一千零五十亿元零五分");
    expect(spokenMoney("7")).toBe("七分");
    expect(spokenMoney("0")).toBe("零元整");
  });

  it("is numbers as people say them", () => {
    expect(spokenInteger("10")).toBe("十");
    expect(spokenInteger("18")).toBe("十八");
    expect(spokenInteger("110")).toBe("一百一十");
    expect(spokenInteger("100010001")).toBe("一亿零一万零一");
    expect(spokenInteger("-12")).toBe("负十二");
    expect(spokenDecimal("3.25")).toBe("三点二五");
  });

  it("is rates, dates, whole numbers and texts by their kind", () => {
    const field = { id: "f", label: "f", required: true, public: true };
    expect(spokenValue({ ...field, type: { rate: { scale: 2 } } }, "5.5")).toBe("百分之五点五");
    expect(spokenValue({ ...field, type: "date" }, "2026-11-05")).toBe("二零二六年十一月五日");
    expect(spokenValue({ ...field, type: { integer: { min: 1, max: 900 } } }, 180)).toBe("一百八十");
    expect(spokenValue({ ...field, type: { text: { max: 9 } } }, "合格")).toBe("合格");
  });

  it("says a number with the unit that its label names", () => {
    const field = { id: "f", required: true, public: true };
    const days = { ...field, label: "工期（日历天）", type: { integer: { min: 1, max: 900 } } };
    expect(spokenValue(days, 180)).toBe("一百八十日历天");
    expect(spokenValue({ ...days, label: "交货期(天)" }, 30)).toBe("三十天");
    expect(spokenValue({ ...field, label: "综合单价（元/吨）", type: { decimal: { scale: 2 } } }, "12.5")).toBe("十二点五元每吨");
    expect(spokenValue({ ...field, label: "利润率（%）", type: { decimal: { scale: 2 } } }, "3.5")).toBe("百分之三点五");
    expect(spokenValue({ ...field, label: "投标报价（美元）", type: "money" }, "860000050")).toBe("八百六十万点五美元");
    expect(spokenValue({ ...field, label: "投标报价（欧元）", type: "money" }, "10000")).toBe("一百欧元");
    // These say it by themselves, and a text's brackets are no unit.
    expect(spokenValue({ ...field, label: "投标报价（元）", type: "money" }, "10000")).toBe("一百元整");
    expect(spokenValue({ ...field, label: "下浮率（%）", type: { rate: { scale: 2 } } }, "5")).toBe("百分之五");
    expect(spokenValue({ ...field, label: "备注（可不填）", type: { text: { max: 9 } } }, "无")).toBe("无");
  });

  it("names the bidder's place, and leaves out what was not required and not given", () => {
    const lot = { schema: sheetOf("works") } as LotView;
    const party = {
      name: "福安建筑工程有限公司",
      sheet: { price: "820000000", days: 180, quality: "优良", manager: "张伟" },
    } as unknown as PartyView;
    expect(scriptOf(lot, party, 1)).toBe(
      "第一家，福安建筑工程有限公司。投标报价，八百二十万元整。工期，一百八十日历天。质量承诺，优良。项目经理，张伟。",
    );
  });
});
