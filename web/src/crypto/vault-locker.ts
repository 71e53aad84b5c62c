/**
 * What one person keeps on this device: drafts, sealed bids, trusted roots, whom
 * a host has worked with. Each certificate has a locker of its own. Its key is random,
 * wrapped to the certificate's own key and signed by it, so that nobody reads
 * what is inside, or puts anything there, without having unlocked that key.
 */
import { createStore, del, entries, get, set, update, type UseStore } from "idb-keyval";
import { message } from "./bid/act";
import { concat, hex, text, utf8 } from "./bid/encoding";
import { labelled } from "./bid/hash";
import { random, type Bytes } from "./bid/types";
import type { Hex, Vault } from "./contract";
import { signWith, type Keyring } from "./keys";
import { intl as suite, type Aead } from "./suite";
import { verify } from "./suite/signing";
import { unwrapOwn, wrapOwn } from "./suite/wrapping";
import { lockerByToken } from "./token/ring";
import type { Holder } from "./vault";
import { parseCertificate } from "./x509";

/** A locker's key as it is kept. */
interface Wrapped {
  spki: Bytes;
  value: Bytes;
  signature: Bytes;
}

interface Open {
  owner: Hex;
  aead: Aead;
  /** Makes names that tell nothing. */
  names: Bytes;
}

const NONCE = 12;

/** The locker's methods, and what the vault tells it. */
export type Locker = Pick<Vault, "keep" | "kept" | "shelf" | "empty"> & {
  /** Nobody is there any more. */
  leave(): void;
};

export function locker(holder: Holder): Locker {
  let store: UseStore | undefined;
  let opened: Promise<Open> | undefined;
  let whose: Hex | undefined;
  const boxes = () => (store ??= createStore("kaibiao-locker", "boxes"));

  /** The locker of whoever has unlocked a key. It stays open while the key is locked for idleness, until the person leaves. */
  const mine = async (): Promise<Open | undefined> => {
    const ring = holder.known();
    const digest = ring?.info.signing.digest;
    if (ring && digest !== whose) {
      whose = digest;
      opened = open(ring, boxes());
    }
    try {
      return await opened;
    } catch {
      // A browser that keeps nothing: all works nevertheless, until a reload.
      whose = opened = undefined;
      return undefined;
    }
  };

  return {
    leave() {
      whose = opened = undefined;
    },
    async keep(name, value, shelf) {
      const box = await mine();
      if (!box) return false;
      const place = placeOf(box, name, shelf);
      if (value === undefined) {
        await del(place, boxes());
        return true;
      }
      const nonce = random(NONCE);
      await set(place, concat(nonce, await box.aead.seal(nonce, utf8(place), utf8(JSON.stringify(value)))), boxes());
      return true;
    },
    async kept(name, shelf) {
      const box = await mine();
      if (!box) return undefined;
      const place = placeOf(box, name, shelf);
      return read(box, place, await get<Bytes>(place, boxes()));
    },
    async shelf(name) {
      const box = await mine();
      if (!box) return [];
      const own = (await entries<string, Bytes>(boxes())).filter(([place]) => place.startsWith(shelfOf(box, name)));
      const values = await Promise.all(own.map(([place, sealed]) => read(box, place, sealed)));
      return values.filter((value) => value !== undefined);
    },
    async empty() {
      const box = await mine();
      if (!box) return;
      for (const [place] of await entries<string, unknown>(boxes())) if (place.startsWith(box.owner)) await del(place, boxes());
      whose = opened = undefined;
    },
  };
}

async function read({ aead }: Open, place: string, sealed: Bytes | undefined): Promise<unknown> {
  const plain = sealed && (await aead.open(sealed.slice(0, NONCE), utf8(place), sealed.slice(NONCE)));
  const written = plain && text(plain);
  return written === undefined ? undefined : (JSON.parse(written) as unknown);
}

async function open(ring: Keyring, boxes: UseStore): Promise<Open> {
  const leaf = ring.signing.chain[0] as Bytes;
  const owner = hex(labelled("kaibiao/1 locker owner", leaf));
  const place = `${owner}/key`;
  let known = await get<Wrapped>(place, boxes);
  if (!known) {
    const fresh = await wrap(ring, owner);
    // Two tabs may come at once: the first one's key stays.
    await update<Wrapped>(place, (before) => (known = before ?? fresh), boxes);
    known ??= fresh;
  }
  let secret = await unwrap(ring, owner, known);
  if (!secret) {
    // Not by this key's owner: nothing that it would open is believed.
    const fresh = await wrap(ring, owner);
    await set(place, fresh, boxes);
    secret = await unwrap(ring, owner, fresh);
  }
  if (!secret) throw new Error("locker");
  const names = labelled("kaibiao/1 locker names", secret);
  return { owner, names, aead: await suite.aead(secret) };
}

async function wrap(ring: Keyring, owner: Hex): Promise<Wrapped> {
  const spki = (ring.token ?? ring.opening[0])?.spki.slice() ?? new Uint8Array();
  const value = await wrapOwn(spki, context(owner), random(32));
  return { spki, value, signature: await signWith(ring, signed(owner, value)) };
}

/** Nothing where the key was not put there by this certificate's holder. */
async function unwrap(ring: Keyring, owner: Hex, { spki, value, signature }: Wrapped): Promise<Bytes | undefined> {
  const { chain, algorithm } = ring.signing;
  try {
    const key = parseCertificate(chain[0] as Bytes).spki.slice();
    await verify({ kind: "spki", spki: key }, algorithm, signature, signed(owner, value));
    if (ring.token) return await lockerByToken(ring.token, { spki, value });
    const own = ring.opening.find((it) => hex(it.spki) === hex(spki));
    return own && (await unwrapOwn(own, context(owner), value));
  } catch {
    return undefined;
  }
}

const context = (owner: Hex): Bytes => concat(utf8("kaibiao/1 locker"), utf8(owner));

/** No act has this purpose, so the signature counts nowhere else. */
const signed = (owner: Hex, value: Bytes): Bytes => message("locker", "", owner, value);

const nameOf = ({ names }: Open, name: string): string => hex(labelled("kaibiao/1 locker name", names, utf8(name)));

const shelfOf = (box: Open, shelf: string): string => `${box.owner}/${nameOf(box, shelf)}/`;

const placeOf = (box: Open, name: string, shelf?: string): string =>
  `${shelf === undefined ? `${box.owner}/` : shelfOf(box, shelf)}${nameOf(box, name)}`;
