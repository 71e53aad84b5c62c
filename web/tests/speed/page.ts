/** Asks a worker, and watches how long this thread is kept from answering meanwhile. */
declare global {
  interface Window {
    measureSpeed: (store: boolean) => Promise<unknown>;
  }
}

window.measureSpeed = async (store) => {
  const file = document.querySelector("input")!.files![0]!;
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 10);
    last = now;
  }, 10);
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const speed = await new Promise<object>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<object>) => resolve(data);
    worker.postMessage({ file, store });
  });
  clearInterval(watch);
  worker.terminate();
  return { ...speed, blocked: Math.round(longest) };
};
document.title = "ready";

export {};
