import { afterEach, describe, expect, it, vi } from "vitest";
import { hex, utf8 } from "@/crypto/bid/encoding";
import { digestOf } from "@/crypto/bid/hash";
import type { AcceptedAct } from "@/crypto/contract";
import { api } from ".";
import { certifiedIn, fetchLists } from "./lists";

const act = (...lists: (Uint8Array<ArrayBuffer> | null)[]): AcceptedAct => ({
  body: "{}",
  grounds: { at: 0, crls: lists.map((list) => list && { digest: digestOf(list), this_update: 0, next_update: 0 }) },
});

/** A server that hands out these answers by digest, and tells what it was asked. */
function serve(answers: Record<string, Uint8Array<ArrayBuffer> | number>): string[] {
  const asked: string[] = [];
  vi.spyOn(api, "GET").mockImplementation((async (_: string, { params }: { params: { path: { digest: string } } }) => {
    const { digest } = params.path;
    asked.push(digest);
    const answer = answers[digest] ?? 404;
    if (typeof answer === "number") return { response: new Response(null, { status: answer }) };
    return { data: answer.slice().buffer, response: new Response() };
  }) as never);
  return asked;
}

describe("revocation lists of accepted acts", () => {
  afterEach(() => vi.restoreAllMocks());

  it("are fetched once by the digests that the grounds name", async () => {
    const [one, two] = [utf8("one"), utf8("two")];
    const asked = serve({ [digestOf(one)]: one, [digestOf(two)]: two });
    const lists = await fetchLists([act(one, null), act(two, one), { body: "{}" }, null]);
    expect(lists.map(hex)).toEqual([one, two].map(hex));
    expect((await fetchLists([act(two)])).map(hex)).toEqual([hex(two)]);
    expect(asked).toEqual([digestOf(one), digestOf(two)]);
  });

  it("are left out where the server has none or another, and asked for again", async () => {
    const list = utf8("three");
    const digest = digestOf(list);
    for (const wrong of [404, utf8("other")]) {
      serve({ [digest]: wrong });
      expect(await fetchLists([act(list)])).toEqual([]);
    }
    serve({ [digest]: list });
    expect(await fetchLists([act(list)])).toHaveLength(1);
  });

  it("are not done without because the server is away", async () => {
    const list = utf8("four");
    for (const status of [429, 500, 503]) {
      serve({ [digestOf(list)]: status });
      await expect(fetchLists([act(list)])).rejects.toMatchObject({ status });
    }
  });

  it("of terms are those by which custodians' keys were certified", () => {
    const certified = act(utf8("five"));
    expect(certifiedIn(JSON.stringify({ custodians: [{ certified }] }))).toEqual([certified]);
    // An agent's own signature has no grounds; the authorisation under it has.
    const authorised = act(utf8("six"));
    expect(certifiedIn(JSON.stringify({ custodians: [{ certified: { body: "{}" }, authorised: { act: authorised, at: 1 } }] }))).toEqual([
      authorised,
    ]);
    expect(certifiedIn("{}")).toEqual([]);
  });
});
