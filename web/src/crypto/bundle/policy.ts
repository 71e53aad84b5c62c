/** What the reader of a bundle believes (docs/spec/bundle.md, 4). It comes from the reader and never from the bundle. */
import { equal } from "../bid/encoding";
import { sm2Point } from "../bid/second";
import { anything, array, boolean, bytes, integer, Misshapen, object, oneOf, read, string, type Reader } from "../bid/shape";
import type { Bytes } from "../bid/types";
import { CryptoFailure } from "../failure";
import type { Rules } from "../rules";
import { intl as suite } from "../suite";
import { policyOf, type Policy as LogPolicy } from "../tlog/policy";
import type { Authority } from "../trust";
import { parseCertificate } from "../x509";

export interface Policy {
  origin: string;
  log_key: string | undefined;
  witnesses: string[];
  quorum: number;
  /** Nothing where there is no log to ask. */
  log: LogPolicy | undefined;
  /** 32 bytes of Ed25519 each. */
  statementKey: Bytes;
  receiptKey: Bytes;
  authorities: Authority[];
  /** Whether authorities of time are named. */
  hasStamps: boolean;
  /** Seconds within which a statement's quorum comes. */
  late: number;
  /** The platform's SM2 certificate, as terms of suite gm name it: base64 DER, leaf first. */
  sm2Chain: string[];
  needsSupervisor: boolean;
  /** Whether notices must have been entered into the log. */
  needsNotices: boolean;
}

const LATE = 120;

const source = object({ place: anything }, { first: (value: unknown) => value === true, take: array((value: unknown) => value) });
const rulesShape = object({ code: array(source) }, { name: array(source) }) as unknown as Reader<Rules>;
const shape = object(
  {
    format: oneOf("kaibiao/1 policy"),
    origin: string,
    quorum: integer(0, 255),
    statement_key: bytes,
    receipt_key: bytes,
    cas: array(
      object(
        { id: string, root: bytes, rules: rulesShape, revocation: oneOf<"required" | "best-effort">("required", "best-effort") },
        { intermediates: array(bytes) },
      ),
    ),
  },
  {
    log_key: string,
    witnesses: array(string),
    tsas: array(object({ root: bytes }, { intermediates: array(bytes), lists: array(bytes) })),
    late: integer(0, 0xffffffff),
    edition: oneOf<"public" | "supervisor">("public", "supervisor"),
    notices: boolean,
    sm2_chain: array(string),
  },
);

/** Reads a policy: JSON in any spelling, without repeated or unknown members. Refusal: policy-unreadable. */
export function readPolicy(json: string): Policy {
  try {
    return parse(json);
  } catch (error) {
    if (error instanceof Misshapen) throw unreadable(error.at || "JSON");
    if (error instanceof CryptoFailure && error.code !== "policy-unreadable") throw unreadable(error.code);
    throw error;
  }
}

function parse(json: string): Policy {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw unreadable("JSON");
  }
  const twice = repeated(json);
  if (twice !== undefined) throw unreadable(twice);
  const file = read(shape, value);
  const { origin, log_key, witnesses = [], quorum } = file;
  const log = policyOf({ origin, quorum, witnesses, ...(log_key === undefined ? {} : { log_key }) });
  const platform = [file.statement_key, file.receipt_key];
  if (!platform.every((key) => key.length === 32 && suite.hasAnOwner(key))) throw unreadable("statement_key, receipt_key");
  sm2Point(file.sm2_chain);
  const keys = [...platform, ...(log ? [log.log, ...log.witnesses].map(({ key }) => key) : [])];
  if (keys.some((key, at) => keys.slice(0, at).some((other) => equal(other, key)))) throw unreadable("key-twice");
  for (const { root, intermediates = [] } of [...file.cas, ...(file.tsas ?? [])]) [root, ...intermediates].forEach(parseCertificate);
  return {
    origin,
    log_key,
    witnesses,
    quorum,
    log,
    statementKey: file.statement_key,
    receiptKey: file.receipt_key,
    authorities: file.cas,
    hasStamps: (file.tsas ?? []).length > 0,
    late: file.late ?? LATE,
    sm2Chain: file.sm2_chain ?? [],
    needsSupervisor: file.edition === "supervisor",
    needsNotices: file.notices === true,
  };
}

function unreadable(at: string): CryptoFailure {
  return new CryptoFailure("policy-unreadable", { at });
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** A member that stands twice in one object of well-formed JSON: a parser would pass over the first. */
function repeated(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const tokens = json.match(TOKEN) ?? [];
  for (const [at, token] of tokens.entries()) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (tokens[at + 1] === ":") {
      const name = JSON.parse(token) as string;
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}
