/** A bid being prepared: one state for the online page and the offline tool. */
import { computed, reactive, ref, shallowRef, watch } from "vue";
import { vault } from "@/crypto/client";
import type { CertificateInfo, Hex, KeyInfo, Progress, SealedBid, Spare, Step } from "@/crypto/contract";
import { type CryptoFailure, failureOf } from "@/crypto/failure";
import { type RefusedFile, takeEach } from "@/ui/each";
import { type Chosen, emptyOnes, lostOf, mediaOf, named, type Named, nameProblems } from "./documents";
import { contentsOf, type Draft, draftOf, heldOf, hold, keepContents, keepDraft, letGo } from "./drafts";
import { aboveControl, type Entries, entered, isFree } from "./entries";
import { judgedBy, type TermsPackage, termsText } from "./package";
import { type Hosts, isHost, partiesOf } from "./parties";

/** A root certificate of the person's own choosing. */
export interface Root {
  name: string;
  /** Text of the PEM file. */
  pem: string;
  info: CertificateInfo[];
}

export interface SpareChoice extends Spare {
  /** What it is, for people: key id or certificate's owner. */
  about: string;
}

export interface Bidder {
  /** The unlocked key; asks for it where there is none. */
  key(): Promise<KeyInfo>;
  /** Whether a key is unlocked now. */
  isOpen(): boolean;
  /** The unlocked key, where there is one. */
  own?(): KeyInfo | null;
  /** Roots that came with the unlocked key's own files: believed as well. */
  roots?(): readonly { digest: string; name: string }[];
  /** Asks the platform for the proof that the terms are in its public log, where there is a network: null where it has none. */
  logged?(pack: TermsPackage): Promise<string | null | undefined>;
  /** The time that counts: the server's where there is one. */
  now(): number;
  /** Called once with the sealed bid, before anything else happens to it. */
  sealed(bid: SealedBid, pack: TermsPackage): Promise<void>;
}

const ROOTS = "roots";
const HOSTS = "hosts";
/** The step at which a bid is sealed; only handing in comes after it. */
const SEAL = 4;

export type Preparation = ReturnType<typeof usePreparation>;

export function usePreparation(bidder: Bidder) {
  const pack = shallowRef<TermsPackage | null>(null);
  const keyRoots = computed(() => bidder.roots?.() ?? []);
  const terms = computed(() => (pack.value ? termsText(pack.value.terms) : null));
  const roots = shallowRef<Root[]>([]);
  /** Files that were chosen as roots last, and cannot be read. */
  const unread = shallowRef<RefusedFile[]>([]);
  /** The digest of terms that passed every check. */
  const digest = ref("");
  const checks = shallowRef<Step[]>([]);
  const checking = ref(false);
  const problem = shallowRef<CryptoFailure | null>(null);
  const entries = ref<Entries>({});
  const documents = shallowRef<Chosen[]>([]);
  /** What was chosen before a reload, in its order: the files must be chosen again. */
  const missing = shallowRef<Named[]>([]);
  const gone = computed(() => lostOf(documents.value, missing.value));
  /** Names of spare recipients that were chosen then. */
  const lost = ref<string[]>([]);
  const spares = shallowRef<SpareChoice[]>([]);
  const rescue = ref(false);
  /** The host's code as the bidder knows it from elsewhere; may be left empty. */
  const host = ref("");
  /** Names by code of all parties met in a host's projects, by the host's code. */
  const met = shallowRef<Hosts>({});
  const step = ref(0);
  const sealing = ref(false);
  const progress = reactive<{ list: Progress[]; what: string }>({ list: [], what: "" });
  const sealed = shallowRef<SealedBid | null>(null);

  /** Whom sealing under these terms relies on, and who is new with this host. */
  const parties = computed(() => (terms.value ? partiesOf(terms.value, met.value) : []));
  const otherHost = computed(() => host.value.trim() !== "" && !parties.value.some(isHost(host.value)));

  /** What is to be done before there is anything to check: nothing has failed yet. */
  const needs = computed(() => (problem.value?.code === "roots-needed" ? (bidder.isOpen() ? "roots" : "key") : null));

  /** What the unlocked certificate lacks for the suite of these terms: i18n `tool.suite.<it>`. */
  const lacks = computed(() => {
    const [suite, own] = [terms.value?.suite, bidder.own?.()];
    if (!suite || !own) return null;
    if (suite === "gm") return own.signing.key === "sm2" ? null : "certificate";
    return own.encryption.key === "sm2" ? "spare" : null;
  });

  const sheet = computed(() => (terms.value ? entered(terms.value.schema, entries.value) : { values: {}, problems: {} }));
  const above = computed(() => !!terms.value && aboveControl(terms.value.schema, sheet.value.values, pack.value?.control_price));
  const names = computed(() => nameProblems(documents.value));
  /** What is taken only after the person was asked: i18n `tool.seal.doubts.<code>`. */
  const doubts = computed(() => {
    const empty = emptyOnes(documents.value);
    return [
      ...(terms.value && isFree(terms.value.schema, sheet.value.values) ? [{ code: "free", names: "" }] : []),
      ...(empty.length ? [{ code: "empty", names: empty.map((it) => it.name).join("、") }] : []),
      ...(gone.value.length ? [{ code: "gone", names: gone.value.map((it) => it.name).join("、") }] : []),
    ];
  });
  const ready = computed(() => [
    digest.value !== "" && !otherHost.value && lacks.value !== "certificate",
    Object.keys(sheet.value.problems).length === 0,
    names.value.length === 0,
    lacks.value !== "spare" || spares.value.length > 0,
    sealed.value !== null,
  ]);
  /** The furthest step that can be entered now. */
  const reach = computed(() => {
    const first = ready.value.findIndex((it) => !it);
    return first < 0 ? ready.value.length : first;
  });

  /** What fills the form, one after the other: a key that was unlocked has the draft taken up, while a bid is to be corrected. */
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(fills: () => Promise<T>): Promise<T> {
    const mine = turn.then(fills, fills);
    turn = mine;
    return mine;
  }

  /** Begins with a package; takes up the draft of its lot where there is one. */
  const begin = (next: TermsPackage): Promise<void> => inTurn(() => beginNow(next));

  /** Whether nothing was typed or chosen yet. */
  const isBlank = () => !documents.value.length && !Object.values(entries.value).some(Boolean) && !sealed.value;

  /**
   * What is on the screen stays there while it is read anew: amended terms, or a
   * key that was unlocked, take nothing away that is typed or chosen meanwhile.
   */
  async function beginNow(next: TermsPackage): Promise<void> {
    const before = pack.value;
    const isSame = before?.project === next.project && before.lot === next.lot;
    if (!isSame) {
      pack.value = null;
      drop();
    }
    const believed = roots.value;
    const draft = await draftOf(next);
    const kept = (await vault().kept(ROOTS)) as Root[] | undefined;
    met.value = ((await vault().kept(HOSTS)) as Hosts | undefined) ?? {};
    if (roots.value === believed) roots.value = kept ?? believed;
    // What stands in the form is newer than what was kept of it.
    fill(next, isSame && !isBlank() ? written() : draft);
    pack.value = next;
    const then = wanted;
    // Under other terms nobody goes on to seal or to hand in before having seen that they changed.
    if (!isSame || (before.terms !== next.terms && step.value >= SEAL)) step.value = 0;
    await check();
    if (!digest.value && !checking.value && step.value <= SEAL) step.value = 0;
    // Where the person went on meanwhile, they stay.
    else if (step.value === 0) step.value = Object.values(entries.value).some(Boolean) ? Math.min(then, reach.value, 2) : 0;
  }

  /** The step at which the draft was left. */
  let wanted = 0;

  /** Puts a draft into the form, or nothing. */
  function fill(next: TermsPackage, draft: Draft | undefined): void {
    const { schema, rescue: offered } = termsText(next.terms);
    entries.value = Object.fromEntries(schema.fields.map(({ id }) => [id, draft?.entries[id] ?? ""]));
    rescue.value = (draft?.rescue ?? false) && offered !== undefined;
    missing.value = draft?.documents ?? [];
    lost.value = draft?.spares ?? [];
    wanted = draft?.step ?? 0;
    sealed.value = null;
    digest.value = "";
    checks.value = [];
  }

  function drop(): void {
    documents.value = [];
    spares.value = [];
  }

  /** Fills the form with what a bid was sealed from. False where this device does not know it. */
  const correct = (bid: Hex): Promise<boolean> => inTurn(() => correctNow(bid));

  async function correctNow(bid: Hex): Promise<boolean> {
    const it = pack.value;
    const draft = await contentsOf(bid);
    if (!it || !draft || sealing.value) return false;
    const proved = digest.value;
    const { documents: files, spares: keys } = await heldOf(bid);
    fill(it, draft);
    digest.value = proved;
    documents.value = [...files];
    spares.value = [...keys];
    problem.value = null;
    if (!proved) await check();
    step.value = Math.min(1, reach.value);
    return true;
  }

  /** Only the last of several checks counts: one may begin while another runs. */
  let latest = 0;
  /** What the last one proved by that the terms are in the public log. */
  let logged: string | null | undefined;

  /** Checks the terms against the person's own roots. */
  async function check(): Promise<void> {
    const it = pack.value;
    if (!it) return;
    const mine = (latest += 1);
    const counts = () => mine === latest;
    checking.value = true;
    problem.value = null;
    digest.value = "";
    checks.value = [];
    try {
      const proof = bidder.logged ? await bidder.logged(it) : it.logged;
      if (counts()) logged = proof;
      const done = await vault().checkTerms(
        {
          project: it.project,
          lot: it.lot,
          terms: it.terms,
          publication: it.publication,
          ...(proof === undefined ? {} : { logged: proof }),
          roots: roots.value.map((root) => root.pem),
          ...judgedBy(it),
          now: bidder.now(),
        },
        (steps) => counts() && (checks.value = steps),
      );
      if (counts()) digest.value = done.digest;
    } catch (error) {
      if (counts()) problem.value = failureOf(error);
    } finally {
      if (counts()) checking.value = false;
    }
  }

  async function addRoots(files: Iterable<File>): Promise<void> {
    unread.value = [];
    const added: Root[] = [];
    unread.value = await takeEach(files, async (file) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      added.push({ name: file.name, pem: pemOf(bytes), info: await vault().certificates({ name: file.name, bytes }) });
    });
    if (added.length) await setRoots([...roots.value.filter((it) => added.every((root) => root.pem !== it.pem)), ...added]);
  }

  async function setRoots(next: Root[]): Promise<void> {
    roots.value = next;
    await vault().keep(ROOTS, next);
    await check();
  }

  function removeDocuments(): void {
    documents.value = [];
    missing.value = [];
  }

  function removeDocument(id: number): void {
    const name = documents.value.find((one) => one.id === id)?.name;
    documents.value = documents.value.filter((one) => one.id !== id);
    missing.value = missing.value.filter((one) => one.name !== name);
  }

  function renameDocument(id: number, to: string): void {
    const from = documents.value.find((one) => one.id === id)?.name;
    const name = to.normalize("NFC");
    documents.value = documents.value.map((one) => (one.id === id ? { ...one, name } : one));
    missing.value = missing.value.map((one) => (one.name === from ? { ...one, name } : one));
  }

  /** What is in the form now. */
  const written = (): Draft => ({
    entries: { ...entries.value },
    rescue: rescue.value,
    step: step.value,
    documents: [...named(documents.value), ...lostOf(documents.value, missing.value)],
    spares: spares.value.length ? spares.value.map(({ name }) => name) : [...lost.value],
  });

  /** Seals in the worker. */
  async function seal(): Promise<void> {
    const it = pack.value;
    if (!it || sealing.value) return;
    problem.value = null;
    sealing.value = true;
    progress.what = "key";
    progress.list = documents.value.map((document, index) => ({ what: "document", index, done: 0, total: document.file.size }));
    try {
      const key = await bidder.key();
      const request = {
        project: it.project,
        lot: it.lot,
        terms: it.terms,
        publication: it.publication,
        ...(logged === undefined ? {} : { logged }),
        roots: roots.value.map((root) => root.pem),
        ...judgedBy(it),
        bidder: key.signing.organisationCode ?? "",
        sheet: { ...sheet.value.values },
        documents: documents.value.map(({ name, file }) => ({ name, media: mediaOf(file), file })),
        spares: spares.value.map(({ kind, name, data }) => ({ kind, name, data })),
        rescue: rescue.value,
        now: bidder.now(),
      };
      const held = { documents: documents.value, spares: spares.value };
      const draft = { ...written(), documents: named(documents.value), spares: spares.value.map(({ name }) => name), step: 0 };
      const bid = await vault().seal(request, (at) => {
        progress.what = at.what;
        if (at.what === "document" && progress.list[at.index]) progress.list[at.index] = at;
      });
      await bidder.sealed(bid, it);
      sealed.value = bid;
      // One typing error more is not to cost the whole form: it stays until bidding is over.
      hold(bid.bid, held);
      await keepContents(bid.bid, it, draft);
      await keepDraft(it, draft);
      await remember();
    } catch (error) {
      problem.value = failureOf(error);
    } finally {
      sealing.value = false;
    }
  }

  function wipe(): void {
    for (const id of Object.keys(entries.value)) entries.value[id] = "";
    drop();
    missing.value = [];
    lost.value = [];
    rescue.value = false;
  }

  async function forgetDraft(): Promise<void> {
    wipe();
    if (pack.value) await keepDraft(pack.value, undefined);
  }

  /** Forgets what is on the screen, because another person sits there now; takes up what that one has kept. */
  async function change(): Promise<void> {
    letGo();
    wipe();
    sealed.value = null;
    roots.value = [];
    unread.value = [];
    host.value = "";
    step.value = 0;
    if (pack.value) await begin(pack.value);
  }

  /** Takes up what its writer kept, once the key that reads it is there, unless something was typed already. */
  const takeUp = (): Promise<void> =>
    inTurn(async () => {
      if (pack.value && isBlank()) await beginNow(pack.value);
    });

  /** Remembers whom this host has named, for its next project. */
  async function remember(): Promise<void> {
    const own = terms.value?.officials.tenderer;
    if (!own) return;
    const before = met.value[own.organisation] ?? {};
    const named = Object.fromEntries(parties.value.map(({ code, name }) => [code, name]));
    met.value = { ...met.value, [own.organisation]: { ...before, ...named } };
    await vault().keep(HOSTS, met.value);
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    [entries, rescue, step, documents, spares],
    () => {
      if (!pack.value || sealed.value) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!pack.value || sealed.value) return;
        if (!documents.value.length && !missing.value.length && !Object.values(entries.value).some(Boolean)) return;
        void keepDraft(pack.value, written());
      }, 400);
    },
    { deep: true },
  );

  return reactive({
    pack,
    terms,
    roots,
    keyRoots,
    unread,
    digest,
    checks,
    checking,
    problem,
    needs,
    doubts,
    entries,
    documents,
    missing,
    gone,
    lost,
    spares,
    rescue,
    host,
    parties,
    otherHost,
    lacks,
    step,
    sealing,
    progress,
    sealed,
    sheet,
    above,
    names,
    ready,
    reach,
    begin,
    check,
    addRoots,
    setRoots,
    removeDocument,
    removeDocuments,
    renameDocument,
    seal,
    correct,
    cancel: () => vault().cancelSeal(),
    forgetDraft,
    change,
    takeUp,
  });
}

/** PEM text of a certificate file, which may be DER. */
function pemOf(bytes: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(bytes);
  if (text.includes("-----BEGIN")) return text;
  const lines = btoa(text).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
