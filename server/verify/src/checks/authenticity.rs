//! Who did it (docs/spec/bundle.md, 6).

mod again;
mod detached;
mod people;
mod signatures;

use kaibiao_core::act::Act;
use kaibiao_core::details::{Details, Extra};
use kaibiao_core::event::{Facts, What};
use kaibiao_core::ids::{Millis, Seq};
use kaibiao_core::role::By;
use kaibiao_crypto::canonical;

use self::people::People;
use crate::outcome::{Findings, Place};
use crate::reading::{Reading, Walk};

/// An event that somebody made, with its details.
struct Done<'a> {
    seq: Seq,
    time: Millis,
    facts: &'a Facts,
    details: &'a Details,
}

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let mut people = People::default();
    let mut walk = Walk::default();
    let mut is_whole = true;
    // Up to here events follow from the act that was decided last.
    let mut follows_to = 0;
    for (seq, event) in (1..).zip(&reading.events) {
        let of = event.facts.as_ref().zip(event.shell);
        let Some((facts, shell)) = of else {
            is_whole = false;
            walk.step(event);
            continue;
        };
        let by_somebody = !matches!(facts.by, By::Time | By::Platform);
        match &event.details {
            None => {
                is_whole &= event.is_whole;
                if by_somebody {
                    findings.told(false);
                }
            }
            Some(details) if by_somebody => {
                // In a public edition step 4 is not promised.
                findings.told(is_whole || reading.is_public());
                let done = Done {
                    seq,
                    time: shell.time,
                    facts,
                    details,
                };
                let before = is_whole.then_some((&walk, follows_to));
                match judge(reading, &mut people, &done, before) {
                    Ok(last) => follows_to = last.unwrap_or(follows_to),
                    Err(code) => findings.fail(code, Place::Seq(seq)),
                }
            }
            Some(_) => {}
        }
        walk.step(event);
    }
    findings
}

/// The first of the four steps that does not hold; where its act was decided again, the
/// last event that follows from it. `before` is what was before an event, as far as it is
/// all there, and up to which event others follow from the act before.
fn judge(
    reading: &Reading<'_>,
    people: &mut People,
    done: &Done<'_>,
    before: Option<(&Walk, Seq)>,
) -> Result<Option<Seq>, String> {
    let follows_to = before.map(|(_, last)| last);
    let act = own_act(reading, done, follows_to)?;
    let holder = signatures::judge(reading, done, act.as_ref())?;
    detached::judge(reading, done, act.as_ref())?;
    people.judge(reading, done, act.as_ref(), holder.as_ref())?;
    let Some(act) = act else {
        return Ok(None);
    };
    match before {
        Some((walk, _)) => again::judge(reading, done, &act, walk),
        None => is_of_kind(done, &act).map(|()| None),
    }
}

/// The act that an event bears: its body is the one that the facts name. None of what
/// bears none: a refused submission, and what follows another event of the same act.
fn own_act(
    reading: &Reading<'_>,
    done: &Done<'_>,
    follows_to: Option<Seq>,
) -> Result<Option<Act>, String> {
    let signed = done.details.signed.as_ref();
    let is_refused = matches!(done.facts.what, What::SubmissionRefused { .. });
    match (done.facts.act, signed) {
        (Some(digest), Some(signed)) if signed.digest() == digest => {}
        (Some(_), Some(_)) => return Err("act-differs".to_owned()),
        (None, Some(_)) if is_refused => {}
        (None, None) if is_refused => return Ok(None),
        (None, None)
            if follows_to.is_none_or(|last| done.seq <= last) && follows(reading, done) =>
        {
            return Ok(None);
        }
        _ => return Err("act-missing".to_owned()),
    }
    let body = signed.map_or("", |signed| &signed.body);
    let act = canonical::from_bytes(body.as_bytes());
    act.map(Some).map_err(|_| "act-malformed".to_owned())
}

/// Whether an event follows the one that bears its act, by the same author and without
/// a gap.
fn follows(reading: &Reading<'_>, done: &Done<'_>) -> bool {
    let bearer = match &done.details.extra {
        Some(Extra::Item {
            bearer: Some(bearer),
            ..
        }) => Some(*bearer),
        None => imported(reading, done),
        Some(_) => None,
    };
    let Some(bearer) = bearer.filter(|bearer| *bearer < done.seq) else {
        return false;
    };
    let first = reading.event(bearer);
    let bears = first.is_some_and(|first| {
        let author = first.details.as_ref().map(|it| &it.author);
        let facts = first.facts.as_ref();
        facts.is_some_and(|it| it.act.is_some() && it.what.kind() == done.facts.what.kind())
            && author == Some(&done.details.author)
    });
    // Whom a machine's list names stands in its act by organisation, and not by handle.
    let is_listed = done.facts.by == By::Machine;
    let named = signed_parties(reading, bearer);
    let is_named = done.facts.what.party().is_some_and(|party| {
        let party = party.to_string();
        named.map_or(is_listed, |named| named.contains(&party))
    });
    bears && is_named && (bearer + 1..done.seq).all(|seq| is_without_act(reading, seq))
}

fn is_without_act(reading: &Reading<'_>, seq: Seq) -> bool {
    let facts = reading.event(seq).and_then(|it| it.facts.as_ref());
    facts.is_some_and(|facts| facts.act.is_none())
}

/// The event that bears a machine's list of deposits: the last one before that has an
/// act.
fn imported(reading: &Reading<'_>, done: &Done<'_>) -> Option<Seq> {
    let is_deposit = matches!(done.facts.what, What::DepositMarked { .. });
    if !is_deposit || done.facts.by != By::Machine {
        return None;
    }
    let mut before = (1..done.seq).rev();
    before.find(|seq| !is_without_act(reading, *seq))
}

/// The bidders that an act on several names; none where it is no such act.
fn signed_parties(reading: &Reading<'_>, bearer: Seq) -> Option<Vec<String>> {
    let details = reading.event(bearer)?.details.as_ref()?;
    let body: serde_json::Value = serde_json::from_str(&details.signed.as_ref()?.body).ok()?;
    let others = body.get("others")?.as_array()?;
    let parties = others.iter().filter_map(|it| it["party"].as_str());
    Some(parties.map(str::to_owned).collect())
}

/// What is asked of an act that cannot be decided again: that it is of the event's kind,
/// and names what the facts name, of the kinds whose details everybody may read.
fn is_of_kind(done: &Done<'_>, act: &Act) -> Result<(), String> {
    let holds = match (&done.facts.what, act) {
        (What::RecordSigned { lot, record }, Act::SignRecord(body)) => {
            body.lot == *lot && body.record == *record
        }
        (What::Countersigned { lot, record, .. }, Act::Countersign(body)) => {
            body.lot == *lot && body.record == *record
        }
        (What::Postponed { t0, .. }, Act::Postpone(body)) => body.t0 == *t0,
        (What::Cancelled { lots }, Act::Cancel(body)) => {
            body.lot.as_ref().is_none_or(|lot| *lots == [lot.clone()])
        }
        (What::Published { .. }, Act::Publish(_))
        | (What::Clarified { .. }, Act::Clarify(_))
        | (What::TermsAmended { .. }, Act::AmendTerms(_)) => true,
        (
            What::RecordSigned { .. }
            | What::Countersigned { .. }
            | What::Postponed { .. }
            | What::Cancelled { .. }
            | What::Published { .. }
            | What::Clarified { .. }
            | What::TermsAmended { .. },
            _,
        ) => false,
        _ => true,
    };
    if holds {
        Ok(())
    } else {
        Err("act-unfit".to_owned())
    }
}
