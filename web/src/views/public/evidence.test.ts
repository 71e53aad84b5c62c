// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { api } from "@/api";
import { utf8 } from "@/crypto/bid/encoding";
import { digestOf } from "@/crypto/bid/hash";
import { saveFile } from "@/ui/save";
import { all, leaveAll, mounted, say, words } from "../../../tests/mounted";
import Evidence from "./Evidence.vue";

vi.mock("@/ui/save", () => ({ saveFile: vi.fn(async () => undefined) }));

const BYTES = utf8("a bundle");
const shown = (supervises = false) => mounted(Evidence, { project: "p", number: "ZB-1", supervises });
const buttons = () => all("button");

/** A service that has an edition, or refuses; tells which were asked for. */
function serve(answer: () => object): string[] {
  const asked: string[] = [];
  vi.spyOn(api, "GET").mockImplementation((async (_: string, { params }: { params: { query: { edition: string } } }) => {
    asked.push(params.query.edition);
    return answer();
  }) as never);
  return asked;
}

afterEach(() => {
  leaveAll();
  vi.mocked(saveFile).mockClear();
  vi.restoreAllMocks();
});

it("saves the public edition, and says by which digest it is compared", async () => {
  const asked = serve(() => ({ data: new Blob([BYTES]), response: new Response() }));
  await shown();
  expect(buttons()).toHaveLength(1);
  expect(words()).toContain("kaibiao-verify ZB-1.kev --policy policy.json");
  buttons()[0]!.click();
  await vi.waitFor(() => expect(words()).toContain(digestOf(BYTES)));
  expect(asked).toEqual(["public"]);
  expect(vi.mocked(saveFile).mock.lastCall?.[0]).toBe("ZB-1.kev");
});

it("offers the edition with persons to the supervisor", async () => {
  const asked = serve(() => ({ data: new Blob([BYTES]), response: new Response() }));
  await shown(true);
  expect(words()).toContain(say("public.evidence.persons"));
  buttons()[1]!.click();
  await vi.waitFor(() => expect(words()).toContain("kaibiao-verify ZB-1.supervisor.kev --policy policy.json"));
  expect(asked).toEqual(["supervisor"]);
});

it("says why there is none yet, and what to do", async () => {
  const problem = { code: "bundle-waits", title: "尚未形成", detail: "请稍后再试", detail_zh: "请稍后再试", detail_en: "later" };
  serve(() => ({ error: problem, response: new Response(null, { status: 409 }) }));
  await shown();
  buttons()[0]!.click();
  await vi.waitFor(() => expect(words()).toContain("请稍后再试"));
  expect(saveFile).not.toHaveBeenCalled();
});
