/** The vault's part that knows bids: sealing, rehearsing, unlocking. */
import { actDigest } from "./bid/act";
import { unbase64 } from "./bid/encoding";
import { bidDigest, parseHeader, parsePromise, readKbid, type Header } from "./bid/header";
import { keyFilePublic } from "./bid/keyfile";
import { repeatSheet } from "./bid/open";
import { checkBody, seal, type SealOrder } from "./bid/seal";
import { selfTest, testKey } from "./bid/selftest";
import { checkSheet, splitSheet } from "./bid/sheet";
import { checkPublication, checkTerms, parseTerms, recipients, sealTerms, type Terms } from "./bid/terms";
import { checkB, rehearse } from "./bid/rehearse";
import type { Bytes, Judge, OpeningKey } from "./bid/types";
import { beforeUnlock, checkAcknowledgement, checkReceipt, unlockAct, unlockBody } from "./bid/unlock";
import type { Believed, OnSteps, SealRequest, SealedBid, Spare, Vault } from "./contract";
import { proveLogged } from "./tlog/anchored";
import { checkReceiptFile, receiptTrust } from "./tlog/receipt";
import { verifyBundle } from "./bundle";
import { Course } from "./course";
import { CryptoFailure } from "./failure";
import type { Keyring } from "./keys";
import { newTarget } from "./opfs";
import { readCertificates } from "./pem";
import { readLists } from "./revocation";
import { rehearseByToken, secretByToken } from "./token/ring";
import { authoritiesOf, judge, judgeBy, type Authority } from "./trust";
import type { Holder } from "./vault";
import { loadSuite, ready, type SuiteName } from "./suite";
import { isOfGm } from "./suite/gm/point";
import { believe, organisationCode } from "./rules";
import { mayEncrypt, parseCertificate } from "./x509";

type Methods = Pick<
  Vault,
  | "checkTerms"
  | "seal"
  | "cancelSeal"
  | "inspect"
  | "header"
  | "checkBody"
  | "rehearse"
  | "checkReceipt"
  | "checkReceiptFile"
  | "receiptTrust"
  | "verifyBundle"
  | "reopenSheet"
  | "unlock"
  | "checkAcknowledgement"
  | "selfTest"
>;

export function bidMethods(holder: Holder): Methods {
  let sealing: AbortController | undefined;
  return {
    async checkTerms(request, onSteps) {
      const judge = judgeBy(believed(request, holder.known()), readLists(request.lists));
      return { digest: (await believedTerms(request, request, judge, onSteps)).digest };
    },
    async seal(request, onProgress) {
      sealing?.abort();
      const own = new AbortController();
      sealing = own;
      try {
        return await sealBid(holder.ring(), request, { progress: onProgress, signal: own.signal });
      } catch (error) {
        throw own.signal.aborted ? new CryptoFailure("cancelled") : error;
      } finally {
        if (sealing === own) sealing = undefined;
      }
    },
    async cancelSeal() {
      sealing?.abort();
    },
    async inspect(file) {
      const header = await readKbid(file);
      const { context } = header;
      return {
        bid: header.bid,
        project: context.project,
        lot: context.lot,
        bidder: context.bidder,
        certificate: context.certificate,
        terms: context.terms,
        time: context.time,
        documents: (context.envelopes[0] ?? 2) - 2,
        size: file.size,
        recipients: context.recipients,
        rescue: context.rescue !== null,
      };
    },
    header: async (file) => (await readKbid(file)).bytes,
    checkBody: (file, onProgress) => checkBody(file, { progress: onProgress }),
    async rehearse(from, other) {
      const header = await headerOf(from);
      const { token } = other ? {} : holder.ring();
      if (token) await rehearseByToken(token, header);
      else await rehearse(header, await holder.openers(other));
    },
    async checkReceipt(receipt, { terms, header }) {
      await ready(terms);
      const { bid, leaf, lot, received, tick } = await checkReceipt(receipt, parseTerms(terms), parseHeader(header.slice()));
      return { bid, leaf, lot, received, tick };
    },
    checkReceiptFile,
    verifyBundle: async ({ bundle, ...by }, onCheck) =>
      verifyBundle({ ...by, bundle: new Uint8Array(await bundle.arrayBuffer()) }, onCheck),
    async receiptTrust(text) {
      return receiptTrust(text);
    },
    async reopenSheet(bid, { context, commitments, wraps, chain, ciphertext, segment_key }) {
      const [ctx, committed, sealed, key] = [context, commitments, ciphertext, segment_key ?? ""].map(unbase64);
      if (!ctx || !committed || !sealed || !key) throw new CryptoFailure("header-truncated");
      await ready(ctx);
      const promised = parsePromise(ctx, committed);
      if (bidDigest(promised.suite, ctx, committed, wraps, chain) !== bid) throw new CryptoFailure("bid-digest-mismatch");
      if (key.length !== 32) throw new CryptoFailure("segment-key-mismatch", { segment: 0 });
      return repeatSheet(promised, key, sealed);
    },
    async unlock(request, onSteps) {
      const later = [{ code: "unlock-open", state: "waiting" } as const, { code: "unlock-sign", state: "waiting" } as const];
      const checked = await beforeUnlock(request, (steps) => onSteps?.([...steps, ...later]));
      if (checked.failure) throw new CryptoFailure(checked.failure.code, checked.failure.params);
      const course = new Course(["unlock-open", "unlock-sign"], onSteps, checked.steps);
      const { body, secrets } = await course.run("unlock-open", async () => {
        const { token } = request.with ? {} : holder.ring();
        if (!token) return unlockAct(checked.value, await holder.openers(request.with));
        const b = await secretByToken(token, request);
        checkB(checked.value.header, b);
        return unlockBody(checked.value.header, b);
      });
      const act = await course.run("unlock-sign", () => holder.sign(request.place, body, secrets));
      return { act, digest: actDigest(act.body) };
    },
    async checkAcknowledgement(acknowledgement, act, { terms, header }) {
      await ready(terms);
      const proved = { terms: parseTerms(terms), header: parseHeader(header.slice()) };
      const { bid, received } = await checkAcknowledgement(acknowledgement, proved, act);
      return { bid, received };
    },
    async selfTest(asked, onSteps) {
      const ring = holder.known();
      const suite = asked ?? (ring?.signing.algorithm === "sm2-sm3" ? "gm" : "intl");
      await loadSuite(suite);
      // A token is not asked for a made-up bid.
      const keys = ring && !ring.token ? usable(ring, suite) : [];
      const own = ring && keys.length > 0 ? { bidder: code(ring), chain: ring.signing.chain, keys } : undefined;
      const checked = await selfTest({ ...(own ?? (await throwAway(suite))), suite }, onSteps);
      if (checked.failure) throw new CryptoFailure(checked.failure.code, checked.failure.params);
      return { ...checked.value, own: own !== undefined };
    },
  };
}

/** Who is believed: the roots a person chose, and those that came with the person's own key. */
export function believed({ roots, cas }: Pick<Believed, "roots" | "cas">, ring: Keyring | undefined): Authority[] {
  believe(cas.map(({ rules }) => rules));
  const chosen = roots.flatMap((pem) => readCertificates(new TextEncoder().encode(pem)));
  const authorities = authoritiesOf([...chosen, ...(ring?.roots ?? [])], cas);
  if (authorities.length === 0) throw new CryptoFailure("roots-needed");
  return authorities;
}

/** Terms of a lot, once they are proved to be the host's. */
async function believedTerms(
  asked: Pick<SealRequest, "project" | "lot" | "terms" | "publication" | "logged">,
  { now }: { now: number },
  judge: Judge,
  onSteps?: OnSteps,
): Promise<Terms> {
  const course = new Course(["terms-read", "terms-custodians", "terms-publication", "terms-logged"], onSteps);
  const terms = await course.run("terms-read", () => parseTerms(asked.terms));
  const notes = await course.run("terms-custodians", () => checkTerms(terms, judge, now, { project: asked.project, lot: asked.lot }));
  if (notes.length > 0) course.set("terms-custodians", { notes });
  await course.run("terms-publication", () => {
    if (!asked.publication) throw new CryptoFailure("publication-missing");
    return checkPublication(terms, asked.publication, judge);
  });
  const told = await course.run("terms-logged", () => proveLogged(terms, asked.logged));
  if (told.length > 0) course.set("terms-logged", { notes: told });
  return terms;
}

type SealManner = NonNullable<Parameters<typeof seal>[2]>;

async function sealBid(ring: Keyring, request: SealRequest, manner: SealManner): Promise<SealedBid> {
  const authorities = believed(request, ring);
  const terms = await believedTerms(request, request, judgeBy(authorities, readLists(request.lists)));
  const own = { ...request, bidder: request.bidder || code(ring) };
  await judgeOwn(ring, own, authorities);
  await ready(...request.spares.map(({ data }) => data));
  const order = orderOf(ring, own, terms);
  const target = await newTarget();
  try {
    const sealed = await seal(order, target.sink, manner);
    const { file, stored } = await target.finish(sealed.header);
    return {
      bid: sealed.bid,
      project: request.project,
      lot: request.lot,
      file,
      name: `bid-${request.lot}-${sealed.bid.slice(0, 8)}.kbid`,
      size: sealed.size,
      documents: request.documents.length,
      header: sealed.header,
      chunks: sealed.chunks,
      ...(stored ? { stored } : {}),
    };
  } catch (error) {
    await target.abandon().catch(() => undefined);
    throw error;
  }
}

/** The bidder's own certificates, as far as its authority is among those believed here. */
async function judgeOwn(ring: Keyring, request: SealRequest, authorities: Authority[]): Promise<void> {
  if (!ring.info.encryption.encrypt) throw new CryptoFailure("certificate-wrong-usage", { use: "encrypt" });
  const encryption = ring.encryption ? organisationCode(parseCertificate(ring.encryption)) : ring.info.encryption.organisationCode;
  if (code(ring) !== request.bidder || encryption !== request.bidder) {
    throw new CryptoFailure("certificate-different-organisations");
  }
  try {
    await judge(ring.signing.chain, authorities, request.now, "sign");
  } catch (error) {
    // The platform judges it anyhow, when the bid is handed in.
    if (!(error instanceof CryptoFailure && error.code === "certificate-unknown-issuer")) throw error;
  }
}

function orderOf(ring: Keyring, request: SealRequest, terms: Terms): SealOrder {
  const { schema, rescue, suite } = terms.content;
  // The platform refuses it when it is handed in; it is better known before.
  if (suite === "gm" && ring.signing.algorithm !== "sm2-sm3") throw new CryptoFailure("certificate-other-suite");
  if (request.rescue && rescue === undefined) throw new CryptoFailure("rescue-not-allowed");
  const sheet = splitSheet(schema, request.sheet);
  const wrong = checkSheet(schema, sheet);
  if (wrong.length > 0) throw new CryptoFailure("sheet-schema", { fields: wrong.map(({ field }) => field).join(", ") });
  const { token } = ring;
  // A key of the other suite is no recipient: then the spares alone open the bid (docs/spec/suite-gm.md, 8).
  const held = token && isOfGm(token.spki) === (suite === "gm") ? token : undefined;
  const own = usable(ring, suite);
  if (!held && own.length === 0 && request.spares.length === 0) throw new CryptoFailure("recipient-key");
  return {
    terms: sealTerms(terms, request.rescue),
    bidder: request.bidder,
    chain: ring.signing.chain,
    recipients: recipients(
      (held ?? own[0])?.spki,
      request.spares.map((spare) => spareKey(spare, suite)),
    ),
    sheet,
    documents: request.documents,
    time: request.now,
    ...(own.length > 0 ? { keys: own } : {}),
    ...(held ? { opens: (header: Header) => rehearseByToken(held, header) } : {}),
  };
}

/** The keys that wraps of a suite are made to. */
function usable({ opening }: Keyring, suite: string): OpeningKey[] {
  return opening.filter(({ kind }) => (kind === "sm2") === (suite === "gm"));
}

function spareKey(spare: Spare, suite: string): Bytes {
  const text = typeof spare.data === "string" ? spare.data : undefined;
  if (spare.kind === "keyfile") return keyFilePublic(text ?? new TextDecoder().decode(spare.data as Uint8Array));
  const bytes = text === undefined ? (spare.data as Uint8Array).slice() : new TextEncoder().encode(text);
  const found = readCertificates(bytes)
    .map(parseCertificate)
    .find((it) => mayEncrypt(it) && (it.key === "sm2") === (suite === "gm"));
  if (!found) throw new CryptoFailure("spare-unusable", { name: spare.name });
  return found.spki.slice();
}

export async function headerOf(from: Blob | Uint8Array): Promise<Header> {
  if (from instanceof Blob) return readKbid(from);
  await ready(from);
  return parseHeader(from.slice());
}

function code(ring: Keyring): string {
  return organisationCode(parseCertificate(ring.signing.chain[0] ?? new Uint8Array(0))) ?? "";
}

/** A key for one self-test, while none that is unlocked opens such a bid. */
async function throwAway(suite: SuiteName): Promise<Parameters<typeof selfTest>[0]> {
  return {
    bidder: "91350100M000100Y43",
    chain: [new TextEncoder().encode("self-test")],
    keys: [await testKey(suite)],
  };
}
