/** Announced prices and their spread. Exact: whole units of the last place, never floats, until they are drawn. */
import type { Schemas } from "@/api";
import { fieldKind, limitsOf } from "@/fields";
import { againstControl } from "../format";

interface Priced {
  party: string;
  name: string;
  units: bigint;
  text: string;
  /** Per cent against the control price and against the mean, with two places. */
  control?: string;
  mean: string;
  /** Above the control price. */
  over: boolean;
}

export interface Prices {
  field: Schemas["SheetField"];
  scale: number;
  rows: Priced[];
  /** In the same units. A public one is money; one that was sealed is what the price is. */
  control?: bigint;
  /** The base (标底) that was sealed and is revealed, in the same units. It limits nothing. */
  base?: bigint;
  lowest: bigint;
  highest: bigint;
  mean: bigint;
  median: bigint;
  /** Of the standard deviation and the mean, in per cent. */
  deviation: string;
}

/** The prices of a lot, or nothing where there are none to compare. */
export function prices(lot: Schemas["LotView"]): Prices | undefined {
  const field = lot.schema.fields.find((it) => it.id === lot.schema.price);
  if (!field) return undefined;
  const scale = fieldKind(field.type).places?.(limitsOf(field.type)) ?? 0;
  const places = field.type === "money" ? 0 : scale;
  const control = field.type === "money" && lot.control_price ? BigInt(lot.control_price) : revealed(lot, "control-price", places);
  const base = revealed(lot, "base", places);
  const given = (lot.parties ?? []).flatMap(({ party, name, sheet }) => {
    const told = sheet?.[field.id];
    const units = told === undefined ? undefined : unitsOf(String(told), places);
    return units === undefined ? [] : [{ party, name, units }];
  });
  if (given.length === 0) return undefined;
  const sorted = given.map((it) => it.units).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sum = sorted.reduce((a, b) => a + b, 0n);
  const count = BigInt(sorted.length);
  const mean = half(sum, count);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? at(sorted, middle) : half(at(sorted, middle - 1) + at(sorted, middle), 2n);
  return {
    field,
    scale,
    control,
    base,
    lowest: at(sorted, 0),
    highest: at(sorted, sorted.length - 1),
    mean,
    median,
    deviation: deviation(sorted, mean),
    rows: given.map((it) => ({
      ...it,
      text: written(it.units, scale),
      control: control === undefined ? undefined : againstControl(String(it.units), String(control)),
      mean: againstControl(String(it.units), String(mean)) ?? "",
      over: isOver(lot.schema, it.units, control),
    })),
  };
}

/** What the host has revealed of a value that was sealed until the opening. */
function revealed({ reference }: Schemas["LotView"], kind: "control-price" | "base", places: number): bigint | undefined {
  return reference?.kind === kind && reference.revealed ? unitsOf(reference.revealed.value, places) : undefined;
}

/** Parties whose price is above the control price: told, not judged. */
export function overControl(lot: Schemas["LotView"]): ReadonlySet<string> {
  return new Set(prices(lot)?.rows.flatMap(({ party, over }) => (over ? [party] : [])));
}

/** Whether a price is more than the most that may be asked, both in fen. Where the higher price is the better one there is no such limit. */
export function isOver({ better }: Pick<Schemas["SheetSchema"], "better">, fen: bigint, control: bigint | undefined): boolean {
  return better === "low" && control !== undefined && fen > control;
}

/** Units with separators and their decimal places. */
export function written(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  const whole = (scale ? digits.slice(0, -scale) : digits).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${units < 0n ? "-" : ""}${whole}${scale ? `.${digits.slice(-scale)}` : ""}`;
}

/** For drawing only. */
export function drawn(units: bigint, scale: number): number {
  return Number(units) / 10 ** scale;
}

/** "12.5" with two places is 1250; a text of `scale` 0 is a whole number. */
function unitsOf(text: string, scale: number): bigint | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", places = ""] = match;
  if (places.length > scale) return undefined;
  const units = BigInt(whole + places.padEnd(scale, "0"));
  return sign ? -units : units;
}

function half(sum: bigint, count: bigint): bigint {
  return (sum * 2n + count) / (count * 2n);
}

function at(values: bigint[], index: number): bigint {
  return values[index] ?? 0n;
}

function deviation(values: bigint[], mean: bigint): string {
  if (mean === 0n || values.length < 2) return "0.00";
  const apart = values.map((it) => Number(it - mean) / Number(mean));
  const variance = apart.reduce((sum, it) => sum + it * it, 0) / apart.length;
  return (Math.sqrt(variance) * 100).toFixed(2);
}
