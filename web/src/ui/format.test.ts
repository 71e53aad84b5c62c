import { describe, expect, it } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { foreignOf, foreignPrice } from "@/fields/money/currency";
import { i18n } from "@/i18n";
import { bytes } from "./bytes";
import Money from "./Money.vue";
import { againstControl, dateTime, day, duration, heading, remaining, span, yuan } from "./format";

describe("times", () => {
  const morning = Date.UTC(2026, 10, 23, 1, 0, 5);

  it("are Beijing time whatever the device's zone is", () => {
    expect(dateTime(morning, "second")).toBe("2026-11-23 09:00:05");
    expect(dateTime(morning)).toBe("2026-11-23 09:00");
    expect(dateTime(morning, "clock")).toBe("09:00:05");
    expect(day(Date.UTC(2026, 10, 22, 16, 0))).toBe("2026-11-23");
    expect(dateTime(Date.UTC(2026, 10, 22, 16, 0), "minute")).toBe("2026-11-23 00:00");
  });

  it("are written in one place of the page, so that they look the same everywhere", () => {
    const sources = import.meta.glob(["/src/**/*.{ts,vue}", "!/src/**/*.test.ts"], { query: "?raw", import: "default", eager: true });
    const elsewhere = Object.entries(sources).filter(([, text]) => /toLocale\w*String|Intl\.DateTimeFormat/.test(String(text)));
    expect(Object.keys(sources).length).toBeGreaterThan(200);
    expect(elsewhere.map(([path]) => path)).toEqual(["/src/ui/dates.ts"]);
  });

  it("remain until the last millisecond is over", () => {
    expect(remaining(1, "zh-CN")).toBe("00:01");
    expect(remaining(0, "zh-CN")).toBe("00:00");
    expect(remaining(-5, "zh-CN")).toBe("00:00");
    expect(remaining(61_000, "zh-CN")).toBe("01:01");
    expect(remaining(2 * 86_400_000 + 3_000, "zh-CN")).toBe("2 天 00:00:03");
    expect(span(3_600_000)).toEqual({ days: 0, hours: 1, minutes: 0, seconds: 0 });
  });

  it("have lengths in words", () => {
    expect(duration(5_400, "zh-CN")).toBe("1 小时 30 分钟");
    expect(duration(0, "en")).toBe("0 s");
  });
});

describe("money", () => {
  it("is written from fen without ever becoming a number", () => {
    expect(yuan("0")).toBe("0.00");
    expect(yuan("5")).toBe("0.05");
    expect(yuan("860000000")).toBe("8,600,000.00");
    expect(yuan("900719925474099301")).toBe("9,007,199,254,740,993.01");
  });

  it("is compared with the control price in hundredths of a per cent", () => {
    expect(againstControl("90", "100")).toBe("-10.00");
    expect(againstControl("100", "100")).toBe("0.00");
    expect(againstControl("103255", "100000")).toBe("3.26");
    expect(againstControl("1", "0")).toBeUndefined();
    expect(againstControl("99999999", "100000000")).toBe("0.00");
  });
});

describe("a field's heading", () => {
  const field = (label: string, type: unknown = "money", label_en?: string) =>
    ({ id: "price", label, type, public: true, required: true, ...(label_en ? { label_en } : {}) }) as Parameters<typeof heading>[0];

  it("names the unit of money once, whoever has named it", () => {
    expect(heading(field("投标报价"), "zh-CN")).toBe("投标报价（元）");
    for (const named of ["投标报价（元）", "投标报价(元)", "报价（人民币元）", "报价/元", "投标总价（小写，元）"])
      expect(heading(field(named), "zh-CN")).toBe(named);
    expect(heading(field("报价（元）", "money", "Price"), "en")).toBe("Price (yuan)");
    expect(heading(field("报价（元）"), "en")).toBe("报价（元）");
    expect(heading(field("报价", "money", "Price (CNY)"), "en")).toBe("Price (CNY)");
  });

  it("is not deceived by the character, or by another unit", () => {
    expect(heading(field("元器件总价"), "zh-CN")).toBe("元器件总价（元）");
    expect(heading(field("多元化经营投入"), "zh-CN")).toBe("多元化经营投入（元）");
    expect(heading(field("造价（万元）"), "zh-CN")).toBe("造价（万元）（元）");
    expect(heading(field("工期（日历天）", "integer"), "zh-CN")).toBe("工期（日历天）");
  });
});

describe("an amount in another currency", () => {
  const field = (label: string, label_en?: string) =>
    ({ id: "price", label, type: "money", public: true, required: true, ...(label_en ? { label_en } : {}) }) as Parameters<
      typeof heading
    >[0];

  it("is known by what its label ends with, in either language", () => {
    expect(foreignOf(field("投标报价（美元）"))).toBe("USD");
    expect(foreignOf(field("投标报价", "Price (eur)"))).toBe("EUR");
    expect(foreignOf(field("报价/港币"))).toBe("HKD");
    for (const own of ["投标报价", "投标报价（元）", "报价（人民币元）", "美元汇率风险金", "报价（FOB）"])
      expect(foreignOf(field(own))).toBeUndefined();
  });

  it("is never headed as yuan", () => {
    expect(heading(field("投标报价（美元）"), "zh-CN")).toBe("投标报价（美元）");
    expect(heading(field("报价（美元）", "Price"), "en")).toBe("Price (USD)");
    expect(heading(field("报价", "Price (USD)"), "zh-CN")).toBe("报价（美元）");
    expect(heading(field("报价", "Price (USD)"), "en")).toBe("Price (USD)");
  });

  it("bears its own sign and no capitals, which are of yuan", async () => {
    const shown = (props: object) => renderToString(createSSRApp(Money, { fen: "798500000", capitals: true, ...props }).use(i18n));
    expect(await shown({})).toMatch(/¥ 7,985,000\.00.*柒佰玖拾捌万伍仟元整/);
    const dollars = await shown({ foreign: "USD" });
    expect(dollars).toContain("7,985,000.00 美元");
    expect(dollars).not.toMatch(/¥|元整/);
  });

  it("is the control price's too, where the price is an amount", () => {
    const schema = { price: "price", fields: [{ id: "price", label: "报价（欧元）", type: "money" }] };
    expect(foreignPrice(schema)).toBe("EUR");
    expect(foreignPrice({ price: "price", fields: [{ id: "price", label: "下浮率（%）", type: { rate: { scale: 2 } } }] })).toBeUndefined();
  });
});

describe("sizes", () => {
  it("take the unit people know", () => {
    expect(bytes(999)).toBe("999 B");
    expect(bytes(1_500)).toBe("1.50 KB");
    expect(bytes(300_000_000)).toBe("300.0 MB");
  });
});
