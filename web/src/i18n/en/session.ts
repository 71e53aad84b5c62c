export default {
  unlockTitle: "Give the key's passphrase",
  unlockWhy: "The key of {name} has locked itself. After the passphrase, what you were doing goes on; nothing you typed is lost.",
  loginWhy: "This needs your certificate. After unlocking, what you were doing goes on; nothing you typed is lost.",
  problems: {
    "platform-changed":
      "Another platform answers at this address than the one this browser has noted. It may be an impostor; nothing signed was sent. Stop, and ask the trading centre by telephone or other means; if the platform really was replaced, clear this site's data in the browser and log in again.",
    "key-other": "This is not the certificate that is logged in ({name}). Choose that one; to use another, log out first.",
  },
};
