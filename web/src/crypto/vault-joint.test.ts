import "fake-indexeddb/auto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyFile, SignedAct } from "./contract";
import { createVault } from "./vault";
import { jointText } from "./vault-joint";

const folder = mkdtempSync(join(tmpdir(), "joint-"));
const ORIGIN = "bid.example.cn";
const PROJECT = "0192d3a0-0000-7000-8000-000000000001";
const [LEAD, MEMBER, OTHER] = ["91350100M000100Y43", "91110000802100433B", "91440300708461136T"] as const;
const BODY = {
  act: "submit",
  lot: "1",
  bid: "ab".repeat(32),
  sequence: 1,
  members: [
    { organisation: MEMBER, name: "乙设计院" },
    { organisation: OTHER, name: "丙监测公司" },
  ],
};

/** A certificate with its key, in the clear. */
function person(code: string): KeyFile {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", `${code}.key`);
  const usage = ["-addext", "keyUsage=critical,digitalSignature,keyAgreement", "-addext", "basicConstraints=critical,CA:FALSE"];
  openssl("req", "-x509", "-new", "-key", `${code}.key`, "-out", `${code}.pem`, "-subj", `/O=${code}/CN=x/2.5.4.97=${code}`, ...usage);
  const both = [`${code}.key`, `${code}.pem`].map((name) => readFileSync(join(folder, name), "utf8")).join("");
  return { name: `${code}.pem`, bytes: new TextEncoder().encode(both) };
}

describe("a consortium's submission", () => {
  const people = new Map<string, KeyFile>();
  const vault = createVault();
  let act: SignedAct;
  let file: string;

  /** The file as this person passes it on. */
  const signedBy = async (code: string, text: string) => {
    await vault.open([people.get(code)!], "");
    return (await vault.consent(ORIGIN, text)).text;
  };

  beforeAll(async () => {
    for (const code of [LEAD, MEMBER, OTHER]) people.set(code, person(code));
    await vault.open([people.get(LEAD)!], "");
    act = await vault.sign({ origin: ORIGIN, project: PROJECT }, BODY);
    file = jointText({ project: PROJECT, act, consents: [] });
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("says what its members sign, and is signed by each of them once", async () => {
    const told = await vault.readJoint(ORIGIN, file);
    expect(told).toMatchObject({ project: PROJECT, lot: "1", bid: BODY.bid, members: BODY.members, signers: [], consents: [] });
    expect(told.lead.organisationCode).toBe(LEAD);
    const once = await signedBy(MEMBER, file);
    const both = await signedBy(OTHER, await signedBy(MEMBER, once));
    const signed = await vault.readJoint(ORIGIN, both);
    expect(signed.act.body).toBe(act.body);
    expect(signed.signers.map(({ organisationCode }) => organisationCode)).toEqual([MEMBER, OTHER]);
  });

  it("is signed by nobody whom it does not name, and for no other platform", async () => {
    await expect(signedBy(LEAD, file)).rejects.toMatchObject({ code: "not-a-member", params: { code: LEAD } });
    await vault.open([people.get(MEMBER)!], "");
    await expect(vault.consent("other.example.cn", file)).rejects.toMatchObject({ code: "signature-invalid" });
  });

  it("is refused when it is not what the lead has signed", async () => {
    const forged = { ...act, body: act.body.replace("丙监测公司", "丁监测公司") };
    const changed = vault.readJoint(ORIGIN, jointText({ project: PROJECT, act: forged, consents: [] }));
    await expect(changed).rejects.toMatchObject({ code: "signature-invalid" });
    const elsewhere = vault.readJoint(ORIGIN, jointText({ project: PROJECT.replace("1", "2"), act, consents: [] }));
    await expect(elsewhere).rejects.toMatchObject({ code: "signature-invalid" });
    for (const text of ["", "{}", file.replace("joint/1", "joint/2"), file.replace('"project"', '"extra": 1, "project"')]) {
      await expect(vault.readJoint(ORIGIN, text)).rejects.toMatchObject({ code: "not-a-joint-file" });
    }
  });

  it("counts no signature that is not over it", async () => {
    const signed = await vault.readJoint(ORIGIN, await signedBy(MEMBER, file));
    await vault.open([people.get(LEAD)!], "");
    const other = await vault.sign({ origin: ORIGIN, project: PROJECT }, BODY);
    const mixed = jointText({ project: PROJECT, act: other, consents: signed.consents });
    expect(await vault.readJoint(ORIGIN, mixed)).toMatchObject({ consents: [], signers: [] });
  });

  it("asks for another act's signature of nobody", async () => {
    await vault.open([people.get(LEAD)!], "");
    const withdrawal = await vault.sign({ origin: ORIGIN, project: PROJECT }, { act: "withdraw", lot: "1", sequence: 2 });
    const text = jointText({ project: PROJECT, act: withdrawal, consents: [] });
    await expect(vault.readJoint(ORIGIN, text)).rejects.toMatchObject({ code: "not-a-joint-file" });
  });
});
