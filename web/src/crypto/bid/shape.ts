/** Readers of parsed JSON: each gives the value it wants or refuses the whole. */
import { unbase64, unhex } from "./encoding";
import type { Bytes, Hex } from "./types";

/** Not of the wanted shape, and where. */
export class Misshapen extends Error {
  readonly at: string;

  constructor(at: string) {
    super(`misshapen at ${at || "the top"}`);
    this.at = at;
  }
}

export type Reader<T> = (value: unknown, at: string) => T;
export type Read<R> = R extends Reader<infer T> ? T : never;

export function read<T>(reader: Reader<T>, value: unknown): T {
  return reader(value, "");
}

type Members<S extends Record<string, Reader<unknown>>> = { [K in keyof S]: Read<S[K]> };

/** An object of exactly these members; `optional` ones may be left out, never null. */
export function object<S extends Record<string, Reader<unknown>>, O extends Record<string, Reader<unknown>> = Record<never, never>>(
  required: S,
  optional?: O,
): Reader<Members<S> & Partial<Members<O>>> {
  return (value, at) => {
    const members = plain(value, at);
    const result: Record<string, unknown> = {};
    for (const [name, reader] of Object.entries(required)) {
      if (!Object.hasOwn(members, name)) throw new Misshapen(`${at}.${name}`);
      result[name] = reader(members[name], `${at}.${name}`);
    }
    for (const [name, reader] of Object.entries(optional ?? {}))
      if (Object.hasOwn(members, name)) result[name] = reader(members[name], `${at}.${name}`);
    for (const name of Object.keys(members)) if (!Object.hasOwn(result, name)) throw new Misshapen(`${at}.${name}`);
    return result as Members<S> & Partial<Members<O>>;
  };
}

/** Any object. */
export const anything: Reader<Record<string, unknown>> = plain;

function plain(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misshapen(at);
  return value as Record<string, unknown>;
}

/** An object of any names with one kind of value. */
export function map<T>(reader: Reader<T>): Reader<Record<string, T>> {
  return (value, at) =>
    Object.fromEntries(Object.entries(plain(value, at)).map(([name, member]) => [name, reader(member, `${at}.${name}`)]));
}

export function array<T>(reader: Reader<T>): Reader<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new Misshapen(at);
    return value.map((item, index) => reader(item, `${at}[${index}]`));
  };
}

export function pair<T>(reader: Reader<T>): Reader<[T, T]> {
  return (value, at) => {
    const items = array(reader)(value, at);
    if (items.length !== 2) throw new Misshapen(at);
    return items as [T, T];
  };
}

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, at) => (value === null ? null : reader(value, at));
}

export const string: Reader<string> = (value, at) => {
  if (typeof value !== "string") throw new Misshapen(at);
  return value;
};

export const boolean: Reader<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw new Misshapen(at);
  return value;
};

export function integer(least = 0, most = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value, at) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) throw new Misshapen(at);
    return value;
  };
}

export function oneOf<T extends string>(...options: T[]): Reader<T> {
  return (value, at) => {
    if (!options.includes(value as T)) throw new Misshapen(at);
    return value as T;
  };
}

/** Text of a certain form. */
export function matching(form: RegExp): Reader<string> {
  return (value, at) => {
    if (typeof value !== "string" || !form.test(value)) throw new Misshapen(at);
    return value;
  };
}

/** Hex of 32 bytes. */
export const digest: Reader<Hex> = hexOf(32);

export function hexOf(length: number): Reader<Hex> {
  return (value, at) => {
    if (typeof value !== "string" || !unhex(value, length)) throw new Misshapen(at);
    return value;
  };
}

export const bytes: Reader<Bytes> = (value, at) => {
  const decoded = typeof value === "string" ? unbase64(value) : undefined;
  if (!decoded) throw new Misshapen(at);
  return decoded;
};
