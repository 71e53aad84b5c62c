/** Hands a file to the person. */

interface SavePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
}

/** Where the browser can it writes straight to the chosen place, however large the file is. */
export async function saveAs(name: string, file: Blob): Promise<void> {
  const picker = window as unknown as SavePicker;
  if (picker.showSaveFilePicker && file.size > 64 << 20) {
    try {
      const handle = await picker.showSaveFilePicker({ suggestedName: name });
      await file.stream().pipeTo(await handle.createWritable());
      return;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
    }
  }
  download(name, file);
}

function download(name: string, file: Blob): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser takes the bytes after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
