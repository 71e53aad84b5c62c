//! Acts on one bidder, or on several of one lot at once: an event for each, all or none.

use std::collections::BTreeSet;
use std::iter::once;

use super::texts::{SHORT, is_optional};
use super::{Acting, Work};
use crate::act::{
    Absence, AbsenceFor, AllowSignIn, ConfirmFinding, ConfirmationFor, DepositFor, Finding,
    LeaveFor, MarkAbsence, MarkDeposit, OverruleFinding, OverrulingFor, RefusalFor, RefuseBid,
};
use crate::details::{Details, Extra};
use crate::event::What;
use crate::ids::{LotId, Party};
use crate::refusal::{Refusal, RefusalCode};
use crate::state::Bidder;
use crate::text::is_text;

/// The most bidders that one act names.
const MOST: usize = 1000;

type Done = Result<(), Refusal>;

pub(super) fn allow_sign_in(work: &mut Work<'_>, acting: &Acting<'_>, body: &AllowSignIn) -> Done {
    let (party, reason) = (body.party, body.reason.clone());
    let items = once(LeaveFor { party, reason }).chain(body.others.iter().cloned());
    let say = |lot: LotId, it: LeaveFor| Said {
        party: it.party,
        what: What::SignInAllowed {
            lot,
            party: it.party,
        },
        is_so: Box::new(|bidder| bidder.signed_in.is_some() || bidder.sign_in_allowed),
        words: Words::needed(it.reason),
    };
    perform(work, acting, &body.lot, items, say)
}

pub(super) fn mark_deposit(work: &mut Work<'_>, acting: &Acting<'_>, body: &MarkDeposit) -> Done {
    let own = DepositFor {
        party: body.party,
        deposit: body.deposit,
        note: body.note.clone(),
    };
    let items = once(own).chain(body.others.iter().cloned());
    let say = |lot: LotId, it: DepositFor| {
        let silent = it.note.is_empty();
        Said {
            party: it.party,
            what: What::DepositMarked {
                lot,
                party: it.party,
                deposit: it.deposit,
            },
            is_so: Box::new(move |bidder| silent && bidder.deposit == Some(it.deposit)),
            words: Words::optional(it.note),
        }
    };
    perform(work, acting, &body.lot, items, say)
}

pub(super) fn refuse_bid(work: &mut Work<'_>, acting: &Acting<'_>, body: &RefuseBid) -> Done {
    let own = RefusalFor {
        party: body.party,
        bid: body.bid,
        reason: body.reason.clone(),
    };
    let items = once(own).chain(body.others.iter().cloned());
    let say = |lot: LotId, it: RefusalFor| Said {
        party: it.party,
        what: What::BidRefused {
            lot,
            party: it.party,
            bid: it.bid,
        },
        is_so: Box::new(move |bidder| bidder.refused.is_some() && bidder.live == Some(it.bid)),
        words: Words::needed(it.reason),
    };
    perform(work, acting, &body.lot, items, say)
}

pub(super) fn mark_absence(work: &mut Work<'_>, acting: &Acting<'_>, body: &MarkAbsence) -> Done {
    let own = AbsenceFor {
        party: body.party,
        absence: body.absence,
        note: body.note.clone(),
    };
    let items = once(own).chain(body.others.iter().cloned());
    let say = |lot: LotId, it: AbsenceFor| {
        let silent = it.note.is_empty();
        Said {
            party: it.party,
            what: What::AbsenceMarked {
                lot,
                party: it.party,
                absence: it.absence,
            },
            is_so: Box::new(move |bidder| {
                let marked = bidder.absence.map(|mark| mark.absence);
                silent && bidder.signed_in.is_none() && marked == Some(it.absence)
            }),
            words: Words {
                text: it.note,
                needed: it.absence == Absence::Other,
            },
        }
    };
    perform(work, acting, &body.lot, items, say)
}

pub(super) fn confirm_finding(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &ConfirmFinding,
) -> Done {
    let (party, finding) = (body.party, body.finding);
    let items = once(ConfirmationFor { party, finding }).chain(body.others.iter().cloned());
    let say = |lot: LotId, it: ConfirmationFor| Said {
        party: it.party,
        what: What::FindingConfirmed {
            lot,
            party: it.party,
            finding: it.finding,
        },
        is_so: Box::new(move |bidder| is_ruled(bidder, it.finding)),
        words: Words::optional(String::new()),
    };
    perform(work, acting, &body.lot, items, say)
}

pub(super) fn overrule_finding(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &OverruleFinding,
) -> Done {
    let own = OverrulingFor {
        party: body.party,
        finding: body.finding,
        reason: body.reason.clone(),
    };
    let items = once(own).chain(body.others.iter().cloned());
    let say = |lot: LotId, it: OverrulingFor| Said {
        party: it.party,
        what: What::FindingOverruled {
            lot,
            party: it.party,
            finding: it.finding,
        },
        is_so: Box::new(move |bidder| is_ruled(bidder, it.finding)),
        words: Words::needed(it.reason),
    };
    perform(work, acting, &body.lot, items, say)
}

/// What an act says of one bidder.
struct Said {
    party: Party,
    what: What,
    /// Whether a bidder is so already, so that two operators who choose the same bidders do
    /// not stand in each other's way. Where something is said in words, it is new.
    is_so: Box<dyn Fn(&Bidder) -> bool>,
    words: Words,
}

/// A reason or a note.
struct Words {
    text: String,
    needed: bool,
}

impl Words {
    const fn needed(text: String) -> Self {
        Self { text, needed: true }
    }

    const fn optional(text: String) -> Self {
        Self {
            text,
            needed: false,
        }
    }

    fn check(&self) -> Done {
        if self.needed {
            Ok(is_text(&self.text, SHORT)?)
        } else {
            is_optional(&self.text)
        }
    }
}

/// Makes the events, one for each bidder: all of them, or none and the refusal of the
/// first that is none.
fn perform<T>(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    lot: &LotId,
    items: impl Iterator<Item = T>,
    say: impl Fn(LotId, T) -> Said,
) -> Done {
    let mut said: Vec<Said> = items.map(|it| say(lot.clone(), it)).collect();
    if said.len() == 1
        && let Some(only) = said.pop()
    {
        only.words.check()?;
        return work.act(acting, only.what);
    }
    if said.len() > MOST {
        return Err(Refusal::new(RefusalCode::TooManyAtOnce).with("most", MOST));
    }
    let named: BTreeSet<Party> = said.iter().map(|it| it.party).collect();
    if named.len() < said.len() {
        return Err(RefusalCode::NamedTwice.into());
    }
    let before = work.events.len();
    let mut bearer = None;
    for Said {
        party,
        what,
        is_so,
        words,
    } in said
    {
        let done = words.check().and_then(|()| {
            let bidder = work.lot(lot)?.parties.get(&party);
            if bidder.is_some_and(|bidder| is_so(bidder)) {
                return Ok(());
            }
            let seq = work.state.events + 1;
            one(
                work,
                acting,
                what,
                Extra::Item {
                    bearer,
                    note: words.text,
                },
            )?;
            bearer = bearer.or(Some(seq));
            Ok(())
        });
        if let Err(refusal) = done {
            // What was done for those before it is undone.
            work.events.truncate(before);
            work.state = work.again();
            return Err(of_bidder(work, lot, party, refusal));
        }
    }
    Ok(())
}

/// One of the events: the first bears the act, and the others name that one.
fn one(work: &mut Work<'_>, acting: &Acting<'_>, what: What, extra: Extra) -> Done {
    let bears = matches!(extra, Extra::Item { bearer: None, .. });
    let mut facts = acting.facts(what);
    let mut details: Details = acting.details(Some(extra));
    if !bears {
        facts.act = None;
        details.signed = None;
    }
    work.push(facts, details)
}

/// Whether a supervisor has ruled that this is what stands.
fn is_ruled(bidder: &Bidder, finding: Finding) -> bool {
    let made = bidder.finding.as_ref();
    made.is_some_and(|made| made.decided.is_some() && made.finding == finding)
}

/// Adds which of the bidders it is that a refusal is about. Before T0, and where it is
/// the lot that refuses, it is about none.
fn of_bidder(work: &Work<'_>, lot: &LotId, party: Party, refusal: Refusal) -> Refusal {
    const OF_ONE: &[RefusalCode] = &[
        RefusalCode::WrongText,
        RefusalCode::NoSuchParty,
        RefusalCode::NoSuchBid,
        RefusalCode::NotInWindow,
        RefusalCode::NotAbsent,
        RefusalCode::TooMany,
        RefusalCode::AlreadyDone,
        RefusalCode::NoFinding,
        RefusalCode::FindingDiffers,
    ];
    let Some(lot) = work.state.lots.get(lot) else {
        return refusal;
    };
    if work.state.deadline.is_none() || !OF_ONE.contains(&refusal.code) {
        return refusal;
    }
    let name = if lot.masked {
        party.code()
    } else {
        work.book.name(&party)
    };
    refusal.with("bidder", name)
}
