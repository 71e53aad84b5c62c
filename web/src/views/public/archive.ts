/** Whose archive packages a viewer may take (docs/spec/archive.md). */
import type { View } from "@/room";

export type Party = "tenderer" | "agency" | "bidder" | "platform";

export function packages(view: Pick<View, "seat" | "rating" | "officials">): Party[] {
  const host = (): Party[] => (view.officials.agency ? ["tenderer", "agency"] : ["tenderer"]);
  switch (view.seat) {
    case "supervisor":
      return [...host(), "platform"];
    case "centre":
      return ["platform"];
    case "host":
      return host();
    case "bidder":
      // Whoever took part may rate the service, and nobody else.
      return view.rating ? ["bidder"] : [];
    default:
      return [];
  }
}
