/** PDF files of any wanted size that no compressor makes smaller, as scanned drawings are. */
import { writeFileSync } from "node:fs";

/** A PDF of one page saying `title`, with an attachment that brings it to about `size` bytes. */
export function pdf(path: string, title: string, size: number): string {
  const parts: Buffer[] = [Buffer.from("%PDF-1.7\n%\xe5\xbc\x80\n", "latin1")];
  const offsets: number[] = [];
  let at = parts[0]!.length;
  const object = (body: Buffer | string) => {
    offsets.push(at);
    const bytes = Buffer.concat([
      Buffer.from(`${offsets.length} 0 obj\n`),
      Buffer.isBuffer(body) ? body : Buffer.from(body),
      Buffer.from("\nendobj\n"),
    ]);
    parts.push(bytes);
    at += bytes.length;
  };
  const stream = (dictionary: string, bytes: Buffer) =>
    Buffer.concat([Buffer.from(`<< ${dictionary} /Length ${bytes.length} >>\nstream\n`), bytes, Buffer.from("\nendstream")]);
  object("<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(drawings) 6 0 R] >> >> >>");
  object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>");
  object(stream("", Buffer.from(`BT /F1 20 Tf 72 740 Td (${title.replace(/[^ -'*-[\]-~]/g, " ")}) Tj ET`)));
  object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  object("<< /Type /Filespec /F (drawings.bin) /EF << /F 7 0 R >> >>");
  object(stream("/Type /EmbeddedFile", noise(Math.max(0, size - at - 600), title)));
  const start = at;
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${table}` +
        `trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

/** Repeatable bytes, nothing secret: the same name gives the same file. */
function noise(length: number, name: string): Buffer {
  let state = 0x9e3779b9 ^ [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) | 0, 7);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}
