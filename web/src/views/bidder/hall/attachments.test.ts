// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { all, choose, fill, leaveAll, mounted, press, say, settled, words } from "../../../../tests/mounted";
import Speak from "./Speak.vue";

const act = vi.fn(async () => ({}));
vi.mock("@/session", () => ({ useSession: () => ({ act }) }));

afterEach(() => {
  leaveAll();
  vi.unstubAllGlobals();
});

it("names the file that was refused, sends nothing without it, and names none where the act itself is refused", async () => {
  const refused = new Set(["b.pdf"]);
  vi.stubGlobal("fetch", async (_: string, { body }: { body: File }) => {
    if (refused.has(body.name)) return new Response("{}", { status: 413 });
    return new Response(JSON.stringify({ digest: `d-${body.name}`, size: 1, media_type: "application/pdf" }));
  });
  const view = { objections: [], questions: [] };
  await mounted(Speak, { kind: "object", project: "p", lot: "1", view, party: undefined });
  await fill(say("hall.speak.object.text"), "异议");
  await choose(say("hall.speak.files"), new File(["1"], "a.pdf"), new File(["2"], "b.pdf"));
  const send = say("hall.speak.object.send");
  const alarm = () => words(all("[role=alert]")[0] ?? document.createElement("i"));
  await press(send);
  await vi.waitFor(() => expect(alarm()).toContain("b.pdf"));
  expect(act).not.toHaveBeenCalled();
  refused.clear();
  act.mockRejectedValueOnce(new Error("refused"));
  await press(send);
  await vi.waitFor(() => expect(act).toHaveBeenCalledOnce());
  await settled();
  expect(alarm()).not.toBe("");
  expect(alarm()).not.toContain(".pdf");
});
