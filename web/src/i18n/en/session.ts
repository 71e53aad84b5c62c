export default {
  unlockTitle: "Give the key's passphrase",
  unlockWhy: "The key of {name} has locked itself. After the passphrase, what you were doing goes on; nothing you typed is lost.",
  loginWhy: "This needs your certificate. After unlocking, what you were doing goes on; nothing you typed is lost.",
  link: {
    title: "Link another authority",
    button: "Sign the link",
    own: "From then on certificates that this authority issues to your organisation act for it: they see, replace and withdraw its bids, unlock and sign. Your present certificate signs the link, and supervisors see it.",
    onPapers:
      "On papers that were shown, links an authority for another organisation. It counts at once; the reason and the papers' digests go on record, for the organisation and supervisors to see.",
    authority: "Authority's id",
    reason: "Reason",
    papers: "Papers shown",
    papersHint: "They are not uploaded, their digests go on record; {n} chosen.",
    vouchers: "Authorities whose certificates act for your organisation",
    first: "The first one that vouched for it here",
    by: "By {name}: {reason} ({n} papers)",
    list: "Linked authorities",
    listWhat: "Authorities linked beside an organisation's first one. What their certificates do bears the link it relies on.",
    none: "No organisation has linked another authority.",
    end: "Unlink",
    endTitle: "Unlink {authority} from {name}",
    endWill: "This authority's certificates act for the organisation no more. What was done stands.",
    notLinked: "This certificate is not linked yet",
    notLinkedWhat:
      "Your organisation is known here by another authority's certificates. This one shows what is public. Log in with the former certificate and link {authority} on this page; if it is lost, show papers to the centre's administrator: it counts at once, and bids handed in stand.",
  },
  problems: {
    "device-keeps-nothing":
      "This browser keeps no notes on this machine, so nothing was sent. Leave the private mode or free some space and try again, or use another machine.",
    "platform-changed":
      "Another platform answers at this address than the one this browser has noted. It may be an impostor; nothing signed was sent. Stop, and ask the trading centre by telephone or other means; if the platform really was replaced, clear this site's data in the browser and log in again.",
    "record-differs":
      "The record that the platform gives is not the one with the digest to be signed; nothing was signed. Stop, and tell the supervisor.",
    "key-other": "This is not the certificate that is logged in ({name}). Choose that one; to use another, log out first.",
  },
};
