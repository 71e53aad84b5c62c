/**
 * Templates of tenders: forms that their writer has given a name. They are kept on this device for that person alone, as
 * drafts are; the platform has none.
 */
import { vault } from "@/crypto/client";
import { type Form, plain, unsealed } from "./form";

export interface Template {
  name: string;
  form: Form;
  /** When it was kept, ms. */
  at: number;
}

const SHELF = "templates";

/** What a template takes of a form: nothing that belongs to one tender alone. */
export function templateOf(form: Form): Form {
  const { external_id: _, ...rest } = plain(form);
  return { ...rest, number: "", t0: "", predecessor: "", attachments: [], lots: rest.lots.map(withoutId) };
}

function withoutId(it: Form["lots"][number]): Form["lots"][number] {
  const { external_id: _, ...lot } = it.lot;
  return unsealed({ ...it, lot });
}

/** False where nobody has unlocked a key, or the browser keeps nothing. One of the same name is replaced. */
export function keepTemplate(name: string, form: Form): Promise<boolean> {
  return vault().keep(`template ${name}`, { name, form: templateOf(form), at: Date.now() } satisfies Template, SHELF);
}

export async function template(name: string): Promise<Template | undefined> {
  return (await vault().kept(`template ${name}`, SHELF)) as Template | undefined;
}

export async function dropTemplate(name: string): Promise<void> {
  await vault().keep(`template ${name}`, undefined, SHELF);
}

/** By name. */
export async function templates(): Promise<Template[]> {
  const all = (await vault().shelf(SHELF)) as Template[];
  return all.toSorted((one, other) => one.name.localeCompare(other.name, "zh-CN"));
}
