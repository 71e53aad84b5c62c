import type { Chapter } from "../chapter";

export default {
  lead: "A bidder does everything in the browser, from logging in to signing the opening record, and need not come to the hall. Your bid is encrypted on your own computer; the platform gets ciphertext only and cannot open it. At the opening you unlock it with your own certificate.",
  sections: [
    {
      id: "need",
      title: "What you need",
      parts: [
        {
          list: [
            "Your organisation's certificate file (.p12, .pfx or PEM) and its passphrase. With a pair of certificates, both files. With a USB token, choose [[token.instead]] when you log in.",
            "Where the notice names the Chinese national algorithms, an SM2 certificate is needed; whoever has SM2 alone can bid in other projects too, and unlocks by a key file (.kkey).",
            "The CA's root certificate (.pem or .cer), from the CA's own site. If your certificate file contains it, you need no other.",
            "A computer with a recent Chrome, Edge, Firefox or Safari, its clock set automatically. A phone will do for signing in, unlocking and confirming; prepare bids on a computer.",
            "Another place for a copy of the bid and of the spare key, such as a USB stick.",
          ],
        },
        "Check the computer and the certificate that you will use [in advance](/check): press [[public.check.run]] and read each result. Once you are logged in, it also tries your certificate, sealing and unlocking.",
      ],
    },
    {
      id: "log-in",
      title: "Log in and register",
      parts: [
        {
          steps: [
            "Press [[common.login]] at the top right, then [[login.choose]], type the certificate's passphrase and press [[login.submit]]. The private key never leaves this computer.",
            "The first time, the page shows the name and code in your certificate. If they are right, press [[login.register]]. An organisation registers once, also if its certificate changes later.",
            "Your name at the top right leads to your certificates, your sessions on other computers, and, where the platform sends them, reminders by mail or text message.",
          ],
        },
        { picture: "login", shows: "Choose the certificate file and type the passphrase" },
        "After 15 minutes without input the key locks itself; in the hall after 60. Type the passphrase again when you go on: nothing that you filled in is lost.",
        "On a shared computer, leave by [[common.logoutClear]]. That also removes drafts and .kbid files that you have not saved; bids already handed in are not affected.",
      ],
    },
    {
      id: "find",
      title: "Find the project",
      parts: [
        {
          steps: [
            "Search the [openings](/) by project, number or tenderer, and open the notice. The tender documents are there; the platform does not record who downloads them.",
            "Where the platform sends reminders, press [[alerts.follow]] to be told of clarifications, postponements and amendments. Following says nothing about whether you bid.",
            "New clarifications and changes come first in [[common.bidder]]. When you have read them, press [[bidder.changes.acknowledge]].",
          ],
        },
      ],
    },
    {
      id: "prepare",
      title: "Prepare the bid",
      parts: [
        "In the notice or in [[common.bidder]], choose the lot and press [[bidder.lot.next.prepare]]. There are six steps, and you can go back to any. What you fill in is kept encrypted on this device; only your certificate reads it.",
        {
          steps: [
            "[[tool.step.terms]]: press [[tool.roots.add]], choose the root certificate, and wait for [[tool.terms.good]]. See who the custodians are, and compare the tenderer's code.",
            "[[tool.step.sheet]]: fill in the sheet. The price is repeated in Chinese words below; a price over the control price is pointed out. What is marked [[tool.sheet.public]] is announced to everybody.",
            "[[tool.step.documents]]: choose files, or drop a folder. Names and order go into the bid as they are.",
            "[[tool.step.spares]]: add at least one. Press [[tool.spares.new]] for a .kkey file, or add another certificate of your organisation. Where the lot allows rescue, decide about it here.",
            "[[tool.step.seal]]: check once more and press [[tool.seal.start]]. Then press [[bidder.submit.save]] and keep a copy elsewhere.",
            "[[tool.step.submit]]: see “[Hand in and get the receipt](#submit)”.",
          ],
        },
        { picture: "prepare-terms", shows: "Step 1: check the terms and the custodians" },
        { picture: "prepare-sheet", shows: "Step 2: fill in the opening sheet, and compare the amount in words" },
        "Rehearse after sealing: in the step of handing in press [[bidder.lot.next.rehearse]], and know that your certificate or spare key opens the bid. It happens on this device alone, shows no price and sends nothing.",
      ],
    },
    {
      id: "offline",
      title: "Prepare with the offline tool",
      parts: [
        "The safer way: nothing is sealed near a network, and the tool is one fixed file whose digest you can compare.",
        {
          steps: [
            "On the page [[common.tool]](/tool) press [[tool.page.download]], and compare the SHA-256 digest as described there.",
            "In the notice press [[tool.package.download]]; you get a .terms.json file.",
            "Open kaibiao-tool.html offline, load the terms package, open the certificate, fill in and seal by the same steps, and save the .kbid file.",
            "Log in, open [[bidder.prepare.title]] for this lot, choose the file under [[bidder.prepare.import]], and hand it in.",
          ],
        },
      ],
    },
    {
      id: "submit",
      title: "Hand in and get the receipt",
      parts: [
        {
          steps: [
            "In the last step press [[bidder.submit.go]] and wait for the upload. It goes on after a lost network, a reload or a shutdown: come back to this page and press [[bidder.submit.resume]].",
            "When you see [[bidder.lot.state.live]], press [[bidder.submit.receipt]]. The page checks the platform's signature: [[bidder.receipt.checked]]",
            "Press [[bidder.receipt.save]] and [[bidder.receipt.paper]], and keep them with the .kbid file. The file is what can be checked; paper is to read.",
            "After the opening come back here and press [[bidder.receipt.proof.save]]: whoever has that file can check offline that your bid is on record.",
          ],
        },
        { picture: "prepare-sealed", shows: "Sealed, and ready to be handed in" },
        { picture: "receipt", shows: "The receipt: when it was received, the bid's digest, the platform's signature" },
        "Without a receipt the bid is not handed in. The last byte must arrive before the deadline: begin at least an hour earlier.",
      ],
    },
    {
      id: "replace",
      title: "Correct, withdraw, seal anew",
      parts: [
        {
          list: [
            "To correct: press [[bidder.lot.next.replace]] in [[common.bidder]]. All that you filled in is still there; change it, seal again and hand in. Until the new bid has been received, the old one stands.",
            "To withdraw: press [[bidder.lot.next.withdraw]], type [[bidder.withdraw.word]] and press [[bidder.withdraw.label]]. All versions in this lot end; before the deadline you can make a new bid.",
            "When the host amends the sealing terms, your bid no longer counts and the page says [[bidder.lot.state.stale]]. Seal again under the new terms and hand in. Clarifications and postponements do not touch a bid.",
          ],
        },
      ],
    },
    {
      id: "consortium",
      title: "Bid as a consortium",
      parts: [
        {
          steps: [
            "After sealing, the lead opens [[bidder.consortium.title]] in the step of handing in, lists the members, presses [[bidder.consortium.go]] and sends each member the .joint.json file.",
            "A member logs in, opens [[bidder.consent.title]](/bidder/consent), compares what it says and the bid's digest, presses [[bidder.consent.go]] and returns the signed file.",
            "The lead presses [[bidder.consortium.take]]. When all have signed, the bid can be handed in.",
          ],
        },
        "The file does not contain the bid. Each new version is signed anew. With an agreement on paper tick [[bidder.consortium.paper]]; the record then says that the members have not signed here.",
      ],
    },
    {
      id: "sign-in",
      title: "Sign in",
      parts: [
        {
          steps: [
            "On the day, press [[bidder.lot.next.hall]] in [[common.bidder]]. Signing in begins at the time of the notice, usually 60 minutes before the opening.",
            "Give the representative's name, phone and identity number, and press [[hall.signIn.send]].",
            "Keep the page open and your certificate and passphrase at hand. Turn on [[hall.sound]] and allow notifications.",
          ],
        },
        { picture: "hall-sign-in", shows: "The representative signs in. Nobody sees who bids yet" },
        "If you come after the opening began, first tell the operator why by [[hall.speak.question.title]], and sign in when you are allowed to. A bid can be unlocked without having signed in.",
      ],
    },
    {
      id: "checking",
      title: "Checking, and the list",
      parts: [
        "At the deadline the hall goes over to checking by itself. The operator notes deposits, checks the list and then starts the unlocking. Do not leave.",
        "If the operator refuses your bid, the reason is shown and the bid stays sealed. If you disagree, say so under [[hall.speak.object.title]].",
      ],
    },
    {
      id: "unlock",
      title: "Unlock",
      parts: [
        {
          steps: [
            "The page says [[hall.task.unlock.title]] and the time that is left. Press [[hall.unlock.go]], and type the passphrase if you are asked.",
            "The page first checks that your bid is in the closing list that the platform signed and that the time has come. Only then does it let go of the key. The bid is not uploaded again.",
            "When you see [[hall.unlock.done]], wait for the other bidders and the custodians.",
          ],
        },
        { picture: "hall-unlock", shows: "Unlocking takes one press" },
        "If it fails, keep calm: you can try as often as you like while there is time.",
        {
          list: [
            "Network or platform: press [[hall.unlock.again]].",
            "Certificate renewed, damaged or the wrong one: press [[hall.unlock.other]] and choose the spare key file (.kkey) or the old certificate that you sealed with.",
            "No key works, and you chose rescue when sealing: give the reason under [[hall.rescue.title]] and press [[hall.rescue.ask]]. The supervisor decides.",
            "Still nothing: press [[hall.help.button]], write one sentence and press [[hall.help.send]]. A diagnosis without keys or prices goes with it.",
          ],
        },
        { picture: "hall-wrong-key", shows: "Unlocking with another key: each check is shown, and below them what to do when it fails" },
      ],
    },
    {
      id: "confirm",
      title: "Check and confirm the result",
      parts: [
        {
          steps: [
            "After the announcement [[hall.line.title]] shows what was published. Compare it with what you offered.",
            "If it is the same, press [[hall.line.confirm]], then [[hall.line.confirmSign]]. This cannot be taken back.",
            "If not, press [[hall.line.dispute]] and say what differs. What was opened stays as it is; your remark is on record.",
          ],
        },
        { picture: "hall-confirm", shows: "Check your own line" },
      ],
    },
    {
      id: "objections",
      title: "Questions and objections",
      parts: [
        {
          list: [
            "[[hall.speak.question.title]]: questions and answers are public in the room, and recorded.",
            "[[stages.private.toHost]]: only host, centre and supervisor see it, but the record contains it and is published.",
            "[[hall.speak.object.title]]: before the objections close, with attachments if you like. Your certificate signs it, and the host answers on the spot.",
            "If you have none, press [[hall.speak.none.button]] in the stage of objections. Until it ends you may still object.",
          ],
        },
      ],
    },
    {
      id: "record",
      title: "Sign the opening record",
      parts: [
        {
          steps: [
            "When the operator has signed, press [[hall.record.read]] and read the whole record.",
            "Back in the hall, write a remark if you have one, and press [[hall.record.sign]].",
            "When the opening has ended the record is public. You can rate the service once within 30 days.",
          ],
        },
        { picture: "hall-countersign", shows: "Bidders sign after the operator" },
        "If you do not sign, the record says so, and the opening ends all the same.",
      ],
    },
    {
      id: "complaints",
      title: "Complain",
      parts: [
        {
          steps: [
            "From the opening until the tenth day after the lot's end, press [[complaints.title]] at the project. A complaint about the opening is taken only after an objection in the hall.",
            "Choose lot and [[complaints.matter]], write what you ask for and the facts, add files, and press [[complaints.form.sign]].",
            "Whether it is taken up, and the answer, stand on the same page; whoever has an address on record is told as well.",
          ],
        },
        "Only the supervisor sees the text and who complains.",
      ],
    },
    {
      id: "trouble",
      title: "When something goes wrong",
      parts: [
        "What is red on the page says why and what to do next; at its end are a code and a request number. Name the code first when you call: the desk looks it up by that.",
        {
          pairs: [
            [
              "The passphrase is wrong, the certificate does not open",
              "Check capitals and the input method. If it is forgotten, only the CA can export or issue anew. If you added a spare key when sealing, unlock with that.",
            ],
            [
              "You see public pages only, and [[session.link.notLinked]]",
              "Your organisation has used another CA here. Log in with the old certificate, open the account by your name at the top right and use [[session.link.title]]; if the old one is lost, show papers at the trading centre.",
            ],
            [
              "The terms are not proved",
              "Usually the wrong root certificate. Take the one from the CA's own site; if it still fails, do not seal, and call the tenderer or the centre.",
            ],
            [
              "The upload stops or crawls",
              "When the network is back press [[bidder.submit.resume]]; it goes on where it was. You can also take the .kbid file to another computer and choose it under [[bidder.prepare.import]].",
            ],
            [
              "The certificate ends soon",
              "After renewal keep the old file and its passphrase: what is sealed opens with it. If it ends before the opening, sign with the new one and unlock with the old one, or seal and hand in anew.",
            ],
            [
              "[[stages.check.key_mismatch]]",
              "This is not the certificate that the bid was sealed with. Press [[hall.unlock.other]] and take another.",
            ],
            [
              "The page hangs or is cut off",
              "Reload: you come back to where you were, and nothing sent is lost. Another browser or computer will do, too.",
            ],
            ["The opening is suspended", "The clock stands still until it is resumed. There is nothing to do; do not leave."],
            [
              "The time for unlocking is over",
              "Press [[hall.help.button]] at once, and object. Time in which the platform was down is given back by itself. A bid that stayed closed is judged by evidence, and the supervisor may overrule.",
            ],
            ["Too few bidders", "The bids stay sealed for everybody, and no names are published."],
            ["You need somebody before the opening", "Press [[desk.button]]. Do not write whether you bid, nor prices or contents."],
          ],
        },
      ],
    },
    {
      id: "words",
      title: "Times and words",
      parts: [
        {
          pairs: [
            ["Deadline", "It is also the time of the opening, one and the same instant, by the server's time at the top of the page."],
            ["Time for unlocking", "See [[public.project.windows]] in the notice. The operator may extend it, for all bidders alike."],
            [
              "[[stages.finding.forfeited]], [[stages.finding.returned]]",
              "A bid that was not unlocked in time: the first by the bidder's own fault, the second by somebody else's. Measures for electronic tendering, article 31.",
            ],
            [
              "Custodian",
              "One of the bodies that hold a key each. After the bidders, so many of them as the terms say must release before anything opens. None can open a bid alone; so many of them together, colluding with the platform, could read bids early that were unlocked already.",
            ],
            ["Spare key (.kkey)", "A key file of your own under a passphrase, for the case that the certificate fails."],
            [
              "Rescue",
              "Chosen by you when sealing: your key is also shared among the custodians. If you cannot unlock, they do so together on the supervisor's order. The price is that, colluding, they could open your bid.",
            ],
            [
              "Bid's digest",
              "A row of characters computed from the whole ciphertext; any change makes it another. It is the same in receipt, closing list and record.",
            ],
          ],
        },
      ],
    },
    {
      id: "proof",
      title: "What the platform proves to you",
      parts: [
        {
          list: [
            "Before the opening nobody reads a price: the platform has no key, it is no matter of permissions. Who bids, and how many, it shows to nobody before the opening; whoever holds the server could find that out, but no price.",
            "Your bid came in time: the receipt is signed. If you have a receipt and are not in the closing list, the platform is at fault, and you hold the evidence.",
            "Nobody tricks you into unlocking: before your key leaves, this computer checks the closing list, the time of receipt and its own clock.",
            "Nothing was changed: the key of each sheet is published with it, and anybody can open it again and compare.",
          ],
        },
        "Keep the .kbid file, the receipt and the spare keys until the project is over.",
      ],
    },
  ],
} satisfies Chapter;
