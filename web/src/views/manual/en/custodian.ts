import type { Chapter } from "../chapter";

export default {
  lead: "A custodian holds one key of each project, of which the platform has no copy. You do two things: certify the key before publication, and release your share after bidders have unlocked. An agent on your own machine can be authorised to do both. A custodian does not bid in the same project.",
  sections: [
    {
      id: "need",
      title: "What you need",
      parts: [
        {
          list: [
            "Your organisation's certificate file and passphrase.",
            "A passphrase for the custody keys, another one than the certificate's, known to several people or kept in a safe.",
            "The CA's root certificate, from the CA or the supervisor, not from this site.",
            "A safe place for the backup, such as a USB stick in your organisation's safe.",
          ],
        },
        "A body that comes for the first time, such as a notary: log in and choose [[login.custody.register]]; where the page offers to register a bidder, press [[login.custody.instead]]. It does not make you a bidder.",
      ],
    },
    {
      id: "keys",
      title: "Certify the keys",
      parts: [
        {
          steps: [
            "Open [[common.custodian]]. The projects that want a key are chosen already; press [[custodian.making.open]].",
            "Type the passphrase twice and press [[custodian.making.make]]. Keep the backup file (.kkeys) that you get.",
            "Press [[custodian.making.prove]] and choose that file, which proves that it opens.",
            "Press [[custodian.making.certify]]. When all custodians have, the host can publish.",
          ],
        },
        { picture: "custodian", shows: "All projects on one page: what is due, and when they open" },
        { picture: "custody-key", shows: "Keys are made here, and saved in one file under a passphrase" },
        "Many projects are done at once, with one passphrase and one file.",
      ],
    },
    {
      id: "backup",
      title: "Backup, and another computer",
      parts: [
        {
          list: [
            "Keys lie encrypted in this browser and go when its data is cleared: keep the backup.",
            "On another computer open [[custodian.ring.title]], press [[custodian.ring.choose]], then [[custodian.ring.take]].",
            "You can [[custodian.ring.save]] at any time. Keys of ended projects can be removed.",
          ],
        },
        "Nobody recovers a lost file or passphrase. Before the opening press [[custodian.lots.makeAnother]] on the project's page; once the notice is out, it counts only after the host has amended the terms.",
      ],
    },
    {
      id: "agent",
      title: "Authorise an unattended agent",
      parts: [
        "With many projects, sign once a year: an agent on a machine of your own, always on, then certifies and releases by itself. Its key does nothing else.",
        {
          steps: [
            "Make the agent's key on that machine, and bring its public key (not the private one) to your desk.",
            "Open [[custodian.standing.title]], press [[custodian.standing.authorise]], paste the key, choose the end and the hosts it is for.",
            "Press [[custodian.standing.sign]]. Start the agent on that machine: kaibiao custodian serve-all.",
            "It runs when the page shows when it was last heard. If it is silent or its time ends, the page says so in red.",
          ],
        },
        "If the machine or its passphrase may be in other hands, [[custodian.standing.revoke]] at once. Published terms stay, and the agent still has to release for them.",
      ],
    },
    {
      id: "release",
      title: "Release",
      parts: [
        {
          steps: [
            "When bidders have unlocked, [[common.custodian]] shows [[custodian.phases.releaseNow]]. Press [[custodian.releasing.open]].",
            "Type the passphrase of the custody keys. The first time, add the root certificate.",
            "Press [[custodian.releasing.go]]. Each condition is proved on your computer before anything leaves it. You are done when it says [[custodian.releasing.done]].",
          ],
        },
        { picture: "custody-release", shows: "All lots that wait are released at once" },
        "Be there on the day: it is your turn as soon as the unlocking is over. If it is not done in time, the time is given once more; after that your share counts as missing.",
      ],
    },
    {
      id: "rescue",
      title: "Rescue",
      parts: [
        "When a bidder's certificate fails and the supervisor orders a rescue, it appears on the project's page. Check the order and the time left, and press [[custodian.rescue.go]]. Each share is for that one bid; without an order the page gives none.",
        { picture: "custody-rescue", shows: "After the supervisor's order the custodian gives its share" },
      ],
    },
    {
      id: "trouble",
      title: "When something goes wrong",
      parts: [
        {
          pairs: [
            [
              "[[custodian.releasing.noKey]]",
              "This computer lacks that project's key. Choose the file on the project's page, or restore the backup first.",
            ],
            [
              "The passphrase is wrong",
              "Check the input method and capitals. Keys made at other times may have another: release them one by one on their pages.",
            ],
            [
              "Not proved, nothing left",
              "That protects the bidders. Do as it says, for instance add the root that is missing. If the cause is unclear, call the supervisor before you try anything else.",
            ],
            [
              "[[custodian.releasing.withheld]]",
              "Something is wrong with one bid. The reason is on record, and the others are released as usual.",
            ],
            [
              "[[custodian.duties.notYours]]",
              "You are logged in for another organisation, or the host wrote another code. Compare the code with the host.",
            ],
            ["The agent is silent", "Check power and network of its machine; if time is short, do it by hand on this page."],
            ["[[custodian.standing.again]]", "The authorisation was revoked: certify a key anew."],
            ["Released on another computer before", "A lot is released for one list only. For another it is refused; call the supervisor."],
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
              "Certifying a key",
              "Possible until the opening, but the host cannot publish without it: do it on the day you get the address.",
            ],
            [
              "[[host.policy.stays.releasing]]",
              "From the end of the unlocking; as much once more when it is late. It cannot be suspended.",
            ],
            [
              "[[host.custodians.release]]",
              "So many custodians must release, and then all bids open at once. If one is missing and enough are left, they open all the same.",
            ],
            ["Share", "What your key computes for each bid. Alone it is of no use."],
            [
              "Accepted list",
              "The bids that were unlocked and go on to be opened, signed by the platform. Your computer believes nothing else.",
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
            "The time has come: closing and accepted list are signed by the platform, and compared with your own clock.",
            "Each bid was unlocked by its bidder's signature, or there is an order of rescue that you took part in.",
            "What you released and when is on record; whether a reason given is true can be checked afterwards.",
          ],
        },
        "If a platform signs the accepted list too early, your computer cannot know by itself that the time for unlocking was not over; what is left is two signatures that contradict each other. Custodians without a common interest are the best protection.",
      ],
    },
  ],
} satisfies Chapter;
