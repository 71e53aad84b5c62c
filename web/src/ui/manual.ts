/** Where in the manual somebody reads about what is on the screen. */

export const CHAPTERS = ["bidder", "host", "custodian", "centre", "supervisor", "public"] as const;
export type Chapter = (typeof CHAPTERS)[number];

/** A chapter, and a section of it. */
export interface Place {
  chapter: Chapter;
  section?: string;
}

/** The screens that belong to one role, by the names of their routes. */
const SCREENS: Readonly<Record<string, Place>> = {
  bidder: { chapter: "bidder", section: "prepare" },
  prepare: { chapter: "bidder", section: "prepare" },
  receipt: { chapter: "bidder", section: "submit" },
  tool: { chapter: "bidder", section: "offline" },
  consent: { chapter: "bidder", section: "consortium" },
  host: { chapter: "host", section: "draft" },
  "new-project": { chapter: "host", section: "draft" },
  "edit-project": { chapter: "host", section: "draft" },
  manage: { chapter: "host", section: "publish" },
  console: { chapter: "host", section: "console" },
  board: { chapter: "centre", section: "board" },
  desk: { chapter: "centre", section: "desk" },
  accounts: { chapter: "centre", section: "accounts" },
  ratings: { chapter: "centre", section: "ratings" },
  figures: { chapter: "centre", section: "figures" },
  custodian: { chapter: "custodian", section: "keys" },
  custody: { chapter: "custodian", section: "release" },
  supervisor: { chapter: "supervisor", section: "openings" },
  supervision: { chapter: "supervisor", section: "live" },
  audit: { chapter: "supervisor", section: "platform" },
  "complaint-list": { chapter: "supervisor", section: "complaints" },
  screen: { chapter: "public", section: "hall" },
};

/** The screens that everybody sees: where the public reads about them, and where who has a role does. */
const SHARED: Readonly<Record<string, Partial<Record<Chapter, string>>>> = {
  openings: { public: "find", bidder: "find" },
  project: { public: "notice", bidder: "find" },
  hall: { public: "hall", bidder: "sign-in" },
  record: { public: "record", bidder: "record", host: "record" },
  check: { public: "check", bidder: "need" },
  "check-receipt": { public: "check", bidder: "submit", supervisor: "trouble" },
  "verify-bundle": { public: "check", supervisor: "trouble" },
  complaints: { public: "complaints", bidder: "complaints", supervisor: "complaints" },
  login: { public: "need", bidder: "log-in" },
  account: { public: "need", bidder: "log-in" },
};

/** Whose chapter somebody with these roles reads where the screen does not say: the most particular one. */
const ROLES: readonly (readonly [role: string, chapter: Chapter])[] = [
  ["supervisor", "supervisor"],
  ["centre", "centre"],
  ["administrator", "centre"],
  ["host", "host"],
  ["bidder", "bidder"],
];

export function chapterOf(roles: readonly string[]): Chapter {
  return ROLES.find(([role]) => roles.includes(role))?.[1] ?? "public";
}

/** The parts of a screen that stand in its address, which the manual calls by the same names. */
const TABS: Readonly<Record<string, readonly string[]>> = { supervision: ["live", "findings", "events", "audit"] };

/** What the manual says to a screen, and to a part of it, for somebody with these roles. */
export function placeOf(screen: string | undefined, roles: readonly string[], tab?: unknown): Place {
  const name = screen ?? "";
  const own = SCREENS[name];
  const part = TABS[name]?.find((it) => it === tab);
  if (own) return part ? { ...own, section: part } : own;
  const chapter = chapterOf(roles);
  const section = SHARED[name]?.[chapter];
  return section ? { chapter, section } : { chapter };
}

/** Every place that a screen leads to. */
export function places(): Place[] {
  const shared = Object.values(SHARED).flatMap((by) =>
    Object.entries(by).map(([chapter, section]) => ({ chapter: chapter as Chapter, section })),
  );
  const parts = Object.entries(TABS).flatMap(([screen, tabs]) => tabs.map((tab) => placeOf(screen, [], tab)));
  return [...Object.values(SCREENS), ...shared, ...parts];
}

export const address = ({ chapter, section }: Place): string => `/manual/${chapter}${section ? `#${section}` : ""}`;
