//! Acts beside the course: attendance, the operator's seat, suspension, lines,
//! objections, talk, records.

use super::opening::own;
use super::texts::{LONG, SHORT, is_optional, is_representative, says};
use super::{Acting, Work};
use crate::act::{
    Answer, AnswerHelp, Confirm, CorrectRecord, Countersign, Dispute, EndingReason, HandOver, Help,
    Message, Object, Question, Rate, Remark, Reply, Resume, SignIn, SignRecord, Suspend, TakeOver,
    Terminate,
};
use crate::event::{Termination, What};
use crate::evolve::gates;
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;
use crate::state::{Lot, Stage};
use crate::text::is_text;

/// The longest diagnosis that a client may send with a help request, in bytes.
const LONGEST_DIAGNOSIS: usize = 64 * 1024;

/// How many characters the objections of one organisation in a lot have together. All of
/// them are shown to whoever is in the room.
const OBJECTED: usize = 100_000;

/// How many characters the messages to the room have together in a project, and the
/// supervisor's remarks.
const SAID: usize = 300_000;

type Made = Result<What, Refusal>;

pub(super) fn sign_in(work: &Work<'_>, acting: &Acting<'_>, body: &SignIn) -> Made {
    is_representative(&body.representative)?;
    let party = own(work, acting, &body.lot)?;
    let lot = body.lot.clone();
    Ok(What::SignedIn { lot, party })
}

pub(super) fn hand_over(work: &Work<'_>, body: &HandOver) -> Made {
    is_text(&body.to.name, 100)?;
    is_text(&body.reason, SHORT)?;
    // Whose certificate it is, the platform's stream tells and not this project's, which
    // before T0 would tell who bids.
    let holder = work.context.register.holder.as_ref();
    let officials = work.book.draft.as_ref().map(|draft| &draft.officials);
    let is_foreign = |holder| officials.is_some_and(|all| !all.is_host(holder));
    if holder.is_some_and(is_foreign) {
        return Err(RefusalCode::OperatorForeign.into());
    }
    let operator = next_operator(work);
    let seat = By::Host;
    Ok(What::OperatorChanged { operator, seat })
}

pub(super) fn take_over(work: &Work<'_>, body: &TakeOver) -> Made {
    is_text(&body.reason, SHORT)?;
    let operator = next_operator(work);
    let seat = By::Centre;
    Ok(What::OperatorChanged { operator, seat })
}

pub(super) fn suspend(work: &Work<'_>, acting: &Acting<'_>, body: &Suspend) -> Made {
    is_text(&body.reason, SHORT)?;
    for lot in &body.lots {
        gates::suspension_by(work.lot(lot)?, acting.by)?;
    }
    let lots = body.lots.clone();
    Ok(What::Suspended { lots })
}

pub(super) fn resume(body: &Resume) -> Made {
    is_optional(&body.reason)?;
    let lots = body.lots.clone();
    Ok(What::Resumed { lots })
}

pub(super) fn terminate(work: &Work<'_>, body: &Terminate) -> Made {
    is_text(&body.reason, SHORT)?;
    if let Some(ending) = body.ending {
        for lot in &body.lots {
            may_be_so(work.lot(lot)?, ending.reason)?;
        }
    }
    let lots = body.lots.clone();
    Ok(What::Terminated {
        lots,
        cause: Termination::Ordered,
        ending: body.ending,
    })
}

/// Refuses a reason for a lot's end that its stream proves wrong.
fn may_be_so(lot: &Lot, reason: EndingReason) -> Result<(), Refusal> {
    let is_open = (Stage::Opened..=Stage::Signing).contains(&lot.stage);
    if lot.stage <= Stage::Bidding || lot.stage.is_end() {
        // Such a lot is not ended by order at all, and is refused for that.
        return Ok(());
    }
    match reason {
        EndingReason::FewBids => {
            let bids = if is_open {
                lot.tally.opened
            } else if lot.stage == Stage::Checking {
                lot.tally.counted()
            } else {
                lot.tally.unlocked
            };
            let minimum = lot.rules.minimum;
            if bids < minimum {
                return Ok(());
            }
            let refusal = Refusal::new(RefusalCode::BidsSuffice);
            Err(refusal.with("bids", bids).with("minimum", minimum))
        }
        EndingReason::OverPrice if is_open => Ok(()),
        EndingReason::OverPrice => Err(RefusalCode::PricesUnread.into()),
        EndingReason::Unlawful | EndingReason::GivenUp | EndingReason::Other => Ok(()),
    }
}

pub(super) fn confirm(work: &Work<'_>, acting: &Acting<'_>, body: &Confirm) -> Made {
    Ok(What::LineConfirmed {
        lot: body.lot.clone(),
        party: own(work, acting, &body.lot)?,
        bid: body.bid,
    })
}

pub(super) fn dispute(work: &Work<'_>, acting: &Acting<'_>, body: &Dispute) -> Made {
    is_text(&body.text, SHORT)?;
    Ok(What::LineDisputed {
        lot: body.lot.clone(),
        party: own(work, acting, &body.lot)?,
        bid: body.bid,
    })
}

pub(super) fn object(work: &Work<'_>, acting: &Acting<'_>, body: &Object) -> Made {
    says(&body.text, &body.attachments)?;
    let party = own(work, acting, &body.lot)?;
    let lot = body.lot.clone();
    let earlier = work.lot(&lot)?.objections.of(&party).iter();
    let earlier = earlier.filter_map(|seq| work.book.entry(*seq));
    let said: usize = earlier.map(|entry| entry.text.chars().count()).sum();
    let left = OBJECTED.saturating_sub(said);
    if body.text.chars().count() > left {
        let refusal = Refusal::new(RefusalCode::ObjectionsFull);
        return Err(refusal.with("most", OBJECTED).with("left", left));
    }
    Ok(What::Objected { lot, party })
}

pub(super) fn reply(body: &Reply) -> Made {
    says(&body.text, &body.attachments)?;
    let (lot, objection) = (body.lot.clone(), body.objection);
    Ok(What::Replied { lot, objection })
}

pub(super) fn help(work: &Work<'_>, acting: &Acting<'_>, body: &Help) -> Made {
    is_text(&body.text, SHORT)?;
    if body.diagnosis.len() > LONGEST_DIAGNOSIS {
        return Err(RefusalCode::WrongText.into());
    }
    let party = own(work, acting, &body.lot)?;
    gates::help_in_the_room(&work.state)?;
    let lot = body.lot.clone();
    Ok(What::HelpAsked { lot, party })
}

pub(super) fn answer_help(body: &AnswerHelp) -> Made {
    is_text(&body.text, SHORT)?;
    let (lot, help) = (body.lot.clone(), body.help);
    Ok(What::HelpAnswered { lot, help })
}

pub(super) fn message(work: &Work<'_>, body: &Message) -> Made {
    is_text(&body.text, SHORT)?;
    fits(work, "said", &body.text)?;
    let lot = body.lot.clone();
    Ok(What::Said { lot })
}

pub(super) fn question(work: &Work<'_>, acting: &Acting<'_>, body: &Question) -> Made {
    is_text(&body.text, SHORT)?;
    let party = own(work, acting, &body.lot)?;
    let lot = body.lot.clone();
    Ok(What::Asked { lot, party })
}

pub(super) fn answer(body: &Answer) -> Made {
    is_text(&body.text, SHORT)?;
    let (lot, question) = (body.lot.clone(), body.question);
    Ok(What::Answered { lot, question })
}

pub(super) fn remark(work: &Work<'_>, body: &Remark) -> Made {
    is_text(&body.text, LONG)?;
    fits(work, "remarked", &body.text)?;
    let lot = body.lot.clone();
    Ok(What::Remarked { lot })
}

/// Checks that one more text of a kind that nobody answers leaves a project's together
/// within their bound.
fn fits(work: &Work<'_>, kind: &str, text: &str) -> Result<(), Refusal> {
    let earlier = work.book.entries.values().filter(|it| it.kind == kind);
    let said: usize = earlier.map(|entry| entry.text.chars().count()).sum();
    let left = SAID.saturating_sub(said);
    if text.chars().count() <= left {
        return Ok(());
    }
    let refusal = Refusal::new(RefusalCode::TextsFull);
    Err(refusal.with("most", SAID).with("left", left))
}

pub(super) fn sign_record(body: &SignRecord) -> What {
    let (lot, record) = (body.lot.clone(), body.record);
    What::RecordSigned { lot, record }
}

pub(super) fn correct_record(work: &Work<'_>, body: &CorrectRecord) -> Made {
    is_text(&body.text, LONG)?;
    gates::further_correction(work.lot(&body.lot)?)?;
    let (lot, record) = (body.lot.clone(), body.record);
    Ok(What::CorrectionAsked { lot, record })
}

pub(super) fn countersign(work: &Work<'_>, acting: &Acting<'_>, body: &Countersign) -> Made {
    is_optional(&body.remark)?;
    Ok(What::Countersigned {
        lot: body.lot.clone(),
        party: own(work, acting, &body.lot)?,
        record: body.record,
    })
}

pub(super) fn rate(work: &Work<'_>, acting: &Acting<'_>, body: &Rate) -> Made {
    is_optional(&body.comment)?;
    let organisation = acting.performed.actor.organisation();
    if work.book.rated.contains_key(organisation) {
        return Err(RefusalCode::RatingClosed.into());
    }
    Ok(What::Rated { score: body.score })
}

fn next_operator(work: &Work<'_>) -> u32 {
    work.state.operator.map_or(0, |seat| seat.operator + 1)
}
