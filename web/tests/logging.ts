/** A made-up public log with its witnesses, and proofs that rest on it, for tests of what is proved before a secret leaves. */
import type { Closing } from "@/crypto/bid";
import { canonical } from "@/crypto/bid/canonical";
import { base64, concat, hex, lp, u64, utf8 } from "@/crypto/bid/encoding";
import { digestOf, labelled, sha256 } from "@/crypto/bid/hash";
import { leafHash, nodeHash } from "@/crypto/bid/tree";
import type { StatementProof } from "@/crypto/contract";
import type { KIND } from "@/crypto/tlog/note";

type Kind = (typeof KIND)[keyof typeof KIND];

/** Someone who signs notes. */
export interface Signatory {
  vkey: string;
  /** A line of a signature; a witness's needs its time, in seconds. */
  sign(text: string, time?: number): Promise<string>;
}

export async function signatory(name: string, kind: Kind): Promise<Signatory> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const typed = concat(Uint8Array.of(kind), new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  const id = sha256(utf8(`${name}\n`), typed).slice(0, 4);
  return {
    vkey: `${name}+${hex(id)}+${base64(typed)}`,
    async sign(text, time) {
      const signed = time === undefined ? text : `cosignature/v1\ntime ${time}\n${text}`;
      const value = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, utf8(signed)));
      const whole = concat(id, time === undefined ? new Uint8Array() : u64(time), value);
      return `\u2014 ${name} ${base64(whole)}\n`;
    },
  };
}

/** The offline proof of the only entry of a log, signed by it and cosigned by each witness at a time in ms. */
export async function proofOf(entry: string, log: Signatory, witnesses: Signatory[], at: number): Promise<string> {
  const [origin] = log.vkey.split("+");
  const text = `${origin}\n1\n${base64(leafHash(utf8(entry)))}\n`;
  const lines = [await log.sign(text)];
  for (const witness of witnesses) lines.push(await witness.sign(text, Math.floor(at / 1000)));
  return `c2sp.org/tlog-proof@v1\nindex 0\n\n${text}\n${lines.join("")}`;
}

const SALT = "5".repeat(64);
const salt = new Uint8Array(32).fill(0x55);

/** The last event of a tree by what it says; `before` is the root of the two or fewer events before it. */
export function lastEvent(what: object, seq: number, at: number, before: Uint8Array) {
  const facts = canonical({ by: "time", what });
  const bytes = utf8(facts);
  const digest = hex(labelled("kaibiao/1 facts", salt, u64(bytes.length), bytes));
  const shell = canonical({ details: digestOf(), facts: digest, seq, time: at });
  const leaf = leafHash(utf8(shell));
  return { facts, path: [hex(before)], salt: SALT, shell, leaf, root: nodeHash(before, leaf) };
}

/** That the statement's tree, which ends in this event, is anchored. */
export async function anchored(
  { project, root, size }: Pick<Closing, "project" | "root" | "size">,
  { facts, path, shell }: Pick<StatementProof["event"], "facts" | "path" | "shell">,
  log: Signatory,
  witnesses: Signatory[],
  at: number,
): Promise<StatementProof> {
  const tick = 7;
  const unhexed = new Uint8Array(Buffer.from(root, "hex"));
  const anchor = hex(labelled("kaibiao/1 anchor", lp(utf8(project)), u64(tick), salt, u64(size), unhexed));
  const proof = await proofOf(canonical({ anchor, kind: "anchor", stream: project, tick }), log, witnesses, at);
  return { anchored: { anchor: { root, salt: SALT, size, stream: project, tick }, proof }, event: { facts, path, salt: SALT, shell } };
}
