import { describe, expect, it } from "vitest";
import { type Duty, lacksKey, type Line, phaseOf, sorted } from "./duties";

const duty = (change: Partial<Duty>): Duty => ({
  lot: "1",
  title: "",
  stage: "bidding",
  x: 1,
  certified: true,
  key: "k",
  agent: false,
  released: false,
  release: 2,
  custodians: 3,
  ...change,
});
const line = (id: string, duties: Duty[], deadline = 0): Line =>
  ({ id, title: id, number: id, stage: "", deadline, duties, lots: 1, stages: {}, suspended: false }) as unknown as Line;

describe("a custodian's duties", () => {
  it("say what is to be done in each stage", () => {
    expect(phaseOf(duty({ stage: "preparing", certified: false, key: undefined }))).toBe("keyMissing");
    expect(phaseOf(duty({ stage: "preparing" }))).toBe("certified");
    expect(phaseOf(duty({ stage: "unlocking" }))).toBe("waiting");
    expect(phaseOf(duty({ stage: "releasing" }))).toBe("releaseNow");
    expect(phaseOf(duty({ stage: "releasing", released: true }))).toBe("released");
    expect(phaseOf(duty({ stage: "announced", released: true }))).toBe("released");
    expect(phaseOf(duty({ stage: "terminated" }))).toBe("over");
  });

  it("put a release that is due before everything else", () => {
    const lines = [
      line("over", [duty({ stage: "closed" })]),
      line("missing", [duty({ stage: "preparing", certified: false })]),
      line("now", [duty({ stage: "closed" }), duty({ stage: "releasing" })]),
      line("none", []),
    ];
    expect(sorted(lines).map((it) => it.id)).toEqual(["now", "missing", "over"]);
  });

  it("lack a key while any lot does", () => {
    expect(lacksKey([duty({}), duty({ stage: "preparing", certified: false })])).toBe(true);
    expect(lacksKey([duty({})])).toBe(false);
  });
});
