import { expect, it } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { i18n } from "@/i18n";
import type { FeedItem, View } from "@/room";
import Doings from "./Doings.vue";

const item = (n: number, kind: string): FeedItem => ({ n, kind, seq: n, time: n * 1000, body: {} }) as unknown as FeedItem;
const page = (view: object, log: FeedItem[]) => renderToString(createSSRApp(Doings, { view: view as View, log, own: "" }).use(i18n));
const shown = (view: object, log: FeedItem[]) =>
  page(view, log).then((html) => [...html.matchAll(/<li[^>]*>(.*?)<\/li>/gs)].map(([, line]) => line!.replace(/<[^>]*>/g, "").trim()));
const keys = [{ name: "甲公司" }, { name: "乙中心" }];
const log = [item(1, "drafted"), item(2, "key_certified"), item(3, "key_certified"), item(4, "custodian_invited")];

it("names whose keys are certified, once, in the place of the last", async () => {
  const lines = await shown({ lots: {}, keys }, log);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain("保管公钥已签发：甲公司、乙中心");
});

it("says that nothing was done only once the log is there", async () => {
  const none = i18n.global.t("custodian.log.none");
  expect(await page({ lots: {} }, [])).not.toContain(none);
  expect(await page({ lots: {} }, [item(1, "drafted")])).toContain(none);
});

it("names those of the terms when the keys are shown no more", async () => {
  const lots = {
    1: { custodians: [{ x: 1, name: "甲公司" }] },
    2: {
      custodians: [
        { x: 1, name: "甲公司" },
        { x: 2, name: "丙局" },
      ],
    },
  };
  const lines = await shown({ lots, published: 1 }, log);
  expect(lines[1]).toContain("保管公钥已签发：甲公司、丙局");
});
