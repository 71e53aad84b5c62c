export default {
  unlockTitle: "Give the key's passphrase",
  unlockWhy: "The key of {name} has locked itself. After the passphrase, what you were doing goes on; nothing you typed is lost.",
  loginWhy: "This needs your certificate. After unlocking, what you were doing goes on; nothing you typed is lost.",
  problems: {
    "key-other": "This is not the certificate that is logged in ({name}). Choose that one; to use another, log out first.",
  },
};
