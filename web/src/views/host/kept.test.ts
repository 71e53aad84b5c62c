import "fake-indexeddb/auto";
import { expect, it } from "vitest";
import { newForm } from "./form";
import { allKept, forget, keep, kept } from "./kept";

it("keeps each organisation's forms apart, and until they are forgotten", async () => {
  const form = { ...newForm(), title: "河口小学" };
  await keep("A", "new", form);
  await keep("B", "p1", newForm());
  expect((await kept("A", "new"))?.form.title).toBe("河口小学");
  expect([...(await allKept("A")).keys()]).toEqual(["new"]);
  await forget("A", "new");
  expect(await kept("A", "new")).toBeUndefined();
});
