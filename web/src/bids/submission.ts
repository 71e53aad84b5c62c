/**
 * Handing a bid in (docs/spec/uploads.md): header and signed act first, then
 * the ciphertexts, then a receipt that is verified and the platform's word that
 * the bid is live. Only that is a success.
 */
import { base64 } from "@/crypto/bid/encoding";
import { api, data, Refused, type Schemas } from "@/api";
import { vault } from "@/crypto/client";
import type { SignedAct, Statement } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import type { SessionStore } from "@/session";
import { mayTryAgain, pause } from "@/session/send";
import type { Library } from "./library";
import { Rate } from "./rate";
import { fetchTerms, termsDigest } from "./terms";
import { transfer, wire } from "./transfer";
import type { Consortium, Record, UploadState } from "./types";

export interface Submission {
  record: Record;
  library: Library;
  session: SessionStore;
  /** Told of every change. */
  show(state: Partial<UploadState>): void;
  /** Keeps the record. */
  save(): Promise<void>;
}

type State = Schemas["BidState"];

/** Submits, or goes on, until the bid is live and its receipt verified and kept. */
export async function submit(job: Submission): Promise<Statement> {
  const { record } = job;
  const file = await job.library.file(record);
  if (!file) throw new CryptoFailure("file-missing", { name: record.name });
  const header = await headerOf(job, file);
  // A bid that is in is not handed in again: it is looked at where it stands.
  const before = await standing(job);
  if (before && before !== "uploading") return isIn(job, header, before);
  const chunks = await chunksOf(job, file);
  record.submit ??= await signedSubmit(job);
  record.state = "uploading";
  delete record.failure;
  await job.save();
  const failure = await begin(job, file, header, chunks).then(
    () => undefined,
    (error: unknown) => error ?? new CryptoFailure("bid-not-listed"),
  );
  // Whatever was answered, what counts is where the bid stands.
  const after = await standing(job).catch((error: unknown) => {
    throw failure ?? error;
  });
  if (!after || after === "uploading" || after === "late") throw failure ?? new CryptoFailure("bid-not-listed");
  return isIn(job, header, after);
}

/** Where the bid stands by the platform's own list; undefined where it knows no such bid. */
async function standing({ record, session }: Submission): Promise<State | undefined> {
  return (await list(session, record.project)).bids.find(({ bid }) => bid === record.bid)?.state;
}

/** Keeps the receipt of a bid that is in. It is a success only when the bid is live. */
async function isIn(job: Submission, header: Uint8Array, state: State): Promise<Statement> {
  if (state === "late") throw new CryptoFailure("bid-late");
  job.show({ phase: "receipt" });
  const receipt = await received(job);
  await keepReceipt(job, receipt, header);
  if (state === "live") return receipt;
  throw new CryptoFailure(`bid-${state}`);
}

export const list = (session: SessionStore, project: string): Promise<Schemas["BidList"]> =>
  session.inSession(() => data(api.GET("/api/v1/projects/{project}/bids", { params: { path: { project } } })));

async function headerOf(job: Submission, file: Blob): Promise<Uint8Array> {
  const { record } = job;
  record.header ??= await vault().header(file);
  return record.header;
}

/** The whole file is read once: a damaged one is not worth a submission. */
async function chunksOf(job: Submission, file: Blob): Promise<Uint8Array> {
  const { record } = job;
  if (!record.chunks) {
    job.show({ phase: "checking", done: 0, total: file.size });
    record.chunks = await vault().checkBody(file, ({ done, total }) => job.show({ done, total }));
    await job.save();
  }
  return record.chunks;
}

/** What the next submission or withdrawal in a lot has to follow. */
export async function link(session: SessionStore, project: string, lot: string): Promise<{ sequence: number; previous?: string }> {
  const { links } = await list(session, project);
  const last = links?.find((known) => known.lot === lot);
  return last ? { sequence: last.sequence + 1, previous: last.digest } : { sequence: 1 };
}

async function signedSubmit({ record, session }: Submission): Promise<SignedAct> {
  // What the members of a consortium have signed is what is handed in.
  if (record.consortium?.act) return record.consortium.act;
  return signSubmit({ record, session }, record.consortium);
}

/** The lead's signature; the members of a consortium sign the same body. */
export async function signSubmit(
  { record: { bid, project, lot }, session }: Pick<Submission, "record" | "session">,
  consortium?: Pick<Consortium, "members" | "paper">,
): Promise<SignedAct> {
  await session.unlocked();
  const { origin } = await session.platform();
  const joint = consortium ? { members: consortium.members, ...(consortium.paper ? { paper_agreement: true } : {}) } : {};
  return vault().sign({ origin, project }, { act: "submit", lot, bid, ...(await link(session, project, lot)), ...joint });
}

/** Header, act and ciphertexts. */
async function begin(job: Submission, file: Blob, header: Uint8Array, chunks: Uint8Array): Promise<void> {
  const { record, session } = job;
  const consents = record.consortium?.consents ?? [];
  const body = {
    header: base64(header),
    act: record.submit as SignedAct,
    chunks: base64(chunks),
    ...(consents.length > 0 ? { consents } : {}),
  };
  for (let gaveUp = false; ; ) {
    job.show({ phase: "header" });
    try {
      const accepted = await offered(job, body);
      if (accepted.upload !== undefined) await send(job, file.slice(header.length), accepted, accepted.upload);
      return;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === "upload-under-way" && !gaveUp) {
        // It was begun under an act that this device does not have.
        await giveUp(job);
        gaveUp = true;
        continue;
      }
      // The upload ended by itself: begin it again, unless it has become a bid.
      if (error.code !== "upload-gone" || (await standing(job))) throw error;
      await session.inSession(() => pause(1_000));
    }
  }
}

async function giveUp({ record, session }: Submission): Promise<void> {
  const upload = (await list(session, record.project)).bids.find(({ bid }) => bid === record.bid)?.upload;
  if (!upload) return;
  const id = upload.slice(upload.lastIndexOf("/") + 1);
  const call = () => api.DELETE("/api/v1/uploads/{id}", { params: { path: { id } }, headers: { "Tus-Resumable": "1.0.0" } });
  await session
    .inSession(() => data(call()))
    .catch((error: unknown) => {
      if (!(error instanceof Refused && error.code === "upload-gone")) throw error;
    });
}

/** Sends the header until there is an answer. */
async function offered(job: Submission, body: Schemas["SubmitRequest"]): Promise<Schemas["SubmitAccepted"]> {
  const { project, lot } = job.record;
  for (let tried = 0; ; tried += 1) {
    try {
      const call = () => data(api.POST("/api/v1/projects/{project}/lots/{lot}/bids", { params: { path: { project, lot } }, body }));
      return await job.session.inSession(call);
    } catch (error) {
      if (!mayTryAgain(error)) throw error;
      job.show({ phase: "waiting" });
      await wire.wait(Math.min(15_000, 500 * 2 ** Math.min(tried, 5)));
    }
  }
}

async function send(job: Submission, body: Blob, accepted: Schemas["SubmitAccepted"], upload: string): Promise<void> {
  const rate = new Rate();
  const { length: total } = accepted;
  await transfer(
    {
      upload,
      length: total,
      offset: accepted.offset,
      body,
      inSession: (work) => job.session.inSession(work),
      waiting: (is) => job.show({ phase: is ? "waiting" : "sending" }),
      progress(done) {
        const speed = rate.sample(done, performance.now());
        job.show({ phase: "sending", done, total, rate: speed, remaining: speed > 0 ? (total - done) / speed : null });
      },
    },
    wire,
  );
}

/** The receipt as the server gives it again, at any time. */
async function received({ record, session }: Pick<Submission, "record" | "session">): Promise<Statement> {
  const { project, bid } = record;
  return session.inSession(() => data(api.GET("/api/v1/projects/{project}/bids/{bid}/receipt", { params: { path: { project, bid } } })));
}

/** The signature of a receipt holds when the key in the terms that the bid was sealed under signed it. */
export async function keepReceipt(job: Pick<Submission, "record" | "save">, receipt: Statement, header: Uint8Array): Promise<void> {
  const { record } = job;
  const terms = await termsOf(record);
  const told = await vault().checkReceipt(receipt, { terms, header });
  record.receipt = receipt;
  record.received = told.received;
  record.terms = terms;
  record.state = "received";
  delete record.submit;
  delete record.failure;
  await job.save();
}

/** The terms a bid was sealed under: kept here, or the server's if they are the same. */
export async function termsOf(record: Record, wanted?: string): Promise<string> {
  if (record.terms) return record.terms;
  const terms = await fetchTerms(record.project, record.lot);
  if (wanted && (await termsDigest(terms)) !== wanted) throw new CryptoFailure("terms-missing");
  return terms;
}

export async function fetchReceipt(session: SessionStore, record: Record): Promise<Statement> {
  return received({ record, session });
}
