import { expect, test } from "vitest";
import { newCourse } from "../course";
import type { PartyView } from "../types";
import zh from "@/i18n/zh-CN";
import { ABSENCES, isOpenTo, isSaid, itemsOf } from "./many";

const party = (name: string, more: Partial<PartyView> = {}): PartyView => ({
  party: name,
  name,
  bid: `bid-${name}`,
  signed_in: false,
  refused: false,
  ...more,
});

test("leave to sign in late is for those who have neither signed in nor been given it", () => {
  const course = newCourse();
  course.leave.add("b");
  const of = (it: PartyView) => isOpenTo("allow-sign-in", it, course);
  expect([party("a"), party("b"), party("c", { signed_in: true })].map(of)).toEqual([true, false, false]);
});

test("a bid is refused once, and only where it is known", () => {
  const of = (it: PartyView) => isOpenTo("refuse-bid", it, newCourse());
  expect([party("a"), party("b", { refused: true }), party("c", { bid: undefined })].map(of)).toEqual([true, false, false]);
});

test("one reason is said of each; a refusal names the bid it refuses", () => {
  expect(itemsOf("refuse-bid", [party("a"), party("b")], " 保证金未到账 ")).toEqual([
    { party: "a", bid: "bid-a", reason: "保证金未到账" },
    { party: "b", bid: "bid-b", reason: "保证金未到账" },
  ]);
  expect(itemsOf("allow-sign-in", [party("a")], "网络中断")).toEqual([{ party: "a", reason: "网络中断" }]);
});

test("why somebody stayed away is noted of those who did, by a word of the list", () => {
  const of = (it: PartyView) => isOpenTo("mark-absence", it, newCourse());
  expect([party("a"), party("b", { signed_in: true })].map(of)).toEqual([true, false]);
  expect(isSaid("mark-absence", "", "")).toBe(false);
  expect(isSaid("mark-absence", "", "other")).toBe(false);
  expect(isSaid("mark-absence", "", "network")).toBe(true);
  expect(itemsOf("mark-absence", [party("a")], " ", "network")).toEqual([{ party: "a", absence: "network" }]);
  for (const it of ABSENCES) expect(zh.stages.absences).toHaveProperty([it]);
});
