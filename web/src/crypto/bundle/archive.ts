/** The one archive that a list of files has: ZIP without compression, folders, dates and comments (docs/spec/bundle.md, 2). */
import { equal } from "../bid/encoding";
import type { Bytes } from "../bid/types";

/** A file: its name and its bytes, which are a view of the archive's. */
export type File = readonly [name: string, content: Bytes];

/** Why bytes are no archive of ours. */
export type NotAnArchive = "form" | "large";

const FILES_MAX = 65_534;
const BYTES_MAX = 0xffffffff;
const LOCAL = 30;
const CENTRAL = 46;
const END = 22;
/** 1980-01-01, the first day that ZIP knows. */
const DATE = 0x0021;

/** Reads an archive: takes the files one after the other, and holds every other byte against the one that is written of them. */
export function readArchive(bytes: Bytes): File[] | NotAnArchive {
  if (bytes.length > BYTES_MAX) return "large";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const files: File[] = [];
  const directory: Bytes[] = [];
  let at = 0;
  while (at + LOCAL <= bytes.length && view.getUint32(at, true) === 0x04034b50) {
    if (files.length === FILES_MAX) return "large";
    const start = at + LOCAL + view.getUint16(at + 26, true);
    const end = start + view.getUint32(at + 18, true);
    if (end > bytes.length) return "form";
    const encoded = bytes.subarray(at + LOCAL, start);
    if (encoded.some((byte) => byte >= 0x80)) return "form";
    const name = String.fromCharCode(...encoded);
    const before = files.at(-1);
    if (before && before[0] >= name) return "form";
    const content = bytes.subarray(start, end);
    const common = commonOf(content, encoded.length);
    if (!equal(bytes.subarray(at, at + LOCAL), joined(LOCAL, [0x04034b50, 4], common))) return "form";
    files.push([name, content]);
    directory.push(joined(CENTRAL, [0x02014b50, 4], [0x031e, 2], common, [0, 6], [0x81a40000, 4], [at, 4]), encoded);
    at = end;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  if (bytes.length !== at + size + END) return "form";
  const count = files.length;
  const last = joined(END, [0x06054b50, 4], [0, 4], [count, 2], [count, 2], [size, 4], [at, 4], [0, 2]);
  for (const part of [...directory, last]) {
    if (!equal(bytes.subarray(at, at + part.length), part)) return "form";
    at += part.length;
  }
  return files;
}

/** Version needed, flags, method, time, date, CRC-32, sizes, lengths. */
function commonOf(content: Bytes, name: number): Bytes {
  const { length } = content;
  return joined(26, [10, 2], [0, 6], [DATE, 2], [crc32(content), 4], [length, 4], [length, 4], [name, 2], [0, 2]);
}

/** Little-endian numbers in so many bytes each, and bytes as they are. */
function joined(length: number, ...parts: (readonly [value: number, size: number] | Bytes)[]): Bytes {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      bytes.set(part, at);
      at += part.length;
      continue;
    }
    const [value, size] = part;
    for (let place = 0; place < Math.min(size, 4); place++) bytes[at + place] = (value >>> (8 * place)) & 0xff;
    at += size;
  }
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Bytes): number {
  let value = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) value = (TABLE[(value ^ (bytes[at] as number)) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
