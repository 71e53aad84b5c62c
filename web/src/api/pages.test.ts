import { describe, expect, it } from "vitest";
import { firstPages } from "./pages";

interface Told {
  rooms: number[];
  now: number;
  next?: string;
}

/** Three pages of two. */
async function ask(after = "0"): Promise<Told> {
  const at = Number(after);
  return { rooms: [at, at + 1], now: at, ...(at < 4 ? { next: String(at + 2) } : {}) };
}

describe("a list in pages", () => {
  it("is read whole where there is room, and says that nothing is left", async () => {
    expect(await firstPages(ask, "rooms", 5)).toEqual({ rooms: [0, 1, 2, 3, 4, 5], now: 0 });
  });

  it("says that there is more where it was not read whole", async () => {
    expect(await firstPages(ask, "rooms", 2)).toEqual({ rooms: [0, 1, 2, 3], now: 0, next: "4" });
  });
});
