/** Whether a path's certificates are revoked, by the lists that a judgement rested on (docs/spec/signatures.md, 6). */
import { hex } from "./bid/encoding";
import type { Bytes } from "./bid/types";
import type { Hex, Millis } from "./contract";
import { parseList, speaksOf, type RevocationList } from "./crl";
import { CryptoFailure } from "./failure";
import { isSignedBy } from "./signed";
import { CRL_SIGN, type Certificate } from "./x509";

/** What is done where an authority's lists are missing or out of date (api: RevocationPolicy). */
export type Policy = "required" | "best-effort";

/** Lists that were kept, by the digest of their DER. */
export type Lists = ReadonlyMap<Hex, RevocationList>;

/** On which lists a judgement is made. */
export interface Basis {
  lists: readonly RevocationList[];
  /** Until when lists were let be relied on that had ended. */
  bridged?: Millis;
}

/** How long ago a list may have ended that is relied on still. */
const LONGEST_ENDED = 24 * 3_600_000;

/** Reads lists in DER. One that cannot be read is left out, so that only what rests on it goes unproved. */
export function readLists(lists: Iterable<Uint8Array>): Lists {
  const read = [...lists].flatMap((der) => parseList(der.slice()) ?? []);
  return new Map(read.map((list) => [list.digest, list]));
}

/** Checks a path, the leaf first, the root last. Throws one of `certificate-revoked`, `certificate-crl-...`. */
export async function checkRevocation(path: Certificate[], { lists, bridged }: Basis, policy: Policy, now: Millis): Promise<void> {
  const relied = bridged !== undefined && now <= bridged;
  const second = Math.floor(now / 1000) * 1000;
  // The root is believed because it is configured, and not for any list.
  for (const [below, certificate] of path.slice(0, -1).entries()) {
    const issuer = path[below + 1] as Certificate;
    const list = listFor(certificate, lists, below === 0);
    if (!list) {
      if (policy === "required") throw new CryptoFailure("certificate-crl-missing");
      continue;
    }
    if (!(await isByIssuer(list, issuer))) throw new CryptoFailure("certificate-crl-broken");
    if (policy === "required" && !relied && second >= list.nextUpdate) throw stale(list);
    if (relied && now - list.nextUpdate > LONGEST_ENDED) throw stale(list);
    const isRoot = below === path.length - 2;
    if (!isRoot && issuer.usage && !issuer.usage.has(CRL_SIGN)) throw new CryptoFailure("certificate-crl-broken");
    if (list.revoked.has(certificate.serial)) throw new CryptoFailure("certificate-revoked");
  }
}

/** Of several lists of one issuer, the newest. */
function listFor(certificate: Certificate, lists: readonly RevocationList[], isLeaf: boolean): RevocationList | undefined {
  const own = lists.filter((list) => speaksOf(list, certificate, isLeaf));
  return own.sort((a, b) => b.thisUpdate - a.thisUpdate)[0];
}

function stale({ nextUpdate }: RevocationList): CryptoFailure {
  return new CryptoFailure("certificate-crl-stale", { until: nextUpdate });
}

/** Lists are long and asked often, so each is checked once for each key. */
const checked = new WeakMap<RevocationList, Map<Hex, Promise<boolean | undefined>>>();

function isByIssuer(list: RevocationList, { spki }: { spki: Bytes }): Promise<boolean | undefined> {
  const known = checked.get(list) ?? new Map<Hex, Promise<boolean | undefined>>();
  checked.set(list, known);
  const key = hex(spki);
  const answer = known.get(key) ?? isSignedBy(list.signature, spki);
  known.set(key, answer);
  return answer;
}
