/**
 * The form of one project: from this browser or the server, kept here while it
 * is written, saved there when asked.
 */
import { debounce } from "./debounce";
import { onScopeDispose, ref, watch } from "vue";
import { api, data } from "@/api";
import { useSession } from "@/session";
import { type Form, formAfter, newForm, plain, toDraft, toForm } from "../form";
import { forget, keep, kept } from "../kept";
import type { Draft, View } from "../types";

export function useDraft(project: string | undefined, former?: string) {
  const session = useSession();
  const form = ref<Form>(newForm());
  const loaded = ref(false);
  const problem = ref<unknown>();
  /** When what is on this page was written, where the server does not have it yet. */
  const unsaved = ref<number>();
  /** When the server took it last. */
  const saved = ref<number>();
  const saving = ref(false);
  let onServer = "";
  let asLoaded = "";

  const owner = () => session.session?.organisation ?? "";
  const name = project ?? "new";

  async function load(): Promise<void> {
    problem.value = undefined;
    try {
      const local = await kept(owner(), name).catch(() => undefined);
      const remote = project ? await fetchDraft(project) : undefined;
      if (remote) onServer = JSON.stringify(remote);
      const begun = former && !remote ? formAfter(await fetchView(former), former) : undefined;
      form.value = begun ?? local?.form ?? (remote ? toForm(remote) : newForm(session.session ?? undefined));
      unsaved.value = begun ? undefined : local?.at;
      asLoaded = JSON.stringify(form.value);
      loaded.value = true;
    } catch (error) {
      problem.value = error;
    }
  }

  /** Back to what the server has, or to an empty form. */
  async function discard(): Promise<void> {
    await forget(owner(), name);
    unsaved.value = undefined;
    loaded.value = false;
    await load();
  }

  const keepSoon = debounce(() => {
    if (!loaded.value || saving.value) return;
    if (unsaved.value === undefined && JSON.stringify(form.value) === asLoaded) return;
    if (onServer && JSON.stringify(toDraft(form.value)) === onServer) return;
    unsaved.value = Date.now();
    keep(owner(), name, form.value).catch(() => undefined);
  }, 400);
  watch(form, (_, before) => before && loaded.value && keepSoon(), { deep: true });
  onScopeDispose(() => keepSoon.flush());

  /** Sends the draft; the project's id, which is new for a new one. */
  async function save(): Promise<string> {
    saving.value = true;
    problem.value = undefined;
    try {
      const draft = toDraft(form.value);
      const id = project ?? (await data(api.POST("/api/v1/projects", { body: { draft } }))).id;
      if (project) await session.act(project, { act: "edit", draft: plain(draft) });
      onServer = JSON.stringify(draft);
      keepSoon.cancel();
      await forget(owner(), name).catch(() => undefined);
      unsaved.value = undefined;
      saved.value = Date.now();
      return id;
    } finally {
      saving.value = false;
    }
  }

  return { form, loaded, problem, unsaved, saved, saving, load, discard, save };
}

function fetchView(project: string): Promise<View> {
  return data(api.GET("/api/v1/projects/{id}", { params: { path: { id: project } } }));
}

/** The draft as the server has it. */
async function fetchDraft(project: string): Promise<Draft | undefined> {
  return (await fetchView(project)).draft;
}
