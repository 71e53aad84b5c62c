export default {
  title: "A certificate in a token",
  instead: "Use a certificate in a token (USB key)",
  file: "Use a key file instead",
  what: "The private key stays in the token; the token agent, a program on this machine, signs and opens with it. The PIN is entered in the token agent's window, never in this page.",
  start: "Plug the token in and start the token agent on this machine:",
  willAsk:
    "After “Connect” the browser asks whether this site may reach “apps on this device” or the “local network”. Choose “Allow”. It is used to reach the token agent on this machine and nothing else.",
  mayAsk: "After “Connect” the browser may ask whether this site may reach this machine or the local network. Choose “Allow”.",
  allowed: "The browser lets this site reach programs on this machine.",
  refused: "The browser does not let this site reach programs on this machine",
  refusedHow:
    "Press the icon to the left of the address, and in the site's settings set “Apps on device” (or “Local network access”) to “Allow”. Then press “Connect”; the page need not be reloaded. On a managed machine ask its administrator.",
  connect: "Connect",
  connecting: "Connecting…",
  more: "Port",
  port: "Port of the token agent",
  code: "Pairing code",
  codeHint: "The 8 digits in the token agent's window, good for 3 minutes. Compare the address shown there with this site's.",
  pair: "Pair",
  again: "Connect again",
  choose: "Choose the signing certificate",
  until: "issued by {issuer}, valid until {until}",
  pin: "Then enter the PIN in the token agent's window.",
  unlock: "Unlock with the token",
  unlockWhy:
    "The key of {name} is locked. See that the token is plugged in and the token agent is running; what you were doing goes on afterwards, and nothing you have entered is lost.",
  waiting: "Look at the token agent's window: it may want the PIN, or the two digits shown there if you agree.",
  problems: {
    "token-agent-unreachable":
      "The token agent (port {port}) was not reached. See that it is running on this machine, was started with this site's address, and that the browser may reach this machine. Instead of Safari use a current Edge or Chrome.",
    "token-agent-not-paired": "The token agent was started anew, or the pairing has ended. Connect again.",
    "token-agent-code-wrong": "Not the pairing code; tries left: {tries}. Compare it with the token agent's window.",
    "token-agent-code-void": "The pairing code no longer counts. Connect again and use the new one.",
    "token-agent-codes-too-many": "Connecting was asked for too often. Wait ten minutes, or start the token agent anew.",
    "token-agent-busy": "The token agent has other requests to answer. Answer the question in its window and try again.",
    "token-agent-message-malformed": "The token agent does not know what was to be signed, and signed nothing. Update it and try again.",
    "token-agent-message-other-origin":
      "What was to be signed is for another platform; the token agent signed nothing. Stop, and check the address with the centre.",
    "token-agent-message-other-address":
      "The login names another address; the token agent signed nothing. Stop, and check the address with the centre.",
    "token-agent-declined": "You did not agree in the token agent; nothing was signed. Do it again when you want to.",
    "token-agent-no-answer": "The token agent got no answer, and signed nothing. Do it again and answer in its window.",
    "token-agent-pin-wrong": "The PIN is wrong; tries left: {tries}, then the token is blocked. Check it before you go on.",
    "token-agent-pin-wrong-untold": "PIN or passphrase is wrong. Check it before you go on; a token blocks after several.",
    "token-agent-pin-blocked":
      "The token's PIN is blocked. Only your authority's tool unblocks it; if there is no time, use a spare key file.",
    "token-agent-pin-not-given": "No PIN was entered; nothing was signed. Do it again and enter it in the token agent's window.",
    "token-agent-token-absent": "There is no token; it may have been pulled. Plug it in and go on; the page need not be reloaded.",
    "token-agent-middleware-absent":
      "The token's driver (middleware) is not installed or cannot be loaded. Install the one of your authority and start the token agent again. ({reason})",
    "token-agent-token-failed":
      "The token did not do it: {reason}. Plug it in anew and try again; if that does not help, ask your authority.",
    "token-agent-no-such-certificate":
      "This certificate is not in the token; it may be another token. Plug in the first one, or log in anew.",
    "token-agent-no-signing":
      "No certificate of an organisation in this token may sign. See whether it is the right token, or ask your authority.",
    "token-agent-certificate-foreign":
      "The certificate is in the token and its key is not, or may not be used so. See whether it is the right token, or ask your authority.",
    "token-agent-algorithm":
      "This certificate in the token (signing by {algorithm}) cannot be used here. Choose one for RSA, P-256 or SM2.",
    "token-agent-header-malformed": "The token agent cannot read this bid's header. Update it, or use a copy of the file.",
    "token-agent-not-proved":
      "The token agent's own check failed ({reason}); no key was let go of. Check this machine's clock; if that is right, take your receipt to the supervisor.",
    "token-agent-too-large": "This is more than the token agent takes. Use the command line.",
    "token-agent-malformed": "Token agent and page are of different versions. Update the token agent and try again.",
    "token-agent-no-such-request": "The token agent is too old. Update it and try again.",
  },
};
