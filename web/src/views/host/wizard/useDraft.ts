/**
 * The form of one project: from this device or the server, kept here for its
 * writer while it is written, saved there when asked.
 */
import { debounce } from "./debounce";
import { onScopeDispose, ref, watch } from "vue";
import { api, data } from "@/api";
import { useSession } from "@/session";
import { type Form, formAfter, formLike, newForm, plain, toDraft, toForm } from "../form";
import { forget, keep, kept, moveIn } from "../kept";
import { template } from "../templates";
import type { Draft, View } from "../types";

/** What a new form is begun from: a project that is tendered again, one that is copied, or a template. */
export interface From {
  after?: string;
  copy?: string;
  template?: string;
}

async function beginning({ after, copy, template: name }: From): Promise<Form | undefined> {
  if (after) return formAfter(await fetchView(after), after);
  if (copy) return formLike(await fetchView(copy));
  return name ? (await template(name))?.form : undefined;
}

/** `other` asks whether a form of that time, kept here before, is to take the place of what was typed meanwhile. */
export function useDraft(project: string | undefined, from: From | undefined, other: (at: number) => boolean) {
  const session = useSession();
  const form = ref<Form>(newForm());
  const loaded = ref(false);
  const problem = ref<unknown>();
  /** When what is on this page was written, where the server does not have it yet. */
  const unsaved = ref<number>();
  /** When the server took it last. */
  const saved = ref<number>();
  const saving = ref(false);
  /** Something was written that is kept nowhere: no key is unlocked. */
  const loose = ref(false);
  let onServer = "";
  let asLoaded = "";

  const name = project ?? "new";
  /** Whose form is on this page: what they typed is kept for nobody else. */
  let writer: string | undefined;

  async function load(): Promise<void> {
    problem.value = undefined;
    loose.value = false;
    writer = session.session?.certificate;
    try {
      const local = await here().catch(() => undefined);
      const remote = project ? await fetchDraft(project) : undefined;
      if (remote) onServer = JSON.stringify(remote);
      const begun = from && !remote && !(local && other(local.at)) ? await beginning(from) : undefined;
      form.value = begun ?? local?.form ?? (remote ? toForm(remote) : newForm(session.session ?? undefined));
      unsaved.value = begun ? undefined : local?.at;
      asLoaded = JSON.stringify(form.value);
      loaded.value = true;
    } catch (error) {
      problem.value = error;
    }
  }

  async function here() {
    await moveIn(session.session?.organisation ?? "");
    return kept(name);
  }

  /** Back to what the server has, or to an empty form. */
  async function discard(): Promise<void> {
    await forget(name);
    unsaved.value = undefined;
    loaded.value = false;
    await load();
  }

  const keepSoon = debounce(() => {
    if (!loaded.value || saving.value || session.session?.certificate !== writer) return;
    if (unsaved.value === undefined && !isTouched()) return;
    if (onServer && JSON.stringify(toDraft(form.value)) === onServer) return;
    void keepNow();
  }, 400);
  watch(form, (_, before) => before && loaded.value && keepSoon(), { deep: true });

  const isTouched = () => JSON.stringify(form.value) !== asLoaded;

  async function keepNow(): Promise<void> {
    loose.value = !(await keep(name, form.value).catch(() => false));
    if (!loose.value) unsaved.value = Date.now();
  }

  /** What was kept can be read from now on, and what was typed meanwhile be kept: where both are there, the person chooses. */
  async function takeUp(): Promise<void> {
    const local = await here().catch(() => undefined);
    const isNews = local !== undefined && unsaved.value === undefined;
    if (isNews && (!isTouched() || other(local.at))) {
      form.value = local.form;
      unsaved.value = local.at;
      asLoaded = JSON.stringify(form.value);
      loose.value = false;
    } else if (isTouched()) keepSoon();
  }

  watch(
    () => session.key !== null,
    (unlocked) => {
      if (unlocked && loaded.value) void takeUp();
    },
  );
  // The next person at this machine does not find the last one's form on the screen.
  watch(
    () => session.session?.certificate,
    (after) => {
      if (after === undefined || after === writer) return;
      keepSoon.cancel();
      loaded.value = false;
      void load();
    },
  );
  onScopeDispose(() => keepSoon.flush());

  /** Sends the draft; the project's id, which is new for a new one. */
  async function save(): Promise<string> {
    saving.value = true;
    problem.value = undefined;
    let sent = false;
    try {
      const draft = toDraft(form.value);
      const id = project ?? (await data(api.POST("/api/v1/projects", { body: { draft } }))).id;
      if (project) await session.act(project, { act: "edit", draft: plain(draft) });
      onServer = JSON.stringify(draft);
      keepSoon.cancel();
      await forget(name).catch(() => undefined);
      unsaved.value = undefined;
      loose.value = false;
      saved.value = Date.now();
      // What was typed while the draft of a new project was sent is of that project from now on.
      if (!project && JSON.stringify(toDraft(form.value)) !== onServer) await keep(id, form.value).catch(() => false);
      sent = !project;
      return id;
    } finally {
      saving.value = false;
      // And of one that is known, or whose draft was refused, it is kept where it always is.
      if (!sent) keepSoon();
    }
  }

  return { form, loaded, problem, unsaved, loose, saved, saving, load, discard, save };
}

function fetchView(project: string): Promise<View> {
  return data(api.GET("/api/v1/projects/{id}", { params: { path: { id: project } } }));
}

/** The draft as the server has it. */
async function fetchDraft(project: string): Promise<Draft | undefined> {
  return (await fetchView(project)).draft;
}
