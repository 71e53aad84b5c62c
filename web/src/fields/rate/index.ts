/** A rate in per cent: a decimal with a sign behind it. */
import { decimal } from "../decimal";
import type { FieldKind } from "../kind";

export const rate: FieldKind<{ scale: number }> = {
  ...decimal,
  fresh: { rate: { scale: 2 } },
  written: (value) => `${value}%`,
};
