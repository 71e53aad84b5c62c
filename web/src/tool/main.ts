/** The offline tool: the pages that seal a bid, in one file, without a server. */
import { createApp } from "vue";
import ToolApp from "./ToolApp.vue";
import { i18n } from "./languages";
import "@/styles/base.css";

createApp(ToolApp).use(i18n).mount("#app");
