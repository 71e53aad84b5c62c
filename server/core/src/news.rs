//! What a feed tells: the closed list of kinds, each with its body. Events are
//! the platform's own (`event`), and `reveal` alone makes news of them; the API's
//! schema and with it the page's types are generated from this list.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::act::{
    Absence, Attachment, Deposit, Ending, Finding, LineException, Matter, Withholding,
};
use crate::event::{Cause, Check, Failure, Fault, Outcome, Rule, Termination};
use crate::ids::{LotId, Millis, Party, Salt, Seconds, Seq};
use crate::reference::ReferenceKind;
use crate::role::By;
use crate::sheet::SheetValue;
use crate::view::Counts;

macro_rules! news {
    ($(
        $(#[doc = $doc:literal])*
        $kind:literal $name:ident $of:ident {
            $( $(#[$meta:meta])* $field:ident: $type:ty, )*
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
            pub struct $name { $( $(#[$meta])* pub $field: $type, )* }

            impl From<$name> for News {
                fn from(body: $name) -> Self {
                    Self::$name(body)
                }
            }
        )*

        /// One piece of news.
        #[derive(Debug, Clone, PartialEq)]
        pub enum News {
            $( $(#[doc = $doc])* $name($name), )*
        }

        impl News {
            /// All kinds.
            pub const KINDS: &[&str] = &[$($kind),*];

            /// What it is about: an event's kind, or one of this list's own.
            pub const fn kind(&self) -> &'static str {
                match self { $( Self::$name(_) => $kind, )* }
            }

            /// Whether it may be about one bidder.
            pub const fn is_of_bidder(&self) -> bool {
                match self { $( Self::$name(_) => news!(@ $of), )* }
            }

            /// What it tells, a JSON object.
            pub fn body(&self) -> Value {
                let body = match self { $( Self::$name(body) => serde_json::to_value(body), )* };
                // Numbers, strings and maps with string keys always serialise.
                body.unwrap_or_default()
            }
        }

        impl PartialSchema for News {
            fn schema() -> RefOr<Schema> {
                let news = OneOfBuilder::new().description(Some(
                    "One item of somebody's own feed: `n` counts from 1, and a gap never tells \
                     of what others were told.",
                ));
                news$( .item(Ref::from_schema_name(concat!(stringify!($name), "News"))) )*.into()
            }
        }

        impl ToSchema for News {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $(
                    let name = concat!(stringify!($name), "News").to_owned();
                    schemas.push((name, item($kind, $name::schema(), news!(@ $of))));
                    $name::schemas(schemas);
                )*
            }
        }
    };
    (@ bidder) => { true };
    (@ room) => { false };
}

/// The schema of an item of one kind.
fn item(kind: &'static str, body: RefOr<Schema>, of_bidder: bool) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut body)) = body else {
        return body;
    };
    let mut optional = |name: &str, schema: RefOr<Schema>| {
        body.properties.insert(name.to_owned(), schema);
    };
    optional("seq", u64::schema());
    optional("text", String::schema());
    if of_bidder {
        optional("party", Party::schema());
        optional("name", String::schema());
    }
    let constant = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([kind]));
    ObjectBuilder::new()
        .property("n", u64::schema())
        .required("n")
        .property("time", Millis::schema())
        .required("time")
        .property("kind", constant)
        .required("kind")
        .property("body", RefOr::T(Schema::Object(body)))
        .required("body")
        .into()
}

/// A bidder that stood at T0.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FeedBidder)]
pub struct Named {
    pub party: Party,
    /// Its code where the listener may not know the name.
    pub name: String,
    pub bid: Digest,
    pub signed_in: bool,
}

/// How many bids stood at T0.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FeedBids)]
pub struct Bids {
    pub count: u64,
}

/// An announced sheet, with what anybody needs to open it again.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FeedSheet)]
pub struct Sheet {
    pub party: Party,
    pub name: String,
    pub bid: Digest,
    #[schema(value_type = Option<BTreeMap<String, SheetValue>>, required = true)]
    pub fields: Option<Value>,
    #[schema(required = true)]
    pub segment_key: Option<String>,
    #[schema(required = true)]
    pub salt: Option<String>,
}

/// A bid that did not open.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FeedUnopened)]
pub struct Unopened {
    pub party: Party,
    pub name: String,
    pub bid: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

/// What happened before T0, for the supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FeedEarlier)]
pub struct Earlier {
    pub seq: Seq,
    pub time: Millis,
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

news! {
    "drafted" Drafted room {}
    "edited" Edited room {}
    "key_certified" KeyCertified room {}
    "custodian_invited" CustodianInvited room {}
    "published" Published room {
        t0: Millis,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    }
    "clarified" Clarified room { number: u32, attachments: Vec<Attachment>, }
    "postponed" Postponed room { number: u32, t0: Millis, }
    "terms_amended" TermsAmended room {
        number: u32,
        lot: LotId,
        terms: Digest,
        #[serde(skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
    }
    /// Changed terms have made one's own bid stale.
    "bid_stale" BidStale room { lot: LotId, bid: Digest, }
    "cancelled" Cancelled room { lots: Vec<LotId>, }
    "bid_received" BidReceived bidder { lot: LotId, bid: Digest, }
    "bid_withdrawn" BidWithdrawn bidder { lot: LotId, }
    "submission_refused" SubmissionRefused bidder {
        lot: LotId,
        code: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        bid: Option<Digest>,
    }
    "evidence_capped" EvidenceCapped bidder { lot: LotId, }
    "refusals_counted" RefusalsCounted bidder { lot: LotId, }

    "signed_in" SignedIn bidder { lot: LotId, }
    "sign_in_allowed" SignInAllowed bidder { lot: LotId, }
    "operator_changed" OperatorChanged room {
        seat: By,
        /// The person's name.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }

    /// T0 has passed: how many bids stand in each lot.
    "deadline_reached" DeadlineReached room { t0: Millis, lots: BTreeMap<LotId, Bids>, }
    /// Who bids: for officials at T0, for everybody when the window begins.
    "bidders" Bidders room { lots: BTreeMap<LotId, Vec<Named>>, }
    /// All that happened before T0, for the supervisor.
    "before_deadline" BeforeDeadline room { events: Vec<Earlier>, }
    "statement_signed" StatementSigned room {
        #[serde(skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        statement: Digest,
    }
    "quorum_reached" QuorumReached room {
        #[serde(skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        statement: Digest,
        witnesses: u8,
    }
    "quorum_ordered" QuorumOrdered room {
        #[serde(skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    }
    "deposit_marked" DepositMarked bidder { lot: LotId, deposit: Deposit, }
    "bid_refused" BidRefused bidder { lot: LotId, bid: Digest, }
    /// How the window of a lot goes, in numbers.
    "progress" Progress room { lot: LotId, counts: Counts, }
    "list_published" ListPublished room { lot: LotId, count: u64, }
    "lot_failed" LotFailed room { lot: LotId, failure: Failure, count: u32, }

    "window_started" WindowStarted room { lots: Vec<LotId>, ends: Millis, }
    "window_extended" WindowExtended room {
        lots: Vec<LotId>,
        seconds: Seconds,
        ends: BTreeMap<LotId, Millis>,
    }
    "suspended" Suspended room { lots: Vec<LotId>, }
    "resumed" Resumed room { lots: Vec<LotId>, ends: BTreeMap<LotId, Millis>, }
    "unlocked" Unlocked bidder { lot: LotId, bid: Digest, }
    "unlock_failed" UnlockFailed bidder { lot: LotId, bid: Digest, check: Check, }
    "rescue_asked" RescueAsked bidder { lot: LotId, bid: Digest, }
    "rescue_ordered" RescueOrdered bidder { lot: LotId, bid: Digest, }
    "rescue_shared" RescueShared bidder { lot: LotId, x: u8, good: bool, }
    "rescued" Rescued bidder { lot: LotId, bid: Digest, matches: bool, }
    "outage_noted" OutageNoted room {
        from: Millis,
        to: Millis,
        cause: Cause,
        #[serde(skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
        /// The lots whose stage ends later for it, and when.
        ends: BTreeMap<LotId, Millis>,
    }

    "accepted_fixed" AcceptedFixed room { lot: LotId, count: u64, }
    /// How many shares of a custodian matched, did not, or were withheld.
    "released" Released room { lot: LotId, x: u8, good: u64, wrong: u64, withheld: u64, }
    /// Why a custodian gives no share of one bid, for officials and its bidder.
    "withheld" Withheld room { lot: LotId, x: u8, bid: Digest, why: Withholding, }
    "release_extended" ReleaseExtended room { lot: LotId, }
    "release_closed" ReleaseClosed room { lot: LotId, }
    /// How many bids opened and how many did not; or what became of one bid.
    "opened" Opened bidder {
        lot: LotId,
        #[serde(skip_serializing_if = "Option::is_none")]
        opened: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        failed: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        bid: Option<Digest>,
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
    }
    "opening_closed" OpeningClosed room { lot: LotId, }
    "document_opened" DocumentOpened room {
        lot: LotId,
        bid: Digest,
        segment: u32,
        outcome: Outcome,
    }
    "finding_made" FindingMade bidder {
        lot: LotId,
        bid: Digest,
        finding: Finding,
        rule: Rule,
        cites: Vec<Seq>,
    }
    /// What a custodian did wrong, for officials and the custodian.
    "custodian_found" CustodianFound room {
        lot: LotId,
        x: u8,
        bid: Digest,
        fault: Fault,
        cites: Vec<Seq>,
    }
    "finding_confirmed" FindingConfirmed bidder { lot: LotId, finding: Finding, }
    "finding_overruled" FindingOverruled bidder { lot: LotId, finding: Finding, }
    /// The supervisor's decision on what was found of a custodian, for officials
    /// and the custodian.
    "fault_confirmed" FaultConfirmed room { lot: LotId, x: u8, bid: Digest, fault: Fault, }
    "fault_overruled" FaultOverruled room { lot: LotId, x: u8, bid: Digest, stands: bool, }

    "announced" Announced room { lot: LotId, sheets: Vec<Sheet>, unopened: Vec<Unopened>, }
    "mask_lifted" MaskLifted room {
        lot: LotId,
        /// Where its bidders are named by now.
        #[serde(skip_serializing_if = "Option::is_none")]
        parties: Option<Vec<Named>>,
    }
    "line_confirmed" LineConfirmed bidder { lot: LotId, bid: Digest, }
    "line_disputed" LineDisputed bidder { lot: LotId, bid: Digest, }
    "objections_opened" ObjectionsOpened room { lots: Vec<LotId>, ends: Millis, }
    "objected" Objected bidder { lot: LotId, attachments: Vec<Attachment>, }
    "replied" Replied room {
        lot: LotId,
        objection: Seq,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        attachments: Vec<Attachment>,
    }
    "no_objection" NoObjection bidder { lot: LotId, }
    "objections_closed" ObjectionsClosed room { lots: Vec<LotId>, }
    "record_made" RecordMade room {
        lot: LotId,
        record: Digest,
        #[serde(skip_serializing_if = "Option::is_none")]
        pdf: Option<Digest>,
        #[serde(skip_serializing_if = "Option::is_none")]
        corrects: Option<Digest>,
    }
    "correction_asked" CorrectionAsked room { lot: LotId, record: Digest, }
    "record_signed" RecordSigned room { lot: LotId, record: Digest, }
    "countersigned" Countersigned bidder { lot: LotId, record: Digest, }
    "closed" Closed room { lots: Vec<LotId>, }
    "rated" Rated room { score: u8, }

    /// For the supervisor. The event's number names the complaint.
    "complained" Complained room { lot: LotId, }
    /// For host, centre and supervisor, who learn of the complaint by this.
    "complaint_taken_up" ComplaintTakenUp room { lot: LotId, complaint: Seq, matter: Matter, }
    /// For the supervisor.
    "complaint_declined" ComplaintDeclined room { lot: LotId, complaint: Seq, }
    /// For host, centre and supervisor.
    "complaint_answered" ComplaintAnswered room { lot: LotId, complaint: Seq, }

    "help_asked" HelpAsked bidder { lot: LotId, }
    "help_answered" HelpAnswered room {
        lot: LotId,
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<Seq>,
    }
    "said" Said room {
        #[serde(skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    }
    "asked" Asked bidder { lot: LotId, attachments: Vec<Attachment>, }
    "answered" Answered room {
        lot: LotId,
        question: Seq,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    }
    "remarked" Remarked room {
        #[serde(skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    }
    /// For officials and the bidder at once, for everybody from the announcement on.
    "line_remarked" LineRemarked bidder {
        lot: LotId,
        /// The number of the event, by which the remark is known.
        remark: Seq,
        #[serde(skip_serializing_if = "Option::is_none")]
        exception: Option<LineException>,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    }
    /// For officials and the bidder; everybody reads it in the record.
    "absence_marked" AbsenceMarked bidder { lot: LotId, absence: Absence, }
    /// Between host or centre and one bidder, for officials and that bidder.
    "said_privately" SaidPrivately bidder {
        lot: LotId,
        /// `bidder` wrote it, or `host` or `centre` to it.
        writer: By,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    }
    "muted" Muted bidder { lot: LotId, }
    "unmuted" Unmuted bidder { lot: LotId, }
    /// The control price or base that the host had sealed.
    "reference_revealed" ReferenceRevealed room {
        lot: LotId,
        reference: ReferenceKind,
        value: String,
        salt: Salt,
    }
    "terminated" Terminated room {
        lots: Vec<LotId>,
        cause: Termination,
        #[serde(skip_serializing_if = "Option::is_none")]
        ending: Option<Ending>,
    }
}
