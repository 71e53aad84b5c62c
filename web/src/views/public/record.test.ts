import { createPinia } from "pinia";
import { beforeEach, expect, it, vi } from "vitest";
import { createSSRApp, ref } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { renderToString } from "vue/server-renderer";
import { i18n } from "@/i18n";
import Record from "./Record.vue";

const view = ref<object | null>(null);
vi.mock("@/room", () => ({ useRoom: () => ({ view, log: ref([]), problem: ref(null), refresh: () => undefined }) }));
vi.mock("./record", async (original) => ({ ...(await original<object>()), readRecord: () => new Promise(() => undefined) }));

/** The screen as it first stands, while the record is still being read. */
async function first(): Promise<string> {
  const routes = [{ path: "/:rest(.*)*", component: Record }];
  const router = createRouter({ history: createMemoryHistory(), routes });
  await router.push("/");
  return renderToString(createSSRApp(Record, { project: "p", lot: "1" }).use(createPinia()).use(router).use(i18n));
}

beforeEach(() => void vi.stubGlobal("document", { title: "" }));

it("shows nothing of a record before all of it can be shown, and takes the room that it will", async () => {
  view.value = {
    title: "项目",
    number: "Z-1",
    lots: { 1: { title: "标段", stage: "closed", records: [{ record: "a".repeat(64), signed: true }] } },
  };
  const html = await first();
  expect(html).not.toContain("record-digest");
  expect(html).not.toContain("record-signatures");
  expect(html).toMatch(/class="[^"]*\bscreen\b/);
  expect(html).toContain(i18n.global.t("public.record.wait"));
});

it("says at once that there is none", async () => {
  view.value = { title: "项目", number: "Z-1", lots: { 1: { title: "标段", stage: "objections" } } };
  expect(await first()).toContain(i18n.global.t("public.record.none"));
});

it("says at once that there is no such lot", async () => {
  view.value = { title: "项目", number: "Z-1", lots: {} };
  expect(await first()).toContain(i18n.global.t("public.project.notFound"));
});
