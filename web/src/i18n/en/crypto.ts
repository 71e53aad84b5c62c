/** Sealing, unlocking and checking: steps and failures. Each failure says what to do next. */
export default {
  sheet: {
    missing: "Required, and not filled in yet",
    unknown: "The opening sheet has no such field",
    misplaced: "In the wrong part of the sheet: public and kept fields are mixed up",
    value: {
      money: "Enter an amount with at most two decimals",
      date: "Enter a date, such as 2026-11-22",
      decimal: "Enter a number with at most {scale} decimals",
      rate: "Enter a percentage with at most {scale} decimals",
      text: "At most {max} characters, without line breaks or other control characters",
      choice: "Choose one of: {options}",
      integer: "Enter a whole number from {min} to {max}",
    },
  },
  steps: {
    "unlock-header": "Check the header of the bid",
    "unlock-terms": "Check the sealing terms it was sealed under",
    "unlock-receipt": "Verify the signature of the receipt",
    "unlock-closing": "Verify the signature of the closing statement",
    "unlock-clock": "Confirm that this device's clock is past the opening time",
    "unlock-list": "Confirm that this bid is on the closing list",
    "unlock-tree": "Verify that the bid is in the platform's record tree",
    "unlock-log": "Verify that the closing statement is what the record anchored in the public log says",
    "release-terms": "Check the sealing terms and every custodian's key",
    "release-place": "Confirm that the terms name this custodian's key",
    "release-lists": "Verify the signatures of the closing and the accepted list",
    "release-continues": "Verify that the record tree was only added to",
    "release-log": "Verify that both statements are what the record anchored in the public log says",
    "release-clock": "Confirm that this device's clock is past the opening and the fixing of the list",
    "release-minimum": "Confirm that there are at least as many bids as the terms demand",
    "release-bids": "Check the header of each bid",
    "release-unlocks": "Verify each bidder's own signed unlock",
    "release-once": "Confirm that no other list of this lot was released before",
    "release-shares": "Open this custodian's shares",
    "rescue-terms": "Check the sealing terms and this custodian's key",
    "rescue-closing": "Verify the signature of the closing statement",
    "rescue-log": "Verify that the closing statement is what the record anchored in the public log says",
    "rescue-clock": "Confirm that this device's clock is past the opening time",
    "rescue-list": "Confirm that the bid is on the closing list",
    "rescue-order": "Verify the supervisor's signed order",
    "rescue-header": "Check the header of the bid",
    "rescue-share": "Open this custodian's share for the rescue",
    "audit-closing": "Verify the signature of the closing statement",
    "audit-clock": "Confirm that this device's clock is past the opening time",
    "audit-accepted": "Verify the accepted list's signature and that it is part of the closing list",
    "audit-continues": "Verify that the record tree was only added to",
    "self-seal": "Seal a test bid with this certificate",
    "self-header": "Read the test bid's header",
    "self-rehearse": "Open the unlocking key with this certificate",
    "self-release": "Release shares as custodians would",
    "self-open": "Open the test bid and compare it with the original",
  },
  /** Short reasons, in the brackets of a failure's text. */
  reasons: {
    other: "what was signed is not about this project, lot or organisation",
    key: "its public key is malformed",
    "authorisation-form": "the authorisation is not of a lawful form",
    "not-then": "the key was not certified in the time of the authorisation",
    "other-host": "the authorisation is not for this project's host",
    "other-agent": "another agent was authorised",
    "ed25519-missing": "this browser cannot check an agent's signature",
    "not-host": "the signer is neither the tenderer nor its agency",
    "other-terms": "the tenderer signed other terms",
    "act-unsigned": "there is no signature",
    "act-malformed": "what was signed is malformed",
    "act-purpose": "what was signed names no purpose",
    "custodian-name":
      "The custodian whom the terms call “{name}” ({organisation}) is called “{certified}” by its certificate. You may go on; check the code, and ask the tenderer if in doubt.",
    "custodian-nameless":
      "The certificate of the custodian whom the terms call “{name}” ({organisation}) has no name that can be read, so it vouches for none. You may go on; check the code, and ask the tenderer if in doubt.",
    "act-no-grounds": "the grounds of its acceptance are missing",
    time: "it is said to have been accepted at an impossible time",
    "too-early": "it is said to have been accepted in the future",
    "act-nonce": "what was signed has no nonce",
    "act-too-long": "what was signed is too long",
    "signature-wrong-algorithm": "the algorithm does not go with the certificate",
    "signature-form": "the signature is not in its one accepted form",
    "signature-invalid": "the signature does not hold",
    "certificate-malformed": "the certificate cannot be read",
    "certificate-weak-key": "the certificate's key is of a kind not accepted",
    "certificate-not-yet-valid": "the certificate is not valid yet",
    "certificate-expired": "the certificate has expired",
    "certificate-unknown-issuer": "its issuer is not among the roots you trust",
    "certificate-chain": "the certificate's chain does not hold",
    "certificate-revoked": "the certificate was revoked",
    "certificate-crl-missing": "there is no revocation list for the certificate",
    "certificate-crl-stale": "the revocation list is out of date",
    "certificate-crl-broken": "the revocation list cannot be relied on",
    "certificate-wrong-usage": "the certificate may not sign",
    "certificate-two-organisations": "the certificate names two organisation codes",
    "certificate-no-organisation": "the certificate names no organisation code",
    "certificate-bad-organisation-code": "the certificate's organisation code is wrong",
  },
  problems: {
    "policy-unreadable": "This is neither sealing terms, nor a terms package, nor a policy. Choose another file.",
    "bid-digest-mismatch":
      "What was published is not of this bid: its digest comes out differently. Do not rely on it, and tell the supervisor.",
    "header-not-a-bid": "This is not a sealed bid (.kbid). Choose the file that sealing gave you; never upload an unsealed file.",
    "header-truncated": "The bid is incomplete: its header is cut short. Use a copy, or seal again.",
    "header-too-long": "The bid's header is longer than allowed: the file is damaged. Use a copy, or seal again.",
    "header-trailing": "Something follows the header. Get the header again and retry.",
    "header-not-canonical": "The bid's header is malformed: the file is damaged or was altered. Use a copy, or seal again.",
    "header-unknown-format": "This version does not know the bid's format. Update this tool and retry.",
    "header-field": "The bid's header breaks a rule: the file is damaged or was altered. Use a copy, or seal again.",
    "header-inconsistent":
      "The parts of the bid's header contradict each other: the file is damaged or was altered. Use a copy, or seal again.",
    "header-certificate": "The signing certificate in the bid is not the one it was sealed with. Use a copy, or seal again.",
    "header-other-terms":
      "The header of bid {bid} does not fit this lot's sealing terms; no key was let go of. Report it to the supervisor.",
    "wrap-other-key":
      "This key does not open the bid: it was sealed to another certificate. Use that one, or a spare key file named when sealing.",
    "wrap-not-opened":
      "The wrapped key does not open: the file was altered, or the wrap belongs to another bid. Use a copy; if that fails too, use a spare key and ask the hall for help.",
    "wrap-not-bound": "The wrapped key belongs to another bid or lot. Check the file, and use a copy.",
    "secret-mismatch": "The key that came out is not the one the bid commits to: the file was altered. Use a copy.",
    "share-mismatch":
      "The share of custodian {x} is not the one the bid commits to. Report it to the supervisor, who decides whose fault it is.",
    "shares-too-few": "Too few shares: {need} are needed and there are {have}. Wait for the other custodians.",
    "shares-duplicate": "The same share came twice. Get the custodians' shares again.",
    "release-mismatch": "The shares do not give the key the bid commits to; that is the bidder's fault. Report it to the supervisor.",
    "rescue-mismatch": "The rescue shares do not give the key the bid commits to; that is the bidder's fault. Report it to the supervisor.",
    "dealing-commitment": "The share of custodian {x} was not dealt by the rules; that is the bidder's fault. Report it to the supervisor.",
    "dealing-wrap": "The wrap for custodian {x} was not made by the rules; that is the bidder's fault. Report it to the supervisor.",
    "key-mismatch": "The data key is not the one the bid commits to; that is the bidder's fault. Report it to the supervisor.",
    "no-such-segment": "The bid has no segment {segment}.",
    "segment-key-mismatch": "The key of segment {segment} is not the one the bid commits to. Check the key you used and retry.",
    "ciphertext-length": "The bid is cut short or has bytes too many. Use a copy, or seal again.",
    "ciphertext-mismatch": "The ciphertext of segment {segment} is damaged. Use a copy, or seal again.",
    "not-authentic": "Segment {segment} does not open under its committed key; that is the bidder's fault. Report it to the supervisor.",
    "frame-wrong": "Segment {segment} is not framed by the rules; that is the bidder's fault. Report it to the supervisor.",
    "plaintext-mismatch":
      "The content of segment {segment} is not the committed one; that is the bidder's fault. Report it to the supervisor.",
    "sheet-wrong": "The opening sheet breaks the rules; that is the bidder's fault. Report it to the supervisor.",
    "manifest-wrong": "The list of documents breaks the rules; that is the bidder's fault. Report it to the supervisor.",
    "document-mismatch":
      "The document “{name}” is not the one in the list of documents; that is the bidder's fault. Report it to the supervisor.",
    "other-custodians": "These are not the custodians' keys the bid was sealed for. Audit it with the keys of its own sealing terms.",
    "other-bid": "This is not the bid you submitted. Choose the file that your receipt names.",
    "backup-other": "The chosen file is not the backup just saved: {n} keys are missing. Choose again, or save once more.",
    "custody-locked":
      "The passphrase of the opening keys was not given yet, or went when the certificate was locked. Enter it and try again.",
    "keyfile-wrong": "This is not a key file, or it is damaged. Choose the right file, or a copy.",
    "passphrase-wrong": "The passphrase is wrong. Check capitals and the input method, and try again.",
    "keyfile-memory":
      "Opening a key file takes 64 MB of free memory, and there is not enough. Close other programs or pages and try again.",
    "suite-unavailable":
      "The module with SM2, SM3 and SM4 could not be loaded ({reason}). Check the network and try again; if it still fails, update the browser, or use a current Chrome, Edge or Firefox.",
    "recipient-key":
      "A key that is to open the bid is of another suite than this lot’s: projects with SM2 take SM2 keys alone, others take none. Choose another encryption certificate or spare key, and seal again.",
    "passphrase-too-short": "A passphrase has at least {least} characters. Choose a longer one.",
    "name-length": "The name “{name}” is empty or too long. Shorten it and add the document again.",
    "name-not-normal": "The name “{name}” is not in its normal form. Rename the document and add it again.",
    "name-character": "The name “{name}” holds a character that is not allowed. Rename the document and add it again.",
    "name-edge": "The name “{name}” begins with a space, or ends with a space or a dot. Rename the document and add it again.",
    "name-reserved": "“{name}” is a name that Windows keeps for a device. Rename the document and add it again.",
    "name-duplicate": "“{name}” has the same name as another document, but for upper and lower case. Rename one of them.",
    "media-type": "The type of “{name}” is not known. Remove the document and add it again.",
    "documents-too-many": "There are too many documents; {most} are allowed. Combine or pack some of them.",
    "document-changed": "“{name}” changed while it was sealed. Close the program that edits it, add it again and seal again.",
    "document-unreadable": "“{name}” could not be read. Make sure that it is still there and opens, add it again and seal again.",
    "sheet-number": "The opening sheet holds a number that is not allowed. Check what was filled in.",
    "manifest-too-long": "The opening sheet or the list of documents is too long. Shorten the texts, or seal fewer documents.",
    "key-unusable": "Keys of this kind are not accepted. Use a certificate or key file with RSA-2048, 3072, 4096 or P-256.",
    cancelled: "Cancelled. Begin again whenever you like.",
    unexpected:
      "Something unexpected went wrong. Reload the page and retry; if it fails again, send this to the technical support: {reason}",
    "act-unsigned": "This act is not signed and is not believed. Load it again; if it stays so, ask the centre.",
    "act-purpose": "This act names no purpose and is not believed. Load it again; if it stays so, ask the centre.",
    "act-nonce": "This act has no nonce and is not believed. Load it again; if it stays so, ask the centre.",
    "act-malformed": "This act is malformed and is not believed. Load it again; if it stays so, ask the centre.",
    "act-too-long": "This is longer than allowed. Shorten it and retry.",
    "act-wire": "This is no signed act. Get the file again.",
    "signature-wrong-algorithm":
      "The signature's algorithm does not go with the certificate's key; it is not believed. Load it again; if it stays so, ask the centre.",
    "signature-form": "The signature is not in its one accepted form; it is not believed. Load it again; if it stays so, ask the centre.",
    "signature-invalid":
      "The signature does not hold: something may have been altered. No key was let go of. Load it again; if it stays so, tell the supervisor.",
    "ed25519-missing": "This browser cannot check Ed25519 signatures. Update it (Chrome or Edge 137, Firefox 129, Safari 17 or later).",
    "statement-malformed":
      "The platform's statement is malformed; no key was let go of. Reload and retry; if it stays so, tell the supervisor.",
    "statement-elsewhere":
      "The platform's statement is about another project or purpose; no key was let go of. Reload and retry; if it stays so, tell the supervisor.",
    "statement-sm2-signature":
      "The platform's statement has no SM2 signature that holds under the certificate that the sealing terms name; no key was let go of. Reload and try again; if that is no better, tell the supervisor.",
    "statement-lists": "The lists or numbers of the platform's statement break the rules; no key was let go of. Tell the supervisor.",
    "platform-key": "The platform's key is malformed; no key was let go of. Ask the tenderer about the sealing terms.",
    "terms-malformed": "The sealing terms are malformed ({at}); nothing was sealed. Download them again; if it stays so, ask the tenderer.",
    "terms-version": "This tool does not know the version of these sealing terms. Update it and retry.",
    "terms-elsewhere": "These sealing terms are for another project, lot or platform. Choose those of this lot.",
    "terms-other": "These are not the terms this bid was sealed under; no key was let go of. Use the terms kept when it was sealed.",
    "terms-thresholds": "The numbers of custodians in the sealing terms break the rules; nothing was sealed. Ask the tenderer.",
    "terms-same-key": "Custodian “{name}” has the same key as another one; nothing was sealed. Ask the tenderer.",
    "terms-one-side": "The custodians of one side alone could open bids; nothing was sealed. Ask the tenderer.",
    "platform-certificate":
      "No authority that you trust vouches for the platform's SM2 certificate: {reason}. It is named by the terms that the tenderer has signed, and you may go on; ask the trading centre if in doubt.",
    "custodian-since":
      "The certificate of custodian “{name}” was good when it certified its key; since then: {reason}. The key stays certified and you may go on; ask the tenderer if in doubt.",
    "authoriser-since":
      "The certificate by which custodian “{name}” authorised its agent was good when that agent certified the key; since then: {reason}. The key stays certified and you may go on; ask the tenderer if in doubt.",
    "authoriser-ended":
      "The certificate by which custodian “{name}” authorised its agent had ended before that agent certified the key: {reason}. Ask the tenderer about this custodian's key before you seal.",
    "act-no-grounds":
      "The act comes without the grounds on which it was accepted, so it is not believed. Fetch it again; ask the trading centre if it stays so.",
    "terms-custodian":
      "The key of custodian “{name}” is not certified by that organisation ({reason}); nothing was sealed or let go of. Check the roots you trust, and ask the tenderer.",
    "terms-authorisation":
      "The key of custodian “{name}” was certified by its agent, and nothing proves that its organisation had authorised it then ({reason}). Nothing was sealed or let go. Check the roots that you trust, and ask the tenderer.",
    "terms-unsigned":
      "The sealing terms are not proved to be the tenderer's ({reason}); nothing was sealed. Check the roots you trust, and ask the tenderer.",
    "terms-platform-key": "A platform key in the sealing terms is malformed; nothing was sealed. Ask the tenderer.",
    "terms-log":
      "The public log, witnesses or quorum in the sealing terms are impossible; nothing was sealed or let go of. Ask the tenderer.",
    "terms-not-logged":
      "These sealing terms are not in the platform's public log yet; nothing was sealed. Try again in a minute, and call the centre if that does not help.",
    "logged-unreachable":
      "The platform could not be asked whether these terms are in its public log; nothing was sealed. Check the network and retry.",
    "anchor-differs":
      "What the public log anchors is not the record tree of this statement; no key was let go of. Reload and retry; if it stays so, tell the supervisor.",
    "anchor-malformed":
      "The public log's proof is malformed; nothing was sealed or let go of. Reload and retry; if it stays so, tell the supervisor.",
    "log-unsigned":
      "The public log's checkpoint has no signature of the log that holds; nothing was sealed or let go of. Reload and retry; if it stays so, tell the supervisor.",
    "log-quorum":
      "Too few witnesses have cosigned: the terms ask for {quorum}, and {signed} have; no key was let go of. Try again in a while; if it stays so, tell the supervisor.",
    "log-waiting":
      "Waiting for witnesses to sign: the terms ask for {quorum}, and {signed} have. It goes on by itself; keep this page open. No key was let go of.",
    "log-inclusion":
      "The entry is not in the public log; nothing was sealed or let go of. Reload and retry; if it stays so, tell the supervisor.",
    "event-differs":
      "The event shown is not the last one of the record tree; no key was let go of. Reload and retry; if it stays so, tell the supervisor.",
    "statement-differs":
      "The platform's statement is not what the record anchored in the public log says; no key was let go of. Keep the receipt, and tell the supervisor at once.",
    "no-log": "The sealing terms name no public log, so there is nothing to check in this step. You may go on.",
    "not-logged":
      "The platform gave no proof that its statement is in the public log. The terms ask for no witness, so you may go on; keep your receipt and compare later.",
    "cosigned-late": "The witnesses cosigned more than two minutes after the statement's time. You may go on; tell the supervisor.",
    "few-witnesses":
      "{signed} witnesses have cosigned these terms in the public log so far, and the terms ask for {quorum}. You may seal; it is checked again before any key is let go of.",
    "logged-missing":
      "This terms package has no proof that its terms are in the public log, so that cannot be checked without a network. You may seal; a package downloaded anew can be checked.",
    "rescue-not-allowed": "This lot's terms have no rescue. Turn the rescue off and retry.",
    "rescue-not-wanted": "The bidder sealed this bid without a rescue; it cannot be rescued. Tell the supervisor.",
    "spares-too-many": "There are too many spares; {most} are allowed. Remove some of them.",
    "receipt-needed": "The receipt is missing, so nothing can be checked. Get the receipt first, then unlock.",
    "receipt-other": "The receipt is for another bid; no key was let go of. Choose the receipt of this bid.",
    "not-on-list": "This bid is not on the closing list; no key was let go of. Keep the receipt, and tell the supervisor at once.",
    "proof-needed": "The platform gave no proof of inclusion; no key was let go of. Reload and retry; if it stays so, tell the supervisor.",
    "not-in-tree":
      "The bid of the receipt is not in the platform's record tree; no key was let go of. Keep the receipt, and tell the supervisor at once.",
    "clock-before-t0":
      "By this device's clock the opening is still {seconds} seconds away; no key was let go of. Set the clock right and retry.",
    "acknowledgement-other":
      "The platform's acknowledgement is of another unlock. Reload to see whether your bid is unlocked; if not, retry.",
    "below-minimum": "{bids} bids were accepted and the terms demand {least}; nothing may be released. Report it to the supervisor.",
    "bids-other":
      "The bids shown are not those of the accepted list; no share was released. Reload and retry; if it stays so, report it to the supervisor.",
    "released-other":
      "Another accepted list of this lot was released before; a second one is refused. Report it to the supervisor at once.",
    "lists-disagree": "The accepted list does not fit the closing list; no share was released. Report it to the supervisor.",
    "lists-other-lot": "The accepted list is another lot's; no share was released. Reload and retry.",
    "tree-rewritten":
      "The record tree of the accepted list does not continue the closing one's: the record may have been rewritten. No share was released. Report it to the supervisor at once.",
    "too-early":
      "By this device's clock the opening or the fixing of the list is still to come; no share was released. Set the clock right and retry.",
    "not-this-key": "The terms name another custodian's key than this one. Choose the key file made for this project.",
    "unlock-missing": "Bid {bid} has no signed unlock of its bidder's; no share was released. Report it to the supervisor.",
    "unlock-unproved":
      "The signed unlock of bid {bid} does not hold ({reason}); no share was released. Check the roots you trust, and report it to the supervisor.",
    "order-unproved":
      "There is no order for this bid signed by the supervisor whom the terms name ({reason}); no share was let go of. Ask the supervisor, and check the roots you trust.",
    "self-test-differs":
      "The opened test bid differs from the original. Check again with another browser or computer, and ask the technical support.",
  },
};
