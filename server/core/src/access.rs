//! Who may read what, and when: one table that views, feeds, records, routes
//! and messages to other systems all ask. docs/states/access.md prints it.
//!
//! A thing is read by a circle of readers, which depends on how far its lot has
//! come. The table says nothing about a thing that is not there.

use strum::VariantArray;

use crate::book::Book;
use crate::state::{Lot, Stage, State};
use crate::viewer::{Seat, Viewer};

/// What there is to read of a project.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Thing {
    /// The draft as written.
    Draft,
    /// That there is a project: its notice, changes, sealing terms, clock and
    /// the stages of its lots.
    Project,
    /// The custodians' certified keys.
    Keys,
    /// Who sits in the operator's seat (主持人).
    Operator,
    /// The certificate of that person.
    OperatorCertificate,
    /// How many bids a lot has, and how many of them are unlocked.
    Counts,
    /// Who bids in a lot, with members and attendance.
    Names,
    /// How one bidder fares: deposit, attempts, rescue, why nobody attends for it.
    Course,
    /// The person who attends for a bidder (授权代表).
    Representative,
    /// Submissions that were refused before they became bids.
    Refusals,
    /// Signs that bidders of a lot belong together: members or representatives
    /// whom they share.
    Flags,
    /// What became of a bid, the finding on one that did not open, and what the host
    /// has remarked on it.
    Outcome,
    /// What was found of a custodian, and the supervisor's decision on it.
    Fault,
    /// What repeats the check that a bid failed.
    Recheck,
    /// As much of it as is about a custodian's answer.
    RecheckAnswer,
    /// The public fields of an opening sheet.
    Sheet,
    /// What anybody needs to open an announced sheet again.
    SheetProof,
    /// A control price or base that was sealed, once the host has revealed it.
    Reference,
    /// The documents of an opened bid.
    Documents,
    /// A bid's receipt, and the acknowledgement of its unlock.
    Receipt,
    /// What shows that a receipt's promise was kept.
    ReceiptProof,
    /// A bid's header.
    Header,
    /// The header of a bid that custodians have to check: an accepted one, or
    /// one whose rescue was ordered.
    HeaderToCheck,
    /// The supervisor's order to rescue a bid.
    RescueOrder,
    /// What custodians check before they release.
    AcceptedBundle,
    /// The closing statement and the accepted ones.
    Statements,
    /// The opening record, as JSON and on paper.
    Record,
    /// Objections and questions, with their answers.
    Talk,
    /// Requests for help, with their answers, and what host and one bidder write to
    /// one another.
    Help,
    /// What a client found out by itself when it asked for help.
    Diagnosis,
    /// What is missing before a lot is closed.
    Missing,
    /// A file of the notice (招标文件).
    NoticeFile,
    /// A file that an event has named to the room.
    NamedFile,
    /// A file that somebody has handed in.
    KeptFile,
    /// A complaint (投诉): who complains, what for and why, its files, and what the
    /// supervisor says to it.
    Complaint,
    /// That a complaint was taken up, on which lot, about what, and whether it is
    /// answered.
    ComplaintSubject,
    /// How many complaints were taken up, and how many of them are answered or overdue.
    ComplaintCounts,
    /// The exact events with their details.
    Events,
}

/// How far a lot has come, as far as it decides who may read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Moment {
    /// Not published.
    Drafted,
    /// Before T0.
    Bidding,
    /// T0 has passed, and the window has not begun.
    Checking,
    /// The window has begun.
    Unlocking,
    /// The accepted set is fixed.
    Releasing,
    /// The bids are open, and nothing is announced.
    Opened,
    /// The sheets are announced.
    Announced,
    /// It has ended with announced sheets.
    Ended,
    /// It has ended after its window began, and nothing was announced.
    Failed,
    /// It has ended before its window began: too few bids, cancelled,
    /// terminated. It is not opened.
    Unopened,
}

/// Who may read a thing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Circle {
    /// Nobody.
    Nobody,
    /// Whose it is; of a record, whoever has bid in the lot.
    Own,
    /// Host and centre.
    Drafters,
    /// The supervisor.
    Supervisor,
    /// Host, centre and supervisor.
    Officials,
    /// The supervisor, and whose it is.
    SupervisorAndOwn,
    /// The officials, the transaction platforms' machine accounts, and who may
    /// certify a custodian's key.
    Insiders,
    /// The officials, and whose it is.
    Concerned,
    /// The officials and the custodians.
    Checkers,
    /// The officials, the custodians, and whose it is.
    CheckersAndOwn,
    /// Everybody.
    Everybody,
}

/// The point of a lot's course at which somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// How far the lot has come.
    pub moment: Moment,
    /// Whether it shows codes instead of names.
    pub masked: bool,
}

impl Thing {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Its row of the table: the circle at each [`Moment`], in their order.
    const fn row(self) -> [Circle; Moment::VARIANTS.len()] {
        use Circle::{
            Checkers as Chk, CheckersAndOwn as ChO, Concerned as Con, Drafters as Drf,
            Everybody as All, Insiders as Ins, Nobody as Nil, Officials as Off, Own,
            Supervisor as Sup, SupervisorAndOwn as SuO,
        };
        // drafted, bidding, checking, unlocking, releasing, opened, announced,
        // ended, failed, unopened
        match self {
            Self::Draft => [Drf, Nil, Nil, Nil, Nil, Nil, Nil, Nil, Nil, Nil],
            Self::Project => [Ins, All, All, All, All, All, All, All, All, All],
            Self::Keys => [Drf, Drf, Nil, Nil, Nil, Nil, Nil, Nil, Nil, Nil],
            Self::Operator => [Drf, Drf, All, All, All, All, All, All, All, All],
            Self::OperatorCertificate => [Drf, Drf, Off, Off, Off, Off, Off, Off, Off, Off],
            Self::Counts => [Nil, Nil, All, All, All, All, All, All, All, All],
            Self::Names => [Nil, Own, Con, All, All, All, All, All, All, Con],
            Self::Course => [Nil, Nil, Con, Con, Con, Con, Con, Con, Con, Con],
            Self::Representative => [Nil, Nil, Off, Off, Off, Off, Off, Off, Off, Off],
            Self::Refusals => [Nil, Own, Con, Con, Con, Con, Con, Con, Con, Con],
            Self::Flags => [Nil, Nil, Off, Off, Off, Off, Off, Off, Off, Off],
            Self::Outcome => [Nil, Nil, Con, Con, Con, Con, All, All, All, Con],
            Self::Fault => [Nil, Nil, Nil, Nil, Con, Con, Con, Con, Con, Nil],
            Self::Recheck => [Nil, Nil, Nil, SuO, SuO, SuO, SuO, SuO, SuO, Nil],
            Self::RecheckAnswer => [Nil, Nil, Nil, Own, Own, Own, Own, Own, Own, Nil],
            Self::Sheet => [Nil, Nil, Nil, Nil, Nil, Nil, All, All, Nil, Nil],
            Self::SheetProof => [Nil, Nil, Nil, Nil, Nil, Nil, All, All, Nil, Nil],
            Self::Reference => [Nil, Nil, Nil, Nil, Nil, All, All, All, All, Nil],
            Self::Documents => [Nil, Nil, Nil, Nil, Nil, Off, Off, Off, Off, Nil],
            Self::Receipt => [Nil, Own, Own, Own, Own, Own, Own, Own, Own, Own],
            Self::ReceiptProof => [Nil, Nil, Own, Own, Own, Own, Own, Own, Own, Own],
            Self::Header => [Nil, Own, Own, Own, Own, Own, Own, Own, Own, Own],
            Self::HeaderToCheck => [Nil, Nil, Nil, Chk, Chk, Chk, Chk, Chk, Chk, Nil],
            Self::RescueOrder => [Nil, Nil, Nil, ChO, ChO, ChO, ChO, ChO, ChO, Nil],
            Self::AcceptedBundle => [Nil, Nil, Nil, Nil, Chk, Chk, Chk, Chk, Chk, Nil],
            Self::Statements => [Nil, Nil, All, All, All, All, All, All, All, All],
            Self::Record => [Nil, Nil, Nil, Nil, Nil, Nil, Con, All, All, All],
            Self::Talk => [Nil, Own, All, All, All, All, All, All, All, All],
            Self::Help => [Nil, Own, Con, Con, Con, Con, Con, Con, Con, Con],
            Self::Diagnosis => [Nil, Nil, Off, Off, Off, Off, Off, Off, Off, Off],
            Self::Missing => [Nil, Nil, Nil, Nil, Nil, Nil, Off, Nil, Nil, Nil],
            Self::NoticeFile => [Drf, All, All, All, All, All, All, All, All, All],
            Self::NamedFile => [Nil, All, All, All, All, All, All, All, All, All],
            Self::KeptFile => [Own, Own, Con, Con, Con, Con, Con, Con, Con, Con],
            Self::Complaint => [Nil, Nil, SuO, SuO, SuO, SuO, SuO, SuO, SuO, SuO],
            Self::ComplaintSubject => [Nil, Nil, Off, Off, Off, Off, Off, Off, Off, Off],
            Self::ComplaintCounts => [Nil, Nil, All, All, All, All, All, All, All, All],
            Self::Events => [Nil, Nil, Sup, Sup, Sup, Sup, Sup, Sup, Sup, Sup],
        }
    }

    /// Whether a masked lot keeps it from public and bidders: it would name a
    /// bidder.
    const fn is_masked(self) -> bool {
        matches!(self, Self::Names | Self::SheetProof)
    }

    /// Who may read it.
    pub fn circle(self, at: Point) -> Circle {
        let place = Moment::VARIANTS.iter().position(|it| *it == at.moment);
        let circle = place.map_or(Circle::Nobody, |place| self.row()[place]);
        if at.masked && self.is_masked() && circle == Circle::Everybody {
            Circle::Concerned
        } else {
            circle
        }
    }
}

impl Moment {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Circle {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        self.into()
    }

    fn holds(self, viewer: &Viewer, own: bool) -> bool {
        let official = viewer.seat >= Seat::Host;
        match self {
            Self::Nobody => false,
            Self::Own => own,
            Self::Drafters => matches!(viewer.seat, Seat::Host | Seat::Centre),
            Self::Supervisor => viewer.seat == Seat::Supervisor,
            Self::Officials => official,
            Self::SupervisorAndOwn => own || viewer.seat == Seat::Supervisor,
            Self::Insiders => official || viewer.machine || viewer.invited,
            Self::Concerned => official || own,
            Self::Checkers => official || viewer.custodian,
            Self::CheckersAndOwn => official || viewer.custodian || own,
            Self::Everybody => true,
        }
    }
}

impl Point {
    /// Where the project as a whole stands: what is of no lot's own is read from
    /// publication, or from T0 on.
    pub fn project(state: &State) -> Self {
        let moment = if state.published.is_none() {
            Moment::Drafted
        } else if state.deadline.is_none() {
            Moment::Bidding
        } else {
            Moment::Checking
        };
        let masked = false;
        Self { moment, masked }
    }

    /// Where a lot stands. Until T0 a cancelled lot tells no more than the
    /// others.
    pub fn lot(state: &State, lot: &Lot) -> Self {
        let masked = lot.masked;
        if state.deadline.is_none() {
            let moment = Self::project(state).moment;
            return Self { moment, masked };
        }
        let moment = match lot.stage {
            Stage::Preparing | Stage::Bidding => Moment::Bidding,
            Stage::Checking => Moment::Checking,
            Stage::Unlocking => Moment::Unlocking,
            Stage::Releasing => Moment::Releasing,
            Stage::Opened => Moment::Opened,
            Stage::Announced | Stage::Objections | Stage::Signing => Moment::Announced,
            Stage::Closed => Moment::Ended,
            Stage::Cancelled
            | Stage::FailedFewBids
            | Stage::FailedAfterUnlock
            | Stage::Terminated => {
                if !lot.order.is_empty() {
                    Moment::Ended
                } else if lot.window.is_some() {
                    Moment::Failed
                } else {
                    Moment::Unopened
                }
            }
        };
        Self { moment, masked }
    }
}

/// Whether somebody may read a thing; `own` says whether it is the viewer's
/// organisation's, or for a record whether it has bid in the lot.
pub fn may_read(viewer: &Viewer, thing: Thing, at: Point, own: bool) -> bool {
    thing.circle(at).holds(viewer, own)
}

/// Whether somebody who may read a record may read who countersigned it, with act and
/// certificate; `own` says whether it is the viewer's organisation's signature.
pub fn may_read_countersignature(viewer: &Viewer, at: Point, own: bool) -> bool {
    own || viewer.seat == Seat::Supervisor || is_public(Thing::Names, at)
}

/// Whether a time in which a viewer was answered with errors alone is at somebody's
/// cost: until T0 at that of whoever may bid, then at that of whoever has a part.
pub fn is_concerned(viewer: &Viewer, state: &State, book: &Book) -> bool {
    let is_custodian = viewer.custodian || viewer.invited;
    is_custodian
        || match viewer.seat {
            Seat::Public => false,
            Seat::Bidder => state.deadline.is_none() || has_bid(viewer, state, book),
            Seat::Host | Seat::Centre | Seat::Supervisor => true,
        }
}

/// Whether a viewer's organisation has handed in a bid in any of the lots.
pub fn has_bid(viewer: &Viewer, state: &State, book: &Book) -> bool {
    let Some(organisation) = &viewer.organisation else {
        return false;
    };
    state.lots.iter().any(|(id, lot)| {
        let party = book.handle(id, organisation);
        party.is_some_and(|party| lot.has_bid(party))
    })
}

/// Whether public and bidders may read a thing of a lot, whosever it is.
pub fn is_public(thing: Thing, at: Point) -> bool {
    thing.circle(at) == Circle::Everybody
}
