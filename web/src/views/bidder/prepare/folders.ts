/**
 * Files from folders. The format's names hold no "/" (docs/spec/sealed-bid.md,
 * 9), so the folders stand in a document's name with "_" between them.
 */

/** A file, and the path by which it was chosen: "a.pdf" or "图纸/总图/a.pdf". */
export interface Found {
  path: string;
  file: File;
}

/** A file, and the name it is offered under. */
export interface Given {
  name: string;
  file: File;
}

/** What operating systems leave in folders. */
const LITTER = /^(\.ds_store|thumbs\.db|desktop\.ini|\._.*|~\$.*)$/i;
const inOrder = new Intl.Collator("zh-CN", { numeric: true });

/** What an input chose: several files, or all that a folder holds. */
export function foundIn(files: Iterable<File>): Found[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** What was dropped; folders are walked through. */
export async function dropped(data: Pick<DataTransfer, "items" | "files"> | null): Promise<Found[]> {
  if (!data) return [];
  // The list is emptied when the event is over, so all is taken from it at once.
  const entries = [...data.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  const plain = foundIn(data.files);
  if (entries.every((entry) => !entry?.isDirectory)) return plain;
  const found = await Promise.all(entries.map((entry) => (entry ? walk(entry) : [])));
  return found.flat();
}

async function walk(entry: FileSystemEntry): Promise<Found[]> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Found[] = [];
  // A reader gives at most a hundred at a time, and nothing at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await walk(one)));
  }
}

/** Names for what was found, and how many files of the system's own were left out. */
export function offered(found: readonly Found[]): { given: Given[]; left: number } {
  const wanted = found.filter(({ path, file }) => !path.includes("/") || !LITTER.test(file.name));
  const parts = wanted.map(({ path }) => path.split("/"));
  const [root] = parts[0] ?? [];
  // The one folder that all come from tells nothing.
  const from = parts.every((it) => it.length > 1 && it[0] === root) ? 1 : 0;
  const given = wanted.map(({ file }, at) => ({ name: (parts[at] ?? []).slice(from).join("_"), file, path: parts[at] ?? [] }));
  // Folders come in no order; files chosen one by one stay as they were chosen.
  if (parts.some((it) => it.length > 1)) given.sort((a, b) => inOrder.compare(a.path.join("\0"), b.path.join("\0")));
  return { given: given.map(({ name, file }) => ({ name, file })), left: found.length - wanted.length };
}
