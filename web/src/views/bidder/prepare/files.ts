/** Whether a file is a key file: it is JSON, whatever its name; certificates never are. */
export async function isKeyFile(file: Blob): Promise<boolean> {
  return /^\s*\{/.test(await file.slice(0, 64).text());
}
