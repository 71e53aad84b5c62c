export default {
  title: "Check a receipt",
  intro:
    "Choose a receipt (.receipt.json), or the proof that it has turned into after T0 (.proof.json). Everything is checked on this device; nothing is sent, and once the page is open the network may be cut.",
  file: "Drop a receipt or a proof here, or choose one",
  check: "Check",
  unknown: "It does not hold ({code}).",
  trust: {
    title: "Whom to believe",
    about:
      "This cannot come from the file that is checked. Choose the sealing terms the bid was sealed under (.terms.json or a terms package), or a policy; or type what stands on the notice or on paper.",
    pinned:
      "Filled in: name, receipt key and log key of this platform as this device has pinned them. Witnesses and quorum stand in the sealing terms; compare them too.",
    file: "Sealing terms, terms package or policy",
    origin: "Name of the platform (origin)",
    receiptKey: "Receipt key (base64)",
    sm2Chain: "The platform's SM2 certificate (projects of 国密, suite gm)",
    sm2Hint:
      "With it both signatures of the platform are checked; without it that of Ed25519 alone. Paste the certificate as PEM, or the lines of sm2_chain in the sealing terms.",
    logKey: "Key of the public log (needed for a proof)",
    witnesses: "Keys of witnesses, one a line",
    quorum: "How many witnesses must have cosigned",
    project: "Project id (may be left out)",
  },
  outcome: {
    promise: "The platform has signed that this bid is in",
    proved: "Proved: the platform has kept its promise",
    against: "The platform has signed what is not so",
    nothing: "This file shows nothing",
  },
  next: {
    promise:
      "The signature holds. From T0 on, get the proof; if the platform has none, this receipt is evidence: take it to the supervisor.",
    proved: "The bid is in the history that the public log has anchored: nobody can take it out unnoticed. Keep the proof.",
    against: "Keep this file and take it to the supervisor; anybody can repeat this check.",
    nothing: "By itself it shows nothing against anybody. Compare whom you believe, or get the file again.",
  },
  found: {
    "receipt-malformed": "This is neither a receipt nor the proof of one. A proof must be kept as it came, to the byte.",
    "receipt-foreign": "This receipt is of another project. Check it by that project's sealing terms.",
    "receipt-signature":
      "The receipt's signature does not hold: the file was altered, or another platform signed it. Compare the platform's name and its receipt key.",
    "receipt-sm2-signature":
      "The platform's SM2 signature is missing, or does not hold under the certificate that the sealing terms name. Get the receipt again; if that is no better, tell the trading centre.",
    "receipt-differs": "The leaf that the platform has signed for this bid is of something else.",
    "receipt-late": "The anchor that was to hold this bid, as the platform promised, does not hold it.",
    "receipt-missing": "T0 is past, and the platform that signed for the bid shows no proof of it.",
    "terms-log":
      "There is no public log to check by, or whom to believe is impossible. Compare keys, SM2 certificate, witnesses and quorum.",
    "event-differs": "The event in the proof is not the one that the receipt names, or not in the anchored tree. Get the proof again.",
    "anchor-differs": "The proof is not by the anchor that the receipt promised. Get the proof again.",
    "anchor-malformed": "The proof's part about the public log is malformed. Get the proof again.",
    "log-unsigned": "The checkpoint bears no valid signature of this public log. Compare the log's key.",
    "log-quorum": "{signed} witnesses have cosigned, and {quorum} must have. Get the proof again later, and compare the witnesses' keys.",
    "log-inclusion": "The public log does not hold this anchor. Get the proof again.",
  },
  bid: "Digest of the bid",
  project: "Project id",
  lot: "Lot",
  received: "Received",
  leaf: "Leaf hash in the project's tree",
  tick: "Anchor that was promised",
  seq: "Number in the project's history",
  anchor: "Anchor of the proof",
  cosigned: "Cosigned by witnesses at",
  nobody: "By none; the terms ask for none",
};
