export default {
  states: {
    kept: "Sealed, not handed in",
    uploading: "Uploading",
    received: "Received, receipt verified",
    superseded: "Replaced by a newer version",
    withdrawn: "Withdrawn",
    stale: "Terms changed: seal again",
    refused: "Not accepted",
    unlocked: "Unlocked",
  },
  phases: {
    checking: "Checking the file",
    header: "Sending header and signature",
    sending: "Uploading the ciphertext",
    waiting: "The network is down; the upload goes on by itself",
    receipt: "Verifying the receipt",
    done: "Handed in",
    failed: "Not handed in",
    elsewhere: "Another page is uploading it",
  },
  alarms: {
    "signing-not-yet": "The signing certificate is valid from {from} only. Check this machine's clock, or wait.",
    "signing-expired":
      "The signing certificate expired on {until} and cannot sign any more. Renew it now, and keep the old file: it is needed to unlock bids already handed in.",
    "signing-ends-before":
      "The signing certificate ends on {until}, before the opening: you could neither sign in nor sign the unlock. Renew it before, and keep the old file.",
    "signing-ends-during":
      "The signing certificate ends on {until}, perhaps before the opening is over. Renew it in time, and keep the old file.",
    "signing-ends-soon": "The signing certificate ends on {until} (in {days} days). Renew it in time, and keep the old file.",
    "encryption-not-yet": "The encryption certificate is valid from {from} only. Check this machine's clock, or wait.",
    "encryption-expired":
      "The encryption certificate expired on {until}. Do not seal new bids to it; what was sealed still opens with it, so keep the file.",
    "encryption-ends-before":
      "The encryption certificate ends on {until}, before the opening. Sealed bids are not affected, but keep the old file after renewing: it is needed to unlock.",
    "encryption-ends-during":
      "The encryption certificate ends on {until}, close to the opening. Keep the old file after renewing: it is needed to unlock.",
    "encryption-ends-soon":
      "The encryption certificate ends on {until} (in {days} days). Keep the old file after renewing: it is needed to unlock.",
    "no-encryption": "There is no certificate that may encrypt. With a pair in two files, choose both.",
    "two-organisations": "Signing and encryption certificate belong to different organisations. Use the pair of one organisation.",
  },
  problems: {
    "bid-late":
      "The deadline has passed and this bid was not in whole before it: it does not count. Call the centre with what you have on record.",
    "bid-withdrawn":
      "This bid was received and has been withdrawn since: it does not count, and its receipt proves only that it was received. To bid all the same, seal a new file and submit it.",
    "bid-superseded":
      "This bid was received, and a later submission of your organisation has taken its place: it does not count. See the list of your bids for the one that does.",
    "bid-stale":
      "This bid was received, and the sealing terms have changed since: it does not count. Seal again under the latest terms and submit.",
    "bid-refused":
      "This bid was received and has been refused by the host since: it will not be opened. If you disagree, object to the host or turn to the supervisor.",
    "bid-not-listed":
      "The platform took every byte and does not list the bid among yours, so it must not be taken for submitted. Keep the file and try again; if that does not help, call the centre and the supervisor.",
    "not-a-member": "The file does not name your organisation ({code}) as a member. Ask the lead.",
    "not-a-joint-file": "This is no file for a consortium's members to sign, or it is damaged. The lead makes it anew.",
    "other-joint-file": "This file signs another submission, perhaps an older one. The members sign the latest file.",
    "consortium-under-way": "This bid is being handed in already, so its consortium cannot be changed.",
    "file-missing": "The bid {name} is not on this device. Import the .kbid file that you saved.",
    "bid-unknown": "This bid ({bid}) is not on this device. Reload the page, or import the .kbid file.",
    "bid-missing":
      "Your organisation has no live bid in this lot, so there is nothing to unlock. If that is not true, ask for help with your receipt.",
    "terms-missing":
      "The terms this bid was sealed under are not on this device, and the platform's are others. Use the machine that sealed it, or ask for help.",
    "acknowledgement-missing":
      "The platform took the unlock and gave no signed acknowledgement. Reload the page and try again; if that does not help, ask for help, the log goes along.",
  },
  steps: {
    "unlock-find": "Get the bid's header, its terms and its receipt",
    "unlock-statement": "Get the platform's closing statement",
    "unlock-send": "Send the bid's secret to the platform",
    "unlock-acknowledged": "Verify the platform's signed acknowledgement",
  },
};
