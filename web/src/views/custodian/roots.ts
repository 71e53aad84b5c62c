/** Root certificates of the person's own choosing, kept on this device for every screen that checks, and for that person alone. */
import { vault } from "@/crypto/client";
import type { CertificateInfo } from "@/crypto/contract";
import { type RefusedFile, takeEach } from "@/ui/each";

export interface Root {
  name: string;
  pem: string;
  info: CertificateInfo[];
}

const ROOTS = "roots";

export async function keptRoots(): Promise<Root[]> {
  return ((await vault().kept(ROOTS)) as Root[] | undefined) ?? [];
}

/** Adds those of the files that can be read, and answers which could not. */
export async function addRoots(files: Iterable<File>, before: readonly Root[]): Promise<{ roots: readonly Root[]; unread: RefusedFile[] }> {
  const added: Root[] = [];
  const unread = await takeEach(files, async (file) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    added.push({ name: file.name, pem: pemOf(bytes), info: await vault().certificates({ name: file.name, bytes }) });
  });
  if (!added.length) return { roots: before, unread };
  const roots = [...before.filter((it) => added.every((root) => root.pem !== it.pem)), ...added];
  await vault().keep(ROOTS, roots);
  return { roots, unread };
}

export async function dropRoot(pem: string, before: readonly Root[]): Promise<Root[]> {
  const roots = before.filter((it) => it.pem !== pem);
  await vault().keep(ROOTS, roots);
  return roots;
}

/** The text of a PEM file; DER is written as PEM. */
function pemOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  if (text.includes("-----BEGIN")) return text;
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return ["-----BEGIN CERTIFICATE-----", ...(base64.match(/.{1,64}/g) ?? []), "-----END CERTIFICATE-----", ""].join("\n");
}
