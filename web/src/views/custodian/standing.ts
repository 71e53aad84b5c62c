/** A standing authorisation of the custodian's agent: what is signed, and how it stands (docs/spec/acts.md, Agents). */
import { base64, unbase64 } from "@/crypto/bid/encoding";
import type { ActBody, Hex, Millis } from "@/crypto/contract";
import { AGENT_SILENT } from "@/ui/agents";
import type { Authorisation, AgentView } from "./useCustody";

const DAY = 86_400_000;
/** The longest, in days. */
export const LONGEST = 366;
/** Hosts that one names, at most. */
const MOST_HOSTS = 100;
/** It is said so long before the last authorisation ends, ms. */
const SOON = 30 * DAY;
/** DER of an Ed25519 SubjectPublicKeyInfo, before the 32 bytes. */
const SPKI = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/**
 * An agent's public key in what was pasted or read from a file: its 32 bytes in
 * base64, by themselves or in a PEM file. A private key is none, whoever sends it.
 */
export function agentKeyIn(text: string): string | undefined {
  const pem = /-----BEGIN PUBLIC KEY-----([\sA-Za-z0-9+/=]+)-----END PUBLIC KEY-----/.exec(text)?.[1];
  const written = (pem ?? text).replace(/\s+/g, "");
  const bytes = unbase64(written);
  if (!bytes) return undefined;
  if (!pem) return bytes.length === 32 ? base64(bytes) : undefined;
  const isEd25519 = bytes.length === SPKI.length + 32 && SPKI.every((byte, at) => bytes[at] === byte);
  return isEd25519 ? base64(bytes.subarray(SPKI.length)) : undefined;
}

export interface Wanted {
  /** As it was pasted. */
  agent: string;
  /** The last instant of the last day. */
  until: Millis | undefined;
  /** Codes of hosts; undefined: all. */
  hosts: readonly string[] | undefined;
}

/** What is wrong with an authorisation: i18n `custodian.standing.wrong`. */
export function faultOf({ agent, until, hosts }: Wanted, now: Millis): "agent" | "until" | "long" | "hosts" | undefined {
  if (agentKeyIn(agent) === undefined) return "agent";
  if (until === undefined || until <= now) return "until";
  if (until > now + LONGEST * DAY) return "long";
  if (hosts && (hosts.length === 0 || new Set(hosts).size > MOST_HOSTS)) return "hosts";
  return undefined;
}

/** The act, or nothing while something is wrong. */
export function authorise(wanted: Wanted, now: Millis): ActBody | undefined {
  const agent = agentKeyIn(wanted.agent);
  const { until, hosts } = wanted;
  if (faultOf(wanted, now) || agent === undefined || until === undefined) return undefined;
  // Beginning at the platform's own time, it is in force when it is taken.
  return { act: "authorise-agent", agent, from: now, until, ...(hosts ? { hosts: [...new Set(hosts)].sort() } : {}) };
}

type State = "revoked" | "over" | "later" | "inForce";

export function stateOf({ from, until, revoked }: Authorisation, now: Millis): State {
  if (revoked !== undefined) return "revoked";
  if (now >= until) return "over";
  return now < from ? "later" : "inForce";
}

/** What the person must be told of the agent: i18n `custodian.standing.alarm`. */
export function alarmOf(agent: AgentView, now: Millis): { code: "never" | "silent" | "ends"; at?: Millis } | undefined {
  const { authorised_until: until, heard_at: heard } = agent;
  if (until === undefined || until <= now) return undefined;
  if (heard === undefined) return { code: "never" };
  if (now - heard > AGENT_SILENT) return { code: "silent", at: heard };
  return until - now < SOON ? { code: "ends", at: until } : undefined;
}

/** Whether an authorisation in force lets the agent certify for one of these hosts. */
export function coveredBy(agent: AgentView, hosts: readonly string[], now: Millis): Hex | undefined {
  const covers = (it: Authorisation) => stateOf(it, now) === "inForce" && (!it.hosts || it.hosts.some((host) => hosts.includes(host)));
  return agent.authorisations.find(covers)?.digest;
}

/** What an agent's machine takes up (`kaibiao custodian accept`); members in ascending order, as docs/spec/acts.md has them. */
export function fileOf({ agent, digest, from, hosts, until }: Authorisation): string {
  return JSON.stringify({ agent, digest, format: "kaibiao/1 authorisation", from, ...(hosts ? { hosts } : {}), until });
}
