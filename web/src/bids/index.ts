/** Sealed bids on this device: kept, handed in, unlocked. */
import { defineStore } from "pinia";
import { reactive, ref, shallowRef, watch } from "vue";
import type { Schemas } from "@/api";
import { vault } from "@/crypto/client";
import type { Hex, Member, Millis, OnSteps, OtherKey, Progress, SealedBid, Statement } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { useSession } from "@/session";
import { saveFile } from "@/ui/save";
import { consortia, type JointFile } from "./consortium";
import { keptFailure } from "./failures";
import { warnWhile } from "./leaving";
import { Library } from "./library";
import { fetchReceipt, keepReceipt, link, list, submit as handIn } from "./submission";
import { fetchTerms, termsDigest } from "./terms";
import type { KeptBid, KeptState, Record, UploadState } from "./types";
import { fetchHeader, unlock } from "./unlocking";

export type { KeptBid, KeptFailure, KeptState, LogLine, UploadState } from "./types";

interface BidStore {
  bids: KeptBid[];
  uploads: { [bid: Hex]: UploadState };
  ready: boolean;
  /** Reads what is on this device; unfinished uploads go on by themselves once logged in. */
  load(): Promise<void>;
  /** Keeps a bid just sealed, with the terms it was sealed under. */
  keep(sealed: SealedBid, terms: string): Promise<KeptBid>;
  /** Takes a .kbid from elsewhere, once all of it was read; it replaces the one that is here. */
  importFile(file: File, onProgress?: (at: Pick<Progress, "done" | "total">) => void): Promise<KeptBid>;
  /** Hands the file to the person: a save dialog or a download. */
  save(bid: Hex): Promise<void>;
  remove(bid: Hex): Promise<void>;
  /** Removes all of one's own bids from this device. */
  forgetOwn(): Promise<void>;
  /** Opens b with the unlocked key, or another one, and compares; nothing leaves the machine. */
  rehearse(bid: Hex, other?: OtherKey): Promise<void>;
  /** Hands it in, or goes on; resolves with the verified receipt. */
  submit(bid: Hex): Promise<Statement>;
  /** Signs the submission for the members of a consortium to sign; gives the file to pass on to them. On paper there is none. */
  joint(bid: Hex, members: Member[], paper: boolean): Promise<JointFile | undefined>;
  /** The file for the members again, with the signatures that are there. */
  jointFile(bid: Hex): Promise<JointFile>;
  /** Takes up the members' signatures from a file that came back. */
  addConsents(bid: Hex, text: string): Promise<void>;
  /** Bids without a consortium, or with another one. */
  dissolve(bid: Hex): Promise<void>;
  withdraw(project: string, lot: string): Promise<void>;
  /** Whatever the server knows of own bids in a project, with what is kept here. */
  refresh(project: string): Promise<void>;
  unlockBid(
    project: string,
    lot: string,
    onSteps: OnSteps,
    options?: { with?: OtherKey; bid?: Hex },
  ): Promise<{ bid: Hex; received: Millis }>;
  /** What this device has of a lot, with the log of every attempt: for a help request. */
  attempts(project: string, lot: string): KeptBid[];
}

const LOG_LINES = 200;

export const useBids: () => BidStore = defineStore("bids", () => {
  const bids = shallowRef<KeptBid[]>([]);
  const uploads = reactive<{ [bid: Hex]: UploadState }>({});
  const ready = ref(false);
  const session = useSession();
  const library = new Library();
  const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("kaibiao-bids");
  tabs?.addEventListener("message", () => void read());

  /** What is shown is read from the device, so that all tabs agree; and only what is the organisation's that is logged in. */
  async function read(): Promise<void> {
    bids.value = (await library.all()).filter(isOwn).map(shown);
    ready.value = true;
  }

  async function store(record: Record): Promise<void> {
    await library.put(record);
    await read();
    tabs?.postMessage("changed");
  }

  async function record(bid: Hex): Promise<Record> {
    const found = await library.get(bid);
    if (!found) throw new CryptoFailure("bid-unknown", { bid: bid.slice(0, 8) });
    return found;
  }

  let loading: Promise<void> | undefined;
  const load = (): Promise<void> => (loading ??= begin());

  async function begin(): Promise<void> {
    await read();
    void library.tidy(Date.now()).catch(() => undefined);
    const who = [() => session.session?.organisation, () => session.key !== null] as const;
    let before: string | undefined;
    watch(
      who,
      ([code]) => {
        if (code !== before) library.leave();
        before = code;
        void movedIn(code)
          .then(read)
          .then(() => goOn(code));
      },
      { immediate: true },
    );
  }

  async function movedIn(code: string | undefined): Promise<void> {
    if (code) await library.moveIn(code).catch(() => undefined);
  }

  /** Goes on with uploads that a closed page, a reload or a flat battery interrupted. */
  function goOn(code: string | undefined): void {
    for (const kept of bids.value) {
      const own = kept.bidder === code;
      if (own && kept.state === "uploading" && !running.has(kept.bid)) void submit(kept.bid).catch(() => undefined);
    }
  }

  async function keep(sealed: SealedBid, terms: string): Promise<KeptBid> {
    const summary = await vault().inspect(sealed.file);
    const made = newRecord(summary, sealed.name, sealed.file.size);
    Object.assign(made, { terms, header: sealed.header, chunks: sealed.chunks, ...(sealed.stored ? { stored: sealed.stored } : {}) });
    await library.putFile(made, sealed.file);
    // A browser short of space may otherwise throw the file away.
    void navigator.storage?.persist?.().catch(() => undefined);
    await store(made);
    return shown(made);
  }

  async function importFile(file: File, onProgress?: (at: Pick<Progress, "done" | "total">) => void): Promise<KeptBid> {
    const summary = await vault().inspect(file);
    // A damaged file is refused when it is chosen, and not when there is no time left for another.
    const chunks = await vault().checkBody(file, onProgress);
    const made = (await library.get(summary.bid)) ?? newRecord(summary, file.name, file.size);
    if (running.has(made.bid)) return shown(made);
    Object.assign(made, { chunks, header: await vault().header(file), name: file.name, size: file.size });
    if (made.state === "refused" && DAMAGED.has(made.failure?.code ?? "")) {
      made.state = "kept";
      delete made.failure;
    }
    const terms = await fetchTerms(summary.project, summary.lot).catch(() => undefined);
    if (terms !== undefined && (await termsDigest(terms)) === summary.terms) made.terms = terms;
    await (made.whole ? library.replaceFile(made, file) : library.putFile(made, file));
    await store(made);
    return shown(made);
  }

  async function save(bid: Hex): Promise<void> {
    const kept = await record(bid);
    const file = await library.file(kept);
    if (!file) throw new CryptoFailure("file-missing", { name: kept.name });
    await saveFile(kept.name, file);
  }

  async function remove(bid: Hex): Promise<void> {
    await library.remove(await record(bid));
    await read();
    tabs?.postMessage("changed");
  }

  async function forgetOwn(): Promise<void> {
    for (const { bid } of [...bids.value]) await remove(bid);
  }

  async function rehearse(bid: Hex, other?: OtherKey): Promise<void> {
    const kept = await record(bid);
    if (!other) await session.unlocked();
    kept.header ??= await fetchHeader(session, kept);
    await vault().rehearse(kept.header, other);
  }

  const consortium = consortia({ session, record, store });
  const running = new Map<Hex, Promise<Statement>>();

  function submit(bid: Hex): Promise<Statement> {
    let run = running.get(bid);
    if (!run) {
      run = alone(bid, () => submitNow(bid)).finally(() => running.delete(bid));
      running.set(bid, run);
    }
    return run;
  }

  /** One tab uploads a bid; another one waits, and takes over when that one is closed. */
  async function alone(bid: Hex, work: () => Promise<Statement>): Promise<Statement> {
    const name = `kaibiao-upload-${bid}`;
    if (typeof navigator === "undefined" || !navigator.locks) return work();
    const held = (await navigator.locks.query()).held?.some((lock) => lock.name === name);
    if (held) show(bid, { phase: "elsewhere" });
    return navigator.locks.request(name, work);
  }

  async function submitNow(bid: Hex): Promise<Statement> {
    const kept = await record(bid);
    const release = session.keepUnlocked("upload");
    show(bid, { phase: "header", total: kept.size });
    try {
      const receipt = await handIn({ record: kept, library, session, show: (state) => show(bid, state), save: () => store(kept) });
      show(bid, { phase: "done", done: kept.size, total: kept.size, remaining: 0 });
      void refresh(kept.project).catch(() => undefined);
      return receipt;
    } catch (error) {
      const failure = keptFailure(error);
      show(bid, { phase: "failed", failure });
      // Nobody gave the passphrase; the upload goes on when somebody does.
      const paused = failure.code === "cancelled";
      // A refused submission is not resumed: the next try is a new act.
      if (!paused) delete kept.submit;
      const state = NO_LONGER.get(failure.code) ?? "refused";
      Object.assign(kept, paused ? { state: kept.submit ? "uploading" : "kept" } : { state, failure });
      await store(kept);
      throw error;
    } finally {
      release();
    }
  }

  function show(bid: Hex, change: Partial<UploadState>): void {
    const before = uploads[bid] ?? { bid, phase: "header", done: 0, total: 0, rate: 0, remaining: null };
    uploads[bid] = { ...before, ...change };
  }

  async function withdraw(project: string, lot: string): Promise<void> {
    await session.unlocked();
    const { sequence, previous } = await link(session, project, lot);
    await session.act(project, { act: "withdraw", lot, sequence, ...(previous ? { previous } : {}) });
    await refresh(project);
  }

  async function refresh(project: string): Promise<void> {
    const told = await list(session, project);
    for (const view of told.bids) await compare(project, view);
    await read();
    tabs?.postMessage("changed");
  }

  /** Brings a record up to what the server says; one that is not here is made from its header. */
  async function compare(project: string, view: Schemas["BidView"]): Promise<void> {
    if (running.has(view.bid)) return;
    const known = await library.get(view.bid);
    const kept = known ?? (await fromServer(project, view));
    if (!kept) return;
    const state = stateOf(view.state, kept);
    Object.assign(kept, { state, sequence: view.sequence, ...(view.received === undefined ? {} : { received: view.received }) });
    if (state !== "refused") delete kept.failure;
    await library.put(kept);
    if (kept.receipt || view.received === undefined || !kept.header) return;
    const { header } = kept;
    await fetchReceipt(session, kept)
      .then((receipt) => keepReceipt({ record: kept, save: () => library.put({ ...kept, state }) }, receipt, header))
      .catch(() => undefined);
  }

  async function fromServer(project: string, view: Schemas["BidView"]): Promise<Record | undefined> {
    if (view.received === undefined) return undefined;
    const bidder = session.session?.organisation;
    if (!bidder) return undefined;
    const made = newRecord(
      { bid: view.bid, project, lot: view.lot, bidder, documents: 0, time: view.received },
      `bid-${view.lot}-${view.bid.slice(0, 8)}.kbid`,
      view.length,
    );
    made.header = await fetchHeader(session, made).catch(() => undefined);
    return made;
  }

  async function unlockBid(
    project: string,
    lot: string,
    onSteps: OnSteps,
    options: { with?: OtherKey; bid?: Hex } = {},
  ): Promise<{ bid: Hex; received: Millis }> {
    const release = session.keepUnlocked("unlock");
    try {
      const kept = await toUnlock(project, lot, options.bid);
      const note = async (what: string, code?: string) => {
        kept.log = [...kept.log, { time: Date.now(), what, ...(code ? { code } : {}) }].slice(-LOG_LINES);
        await store(kept);
      };
      try {
        await unlock({ record: kept, session, onSteps, note, save: () => store(kept), ...(options.with ? { with: options.with } : {}) });
      } catch (error) {
        await note("failed", keptFailure(error).code);
        throw error;
      }
      return { bid: kept.bid, received: kept.unlockedAt ?? Date.now() };
    } finally {
      release();
    }
  }

  /** The live bid of a lot, from this device or the server. */
  async function toUnlock(project: string, lot: string, bid?: Hex): Promise<Record> {
    const here = bid ? await library.get(bid) : undefined;
    if (here) return here;
    // Another machine sealed it: what is needed comes from the server.
    await refresh(project);
    if (bid) return record(bid);
    const live = bids.value.find(
      (kept) => kept.project === project && kept.lot === lot && isOwn(kept) && (kept.state === "received" || kept.state === "unlocked"),
    );
    if (!live) throw new CryptoFailure("bid-missing", { lot });
    return record(live.bid);
  }

  function isOwn(kept: KeptBid): boolean {
    const own = session.session?.organisation;
    return own !== undefined && kept.bidder === own;
  }

  function attempts(project: string, lot: string): KeptBid[] {
    return bids.value.filter((kept) => kept.project === project && kept.lot === lot);
  }

  warnWhile(() => Object.values(uploads).some(({ phase }) => !STILL.has(phase)));
  void load().catch(() => undefined);

  return {
    bids,
    uploads,
    ready,
    load,
    keep,
    importFile,
    save,
    remove,
    forgetOwn,
    rehearse,
    submit,
    ...consortium,
    withdraw,
    refresh,
    unlockBid,
    attempts,
  };
});

/** What a bid is that was in and counts no more, by the failure that says so. */
const NO_LONGER: ReadonlyMap<string, KeptState> = new Map([
  ["bid-superseded", "superseded"],
  ["bid-withdrawn", "withdrawn"],
  ["bid-stale", "stale"],
]);

/** Phases in which this page sends nothing. */
const STILL: ReadonlySet<UploadState["phase"]> = new Set(["done", "failed", "elsewhere"]);

/** Failures of the file that was here, which another copy mends. */
const DAMAGED: ReadonlySet<string> = new Set(["ciphertext-mismatch", "ciphertext-length", "file-missing"]);

type Summary = Pick<KeptBid, "bid" | "project" | "lot" | "bidder" | "documents"> & { time: Millis };

function newRecord({ bid, project, lot, bidder, documents, time }: Summary, name: string, size: number): Record {
  return { bid, project, lot, bidder, documents, name, size, sealed: time, state: "kept", whole: false, log: [] };
}

function stateOf(told: Schemas["BidState"], kept: Record): KeptState {
  if (told === "live") return kept.unlockedAt === undefined ? "received" : "unlocked";
  if (told === "uploading") return kept.submit ? "uploading" : "kept";
  return told === "late" ? "refused" : told;
}

/** What of a record is shown. */
function shown({ header: _header, chunks: _chunks, stored: _stored, submit: _submit, unlockActs: _acts, ...kept }: Record): KeptBid {
  return kept;
}
