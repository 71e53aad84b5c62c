import { effectScope, nextTick, ref } from "vue";
import { expect, test, vi } from "vitest";
import { followLine, type Line, tellLine } from "./announcing";

const line = (party: string): Line => ({ lot: "1", party });
const heard = (what: () => unknown, wanted: unknown) => vi.waitFor(() => expect(what()).toEqual(wanted));

test("a screen follows the console line by line, also one that is opened later", async () => {
  const [told, console_, screen] = [ref<Line>(), effectScope(), effectScope()];
  console_.run(() => tellLine("p", () => told.value));
  const early = screen.run(() => followLine("p"))!;
  told.value = line("a");
  await nextTick();
  await heard(() => early.value, line("a"));
  const late = screen.run(() => followLine("p"))!;
  await heard(() => late.value, line("a"));
  told.value = line("b");
  await heard(() => [early.value, late.value], [line("b"), line("b")]);
  // The console is left: nothing is read any more.
  console_.stop();
  await heard(() => early.value, undefined);
  screen.stop();
});

test("a screen of another project hears nothing", async () => {
  const [told, scope] = [ref<Line>(), effectScope()];
  const [own, other] = scope.run(() => {
    tellLine("p", () => told.value);
    return [followLine("p"), followLine("q")] as const;
  })!;
  told.value = line("a");
  await heard(() => own.value, line("a"));
  expect(other.value).toBeUndefined();
  scope.stop();
});
