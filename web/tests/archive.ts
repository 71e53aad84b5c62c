/** Bundles taken apart and put together again, for tests that change one (docs/spec/bundle.md, 2). */
import { crc32 } from "node:zlib";
import { readArchive } from "@/crypto/bundle/archive";
import type { Bytes } from "@/crypto/bid";

export function filesIn(bundle: Bytes): Map<string, Bytes> {
  const files = readArchive(bundle);
  if (typeof files === "string") throw new Error(files);
  return new Map(files);
}

/** The archive of files in ascending order of their names. */
export function archiveOf(files: Map<string, Bytes>): Bytes {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(10, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(0x81a40000, 6);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x1e\x03", "latin1"), common, place, Buffer.from(name)]));
    bodies.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...bodies, listed, end]));
}
