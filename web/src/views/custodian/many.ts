/** What a custodian does for many projects at once: keys made, a backup proved, keys certified, lots released. */
import { api, data } from "@/api";
import { vault } from "@/crypto/client";
import type { Millis } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { isAwaited, nextQuestion, PATIENCE } from "@/session/cosigned";
import { type Line, type Duty, phaseOf, suiteOf } from "./duties";
import { keepKnownKey } from "./kept";
import { filedIn, keyOf, putKey, type RingKey } from "./ring";

export type Told = (at: { done: number; total: number }) => void;

/** What came of one of many; the others go on. */
export interface Outcome<T> {
  it: T;
  problem?: unknown;
}

/** Does one after the other. One that fails holds up nobody else. */
export async function eachOf<T>(all: readonly T[], work: (it: T) => Promise<unknown>, told: Told): Promise<Outcome<T>[]> {
  const outcomes: Outcome<T>[] = [];
  told({ done: 0, total: all.length });
  for (const it of all) {
    try {
      await work(it);
      outcomes.push({ it });
    } catch (problem) {
      outcomes.push({ it, problem });
      // Whoever closes the question for the certificate's passphrase ends all of it.
      if (problem instanceof CryptoFailure && problem.code === "cancelled") break;
    }
    told({ done: outcomes.length, total: all.length });
  }
  return outcomes;
}

/** The same of releases: those for which witnesses have not come yet are asked for again, after the others. */
export async function eachCosigned<T>(all: readonly T[], work: (it: T) => Promise<unknown>, told: Told): Promise<void> {
  const until = Date.now() + PATIENCE;
  const awaited = (outcomes: Outcome<T>[]) => outcomes.filter(({ problem }) => isAwaited(problem)).map(({ it }) => it);
  let left = awaited(await eachOf(all, work, told));
  while (left.length > 0 && Date.now() < until) {
    told({ done: all.length - left.length, total: all.length });
    await nextQuestion();
    left = awaited(await eachOf(left, work, () => undefined));
  }
}

/** Whether a project wants a key of this custodian now. Of an invited one the list does not tell that it has certified: this browser knows. */
export function wantsKey(line: Line, keys: readonly RingKey[]): boolean {
  if (line.invited) return keyOf(keys, line.id, undefined)?.certified === undefined;
  return (line.duties ?? []).some((duty) => phaseOf(duty) === "keyMissing");
}

/** A key for each project, made where none lies here that could still be certified. The passphrase is the one remembered. */
export async function makeKeys(
  lines: readonly Line[],
  agent: string | undefined,
  now: Millis,
  keys: readonly RingKey[],
  told: Told,
): Promise<RingKey[]> {
  const made: RingKey[] = [];
  told({ done: 0, total: lines.length });
  for (const line of lines) {
    const suite = await suiteAsked(line);
    const before = keys.find((it) => it.project === line.id && (it.suite ?? "intl") === suite);
    const { text, id, point } = before ? { ...before, text: before.keyfile } : await vault().newKeyFile(undefined, suite);
    const key: RingKey = {
      ...{ project: line.id, number: line.number, title: line.title, keyfile: text, id, point, made: before?.made ?? now },
      ...(agent ? { agent } : {}),
      ...(suite === "gm" ? { suite } : {}),
    };
    await putKey(key);
    made.push(key);
    told({ done: made.length, total: lines.length });
  }
  return made;
}

async function suiteAsked(line: Line): Promise<"intl" | "gm"> {
  const told = suiteOf(line);
  if (told || !line.invited) return told ?? "intl";
  const { projects } = await data(api.GET("/api/v1/custody"));
  return projects.find(({ id }) => id === line.id)?.suite ?? "intl";
}

/** Proves that a saved file holds these keys and that they open; refuses `backup-other`, `passphrase-wrong`. */
export async function proveBackup(text: string, keys: readonly RingKey[], now: Millis, told: Told): Promise<RingKey[]> {
  const filed = new Set(filedIn(text).map(({ keyfile }) => keyfile));
  const lacking = keys.filter(({ keyfile }) => !filed.has(keyfile));
  if (lacking.length > 0) throw new CryptoFailure("backup-other", { n: lacking.length });
  const proved: RingKey[] = [];
  told({ done: 0, total: keys.length });
  for (const key of keys) {
    await vault().openKeyFile({ text: key.keyfile });
    const fresh = { ...key, proved: now };
    await putKey(fresh);
    await keepKnownKey(key.project, { id: key.id, point: key.point, proved: now, name: key.number });
    proved.push(fresh);
    told({ done: proved.length, total: keys.length });
  }
  return proved;
}

/** Takes up the keys of a file that the remembered passphrase opens; the projects of key files that do not say theirs are asked of the duties. */
export async function restore(text: string, lines: readonly Line[], now: Millis, told: Told): Promise<{ taken: RingKey[]; shut: number }> {
  const filed = filedIn(text);
  const taken: RingKey[] = [];
  let shut = 0;
  told({ done: 0, total: filed.length });
  for (const it of filed) {
    try {
      const known = await vault().openKeyFile({ text: it.keyfile });
      const line = lines.find(({ id, duties }) => id === it.project || (duties ?? []).some(({ key }) => key === known.point));
      const key = {
        ...it,
        ...(line ? { project: line.id, number: line.number, title: line.title } : {}),
        id: known.id,
        point: known.point,
        made: now,
        proved: now,
        ...(known.suite === "gm" ? { suite: known.suite } : {}),
      };
      await putKey(key);
      taken.push(key);
    } catch (error) {
      if (
        !(error instanceof CryptoFailure && error.code === "passphrase-wrong") ||
        (taken.length + shut + 1 === filed.length && taken.length === 0)
      )
        throw error;
      shut += 1;
    }
    told({ done: taken.length + shut, total: filed.length });
  }
  return { taken, shut };
}

/** A lot that waits for this custodian's release, with the key for it where it lies here. */
export interface DueLot {
  line: Line;
  duty: Duty;
  key?: RingKey;
}

export function dueLots(lines: readonly Line[], keys: readonly RingKey[]): DueLot[] {
  return lines.flatMap((line) =>
    (line.duties ?? [])
      .filter((duty) => phaseOf(duty) === "releaseNow")
      .map((duty) => {
        const key = duty.key === undefined ? undefined : keyOf(keys, line.id, duty.key);
        return { line, duty, ...(key ? { key } : {}) };
      }),
  );
}
