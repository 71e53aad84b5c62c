import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { i18n } from "./i18n";
import { router } from "./router";
import { guard } from "./ui/guard";
import "./styles/base.css";

guard(router);
createApp(App).use(createPinia()).use(i18n).use(router).mount("#app");
