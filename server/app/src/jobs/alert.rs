//! Tells persons what happened (docs/spec/alerts.md). What is owed to them follows from
//! the streams and from their contacts, and each cause is told to a person once, so a
//! service that was killed continues where it was.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kaibiao_api::Channel;
use kaibiao_api::problem::Problem;
use kaibiao_core::alert::{self, Alert, Kind, To};
use kaibiao_core::ids::{Millis, ProjectId, Seq};
use kaibiao_core::platform::Platform;
use kaibiao_core::project::{Project, Summary};
use kaibiao_crypto::Digest;
use kaibiao_store::{Current, StoreError, Waiting};

use super::tenure;
use crate::alerts::Contact;
use crate::alerts::carriers::Carriers;
use crate::alerts::letter::{About, Letter, Says};
use crate::deciding::{self, stream, unless_damaged};
use crate::failure::of_store;
use crate::memory::contacts::All;
use crate::outbox::webhook::wait_after;
use crate::{Shared, agents, alerts, platform};

/// How often it is looked what is owed, and what waits to be sent.
const EVERY: Duration = Duration::from_secs(2);
/// How many letters are taken at once.
const BATCH: u32 = 32;
/// How many others go in one letter at most.
const TOGETHER: u32 = 50;
/// Within this what comes about at one moment has been put.
const MOMENT: Millis = 3_000;
/// Letters leave at least so long before they are worth nothing.
const LEAVES: Millis = 15_000;
/// Events read from the store at a time.
const EVENTS: u64 = 1000;

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
/// Days before a certificate's end on which its holder is told.
const CERTIFICATE_DAYS: [i64; 4] = [90, 30, 15, 3];

/// Finds out what persons are owed.
pub async fn tell(app: Shared) {
    if alerts::channels(&app).is_empty() {
        return;
    }
    let mut told = Told::default();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(_held) = tenure::hold(&app, tenure::ALERTS).await else {
            continue;
        };
        if let Err(problem) = told.catch_up(&app).await {
            tracing::warn!(%problem, "what persons are to be told is looked for again");
        }
    }
}

/// Sends what waits, and retries what fails.
pub async fn send(app: Shared) {
    if alerts::channels(&app).is_empty() {
        return;
    }
    let carriers = match Carriers::open(&app.config) {
        Ok(carriers) => carriers,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "alerts are not sent");
            return;
        }
    };
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(_held) = tenure::hold(&app, tenure::ALERTS).await else {
            continue;
        };
        loop {
            let due = app.store.alerts().due::<Letter>(app.now(), BATCH).await;
            let due = due.unwrap_or_else(|error| {
                tracing::error!(%error, "what waits to be sent could not be read");
                Vec::new()
            });
            let is_last = due.len() < usize::try_from(BATCH).unwrap_or_default();
            let mut gone = HashSet::new();
            for waiting in due {
                if gone.contains(&waiting.name) {
                    continue;
                }
                let sent = send_one(&app, &carriers, waiting, &mut gone).await;
                if let Err(error) = sent {
                    tracing::error!(%error, "what was sent could not be noted");
                }
            }
            if is_last {
                break;
            }
        }
    }
}

/// Sends what is due with what else waits for the same person from the same project.
/// `gone` is told of all of it.
async fn send_one(
    app: &Shared,
    carriers: &Carriers,
    waiting: Waiting<Letter>,
    gone: &mut HashSet<Vec<u8>>,
) -> Result<(), StoreError> {
    let stored = app.store.alerts();
    if waiting.body.until <= app.now() {
        return done(app, waiting, None).await;
    }
    let mut others = stored.beside::<Letter>(&waiting.name, TOGETHER).await?;
    others.retain(|other| other.body.until > app.now() && waiting.body.joins(&other.body));
    gone.extend(others.iter().map(|other| other.name.clone()));
    // The address is no business of the log's readers.
    let channel = waiting.body.channel;
    let id = id(&waiting, &others);
    let inside: Vec<&Letter> = others.iter().map(|other| &other.body).collect();
    let carried = carriers.carry(app, &id, &waiting.body, &inside).await;
    let taken = carried.is_ok().then(|| app.now());
    if let Err(error) = carried {
        let error = format!("{error:#}");
        tracing::warn!(?channel, error, "an alert was not sent");
    }
    for letter in std::iter::once(waiting).chain(others) {
        let wait = wait_after(letter.attempts + 1);
        let next = wait.map(|wait| app.now() + wait);
        match next.filter(|next| taken.is_none() && *next < letter.body.until) {
            Some(next) => stored.failed(letter.name, next).await?,
            None => done(app, letter, taken).await?,
        }
    }
    Ok(())
}

/// The same at every attempt, and another where something else goes in the letter:
/// whoever drops what it has seen drops nothing new.
fn id(letter: &Waiting<Letter>, others: &[Waiting<Letter>]) -> String {
    let mut names = letter.name.clone();
    if !others.is_empty() {
        let mut all: Vec<_> = others.iter().map(|other| &other.name).collect();
        all.push(&letter.name);
        all.sort();
        let all: Vec<u8> = all.into_iter().flatten().copied().collect();
        names = Digest::of(&all).as_bytes().to_vec();
    }
    hex::encode(names).chars().take(32).collect()
}

async fn done(
    app: &Shared,
    letter: Waiting<Letter>,
    taken: Option<Millis>,
) -> Result<(), StoreError> {
    let kept = letter.body.kept();
    app.store.alerts().done(letter.name, taken, &kept).await
}

/// What was told since the start. The store knows it too, and this spares asking it.
#[derive(Default)]
struct Told {
    /// How far each project's events were told.
    projects: HashMap<ProjectId, Seq>,
    /// The contacts as they were last, and what time itself told them.
    contacts: Arc<All>,
    causes: HashSet<(ProjectId, String)>,
    certificates_on: Option<Millis>,
    /// When it began to look, and when it last looked for silent agents.
    began: Option<Millis>,
    agents_at: Millis,
}

impl Told {
    async fn catch_up(&mut self, app: &Shared) -> Result<(), Problem> {
        let contacts = app.memory.contacts.all(app).await?;
        if !Arc::ptr_eq(&contacts, &self.contacts) {
            self.contacts = Arc::clone(&contacts);
            self.causes.clear();
            self.certificates_on = None;
        }
        let platform = platform::load(app).await.map_err(of_store)?;
        let now = app.now();
        for (_, line) in &app.memory.summaries.current(app).await? {
            let (summary, version) = (&line.listed.summary, line.listed.version);
            let Some(project) = deciding::project_of(&line.listed.stream) else {
                continue;
            };
            let is_due = wakes(summary).is_some_and(|from| from <= now);
            // What is older than anything worth telling need not be read.
            let is_old = line.listed.time <= now - alert::KEPT;
            if !is_due && (is_old || self.projects.get(&project) == Some(&version)) {
                continue;
            }
            let told = self.project(app, project, &contacts, &platform).await;
            unless_damaged(told)?;
        }
        // Days before an end need not be looked for more often than each hour.
        if self.certificates_on != Some(now / HOUR) {
            for contact in contacts.values() {
                certificate_ends(app, contact).await?;
            }
            self.certificates_on = Some(now / HOUR);
        }
        let began = *self.began.get_or_insert(now);
        let silence = Millis::from(app.config.alerts.agent_silent_seconds) * 1_000;
        if now - self.agents_at >= silence / 4 {
            for contact in contacts.values() {
                agent_silent(app, contact, &platform, began).await?;
            }
            self.agents_at = now;
        }
        app.store
            .alerts()
            .sweep(now - alerts::HISTORY)
            .await
            .map_err(of_store)?;
        Ok(())
    }

    async fn project(
        &mut self,
        app: &Shared,
        project: ProjectId,
        contacts: &All,
        platform: &Current<Platform>,
    ) -> Result<(), Problem> {
        let current = deciding::load(app, project).await?;
        let now = app.now();
        let due = alert::due(&current.state, &current.book, now);
        let is_new = |alert: &Alert| !self.causes.contains(&(project, alert.cause.clone()));
        let due: Vec<Alert> = due.into_iter().filter(is_new).collect();
        let mut alerts = due.clone();
        let mut after = match self.projects.get(&project) {
            Some(after) => *after,
            None => first_worth_telling(&current, now),
        };
        let events_of = stream(project);
        while after < current.version {
            let events = app.store.events::<Project>(&events_of, after, EVENTS);
            let events = events.await.map_err(of_store)?;
            let Some(last) = events.last().map(|event| event.seq) else {
                break;
            };
            for event in events.iter().filter(|event| event.seq <= current.version) {
                alerts.extend(alert::of(event, &current.state, &current.book));
            }
            after = last;
        }
        let telling = Telling {
            app,
            project,
            current: &current,
            contacts,
            platform,
        };
        alerts.retain(|alert| alert.until > now);
        telling.put(&alerts).await?;
        self.projects.insert(project, current.version.min(after));
        let causes = due.into_iter().map(|alert| (project, alert.cause));
        self.causes.extend(causes);
        Ok(())
    }
}

/// When a project has something to tell although nothing happens there.
fn wakes(summary: &Summary) -> Option<Millis> {
    let stages = summary.stages.values();
    let wakes = stages.filter_map(|stage| alert::wakes(*stage, summary.t0));
    wakes.min()
}

/// The number of the last event that is too old to be told of.
fn first_worth_telling(current: &Current<Project>, now: Millis) -> Seq {
    let mut entries = current.book.entries.iter();
    let young = entries.find(|(_, entry)| entry.time > now - alert::KEPT);
    young.map_or(current.version, |(seq, _)| seq - 1)
}

/// One project's alerts on their way to persons.
struct Telling<'a> {
    app: &'a Shared,
    project: ProjectId,
    current: &'a Current<Project>,
    contacts: &'a All,
    platform: &'a Current<Platform>,
}

impl Telling<'_> {
    /// Puts alerts for everybody whom they are for: one person's next to one another,
    /// so that they leave together.
    async fn put(&self, alerts: &[Alert]) -> Result<(), Problem> {
        for contact in self.contacts.values() {
            for alert in alerts {
                if !contact.unwanted.contains(&alert.kind) && self.is_for(alert, contact) {
                    self.put_for(alert, contact).await?;
                }
            }
        }
        Ok(())
    }

    /// Whether an alert is for a person. What goes to an organisation goes to those
    /// whose certificates count for it today.
    fn is_for(&self, alert: &Alert, contact: &Contact) -> bool {
        if contact.certificate_ends <= self.app.now() {
            return false;
        }
        let follows = contact.follows.get(&self.project);
        let counts = || counts(self.platform, contact);
        match &alert.to {
            To::Followers if follows.is_some_and(|since| *since <= alert.at) => true,
            To::Followers => {
                let draft = self.current.book.draft.as_ref();
                draft.is_some_and(|it| it.officials.are(&contact.organisation)) && counts()
            }
            To::Organisation(organisation) => *organisation == contact.organisation && counts(),
        }
    }

    async fn put_for(&self, alert: &Alert, contact: &Contact) -> Result<(), Problem> {
        let draft = self.current.book.draft.as_ref();
        let lot = alert.lot.as_ref();
        let lot = lot.and_then(|lot| draft?.lots.get(lot).map(|lot| lot.title.clone()));
        let says = Says::Project {
            kind: alert.kind,
            project: about(self.project, self.current),
            lot,
            instant: alert.instant,
        };
        let project = self.project.to_string();
        post(
            self.app,
            contact,
            alert.at,
            alert.until,
            &[&project, &alert.cause],
            &says,
        )
        .await
    }
}

/// Whether a person's certificate counts for its organisation today.
fn counts(platform: &Current<Platform>, contact: &Contact) -> bool {
    let Contact {
        organisation,
        authority,
        person,
        ..
    } = contact;
    platform
        .book
        .standing(organisation, authority, person)
        .is_ok()
}

fn about(project: ProjectId, current: &Current<Project>) -> About {
    let draft = current.book.draft.as_ref();
    About {
        id: project,
        number: draft.map(|draft| draft.number.clone()).unwrap_or_default(),
        title: draft.map(|draft| draft.title.clone()).unwrap_or_default(),
    }
}

/// Puts a letter to a person into the queue, once for each cause and way.
async fn post(
    app: &Shared,
    contact: &Contact,
    at: Millis,
    until: Millis,
    cause: &[&str],
    says: &Says,
) -> Result<(), Problem> {
    for (channel, address) in contact.reached(at) {
        let way = match channel {
            Channel::Mail => "mail",
            Channel::Phone => "phone",
        };
        let mut name = vec!["told", contact.organisation.as_str(), &contact.person, way];
        name.extend(cause);
        let letter = Letter {
            channel,
            address: address.to_owned(),
            language: contact.language,
            until,
            says: says.clone(),
        };
        let now = app.now();
        let due = now + held(app, says);
        let due = due.min(until - LEAVES).max(now);
        let alerts = app.store.alerts();
        let put = alerts
            .put(contact.whose(), &name, (now, due), &letter)
            .await;
        put.map_err(of_store)?;
    }
    Ok(())
}

/// How long a letter is held back for what may go in it.
fn held(app: &Shared, says: &Says) -> Millis {
    let gather = Millis::from(app.config.alerts.gather_seconds) * 1_000;
    match says {
        Says::Project { kind, .. } if !kind.presses() => gather,
        Says::Project { .. } => gather.min(MOMENT),
        Says::Code { .. } | Says::CertificateEnds { .. } | Says::AgentSilent { .. } => 0,
    }
}

/// Tells a person that the certificate it logs in with ends: at some days before, and
/// where it ends before the T0 of a project that it follows.
async fn certificate_ends(app: &Shared, contact: &Contact) -> Result<(), Problem> {
    let (now, ends) = (app.now(), contact.certificate_ends);
    if ends <= now || contact.unwanted.contains(&Kind::CertificateEnds) {
        return Ok(());
    }
    let custodian = agents::keeps_keys(app, &contact.organisation).await?;
    let says = |project| Says::CertificateEnds {
        at: ends,
        project,
        custodian,
    };
    // Of several days that have come only the last is told.
    let days = CERTIFICATE_DAYS.iter().rev();
    if let Some(days) = days.copied().find(|days| now >= ends - days * DAY) {
        let cause = ["certificate", &ends.to_string(), &days.to_string()];
        post(app, contact, now, ends, &cause, &says(None)).await?;
    }
    let lines = app.memory.summaries.current(app).await?;
    for project in contact.follows.keys().copied() {
        let Some(line) = lines.get(&std::cmp::Reverse(stream(project))) else {
            continue;
        };
        let summary = &line.listed.summary;
        let Some(t0) = summary.t0.filter(|t0| *t0 > now && *t0 >= ends) else {
            continue;
        };
        let about = About {
            id: project,
            number: summary.number.clone(),
            title: summary.title.clone(),
        };
        let cause = [
            &project.to_string(),
            "certificate",
            &ends.to_string(),
            &t0.to_string(),
        ];
        post(
            app,
            contact,
            now,
            ends,
            &cause.map(|it| -> &str { it }),
            &says(Some(about)),
        )
        .await?;
    }
    Ok(())
}

/// Tells a custodian's people that its agent with a standing authorisation is not heard:
/// once a silence, and once a day where it was never heard. `began` is when it was begun
/// to listen.
async fn agent_silent(
    app: &Shared,
    contact: &Contact,
    platform: &Current<Platform>,
    began: Millis,
) -> Result<(), Problem> {
    let (now, organisation) = (app.now(), &contact.organisation);
    let authorised = platform.book.agents_of(organisation);
    let authorised = authorised.filter(|(_, it)| it.stands(now));
    let Some(authorised) = authorised.map(|(_, it)| it.body.from).max() else {
        return Ok(());
    };
    let heard = app.memory.heard.of(organisation);
    let since = heard.unwrap_or(began).max(authorised);
    let silence = Millis::from(app.config.alerts.agent_silent_seconds) * 1_000;
    let told = contact.certificate_ends > now
        && !contact.unwanted.contains(&Kind::AgentSilent)
        && counts(platform, contact);
    if now - since < silence || !told || !agents::keeps_keys(app, organisation).await? {
        return Ok(());
    }
    let silence = heard.map_or_else(|| format!("day/{}", now / DAY), |at| at.to_string());
    let says = Says::AgentSilent { since: heard };
    let cause = ["agent-silent", &silence];
    post(app, contact, now, now + DAY, &cause, &says).await
}
