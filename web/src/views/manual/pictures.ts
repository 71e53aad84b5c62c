/**
 * The screens that the manual shows, by the names under which the browser
 * tests look at them: `make screens` takes a picture of each in both languages.
 */
export const SHOWN = [
  "login",
  "prepare-terms",
  "prepare-sheet",
  "prepare-sealed",
  "receipt",
  "hall-sign-in",
  "hall-unlock",
  "hall-wrong-key",
  "hall-confirm",
  "hall-countersign",
  "wizard-lots",
  "manage-publish",
  "console-checking",
  "console-unlocking",
  "console-announced",
  "console-record",
  "custodian",
  "custody-key",
  "custody-release",
  "custody-rescue",
  "board",
  "desk",
  "accounts",
  "supervision",
  "supervision-findings",
  "supervision-audit",
  "openings",
  "project",
  "hall-announced",
  "record",
] as const;

export type Shown = (typeof SHOWN)[number];

/** Every picture is so large, in pixels. */
export const SIZE = { width: 1024, height: 720 } as const;

/** What all pictures of one language may weigh together, in bytes. */
export const MOST = 1_500_000;

/** What stands at the top of a picture, where it is not the screen's own head. */
export const FROM: Partial<Record<Shown, string>> = {
  "hall-wrong-key": ".b-now .panel",
  "hall-announced": "[aria-labelledby=hall-announced]",
};
