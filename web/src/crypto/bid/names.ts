/** Names of documents, and media types (docs/spec/sealed-bid.md, 9). */
import { utf8 } from "./encoding";
import { fail } from "./failure";
import { isLine } from "./text";
import { fold, isAssigned } from "./unicode";

/** What no file system keeps, beside what hides or turns around the rest. */
const FORBIDDEN = /[/\\:|?*<>"\ufffd]/u;
/** What Windows takes, whatever its ending, for a device. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i;

/** Why one name cannot be: a code of section 16, or nothing. */
export function nameProblem(name: string): string | undefined {
  const length = utf8(name).length;
  if (length < 1 || length > 255) return "name-length";
  if (FORBIDDEN.test(name) || !isLine(name) || !isAssigned(name)) return "name-character";
  if (name.normalize("NFC") !== name) return "name-not-normal";
  if (/^[ \u3000]|[ \u3000.]$/u.test(name)) return "name-edge";
  if (RESERVED.test(name)) return "name-reserved";
  return undefined;
}

/** Refuses the first name that breaks a rule, with its `index`. */
export function checkNames(names: string[]): void {
  const seen = new Set<string>();
  names.forEach((name, index) => {
    const problem = nameProblem(name);
    if (problem) fail(problem, { index, name });
    const folded = fold(name);
    if (seen.has(folded)) fail("name-duplicate", { index, name });
    seen.add(folded);
  });
}

/** type/subtype of 1 to 63 plain characters each. */
export function isMedia(media: string): boolean {
  return /^[a-z0-9!#$&^_.+-]{1,63}\/[a-z0-9!#$&^_.+-]{1,63}$/.test(media);
}

/** By the name's ending; what is not known is bytes. */
export function mediaType(name: string): string {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return (ending && MEDIA[ending]) || "application/octet-stream";
}

const MEDIA: Record<string, string> = {
  pdf: "application/pdf",
  ofd: "application/ofd",
  zip: "application/zip",
  xml: "application/xml",
  json: "application/json",
  txt: "text/plain",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
