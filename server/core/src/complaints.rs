//! Complaints (投诉): until when they are taken, by when the supervisor decides and
//! answers, how many are taken, and who reads what of them. They are no part of an
//! opening: no lot changes by one (docs/adr/0020).

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::ops::Deref;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Point, Thing, may_read};
use crate::act::{Act, Attachment, Matter};
use crate::book::{Book, Entry};
use crate::ids::{LotId, Millis, Organisation, Seq};
use crate::number::count_u64;
use crate::refusal::{Refusal, RefusalCode as Code};
use crate::role::By;
use crate::shared::SharedMap;
use crate::state::{Lot, State};
use crate::viewer::Viewer;

const DAY: Millis = 24 * 3600 * 1000;

/// The law counts days as China does, which has one zone and no summer time.
const CHINA: Millis = 8 * 3600 * 1000;

/// Complaints are taken for so many days after the lot's end (实施条例 art. 60: ten days
/// from when one knew or should have known).
const FILING_DAYS: i64 = 10;

/// The supervisor takes a complaint up or declines it within so many days (art. 61:
/// three working days; these are days of the calendar).
const DECIDING_DAYS: i64 = 3;

/// It answers one that it took up within so many days (art. 61: thirty working days;
/// these are days of the calendar).
const ANSWERING_DAYS: i64 = 30;

/// How many complaints of one organisation wait at a time in a project.
const WAITING: usize = 5;

/// How many of one organisation are taken in a project.
const OF_ONE: usize = 20;

/// How many of those who took no part are taken in a project within 24 hours.
const PUBLIC_A_DAY: usize = 20;

/// How many of them are taken in a project.
const PUBLIC: usize = 200;

/// The instant at which the last of so many days is over. The day of `from` itself does
/// not count (民法典 art. 201).
fn end_of_day(from: Millis, days: i64) -> Millis {
    let day = (from + CHINA).div_euclid(DAY);
    (day + days + 1) * DAY - CHINA
}

/// A complaint as far as facts tell it.
#[expect(
    missing_docs,
    reason = "the fields that need a word have one, and no more is said of the others"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    pub lot: LotId,
    pub by: By,
    pub filed: Millis,
    /// The `complaint_taken_up` event and its instant.
    pub taken_up: Option<(Seq, Millis)>,
    /// The `complaint_declined` event.
    pub declined: Option<Seq>,
    /// The `complaint_answered` event.
    pub answered: Option<Seq>,
}

/// How far a complaint has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The supervisor has not said whether it takes it up.
    Waiting,
    /// It was taken up (已受理).
    Open,
    /// It was declined (不予受理).
    Declined,
    /// It was answered (已答复).
    Answered,
}

impl Complaint {
    /// How far it has come.
    pub fn standing(&self) -> Standing {
        if self.declined.is_some() {
            Standing::Declined
        } else if self.answered.is_some() {
            Standing::Answered
        } else if self.taken_up.is_some() {
            Standing::Open
        } else {
            Standing::Waiting
        }
    }

    /// When the supervisor's next word on it is due; none where it said its last.
    pub fn due(&self) -> Option<Millis> {
        match (self.standing(), self.taken_up) {
            (Standing::Waiting, _) => Some(end_of_day(self.filed, DECIDING_DAYS)),
            (Standing::Open, Some((_, at))) => Some(end_of_day(at, ANSWERING_DAYS)),
            (Standing::Open | Standing::Declined | Standing::Answered, _) => None,
        }
    }

    /// The supervisor can take it up or decline it.
    pub(crate) fn can_be_decided(&self) -> Result<(), Code> {
        match self.standing() {
            Standing::Waiting => Ok(()),
            Standing::Open | Standing::Declined | Standing::Answered => Err(Code::AlreadyDone),
        }
    }

    /// The supervisor can answer it.
    pub(crate) fn can_be_answered(&self) -> Result<(), Code> {
        match self.standing() {
            Standing::Open => Ok(()),
            Standing::Waiting => Err(Code::NotTakenUp),
            Standing::Declined | Standing::Answered => Err(Code::AlreadyDone),
        }
    }

    /// Whether a word of the supervisor's on it came later than it was due.
    pub(crate) fn was_late(&self, book: &Book) -> bool {
        let said = |seq: Seq| book.entry(seq).map(|entry| entry.time);
        let decided = self.taken_up.map(|(_, at)| at);
        let decided = decided.or(self.declined.and_then(said));
        let answered = self.answered.and_then(said);
        let to_answer = self.taken_up.map(|(_, at)| end_of_day(at, ANSWERING_DAYS));
        decided.is_some_and(|at| at >= end_of_day(self.filed, DECIDING_DAYS))
            || answered.zip(to_answer).is_some_and(|(at, due)| at >= due)
    }

    /// Whether that is late.
    fn is_overdue(&self, now: Millis) -> bool {
        self.due().is_some_and(|due| now >= due)
    }
}

/// All complaints of a project, by their events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaints(SharedMap<Seq, Complaint>);

impl Deref for Complaints {
    type Target = SharedMap<Seq, Complaint>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Complaints {
    /// Takes a complaint.
    pub(crate) fn file(&mut self, seq: Seq, lot: LotId, by: By, filed: Millis) {
        let complaint = Complaint {
            lot,
            by,
            filed,
            taken_up: None,
            declined: None,
            answered: None,
        };
        self.0.insert(seq, complaint);
    }

    /// One that the supervisor has not decided on.
    pub(crate) fn waiting(&mut self, which: Seq, lot: &LotId) -> Result<&mut Complaint, Code> {
        let found = self.of(which, lot)?;
        found.can_be_decided()?;
        Ok(found)
    }

    /// One that it has taken up and not answered.
    pub(crate) fn open(&mut self, which: Seq, lot: &LotId) -> Result<&mut Complaint, Code> {
        let found = self.of(which, lot)?;
        found.can_be_answered()?;
        Ok(found)
    }

    fn of(&mut self, which: Seq, lot: &LotId) -> Result<&mut Complaint, Code> {
        let found = self.0.get_mut(&which).ok_or(Code::NoSuchEvent)?;
        (found.lot == *lot)
            .then_some(found)
            .ok_or(Code::NoSuchEvent)
    }

    /// Whether one more is taken of those who took no part.
    pub(crate) fn hears_the_public(&self, now: Millis) -> Result<(), Refusal> {
        let public = self.values().filter(|it| it.by == By::Public);
        let times: Vec<Millis> = public.map(|it| it.filed).collect();
        if times.len() >= PUBLIC {
            return Err(Code::ComplaintsOver.into());
        }
        // Events are in order, so the one that makes room first comes first.
        let last = times.len().checked_sub(PUBLIC_A_DAY);
        match last.map(|first| times[first] + DAY) {
            Some(free) if free > now => {
                let hours = (free - now).div_euclid(3600 * 1000) + 1;
                Err(Refusal::new(Code::ComplaintsFull).with("hours", hours))
            }
            _ => Ok(()),
        }
    }
}

/// Until when complaints about a lot are taken; none while it has not ended.
pub fn until(state: &State, lot: &Lot) -> Option<Millis> {
    // A lot that was cancelled before T0 is complained of from T0 on.
    let ended = lot.since.max(state.deadline_at);
    lot.stage.is_end().then(|| end_of_day(ended, FILING_DAYS))
}

/// Whether a complaint about a lot is taken now.
pub(crate) fn gate(state: &State, lot: &Lot, by: By, now: Millis) -> Result<(), Code> {
    if state.deadline.is_none() {
        return Err(Code::AfterOpeningOnly);
    }
    match until(state, lot) {
        Some(until) if now >= until => Err(Code::ComplaintLate),
        None if by == By::Public => Err(Code::ComplaintEarly),
        _ => Ok(()),
    }
}

/// Whether a complaint about a lot is taken now of somebody without a certificate.
///
/// # Errors
/// The refusal that it would meet.
pub fn of_the_public(state: &State, lot: &Lot, now: Millis) -> Result<(), Refusal> {
    gate(state, lot, By::Public, now)?;
    state.complaints.hears_the_public(now)
}

/// Whether one more is taken of an organisation.
pub(crate) fn hears(
    state: &State,
    book: &Book,
    organisation: &Organisation,
    now: Millis,
) -> Result<(), Refusal> {
    let own: Vec<&Complaint> = state
        .complaints
        .iter()
        .filter(|(seq, _)| is_of(book.entry(**seq), organisation))
        .map(|(_, complaint)| complaint)
        .collect();
    if own.len() >= OF_ONE {
        return Err(Code::ComplaintsOver.into());
    }
    let due: Vec<Millis> = own.iter().filter_map(|it| it.due()).collect();
    if due.len() < WAITING {
        return Ok(());
    }
    let soonest = due.into_iter().min().unwrap_or(now);
    let days = (soonest - now).max(0).div_euclid(DAY) + 1;
    Err(Refusal::new(Code::ComplaintsWait).with("days", days))
}

fn is_of(entry: Option<&Entry>, organisation: &Organisation) -> bool {
    let author = entry.and_then(|entry| entry.author.as_ref());
    author.is_some_and(|author| author.organisation == *organisation)
}

/// How many complaints there are, by how far they have come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ComplaintCounts {
    /// For the supervisor: those that it has not decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// For the supervisor: those that it declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<u64>,
    /// Taken up and not answered.
    pub open: u64,
    pub answered: u64,
    /// Of those that wait or are open as they are counted here, the late ones.
    pub overdue: u64,
}

/// The counts that a viewer is told; none before T0.
pub fn counts(state: &State, viewer: &Viewer, now: Millis) -> Option<ComplaintCounts> {
    let at = Point::project(state);
    if !may_read(viewer, Thing::ComplaintCounts, at, false) {
        return None;
    }
    let whole = may_read(viewer, Thing::Complaint, at, false);
    let told = || {
        let all = state.complaints.values();
        all.filter(move |it| whole || it.taken_up.is_some())
    };
    let of = |standing| count_u64(told().filter(|it| it.standing() == standing).count());
    Some(ComplaintCounts {
        waiting: whole.then(|| of(Standing::Waiting)),
        declined: whole.then(|| of(Standing::Declined)),
        open: of(Standing::Open),
        answered: of(Standing::Answered),
        overdue: count_u64(told().filter(|it| it.is_overdue(now)).count()),
    })
}

/// A complaint as one viewer may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ComplaintView {
    /// Its number: that of its event.
    pub complaint: Seq,
    pub lot: LotId,
    /// What it is about. Left out where the details of the complaint were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
    pub standing: Standing,
    /// When it was taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_up: Option<Millis>,
    /// When the supervisor's next word is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Millis>,
    pub overdue: bool,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Millis>,
    /// Left out for host and centre, who are told no more than that it is there, and where
    /// the details of the complaint were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<ComplaintTold>,
}

/// What a complaint says, and what the supervisor says to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ComplaintTold {
    pub by: By,
    pub filed: Millis,
    pub request: String,
    pub text: String,
    /// The events it cites, by their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<Seq>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    pub complainant: Complainant,
    /// Whether it is signed by a certificate.
    pub signed: bool,
    /// The reason why it was declined, or the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer_attachments: Vec<Attachment>,
    /// When it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<Millis>,
}

/// Who complains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Complainant {
    /// Of the organisation, or of a person without a certificate.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// How a person without a certificate is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<String>,
}

/// The complaints that a viewer may read, the newest first.
pub fn complaints(state: &State, book: &Book, viewer: &Viewer, now: Millis) -> Vec<ComplaintView> {
    let mut told: Vec<ComplaintView> = state
        .complaints
        .iter()
        .filter_map(|(seq, complaint)| {
            let lot = state.lots.get(&complaint.lot)?;
            let own = viewer
                .organisation
                .as_ref()
                .is_some_and(|own| is_of(book.entry(*seq), own));
            let at = Point::lot(state, lot);
            let whole = may_read(viewer, Thing::Complaint, at, own);
            let subject = complaint.taken_up.is_some()
                && may_read(viewer, Thing::ComplaintSubject, at, false);
            (whole || subject).then(|| one(book, *seq, complaint, whole, now))
        })
        .collect();
    told.reverse();
    told
}

/// A complaint of somebody without a certificate, for whoever proves to have filed it by
/// its secret's digest.
pub fn by_secret(
    state: &State,
    book: &Book,
    which: Seq,
    secret: &kaibiao_crypto::Digest,
    now: Millis,
) -> Option<ComplaintView> {
    let complaint = state.complaints.get(&which)?;
    let public = book.complainants.get(&which)?;
    (public.secret == *secret).then(|| one(book, which, complaint, true, now))
}

fn one(book: &Book, seq: Seq, complaint: &Complaint, whole: bool, now: Millis) -> ComplaintView {
    let body = book.entry(seq).and_then(|entry| match entry.act() {
        Some(Act::Complain(body)) => Some((entry, body)),
        _ => None,
    });
    let matter = body.as_ref().map(|(_, body)| body.matter);
    let said = complaint.declined.or(complaint.answered);
    let said = said.and_then(|seq| book.entry(seq));
    let readable = said.filter(|it| !it.is_withheld());
    let told = body.filter(|_| whole).map(|(entry, body)| ComplaintTold {
        by: complaint.by,
        filed: complaint.filed,
        request: body.request,
        text: body.text,
        cites: body.cites,
        attachments: body.attachments,
        complainant: complainant(book, entry),
        signed: entry
            .signed
            .as_ref()
            .is_some_and(|it| it.signature.is_some()),
        answer: readable.map(|it| it.text.clone()),
        answer_attachments: readable.map_or_else(Vec::new, |it| it.attachments.clone()),
        declined: said
            .filter(|_| complaint.declined.is_some())
            .map(|it| it.time),
    });
    ComplaintView {
        complaint: seq,
        lot: complaint.lot.clone(),
        matter,
        standing: complaint.standing(),
        taken_up: complaint.taken_up.map(|(_, at)| at),
        due: complaint.due(),
        overdue: complaint.is_overdue(now),
        answered: said
            .filter(|_| complaint.answered.is_some())
            .map(|it| it.time),
        told,
    }
}

fn complainant(book: &Book, entry: &Entry) -> Complainant {
    if let Some(author) = &entry.author {
        return Complainant {
            name: author.name.clone(),
            organisation: Some(author.organisation.clone()),
            person: Some(author.person.clone()),
            reach: None,
        };
    }
    let public = book.complainants.get(&entry.seq);
    public.map_or_else(Complainant::default, |it| Complainant {
        name: it.name.clone(),
        reach: Some(it.reach.clone()),
        ..Complainant::default()
    })
}

/// The complaint whose text or answer named a file, where nothing else in the room did.
pub fn of_file(entry: &Entry) -> Option<Seq> {
    match entry.kind.as_str() {
        "complained" => Some(entry.seq),
        "complaint_answered" => entry.answers,
        _ => None,
    }
}

/// Whether a viewer's organisation filed a complaint.
pub fn is_own(book: &Book, which: Seq, viewer: &Viewer) -> bool {
    let own = viewer.organisation.as_ref();
    own.is_some_and(|own| is_of(book.entry(which), own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_china_and_the_first_does_not_count() {
        // 2027-01-15 08:00 UTC is 16:00 in China.
        let from = 1_800_000_000_000;
        let hour = 3_600_000;
        assert_eq!(end_of_day(from, 3), from + 3 * DAY + 8 * hour);
        // Shortly before and after midnight in China, 16:00 UTC.
        let midnight = from + 8 * hour;
        assert_eq!(end_of_day(midnight - 1, 0), midnight);
        assert_eq!(end_of_day(midnight, 0), midnight + DAY);
    }
}
