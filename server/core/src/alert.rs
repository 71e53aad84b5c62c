//! What persons are told outside the hall (提醒), by mail or to their telephones.
//!
//! Until T0 an alert tells what the notice tells, and goes to those who follow the
//! project, whether they bid or not: so neither what is sent nor to whom says who
//! bids. From T0 on a bidder is told of its own affairs as well. An alert holds no
//! name, sheet or text of anybody's; it says what happened and where to look.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::book::Book;
use crate::event::{Recorded, What};
use crate::ids::{LotId, Millis, Organisation, Party, Seq};
use crate::state::{Lot, Stage, State};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// How long an alert of what happened is worth sending.
pub const KEPT: Millis = 7 * DAY;
/// How long before T0 those who follow are reminded, once each.
const DEADLINE_NEAR: Millis = DAY;
const OPENING_SOON: Millis = HOUR;
/// How long before its end a window is told to close.
const WINDOW_CLOSING: Millis = 5 * MINUTE;

/// Something that persons are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What it is sent for: the same cause is told to the same person once.
    pub cause: String,
    /// Whom it is for.
    pub to: To,
    /// What it tells.
    pub kind: Kind,
    /// The lot it is about; none where it is about the project.
    pub lot: Option<LotId>,
    /// The instant that it tells: a new T0, the end of a window.
    pub instant: Option<Millis>,
    /// When it came to be told: the event's time, or now where time itself tells it.
    pub at: Millis,
    /// From when on it is not worth sending.
    pub until: Millis,
}

/// Whom an alert is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// Whoever follows the project, and its officials.
    Followers,
    /// One organisation.
    Organisation(Organisation),
}

/// What an alert tells.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schema(as = AlertKind)]
pub enum Kind {
    Clarified,
    TermsAmended,
    Postponed,
    Cancelled,
    DeadlineNear,
    OpeningSoon,
    /// A certificate ends soon, or before the T0 of a project that is followed.
    CertificateEnds,
    WindowStarted,
    WindowClosing,
    UnlockFailed,
    RescueAsked,
    ReleaseDue,
    HelpAnswered,
    QuestionAnswered,
    Objected,
    ObjectionAnswered,
    Ruled,
    Announced,
    RecordMade,
    Terminated,
    /// A complaint came in.
    Complained,
    /// The supervisor has taken up, declined or answered a complaint.
    ComplaintDecided,
    /// A custodian's own agent with a standing authorisation is not heard.
    AgentSilent,
}

impl Kind {
    /// Whether whoever is told may have to act within minutes.
    #[must_use]
    pub const fn presses(self) -> bool {
        match self {
            Self::WindowStarted
            | Self::WindowClosing
            | Self::UnlockFailed
            | Self::RescueAsked
            | Self::ReleaseDue
            | Self::HelpAnswered
            | Self::QuestionAnswered
            | Self::Objected
            | Self::ObjectionAnswered
            | Self::Ruled
            | Self::Announced
            | Self::AgentSilent => true,
            Self::Clarified
            | Self::TermsAmended
            | Self::Postponed
            | Self::Cancelled
            | Self::DeadlineNear
            | Self::OpeningSoon
            | Self::CertificateEnds
            | Self::RecordMade
            | Self::Terminated
            | Self::Complained
            | Self::ComplaintDecided => false,
        }
    }
}

/// What an event tells persons. `state` and `book` have come at least as far.
pub fn of(event: &Recorded, state: &State, book: &Book) -> Vec<Alert> {
    let teller = Teller { event, state, book };
    match &event.facts.what {
        What::Clarified { .. } => teller.followers(Kind::Clarified, [None], None),
        What::TermsAmended { rules, .. } => {
            teller.followers(Kind::TermsAmended, [Some(&rules.lot)], None)
        }
        What::Postponed { t0, .. } => teller.followers(Kind::Postponed, [None], Some(*t0)),
        What::Cancelled { lots } => teller.followers(Kind::Cancelled, lots.iter().map(Some), None),
        What::Announced { lots } => {
            let lots = lots.iter().map(|order| Some(&order.lot));
            teller.followers(Kind::Announced, lots, None)
        }
        What::RecordMade { lot, .. } => teller.followers(Kind::RecordMade, [Some(lot)], None),
        What::Terminated { lots, .. } => {
            teller.followers(Kind::Terminated, lots.iter().map(Some), None)
        }
        What::WindowStarted { lots, ends } => {
            let lots = lots.iter().filter_map(|id| Some((id, state.lots.get(id)?)));
            lots.flat_map(|(id, lot)| teller.locked(id, lot, Kind::WindowStarted, *ends))
                .collect()
        }
        What::UnlockFailed { lot, party, .. } => teller.party(Kind::UnlockFailed, lot, *party),
        What::FindingMade { lot, party, .. }
        | What::FindingConfirmed { lot, party, .. }
        | What::FindingOverruled { lot, party, .. } => teller.party(Kind::Ruled, lot, *party),
        What::HelpAnswered { lot, help } => {
            teller.answer(Kind::HelpAnswered, lot, *help, |lot| &lot.helps)
        }
        What::Answered { lot, question } => {
            teller.answer(Kind::QuestionAnswered, lot, *question, |lot| &lot.questions)
        }
        What::Replied { lot, objection } => {
            teller.answer(Kind::ObjectionAnswered, lot, *objection, |lot| {
                &lot.objections
            })
        }
        What::Complained { lot } => teller.supervisor(Kind::Complained, lot),
        What::ComplaintTakenUp { lot, complaint }
        | What::ComplaintDeclined { lot, complaint }
        | What::ComplaintAnswered { lot, complaint } => teller.complainant(lot, *complaint),
        What::RescueAsked { lot, .. } => teller.supervisor(Kind::RescueAsked, lot),
        What::Objected { lot, .. } => teller.host(Kind::Objected, lot),
        What::Drafted { .. }
        | What::Edited { .. }
        | What::KeyCertified { .. }
        | What::CustodianInvited
        | What::Published { .. }
        | What::BidReceived { .. }
        | What::BidWithdrawn { .. }
        | What::SubmissionRefused { .. }
        | What::EvidenceCapped { .. }
        | What::RefusalsCounted { .. }
        | What::SignedIn { .. }
        | What::SignInAllowed { .. }
        | What::OperatorChanged { .. }
        | What::DeadlineReached { .. }
        | What::StatementSigned { .. }
        | What::QuorumReached { .. }
        | What::QuorumOrdered { .. }
        | What::DepositMarked { .. }
        | What::BidRefused { .. }
        | What::ListPublished { .. }
        | What::LotFailed { .. }
        | What::WindowExtended { .. }
        | What::Suspended { .. }
        | What::Resumed { .. }
        | What::Unlocked { .. }
        | What::RescueOrdered { .. }
        | What::RescueShared { .. }
        | What::Rescued { .. }
        | What::OutageNoted { .. }
        | What::AcceptedFixed { .. }
        | What::Released { .. }
        | What::ReleaseExtended { .. }
        | What::ReleaseClosed { .. }
        | What::Opened { .. }
        | What::OpeningClosed { .. }
        | What::DocumentOpened { .. }
        | What::CustodianFound { .. }
        | What::FaultConfirmed { .. }
        | What::FaultOverruled { .. }
        | What::MaskLifted { .. }
        | What::LineConfirmed { .. }
        | What::LineDisputed { .. }
        | What::ObjectionsOpened { .. }
        | What::ObjectionsClosed { .. }
        | What::CorrectionAsked { .. }
        | What::RecordSigned { .. }
        | What::Countersigned { .. }
        | What::Closed { .. }
        | What::Rated { .. }
        | What::NoObjection { .. }
        | What::LineRemarked { .. }
        | What::AbsenceMarked { .. }
        | What::SaidPrivately { .. }
        | What::Muted { .. }
        | What::Unmuted { .. }
        | What::ReferenceRevealed { .. }
        | What::HelpAsked { .. }
        | What::Said { .. }
        | What::Asked { .. }
        | What::Remarked { .. } => Vec::new(),
    }
}

/// What time itself tells persons now.
pub fn due(state: &State, book: &Book, now: Millis) -> Vec<Alert> {
    let mut due = Vec::new();
    let is_bidding = |lot: &Lot| lot.stage == Stage::Bidding;
    if state.published.is_some() && state.lots.values().any(is_bidding) {
        for (kind, before) in [
            (Kind::OpeningSoon, OPENING_SOON),
            (Kind::DeadlineNear, DEADLINE_NEAR),
        ] {
            if (state.t0 - before..state.t0).contains(&now) {
                due.push(Alert {
                    cause: format!("{}/{}", name(kind), state.t0),
                    to: To::Followers,
                    kind,
                    lot: None,
                    instant: Some(state.t0),
                    at: now,
                    until: state.t0,
                });
                // Who is told that it opens soon need not be told that the day is near.
                break;
            }
        }
    }
    for (id, lot) in &state.lots {
        due.extend(window_closing(id, lot, book, now));
        due.extend(release_due(id, lot, book, now));
    }
    due
}

/// When [`due`] tells something new although no event comes, at the latest: from then
/// on until the stage is over. None where it never does.
pub fn wakes(stage: Stage, t0: Option<Millis>) -> Option<Millis> {
    match stage {
        Stage::Bidding => t0.map(|t0| t0 - DEADLINE_NEAR),
        Stage::Unlocking | Stage::Releasing => Some(0),
        Stage::Preparing
        | Stage::Checking
        | Stage::Opened
        | Stage::Announced
        | Stage::Objections
        | Stage::Signing
        | Stage::Closed
        | Stage::Cancelled
        | Stage::FailedFewBids
        | Stage::FailedAfterUnlock
        | Stage::Terminated => None,
    }
}

/// Those whose bids are still locked shortly before the window's end.
fn window_closing(id: &LotId, lot: &Lot, book: &Book, now: Millis) -> Vec<Alert> {
    let runs = lot.stage == Stage::Unlocking && lot.suspended.is_none();
    let Some(ends) = lot.due.filter(|_| runs) else {
        return Vec::new();
    };
    if !(ends - WINDOW_CLOSING..ends).contains(&now) {
        return Vec::new();
    }
    let tell = |party: Party| {
        Some(Alert {
            cause: format!("{}/{id}/{ends}", name(Kind::WindowClosing)),
            to: To::Organisation(book.parties.get(&party)?.organisation.clone()),
            kind: Kind::WindowClosing,
            lot: Some(id.clone()),
            instant: Some(ends),
            at: now,
            until: ends,
        })
    };
    locked(lot).filter_map(tell).collect()
}

/// Custodians that have not answered although the set they release for is fixed.
fn release_due(id: &LotId, lot: &Lot, book: &Book, now: Millis) -> Vec<Alert> {
    if lot.stage != Stage::Releasing || !lot.statement.stands || lot.release_closed.is_some() {
        return Vec::new();
    }
    let silent = (1..=lot.rules.custodians).filter(|x| !lot.releases.contains_key(x));
    let tell = |x: u8| {
        Some(Alert {
            cause: format!("{}/{id}/{x}", name(Kind::ReleaseDue)),
            to: To::Organisation(book.custodian(id, x)?.organisation.clone()),
            kind: Kind::ReleaseDue,
            lot: Some(id.clone()),
            instant: lot.due,
            at: now,
            until: lot.due.unwrap_or(now + KEPT),
        })
    };
    silent.filter_map(tell).collect()
}

/// The bidders of a lot whose bids are to be unlocked.
fn locked(lot: &Lot) -> impl Iterator<Item = Party> + '_ {
    let parties = lot.parties.iter();
    let locked = parties.filter(|(_, bidder)| {
        bidder.live.is_some() && bidder.refused.is_none() && bidder.unlocked.is_none()
    });
    locked.map(|(party, _)| *party)
}

fn name(kind: Kind) -> &'static str {
    kind.into()
}

/// Tells of one event.
struct Teller<'a> {
    event: &'a Recorded,
    state: &'a State,
    book: &'a Book,
}

impl Teller<'_> {
    fn followers<'a>(
        &self,
        kind: Kind,
        lots: impl IntoIterator<Item = Option<&'a LotId>>,
        instant: Option<Millis>,
    ) -> Vec<Alert> {
        let tell = |lot: Option<&LotId>| Alert {
            instant,
            ..self.tell(To::Followers, kind, lot)
        };
        lots.into_iter().map(tell).collect()
    }

    /// Tells every bidder of a lot whose bid is locked.
    fn locked(&self, id: &LotId, lot: &Lot, kind: Kind, ends: Millis) -> Vec<Alert> {
        let told = locked(lot).flat_map(|party| self.party(kind, id, party));
        let until_the_end = |alert| Alert {
            instant: Some(ends),
            until: ends,
            ..alert
        };
        told.map(until_the_end).collect()
    }

    fn party(&self, kind: Kind, lot: &LotId, party: Party) -> Vec<Alert> {
        // Before T0 nothing is sent that only a bidder would get.
        let known = self.book.parties.get(&party);
        let known = known.filter(|_| self.state.deadline.is_some());
        let to = known.map(|known| To::Organisation(known.organisation.clone()));
        let told = to.map(|to| self.tell(to, kind, Some(lot)));
        told.into_iter().collect()
    }

    fn answer(
        &self,
        kind: Kind,
        lot: &LotId,
        asked: Seq,
        among: impl Fn(&Lot) -> &crate::asks::Asks,
    ) -> Vec<Alert> {
        let asked = self
            .state
            .lots
            .get(lot)
            .and_then(|lot| among(lot).get(&asked));
        asked.map_or_else(Vec::new, |asked| self.party(kind, lot, asked.party))
    }

    fn supervisor(&self, kind: Kind, lot: &LotId) -> Vec<Alert> {
        let officials = self.book.draft.as_ref().map(|draft| &draft.officials);
        let told = officials.map(|them| {
            let to = To::Organisation(them.supervisor.organisation.clone());
            self.tell(to, kind, Some(lot))
        });
        told.into_iter().collect()
    }

    /// Tells the organisation that complained; whoever has no certificate is not known
    /// here.
    fn complainant(&self, lot: &LotId, complaint: Seq) -> Vec<Alert> {
        let entry = self.book.entry(complaint);
        let author = entry.and_then(|entry| entry.author.as_ref());
        let to = author.map(|author| To::Organisation(author.organisation.clone()));
        let told = to.map(|to| self.tell(to, Kind::ComplaintDecided, Some(lot)));
        told.into_iter().collect()
    }

    fn host(&self, kind: Kind, lot: &LotId) -> Vec<Alert> {
        let officials = self.book.draft.as_ref().map(|draft| &draft.officials);
        let sides = officials
            .into_iter()
            .flat_map(crate::terms::Officials::hosts);
        let tell = |named: &crate::terms::Named| {
            let to = To::Organisation(named.organisation.clone());
            self.tell(to, kind, Some(lot))
        };
        sides.map(tell).collect()
    }

    fn tell(&self, to: To, kind: Kind, lot: Option<&LotId>) -> Alert {
        let place = lot.map_or_else(String::new, ToString::to_string);
        Alert {
            cause: format!("{}/{}/{place}", name(kind), self.event.seq),
            to,
            kind,
            lot: lot.cloned(),
            instant: None,
            at: self.event.time,
            until: self.event.time + KEPT,
        }
    }
}
