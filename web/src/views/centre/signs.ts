/** How a start, a stop or a sign of ill health of the platform is told. */
import type { Schemas } from "@/api";

type Sign = Schemas["HealthSign"];

interface Body {
  version?: string;
  unclean?: boolean;
  sign?: string;
  measured?: number;
}

export const bodyOf = ({ body }: Sign): Body => body as Body;

/** What is said when the trouble that a sign tells of is over. */
const OVER: Record<string, string> = {
  disk_full: "disk_room",
  clock_stepped: "clock_steady",
  database_errors: "database_well",
  blob_errors: "blobs_well",
  slow_appends: "appends_quick",
  authorities_unusable: "authorities_well",
  log_stopped: "log_goes_on",
};

/** The text's name in `centre.signs`. */
export function nameOf(told: Sign): string {
  const { unclean, sign = "" } = bodyOf(told);
  if (told.kind === "started" && unclean) return "unclean";
  if (told.kind !== "health_noted") return told.kind;
  return told.well ? (OVER[sign] ?? sign) : sign;
}

export function isBad(told: Sign): boolean {
  return bodyOf(told).unclean === true || (told.kind === "health_noted" && !told.well);
}
