/** Handing files to the person: a save dialog where there is one, else a download. */

interface Picker {
  showSaveFilePicker?: (options: {
    suggestedName: string;
    types?: unknown[];
  }) => Promise<{ createWritable(): Promise<WritableStream<Uint8Array>> }>;
}

/** Saves a blob of any size; false when the person changed their mind. */
export async function saveFile(blob: Blob, name: string): Promise<boolean> {
  const picker = (globalThis as unknown as Picker).showSaveFilePicker;
  if (picker && globalThis.isSecureContext) {
    try {
      const handle = await picker({ suggestedName: name });
      await blob.stream().pipeTo(await handle.createWritable());
      return true;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return false;
      if (!(error instanceof DOMException)) throw error;
      // Not allowed here (a frame, a policy): the plain way below.
    }
  }
  download(blob, name);
  return true;
}

export function saveText(text: string, name: string, type = "application/json"): void {
  download(new Blob([text], { type }), name);
}

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Long enough for any browser to have begun.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Whether a file is a key file: it is JSON, whatever its name; certificates never are. */
export async function isKeyFile(file: Blob): Promise<boolean> {
  return /^\s*\{/.test(await file.slice(0, 64).text());
}

/** Bytes as people read them. */
export function bytesText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}
