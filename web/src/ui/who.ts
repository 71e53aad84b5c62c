/** The session, or nobody while it is not to be had. */
import { type SessionStore, useSession } from "@/session";

export function who(): SessionStore | null {
  try {
    return useSession();
  } catch {
    return null;
  }
}
