import { expect, it } from "vitest";
import zh from "@/i18n/zh-CN/centre";
import { isBad, nameOf } from "./signs";

const sign = (kind: string, body: object, well = false) => ({ time: 0, kind, well, body: body as never });

it("has a text for each sign, and for what is over", () => {
  const told = [
    sign("started", { version: "1", unclean: false }),
    sign("started", { version: "1", unclean: true }),
    sign("health_noted", { sign: "disk_full", measured: 9 }),
    sign("health_noted", { sign: "disk_full", measured: 9e9 }, true),
    sign("health_noted", { sign: "clock_stepped", measured: 9 }),
    sign("health_noted", { sign: "clock_stepped", measured: 0 }, true),
  ];
  const names = told.map(nameOf);
  expect(names).toEqual(["started", "unclean", "disk_full", "disk_room", "clock_stepped", "clock_steady"]);
  for (const name of names) expect(zh.signs).toHaveProperty(name);
  expect(told.map(isBad)).toEqual([false, true, true, false, true, false]);
});
