// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, field, fill, leaveAll, mounted, press, say, words } from "../../../tests/mounted";
import Rating from "../Rating.vue";
import PrivateTalk from "./PrivateTalk.vue";

const act = vi.fn(async (_project: string, _body: object): Promise<object> => ({}));
vi.mock("@/session", () => ({ useSession: () => ({ act }) }));
beforeEach(() => act.mockReset().mockResolvedValue({}));
afterEach(leaveAll);

describe("a private line", () => {
  const send = vi.fn();
  const text = say("stages.private.text");
  const go = say("stages.private.send");
  const lines = [{ seq: 1, by: "主持人", name: "甲", time: 1, text: "请补正" }];
  beforeEach(() => send.mockReset().mockResolvedValue(undefined));

  it("is sent without its edges, and the field is empty again", async () => {
    await mounted(PrivateTalk, { lines, send, why: undefined });
    expect(words()).toContain("请补正");
    expect(words()).toContain(say("stages.private.public"));
    expect(button(go)?.disabled).toBe(true);
    await fill(text, " 收到 ");
    await press(go);
    expect(send).toHaveBeenCalledExactlyOnceWith("收到");
    expect(field(text).value).toBe("");
  });

  it("stays in the field where it could not be sent", async () => {
    send.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await mounted(PrivateTalk, { lines, send, why: undefined });
    await fill(text, "收到");
    await press(go);
    expect([field(text).value, all("[role=alert]").length]).toEqual(["收到", 1]);
  });

  it("cannot be written where it says why not", async () => {
    await mounted(PrivateTalk, { lines, send, why: { code: "wrong-stage" } });
    expect(words()).toContain(say("stages.why.wrong-stage"));
    expect(button(go)).toBeUndefined();
  });
});

describe("rating the service", () => {
  const go = say("public.rating.send");
  const choose = async (score: number) => {
    all<HTMLInputElement>("input[type=radio]")[5 - score]?.click();
    await vi.waitFor(() => expect(button(go)?.disabled).toBe(false));
  };

  it("wants a score, and takes no word", async () => {
    await mounted(Rating, { project: "p" });
    expect(button(go)?.disabled).toBe(true);
    await choose(4);
    await press(go);
    expect(act).toHaveBeenCalledExactlyOnceWith("p", { act: "rate", score: 4 });
    expect(words()).toContain(say("public.rating.thanks"));
  });

  it("asks for the reason of a low score, and keeps it where it could not be sent", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await mounted(Rating, { project: "p" });
    await choose(2);
    expect(words()).toContain(say("public.rating.low"));
    await fill(say("public.rating.comment"), " 等待太久 ");
    await press(go);
    expect(field(say("public.rating.comment")).value).toBe(" 等待太久 ");
    await press(go);
    expect(act).toHaveBeenLastCalledWith("p", { act: "rate", score: 2, comment: "等待太久" });
  });

  it("is done once", async () => {
    await mounted(Rating, { project: "p", given: 5 });
    expect(button(go)).toBeUndefined();
  });
});
