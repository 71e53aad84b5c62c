/** The vault's part that checks records. */
import { parseTerms } from "./bid/terms";
import type { Judge } from "./bid/types";
import type { RecordRequest, Vault } from "./contract";
import { CryptoFailure } from "./failure";
import { checkRecord } from "./record";
import { readLists } from "./revocation";
import { judgeBy } from "./trust";
import type { Holder } from "./vault";
import { believed } from "./vault-bids";

export function recordMethods(holder: Holder): Pick<Vault, "checkRecord"> {
  return {
    checkRecord: async (request) => {
      const { platform, record } = request;
      const by = { terms: parseTerms(request.terms), platform, judge: judgeOf(request, holder) };
      return checkRecord({ ...request, record: record.slice() }, by);
    },
  };
}

/** Nothing where nobody has chosen a root, and no key brought one. */
function judgeOf(request: RecordRequest, holder: Holder): Judge | undefined {
  try {
    return judgeBy(believed(request, holder.known()), readLists(request.lists));
  } catch (error) {
    if (error instanceof CryptoFailure && error.code === "roots-needed") return undefined;
    throw error;
  }
}
