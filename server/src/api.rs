//! What travels over HTTP: one type per request and reply, used by the server
//! and by the command line's client, and described in the OpenAPI document.
//!
//! Times are UTC milliseconds. Digests and handles are lowercase hex. Bytes
//! that are hashed or signed travel as the exact string (canonical JSON) or as
//! standard base64 with padding. Parts whose shape belongs to the rules (a
//! project's view, drafts and terms, acts, the record) are described there and
//! only named here.

use std::collections::BTreeMap;

use kaibiao_core::act::{Attachment, Deposit, Finding};
use kaibiao_core::event::{Check, Outcome, Rule};
use kaibiao_core::ids::{LotId, Organisation, Party};
use kaibiao_core::role::By;
use kaibiao_core::schema::SheetValue;
use kaibiao_core::state::Stage;
use kaibiao_core::terms::{Draft, Legal};
use kaibiao_core::view::{AskedView, Counts, RoomView, View};
use kaibiao_crypto::act::SignedAct;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// UTC milliseconds since 1970.
pub type Millis = i64;

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "kaibiao_session";

/// The purpose, and the body's `act`, of a signed login.
pub const LOGIN: &str = "login";

/// An error: RFC 9457, with a code from one closed list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:kaibiao:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in few words, in the language asked for.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code, of the closed list.
    pub code: String,
    /// What happened and what to do next, in the language asked for (zh-CN
    /// unless `Accept-Language` prefers English).
    pub detail: String,
    pub detail_zh: String,
    pub detail_en: String,
    /// What the messages speak of: a field, a limit, a time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// The request's id, to be named to the platform's operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// The server's clock.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeView {
    pub now: Millis,
}

/// Who this platform is: what a client pins.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlatformView {
    /// Part of every signed message; it never changes.
    pub origin: String,
    /// Ed25519 public key of the log and of statements, base64 of 32 bytes.
    pub log_key: String,
    /// Ed25519 public key of receipts, base64 of 32 bytes.
    pub receipt_key: String,
    /// The certificate authorities whose certificates are accepted.
    pub cas: Vec<CaView>,
    /// The legal minima that a publication here must keep.
    pub legal: Legal,
    pub version: String,
    pub now: Millis,
}

/// The bidder's offline tool, one self-contained page.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ToolView {
    /// Where it can be fetched.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
}

/// One accepted certificate authority.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CaView {
    /// The id used as an organisation's `issuer`.
    pub id: String,
    /// SHA-256 of the root certificate's DER.
    pub root: String,
}

/// An organisation: a unified social credit code as certified by a CA.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct OrganisationView {
    /// The CA's id, from this platform's configuration.
    pub issuer: String,
    /// The 18-character unified social credit code.
    pub code: String,
}

/// What has to be signed to log in, once, before it expires.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChallengeView {
    pub challenge: String,
    /// The origin that goes into the signed message; the project is empty.
    pub origin: String,
    pub expires: Millis,
}

/// The body of a signed login, purpose `login`, project empty.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// Always `login`.
    pub act: String,
    pub challenge: String,
    /// 32 hex digits of the signer's own choosing.
    pub nonce: String,
}

/// Who is logged in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    pub organisation: OrganisationView,
    /// The organisation's name as certified.
    pub organisation_name: String,
    /// The certificate's common name.
    pub name: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: String,
    /// Roles bound on the platform: `host`, `centre`, `administrator`,
    /// `supervisor`, `bidder`, `custodian`, `machine`.
    pub roles: Vec<String>,
    pub expires: Millis,
}

/// An event that an act caused. Its number is told from T0 on only: before
/// that it would tell how many bids there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventRef {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    pub time: Millis,
    pub kind: String,
}

/// What became of an act.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ActReply {
    pub events: Vec<EventRef>,
    /// Depends on the act; an acknowledgement of an unlock, for instance.
    #[schema(value_type = Object)]
    #[serde(default)]
    pub reply: Value,
    pub now: Millis,
}

/// A statement signed by the platform: the exact bytes and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementView {
    /// Canonical JSON whose `act` is the purpose: `receipt`, `closing`,
    /// `accepted` or `acknowledge`.
    pub body: String,
    /// Base64 of the Ed25519 signature.
    pub signature: String,
}

/// A new project: a draft by a host, or an import by a machine account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// The transaction platform's id. The same id twice is the same project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub draft: Draft,
}

/// Where a new project is; `created` is false when it was there already.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectCreated {
    pub id: String,
    pub created: bool,
}

/// A line of the list of projects.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectLine {
    pub id: String,
    pub title: String,
    pub number: String,
    pub stage: String,
    /// T0, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Millis>,
    /// The transaction platform's id, for it and for officials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// How many lots it has, and the stage of each once it is published.
    #[serde(default)]
    pub lots: u64,
    #[serde(default)]
    pub stages: BTreeMap<LotId, Stage>,
    /// Whether a lot is suspended.
    #[serde(default)]
    pub suspended: bool,
    /// When the last lot came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Millis>,
    /// In the list of one's own: the lots in which the caller's organisation has
    /// handed in a bid, withdrawn ones as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<OwnLot>,
    /// In the list of one's own: the lots whose opening keys the caller's
    /// organisation keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<DutyView>,
}

/// A lot in which the caller's organisation has handed in a bid.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnLot {
    pub lot: LotId,
    /// Whether a bid of it counts now.
    pub live: bool,
    /// Whether the last thing it did was to withdraw.
    pub withdrawn: bool,
    /// When it last submitted or withdrew.
    pub last: Millis,
}

/// A lot whose opening keys the caller's organisation keeps.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DutyView {
    pub lot: LotId,
    pub title: String,
    pub stage: Stage,
    /// The x of its shares.
    pub x: u8,
    /// Whether it has certified a key for this project.
    pub certified: bool,
    /// That key, as it stands in the sealing terms once they are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether an unattended agent may release for it.
    pub agent: bool,
    /// Whether it has released.
    pub released: bool,
    /// How many custodians release a bid, and how many there are.
    pub release: u8,
    pub custodians: u8,
}

/// A page of the list of projects.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectList {
    pub projects: Vec<ProjectLine>,
    /// Give it as `after` to get the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    pub now: Millis,
}

/// A project as the caller may see it, and the place in its feed from which a
/// client goes on: items after `feed` may be in the view already.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectReply {
    /// How many items the caller's own feed had.
    pub feed: u64,
    #[serde(flatten)]
    pub view: View,
}

/// An item of a feed. `n` counts the caller's own feed from 1, so that gaps
/// tell nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedItem {
    pub n: u64,
    /// When it happened.
    pub time: Millis,
    /// What happened: an event's kind (docs/spec/events.md), or `bidders`,
    /// `before_deadline`, `progress`, `bid_stale`.
    pub kind: String,
    #[schema(value_type = FeedBody)]
    pub body: Value,
}

/// What a feed's items may hold. Which members are there depends on the kind;
/// ones not listed here may be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedBody {
    /// The event's number, from T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The lot it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// The lots it happened in. In `deadline_reached` and `bidders` an object
    /// instead: for each lot its `count` and `parties`, or its parties.
    #[schema(value_type = Option<FeedLots>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lots: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The bidder it is about: its handle, and its name or its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t0: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// When a window or a period ends; for each lot where it was lengthened.
    #[schema(value_type = Option<FeedEnds>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Deposit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// A custodian's place among the custodians, and how many of its shares
    /// matched or did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<u8>,
    /// A record's digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The objection, question or help request that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<u64>,
    /// The announced sheets in reading order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<FeedSheet>,
    /// Bids that did not open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unopened: Vec<FeedParty>,
    /// The bidders whose names are told, when a mask is lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<FeedParty>,
}

/// Lots by id, or what is told of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FeedLots {
    Ids(Vec<LotId>),
    /// In `deadline_reached`.
    Bids(BTreeMap<LotId, FeedBids>),
    /// In `bidders`.
    Parties(BTreeMap<LotId, Vec<FeedParty>>),
}

/// How many bids stood at T0, and whose where that is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedBids {
    pub count: u64,
    #[schema(required = true)]
    pub parties: Option<Vec<FeedParty>>,
}

/// A bidder in a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedParty {
    pub party: Party,
    pub name: String,
    pub bid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

/// An announced sheet in a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedSheet {
    pub party: Party,
    pub name: String,
    pub bid: String,
    #[schema(required = true)]
    pub fields: Option<BTreeMap<String, SheetValue>>,
    #[schema(required = true)]
    pub segment_key: Option<String>,
    #[schema(required = true)]
    pub salt: Option<String>,
}

/// One end for all lots, or one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FeedEnds {
    All(Millis),
    Each(BTreeMap<LotId, Millis>),
}

/// Part of a feed; give `next` as `after` to get what follows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FeedPage {
    pub items: Vec<FeedItem>,
    pub next: u64,
    pub now: Millis,
}

/// A message of the live room, server to client, as a text frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum RoomMessage {
    /// The first message. `after` is what the client asked to continue from
    /// (clipped to what there is), `length` how many items its feed has now.
    Hello {
        after: u64,
        length: u64,
        now: Millis,
    },
    Item(FeedItem),
    /// Sent every few seconds, so that every countdown agrees.
    Clock {
        now: Millis,
    },
}

/// A bid's header and the signed submit act.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// Base64 of the header, exactly as sealed.
    pub header: String,
    pub act: SignedAct,
    /// Base64 of the 32-byte digests of all ciphertext chunks, segment after
    /// segment. With it a damaged chunk is refused as soon as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<String>,
}

/// The header was accepted: the ciphertext goes to `upload` by tus 1.0.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SubmitAccepted {
    pub bid: String,
    /// The upload's path, also in `Location`.
    pub upload: String,
    /// Bytes of ciphertext to come.
    pub length: u64,
    /// Bytes of the ciphertext that are there already.
    pub offset: u64,
    pub expires: Millis,
}

/// One of the caller's own bids.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BidView {
    pub bid: String,
    pub lot: String,
    /// `uploading`, `live`, `superseded`, `withdrawn`, `stale` or `refused`.
    pub state: String,
    pub sequence: u64,
    /// When the last byte was in, which is when the bid was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Millis>,
    pub length: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
}

/// The last submission or withdrawal in a lot: the next act there has the
/// sequence after it and names its digest as `previous`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkView {
    pub lot: String,
    pub sequence: u32,
    /// The bid's digest, or that of the withdrawal's body.
    pub digest: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BidList {
    pub bids: Vec<BidView>,
    /// For each lot where the caller has submitted or withdrawn: what its next
    /// act has to follow.
    #[serde(default)]
    pub links: Vec<LinkView>,
    pub now: Millis,
}

/// That a leaf is in a tree (RFC 6962).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InclusionView {
    pub index: u64,
    pub size: u64,
    /// The leaf hash, hex.
    pub leaf: String,
    /// From the leaf upwards, hex.
    pub path: Vec<String>,
}

/// The closing statement, and the proof for the bid asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ClosingView {
    pub closing: StatementView,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<InclusionView>,
}

/// One accepted bid, as a custodian needs it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AcceptedBid {
    pub bid: String,
    /// Base64 of the header.
    pub header: String,
    /// The bidder's signed unlock, without its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlock: Option<SignedAct>,
}

/// The accepted set of a lot, fixed once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AcceptedView {
    pub accepted: StatementView,
    pub closing: StatementView,
    /// That the accepted statement's tree continues the closing one's: the
    /// consistency proof from size to size, hex.
    pub consistency: Vec<String>,
    pub bids: Vec<AcceptedBid>,
}

/// An announced sheet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SheetView {
    pub bid: String,
    /// The bidder's name, or its code in a masked project.
    pub bidder: String,
    #[schema(value_type = BTreeMap<String, SheetValue>)]
    pub fields: Value,
    /// SK_0, base64: with what `bids/{bid}/sheet` gives, anybody repeats the
    /// opening of the sheet (docs/spec/sealed-bid.md, 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_key: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SheetList {
    pub lot: String,
    /// In the stated reading order.
    pub sheets: Vec<SheetView>,
}

/// A decrypted document, for those who may have it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DocumentView {
    pub id: String,
    pub lot: String,
    pub bid: String,
    pub bidder: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    /// `waiting`, `working`, `ready` or `failed`.
    pub state: String,
    /// Bytes decrypted so far, while it is working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrypted: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DocumentList {
    pub documents: Vec<DocumentView>,
    pub done: u64,
    pub total: u64,
}

/// An event as the supervisor sees it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    pub seq: u64,
    pub time: Millis,
    #[schema(value_type = Object)]
    pub facts: Value,
    #[schema(value_type = Object)]
    #[serde(default)]
    pub details: Value,
    /// The shell's exact bytes: the leaf of the project's tree.
    pub shell: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    pub events: Vec<EventView>,
    /// The tree's size and root, hex.
    pub size: u64,
    pub root: String,
}

/// An attachment that an act may name by its digest.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    pub digest: String,
    pub size: u64,
    pub media_type: String,
}

/// A role somebody holds, for the centre.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    pub organisation: OrganisationView,
    pub name: String,
    /// One person of the organisation; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    pub role: String,
    pub since: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountList {
    pub accounts: Vec<AccountView>,
}

/// Readiness: what was looked at, and whether it is well.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReadyView {
    pub ready: bool,
    pub checks: BTreeMap<String, bool>,
}

/// A message for other systems, as it is delivered to their webhook.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OutboxMessage {
    /// Give the last one as `after` to get what follows.
    pub id: i64,
    pub topic: String,
    pub created: Millis,
    /// Deliveries that failed so far.
    pub attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Millis>,
    #[schema(value_type = Object)]
    pub body: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OutboxPage {
    pub messages: Vec<OutboxMessage>,
}

/// The rooms of the day, for the centre's board.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoardView {
    /// By T0.
    pub rooms: Vec<BoardRoom>,
    /// Since when the service is up.
    pub since: Millis,
    pub ready: ReadyView,
    pub now: Millis,
}

/// One room of the board.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoardRoom {
    pub id: String,
    #[serde(flatten)]
    pub room: RoomView,
    /// When each custodian's organisation last looked at the project.
    pub custodians_seen: Vec<CustodianSeen>,
}

/// When a custodian's organisation last looked at a project, since the service
/// is up.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustodianSeen {
    pub organisation: Organisation,
    pub name: String,
    /// In any way; a connected page or agent counts every 15 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Millis>,
    /// By the command line, which is how an agent comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Millis>,
}

/// A help request and where it was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HelpLine {
    pub project: String,
    pub number: String,
    pub title: String,
    pub lot: LotId,
    pub lot_title: String,
    pub help: AskedView,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HelpList {
    /// At most 500, the newest first.
    pub helps: Vec<HelpLine>,
    pub now: Millis,
}

/// One rating of the service.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Rating {
    pub time: Millis,
    /// In what capacity.
    pub by: By,
    /// 1 to 5.
    pub score: u8,
    pub comment: String,
}

/// The ratings of one project.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RatingsOf {
    pub project: String,
    pub number: String,
    pub title: String,
    /// When the opening ended.
    pub ended: Millis,
    /// The sum of the scores.
    pub total: u64,
    pub ratings: Vec<Rating>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RatingList {
    /// Those that have ended, the last first; at most 500.
    pub projects: Vec<RatingsOf>,
    pub now: Millis,
}

/// A start, a stop, a sign of ill health, or a clock that was set.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HealthSign {
    pub time: Millis,
    /// `started`, `stopped`, `health_noted` or `clock_set`.
    pub kind: String,
    #[schema(value_type = Object)]
    pub body: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HealthPage {
    /// The last 500 of the time asked for, in order.
    pub signs: Vec<HealthSign>,
    /// Since when the service is up.
    pub since: Millis,
    pub ready: ReadyView,
    pub now: Millis,
}

/// A certificate to be judged.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateCheck {
    /// Base64 DER certificates, the one in question first.
    pub chain: Vec<String>,
    /// Whether it will be valid then, too: T0, for instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
    #[serde(default, rename = "use")]
    pub usage: CertificateUse,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateUse {
    #[default]
    Sign,
    Encrypt,
}

/// What a certificate is worth here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateView {
    /// It would be accepted now and is valid at the time asked for.
    pub ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_name: Option<String>,
    /// The common name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The issuer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Millis>,
    /// Whether it is within its validity at the time asked for.
    pub valid_at: bool,
    /// Whether a revocation list was there for every certificate of the chain.
    pub revocation_checked: bool,
    /// Until when those lists speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_until: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<CertificateFinding>,
    pub now: Millis,
}

/// What is wrong with a certificate: a code of the closed list of refusals, and
/// what to do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateFinding {
    pub code: String,
    pub detail_zh: String,
    pub detail_en: String,
}

/// How much of a probe came in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProbeView {
    pub received: u64,
    pub now: Millis,
}

/// All that is needed to open an announced sheet again
/// (docs/spec/sealed-bid.md, 15).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SheetProof {
    pub bid: String,
    /// Base64 of the header's ctx and commitments, exactly as sealed.
    pub context: String,
    pub commitments: String,
    /// SHA-256 of the header's other parts: with these the bid's digest is
    /// computed again.
    pub wraps: String,
    pub chain: String,
    /// Base64 of the ciphertext of segment 0.
    pub ciphertext: String,
    /// SK_0, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_key: Option<String>,
}
