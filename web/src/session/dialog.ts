/** Asks for the passphrase when a locked key is needed; what was typed elsewhere stays as it is. */
import { createApp, h } from "vue";
import type { KeyFile, KeyInfo } from "@/crypto/contract";
import type { TokenRequest } from "@/crypto/provider";
import { CryptoFailure } from "@/crypto/failure";
import { i18n } from "@/i18n";

export interface Question {
  /** Whose key it was. */
  name: string;
  /** Whether the passphrase is enough, since the file is kept. */
  kept: boolean;
  /** Throws what is wrong; the dialog stays open. */
  unlock(passphrase: string, files: KeyFile[]): Promise<KeyInfo>;
  /** What was kept is in a token: it is unlocked at the token agent, by `unlock("", [])`. */
  token?: boolean;
  /** The same with a certificate in a token that is connected now. */
  unlockToken?(from: TokenRequest): Promise<KeyInfo>;
}

let asking: Promise<KeyInfo> | undefined;

/** One dialog at a time: who asks meanwhile gets the same answer. Rejects with `cancelled`. */
export function askForKey(question: Question): Promise<KeyInfo> {
  asking ??= ask(question).finally(() => {
    asking = undefined;
  });
  return asking;
}

async function ask(question: Question): Promise<KeyInfo> {
  const { default: UnlockDialog } = await import("./UnlockDialog.vue");
  return new Promise((resolve, reject) => {
    const place = document.body.appendChild(document.createElement("div"));
    const end = () => {
      app.unmount();
      place.remove();
    };
    const app = createApp({
      render: () =>
        h(UnlockDialog, {
          question,
          onUnlocked: (key: KeyInfo) => {
            end();
            resolve(key);
          },
          onCancelled: () => {
            end();
            reject(new CryptoFailure("cancelled"));
          },
        }),
    });
    // An application of its own counts its ids from the beginning: without this the dialog below would lend it its title.
    app.config.idPrefix = "unlock";
    app.use(i18n).mount(place);
  });
}
