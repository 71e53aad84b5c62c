/**
 * A component on a page of its own, used as a person uses it: by what its
 * buttons and fields are called. Dialogs lie over the page, so all of the page
 * is looked at. Tests that use it run with a DOM: `// @vitest-environment happy-dom`.
 */
import { createPinia } from "pinia";
import { type Component, createApp, h, nextTick, shallowReactive } from "vue";
import { createMemoryHistory, createRouter, type RouteRecordRaw } from "vue-router";
import { i18n } from "@/i18n";
import { router as real } from "@/router";

const Nowhere = { render: () => null };
const pages: (() => void)[] = [];

export interface Page {
  /** What the component was given; a change of it shows after `settled`. */
  given: Record<string, unknown>;
  /** Where the person was led to. */
  address(): string;
  leave(): void;
}

export interface Around {
  slots?: Record<string, () => unknown>;
  /** The address at which it is shown. */
  at?: string;
}

/** Mounts a component; what it emits is heard by `onName` among the props. A warning of Vue fails the test. */
export async function mounted(component: Component, props: Record<string, unknown> = {}, { slots, at = "/" }: Around = {}): Promise<Page> {
  const given = shallowReactive({ ...props });
  const place = document.body.appendChild(document.createElement("div"));
  const app = createApp({ render: () => h(component, { ...given }, slots) });
  const router = createRouter({ history: createMemoryHistory(), routes: ROUTES });
  app.config.warnHandler = (message) => {
    if (!message.startsWith("Unhandled error")) throw new Error(message);
  };
  await router.push(at);
  app.use(createPinia()).use(i18n).use(router).mount(place);
  const leave = () => {
    app.unmount();
    place.remove();
  };
  pages.push(leave);
  await settled();
  return { given, address: () => router.currentRoute.value.fullPath, leave };
}

/** The page's own addresses, for links and for who may go where; nothing is shown there. */
const ROUTES: RouteRecordRaw[] = real.getRoutes().map(({ path, name, meta }) => ({ path, name, meta, component: Nowhere }));

/** Takes all pages away again, as `afterEach` wants it. */
export function leaveAll(): void {
  for (const leave of pages.splice(0)) leave();
  document.body.replaceChildren();
}

/** Everything that was begun and waits for nothing outside has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTick();
}

/** A text of the page. */
export const say = (key: string, filled: Record<string, string | number> = {}): string =>
  (i18n.global.t as unknown as (key: string, filled: Record<string, string | number>) => string)(key, filled);

const squeezed = (text: string | null | undefined) => (text ?? "").replace(/\s+/g, " ").trim();

/** The words on the page, or in one part of it. */
export const words = (part: Element = document.body): string => squeezed(part.textContent);

export const all = <E extends Element = HTMLElement>(selector: string): E[] => [...document.querySelectorAll<E>(selector)];

/** A button or link by its whole text or its label; undefined where there is none. */
export function button(name: string | RegExp): HTMLButtonElement | undefined {
  const is = (text: string) => (typeof name === "string" ? text === name : name.test(text));
  return all<HTMLButtonElement>("button, a, summary").find((it) => is(it.getAttribute("aria-label") ?? words(it)));
}

/** Presses a button that is there and may be pressed. */
export async function press(name: string | RegExp): Promise<void> {
  const found = button(name);
  if (!found || found.disabled) throw new Error(`no button ${name} to press: ${words()}`);
  found.click();
  await settled();
}

type Control = HTMLInputElement & HTMLTextAreaElement & HTMLSelectElement;

/** A field by its label. */
export function field(name: string | RegExp): Control {
  const is = (text: string) => (typeof name === "string" ? text.startsWith(name) : name.test(text));
  const labelled = all<HTMLLabelElement>("label").find((it) => is(words(it)));
  const control = labelled
    ? (document.getElementById(labelled.getAttribute("for") ?? "") ?? labelled.querySelector("input, select, textarea"))
    : all("input, select, textarea").find((it) => is(it.getAttribute("aria-label") ?? "\0"));
  if (!control) throw new Error(`no field ${name}: ${words()}`);
  return control as Control;
}

/** Types into a field, or chooses in it, and leaves it. */
export async function fill(name: string | RegExp, value: string): Promise<void> {
  const control = field(name);
  control.value = value;
  for (const type of ["input", "change", "blur"]) control.dispatchEvent(new Event(type, { bubbles: true }));
  await settled();
}

/** Ticks a box or takes the tick off. */
export async function tick(name: string | RegExp): Promise<void> {
  field(name).click();
  await settled();
}

/** Chooses files. */
export async function choose(name: string | RegExp, ...files: File[]): Promise<void> {
  const control = field(name);
  Object.defineProperty(control, "files", { value: files, configurable: true });
  control.dispatchEvent(new Event("change", { bubbles: true }));
  await settled();
}

/** Sends the form that a control is in, as Enter does, whether or not its button may be pressed. */
export async function enter(within: string | RegExp): Promise<void> {
  field(within).form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await settled();
}
