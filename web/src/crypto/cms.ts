/** Detached signatures (.p7s) as this project makes them, that everybody's tools check (docs/spec/cms.md, 3). */
import { concat, unhex } from "./bid/encoding";
import { sha256 } from "./bid/hash";
import type { Bytes, Hex, Millis } from "./bid/types";
import * as asn1 from "./der";
import { TAG, write } from "./der";
import { CryptoFailure } from "./failure";
import { parseCertificate } from "./x509";

/** What is to be signed, for whoever holds the key. */
export interface DetachedDraft {
  /** The DER of the signed attributes. It begins with the octet 0x31, and what an act signs does not. */
  message: Bytes;
  /** The whole message, once it is signed; of ECDSA the value is r || s. */
  finish(algorithm: "rsa-pkcs1-sha256" | "ecdsa-p256-sha256", value: Bytes): Bytes;
}

/** The longest that an act carries (docs/spec/acts.md), and the most certificates in one. */
export const MAX_CARRIED = 32_768;
export const MAX_CERTIFICATES = 8;

const ID = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificate: "1.2.840.113549.1.9.16.2.47",
  sha256: "2.16.840.1.101.3.4.2.1",
  rsa: "1.2.840.113549.1.1.1",
  ecdsa: "1.2.840.10045.4.3.2",
} as const;

/** Over a content of this SHA-256, at `at` (whole seconds are told), by the holder of the chain's first certificate. */
export function detached(content: Hex, at: Millis, chain: Bytes[]): DetachedDraft {
  const [leaf] = chain;
  const digest = unhex(content, 32);
  if (!leaf || !digest) throw new CryptoFailure("certificate-malformed");
  const attributes = ascending([
    attribute(ID.contentType, oid(ID.data)),
    attribute(ID.messageDigest, write(TAG.octetString, digest)),
    attribute(ID.signingTime, time(at)),
    attribute(ID.signingCertificate, sequence(sequence(sequence(write(TAG.octetString, sha256(leaf)))))),
  ]);
  return {
    message: write(TAG.set, attributes),
    finish(algorithm, value) {
      const ecdsa = algorithm === "ecdsa-p256-sha256";
      const half = value.length / 2;
      const signer = sequence(
        integer(Uint8Array.of(1)),
        sequence(parseCertificate(leaf).issuer, serial(leaf)),
        sequence(oid(ID.sha256)),
        write(TAG.explicit(0), attributes),
        ecdsa ? sequence(oid(ID.ecdsa)) : sequence(oid(ID.rsa), write(TAG.null)),
        write(TAG.octetString, ecdsa ? sequence(integer(value.slice(0, half)), integer(value.slice(half))) : value),
      );
      const signed = sequence(
        integer(Uint8Array.of(1)),
        write(TAG.set, sequence(oid(ID.sha256))),
        sequence(oid(ID.data)),
        write(TAG.explicit(0), ascending(unique(chain))),
        write(TAG.set, signer),
      );
      return sequence(oid(ID.signedData), write(TAG.explicit(0), signed));
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
