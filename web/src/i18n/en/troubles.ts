export default {
  label: "Troubles of the platform",
  call: "Call the centre at once; shortly before an opening, tell the supervisor as well.",
  callCentre: "Call the centre at once.",
  secrets: {
    title: "The platform's secrets are missing, or are not the former ones",
    means: "It cannot read what it has sealed; bids that were handed in cannot be opened when their time comes.",
    mend: "Restore the secrets from their own backup to where they were; never make new ones. Shortly before an opening, tell the supervisor first.",
  },
  signing: {
    title: "The device that signs for the platform does not answer",
    means:
      "Bids and keys are taken, but receipts and statements cannot be signed now; an opening waits until its list of bids is signed. Who has no receipt asks for it later and makes nothing again.",
    mend: "Check that the device (token, security module) is connected and the file of its PIN is right; the platform's log has the reason, and what is missing is signed by itself afterwards.",
  },
  ciphertexts: {
    title: "The platform lacks bids that were handed in",
    means: "Bids without their ciphertext cannot be opened; the fault is the platform's, not the bidders'.",
    mend: "Find what is missing with kaibiao fsck and restore the bids' files from a backup; the platform looks again by itself.",
  },
  store: {
    title: "The platform cannot store anything",
    means: "Submissions, unlocks and signatures get no receipt. Who got none keeps the file and tries again later.",
    mend: "Look at the disk's free space, whether the data directory can be written, and the log. It goes on by itself then, and lost time is given back.",
  },
  space: {
    title: "The platform's disk is nearly full",
    means: "Once it is full, no bid can be uploaded and nothing recorded.",
    mend: "Enlarge or clear the disk at once; delete nothing in the data directory.",
  },
  log: {
    title: "The platform's public log does not go on",
    means: "Openings whose terms ask for witnesses wait; others go on, with nothing anchored in public meanwhile.",
    mend: "The log file says why. Where the data were restored from an older backup, tell the supervisor first.",
  },
  logPast: {
    title: "The platform's data are older than what its public log has signed",
    means:
      "They were restored from an older backup or have lost their end; what was accepted in between may be missing. The log signs nothing more, and openings whose terms ask for witnesses wait.",
    mend: "Stop the service and restore the newest backup or the former data directory; the log file says how much is missing. Where there is none, keep everything as it is, tell the supervisor, and ask everybody to compare their receipts.",
  },
  timestamps: {
    title: "The authority of time gives no time stamp",
    means: "Openings go on and do not wait for one; the platform goes on asking.",
    mend: "Check the network to the authority, and address and certificates under timestamps in the configuration; the log file says why.",
  },
  nodes: {
    title: "The platform's nodes do not hear each other at once",
    means: "Openings go on and nothing is lost; each node looks into the database instead, and counts requests by itself.",
    mend: "See whether Redis runs and every node can connect to it; when it is back the platform goes on by itself.",
  },
  databaseErrors: {
    title: "The platform's database fails, {n} times when last noted",
    means: "Some requests fail and can be repeated; what got no receipt was not accepted.",
    mend: "Look at the disk and the log; where it lasts, mend it before the next opening.",
  },
  blobErrors: {
    title: "The platform fails to read or write bids, {n} times when last noted",
    means: "Openings wait and try again; no bid is found wanting because of a passing fault.",
    mend: "Look at the disk, the mounts, the free space and the number of files that may be open; it tries again by itself.",
  },
  unready: {
    title: "The platform cannot work properly now",
    means: "Something is wrong with its storage, clock or secrets. Repeat later what got no receipt; lost time is given back.",
    mend: "Look at the log and at the checks of /readyz.",
  },
  streams: {
    title: "The platform holds fewer projects than it did",
    means: "Projects are missing from the data directory: they neither go on nor stand in lists. Other projects are not affected.",
    mend: "Find what is missing with kaibiao fsck, and restore from a backup; between a project's T0 and its closing, tell its supervisor first.",
  },
  stuck: {
    title: "Projects stand still: {projects}",
    means:
      "What is stored of them is damaged or missing. They do not go on and may be missing from lists; other projects are not affected.",
    mend: "Find out why with kaibiao fsck, and restore from a backup; between a project's T0 and its closing, tell its supervisor first.",
  },
  listMissing: {
    title: "There is no revocation list of the authority {ca}",
    means: "Holders of its certificates can neither log in nor submit, unlock or sign.",
    mend: "Put the list that the authority publishes into the trust directory; the platform reads it by itself.",
  },
  listEnded: {
    title: "The revocation list of the authority {ca} ended at {time}",
    means: "Holders of its certificates cannot submit, unlock or sign now; who is logged in can look and call for help.",
    mend: "Put the authority's new list into the trust directory. Where it publishes none, sign for up to six hours of relying on the old one: kaibiao account bridge-list --ca {ca} --hours 6 --reason TEXT",
  },
  authorityUnusable: {
    title: "The files of the authority {ca} cannot be used",
    means: "Holders of its certificates can neither log in nor submit, unlock or sign.",
    mend: "The log says why; put its files in the trust directory right, the platform reads them by itself.",
  },
  authorityNone: {
    title: "The platform has no authority that it can use",
    means: "Nobody can log in, submit, unlock or sign.",
    mend: "Look at the trust directory and the log.",
  },
  listEnding: {
    title: "The revocation list of the authority {ca} ends at {time}",
    means: "Without a new one, holders of its certificates cannot submit, unlock or sign from then on.",
    mend: "Put the authority's new list into the trust directory before; the platform reads it by itself.",
  },
  project: {
    damaged: "What is stored of this project is damaged; it stands still.",
    secrets_missing: "The platform lacks the secrets that this project's bids need; they cannot be opened when their time comes.",
    ciphertexts_missing: "The platform lacks bids of this project; they cannot be opened, and the fault is the platform's.",
    mend: "Find what is missing with kaibiao fsck, and restore from a backup; between T0 and closing, tell the supervisor first.",
  },
};
