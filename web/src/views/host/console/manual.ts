/** The section of the host's chapter in the manual that tells about a step of the course. */
export const MANUAL = {
  wait: "console",
  "publish-list": "checking",
  "start-window": "unlocking",
  unlocking: "unlocking",
  releasing: "releasing",
  announce: "announcing",
  "open-objections": "objections",
  "close-objections": "objections",
  "sign-record": "record",
  close: "record",
} as const;
