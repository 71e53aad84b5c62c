import { CODES } from "@/ui/troubles/troubles";
import type { Chapter } from "../chapter";

export default {
  lead: "The trading centre binds roles, sees all rooms, answers calls for help and takes over an opening where it must. Administrators and staff each use their own certificate.",
  sections: [
    {
      id: "need",
      title: "What you need",
      parts: [
        {
          list: [
            "The centre's certificates. The first administrator is set on the server; everybody else is bound by an administrator.",
            "The list of the day's openings, and the phone numbers of operators, supervisors, custodians and the machine room.",
            "A computer that always shows the board; press [[centre.board.soundOff]] to turn the sound on.",
          ],
        },
      ],
    },
    {
      id: "accounts",
      title: "Accounts and roles",
      parts: [
        {
          steps: [
            "An administrator opens [[common.accounts]] and presses [[centre.accounts.bind]].",
            "Choose the role, give name and code of the organisation as in the certificate, and a person where needed. Without a person the whole organisation has the role.",
            "Compare and sign. Whoever logs in now has it.",
            "When somebody leaves, press [[centre.accounts.revoke]]: the rights end at once.",
          ],
        },
        { picture: "accounts", shows: "Who has which role. Only an administrator binds and revokes" },
        {
          list: [
            "Tenderers, agencies and supervisors must be bound. Bidders and other custodians register by their own certificates.",
            "Where a name is marked [[centre.desk.unvouched]], look at the papers and bind a role: that vouches for it.",
            "For a bidder with another CA whose old certificate is lost, look at the papers and press [[session.link.title]]; it counts at once.",
          ],
        },
      ],
    },
    {
      id: "board",
      title: "The board",
      parts: [
        "Open [[common.board]]: a card for each room, those with an alarm first, with what it is and for how long. [[centre.board.wall]] puts it on the wall.",
        { picture: "board", shows: "The day's rooms, alarms and the platform's health" },
        {
          pairs: [
            ["[[centre.alarms.notOpened]]", "Look at [[centre.board.health]], then call the machine room."],
            ["[[centre.alarms.notStarted]]", "Call the operator; if nobody answers, take over."],
            [
              "[[centre.alarms.failures]]",
              "Many at once may be the network or one CA. Ask the operator to extend, and look at [[centre.signs.title]].",
            ],
            ["[[centre.alarms.releaseLate]]", "Call the custodians that have not released."],
            ["[[centre.alarms.agentSilent]]", "Tell that custodian to check its agent, or to release by hand."],
            ["[[centre.alarms.rescueAsked]]", "Tell the supervisor; the time left is on its page."],
            ["[[centre.alarms.quorum]]", "Witnesses have not cosigned; the supervisor decides whether to go on."],
          ],
        },
      ],
    },
    {
      id: "desk",
      title: "The help desk",
      parts: [
        {
          steps: [
            "A new call appears in [[common.desk]] with how long it has waited. Open the diagnosis: clock, browser, certificate, what failed.",
            "Write an answer, or begin with one of [[centre.desk.canned]], and press [[centre.desk.sending]]. The caller sees it at once.",
            "If time is needed, ask the operator to extend; for a broken certificate, remind the bidder of its spare key or of rescue.",
          ],
        },
        { picture: "desk", shows: "A call for help, and its diagnosis" },
        "Whoever calls before the opening need not be a bidder: do not ask whether it bids or for how much. Calls after the opening and their answers go into the record and are published with it.",
      ],
    },
    {
      id: "takeover",
      title: "Take over an opening",
      parts: [
        {
          steps: [
            "When the operator is lost or its certificate fails, press [[centre.take.name]] on the card, give the reason and confirm.",
            "Press [[centre.board.console]] and go on by the [host's chapter](/manual/host#console).",
          ],
        },
        "That you took over, and why, is told to the room and recorded. The former operator can do nothing more unless you hand back.",
      ],
    },
    {
      id: "ratings",
      title: "Ratings",
      parts: [
        "[[common.ratings]] shows scores and comments by project. Tick [[centre.ratings.lowOnly]] and call back. Ratings are taken for 30 days from the end.",
      ],
    },
    {
      id: "figures",
      title: "Figures",
      parts: [
        "In [[common.figures]] choose the months and press [[figures.show]]: how openings ended, how many unlocked, causes of failure, by CA, help, extensions and outages. Only lots that have ended count, and fewer than 3 bids give their number alone, so that nobody is singled out. Print it, or press [[figures.csv.months]].",
      ],
    },
    {
      id: "platform",
      title: "When the platform is not well",
      parts: ["Those whom it concerns see it at the top of every page. What each notice means, and what to do:", { troubles: CODES }],
    },
    {
      id: "trouble",
      title: "When something goes wrong",
      parts: [
        {
          pairs: [
            [
              "[[common.doubt.title]]",
              "An administrator compares the time with an independent source and presses [[common.doubt.confirm]] when it is right. Until then nothing is decided by the hour, and the time is given back.",
            ],
            [
              "A bidder cannot upload",
              "Look at [[centre.board.health]] first. If it is well, let the bidder [check its computer](/check) and try another network; or hand in the .kbid file from another computer.",
            ],
            ["A bidder has no receipt", "Then its bid was not handed in: it should hand in the same file again. Do not judge for it."],
            [
              "The platform was down",
              "Bring it back. It measures the outage itself, moves the times and records it; do not change times by hand.",
            ],
            [
              "A CA's revocation list has ended",
              "Get the new one from the CA into the trust directory. If there is none, the old list may be allowed for at most six hours, as the notice says.",
            ],
            [
              "Somebody has no permission after login",
              "Check that the role is bound, that the code is the same, and that the certificate is of the same CA.",
            ],
            ["Data must be restored", "Tell the supervisor first, above all between the deadline and the closing of bids."],
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
            ["Before the opening", "The board shows projects and times, and neither bidders nor numbers."],
            ["The operator's seat", "The host's side sits first; after a hand-over or take-over only that one certificate conducts."],
            ["Going on by itself", "Each stage has a longest time, after which the next begins."],
            ["Witness", "A party outside the platform that cosigns its statements, as many as the terms ask for."],
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
            "Neither the centre's staff nor the platform's administrators can read a price before it is opened.",
            "Who bound which role, linked which CA and took over when is signed, and open to the supervisor.",
            "Whoever holds the server could find out who handed in and when, and no content. Let others than those who procure hold the server and the backups of its keys.",
          ],
        },
      ],
    },
  ],
} satisfies Chapter;
