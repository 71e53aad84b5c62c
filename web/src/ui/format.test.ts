import { describe, expect, it } from "vitest";
import { bytes } from "./bytes";
import { againstControl, dateTime, day, duration, remaining, span, yuan } from "./format";

describe("times", () => {
  const morning = Date.UTC(2026, 10, 23, 1, 0, 5);

  it("are Beijing time whatever the device's zone is", () => {
    expect(dateTime(morning, "second")).toBe("2026-11-23 09:00:05");
    expect(dateTime(morning)).toBe("2026-11-23 09:00");
    expect(dateTime(morning, "clock")).toBe("09:00:05");
    expect(day(Date.UTC(2026, 10, 22, 16, 0))).toBe("2026-11-23");
    expect(dateTime(Date.UTC(2026, 10, 22, 16, 0), "minute")).toBe("2026-11-23 00:00");
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

describe("sizes", () => {
  it("take the unit people know", () => {
    expect(bytes(999)).toBe("999 B");
    expect(bytes(1_500)).toBe("1.50 KB");
    expect(bytes(300_000_000)).toBe("300.0 MB");
  });
});
