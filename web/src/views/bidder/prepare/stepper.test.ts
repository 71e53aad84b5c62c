import { expect, it } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { i18n } from "@/i18n";
import Stepper from "./Stepper.vue";

const names = ["terms", "sheet", "documents", "spares", "seal", "submit"];

/** Of each step: whether it is ticked, and whether it can be entered. */
async function shown(props: { at: number; ready: boolean[]; open?: number; done?: number }): Promise<string[]> {
  const html = await renderToString(createSSRApp(Stepper, { names, ...props }).use(i18n));
  return html
    .split("<li")
    .slice(1)
    .map((step) => `${step.includes("✓") ? "ticked" : "open"}${step.includes(" disabled") ? " closed" : ""}`);
}

it("ticks every step that was done on the way to the last one", async () => {
  expect(await shown({ at: 5, ready: [true, true, true, true, true], open: 5 })).toEqual([...Array(5).fill("ticked"), "open"]);
});

it("ticks no sealing that was not done here, though the last step is open", async () => {
  expect(await shown({ at: 5, ready: [true, true, true, true, false], open: 5 })).toEqual([...Array(4).fill("ticked"), "open", "open"]);
});

it("ticks what was done for a bid that is there after a reload, and opens no step by it", async () => {
  const ready = [true, true, false, false, false];
  expect(await shown({ at: 5, ready, open: 5, done: 5 })).toEqual([...Array(3).fill("ticked"), ...Array(2).fill("ticked closed"), "open"]);
});

it("leaves what comes after something undone to wait", async () => {
  const ready = [true, false, true, true, false];
  expect(await shown({ at: 1, ready, open: 5 })).toEqual(["ticked", "open", "open closed", "open closed", "open closed", "open"]);
});
