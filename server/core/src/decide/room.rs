//! Acts beside the course: attendance, the operator's seat, suspension, lines,
//! objections, talk, records.

use super::opening::own;
use super::{Acting, Work};
use crate::act::{Act, Attachment, Representative};
use crate::book::Book;
use crate::command::Actor;
use crate::compose::{are_attachments, is_text};
use crate::event::{Termination, What};
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;

const LONG: usize = 20_000;
const SHORT: usize = 2000;

pub(super) fn perform(work: &mut Work<'_>, acting: &Acting<'_>) -> Result<(), Refusal> {
    let what = match &acting.performed.act {
        Act::SignIn(body) => {
            is_representative(&body.representative)?;
            let party = own(work, acting, &body.lot)?;
            let lot = body.lot.clone();
            What::SignedIn { lot, party }
        }
        Act::AllowSignIn(body) => {
            is_text(&body.reason, SHORT)?;
            let (lot, party) = (body.lot.clone(), body.party);
            What::SignInAllowed { lot, party }
        }
        Act::HandOver(body) => {
            is_text(&body.to.name, 100)?;
            is_text(&body.reason, SHORT)?;
            let operator = next_operator(work);
            let seat = By::Host;
            What::OperatorChanged { operator, seat }
        }
        Act::TakeOver(body) => {
            is_text(&body.reason, SHORT)?;
            let operator = next_operator(work);
            let seat = By::Centre;
            What::OperatorChanged { operator, seat }
        }
        Act::Suspend(body) => {
            is_text(&body.reason, SHORT)?;
            let lots = body.lots.clone();
            What::Suspended { lots }
        }
        Act::Resume(body) => {
            is_optional(&body.reason)?;
            let lots = body.lots.clone();
            What::Resumed { lots }
        }
        Act::Terminate(body) => {
            is_text(&body.reason, SHORT)?;
            let lots = body.lots.clone();
            let cause = Termination::Ordered;
            What::Terminated { lots, cause }
        }
        Act::Confirm(body) => What::LineConfirmed {
            lot: body.lot.clone(),
            party: own(work, acting, &body.lot)?,
            bid: body.bid,
        },
        Act::Dispute(body) => {
            is_text(&body.text, SHORT)?;
            What::LineDisputed {
                lot: body.lot.clone(),
                party: own(work, acting, &body.lot)?,
                bid: body.bid,
            }
        }
        Act::Object(body) => {
            says(&body.text, &body.attachments)?;
            let party = own(work, acting, &body.lot)?;
            let lot = body.lot.clone();
            What::Objected { lot, party }
        }
        Act::Reply(body) => {
            says(&body.text, &body.attachments)?;
            let (lot, objection) = (body.lot.clone(), body.objection);
            What::Replied { lot, objection }
        }
        Act::Help(body) => {
            is_text(&body.text, SHORT)?;
            if body.diagnosis.len() > 64 * 1024 {
                return Err(RefusalCode::WrongText.into());
            }
            let party = own(work, acting, &body.lot)?;
            let lot = body.lot.clone();
            What::HelpAsked { lot, party }
        }
        Act::Question(body) => {
            is_text(&body.text, SHORT)?;
            let party = own(work, acting, &body.lot)?;
            let lot = body.lot.clone();
            What::Asked { lot, party }
        }
        _ => return perform_rest(work, acting),
    };
    work.act(acting, what)
}

fn perform_rest(work: &mut Work<'_>, acting: &Acting<'_>) -> Result<(), Refusal> {
    let what = match &acting.performed.act {
        Act::AnswerHelp(body) => {
            is_text(&body.text, SHORT)?;
            let (lot, help) = (body.lot.clone(), body.help);
            What::HelpAnswered { lot, help }
        }
        Act::Message(body) => {
            is_text(&body.text, SHORT)?;
            let lot = body.lot.clone();
            What::Said { lot }
        }
        Act::Answer(body) => {
            is_text(&body.text, SHORT)?;
            let (lot, question) = (body.lot.clone(), body.question);
            What::Answered { lot, question }
        }
        Act::Remark(body) => {
            is_text(&body.text, LONG)?;
            let lot = body.lot.clone();
            What::Remarked { lot }
        }
        Act::SignRecord(body) => {
            let (lot, record) = (body.lot.clone(), body.record);
            What::RecordSigned { lot, record }
        }
        Act::CorrectRecord(body) => {
            is_text(&body.text, LONG)?;
            let (lot, record) = (body.lot.clone(), body.record);
            What::CorrectionAsked { lot, record }
        }
        Act::Countersign(body) => {
            is_optional(&body.remark)?;
            What::Countersigned {
                lot: body.lot.clone(),
                party: own(work, acting, &body.lot)?,
                record: body.record,
            }
        }
        Act::Rate(body) => {
            is_optional(&body.comment)?;
            if has_rated(work.book, &acting.performed.actor) {
                return Err(RefusalCode::RatingClosed.into());
            }
            What::Rated { score: body.score }
        }
        _ => return Err(RefusalCode::NotPermitted.into()),
    };
    work.act(acting, what)
}

fn next_operator(work: &Work<'_>) -> u32 {
    work.state.operator.map_or(0, |seat| seat.operator + 1)
}

fn has_rated(book: &Book, actor: &Actor) -> bool {
    book.entries.iter().any(|entry| {
        let author = entry.author.as_ref();
        entry.kind == "rated"
            && author.is_some_and(|author| author.organisation == *actor.organisation())
    })
}

fn says(text: &str, attachments: &[Attachment]) -> Result<(), Refusal> {
    is_text(text, LONG)?;
    are_attachments(attachments)
}

fn is_optional(text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        Ok(())
    } else {
        is_text(text, SHORT)
    }
}

fn is_representative(person: &Representative) -> Result<(), Refusal> {
    is_text(&person.name, 100)?;
    is_text(&person.phone, 40)?;
    is_text(&person.identity, 40)?;
    is_text(&person.identity_number, 40)
}
