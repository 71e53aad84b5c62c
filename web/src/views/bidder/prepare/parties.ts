/** Whom a bidder is about to rely on: every party of a lot's terms, with its code. */
import type { TermsText } from "./package";

export interface Party {
  part: "tenderer" | "agency" | "centre" | "supervisor" | "custodian";
  name: string;
  code: string;
  /** Not in an earlier project of this host, or under another name; undefined where none is known here. */
  isNew?: boolean;
}

/** Names by code, by the code of the host in whose projects they were met. */
export type Hosts = Record<string, Record<string, string>>;

export function partiesOf(terms: TermsText, met: Hosts): Party[] {
  const { tenderer, agency, centre, supervisor } = terms.officials;
  const before = met[tenderer.organisation];
  const of =
    (part: Party["part"]) =>
    ({ name, organisation: code }: TermsText["custodians"][number]): Party => ({
      part,
      name,
      code,
      ...(before ? { isNew: before[code] !== name } : {}),
    });
  return [
    of("tenderer")(tenderer),
    ...(agency ? [of("agency")(agency)] : []),
    of("centre")(centre),
    of("supervisor")(supervisor),
    ...terms.custodians.map(of("custodian")),
  ];
}

/** Whether a party is the host, or its agency, of which the bidder knows the code. */
export const isHost =
  (code: string) =>
  (party: Party): boolean =>
    (party.part === "tenderer" || party.part === "agency") && party.code === code.trim().toUpperCase();
