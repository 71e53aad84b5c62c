/**
 * Forms that are not on the server yet, or not as they are here: kept on this
 * device so that a reload loses nothing, for their writer alone. One for each
 * project, and "new".
 */
import { vault } from "@/crypto/client";
import { emptied } from "@/crypto/former";
import { type Form, plain } from "./form";

export interface Kept {
  form: Form;
  /** When it was written last, ms. */
  at: number;
}

/** As it stands on the shelf. */
interface Standing extends Kept {
  project: string;
}

const SHELF = "tenders";

/** False where nobody has unlocked a key, or the browser keeps nothing. */
export async function keep(project: string, form: Form): Promise<boolean> {
  return put(project, { form, at: Date.now() });
}

export async function kept(project: string): Promise<Kept | undefined> {
  return (await vault().kept(project, SHELF)) as Standing | undefined;
}

export async function forget(project: string): Promise<void> {
  await vault().keep(project, undefined, SHELF);
}

/** All that its writer has kept here, by project. */
export async function allKept(): Promise<Map<string, Kept>> {
  const all = (await vault().shelf(SHELF)) as Standing[];
  return new Map(all.map((standing) => [standing.project, standing]));
}

/** Takes up what an earlier page kept in the clear for everybody of an organisation; what was written last stays. */
export async function moveIn(organisation: string): Promise<void> {
  await emptied<Kept>("kaibiao-host", "drafts", async (name, former) => {
    if (!name.startsWith(`${organisation}/`)) return false;
    const project = name.slice(organisation.length + 1);
    const newer = await kept(project);
    return (newer !== undefined && newer.at >= former.at) || put(project, former);
  });
}

function put(project: string, { form, at }: Kept): Promise<boolean> {
  return vault().keep(project, { project, form: plain(form), at } satisfies Standing, SHELF);
}
