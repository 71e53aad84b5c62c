/** What the modules of the sealed bid have in common. */
import type { Hex, Millis } from "../contract";

export type { Hex, Millis };
/** Bytes that WebCrypto takes: never backed by shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** An organisation is its unified social credit code, whichever authority vouches for it. */
export type Organisation = string;

/** A private key that opens wraps; WebCrypto holds it, extractable or not, unless it is of SM2. */
export type OpeningKey = {
  /** DER SubjectPublicKeyInfo of its public half. */
  spki: Bytes;
} & (
  | {
      kind: "p-256" | "rsa";
      /** p-256: ECDH with `deriveBits`; rsa: RSA-OAEP with SHA-256 and `decrypt`. */
      key: CryptoKey;
    }
  | {
      kind: "sm2";
      /** 32 bytes, big-endian. */
      scalar: Bytes;
    }
);

/** What a judge says of a chain of certificates it believes. */
export interface Holder {
  organisation: Organisation;
  /** Its name in the certificate, where one can be read. */
  name: string | undefined;
  /** Of the leaf. */
  spki: Bytes;
  notAfter: Millis;
}

/** What a judgement rested on that is made again. */
export interface Kept {
  /** Certificates of the path that the platform had. */
  added: Bytes[];
  /** Revocation lists that were asked, by their digest; none is asked where they are left out. */
  lists?: Hex[];
  /** Until when lists were let be relied on that had ended. */
  bridged?: Millis | undefined;
}

/** The user's own trusted roots, behind whoever reads certificates. */
export interface Judge {
  /** `chain`: DER, leaf first. Refuses with a CryptoFailure `certificate-...`. */
  judge(chain: Bytes[], at: Millis, use: "sign" | "encrypt", kept?: Kept): Promise<Holder> | Holder;
}

/** A source of random bytes. It is an argument, so that vectors can fix it. */
export type Random = (length: number) => Bytes;

export const random: Random = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length));

/** Where sealed bytes go: a file of the origin's own file system, or memory. */
export interface Sink {
  /** May keep `bytes` only until it is done. */
  write(at: number, bytes: Bytes): Promise<void> | void;
}
