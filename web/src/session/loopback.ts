/**
 * The browser's own question before a page reaches a program on this machine
 * (Local Network Access; docs/spec/token-agent.md, 7).
 */

/** "unknown": a browser that does not ask. */
export type Permission = PermissionState | "unknown";

/** Chromium 145 and later; 142 to 144. */
const NAMES = ["loopback-network", "local-network-access"];

/** What the person has said so far. */
export async function loopbackPermission(): Promise<Permission> {
  return (await status())?.state ?? "unknown";
}

/** Calls when the person changes it, in the browser's settings; the answer ends it. */
export function onLoopbackChange(changed: (now: Permission) => void): () => void {
  let watched: PermissionStatus | undefined;
  let over = false;
  const tell = () => watched && changed(watched.state);
  void status().then((found) => {
    if (over) return;
    watched = found;
    found?.addEventListener("change", tell);
  });
  return () => {
    over = true;
    watched?.removeEventListener("change", tell);
  };
}

async function status(): Promise<PermissionStatus | undefined> {
  for (const name of NAMES) {
    try {
      return await navigator.permissions.query({ name: name as PermissionName });
    } catch {
      // Not a name that this browser knows.
    }
  }
  return undefined;
}
