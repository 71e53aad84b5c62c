/** What the header leads to, by role. */

interface Way {
  to: string;
  /** Key in i18n `common`. */
  text:
    | "openings"
    | "check"
    | "tool"
    | "bidder"
    | "host"
    | "board"
    | "desk"
    | "accounts"
    | "ratings"
    | "figures"
    | "audit"
    | "custodian"
    | "supervisor";
}

interface Ruled extends Way {
  roles?: string[];
}

const WAYS: Ruled[] = [
  { to: "/", text: "openings" },
  { to: "/bidder", text: "bidder", roles: ["bidder"] },
  { to: "/host", text: "host", roles: ["host"] },
  { to: "/centre", text: "board", roles: ["centre", "administrator"] },
  { to: "/centre/help", text: "desk", roles: ["centre"] },
  { to: "/centre/accounts", text: "accounts", roles: ["administrator", "centre"] },
  { to: "/centre/ratings", text: "ratings", roles: ["centre", "administrator"] },
  { to: "/centre/figures", text: "figures", roles: ["centre", "supervisor"] },
  { to: "/supervisor", text: "supervisor", roles: ["supervisor"] },
  { to: "/audit", text: "audit", roles: ["supervisor"] },
  { to: "/custodian", text: "custodian", roles: ["host", "centre", "supervisor", "bidder"] },
  { to: "/tool", text: "tool" },
  { to: "/check", text: "check" },
];

/** The ways open to somebody with these roles. */
export function ways(roles: readonly string[]): Way[] {
  return WAYS.filter((way) => !way.roles || way.roles.some((role) => roles.includes(role)));
}

/** Which way leads nearest to an address, as /supervisor does to one of its projects. */
export function nearest(open: readonly Way[], path: string): string | undefined {
  const fitting = open.filter(({ to }) => path === to || (to !== "/" && path.startsWith(`${to}/`)));
  return fitting.sort((a, b) => b.to.length - a.to.length)[0]?.to;
}
