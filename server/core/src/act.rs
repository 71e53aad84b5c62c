//! Every act a person or a machine can perform, as the body that is signed.
//!
//! The body's `act` is its purpose; every body holds a nonce of the signer's
//! own. docs/spec/acts.md lists who may perform which, and when.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

mod answer;
mod complaint;
mod noted;
mod several;

pub use answer::{Share, Unproved, Withheld, Withholding};
pub use complaint::Matter;
pub use noted::{Absence, Ending, EndingKind, EndingReason, LineException};
pub use several::{AbsenceFor, ConfirmationFor, DepositFor, LeaveFor, OverrulingFor, RefusalFor};

use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::{Digest, Suite};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::event::Fault;
use crate::ids::{LotId, Millis, Nonce, Organisation, Party, ProjectId, Salt, Seconds, Seq};
use crate::role::Role;
use crate::terms::{Draft, LotDraft, Named};

macro_rules! acts {
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $variant:ident $signed:ident {
            $( $(#[$meta:meta])* $field:ident: $type:ty, )*
        }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $variant {
                pub nonce: Nonce,
                $( $(#[$meta])* pub $field: $type, )*
            }
        )*

        /// The body of an act.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "act")]
        pub enum Act {
            $( $(#[doc = $doc])* #[serde(rename = $name)] $variant($variant), )*
        }

        impl Act {
            /// The names of all acts, which are their purposes.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The act's name and purpose.
            pub const fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => $name, )* }
            }

            pub const fn nonce(&self) -> Nonce {
                match self { $( Self::$variant(body) => body.nonce, )* }
            }

            /// Whether it counts only when signed by the actor's certificate.
            pub const fn must_be_signed(&self) -> bool {
                match self { $( Self::$variant(_) => acts!(@ $signed), )* }
            }
        }

        impl PartialSchema for Act {
            fn schema() -> RefOr<Schema> {
                let act = OneOfBuilder::new().description(Some(
                    "The body of an act, signed as its canonical JSON. `act` names it.",
                ));
                act$( .item(Ref::from_schema_name(concat!(stringify!($variant), "Act"))) )*
                    .into()
            }
        }

        impl ToSchema for Act {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $(
                    let name = concat!(stringify!($variant), "Act").to_owned();
                    schemas.push((name, tagged($name, $variant::schema())));
                    $variant::schemas(schemas);
                )*
            }
        }

        $(
            impl From<$variant> for Act {
                fn from(body: $variant) -> Self {
                    Self::$variant(body)
                }
            }
        )*
    };
    (@ signed) => { true };
    (@ plain) => { false };
}

impl Act {
    /// Of an act that signs a record: the lot, the record, and the detached signature
    /// over the record's bytes that it carries.
    pub const fn cms(&self) -> Option<(&LotId, Digest, &Base64)> {
        if let Self::SignRecord(SignRecord {
            lot, record, cms, ..
        })
        | Self::Countersign(Countersign {
            lot, record, cms, ..
        }) = self
            && let Some(cms) = cms
        {
            Some((lot, *record, cms))
        } else {
            None
        }
    }
}

acts! {
    // The platform's stream.

    /// Answers a login challenge.
    "login" Login signed {
        challenge: String,
        /// Where the signer has reached the platform, by what it knows itself.
        address: String,
        /// The authorisation of the agent that logs in, with its own key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorisation: Option<Digest>,
    }
    /// Binds a role to a certificate's subject: an organisation, or one person
    /// (common name) of it.
    "bind-role" BindRole signed {
        organisation: Organisation,
        /// The id of the authority that vouches for it.
        authority: String,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        role: Role,
    }
    /// Takes a bound role away.
    "revoke-role" RevokeRole signed {
        organisation: Organisation,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        role: Role,
    }
    /// Lets the certificates of a further authority act for an organisation.
    "link-authority" LinkAuthority signed {
        organisation: Organisation,
        /// The id of the authority.
        authority: String,
        reason: String,
        /// SHA-256 of each paper that was shown to the administrator.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        papers: Vec<Digest>,
    }
    /// Ends that: the authority's certificates act for it no more.
    "unlink-authority" UnlinkAuthority signed {
        organisation: Organisation,
        /// The id of the authority.
        authority: String,
        reason: String,
    }
    /// A bidder registers its organisation by its certificate.
    "register" Register signed { name: String, }
    /// Declares the platform's clock right although it stepped.
    "set-clock" SetClock signed { time: Millis, reason: String, }
    /// Lets an authority's revocation list that has ended be relied on for some
    /// hours more.
    "bridge-list" BridgeList signed { ca: String, until: Millis, reason: String, }
    /// Calls the centre's desk, about a project or none: what a caller has handed in
    /// is nowhere in it.
    "call-desk" CallDesk plain {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        text: String,
    }
    /// Answers such a call, named by its handle.
    "answer-call" AnswerCall plain { call: Party, text: String, }
    /// An organisation authorises its agent as custodian, to certify the keys of
    /// projects by itself (常设授权).
    "authorise-agent" AuthoriseAgent signed {
        /// Its Ed25519 key, base64.
        agent: String,
        from: Millis,
        /// At most 366 days after `from`.
        until: Millis,
        /// The tenderers and agencies for whose projects it may, in ascending order;
        /// left out for all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hosts: Vec<Organisation>,
    }
    /// Ends such an authorisation.
    "revoke-agent" RevokeAgent signed {
        /// The digest of the `authorise-agent`.
        authorisation: Digest,
        reason: String,
    }
    /// Erases the details of one event for good, because somebody has a right to it.
    "erase-details" EraseDetails signed {
        /// A project's id, or `platform`.
        stream: String,
        /// The event's number in that stream.
        event: Seq,
        /// On which ground.
        reason: String,
        /// Whose request it is, best by the number under which it is filed.
        request: String,
    }
    /// Records that something was exported: of a project, or of the whole platform.
    "export" Export plain {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        what: Exported,
    }

    // Preparing.

    /// Begins a project.
    "draft" DraftProject plain { draft: Draft, }
    /// Replaces a draft that is not yet published.
    "edit" EditDraft plain { draft: Draft, }
    /// A machine account's draft; idempotent by its external id.
    "import" ImportDraft plain { draft: Draft, }
    /// A custodian certifies its key for this project, and its agent's.
    "certify-key" CertifyKey signed {
        key: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
        /// The standing authorisation by which the agent itself has signed this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorisation: Option<Digest>,
        /// The suite that the key is for, which says its curve.
        #[serde(default, skip_serializing_if = "Suite::is_intl")]
        suite: Suite,
    }
    /// The host asks an organisation to certify a key, so that an amendment can name
    /// it as a custodian.
    "invite-custodian" InviteCustodian signed { custodian: Named, reason: String, }
    /// Publishes the notice. `terms` are the digests of each lot's sealing
    /// terms as the signer computed or was shown them.
    "publish" Publish signed { terms: BTreeMap<LotId, Digest>, t0: Millis, }

    // Before T0.

    /// A clarification (澄清); sealed bids stand.
    "clarify" Clarify signed {
        title: String,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    }
    /// Changes a lot's sealing terms: bids sealed under the old ones are stale.
    "amend" AmendTerms signed {
        lot: LotId,
        draft: LotDraft,
        terms: Digest,
        /// The new T0, where the change comes inside the legal minimum.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        t0: Option<Millis>,
        reason: String,
    }
    /// Moves T0 to a later instant (延期).
    "postpone" Postpone signed { t0: Millis, reason: String, }
    /// Cancels one lot, or all: bids stay sealed.
    "cancel" Cancel signed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        reason: String,
    }
    /// Submits a bid, or replaces the standing one.
    "submit" Submit signed {
        lot: LotId,
        bid: Digest,
        /// 1 for the first submission or withdrawal of this lot, then one more.
        sequence: u32,
        /// The bid or withdrawal before it: [`crate::signed::Signed::digest`]
        /// of a withdrawal, a bid's digest otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<Digest>,
        /// The members of a consortium (联合体) beside its lead, who signs this. Each
        /// of them signs the same body, or `paper_agreement` is true.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        members: Vec<Named>,
        /// Whether the members have signed on paper only: their agreement (联合体协议)
        /// is among the documents, and nobody but the lead has signed here.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        paper_agreement: bool,
    }
    /// Withdraws: all versions end, and none revives.
    "withdraw" Withdraw signed { lot: LotId, sequence: u32, previous: Digest, }

    // Attending.

    /// Signs the bidder's representative in.
    "sign-in" SignIn signed { lot: LotId, representative: Representative, }
    /// Lets a bidder sign in after T0.
    "allow-sign-in" AllowSignIn signed {
        lot: LotId,
        party: Party,
        reason: String,
        /// Further bidders of the lot, of whom the same act says this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<LeaveFor>,
    }
    /// Passes the operator's seat on to another person of the host.
    "hand-over" HandOver signed { to: Operator, reason: String, }
    /// The centre takes the operator's seat.
    "take-over" TakeOver signed { reason: String, }

    // Checking.

    /// Marks a bidder's deposit.
    "mark-deposit" MarkDeposit signed {
        lot: LotId,
        party: Party,
        deposit: Deposit,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// Further bidders of the lot, of whom the same act says this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<DepositFor>,
    }
    /// The transaction platform's list of deposits, after T0.
    "import-deposits" ImportDeposits plain { lot: LotId, deposits: Vec<DepositOf>, }
    /// Refuses a bid, which is then not opened.
    "refuse-bid" RefuseBid signed {
        lot: LotId,
        party: Party,
        bid: Digest,
        reason: String,
        /// Further bidders of the lot, of whom the same act says this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<RefusalFor>,
    }
    /// Publishes the list of bids that go into unlocking.
    "publish-list" PublishList signed { lot: LotId, }

    // Unlocking and releasing.

    /// Starts the unlocking window of these lots together.
    "start-window" StartWindow signed {
        lots: Vec<LotId>,
        /// Its length; the terms' when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<Seconds>,
    }
    /// Lengthens a running window.
    "extend" Extend signed { lots: Vec<LotId>, seconds: Seconds, reason: String, }
    /// Stops the clocks of these lots.
    "suspend" Suspend signed { lots: Vec<LotId>, reason: String, }
    /// Lets them run on (复会).
    "resume" Resume signed {
        lots: Vec<LotId>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    }
    /// Sends the bidder's secret b, of which only the digest is in the body.
    "unlock" Unlock signed { lot: LotId, bid: Digest, key: Digest, }
    /// A bidder asks for a rescue of its own bid.
    "ask-rescue" AskRescue signed { lot: LotId, bid: Digest, reason: String, }
    /// The supervisor orders it.
    "order-rescue" OrderRescue signed { lot: LotId, party: Party, bid: Digest, reason: String, }
    /// A custodian's share of b for an ordered rescue.
    "rescue" Rescue signed { lot: LotId, share: Share, }
    /// A custodian's answer for exactly the accepted bids: for each its share of
    /// r, or why it gives none.
    "release" Release signed {
        lot: LotId,
        /// The digest of the accepted statement that was checked.
        accepted: Digest,
        shares: Vec<Share>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        withheld: Vec<Withheld>,
    }
    /// Stands in for the witnesses' quorum. Without a lot: for the closing.
    "order-quorum" OrderQuorum signed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
        reason: String,
    }

    // Opened and after.

    /// Confirms a finding.
    "confirm-finding" ConfirmFinding signed {
        lot: LotId,
        party: Party,
        finding: Finding,
        /// Further bidders of the lot, of whom the same act says this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<ConfirmationFor>,
    }
    /// Puts another finding in its place.
    "overrule-finding" OverruleFinding signed {
        lot: LotId,
        party: Party,
        finding: Finding,
        reason: String,
        /// Further bidders of the lot, of whom the same act says this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<OverrulingFor>,
    }
    /// Confirms what was found of a custodian about one bid.
    "confirm-fault" ConfirmFault signed { lot: LotId, x: u8, bid: Digest, fault: Fault, }
    /// Lifts it, or lets it stand again.
    "overrule-fault" OverruleFault signed {
        lot: LotId,
        x: u8,
        bid: Digest,
        /// Whether the fault stands from now on.
        stands: bool,
        reason: String,
    }
    /// Announces the sheets of these lots (唱标).
    "announce" Announce signed { lots: Vec<LotId>, }
    /// Shows names instead of codes from now on.
    "lift-mask" LiftMask signed { lots: Vec<LotId>, }
    /// Confirms the bidder's own line.
    "confirm" Confirm signed { lot: LotId, bid: Digest, }
    /// Disputes it: a remark, the sheet stands.
    "dispute" Dispute signed { lot: LotId, bid: Digest, text: String, }
    /// Opens the period for objections.
    "open-objections" OpenObjections signed {
        lots: Vec<LotId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<Seconds>,
    }
    /// Objects (异议).
    "object" Object signed {
        lot: LotId,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    }
    /// Answers an objection, named by its event.
    "reply" Reply signed {
        lot: LotId,
        objection: Seq,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    }
    /// Ends the period; every objection has its answer.
    "close-objections" CloseObjections signed { lots: Vec<LotId>, }
    /// Signs the opening record.
    "sign-record" SignRecord signed {
        lot: LotId,
        record: Digest,
        /// The signer's detached CMS signature over the record's bytes (docs/spec/cms.md, 3).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        cms: Option<Base64>,
    }
    /// A bidder signs it too.
    "countersign" Countersign signed {
        lot: LotId,
        record: Digest,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        remark: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        cms: Option<Base64>,
    }
    /// Asks for a corrected record, linked to the one it corrects.
    "correct-record" CorrectRecord signed { lot: LotId, record: Digest, text: String, }
    /// Closes these lots.
    "close" Close signed { lots: Vec<LotId>, }
    /// Rates the service (好差评): 1 to 5.
    "rate" Rate plain {
        score: u8,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        comment: String,
    }

    // What is noted of one bidder, and what it says to that.

    /// The host's remark on a bidder's line: the sheet stands.
    "remark-line" RemarkLine signed {
        lot: LotId,
        party: Party,
        /// What was found to be out of order, where it is that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exception: Option<LineException>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    }
    /// Why a bidder has stayed away.
    "mark-absence" MarkAbsence signed {
        lot: LotId,
        party: Party,
        absence: Absence,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// Further bidders of the lot, of whom the same act says this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<AbsenceFor>,
    }
    /// A line between the host and one bidder: others read it in the record.
    "private-message" PrivateMessage plain {
        lot: LotId,
        /// To whom host or centre writes; a bidder writes to them, and names nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        party: Option<Party>,
        text: String,
    }
    /// Takes no more questions of a bidder (禁言).
    "mute" Mute signed { lot: LotId, party: Party, reason: String, }
    /// Takes them again.
    "unmute" Unmute signed {
        lot: LotId,
        party: Party,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    }
    /// A bidder has no objection (无异议).
    "no-objection" NoObjection signed { lot: LotId, }

    /// Reveals the control price or base that the host has sealed.
    "reveal-reference" RevealReference signed {
        lot: LotId,
        /// The amount, spelt as the lot's price.
        value: String,
        salt: Salt,
    }

    // Complaints.

    /// Complains to the supervisor (投诉).
    "complain" Complain signed {
        lot: LotId,
        matter: Matter,
        /// What is asked for (投诉请求).
        request: String,
        /// The facts.
        text: String,
        /// Events of the project's stream, ascending.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cites: Vec<Seq>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    }
    /// The supervisor takes a complaint up (受理), named by its event.
    "take-up-complaint" TakeUpComplaint signed { complaint: Seq, }
    /// The supervisor declines it (不予受理).
    "decline-complaint" DeclineComplaint signed { complaint: Seq, reason: String, }
    /// The supervisor answers one that it took up.
    "answer-complaint" AnswerComplaint signed {
        complaint: Seq,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    }

    // The room, and the supervisor.

    /// Asks the centre's desk for help, with the client's diagnosis.
    "help" Help plain {
        lot: LotId,
        text: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        diagnosis: String,
    }
    /// Answers a help request, named by its event.
    "answer-help" AnswerHelp plain { lot: LotId, help: Seq, text: String, }
    /// Speaks to the room.
    "message" Message plain {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    }
    /// A bidder's question to the host.
    "question" Question plain { lot: LotId, text: String, }
    /// The host's answer to a question, named by its event.
    "answer" Answer plain { lot: LotId, question: Seq, text: String, }
    /// A supervisor's remark.
    "remark" Remark signed {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotId>,
    }
    /// The supervisor ends these lots; what is sealed stays sealed.
    "terminate" Terminate signed {
        lots: Vec<LotId>,
        reason: String,
        /// By which code it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ending: Option<Ending>,
    }
}

/// The schema of a body with its `act`.
fn tagged(act: &'static str, body: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut body)) = body else {
        return body;
    };
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([act]));
    body.properties.insert("act".to_owned(), name.into());
    body.required.push("act".to_owned());
    body.into()
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Exported {
    /// The events and what proves them.
    Bundle,
    /// The opened documents.
    Documents,
    /// Everything that is kept.
    Archive,
    /// A record in a form for other programs, or the announced table.
    Record,
    /// Figures of openings, as a table.
    Figures,
    /// The platform's own stream, which was read.
    Audit,
}

/// A file that goes with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    pub name: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    pub media_type: String,
}

/// The person who attends for a bidder (授权代表). Personal data: details only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Representative {
    pub name: String,
    pub phone: String,
    /// What kind of document, for instance "居民身份证".
    pub identity: String,
    pub identity_number: String,
    /// SHA-256 of the authorisation (授权委托书), where one was handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<Digest>,
}

/// A person acting for the host, known by the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    pub name: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deposit {
    /// It was paid.
    Paid,
    /// It was not paid.
    Unpaid,
    /// A letter of guarantee (保函).
    Guarantee,
}

/// A deposit as the transaction platform knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositOf {
    pub organisation: Organisation,
    pub deposit: Deposit,
}

/// What an unopened bid is deemed to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// 撤销: by the bidder's own fault.
    Forfeited,
    /// 撤回: by another's.
    Returned,
    /// The supervisor decides.
    Open,
}
