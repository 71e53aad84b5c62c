import { describe, expect, it } from "vitest";
import { allowed, back } from "./guard";
import { nearest, ways } from "./navigation";

describe("after a login", () => {
  it("one comes back to where one wanted to go, and never to another's page", () => {
    expect(back("/bidder?x=1")).toBe("/bidder?x=1");
    expect(back("//evil.example/")).toBe("/");
    expect(back("/\\evil.example/")).toBe("/");
    expect(back("https://evil.example/")).toBe("/");
    expect(back(["/a"])).toBe("/");
    expect(back(undefined)).toBe("/");
  });
});

describe("ways", () => {
  it("are open to whoever has one of the roles", () => {
    expect(allowed(undefined, [])).toBe(true);
    expect(allowed(["host", "centre"], ["centre"])).toBe(true);
    expect(allowed(["host"], ["bidder"])).toBe(false);
    // A page for whoever is logged in.
    expect(allowed([], [])).toBe(true);
  });

  it("of somebody without a login are the public's", () => {
    expect(ways([]).map((way) => way.to)).toEqual(["/", "/tool", "/check"]);
    expect(ways(["bidder"]).map((way) => way.to)).toContain("/bidder");
  });

  it("show where one is, on their subpages too", () => {
    const open = ways(["centre", "supervisor"]);
    expect(nearest(open, "/supervisor/1")).toBe("/supervisor");
    expect(nearest(open, "/centre/help")).toBe("/centre/help");
    expect(nearest(open, "/centre")).toBe("/centre");
    expect(nearest(open, "/")).toBe("/");
    expect(nearest(open, "/projects/1")).toBeUndefined();
  });
});
