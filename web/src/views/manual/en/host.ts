import type { Chapter } from "../chapter";

export default {
  lead: "The tenderer or its agency writes the project, publishes the notice and conducts the opening in the console. Both count as one side. Your certificate signs each step; what cannot be done now says why beside its button.",
  sections: [
    {
      id: "need",
      title: "What you need",
      parts: [
        {
          list: [
            "Your organisation's certificate file and passphrase. The centre's administrator binds the role of host to your organisation first; do not register as a bidder.",
            "Names and codes of tenderer, agency, trading centre, supervisor and custodians.",
            "The text of the notice, the tender documents, the fields of the opening sheet, the control price of each lot.",
            "On the day: a computer with sound, the hall's screen, and the phone numbers of the desk and the supervisor.",
          ],
        },
      ],
    },
    {
      id: "draft",
      title: "Write the project",
      parts: [
        {
          steps: [
            "Log in, open [[common.host]] and press [[host.projects.new]]. For a similar project press [[host.projects.copy]]; keep rules that you often use by [[host.templates.save]]. What the transaction platform imports appears here by itself.",
            "[[host.steps.basics]]: number, name, deadline (opening), text of the notice. Press [[host.wizard.save]] before you upload the tender documents.",
            "[[host.steps.officials]]: type a name or code and choose from the directory.",
            "[[host.steps.lots]]: control price, [[host.sheet.title]], [[host.custodians.title]] and [[host.policy.title]] of each lot. When one is done, use [[host.lot.copy]].",
            "[[host.steps.preview]]: read what the public will see. What is still to be mended is listed and leads there. Press [[host.wizard.finish]].",
          ],
        },
        { picture: "wizard-lots", shows: "Lots, opening sheet, custodians and rules on one page" },
        {
          list: [
            "[[host.suite.legend]]: as a rule “[[stages.suite.intl]]”. Where SM2 is required, “[[stages.suite.gm]]”: bidders then need SM2 certificates. It cannot be changed once published.",
            "What the opening sheet asks for is what is announced. Choose a [[host.sheet.preset]], change it, and say which field is the price.",
            "Custodians: press [[host.custodians.usual]]. The threshold is a majority, and no side may reach it alone. Decide here whether rescue is allowed.",
            "Each stage has a longest time, after which it goes on by itself. With many bidders choose [[host.policy.paces.large]].",
          ],
        },
        "What you fill in is kept encrypted on this device; a reload loses nothing.",
      ],
    },
    {
      id: "publish",
      title: "Wait for the keys, and publish",
      parts: [
        {
          steps: [
            "Under [[host.projects.manage]] copy the address for the custodians, and ask them to certify their keys. When all have, the page says [[host.manage.keys.all]].",
            "Press [[host.manage.publish.button]], compare times, parties and terms, type [[host.manage.publish.word]] and press [[host.manage.publish.sign]]. The notice is public at once.",
          ],
        },
        { picture: "manage-publish", shows: "All custodians' keys are there; the notice can be published" },
        "From then on the opening can only be later, and terms change by amendment only. Between publication and opening lies the legal minimum, usually twenty days.",
      ],
    },
    {
      id: "change",
      title: "Clarify, postpone, amend, cancel",
      parts: [
        {
          list: [
            "[[host.manage.forms.clarify]]: public, and bids handed in are not touched.",
            "[[host.manage.forms.postpone]]: to a later time only; bids are not touched.",
            "[[host.manage.forms.amend]]: of sheet, custodians, thresholds or rules. All bids of that lot cease to count and must be sealed anew, so take care. Within the legal minimum, usually fifteen days, it needs a postponement too.",
            "[[host.manage.forms.cancel]]: bids stay sealed for ever.",
            "[[host.manage.keys.invite]]: for a custodian after publication. It certifies its key first, then amend the terms.",
          ],
        },
        "Before the opening the platform shows nobody how many bid, not even you. Please do not ask bidders.",
      ],
    },
    {
      id: "console",
      title: "Before the opening: at the console",
      parts: [
        {
          steps: [
            "Log in half an hour before, and press [[host.projects.console]] in [[common.host]]. [Check the computer](/check).",
            "Press [[host.console.screen]], move the new window to the hall's screen, and press F.",
            "If somebody else is to conduct, press [[host.console.acts.hand-over]] and give the digest of that person's certificate, which stands on its account page.",
            "Wait for the clock. Checking begins by itself.",
          ],
        },
        "At the top of [[host.console.course]] is always the one thing to do now. Press, compare, sign, and the next stage begins.",
      ],
    },
    {
      id: "checking",
      title: "Check, and publish the list",
      parts: [
        {
          steps: [
            "Press [[host.console.acts.mark-deposit]]: those without a mark are chosen. Mark them paid, then change the exceptions.",
            "Look at [[stages.flags.title]]: bidders with an organisation, representative or number in common.",
            "For a bid that must not be opened, press [[host.console.party.open]] in its line, choose [[host.console.acts.refuse-bid]] and give the reason. It stays sealed for good.",
            "For who has not come, [[host.console.acts.mark-absence]]; for who is late with a reason, [[host.console.acts.allow-sign-in]]. Tick several to do them at once.",
            "Press [[host.console.acts.publish-list]]. After that deposits and refusals stand. A lot with too few bids is not opened.",
          ],
        },
        { picture: "console-checking", shows: "Checking: deposits and the list" },
      ],
    },
    {
      id: "unlocking",
      title: "Bidders unlock",
      parts: [
        {
          steps: [
            "Press [[host.console.acts.start-window]] and confirm the length. It is the same for all.",
            "Watch the progress and who failed. Calls for help show under [[host.console.talk.title]]; talk to the desk.",
            "If needed, press [[host.console.acts.extend]] or [[host.console.acts.suspend]], and say why.",
            "When all have unlocked, or time is over, the next stage begins by itself.",
          ],
        },
        { picture: "console-unlocking", shows: "While bidders unlock: progress, failures, calls" },
        "A rescue is ordered by the supervisor; the operator does not decide about it.",
      ],
    },
    {
      id: "releasing",
      title: "Custodians release",
      parts: [
        "Just wait: when enough have released, all bids open at once. If it takes long, call those who are shown as [[host.console.custodians.waiting]]. This stage cannot be suspended; if it is not done in time, it is extended once by itself.",
      ],
    },
    {
      id: "announcing",
      title: "Announce",
      parts: [
        {
          steps: [
            "Press [[host.console.acts.announce]]. All prices become public at once; this cannot be taken back.",
            "Open [[host.console.tabs.announced]] and press [[host.console.voice.all]]; without a Chinese voice press [[host.console.voice.step]] and read from the screen. The hall's screen follows line by line.",
            "If a line is doubtful, use [[host.console.acts.remark-line]]. A remark does not change the sheet.",
            "Where names were masked, press [[host.console.acts.lift-mask]].",
          ],
        },
        { picture: "console-announced", shows: "Announcing, one bidder after the other" },
      ],
    },
    {
      id: "objections",
      title: "Confirmations and objections",
      parts: [
        {
          steps: [
            "Bidders confirm their own lines. Answer a dispute by a remark.",
            "Press [[host.console.acts.open-objections]].",
            "Answer objections, questions and calls one by one under [[host.console.talk.title]]. Without an answer to every objection the stage does not end.",
            "Press [[host.console.acts.close-objections]]. The record is made.",
          ],
        },
        "A bidder that disturbs by asking can be stopped by [[host.console.acts.mute]], with a public reason; it may still object and call for help.",
      ],
    },
    {
      id: "record",
      title: "Sign the record, and end",
      parts: [
        {
          steps: [
            "Press [[host.console.acts.sign-record]], read the record, see [[host.console.record.matches]], and sign.",
            "Bidders sign. Those who do not hold up nothing.",
            "Press [[host.console.acts.close]]. First look at [[host.console.missing.title]]: what is marked [[host.console.missing.demanded]] must be done, the rest can be.",
          ],
        },
        { picture: "console-record", shows: "Compare the digest before signing" },
        "If you find a mistake after signing, [[host.console.acts.correct-record]] makes another record, published beside the first. Bid documents for evaluation are under [[host.console.tabs.documents]]; downloads are on record.",
      ],
    },
    {
      id: "again",
      title: "After a failed opening",
      parts: [
        "A lot with too few bids has a record to be signed, too. Then press [[host.manage.again]] in the project's management: a new project by the same rules, whose notice names the first.",
      ],
    },
    {
      id: "trouble",
      title: "When something goes wrong",
      parts: [
        {
          pairs: [
            ["A button is grey", "The reason stands beside it, such as [[stages.why.reply-first]]. Do that, and it can be pressed."],
            ["[[stages.why.not-operator]]", "Somebody else has the seat. Ask for a hand-over, or let the centre take over."],
            ["[[stages.why.not-cosigned]]", "Wait some seconds. If witnesses do not come, the supervisor decides."],
            [
              "A bidder calls: it cannot unlock",
              "Let it press [[hall.help.button]], which sends a diagnosis. Network and platform: try again; a broken certificate: the spare key. If time is needed, you extend.",
            ],
            ["No sound", "Click into the console, then press [[host.console.voice.resume]]; or read from the screen."],
            ["The platform was down", "Reload when it is back. The time is given back by itself, and the record says from when to when."],
            [
              "The clock is doubted",
              "The platform decides nothing by the hour until the centre confirms its clock. Acts that were to be tried later are not refused.",
            ],
            ["Terms differ from the draft, and you are told not to sign", "Do not sign, and call the centre."],
            [
              "The operator must leave",
              "Press [[host.console.acts.suspend]] first, or hand over. If nobody acts, the next stage begins after the longest time.",
            ],
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
              "[[host.policy.stays.checking]], [[host.policy.stays.window]], [[host.policy.stays.objections]] and others",
              "The longest time of each stage, fixed by publication. When it is over, the next stage begins by itself.",
            ],
            [
              "[[host.policy.stays.suspension]]",
              "The clock stands still. After the longest time the lot is resumed by itself; what the supervisor suspended, the supervisor resumes.",
            ],
            ["[[host.custodians.release]]", "So many custodians must release before bids open."],
            ["[[host.custodians.rescue]]", "So many custodians together rescue a bidder that cannot unlock, on the supervisor's order."],
            [
              "[[stages.finding.forfeited]], [[stages.finding.returned]]",
              "The platform judges a bid that stayed closed by evidence; the supervisor may overrule, the host may not.",
            ],
          ],
        },
      ],
    },
    {
      id: "proof",
      title: "What the platform proves",
      parts: [
        {
          list: [
            "Before the opening the platform shows you neither names nor numbers of bidders, and nobody sees a price.",
            "When each step was done, by whom and on what grounds is signed, and the record can be checked independently.",
            "Reasons for refusals, extensions and suspensions are published with the record; nobody can rewrite them.",
          ],
        },
      ],
    },
  ],
} satisfies Chapter;
