import { newTarget } from "@/crypto/opfs";
import { measure } from "./bench";

self.onmessage = async ({ data }: MessageEvent<{ file: Blob; store: boolean }>) => {
  try {
    if (!data.store) return postMessage(await measure(data.file));
    const target = await newTarget();
    const speed = await measure(data.file, target.sink);
    const { stored } = await target.finish(new Uint8Array(0));
    postMessage({ ...speed, stored: stored !== undefined });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
