// @vitest-environment happy-dom
/** Forms that need the list of authorities say where it could not be read: without it nothing can be sent. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import BindRole from "@/views/centre/BindRole.vue";
import { all, choose, field, leaveAll, mounted, press, say, settled, words } from "../../tests/mounted";
import LinkAuthority from "./LinkAuthority.vue";

const ask = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: ask }, data: (reply: unknown) => reply }));
vi.mock("@/session", () => ({ useSession: () => ({ session: { organisation: "own" }, act: async () => undefined }) }));

beforeEach(
  () =>
    void ask
      .mockReset()
      .mockRejectedValueOnce(new Refused(0))
      .mockResolvedValue({ cas: [{ id: "ca-1" }, { id: "ca-2" }] }),
);
afterEach(leaveAll);

it.each([
  ["binding a role", BindRole, { roles: ["host"] }, "centre.accounts.issuer"],
  ["linking an authority", LinkAuthority, {}, "session.link.authority"],
])("%s", async (_, part, props, label) => {
  const page = await mounted(part, { open: false, ...props });
  page.given["open"] = true;
  await settled();
  expect(words()).toContain(say("common.unreachable"));
  await press(say("common.retry"));
  expect([all("[role=alert]"), [...field(say(label)).options].map((it) => it.value)]).toEqual([[], ["ca-1", "ca-2"]]);
});

it("names the papers that could not be read, and puts none of the former ones on record", async () => {
  const page = await mounted(LinkAuthority, { open: false });
  page.given["open"] = true;
  await settled();
  await press(say("common.retry"));
  const papers = say("session.link.papers");
  await choose(papers, new File(["1"], "1.pdf"), new File(["2"], "2.pdf"));
  await vi.waitFor(() => expect(words()).toContain(say("session.link.papersHint", { n: 2 })));
  const gone = new File(["3"], "3.pdf");
  gone.arrayBuffer = () => Promise.reject(new DOMException("gone", "NotReadableError"));
  await choose(papers, new File(["1"], "1.pdf"), gone);
  await vi.waitFor(() => expect(all("[role=alert]").map((it) => words(it))).toEqual([expect.stringContaining("3.pdf")]));
  expect(words()).toContain(say("session.link.papersHint", { n: 0 }));
});
