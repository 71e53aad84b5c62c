import type { Chapter } from "../chapter";

export default {
  lead: "The supervisor sees everything that happens in an opening, decides about rescues, findings and suspensions, and checks on its own computer what the platform has signed. Your certificate signs each order; it counts at once and is recorded.",
  sections: [
    {
      id: "need",
      title: "What you need",
      parts: [
        {
          list: [
            "Your authority's certificate file and passphrase; the centre's administrator binds the role of supervisor.",
            "If you are a custodian too, the custody keys: see the [custodian's chapter](/manual/custodian).",
            "To be there on the day: a rescue can be ordered only while bids are being unlocked.",
          ],
        },
      ],
    },
    {
      id: "openings",
      title: "Your openings",
      parts: [
        "Open [[common.supervisor]]: all projects under your supervision, those that want something first. Search by name or number, and filter by state and time.",
        "Before the opening, bidders and their number are not shown to the supervisor either. The page goes over to the room by itself.",
      ],
    },
    {
      id: "live",
      title: "The room",
      parts: [
        "[[supervisor.tabs.live]] shows of each lot the stage, the time left, and of each bidder sign-in, deposit, unlocking and opening, with messages and calls.",
        { picture: "supervision", shows: "The room: how far each bidder is" },
        "Bidders with a name, representative or phone in common are listed under [[stages.flags.title]]; find out whether they collude.",
      ],
    },
    {
      id: "rescue",
      title: "Decide about a rescue",
      parts: [
        {
          steps: [
            "A request shows in red at the top with the time left, whichever part you look at.",
            "Read the reason, the failed attempts and the diagnosis; call the bidder if needed.",
            "If you agree, press [[supervisor.orders.rescue.name]], give the reason and sign. The custodians then give their shares.",
          ],
        },
        "Without an order in that time the bid cannot be unlocked. If you do not agree, there is nothing to press; say why by [[supervisor.orders.remark.name]].",
      ],
    },
    {
      id: "orders",
      title: "Orders",
      parts: [
        {
          list: [
            "[[supervisor.orders.remark.name]]: told to the room and attached to the record.",
            "[[supervisor.orders.suspend.name]], [[supervisor.orders.resume.name]]: the clock stands still, and times move on by as long. What you suspended the host cannot resume. Not while custodians release.",
            "[[supervisor.orders.extend.name]]: for all bidders at once, up to the sum that the terms allow.",
            "[[supervisor.orders.quorum.name]]: whether to go on without enough witnesses.",
            "[[supervisor.orders.terminate.name]]: choose how and why by code, and type [[supervisor.orders.terminate.word]]. It cannot be taken back; what is unopened is never opened.",
          ],
        },
      ],
    },
    {
      id: "findings",
      title: "Findings",
      parts: [
        {
          steps: [
            "Of a bid that stayed closed the platform first finds by evidence and rule: [[stages.finding.forfeited]], or [[stages.finding.returned]]. Open [[supervisor.tabs.findings]].",
            "Press the events that it cites; hear bidder and custodians.",
            "If you agree, press [[supervisor.findings.confirm]]; if not, [[supervisor.findings.overrule]] with the reason.",
          ],
        },
        { picture: "supervision-findings", shows: "A finding, its rule and the events it rests on" },
        "Where it says [[supervisor.findings.mustDecide]] do decide. What is not decided when the host signs the record stands as the platform found it. Findings on custodians are treated alike, but not those on your own organisation.",
      ],
    },
    {
      id: "events",
      title: "Events and timeline",
      parts: [
        "[[supervisor.tabs.events]] has all facts and signatures, by stage, actor or words, or only what is out of the ordinary. [[supervisor.events.play]] plays the opening again from its beginning.",
        "“[[supervisor.tabs.replay]]” shows the room at any instant: step by step, by stage, played at 1×, 10× or 60×, filtered by actor, and through the eyes of whichever party you choose. Whatever stands on the screen leads to the event that put it there, whose proof in the public log is checked on the spot.",
      ],
    },
    {
      id: "audit",
      title: "Check the platform's statements",
      parts: [
        {
          steps: [
            "Open [[supervisor.tabs.audit]] and press [[supervisor.audit.run]]. Your browser checks, and believes only the platform key in the sealing terms.",
            "When it says [[supervisor.audit.allHold]], print it or keep a picture. Compare the digests with those on the host's and the bidders' pages.",
            "If something does not hold, save the page and have the operator of the platform explain it; if need be suspend or terminate.",
          ],
        },
        { picture: "supervision-audit", shows: "Closing and accepted statement, checked on this device" },
      ],
    },
    {
      id: "complaints",
      title: "Complaints",
      parts: [
        {
          steps: [
            "The red line on the first screen says how many wait for a decision or an answer, or are overdue. [[complaints.toList]] lists them, the one due first on top.",
            "Read what is asked for, the facts and the files. The events it cites bear a mark, so that you see what happened then.",
            "Within 3 days press [[complaints.decide.takeUp]], or give the reason and press [[complaints.decide.decline]].",
            "Within 30 days after taking it up write the decision, press [[complaints.decide.answer]] and sign. It cannot be changed afterwards.",
          ],
        },
        "Only you see text, files and who complains. Once it is taken up, host and centre learn its lot and matter. Days are those of the calendar, which end before the law's working days.",
      ],
    },
    {
      id: "platform",
      title: "Platform audit",
      parts: [
        {
          steps: [
            "[[common.audit]] shows the newest first: log-ins, roles, configuration, starts, stops and troubles, exports, administrators' acts.",
            "Search by date, kind, person or project. Press an entry for before and after, what was signed, and its proof.",
            "[[audit.jsonl]] and [[audit.csv]] keep all that is found. JSONL has the proofs and can be checked again; kaibiao audit does the same.",
          ],
        },
        "Bidders' log-ins and registrations are shown once every project that took bids then has reached its opening time: before that they would tell who prepares one. Log-ins are gathered for five minutes. That you have read here is on record as well.",
      ],
    },
    {
      id: "trouble",
      title: "When something goes wrong",
      parts: [
        {
          pairs: [
            [
              "An order cannot be given now",
              "The reason stands beside it, for instance the stage. While custodians release there is neither suspension nor extension.",
            ],
            [
              "A bidder says the finding is wrong",
              "Let it object and save the recheck file. The check can be repeated from it offline, and the events have the grounds.",
            ],
            [
              "A bidder has a receipt and is not on the list",
              "The receipt is signed by the platform, so the platform is at fault. [Check the receipt](/receipt), suspend, and secure receipt and .kbid file.",
            ],
            [
              "Somebody doubts how the opening went",
              "Take the supervisor's edition of the bundle from the record's screen and [verify it](/verify), without sending it anywhere; then have kaibiao-verify replay the rules.",
            ],
            ["Two closing lists differ", "Both are signed: that is proof. Suspend or terminate, and demand an explanation."],
            [
              "The platform was down",
              "Times move by themselves; no order is needed. If it was down longer than the time for unlocking itself, bids not unlocked are found [[stages.finding.returned]].",
            ],
            ["The operator is lost", "Let the centre take over; if that fails, suspend."],
            ["Your connection is cut", "The page comes back by itself; what it shows meanwhile may be old."],
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
              "[[stages.finding.forfeited]]",
              "Not unlocked, or wrong in content, by the bidder's own fault (Measures for electronic tendering, article 31).",
            ],
            ["[[stages.finding.returned]]", "By another's fault, who may be liable (same article)."],
            ["Order of rescue", "While bids are being unlocked, after a request or a failed attempt."],
            ["Time for findings", "From the opening of the bids until the host signs the record."],
            [
              "Closing and accepted statement",
              "The platform signs one at the deadline, of all bids, and one after the unlocking, of those that go on to be opened.",
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
            "Everything has its time, signature and place; a change to any of it changes the root of the tree.",
            "All events can be taken away and played again on another machine, with the same result.",
            "Rule and events stand beside each finding, for everybody concerned to check.",
          ],
        },
        "In a project without independent witnesses, a platform that showed different lists to different people would be found out only by comparing digests. Compare them in the room.",
      ],
    },
  ],
} satisfies Chapter;
