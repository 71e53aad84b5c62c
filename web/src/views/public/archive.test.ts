// @vitest-environment happy-dom
import { afterEach, expect, it } from "vitest";
import type { View } from "@/room";
import { all, leaveAll, mounted } from "../../../tests/mounted";
import Archive from "./Archive.vue";
import { packages } from "./archive";

const officials = { tenderer: {}, centre: {}, supervisor: {} } as View["officials"];
const agency = { ...officials, agency: {} } as View["officials"];

afterEach(leaveAll);

it("offers each party its own packages, and strangers none", () => {
  expect(packages({ seat: "host", officials })).toEqual(["tenderer"]);
  expect(packages({ seat: "host", officials: agency })).toEqual(["tenderer", "agency"]);
  expect(packages({ seat: "centre", officials })).toEqual(["platform"]);
  expect(packages({ seat: "supervisor", officials: agency })).toEqual(["tenderer", "agency", "platform"]);
  expect(packages({ seat: "bidder", officials })).toEqual([]);
  expect(packages({ seat: "bidder", officials, rating: {} } as View)).toEqual(["bidder"]);
  expect(packages({ officials })).toEqual([]);
});

it("shows nothing where there is no package to take", async () => {
  await mounted(Archive, { project: "p", view: { officials } });
  expect(all("section")).toHaveLength(0);
  leaveAll();
  await mounted(Archive, { project: "p", view: { seat: "centre", officials } });
  expect(all("a").map((it) => it.getAttribute("href"))).toEqual(["/api/v1/projects/p/archive/platform"]);
});
