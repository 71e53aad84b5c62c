/** Several files that were chosen at once. */

export interface RefusedFile {
  name: string;
  error: unknown;
}

/** Takes each by itself, one after the other: a bad one does not keep the good ones out. Answers those that were refused, and why. */
export async function takeEach(files: Iterable<File>, take: (file: File) => Promise<unknown>): Promise<RefusedFile[]> {
  const refused: RefusedFile[] = [];
  for (const file of [...files]) {
    try {
      await take(file);
    } catch (error) {
      refused.push({ name: file.name, error });
    }
  }
  return refused;
}
