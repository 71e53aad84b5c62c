import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { i18n } from "./i18n";
import { router } from "./router";
import { guard } from "./ui/guard";
import "./styles/base.css";

guard(router);
createApp(App).use(createPinia()).use(i18n).use(router).mount("#app");

// A page that was open while the server was upgraded asks for files that are no
// longer there. It then reloads where it was, but at most once a minute.
addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem("kaibiao.renewed"));
  if (Date.now() - last < 60_000) return;
  sessionStorage.setItem("kaibiao.renewed", String(Date.now()));
  event.preventDefault();
  location.reload();
});
