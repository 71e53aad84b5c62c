/** A real seal and unlock of a test bid with the own key. */
import type { Checked, Report } from "./steps";
import type { Bytes, OpeningKey, Organisation } from "./types";

export interface SelfTestKey {
  bidder: Organisation;
  /** DER, the signing certificate first. */
  chain: Bytes[];
  /** The encryption certificate's key first. */
  keys: OpeningKey[];
}

/** Steps self-seal, -header, -rehearse, -release, -open, -same. */
export async function selfTest(key: SelfTestKey, report?: Report): Promise<Checked<{ milliseconds: number }>> {
  void [key, report];
  throw new Error("not yet");
}
