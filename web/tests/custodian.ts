/**
 * A custodian's browser without its cryptography, for tests of what lies on
 * screen: a locker that holds what is put there, and key files of which each is
 * opened by its own passphrase (its text is `point:passphrase`).
 */
import { vi } from "vitest";
import { reactive } from "vue";
import type { LockedKeyFile } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import type { Duty, Line } from "@/views/custodian/duties";
import type { RingKey } from "@/views/custodian/ring";

const shelves = new Map<string, Map<string, unknown>>();
const shelf = (name: string) => shelves.get(name) ?? shelves.set(name, new Map()).get(name)!;
let remembered: string | undefined;
let made = 0;

function open(text: string, passphrase: string | undefined) {
  if (passphrase === undefined) throw new CryptoFailure("custody-locked");
  const [point = "", phrase] = text.split(":");
  if (phrase !== passphrase) throw new CryptoFailure("passphrase-wrong");
  return { id: `id-${point}`, point };
}

const fake = {
  keep: async (name: string, value: unknown, on = "") => {
    if (value === undefined) shelf(on).delete(name);
    else shelf(on).set(name, value);
    return true;
  },
  kept: async (name: string, on = "") => shelf(on).get(name),
  shelf: async (on: string) => [...shelf(on).values()],
  custodyUnlocked: async () => remembered !== undefined,
  unlockCustody: async (text: string | null, passphrase: string) => {
    if (text !== null) open(text, passphrase);
    remembered = passphrase;
  },
  newKeyFile: async () => {
    if (remembered === undefined) throw new CryptoFailure("custody-locked");
    made += 1;
    return { text: `new${made}:${remembered}`, id: `id-new${made}`, point: `new${made}` };
  },
  newAgentKey: async () => ({ public: "agent", pem: "PEM" }) as { public: string; pem: string } | null,
  openKeyFile: async ({ text, passphrase }: LockedKeyFile) => open(text, passphrase ?? remembered),
  keyFilePublic: async (text: string) => ({ id: `id-${text.split(":")[0]}`, point: text.split(":")[0] }),
};
export const vault = () => fake;

const unlocked = async (): Promise<object> => {
  session.key ??= {};
  return session.key;
};

/** The certificate's passphrase is asked of nobody here: `unlocked` opens it. `held` counts what keeps it from locking itself. */
export const session = reactive({
  key: {} as object | null,
  held: 0,
  act: vi.fn(async (_project: string, _body: object): Promise<object> => ({})),
  unlocked: vi.fn(unlocked),
  inSession: <T>(work: () => Promise<T>) => work(),
  keepUnlocked: (_why: string) => {
    session.held += 1;
    return () => void (session.held -= 1);
  },
  platform: async () => ({ cas: [] }),
});

/** Nothing lies here, nothing is remembered, and the certificate is open. */
export function anew(): void {
  shelves.clear();
  remembered = undefined;
  made = 0;
  session.key = {};
  session.held = 0;
  session.act.mockReset().mockResolvedValue({});
  session.unlocked.mockReset().mockImplementation(unlocked);
}

/** The certificate has locked itself, and the passphrase of the keys is forgotten. */
export function locks(): void {
  session.key = null;
  remembered = undefined;
}

/** Puts a key here as one made earlier. */
export async function lies(key: RingKey): Promise<RingKey> {
  await fake.keep(key.id, key, "custody ring");
  return key;
}

export const keyFor = (project: string, phrase = "open sesame", more: Partial<RingKey> = {}): RingKey => ({
  ...{ project, number: `ZB-${project}`, title: `项目 ${project}`, keyfile: `${project}:${phrase}`, id: `id-${project}`, point: project },
  made: 1,
  ...more,
});

export const dutyOf = (more: Partial<Duty> = {}): Duty =>
  ({
    lot: "1",
    title: "土建",
    x: 1,
    release: 2,
    custodians: 3,
    stage: "releasing",
    released: false,
    certified: true,
    ...more,
  }) as unknown as Duty;

export const lineOf = (id: string, ...duties: Duty[]): Line =>
  ({ id, title: `项目 ${id}`, number: `ZB-${id}`, stage: "preparing", duties }) as unknown as Line;
