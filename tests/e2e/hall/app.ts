/**
 * The hall's screen and the host's console as they are, over a made-up opening:
 * what they ask of the server is answered here, by what the address says.
 */
import { search } from "./search";
import { createPinia } from "pinia";
import { createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import { i18n, speak } from "../../../web/src/i18n";
import "../../../web/src/styles/base.css";
import AppShell from "../../../web/src/ui/AppShell.vue";
import Console from "../../../web/src/views/host/Console.vue";
import Screen from "../../../web/src/views/public/Screen.vue";
import { PROJECT } from "./views";

const nothing = { render: () => h("p") };
const shelled = { props: ["project"], render: (given: { project: string }) => h(AppShell, () => h(Console, { project: given.project })) };
const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: "/screen/:project", name: "screen", component: Screen, props: true },
    { path: "/console/:project", name: "console", component: shelled, props: true },
    { path: "/manage/:project", name: "manage", component: nothing },
    { path: "/:rest(.*)*", component: nothing },
  ],
});
await speak(search.get("speak") === "en" ? "en" : "zh-CN");
await router.push(`/${search.get("show") ?? "screen"}/${PROJECT}`);
createApp({ render: () => h(RouterView) })
  .use(createPinia())
  .use(i18n)
  .use(router)
  .mount("#app");
