import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkActByKey, composeAct, lowS, message, readBody, type VerifyingKey } from "@/crypto/bid/act";
import { canonical, readCanonical } from "@/crypto/bid/canonical";
import { concat, hex, lp, u64, utf8 } from "@/crypto/bid/encoding";
import { labelled, sha256 } from "@/crypto/bid/hash";
import { pointOf, spkiOf } from "@/crypto/suite/intl/p256";
import { continues, includes, leafHash } from "@/crypto/bid/tree";
import { parseAct, parseJson } from "@/crypto/bid/wire";
import { CryptoFailure, checkStatement, type Bytes, type SignedStatement } from "@/crypto/bid";
import { b64, codeOf, unhexed, vectors } from "./vectors";

interface ActVector {
  name: string;
  expect: string;
  act: string;
  origin: string;
  project: string;
  key_kind: string;
  key: string;
  message?: string;
}

/** RSAPublicKey (RFC 8017, A.1.1) inside a SubjectPublicKeyInfo. */
function rsaSpki(key: Bytes): Bytes {
  const der = (tag: number, ...parts: Uint8Array[]) => {
    const content = concat(...parts);
    return concat(Uint8Array.of(tag, 0x82, content.length >> 8, content.length & 255), content);
  };
  const algorithm = unhexed("300d06092a864886f70d0101010500");
  return der(0x30, algorithm, der(0x03, Uint8Array.of(0), key));
}

function verifyingKey({ key_kind, key }: ActVector): VerifyingKey {
  const bytes = b64(key);
  if (key_kind === "ed25519") return { kind: "ed25519", key: bytes };
  return { kind: "spki", spki: key_kind === "rsa" ? rsaSpki(bytes) : spkiOf(bytes) };
}

describe("every act of the vectors", () => {
  it.each(vectors<ActVector[]>("signatures/acts.json"))("has its outcome: $name", async (vector) => {
    let outcome: string;
    try {
      const act = parseAct(vector.act);
      const body = await checkActByKey(act, vector, verifyingKey(vector));
      expect(hex(message(body["act"] as string, vector.origin, vector.project, utf8(act.body)))).toBe(vector.message);
      outcome = "accepted";
    } catch (error) {
      const code = codeOf(error);
      outcome = code === "act-wire" ? "wire" : code;
    }
    expect(outcome).toBe(vector.expect);
  });
});

describe("every statement of the vectors", () => {
  interface StatementVector {
    name: string;
    expect: string;
    kind: "receipt" | "acknowledge" | "closing" | "accepted";
    statement: string;
    origin: string;
    project: string;
    key: string;
  }
  it.each(vectors<StatementVector[]>("signatures/statements.json"))("has its outcome: $name", async (vector) => {
    const statement = JSON.parse(vector.statement) as { body: string; signature: { value: string } };
    const short: SignedStatement = { body: statement.body, signature: statement.signature.value };
    const outcome = await checkStatement(vector.kind, short, vector, vector.key).then(
      () => "accepted",
      (error: unknown) => codeOf(error) && "refused",
    );
    expect(outcome).toBe(vector.expect);
  });
});

describe("every proof of the vectors", () => {
  it.each(vectors<Record<string, any>[]>("tree/proofs.json"))("has its outcome: $kind $name", (vector) => {
    const holds =
      vector["kind"] === "inclusion"
        ? includes(vector["proof"], vector["leaf"], vector["root"])
        : continues(vector["proof"], vector["old_root"], vector["root"]);
    expect(holds).toBe(vector["expect"] === "accepted");
  });

  const logs = fileURLToPath(new URL("../../crypto/vectors/tlog/", import.meta.url));
  it.each(readdirSync(logs))("of the log %s is the one that golang.org/x/mod/sumdb/tlog accepted", (log) => {
    const meta = JSON.parse(readFileSync(`${logs}${log}/meta.json`, "utf8")) as Record<string, any>;
    const leaf = hex(leafHash(utf8(meta["leaf"])));
    expect(includes({ index: meta["index"], size: meta["size"], path: meta["incl"] }, leaf, meta["root"])).toBe(true);
    expect(continues({ old: meta["old"], size: meta["size"], path: meta["cons"] }, meta["old_root"], meta["root"])).toBe(true);
    expect(continues({ old: meta["old"], size: meta["size"], path: meta["cons"] }, meta["root"], meta["old_root"])).toBe(false);
  });

  it("shells, salted digests and leaves are those of the vectors", () => {
    const v = vectors<Record<string, any>>("tree/shell.json");
    const salted = (what: string) => {
      const body = utf8(v[what]);
      return hex(labelled(`kaibiao/1 ${what}`, unhexed(v[`${what}_salt`]), u64(body.length), body));
    };
    expect(readCanonical(v["shell"])).toMatchObject({ facts: salted("facts"), details: salted("details") });
    expect(hex(leafHash(utf8(v["shell"])))).toBe(v["leaf"]);
  });
});

describe("canonical JSON", () => {
  it("orders names by their UTF-16 code units, as RFC 8785 has it", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\u{1f600}": 5, "\u0080": 6, "\u00f6": 7 };
    expect(canonical(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}');
  });

  it("is read back from its one spelling and from no other", () => {
    expect(readCanonical(utf8('{"a":"标段","b":-3}'))).toEqual({ a: "标段", b: -3 });
    for (const other of [
      '{"b":1,"a":"x"}',
      '{"a": "x"}',
      '{"a":"x"}\n',
      '{"a":"\\u0078"}',
      '{"b":01}',
      '{"b":-0}',
      '{"b":1.0}',
      '{"b":1e0}',
      '{"a":1,"a":1}',
      '{"b":9007199254740992}',
      '\ufeff{"a":1}',
      '{"a":"\\ud800"}',
      '{"a":1}{}',
      "",
      "1.5",
      '{"a":{"b":1,"b":2}}',
      "[".repeat(100_000),
      "[".repeat(128) + "]".repeat(128),
    ])
      expect(() => readCanonical(utf8(other)), other.slice(0, 40)).toThrow();
    expect(() => readCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toThrow();
    expect(readCanonical(utf8('{"__proto__":{"a":1}}'))).toHaveProperty(["__proto__"]);
  });
});

describe("an act of one's own", () => {
  const place = { origin: "bid.example.cn", project: "" };

  it("is composed with a nonce of its own, in canonical form", () => {
    const { body, message: bytes } = composeAct(place, { act: "login", challenge: "x" }, (length) => new Uint8Array(length));
    expect(body).toBe(`{"act":"login","challenge":"x","nonce":"${"0".repeat(32)}"}`);
    expect(bytes).toEqual(message("login", place.origin, "", utf8(body)));
    expect(readBody(body)["act"]).toBe("login");
    expect(() => composeAct(place, { act: "No purpose" })).toThrow(CryptoFailure);
  });

  it("is accepted when WebCrypto signed it and s was made the smaller one", async () => {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
    for (let round = 0; round < 8; round++) {
      const { body, message: bytes } = composeAct(place, { act: "login", challenge: "x" });
      const value = lowS(new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, bytes)));
      const signature = { algorithm: "ecdsa-p256-sha256" as const, value: Buffer.from(value).toString("base64"), chain: [] };
      await expect(checkActByKey({ body, signature }, place, { kind: "spki", spki })).resolves.toMatchObject({ challenge: "x" });
      await expect(checkActByKey({ body, signature }, { ...place, project: "p" }, { kind: "spki", spki })).rejects.toMatchObject({
        code: "signature-invalid",
      });
    }
  });
});

it("the framing of a message tells every part from its neighbour", () => {
  expect(hex(message("submit", "o", "", utf8("{}")))).toBe(
    "6b61696269616f2f312073696700" + "000000067375626d6974" + "000000016f" + "00000000" + "000000027b7d",
  );
  expect(hex(lp(sha256()))).toHaveLength(72);
});

it("JSON from a file holds no member twice", () => {
  expect(parseJson('{"a":[{"a":1},{"a":"}\\"a\\":"}]}')).toEqual({ a: [{ a: 1 }, { a: '}"a":' }] });
  expect(parseJson('{"a":1,"\\u0061":2}')).toBeUndefined();
  expect(parseJson("{")).toBeUndefined();
});

it("points of P-256 are those that WebCrypto computes", async () => {
  const pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])) as CryptoKeyPair;
  const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const point = pointOf(new Uint8Array(Buffer.from(jwk.d!, "base64url")));
  expect(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))).toEqual(point);
});

it("a refusal is of one class on both sides of the folder's wall", async () => {
  expect((await import("@/crypto/failure")).CryptoFailure).toBe(CryptoFailure);
});
