import type { Chapter } from "../chapter";

export default {
  lead: "Anybody may read notices, watch openings and read their records, without a login and without giving a name.",
  sections: [
    {
      id: "need",
      title: "What you need",
      parts: [
        "A computer or phone with a recent browser and a network; nothing is installed.",
        "If you take part as bidder, host or otherwise, choose your chapter above. For the page that you look at, press [[manual.title]] at its top.",
      ],
    },
    {
      id: "find",
      title: "Find a project",
      parts: [
        {
          steps: [
            "[[common.openings]](/) shows what opens today. For another day change [[public.openings.day]].",
            "Search by project, number or name of a party. A bidder is found once the opening of its lot has ended and names are public.",
            "Press the project's name for the notice, [[public.openings.hall]] for the room, [[public.openings.record]] for what has ended.",
          ],
        },
        { picture: "openings", shows: "Today's openings" },
      ],
    },
    {
      id: "notice",
      title: "Read a notice",
      parts: [
        {
          list: [
            "Deadline (which is the opening), text and tender documents. Who downloads them is not recorded.",
            "Clarifications and changes.",
            "Of each lot the control price, the opening sheet and [[public.project.windows]].",
            "[[public.project.trust]]: which custodians, how many of them open a bid, and what collusion could do.",
          ],
        },
        { picture: "project", shows: "A notice" },
      ],
    },
    {
      id: "hall",
      title: "Watch an opening",
      parts: [
        {
          list: [
            "Before it there is the notice and a clock: bidders and their number are shown to nobody.",
            "It begins by itself; you need not reload. Stage and time left stand at the top.",
            "Bidders are named when the unlocking begins, or shown by codes where the project masks them.",
            "With the announcement all prices appear at once, compared with the control price.",
            "Messages, questions, objections and answers stand in order of time.",
          ],
        },
        { picture: "hall-announced", shows: "After the announcement" },
        "For the hall's screen press [[public.hall.screen]]; F for full screen, left and right for lots, space to stop turning pages.",
      ],
    },
    {
      id: "record",
      title: "Read a record",
      parts: [
        {
          steps: [
            "After the end, open [[public.record.title]] from [[common.openings]](/), the notice or the hall.",
            "[[public.record.checked]] means that what you see is what was signed.",
            "Download [[public.record.pdf]], [[public.record.json]] or tables; [[common.print]] prints it.",
          ],
        },
        { picture: "record", shows: "The record: digest, signatures, downloads" },
        "For lots that were not opened, bidders stand in it by codes, without names.",
      ],
    },
    {
      id: "check",
      title: "Check it yourself",
      parts: [
        {
          list: [
            "Press [[public.reopen.run]] beside the announced sheets: your browser fetches the published ciphertexts and keys, opens them again and compares. No login is needed.",
            "Download the record and compute its SHA-256; it is the digest on the page. See [[public.record.verify]] there.",
            "[[public.check.authorities]]: listed on the page [for checking your computer](/check), to be compared with the CAs' own sites.",
            "[Check a receipt](/receipt), or the proof that it has turned into, that a bidder shows you: on your own device, without a network.",
            "When the opening is over, take [[public.evidence.public]] from the record's screen and [verify the bundle](/verify) by a policy that you have kept: on your own device, without sending it anywhere.",
          ],
        },
      ],
    },
    {
      id: "complaints",
      title: "Complain",
      parts: [
        {
          steps: [
            "Until the tenth day after a lot's end, press [[complaints.title]] at the project's notice.",
            "Choose lot and [[complaints.matter]], write what you ask for, the facts, your real name and how to reach you, add files, and press [[complaints.form.send]].",
            "Keep the number and the code: they are shown this once. By them you read on the same page what became of it.",
          ],
        },
        "Only the supervisor sees a complaint.",
      ],
    },
    {
      id: "trouble",
      title: "When something goes wrong",
      parts: [
        {
          pairs: [
            [
              "Nothing moves",
              "See the state of the connection at the top right. Where live connections are not allowed, the page updates every 3 seconds; while it reconnects, wait or reload.",
            ],
            ["A project is not found", "Check name, number and date; what is not published is not found."],
            [
              "[[public.record.none]]",
              "The record is made after the objections and published when the opening has ended. Come back later.",
            ],
            ["[[public.record.differs]]", "Do not believe it, and tell the supervisor."],
            ["No names are published", "In a lot that was not opened for want of bids, bidders are not named."],
            ["The platform is said to be unwell, or its clock doubted", "It is being looked after, and times are given back. Just wait."],
            ["You want to report something", "Ask the tenderer or the supervisor named under [[public.project.officials]] in the notice."],
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
            [
              "Deadline",
              "It is also the time of the opening, one and the same instant, by the server's time at the top of the page (Beijing time).",
            ],
            ["Checking, unlocking, announcing, objections, signing", "The stages of an opening. The notice says how long each may last."],
            ["Control price", "Prices above it are marked; whether they are rejected is decided in evaluation."],
            [
              "[[stages.finding.forfeited]], [[stages.finding.returned]]",
              "What a bid is that was not unlocked: the first by its bidder's fault, the second by another's.",
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
            "Prices become public at one instant, and nobody reads one before: it takes the bidder and as many custodians as the terms say.",
            "What is published is what was sealed; you can open it again and compare.",
            "The record is signed by operator and bidders, so a later change would be found out. A correction is another record beside the first.",
          ],
        },
      ],
    },
  ],
} satisfies Chapter;
