/** The bidders' board with a thousand bidders, one of whom unlocks every 50 ms, as in a full hall. */
import { createApp, h, reactive } from "vue";
import type { Schemas } from "../../../web/src/api";
import { i18n, speak } from "../../../web/src/i18n";
import "../../../web/src/styles/base.css";
import PartyBoard from "../../../web/src/ui/room/PartyBoard.vue";

const COUNT = 1_000;

const party = (index: number): Schemas["PartyView"] =>
  ({
    party: index.toString(16).padStart(32, "0"),
    name: `第${index + 1}建筑工程有限公司`,
    signed_in: index % 7 !== 0,
    bid: index.toString(16).padStart(64, "0"),
    course: { deposit: "paid", attempts: [] },
  }) as unknown as Schemas["PartyView"];

const lot = reactive({
  title: "教学楼智能化工程",
  stage: "unlocking",
  minimum: 3,
  parties: Array.from({ length: COUNT }, (_, index) => party(index)),
}) as unknown as Schemas["LotView"];

let next = 0;
setInterval(() => {
  const one = lot.parties?.[next++ % COUNT];
  if (one?.course) Object.assign(one.course, { unlocked_at: Date.now() });
}, 50);

await speak("zh-CN");
createApp({ render: () => [h("h1", "解密进度"), h(PartyBoard, { lot, officially: true })] })
  .use(i18n)
  .mount("#app");
