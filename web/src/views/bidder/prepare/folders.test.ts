import { expect, it } from "vitest";
import { added, nameProblems } from "./documents";
import { dropped, foundIn, offered } from "./folders";

const file = (name: string, path = "") => Object.defineProperty(new File(["1"], name), "webkitRelativePath", { value: path });
const names = (files: File[]) => offered(foundIn(files)).given.map(({ name }) => name);

it("keeps the folders in the names, but the one that all come from, in the order of their numbers", () => {
  const files = [
    file("10.pdf", "投标/图纸/10.pdf"),
    file("2.pdf", "投标/图纸/2.pdf"),
    file("函.pdf", "投标/函.pdf"),
    file(".DS_Store", "投标/.DS_Store"),
    file("~$函.docx", "投标/~$函.docx"),
  ];
  expect(names(files).sort()).toEqual(["函.pdf", "图纸_10.pdf", "图纸_2.pdf"].sort());
  expect(names(files).indexOf("图纸_2.pdf")).toBeLessThan(names(files).indexOf("图纸_10.pdf"));
  expect(offered(foundIn(files)).left).toBe(2);
  expect(nameProblems(added([], offered(foundIn(files)).given))).toEqual([]);
});

it("leaves files that were chosen one by one as they are, whatever they are called", () => {
  expect(names([file("b.pdf"), file("a.pdf"), file("Thumbs.db")])).toEqual(["b.pdf", "a.pdf", "Thumbs.db"]);
});

it("says what is wrong with a name that the folders make", () => {
  const deep = `投标/${"目录".repeat(50)}/a.pdf`;
  expect(nameProblems(added([], offered(foundIn([file("a.pdf", deep)])).given)).map(({ code }) => code)).toEqual(["name-length"]);
});

it("gives a document of a folder back its place when the folder is chosen again", () => {
  const given = offered(foundIn([file("a.pdf", "投标/甲/a.pdf"), file("b.pdf", "投标/乙/b.pdf")])).given;
  const before = [
    { name: "乙_b.pdf", file: "乙_b.pdf" },
    { name: "技术.pdf", file: "甲_a.pdf" },
  ];
  expect(added([], given, before).map(({ name }) => name)).toEqual(["乙_b.pdf", "技术.pdf"]);
});

it("walks through folders that were dropped, however much a reader gives at once", async () => {
  const leaf = (path: string) => ({
    isFile: true,
    fullPath: path,
    file: (done: (file: File) => void) => done(new File(["1"], path.slice(path.lastIndexOf("/") + 1))),
  });
  const folder = (path: string, inside: object[]) => ({
    isDirectory: true,
    fullPath: path,
    createReader: () => {
      const left = [...inside];
      return { readEntries: (done: (entries: object[]) => void) => done(left.splice(0, 1)) };
    },
  });
  const tree = folder("/投标", [leaf("/投标/a.pdf"), folder("/投标/图纸", [leaf("/投标/图纸/b.pdf"), leaf("/投标/图纸/c.pdf")])]);
  const items = [tree, leaf("/d.pdf")].map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry }));
  const found = await dropped({ items, files: [] } as unknown as DataTransfer);
  expect(found.map(({ path }) => path)).toEqual(["投标/a.pdf", "投标/图纸/b.pdf", "投标/图纸/c.pdf", "d.pdf"]);
  expect(offered(found).given.map(({ name }) => name)).toContain("投标_图纸_b.pdf");
});
