import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api";
import { colourOf, filled, wishes } from "./alerts";

const view: Schemas["AlertsView"] = {
  channels: ["mail"],
  kinds: ["clarified", "postponed", "ruled"],
  mail: { address: "a@example.org", confirmed: true },
  language: "en",
  unwanted: ["postponed"],
  follows: [],
};

describe("the form of alerts", () => {
  it("comes back as it was", () => {
    const form = filled(view);
    expect(form.wanted).toEqual(["clarified", "ruled"]);
    expect(wishes(form, view.kinds)).toEqual({ mail: "a@example.org", language: "en", unwanted: ["postponed"] });
  });

  it("forgets an address that is cleared, and takes what is typed without its spaces", () => {
    const form = { ...filled(view), mail: "  ", phone: " 138 0000 0000 " };
    expect(wishes(form, view.kinds)).toMatchObject({ phone: "138 0000 0000" });
    expect(wishes(form, view.kinds)).not.toHaveProperty("mail");
  });

  it("is in the page's language for somebody new", () => {
    const { mail: _, ...fresh } = view;
    expect(filled(fresh).language).toBe("zh-CN");
  });
});

it("shows what waits after a failed try as no trouble yet", () => {
  const of = (state: "waiting" | "sent" | "failed", attempts = 0) => colourOf({ state, attempts });
  expect([of("sent", 2), of("failed", 9), of("waiting"), of("waiting", 1)]).toEqual(["green", "red", "", "amber"]);
});
