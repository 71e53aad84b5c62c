/** Who is logged in, with which key; how acts are signed and sent. */
import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import { api, data, Refused, type Schemas } from "@/api";
import { vault } from "@/crypto/client";
import type { ActBody, KeyFile, KeyInfo } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { fileKeys, tokenKeys, type TokenRequest } from "@/crypto/provider";
import type { Rules } from "@/crypto/rules";
import { restartRooms } from "@/room";
import { serverTime } from "@/room/clock";
import { SIGN_RECORD, SIGNED } from "./acts";
import { askForKey } from "./dialog";
import { Idle, WARNING, type Reason } from "./idle";
import { recordOf, sendAct } from "./send";
import { Tabs } from "./tabs";

type SessionView = Schemas["SessionView"];

export interface SessionStore {
  session: SessionView | null;
  /** The unlocked key; null while locked. */
  key: KeyInfo | null;
  /** Roles bound on the platform. */
  roles: string[];
  /** True once `restore` is through: before that nobody knows who is logged in. */
  ready: boolean;
  /** Milliseconds until the key locks itself, when less than a minute is left; else null. */
  locksIn: number | null;
  /** Begins by itself; awaiting it tells when `ready` is true. */
  restore(): Promise<void>;
  login(files: KeyFile[], passphrase: string): Promise<void>;
  /** The same with a certificate in a token. */
  loginByToken(from: TokenRequest): Promise<void>;
  /** With `clear`, what this person keeps on this device goes too: drafts, trusted roots, hosts met. */
  logout(clear?: boolean): Promise<void>;
  /** Asks the server again who is logged in. */
  refresh(): Promise<void>;
  /** Registers the certificate's organisation as a bidder, where it is not one yet. */
  register(): Promise<void>;
  /** Makes sure that the key is unlocked, asking for the passphrase where it is not. Rejects with `cancelled`. */
  unlocked(): Promise<KeyInfo>;
  /** Signs what must be signed and sends it; project "" for acts on the platform. Throws `Refused` or CryptoFailure. */
  act(project: string, body: ActBody, options?: { secrets?: string[] }): Promise<Schemas["ActReply"]>;
  /** The platform's name for itself and its authorities, asked once. */
  platform(): Promise<Schemas["PlatformView"]>;
  /** Runs what needs a session; where that has ended, logs in again by the key and runs it once more. */
  inSession<T>(work: () => Promise<T>): Promise<T>;
  /** Keeps the key from locking itself while something runs, or longer while in a hall. Call the answer to end it. */
  keepUnlocked(why: Reason): () => void;
  lock(): Promise<void>;
}

/** Set while somebody is logged in on this device. Without it the page does not ask the server for a session. */
const HINT = "kaibiao.session";
/** Which platform is at this address: origin and statement key. */
const PLATFORM = "kaibiao.platform";
/** A session is renewed so long before it ends, ms. */
const RENEW = 5 * 60_000;

export const useSession: () => SessionStore = defineStore("session", () => {
  const session = shallowRef<SessionView | null>(null);
  const key = shallowRef<KeyInfo | null>(null);
  const ready = ref(false);
  const locksIn = ref<number | null>(null);
  const roles = computed(() => session.value?.roles ?? []);

  const idle = new Idle();
  const tabs = new Tabs((news) => {
    if (news.type !== "login" && key.value) void vault().lock(news.type === "logout");
    if (news.type === "logout") tabs.forget();
    if (news.type !== "login") key.value = null;
    if (news.type !== "locked") void readAgain();
  });

  let restoring: Promise<void> | undefined;
  const restore = (): Promise<void> => (restoring ??= read().finally(() => (ready.value = true)));

  /** Reads what there is: the session by its cookie, the key by the tabs' name for it. */
  async function read(): Promise<void> {
    if (localStorage.getItem(HINT) === null) {
      session.value = null;
      key.value = null;
      return;
    }
    const [known, kept] = await Promise.all([current(), keptKey()]);
    session.value = known;
    key.value = kept && known && kept.signing.digest !== known.certificate ? null : kept;
    if (!known && kept) await enter(kept).catch(() => undefined);
    watch();
    resumeUploads();
  }

  /** A bid that was on its way goes on wherever the person is. */
  function resumeUploads(): void {
    if (!roles.value.includes("bidder")) return;
    void import("@/bids").then(({ useBids }) => useBids().load()).catch(() => undefined);
  }

  /** Reads again, and restarts the rooms only where another person has logged in. */
  async function readAgain(): Promise<void> {
    const who = () => JSON.stringify([session.value?.certificate, session.value?.roles]);
    const before = who();
    const person = session.value?.certificate;
    await read();
    if (who() !== before) restart(person);
  }

  /** Starts the rooms again; what they show stays only for the person who saw it. */
  function restart(before: string | undefined): void {
    restartRooms(before !== undefined && before === session.value?.certificate);
  }

  async function current(): Promise<SessionView | null> {
    try {
      return await data(api.GET("/api/v1/session"));
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return null;
      return session.value;
    }
  }

  async function keptKey(): Promise<KeyInfo | null> {
    const keep = await tabs.find();
    if (!keep) {
      // The browser was closed meanwhile: what that session left is dropped.
      void vault().lock(true);
      return null;
    }
    if (idle.left() <= 0) {
      await vault().lock(false);
      return null;
    }
    return vault().restore(keep);
  }

  const login = (files: KeyFile[], passphrase: string): Promise<void> =>
    begin(() => fileKeys.unlock({ files, passphrase, keep: tabs.make() }));

  const loginByToken = (from: TokenRequest): Promise<void> => begin(() => tokenKeys.unlock({ ...from, keep: tabs.make() }));

  async function begin(unlock: () => Promise<KeyInfo>): Promise<void> {
    await platform().catch(() => undefined);
    const opened = await unlock();
    try {
      await enter(opened);
    } catch (error) {
      await vault().lock(true);
      tabs.forget();
      throw error;
    }
    tabs.tell({ type: "login" });
    restartRooms(false);
  }

  /** Signs the platform's challenge. */
  async function enter(opened: KeyInfo): Promise<void> {
    const { origin } = await platform();
    const told = await data(api.POST("/api/v1/login/challenge"));
    if (told.origin !== origin) throw new CryptoFailure("platform-changed");
    // Where this page is, by what the browser says: a login for one platform cannot be passed on to another.
    const act = await vault().sign({ origin, project: "" }, { act: "login", address: location.origin, challenge: told.challenge });
    session.value = await data(api.POST("/api/v1/login", { body: act }));
    key.value = opened;
    localStorage.setItem(HINT, "1");
    idle.extend();
    watch();
    resumeUploads();
  }

  let entering: Promise<void> | undefined;
  const enterAgain = async (): Promise<void> => {
    const before = session.value?.certificate;
    const opened = await unlocked();
    await (entering ??= enter(opened)
      .then(() => restart(before))
      .finally(() => (entering = undefined)));
  };

  // A session that has ended is begun again by the key, while whatever a view asked for waits.
  api.use({
    async onResponse({ request, response }) {
      const lost = response.status === 401 && request.method === "GET" && session.value !== null && key.value !== null;
      if (!lost || request.url.endsWith("/session")) return undefined;
      const entered = await enterAgain().then(
        () => true,
        () => false,
      );
      return entered ? fetch(new Request(request)) : undefined;
    },
  });

  async function inSession<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401 && session.value)) throw error;
      await enterAgain();
      return work();
    }
  }

  async function logout(clear = false): Promise<void> {
    if (clear) await vault().empty();
    await data(api.POST("/api/v1/logout")).catch(() => undefined);
    await vault().lock(true);
    session.value = null;
    key.value = null;
    locksIn.value = null;
    localStorage.removeItem(HINT);
    idle.forget();
    tabs.forget();
    tabs.tell({ type: "logout" });
    restartRooms(false);
  }

  async function register(): Promise<void> {
    const name = session.value?.organisation_name ?? "";
    const before = session.value?.certificate;
    await act("", { act: "register", name });
    session.value = await data(api.GET("/api/v1/session"));
    tabs.tell({ type: "login" });
    restart(before);
  }

  async function unlocked(): Promise<KeyInfo> {
    await restore();
    if (key.value) return key.value;
    const name = session.value ? `${session.value.organisation_name} ${session.value.name}` : "";
    const known = async (opened: KeyInfo): Promise<KeyInfo> => {
      if (session.value && opened.signing.digest !== session.value.certificate) {
        await vault().lock(true);
        throw new CryptoFailure("key-other", { name });
      }
      return opened;
    };
    const opened = await askForKey({
      name,
      kept: tabs.keep !== null,
      token:
        tabs.keep !== null &&
        (await vault()
          .keptToken(tabs.keep)
          .catch(() => false)),
      async unlock(passphrase, files) {
        const keep = tabs.make();
        return known(files.length > 0 ? await fileKeys.unlock({ files, passphrase, keep }) : await vault().reopen(passphrase, keep));
      },
      unlockToken: async (from) => known(await tokenKeys.unlock({ ...from, keep: tabs.make() })),
    });
    if (session.value) key.value = opened;
    else await enter(opened);
    idle.extend();
    watch();
    tabs.tell({ type: "login" });
    return opened;
  }

  async function act(project: string, body: ActBody, options: { secrets?: string[] } = {}): Promise<Schemas["ActReply"]> {
    if (!SIGNED.has(body.act)) {
      const plain = await vault().plain(body);
      return inSession(() => sendAct(project, plain));
    }
    await unlocked();
    const { origin } = await platform();
    const record = SIGN_RECORD.has(body.act) ? await inSession(() => recordOf(project, body)) : undefined;
    const signed = await vault().sign({ origin, project }, body, options.secrets, record);
    return inSession(() => sendAct(project, signed));
  }

  let known: Promise<Schemas["PlatformView"]> | undefined;
  function platform(): Promise<Schemas["PlatformView"]> {
    known ??= data(api.GET("/api/v1/platform")).then(async (told) => {
      const view = pinned(told);
      // What is shown of certificates is read by the authorities' own rules.
      await Promise.resolve(view.cas.map(({ rules }) => rules as unknown as Rules))
        .then((rules) => vault().believe(rules))
        .catch(() => undefined);
      return view;
    });
    known.catch(() => (known = undefined));
    return known;
  }

  /** The first platform that answered at this address is the one to sign for; another one is refused. */
  function pinned(told: Schemas["PlatformView"]): Schemas["PlatformView"] {
    const now = JSON.stringify([told.origin, told.log_key]);
    const before = localStorage.getItem(PLATFORM);
    if (before !== null && before !== now) throw new CryptoFailure("platform-changed");
    localStorage.setItem(PLATFORM, now);
    return told;
  }

  async function lock(): Promise<void> {
    key.value = null;
    locksIn.value = null;
    await vault().lock(false);
    tabs.tell({ type: "locked" });
  }

  let renewed = 0;
  let watching: ReturnType<typeof setInterval> | undefined;

  /** Watches the idle time and the session's end while there is a key. */
  function watch(): void {
    if (watching !== undefined || !key.value) return;
    const touch = () => idle.touch();
    const signs = ["pointerdown", "keydown", "wheel", "touchstart"] as const;
    for (const sign of signs) window.addEventListener(sign, touch, { passive: true, capture: true });
    watching = setInterval(() => {
      if (!key.value) {
        clearInterval(watching);
        watching = undefined;
        for (const sign of signs) window.removeEventListener(sign, touch, { capture: true });
        return;
      }
      const left = idle.left();
      locksIn.value = left < WARNING ? Math.max(0, left) : null;
      if (left <= 0) void lock();
      const ends = session.value?.expires;
      if (left > 0 && ends !== undefined && serverTime() > ends - RENEW && !entering && Date.now() > renewed + WARNING) {
        renewed = Date.now();
        entering = enter(key.value)
          .catch(() => undefined)
          .finally(() => (entering = undefined));
      }
    }, 1_000);
  }

  void restore();

  return {
    session,
    key,
    roles,
    ready,
    locksIn,
    restore,
    login,
    loginByToken,
    logout,
    refresh: readAgain,
    register,
    unlocked,
    act,
    platform,
    inSession,
    keepUnlocked: (why: Reason) => idle.hold(why),
    lock,
  };
});
