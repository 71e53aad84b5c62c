//! How persons are reached outside the hall: their addresses, each shown to be theirs
//! by a code that was sent there, the projects they follow, and what they do not want
//! to be told. None of it is evidence: a person may take all of it back.

pub mod carriers;
pub mod letter;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_api::problem::{Language, Problem, Transport};
use kaibiao_api::{
    AlertHistory, AlertState, AlertSums, AlertSumsView, AlertWishes, AlertsView, CallProject,
    Channel, CodeEntered, Reached, ToldAlert,
};
use kaibiao_core::alert::{self, Kind};
use kaibiao_core::ids::{Millis, Organisation, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::Certificate;
use kaibiao_os::random;
use kaibiao_store::{Kept, Stands};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;

use self::letter::{Letter, Says};
use crate::App;
use crate::bus::Told;
use crate::caller::Caller;
use crate::failure::of_store;
use crate::login::Session;
use crate::memory::limits::Counted;

/// How many projects a person may follow.
const FOLLOWS: usize = 500;
/// How long a code can be entered, and how often a wrong one.
const CODE_FOR: Millis = 15 * 60_000;
const CODE_TRIES: u8 = 5;
const DAY: Millis = 24 * 3_600_000;
/// For how long what was sent can be looked up. It is longer than anything is worth
/// telling, so that nothing is told twice.
pub const HISTORY: Millis = 30 * DAY;
const _: () = assert!(HISTORY > alert::KEPT + DAY);
/// How many of them a person is shown.
const TOLD: u32 = 200;

/// How a person is reached. The store keeps it sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub organisation: Organisation,
    pub person: String,
    /// The authority of the certificate that was last seen: what only the organisation
    /// is told is sent while it counts for that organisation.
    pub authority: String,
    /// When that certificate ends. Whoever has not logged in since is told nothing.
    pub certificate_ends: Millis,
    pub mail: Option<Address>,
    pub phone: Option<Address>,
    pub language: Language,
    pub unwanted: BTreeSet<Kind>,
    /// The projects followed, and since when.
    pub follows: BTreeMap<ProjectId, Millis>,
}

/// An address of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub address: String,
    /// Since when it is known to be the person's.
    pub since: Option<Millis>,
    code: Option<Code>,
}

/// A code that was sent to an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Code {
    digest: Digest,
    until: Millis,
    left: u8,
}

impl Contact {
    fn new(session: &Session) -> Self {
        Self {
            organisation: session.organisation.clone(),
            person: session.person.clone(),
            authority: session.authority.clone(),
            certificate_ends: certificate_ends(session),
            mail: None,
            phone: None,
            language: Language::default(),
            unwanted: BTreeSet::new(),
            follows: BTreeMap::new(),
        }
    }

    /// Where this person is told things that came about at some instant: at the
    /// addresses that were known to be theirs by then.
    pub fn reached(&self, at: Millis) -> impl Iterator<Item = (Channel, &str)> {
        let ways = [(Channel::Mail, &self.mail), (Channel::Phone, &self.phone)];
        ways.into_iter().filter_map(move |(channel, way)| {
            let way = way.as_ref()?;
            let known = way.since.is_some_and(|since| since <= at);
            known.then_some((channel, way.address.as_str()))
        })
    }

    pub(crate) fn whose(&self) -> [&str; 2] {
        [self.organisation.as_str(), &self.person]
    }

    fn way(&mut self, channel: Channel) -> &mut Option<Address> {
        match channel {
            Channel::Mail => &mut self.mail,
            Channel::Phone => &mut self.phone,
        }
    }
}

fn certificate_ends(session: &Session) -> Millis {
    let leaf = session.chain.first();
    let leaf = leaf.and_then(|der| Certificate::parse(&der.0).ok());
    leaf.map_or(session.expires, |leaf| leaf.not_after())
}

/// How the caller is reached now.
///
/// # Errors
/// When the store fails.
pub async fn view(app: &App, caller: &Caller) -> Result<AlertsView, Problem> {
    let contact = of(app, &caller.session).await?;
    Ok(shown(
        app,
        contact.unwrap_or_else(|| Contact::new(&caller.session)),
    ))
}

/// Takes the caller's wishes, and sends a code to each address that is new.
///
/// # Errors
/// `channel-off`, `address-wrong`, `too-many-requests`.
pub async fn wish(app: &App, caller: &Caller, wishes: AlertWishes) -> Result<AlertsView, Problem> {
    let _turn = app.memory.contacts.turn().await;
    let mut contact = of(app, &caller.session)
        .await?
        .unwrap_or_else(|| Contact::new(&caller.session));
    let mut fresh = Vec::new();
    for (channel, wanted) in [(Channel::Mail, wishes.mail), (Channel::Phone, wishes.phone)] {
        let wanted = wanted.map(|text| parse(app, channel, &text)).transpose()?;
        let way = contact.way(channel);
        if way.as_ref().map(|way| &way.address) == wanted.as_ref() {
            continue;
        }
        *way = wanted.map(|address| Address {
            address,
            since: None,
            code: None,
        });
        fresh.extend(way.as_ref().map(|_| channel));
    }
    contact.language = wishes.language;
    contact.unwanted = wishes.unwanted;
    let mut codes = Vec::new();
    for channel in fresh {
        codes.push(new_code(app, &mut contact, channel).await?);
    }
    keep_and_send(app, contact, codes).await
}

/// Sends a code once more to an address that is not confirmed.
///
/// # Errors
/// `channel-off` where there is no such address, `too-many-requests`.
pub async fn code(app: &App, caller: &Caller, channel: Channel) -> Result<AlertsView, Problem> {
    let _turn = app.memory.contacts.turn().await;
    let mut contact = of(app, &caller.session)
        .await?
        .ok_or(Transport::ChannelOff)?;
    let code = new_code(app, &mut contact, channel).await?;
    keep_and_send(app, contact, vec![code]).await
}

/// Takes the code that was sent to an address.
///
/// # Errors
/// `code-wrong`.
pub async fn confirm(
    app: &App,
    caller: &Caller,
    entered: &CodeEntered,
) -> Result<AlertsView, Problem> {
    let _turn = app.memory.contacts.turn().await;
    let mut contact = of(app, &caller.session)
        .await?
        .ok_or(Transport::CodeWrong)?;
    let now = app.now();
    let way = contact.way(entered.channel).as_mut();
    let way = way.ok_or(Transport::CodeWrong)?;
    let sent = way.code.as_mut().filter(|it| it.until > now && it.left > 0);
    let Some(sent) = sent else {
        return Err(Transport::CodeWrong.into());
    };
    let is_right = sent.digest == digest(&way.address, entered.code.trim());
    if is_right {
        way.since = Some(now);
        way.code = None;
    } else {
        sent.left -= 1;
    }
    let view = keep(app, contact).await?;
    is_right
        .then_some(view)
        .ok_or_else(|| Transport::CodeWrong.into())
}

/// What was sent to the caller, or is to be, the newest first.
///
/// # Errors
/// When the store fails.
pub async fn history(app: &App, caller: &Caller) -> Result<AlertHistory, Problem> {
    let session = &caller.session;
    let whose = [session.organisation.as_str(), &session.person];
    let kept = app.store.alerts().of::<Letter>(whose, TOLD).await;
    Ok(AlertHistory {
        alerts: kept.map_err(of_store)?.into_iter().map(told).collect(),
        now: app.now(),
    })
}

fn told(kept: Kept<Letter>) -> ToldAlert {
    let (kind, project, lot) = match kept.body.says {
        Says::Code { .. } => (None, None, None),
        Says::Project {
            kind, project, lot, ..
        } => (Some(kind), Some(project), lot),
        Says::CertificateEnds { project, .. } => (Some(Kind::CertificateEnds), project, None),
        Says::AgentSilent { .. } => (Some(Kind::AgentSilent), None, None),
    };
    let (state, sent) = match kept.stands {
        Stands::Waits => (AlertState::Waiting, None),
        Stands::Taken(at) => (AlertState::Sent, Some(at)),
        Stands::GivenUp => (AlertState::Failed, None),
    };
    ToldAlert {
        at: kept.created,
        channel: kept.body.channel,
        kind,
        project: project.map(|it| CallProject {
            id: it.id.to_string(),
            number: it.number,
            title: it.title,
        }),
        lot,
        state,
        attempts: kept.attempts,
        sent,
    }
}

/// How the alerts of the last day and of all that are kept stand, in numbers. They tell
/// of no address and of no person.
///
/// # Errors
/// When the store fails.
pub async fn sums(app: &App) -> Result<AlertSumsView, Problem> {
    let now = app.now();
    let sums = async |since| {
        let sums = app.store.alerts().sums(since).await.map_err(of_store)?;
        Ok::<_, Problem>(AlertSums {
            sent: sums.sent,
            waiting: sums.waiting,
            retried: sums.retried,
            failed: sums.failed,
            oldest: sums.oldest,
        })
    };
    Ok(AlertSumsView {
        channels: channels(app),
        day: sums(now - DAY).await?,
        month: sums(now - HISTORY).await?,
        now,
    })
}

/// Forgets how the caller is reached, what it follows and what it was told.
///
/// # Errors
/// When the store fails.
pub async fn forget(app: &App, caller: &Caller) -> Result<(), Problem> {
    let _turn = app.memory.contacts.turn().await;
    let contact = Contact::new(&caller.session);
    let removed = app.store.contacts().remove(contact.whose()).await;
    removed.map_err(of_store)?;
    let removed = app.store.alerts().forget(contact.whose()).await;
    removed.map_err(of_store)?;
    app.memory.contacts.forget(&contact);
    app.tell(Told::Contacts);
    Ok(())
}

/// Has the caller follow a project, or not follow it any more.
///
/// # Errors
/// `not-found` for a project that is not public, `follows-full`.
pub async fn follow(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    follows: bool,
) -> Result<AlertsView, Problem> {
    let _turn = app.memory.contacts.turn().await;
    let known = of(app, &caller.session).await?;
    let mut contact = known.unwrap_or_else(|| Contact::new(&caller.session));
    if follows {
        is_public(app, project).await?;
        let now = app.now();
        contact.follows.entry(project).or_insert(now);
        if contact.follows.len() > FOLLOWS {
            return Err(Transport::FollowsFull.with("limit", FOLLOWS));
        }
    } else {
        contact.follows.remove(&project);
    }
    keep(app, contact).await
}

/// Notes the certificate that somebody has logged in with.
pub async fn seen(app: &App, session: &Session) -> Result<(), Problem> {
    let _turn = app.memory.contacts.turn().await;
    let Some(contact) = of(app, session).await? else {
        return Ok(());
    };
    let seen = Contact {
        authority: session.authority.clone(),
        certificate_ends: certificate_ends(session),
        ..contact.clone()
    };
    if seen != contact && seen.certificate_ends >= contact.certificate_ends {
        keep(app, seen).await?;
    }
    Ok(())
}

async fn of(app: &App, session: &Session) -> Result<Option<Contact>, Problem> {
    let contacts = app.memory.contacts.all(app).await?;
    let whose = (session.organisation.clone(), session.person.clone());
    Ok(contacts.get(&whose).map(|contact| (**contact).clone()))
}

async fn keep(app: &App, contact: Contact) -> Result<AlertsView, Problem> {
    let kept = app.store.contacts().put(contact.whose(), &contact).await;
    kept.map_err(of_store)?;
    app.memory.contacts.put(contact.clone());
    app.tell(Told::Contacts);
    Ok(shown(app, contact))
}

async fn is_public(app: &App, project: ProjectId) -> Result<(), Problem> {
    let stream = crate::deciding::stream(project);
    let line = app.store.line::<Project>(&stream).await;
    let line = line.map_err(of_store)?;
    let line = line.filter(|line| line.summary.published);
    line.map(drop).ok_or_else(|| Transport::NotFound.into())
}

/// Reads an address as it is kept.
fn parse(app: &App, channel: Channel, text: &str) -> Result<String, Problem> {
    if !channels(app).contains(&channel) {
        return Err(Transport::ChannelOff.into());
    }
    let text = text.trim();
    let read = match channel {
        Channel::Mail => carriers::mail_address(text),
        Channel::Phone => carriers::telephone(text),
    };
    read.ok_or_else(|| Transport::AddressWrong.with("address", text))
}

/// A code for an address that is not confirmed, which counts as sent from here on:
/// nobody's mailbox is to be filled from here, and nobody's code to be guessed.
async fn new_code(app: &App, contact: &mut Contact, channel: Channel) -> Result<Letter, Problem> {
    let way = contact.way(channel).as_ref();
    let way = way.filter(|way| way.since.is_none());
    let address = way.ok_or(Transport::ChannelOff)?.address.clone();
    app.admit_all(Counted::code(contact.whose(), &address))
        .await?;
    let code = six_digits();
    let until = app.now() + CODE_FOR;
    *contact.way(channel) = Some(Address {
        address: address.clone(),
        since: None,
        code: Some(Code {
            digest: digest(&address, &code),
            until,
            left: CODE_TRIES,
        }),
    });
    Ok(Letter {
        channel,
        address,
        language: contact.language,
        until,
        says: Says::Code { code },
    })
}

/// Keeps a contact, and then sends the codes that it knows: what was refused or is not
/// on disk sends nothing, and counts what was sent.
async fn keep_and_send(
    app: &App,
    contact: Contact,
    codes: Vec<Letter>,
) -> Result<AlertsView, Problem> {
    let whose = contact.whose().map(str::to_owned);
    let view = keep(app, contact).await?;
    let [organisation, person] = &whose;
    for (number, letter) in codes.iter().enumerate() {
        let now = app.now();
        let (at, number) = (now.to_string(), number.to_string());
        let name = ["code", organisation, person, &letter.address, &at, &number];
        let alerts = app.store.alerts();
        let put = alerts
            .put([organisation, person], &name, (now, now), letter)
            .await;
        put.map_err(of_store)?;
    }
    Ok(view)
}

/// Six random digits, each number as likely as the others but for one in 4,000.
fn six_digits() -> String {
    let random = u32::from_be_bytes(random::bytes());
    format!("{:06}", random % 1_000_000)
}

fn digest(address: &str, code: &str) -> Digest {
    Digest::of(format!("{address}\n{code}").as_bytes())
}

/// By which ways this platform can reach anybody.
pub fn channels(app: &App) -> Vec<Channel> {
    let mail = app.config.mail.url.as_ref().map(|_| Channel::Mail);
    let phone = app.config.sms.url.as_ref().map(|_| Channel::Phone);
    mail.into_iter().chain(phone).collect()
}

fn shown(app: &App, contact: Contact) -> AlertsView {
    let now = app.now();
    let reached = |way: Option<Address>| {
        way.map(|way| Reached {
            confirmed: way.since.is_some(),
            code_until: way.code.map(|code| code.until).filter(|until| *until > now),
            address: way.address,
        })
    };
    AlertsView {
        channels: channels(app),
        kinds: Kind::VARIANTS.to_vec(),
        mail: reached(contact.mail),
        phone: reached(contact.phone),
        language: contact.language,
        unwanted: contact.unwanted,
        follows: contact.follows.into_keys().collect(),
    }
}
