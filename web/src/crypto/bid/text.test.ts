import { expect, it } from "vitest";
import { isAlike } from "./text";

it.each([
  ["福安（建筑）有限公司", "福安(建筑)有限公司"],
  ["ＡＢＣ 公司", "abc公司"],
  ["甲\u3000乙", "甲乙"],
  ["福安建筑\u2f2f程有限公司", "福安建筑工程有限公司"],
])("%s and %s are one firm's", (one, other) => expect(isAlike(one, other)).toBe(true));

it.each([
  ["福安建筑有限公司", "福安建设有限公司"],
  ["甲公司", "甲\u200b公司"],
  ["甲公司", ""],
])("%s and %s are not", (one, other) => expect(isAlike(one, other)).toBe(false));
