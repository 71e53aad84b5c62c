/** Files that go with an act: handed in first, then named by their digest. */
import { data, type Schemas } from "@/api";

export async function attach(project: string, file: File): Promise<Schemas["Attachment"]> {
  const type = /^[\w!#$&^.+-]{1,63}\/[\w!#$&^.+-]{1,63}$/.test(file.type) ? file.type : "application/octet-stream";
  const sent = fetch(`/api/v1/projects/${encodeURIComponent(project)}/attachments`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": type },
    credentials: "same-origin",
  }).then(async (response) => {
    const body: unknown = await response.json().catch(() => undefined);
    return response.ok ? { data: body as Schemas["AttachmentView"], response } : { error: body, response };
  });
  const kept = await data<Schemas["AttachmentView"]>(sent);
  return { name: file.name.normalize("NFC"), digest: kept.digest, size: kept.size, media_type: kept.media_type };
}

/** Several, one after the other; `at` is told the name of the one that is sent, and nothing once all are there. */
export async function attachAll(project: string, files: Iterable<File>, at: (name: string) => void): Promise<Schemas["Attachment"][]> {
  const attached: Schemas["Attachment"][] = [];
  for (const file of files) {
    at(file.name);
    attached.push(await attach(project, file));
  }
  at("");
  return attached;
}
