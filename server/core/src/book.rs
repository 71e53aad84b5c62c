//! The book of a project: names, texts, terms and times, folded from the
//! details of its events. Confidential; who may read what of it, `reveal` and
//! `view` say.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};

use crate::act::{Act, Attachment, CertifyKey, Rate, Representative};
use crate::details::{Author, Details, Extra, OpenedSheet};
use crate::event::{Recorded, What};
use crate::ids::{LotId, Millis, Organisation, Party, Seq};
use crate::role::By;
use crate::shared::Shared;
use crate::signed::Signed;
use crate::terms::{Draft, Named};

/// What is known of a project beside its state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// The draft as last written, amended and postponed.
    pub draft: Option<Draft>,
    /// The key each custodian last certified.
    pub keys: Vec<CertifiedKey>,
    /// The exact bytes of each lot's sealing terms now.
    pub terms: BTreeMap<LotId, String>,
    /// All sealing terms there ever were, by digest.
    pub past_terms: BTreeMap<Digest, String>,
    /// Who is behind a handle.
    pub parties: BTreeMap<Party, Known>,
    /// The handle of an organisation in a lot.
    pub handles: BTreeMap<LotId, Vec<(Organisation, Party)>>,
    /// Persons in the operator's seat, in the order of their numbers.
    pub operators: Vec<Author>,
    /// What each opened bid holds.
    pub sheets: BTreeMap<Digest, Shared<OpenedSheet>>,
    /// Everything said and done, in order.
    pub entries: Vec<Shared<Entry>>,
}

/// A custodian's certified key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedKey {
    pub organisation: Organisation,
    pub name: String,
    pub key: CertifyKey,
    pub signed: Signed,
}

/// An organisation behind a handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    pub lot: LotId,
    pub organisation: Organisation,
    pub name: String,
    pub members: Vec<Named>,
    pub representative: Option<Representative>,
}

/// One event as people tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub seq: Seq,
    pub time: Millis,
    pub by: By,
    /// The event's kind.
    pub kind: String,
    pub lot: Option<LotId>,
    pub party: Option<Party>,
    /// Who acted, where it was a person.
    pub author: Option<Author>,
    /// What was written: a reason, a remark, a question.
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// The event it answers.
    pub answers: Option<Seq>,
    /// The act's body and signature.
    pub signed: Option<Signed>,
}

impl Book {
    /// The handle of an organisation in a lot, if it has one.
    pub fn handle(&self, lot: &LotId, organisation: &Organisation) -> Option<Party> {
        self.handles
            .get(lot)?
            .iter()
            .find_map(|(other, party)| (other == organisation).then_some(*party))
    }

    /// The name behind a handle; its code where it is not known here.
    pub fn name(&self, party: &Party) -> String {
        self.parties
            .get(party)
            .map_or_else(|| party.code(), |known| known.name.clone())
    }

    /// What was said of the service (好差评), in order.
    pub fn ratings(&self) -> impl Iterator<Item = (&Entry, Rate)> {
        let entries = self.entries.iter().map(|entry| &**entry);
        let rated = entries.filter(|entry| entry.kind == "rated");
        rated.filter_map(|entry| match entry.act()? {
            Act::Rate(rate) => Some((entry, rate)),
            _ => None,
        })
    }

    /// The entry of an event.
    pub fn entry(&self, seq: Seq) -> Option<&Entry> {
        self.entries
            .binary_search_by_key(&seq, |entry| entry.seq)
            .ok()
            .map(|index| &*self.entries[index])
    }
}

impl Entry {
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
                let digest = crate::terms::SealingTerms::digest_of(text.as_bytes());
                book.past_terms.insert(digest, text.clone());
                book.terms.insert(lot.clone(), text.clone());
            }
        }
        Some(Extra::Sheets { sheets }) => {
            for sheet in sheets {
                book.sheets.insert(sheet.bid, sheet.clone().into());
            }
        }
        _ => {}
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
        kind: event.facts.what.kind(),
        lot: event.facts.what.lot(),
        party: event.facts.what.party(),
        author: details.author.clone(),
        text: match &event.facts.what {
            // The note is for technicians; the record says what the bidder was told.
            What::SubmissionRefused { code, .. } => code.zh().to_owned(),
            _ => text.or_else(|| note_of(details)).unwrap_or_default(),
        },
        attachments,
        answers,
        signed: details.signed.clone(),
    };
    book.entries.push(entry.into());
    book
}

/// Learns what only the act tells.
fn note_act(book: &mut Book, event: &Recorded, details: &Details, act: &Act) {
    match (act, &event.facts.what) {
        (Act::DraftProject(body), _) => book.draft = Some(body.draft.clone()),
        (Act::EditDraft(body), _) => book.draft = Some(body.draft.clone()),
        (Act::ImportDraft(body), _) => book.draft = Some(body.draft.clone()),
        (Act::CertifyKey(body), What::KeyCertified { .. }) => {
            if let (Some(author), Some(signed)) = (&details.author, &details.signed) {
                book.keys
                    .retain(|key| key.organisation != author.organisation);
                book.keys.push(CertifiedKey {
                    organisation: author.organisation.clone(),
                    name: author.name.clone(),
                    key: body.clone(),
                    signed: signed.clone(),
                });
            }
        }
        (Act::AmendTerms(body), What::TermsAmended { t0, .. }) => {
            if let Some(draft) = &mut book.draft {
                draft.lots.insert(body.lot.clone(), body.draft.clone());
                draft.t0 = t0.unwrap_or(draft.t0);
            }
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
            if let (Some(who), true) = (who, book.operators.len() == *operator as usize) {
                book.operators.push(who);
            }
        }
        (Act::Submit(body), What::BidReceived { lot, party, .. }) => {
            if let Some(author) = &details.author {
                meet(book, lot, *party, author);
            }
            if let Some(known) = book.parties.get_mut(party) {
                known.members.clone_from(&body.members);
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

/// Remembers who is behind a handle.
fn meet(book: &mut Book, lot: &LotId, party: Party, author: &Author) {
    if book.parties.contains_key(&party) {
        return;
    }
    book.handles
        .entry(lot.clone())
        .or_default()
        .push((author.organisation.clone(), party));
    book.parties.insert(
        party,
        Known {
            lot: lot.clone(),
            organisation: author.organisation.clone(),
            name: author.name.clone(),
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
        Act::AnswerHelp(body) => (Some(body.text.clone()), Vec::new(), Some(body.help)),
        Act::Answer(body) => (Some(body.text.clone()), Vec::new(), Some(body.question)),
        Act::AmendTerms(body) => plain(&body.reason),
        Act::Postpone(body) => plain(&body.reason),
        Act::Cancel(body) => plain(&body.reason),
        Act::AllowSignIn(body) => plain(&body.reason),
        Act::HandOver(body) => plain(&body.reason),
        Act::TakeOver(body) => plain(&body.reason),
        Act::MarkDeposit(body) => plain(&body.note),
        Act::RefuseBid(body) => plain(&body.reason),
        Act::Extend(body) => plain(&body.reason),
        Act::Suspend(body) => plain(&body.reason),
        Act::Resume(body) => plain(&body.reason),
        Act::AskRescue(body) => plain(&body.reason),
        Act::OrderRescue(body) => plain(&body.reason),
        Act::OrderQuorum(body) => plain(&body.reason),
        Act::OverruleFinding(body) => plain(&body.reason),
        Act::Dispute(body) => plain(&body.text),
        Act::Countersign(body) => plain(&body.remark),
        Act::CorrectRecord(body) => plain(&body.text),
        Act::Rate(body) => plain(&body.comment),
        Act::Help(body) => plain(&body.text),
        Act::Message(body) => plain(&body.text),
        Act::Question(body) => plain(&body.text),
        Act::Remark(body) => plain(&body.text),
        Act::Terminate(body) => plain(&body.reason),
        _ => (None, Vec::new(), None),
    }
}

fn note_of(details: &Details) -> Option<String> {
    match details.extra.as_ref()? {
        Extra::Refused { note } | Extra::Attempt { note, .. } | Extra::Outage { note } => {
            Some(note.clone())
        }
        Extra::Document { name, .. } => Some(name.clone()),
        _ => None,
    }
}
