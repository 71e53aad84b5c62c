/**
 * Forms that are not on the server yet, or not as they are here: kept in this
 * browser so that a reload loses nothing. One for each project, and "new".
 */
import { createStore, del, entries, get, set, type UseStore } from "idb-keyval";
import { type Form, plain } from "./form";

export interface Kept {
  form: Form;
  /** When it was written last, ms. */
  at: number;
}

let store: UseStore | undefined;
const drafts = (): UseStore => (store ??= createStore("kaibiao-host", "drafts"));

/** Whose forms: several people may use one browser. */
const key = (organisation: string, project: string): string => `${organisation}/${project}`;

export async function keep(organisation: string, project: string, form: Form): Promise<void> {
  await set(key(organisation, project), { form: plain(form), at: Date.now() } satisfies Kept, drafts());
}

export async function kept(organisation: string, project: string): Promise<Kept | undefined> {
  return get<Kept>(key(organisation, project), drafts());
}

export async function forget(organisation: string, project: string): Promise<void> {
  await del(key(organisation, project), drafts());
}

/** All that one organisation has kept here, by project. */
export async function allKept(organisation: string): Promise<Map<string, Kept>> {
  const all = await entries<string, Kept>(drafts());
  const own = all.filter(([name]) => name.startsWith(`${organisation}/`));
  return new Map(own.map(([name, value]) => [name.slice(organisation.length + 1), value]));
}
