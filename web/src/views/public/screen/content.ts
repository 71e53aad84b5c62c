/** What the hall's screen shows of a lot: the bids that opened, those that did not, or the bidders' names. */
import { useI18n } from "vue-i18n";
import type { Schemas } from "@/api";
import type { LotView, PartyView } from "@/room";
import { heading, isNumeric, value } from "@/ui/format";
import { isUnopened, usePartyTexts } from "@/ui/room/parties";
import { overControl } from "@/ui/room/prices";

export interface Cell {
  text: string;
  /** Below it, smaller. */
  note?: string;
  /** Something to be seen at once. */
  mark?: { text: string; colour: "green" | "amber" };
}

export interface Head {
  id: string;
  label: string;
  /** Numbers stand to the right and are never broken. */
  numeric?: boolean;
  /** The bidder's name. */
  name?: boolean;
  /** What is listened for: the price. */
  strong?: boolean;
}

export interface Section {
  key: "opened" | "unopened" | "bidders";
  title: string;
  /** On every page of it. */
  always: Head[];
  /** The others, the most important first. */
  heads: Head[];
  rows: Row[];
  /** What cells may come to hold later: room is kept for it, so that nothing moves then. */
  later?: Row[];
}

export interface Row {
  key: string;
  cells: Record<string, Cell>;
}

/** The announced fields of a sheet: the price before all others. */
export function byPriority({ fields, price }: Schemas["SheetSchema"]): Schemas["SheetField"][] {
  const told = fields.filter((field) => field.public);
  return [...told.filter((field) => field.id === price), ...told.filter((field) => field.id !== price)];
}

export function useContent() {
  const { t, locale } = useI18n();
  const { bidderName, memberName } = usePartyTexts();

  const order: () => Head = () => ({ id: "order", label: t("stages.table.order"), numeric: true });
  const bidder: () => Head = () => ({ id: "bidder", label: t("stages.table.bidder"), name: true });
  const named = (party: PartyView): Cell => ({
    text: bidderName(party),
    ...(party.members?.length ? { note: t("stages.table.consortium", { names: party.members.map(memberName).join("、") }) } : {}),
  });

  function opened(lot: LotView): Section {
    const fields = byPriority(lot.schema);
    const speak = locale.value === "en" ? "en" : "zh-CN";
    const over = overControl(lot);
    const heads = fields.map((field) => ({
      id: `field-${field.id}`,
      label: heading(field, speak),
      numeric: isNumeric(field),
      strong: field.id === lot.schema.price,
    }));
    const rows = (lot.parties ?? [])
      .filter((party) => party.sheet)
      .map((party, index) => {
        const cells: Record<string, Cell> = { order: { text: String(index + 1) }, bidder: named(party), line: line(party) };
        for (const field of fields) {
          const told: Cell = { text: value(field, party.sheet?.[field.id]) };
          if (field.id === lot.schema.price && over.has(party.party)) told.mark = { text: t("stages.table.overControl"), colour: "amber" };
          cells[`field-${field.id}`] = told;
        }
        return { key: party.party, cells };
      });
    const title = t("stages.table.caption");
    const later = [true, false].map((disputed) => ({ key: String(disputed), cells: { line: line({ line: { seq: 0, disputed } }) } }));
    return {
      key: "opened",
      title,
      always: [order(), bidder()],
      heads: [...heads, { id: "line", label: t("stages.table.line") }],
      rows,
      later,
    };
  }

  function line({ line: said, documents }: Pick<PartyView, "line" | "documents">): Cell {
    return {
      text: said ? "" : "—",
      ...(said
        ? { mark: { text: t(said.disputed ? "stages.line.disputed" : "stages.line.confirmed"), colour: said.disputed ? "amber" : "green" } }
        : {}),
      ...(documents?.length ? { note: t("public.screen.documents", { count: documents.length }) } : {}),
    };
  }

  function unopened(lot: LotView): Section {
    const heads: Head[] = [
      { id: "finding", label: t("stages.table.finding") },
      { id: "reason", label: t("stages.table.reason") },
    ];
    const rows = (lot.parties ?? []).filter(isUnopened).map((party, index) => ({
      key: party.party,
      cells: { order: { text: String(index + 1) }, bidder: named(party), finding: finding(party), reason: { text: reason(party) } },
    }));
    return { key: "unopened", title: t("stages.table.unopened"), always: [order(), bidder()], heads, rows };
  }

  function finding({ finding: it, refused }: PartyView): Cell {
    if (!it) return { text: refused ? t("stages.parties.refused") : "—" };
    const text = t(`stages.finding.${it.finding}`);
    return it.decided ? { text, note: t(`stages.findingStatus.${it.finding === it.first ? "confirmed" : "overruled"}`) } : { text };
  }

  function reason({ finding: it, outcome }: PartyView): string {
    if (it)
      return [t(`stages.rule.${it.rule}`), it.reason ? t("stages.findingReason", { reason: it.reason }) : ""].filter(Boolean).join(" ");
    return outcome ? t(`stages.outcome.${outcome}`) : "—";
  }

  function bidders(lot: LotView): Section {
    const rows = (lot.parties ?? []).map((party, index) => ({
      key: party.party,
      cells: { order: { text: String(index + 1) }, bidder: named(party) },
    }));
    return { key: "bidders", title: t("stages.parties.title"), always: [order(), bidder()], heads: [], rows };
  }

  /** All that is to be shown, in turn. */
  return (lot: LotView): Section[] => {
    const announced = (lot.parties ?? []).some((party) => party.sheet);
    return [announced ? opened(lot) : bidders(lot), unopened(lot)].filter((section) => section.rows.length > 0);
  };
}
