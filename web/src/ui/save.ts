/** Hands a file to the person: by the browser's save dialog, or as a download. */

interface SavePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{ createWritable(): Promise<WritableStream<Uint8Array>> }>;
}

/** A download would first be held whole, which a file of this many bytes should not be. */
const LARGE = 64 << 20;

/**
 * Saves a file of any size. One larger than `ask` bytes is written straight to
 * the place that the person chooses, where the browser can do that.
 */
export async function saveFile(name: string, file: Blob, ask = LARGE): Promise<void> {
  const { showSaveFilePicker } = globalThis as SavePicker;
  if (showSaveFilePicker && file.size > ask) {
    try {
      const handle = await showSaveFilePicker({ suggestedName: name });
      await file.stream().pipeTo(await handle.createWritable());
      return;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (error.name === "AbortError") return;
      // A frame or a policy forbids the dialog: the download remains.
    }
  }
  download(name, file);
}

/** Saves a text as a file. */
export function saveText(name: string, text: string, type = "application/json"): void {
  download(name, new Blob([text], { type }));
}

function download(name: string, file: Blob): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser takes the bytes after the click; a minute is enough for any to begin.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
