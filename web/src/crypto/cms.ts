/** Detached signatures (.p7s) as this project makes them, that other people's tools check (docs/spec/cms.md, 3). */
import { concat } from "./bid/encoding";
import type { Bytes, Millis } from "./bid/types";
import * as asn1 from "./der";
import { TAG, write } from "./der";
import { CryptoFailure } from "./failure";
import type { PrivateHalf } from "./keys";
import { loadSuite, suiteOfKey } from "./suite";
import { parseCertificate } from "./x509";

/** What is to be signed, for whoever holds the key. */
export interface DetachedDraft {
  /** The DER of the signed attributes. It begins with the octet 0x31, and what an act signs does not. */
  message: Bytes;
  /** The whole message, once it is signed; of ECDSA the value is r || s. */
  finish(algorithm: PrivateHalf["algorithm"], value: Bytes): Bytes;
}

/** The longest that an act carries (docs/spec/acts.md), and the most certificates in one. */
export const MAX_CARRIED = 32_768;
export const MAX_CERTIFICATES = 8;

const ID = {
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificate: "1.2.840.113549.1.9.16.2.47",
} as const;

/** By whose names a message goes: RFC 5652's, and those of GM/T 0010. */
const FRAMES = {
  intl: { signedData: "1.2.840.113549.1.7.2", data: "1.2.840.113549.1.7.1", hash: "2.16.840.1.101.3.4.2.1" },
  gm: { signedData: "1.2.156.10197.6.1.4.2.2", data: "1.2.156.10197.6.1.4.2.1", hash: "1.2.156.10197.1.401" },
} as const;

const SIGNATURES = {
  "rsa-pkcs1-sha256": () => sequence(oid("1.2.840.113549.1.1.1"), write(TAG.null)),
  "ecdsa-p256-sha256": () => sequence(oid("1.2.840.10045.4.3.2")),
  "sm2-sm3": () => sequence(oid("1.2.156.10197.1.501")),
} as const;

/** Over these bytes, at `at` (whole seconds are told), by the holder of the chain's first certificate, whose key says in which frame. */
export async function detached(content: Bytes, at: Millis, chain: Bytes[]): Promise<DetachedDraft> {
  const [leaf] = chain;
  if (!leaf) throw new CryptoFailure("certificate-malformed");
  const { key, spki, issuer } = parseCertificate(leaf);
  const name = key === "sm2" ? "gm" : "intl";
  await loadSuite(name);
  const frame = FRAMES[name];
  const suite = suiteOfKey(spki);
  const digest = (bytes: Bytes) => write(TAG.octetString, suite.digest(bytes));
  const hash = sequence(oid(frame.hash));
  // SHA-256 is not named, since it is meant where nothing is.
  const entry = sequence(...(name === "gm" ? [hash] : []), digest(leaf));
  const attributes = ascending([
    attribute(ID.contentType, oid(frame.data)),
    attribute(ID.messageDigest, digest(content)),
    attribute(ID.signingTime, time(at)),
    attribute(ID.signingCertificate, sequence(sequence(entry))),
  ]);
  return {
    message: write(TAG.set, attributes),
    finish(algorithm, value) {
      const half = value.length / 2;
      const isRaw = algorithm === "ecdsa-p256-sha256";
      const signer = sequence(
        integer(Uint8Array.of(1)),
        sequence(issuer, serial(leaf)),
        hash,
        write(TAG.explicit(0), attributes),
        SIGNATURES[algorithm](),
        write(TAG.octetString, isRaw ? sequence(integer(value.slice(0, half)), integer(value.slice(half))) : value),
      );
      const signed = sequence(
        integer(Uint8Array.of(1)),
        write(TAG.set, hash),
        sequence(oid(frame.data)),
        write(TAG.explicit(0), ascending(unique(chain))),
        write(TAG.set, signer),
      );
      return sequence(oid(frame.signedData), write(TAG.explicit(0), signed));
    },
  };
}

function sequence(...parts: Bytes[]): Bytes {
  return write(TAG.sequence, ...parts);
}

function attribute(type: string, value: Bytes): Bytes {
  return sequence(oid(type), write(TAG.set, value));
}

/** The content of a SET OF. */
function ascending(elements: Bytes[]): Bytes {
  const before = (one: Bytes, other: Bytes) => {
    const at = one.findIndex((octet, index) => octet !== other[index]);
    return at < 0 ? one.length - other.length : (one[at] ?? 0) - (other[at] ?? -1);
  };
  return concat(...[...elements].sort(before));
}

function unique(chain: Bytes[]): Bytes[] {
  const seen = new Map(chain.map((der) => [parseCertificate(der).digest, der]));
  return [...seen.values()];
}

/** A number that is not negative. */
function integer(octets: Bytes): Bytes {
  const first = octets.findIndex((octet) => octet !== 0);
  const least = first < 0 ? Uint8Array.of(0) : octets.slice(first);
  return write(TAG.integer, (least[0] ?? 0) & 0x80 ? concat(Uint8Array.of(0), least) : least);
}

function oid(dotted: string): Bytes {
  const [one = 0, two = 0, ...rest] = dotted.split(".").map(Number);
  const octets = [one * 40 + two, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80);
    return groups;
  });
  return write(TAG.oid, Uint8Array.from(octets));
}

/** UTCTime, and from 2050 on GeneralizedTime. */
function time(at: Millis): Bytes {
  const digits = new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  const short = digits < "2050";
  return write(short ? TAG.utcTime : TAG.generalizedTime, new TextEncoder().encode(short ? digits.slice(2) : digits));
}

/** A certificate's serial number, as it stands there. */
function serial(der: Bytes): Bytes {
  const parts = asn1.child(asn1.read(der), 0, TAG.sequence);
  const versioned = asn1.child(parts, 0).tag === TAG.explicit(0);
  return asn1.child(parts, versioned ? 1 : 0, TAG.integer).whole;
}
