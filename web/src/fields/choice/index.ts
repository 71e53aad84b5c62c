/** One of `options`. */
import type { FieldKind } from "../kind";

export const choice: FieldKind<{ options: string[] }> = {
  fresh: { choice: { options: [] } },
  isNumeric: false,
  isValue: (value, { options }) => typeof value === "string" && options.includes(value),
  read: (entry) => entry,
  tidied: (_, value) => String(value),
  written: String,
  fault({ options }) {
    const distinct = new Set(options);
    return options.length >= 1 && options.length <= 100 && distinct.size === options.length && !distinct.has("") ? undefined : "options";
  },
  control: () => "choice",
};
