//! The book of a project: names, texts, terms and times, folded from the
//! details of its events. The book is confidential; `reveal` and `view` say who
//! may read what of it.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::act::{Act, Attachment, CertifyKey, Rate, Representative};
use crate::details::{Author, Details, Extra, OpenedSheet};
use crate::event::{Recorded, What};
use crate::filter::Filter;
use crate::ids::{LotId, Millis, Organisation, Party, Seq};
use crate::number::count_u32;
use crate::role::By;
use crate::shared::{Shared, SharedMap};
use crate::signed::Signed;
use crate::terms::{Authorised, Custodian, Draft, FixedTerms, Named};

/// What is known of a project beside its state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// The draft as last written, amended and postponed.
    pub draft: Option<Shared<Draft>>,
    /// The key each custodian last certified.
    pub keys: Shared<Vec<CertifiedKey>>,
    /// Organisations that the host has asked to certify a key, for an amendment.
    pub invited: Vec<Named>,
    /// Each lot's sealing terms now.
    pub terms: BTreeMap<LotId, Shared<FixedTerms>>,
    /// Who is behind a handle.
    pub parties: SharedMap<Party, Known>,
    /// The handle of an organisation in a lot.
    pub handles: BTreeMap<LotId, SharedMap<Organisation, Party>>,
    /// Persons in the operator's seat, in the order of their numbers.
    pub operators: Shared<Vec<Author>>,
    /// What each opened bid holds.
    pub sheets: SharedMap<Digest, Shared<OpenedSheet>>,
    /// Everything said and done, in order.
    pub entries: SharedMap<Seq, Shared<Entry>>,
    /// The publication, and the changes after it.
    pub notices: Shared<Vec<Seq>>,
    /// The organisations that have a handle in any lot.
    pub bidders: Shared<Filter>,
    /// What each organisation said of the service (好差评).
    pub rated: SharedMap<Organisation, Seq>,
    /// Who complained without a certificate.
    #[serde(default)]
    pub complainants: SharedMap<Seq, PublicComplainant>,
}

/// Somebody who complained without a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicComplainant {
    /// As it was given.
    pub name: String,
    /// How to be reached.
    pub reach: String,
    /// The digest of the secret by which the answer is read.
    pub secret: Digest,
}

/// A custodian's certified key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedKey {
    /// The custodian.
    pub organisation: Organisation,
    /// The custodian's name.
    pub name: String,
    /// The act, with the key in base64.
    pub key: CertifyKey,
    /// The same act as it was signed.
    pub signed: Signed,
    /// By which standing authorisation the agent signed it, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised: Option<Authorised>,
}

/// An organisation behind a handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The lot in which it has the handle.
    pub lot: LotId,
    /// Which organisation it is.
    pub organisation: Organisation,
    /// Its name.
    pub name: String,
    /// The name is its own word, as of its last act: see [`Author::unvouched`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unvouched: bool,
    /// What its certificate calls it, where that differs, as of its last act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified: Option<String>,
    /// The members of its consortium (联合体) beside itself.
    pub members: Vec<Member>,
    /// The person who attends for it (授权代表), once signed in.
    pub representative: Option<Representative>,
}

/// A member of a consortium beside its lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Which organisation it is.
    pub organisation: Organisation,
    /// Its name, as the lead has written it.
    pub name: String,
    /// Whether it has signed the submission itself. Otherwise its agreement is said
    /// to be among the documents, and the lead alone has signed.
    pub signed: bool,
}

/// One event as people tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The event's number.
    pub seq: Seq,
    /// The event's instant.
    pub time: Millis,
    /// In what capacity it happened.
    pub by: By,
    /// The event's kind.
    pub kind: String,
    /// The one lot it is about.
    pub lot: Option<LotId>,
    /// The lots it concerns, where it names several; otherwise none.
    pub lots: Vec<LotId>,
    /// The one party it is about.
    pub party: Option<Party>,
    /// Who acted, where it was a person.
    pub author: Option<Author>,
    /// What was written: a reason, a remark, a question.
    pub text: String,
    /// Files that go with the text.
    pub attachments: Vec<Attachment>,
    /// The event it answers.
    pub answers: Option<Seq>,
    /// Of a ruling that changed what was found of a custodian: whether it stands from
    /// there on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<bool>,
    /// The act's body and signature.
    pub signed: Option<Signed>,
}

impl Book {
    /// The handle of an organisation in a lot, if it has one.
    pub fn handle(&self, lot: &LotId, organisation: &Organisation) -> Option<Party> {
        self.handles.get(lot)?.get(organisation).copied()
    }

    /// Whether the draft names an organisation as a custodian.
    fn is_drafted(&self, organisation: &Organisation) -> bool {
        let lots = self.draft.iter().flat_map(|draft| draft.lots.values());
        let mut named = lots.flat_map(|lot| &lot.custodians);
        named.any(|named| named.organisation == *organisation)
    }

    /// Whether an organisation may certify a key: the draft names it as a custodian,
    /// or the host has invited it.
    pub fn may_keep_keys(&self, organisation: &Organisation) -> bool {
        let mut invited = self.invited.iter();
        self.is_drafted(organisation) || invited.any(|it| it.organisation == *organisation)
    }

    /// Whether an organisation is a custodian, or has said that it will be one. An
    /// invitation alone makes none: a host could shut a bidder out by it.
    pub fn is_custodian(&self, organisation: &Organisation) -> bool {
        let mut keys = self.keys.iter();
        self.is_drafted(organisation) || keys.any(|key| key.organisation == *organisation)
    }

    /// Whether the name behind a handle is the bidder's own word.
    pub fn is_unvouched(&self, party: &Party) -> bool {
        let known = self.parties.get(party);
        known.is_some_and(|known| known.unvouched)
    }

    /// The name behind a handle; its code where it is not known here.
    pub fn name(&self, party: &Party) -> String {
        self.parties
            .get(party)
            .map_or_else(|| party.code(), |known| known.name.clone())
    }

    /// The person in the operator's seat (主持人) who has this number, from 0.
    pub fn operator(&self, number: u32) -> Option<&Author> {
        self.operators.get(usize::try_from(number).ok()?)
    }

    /// What was said of the service (好差评), in order.
    pub fn ratings(&self) -> impl Iterator<Item = (&Entry, Rate)> {
        let mut rated: Vec<Seq> = self.rated.values().copied().collect();
        rated.sort_unstable();
        let rated = rated.into_iter();
        rated.filter_map(|seq| Some((self.entry(seq)?, self.rate(seq)?)))
    }

    /// What an organisation said of the service, if it did.
    pub fn rating_of(&self, organisation: &Organisation) -> Option<Rate> {
        self.rate(*self.rated.get(organisation)?)
    }

    fn rate(&self, seq: Seq) -> Option<Rate> {
        let Act::Rate(rate) = self.entry(seq)?.act()? else {
            return None;
        };
        Some(rate)
    }

    /// Whether an organisation is the custodian of this number in a lot.
    pub(crate) fn is_custodian_as(&self, lot: &LotId, x: u8, organisation: &Organisation) -> bool {
        let custodian = self.custodian(lot, x);
        custodian.is_some_and(|custodian| custodian.organisation == *organisation)
    }

    /// A custodian of a lot's sealing terms, by its x.
    pub(crate) fn custodian(&self, lot: &LotId, x: u8) -> Option<&Custodian> {
        let custodians = &self.terms.get(lot)?.terms.custodians;
        custodians.iter().find(|custodian| custodian.x == x)
    }

    /// The entry of an event.
    pub fn entry(&self, seq: Seq) -> Option<&Entry> {
        self.entries.get(&seq).map(|entry| &**entry)
    }
}

impl Entry {
    /// Whether it concerns a lot: what names no lot concerns them all.
    pub fn concerns(&self, lot: &LotId) -> bool {
        match &self.lot {
            Some(its) => its == lot,
            None => self.lots.is_empty() || self.lots.contains(lot),
        }
    }

    /// Whether somebody did it and it is not known who and how: the details were erased,
    /// or are withheld.
    pub fn is_withheld(&self) -> bool {
        let by_somebody = !matches!(self.by, By::Time | By::Platform);
        by_somebody && self.author.is_none() && self.signed.is_none()
    }

    /// The act that led to it.
    pub fn act(&self) -> Option<Act> {
        serde_json::from_str(&self.signed.as_ref()?.body).ok()
    }
}

/// The book after one more event.
pub fn note(mut book: Book, event: &Recorded) -> Book {
    let nothing = Details::default();
    let details = event.details.as_ref().unwrap_or(&nothing);
    let act = details
        .signed
        .as_ref()
        .and_then(|signed| serde_json::from_str::<Act>(&signed.body).ok());
    if let Some(act) = &act {
        note_act(&mut book, event, details, act);
    }
    match &details.extra {
        Some(Extra::Terms { terms }) => {
            for (lot, text) in terms {
                // The rules wrote them, and what they wrote they read.
                if let Ok(fixed) = FixedTerms::try_from(text.clone()) {
                    book.terms.insert(lot.clone(), fixed.into());
                }
            }
        }
        Some(Extra::Sheets { sheets }) => {
            for sheet in sheets {
                book.sheets.insert(sheet.bid, sheet.clone().into());
            }
        }
        Some(Extra::Complainant {
            name,
            reach,
            secret,
        }) => {
            let complainant = PublicComplainant {
                name: name.clone(),
                reach: reach.clone(),
                secret: *secret,
            };
            book.complainants.insert(event.seq, complainant);
        }
        Some(
            Extra::Authorised { .. }
            | Extra::Bid { .. }
            | Extra::Refused { .. }
            | Extra::Attempt { .. }
            | Extra::Item { .. }
            | Extra::Document { .. },
        )
        | None => {}
    }
    if let (Some(party), Some(lot), Some(author)) = (
        event.facts.what.party(),
        event.facts.what.lot(),
        &details.author,
    ) && event.facts.by == By::Bidder
    {
        meet(&mut book, &lot, party, author);
    }
    let (text, attachments, answers) = act.as_ref().map(words).unwrap_or_default();
    let entry = Entry {
        seq: event.seq,
        time: event.time,
        by: event.facts.by,
        kind: event.facts.what.kind().to_owned(),
        lot: event.facts.what.lot(),
        lots: event.facts.what.lots(),
        party: event.facts.what.party(),
        author: details.author.clone(),
        text: if let What::SubmissionRefused { code, .. } = &event.facts.what {
            // The note is for technicians; the record says what the bidder was told.
            code.zh().to_owned()
        } else if let Some(Extra::Item { note, .. }) = &details.extra {
            // The act that bears it says something of other bidders too.
            note.clone()
        } else {
            text.or_else(|| note_of(details)).unwrap_or_default()
        },
        attachments,
        answers,
        stands: if let What::FaultOverruled { stands, .. } = &event.facts.what {
            Some(*stands)
        } else {
            None
        },
        signed: details.signed.clone(),
    };
    if event.facts.what.is_notice() {
        book.notices.push(event.seq);
    }
    if let (What::Rated { .. }, Some(author)) = (&event.facts.what, &details.author) {
        book.rated.insert(author.organisation.clone(), event.seq);
    }
    book.entries.insert(event.seq, entry.into());
    book
}

/// Learns what only the act tells.
fn note_act(book: &mut Book, event: &Recorded, details: &Details, act: &Act) {
    match (act, &event.facts.what) {
        (Act::DraftProject(body), _) => book.draft = Some(body.draft.clone().into()),
        (Act::EditDraft(body), _) => book.draft = Some(body.draft.clone().into()),
        (Act::ImportDraft(body), _) => book.draft = Some(body.draft.clone().into()),
        (Act::CertifyKey(body), What::KeyCertified { .. }) => {
            if let (Some(author), Some(signed)) = (&details.author, &details.signed) {
                book.keys
                    .retain(|key| key.organisation != author.organisation);
                book.keys.push(CertifiedKey {
                    organisation: author.organisation.clone(),
                    name: author.name.clone(),
                    key: body.clone(),
                    signed: signed.clone(),
                    authorised: authorised(event.time, details),
                });
            }
        }
        (Act::InviteCustodian(body), What::CustodianInvited) => {
            book.invited.push(body.custodian.clone());
        }
        (Act::Publish(_), What::Published { .. }) => drop_unused_keys(book),
        (Act::AmendTerms(body), What::TermsAmended { t0, .. }) => {
            if let Some(draft) = &mut book.draft {
                draft.lots.insert(body.lot.clone(), body.draft.clone());
                draft.t0 = t0.unwrap_or(draft.t0);
            }
            drop_unused_keys(book);
        }
        (_, What::OperatorChanged { operator, .. }) => {
            let who = match (act, &details.author) {
                (Act::HandOver(body), Some(author)) => Some(Author {
                    person: body.to.name.clone(),
                    certificate: body.to.certificate,
                    ..author.clone()
                }),
                (_, author) => author.clone(),
            };
            if let (Some(who), true) = (who, count_u32(book.operators.len()) == *operator) {
                book.operators.push(who);
            }
        }
        (Act::Submit(body), What::BidReceived { lot, party, .. }) => {
            if let Some(author) = &details.author {
                meet(book, lot, *party, author);
            }
            if let Some(known) = book.parties.get_mut(party) {
                known.members = members(&body.members, details);
            }
        }
        (Act::SignIn(body), What::SignedIn { party, .. }) => {
            if let Some(known) = book.parties.get_mut(party) {
                known.representative = Some(body.representative.clone());
            }
        }
        _ => {}
    }
}

/// The standing authorisation by which a key was certified, at the event's time.
fn authorised(at: Millis, details: &Details) -> Option<Authorised> {
    if let Some(Extra::Authorised { act }) = &details.extra {
        let act = act.clone();
        Some(Authorised { act, at })
    } else {
        None
    }
}

/// Forgets keys of organisations that are custodians no more: they may bid, and an
/// amendment names them again only with a new key.
fn drop_unused_keys(book: &mut Book) {
    let used = |key: &&CertifiedKey| book.may_keep_keys(&key.organisation);
    let keys: Vec<_> = book.keys.iter().filter(used).cloned().collect();
    book.keys = keys.into();
}

/// The members that a lead names, and who of them has signed.
fn members(named: &[Named], details: &Details) -> Vec<Member> {
    let consents = if let Some(Extra::Bid { consents, .. }) = &details.extra {
        consents.as_slice()
    } else {
        &[]
    };
    let has_signed = |named: &Named| {
        let mut authors = consents.iter().map(|consent| &consent.author);
        authors.any(|author| author.organisation == named.organisation)
    };
    let member = |named: &Named| Member {
        organisation: named.organisation.clone(),
        name: named.name.clone(),
        signed: has_signed(named),
    };
    named.iter().map(member).collect()
}

/// Remembers who is behind a handle, and a name that an administrator has vouched
/// for since.
fn meet(book: &mut Book, lot: &LotId, party: Party, author: &Author) {
    if let Some(known) = book.parties.get_mut(&party) {
        known.certified.clone_from(&author.certified);
    }
    let former = book.parties.get(&party).map(|known| known.unvouched);
    if former == Some(true)
        && !author.unvouched
        && let Some(known) = book.parties.get_mut(&party)
    {
        known.name.clone_from(&author.name);
        known.unvouched = false;
    }
    if former.is_some() {
        return;
    }
    book.bidders.add(&author.organisation);
    book.handles
        .entry(lot.clone())
        .or_default()
        .insert(author.organisation.clone(), party);
    book.parties.insert(
        party,
        Known {
            lot: lot.clone(),
            organisation: author.organisation.clone(),
            name: author.name.clone(),
            unvouched: author.unvouched,
            certified: author.certified.clone(),
            members: Vec::new(),
            representative: None,
        },
    );
}

type Words = (Option<String>, Vec<Attachment>, Option<Seq>);

/// What an act says in words, with what, and to what.
fn words(act: &Act) -> Words {
    let plain = |text: &str| (Some(text.to_owned()), Vec::new(), None);
    match act {
        Act::Clarify(body) => (
            Some(format!("{}\n{}", body.title, body.text)),
            body.attachments.clone(),
            None,
        ),
        Act::Object(body) => (Some(body.text.clone()), body.attachments.clone(), None),
        Act::Reply(body) => (
            Some(body.text.clone()),
            body.attachments.clone(),
            Some(body.objection),
        ),
        Act::Complain(body) => (Some(body.text.clone()), body.attachments.clone(), None),
        Act::DeclineComplaint(body) => {
            (Some(body.reason.clone()), Vec::new(), Some(body.complaint))
        }
        Act::AnswerComplaint(body) => (
            Some(body.text.clone()),
            body.attachments.clone(),
            Some(body.complaint),
        ),
        Act::TakeUpComplaint(body) => (None, Vec::new(), Some(body.complaint)),
        Act::AnswerHelp(body) => (Some(body.text.clone()), Vec::new(), Some(body.help)),
        Act::Answer(body) => (Some(body.text.clone()), Vec::new(), Some(body.question)),
        Act::AmendTerms(body) => plain(&body.reason),
        Act::Postpone(body) => plain(&body.reason),
        Act::Cancel(body) => plain(&body.reason),
        Act::AllowSignIn(body) => plain(&body.reason),
        Act::HandOver(body) => plain(&body.reason),
        Act::TakeOver(body) => plain(&body.reason),
        Act::InviteCustodian(body) => plain(&body.reason),
        Act::MarkDeposit(body) => plain(&body.note),
        Act::RefuseBid(body) => plain(&body.reason),
        Act::Extend(body) => plain(&body.reason),
        Act::Suspend(body) => plain(&body.reason),
        Act::Resume(body) => plain(&body.reason),
        Act::AskRescue(body) => plain(&body.reason),
        Act::OrderRescue(body) => plain(&body.reason),
        Act::OrderQuorum(body) => plain(&body.reason),
        Act::OverruleFinding(body) => plain(&body.reason),
        Act::OverruleFault(body) => plain(&body.reason),
        Act::Dispute(body) => plain(&body.text),
        Act::Countersign(body) => plain(&body.remark),
        Act::CorrectRecord(body) => plain(&body.text),
        Act::Rate(body) => plain(&body.comment),
        Act::Help(body) => plain(&body.text),
        Act::Message(body) => plain(&body.text),
        Act::Question(body) => plain(&body.text),
        Act::Remark(body) => plain(&body.text),
        Act::RemarkLine(body) => plain(&body.text),
        Act::PrivateMessage(body) => plain(&body.text),
        Act::Mute(body) => plain(&body.reason),
        Act::Unmute(body) => plain(&body.reason),
        Act::MarkAbsence(body) => plain(&body.note),
        Act::Terminate(body) => plain(&body.reason),
        Act::Login(_)
        | Act::BindRole(_)
        | Act::RevokeRole(_)
        | Act::LinkAuthority(_)
        | Act::UnlinkAuthority(_)
        | Act::Register(_)
        | Act::SetClock(_)
        | Act::BridgeList(_)
        | Act::CallDesk(_)
        | Act::AnswerCall(_)
        | Act::AuthoriseAgent(_)
        | Act::RevokeAgent(_)
        | Act::EraseDetails(_)
        | Act::Export(_)
        | Act::DraftProject(_)
        | Act::EditDraft(_)
        | Act::ImportDraft(_)
        | Act::CertifyKey(_)
        | Act::Publish(_)
        | Act::Submit(_)
        | Act::Withdraw(_)
        | Act::SignIn(_)
        | Act::ImportDeposits(_)
        | Act::PublishList(_)
        | Act::StartWindow(_)
        | Act::Unlock(_)
        | Act::Rescue(_)
        | Act::Release(_)
        | Act::ConfirmFinding(_)
        | Act::ConfirmFault(_)
        | Act::Announce(_)
        | Act::LiftMask(_)
        | Act::Confirm(_)
        | Act::OpenObjections(_)
        | Act::NoObjection(_)
        | Act::RevealReference(_)
        | Act::CloseObjections(_)
        | Act::SignRecord(_)
        | Act::Close(_) => (None, Vec::new(), None),
    }
}

fn note_of(details: &Details) -> Option<String> {
    match details.extra.as_ref()? {
        Extra::Refused { note } | Extra::Attempt { note, .. } => Some(note.clone()),
        Extra::Document { name, .. } => Some(name.clone()),
        Extra::Terms { .. }
        | Extra::Authorised { .. }
        | Extra::Bid { .. }
        | Extra::Complainant { .. }
        | Extra::Item { .. }
        | Extra::Sheets { .. } => None,
    }
}
