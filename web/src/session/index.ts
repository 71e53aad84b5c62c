/** Who is logged in, with which key; how acts are signed and sent. */
import type { ActBody, KeyFile, KeyInfo } from "@/crypto/contract";
import type { Schemas } from "@/api";

export interface SessionStore {
  session: Schemas["SessionView"] | null;
  /** The unlocked key; null while locked. */
  key: KeyInfo | null;
  /** Roles bound on the platform. */
  roles: string[];
  /** True once `restore` is through: before that nobody knows who is logged in. */
  ready: boolean;
  /** Milliseconds until the key locks itself, when less than a minute is left; else null. */
  locksIn: number | null;
  restore(): Promise<void>;
  login(files: KeyFile[], passphrase: string): Promise<void>;
  logout(): Promise<void>;
  /** Registers the certificate's organisation as a bidder, where it is not one yet. */
  register(): Promise<void>;
  /** Makes sure that the key is unlocked, asking for the passphrase where it is not. Throws `cancelled`. */
  unlocked(): Promise<KeyInfo>;
  /** Signs what must be signed and sends it; project "" for acts on the platform. Throws `Refused` or CryptoFailure. */
  act(project: string, body: ActBody, options?: { secrets?: string[] }): Promise<Schemas["ActReply"]>;
  /** Keeps the key from locking itself: while something runs, or for so long while in a hall. Call the answer to end it. */
  keepUnlocked(why: "upload" | "unlock" | "hall"): () => void;
  lock(): Promise<void>;
}

export const useSession = (): SessionStore => {
  throw new Error("to come");
};
