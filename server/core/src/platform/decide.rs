//! The commands on the platform's stream, and the events they make.

use std::collections::BTreeSet;

use kaibiao_crypto::{Digest, canonical};

use super::agents;
use super::changes::{self, Change, Values};
use super::sessions::{self, Sessions, Whose};
use super::{Binding, Book, Details, Event, Facts, Health, Recorded, State, Subject, What, evolve};
use crate::act::{Act, LinkAuthority, UnlinkAuthority};
use crate::command::{Actor, Checked, Performed};
use crate::ids::{Millis, Party};
use crate::refusal::{Refusal, RefusalCode};
use crate::role::{By, Role};
use crate::text::{is_alike, is_line, is_plainly_written, is_text};

/// How far the time that an administrator signs may be from the platform's, in
/// milliseconds, for the act to speak of the clock as it stands.
const SAME: Millis = 60_000;

/// A command on the platform's stream.
#[expect(
    missing_docs,
    reason = "the fields become those of an event or of its details, where they are described"
)]
#[derive(Debug, Clone)]
pub enum Command {
    /// Somebody acts.
    Act(Box<Performed>),
    /// The first administrator, from the command line; refused once there is
    /// one.
    FirstAdministrator(Subject),
    /// These are the settings, without a secret.
    Configured(Values),
    /// This is known of authorities.
    Authorities(Values),
    /// The service starts, and was not up since `away`.
    Started {
        version: String,
        away: Option<Millis>,
    },
    /// The service stops in order.
    Stopped,
    /// Something was measured that is a sign of ill health.
    HealthNoted {
        sign: Health,
        measured: i64,
        note: String,
    },
    /// Sessions began and ended until then.
    Sessions {
        until: Millis,
        gathered: Vec<(Whose, Sessions)>,
    },
}

/// How long an ended revocation list can be bridged at a time, in milliseconds.
const LONGEST_BRIDGE: Millis = 6 * 3_600_000;

/// What may be known of the world.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// The time to go by: what is believed.
    pub now: Millis,
    /// What the wall clock shows, which may not be believed.
    pub wall: Millis,
    /// Sixteen random bytes: the handle of a new binding.
    pub fresh: Party,
}

/// The events a command makes.
///
/// # Errors
/// Why it is refused; nothing is recorded then.
pub fn decide(
    state: &State,
    book: &Book,
    command: &Command,
    context: &Context,
) -> Result<Vec<Event>, Refusal> {
    let mut details = Details::default();
    let mut act = None;
    let (by, what) = match command {
        Command::Act(performed) => {
            act = Some(performed.signed.digest());
            details.author = Some(performed.actor.author.clone());
            details.signed = Some(performed.signed.clone());
            perform(book, performed, context, &mut details)?
        }
        Command::FirstAdministrator(subject) => {
            let role = Role::Administrator;
            if state.bindings.values().any(|bound| *bound == role) {
                return Err(RefusalCode::AlreadyDone.into());
            }
            let subject = named(subject.clone())?;
            details.changed = vec![roles(book, &subject, |roles| roles.insert(role))];
            details.subject = Some(subject);
            let binding = context.fresh;
            (By::Platform, What::RoleBound { binding, role })
        }
        Command::Configured(settings) => {
            let configuration = digest(settings);
            if state.configuration == Some(configuration) {
                return Ok(Vec::new());
            }
            details.changed = changes::between(&book.settings, settings);
            (By::Platform, What::Configured { configuration })
        }
        Command::Authorities(known) => {
            let authorities = digest(known);
            if state.authorities == Some(authorities) {
                return Ok(Vec::new());
            }
            details.changed = changes::between(&book.authorities, known);
            (By::Platform, What::AuthoritiesChanged { authorities })
        }
        Command::Started { version, away } => {
            let what = What::Started {
                version: version.clone(),
                unclean: state.running,
                away: *away,
            };
            (By::Platform, what)
        }
        Command::Sessions { until, gathered } => {
            let events = sessions::events(*until, gathered);
            are_lawful(state, &events, context)?;
            return Ok(events);
        }
        Command::Stopped => (By::Platform, What::Stopped),
        Command::HealthNoted {
            sign,
            measured,
            note,
        } => {
            details.note.clone_from(note);
            let (sign, measured) = (*sign, *measured);
            (By::Platform, What::HealthNoted { sign, measured })
        }
    };
    let mut events = Vec::new();
    let mut first = None;
    if let (What::RoleBound { role, .. }, Some(subject)) = (&what, &details.subject) {
        events.extend(superseded(book, subject, *role, by));
        first = Some(subject.clone());
    }
    first = first.filter(|subject| book.vouchers(&subject.organisation).is_empty());
    events.push(Event {
        facts: Facts { by, act, what },
        details,
    });
    events.extend(first.map(|subject| vouched(subject, by, context)));
    are_lawful(state, &events, context)?;
    Ok(events)
}

/// SHA-256 of named values as canonical JSON.
fn digest(values: &Values) -> Digest {
    Digest::of(&canonical::to_bytes(values))
}

/// The end of the same role under a name that nobody has vouched for, where it is
/// bound anew under one that somebody does.
fn superseded(book: &Book, subject: &Subject, role: Role, by: By) -> Option<Event> {
    let person = subject.person.as_deref();
    let (binding, _) = book.find(&subject.organisation, person, role)?;
    Some(Event {
        facts: Facts {
            by,
            act: None,
            what: What::RoleRevoked { binding },
        },
        details: Details::default(),
    })
}

/// The authority that vouched for an organisation first is its own from then on,
/// whatever becomes of the role.
fn vouched(subject: Subject, by: By, context: &Context) -> Event {
    Event {
        facts: Facts {
            by,
            act: None,
            what: What::AuthorityLinked {
                link: context.fresh,
            },
        },
        details: Details {
            subject: Some(subject),
            ..Details::default()
        },
    }
}

/// Puts the events to `evolve`, which knows what is lawful.
fn are_lawful(state: &State, events: &[Event], context: &Context) -> Result<(), Refusal> {
    let mut state = state.clone();
    for event in events {
        let recorded = Recorded {
            seq: state.events + 1,
            time: context.now.max(state.time),
            facts: event.facts.clone(),
            details: None,
        };
        state = evolve(state, &recorded).map_err(|unlawful| unlawful.code)?;
    }
    Ok(())
}

/// Performs the acts that the platform's stream takes.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other act belongs to a project: crate::decide lists them all"
)]
fn perform(
    book: &Book,
    performed: &Performed,
    context: &Context,
    details: &mut Details,
) -> Result<(By, What), Refusal> {
    let actor = &performed.actor;
    if performed.act.must_be_signed() && performed.signed.signature.is_none() {
        return Err(RefusalCode::SignatureRequired.into());
    }
    let administrator = || {
        if actor.roles.contains(&Role::Administrator) {
            Ok(By::Administrator)
        } else {
            Err(Refusal::new(RefusalCode::NotPermitted))
        }
    };
    match &performed.act {
        Act::BindRole(body) => {
            let by = administrator()?;
            let subject = named(Subject {
                organisation: body.organisation.clone(),
                authority: body.authority.clone(),
                name: body.name.clone(),
                person: body.person.clone(),
                unvouched: false,
            })?;
            bind(book, subject, body.role, context, details).map(|what| (by, what))
        }
        Act::Register(body) => {
            let subject = named(Subject {
                organisation: actor.organisation().clone(),
                authority: actor.author.authority.clone(),
                name: body.name.clone(),
                person: None,
                unvouched: is_own_word(book, actor, &body.name)?,
            })?;
            bind(book, subject, Role::Bidder, context, details).map(|what| (By::Bidder, what))
        }
        Act::LinkAuthority(body) => link(book, actor, body, context, details),
        Act::UnlinkAuthority(body) => {
            let by = administrator()?;
            let what = unlink(book, body, details)?;
            Ok((by, what))
        }
        Act::RevokeRole(body) => {
            let by = administrator()?;
            let (binding, bound) = book
                .find(&body.organisation, body.person.as_deref(), body.role)
                .ok_or(RefusalCode::NoSuchRole)?;
            let subject = bound.subject.clone();
            details.changed = vec![roles(book, &subject, |roles| roles.remove(&body.role))];
            details.subject = Some(subject);
            Ok((by, What::RoleRevoked { binding }))
        }
        Act::SetClock(body) => {
            let by = administrator()?;
            if (body.time - context.wall).abs() > SAME {
                return Err(RefusalCode::ClockDiffers.into());
            }
            details.note.clone_from(&body.reason);
            Ok((by, What::ClockSet { time: body.time }))
        }
        Act::BridgeList(body) => {
            let by = administrator().or_else(|refusal| {
                if actor.roles.contains(&Role::Centre) {
                    Ok(By::Centre)
                } else {
                    Err(refusal)
                }
            })?;
            is_text(&body.reason, 500)?;
            is_text(&body.ca, 64)?;
            let latest = context.now.saturating_add(LONGEST_BRIDGE);
            if body.until <= context.now || body.until > latest {
                return Err(RefusalCode::BridgeTime.into());
            }
            details.note.clone_from(&body.reason);
            let (ca, until) = (body.ca.clone(), body.until);
            Ok((by, What::ListBridged { ca, until }))
        }
        // Whoever is registered may call, so that a call says nothing of a bid.
        Act::CallDesk(body) => {
            if actor.roles.is_empty() {
                return Err(RefusalCode::NotPermitted.into());
            }
            is_text(&body.text, WORDS)?;
            book.hears(actor)?;
            let call = context.fresh;
            Ok((capacity(actor), What::DeskCalled { call }))
        }
        Act::AnswerCall(body) => {
            if !actor.roles.contains(&Role::Centre) {
                return Err(RefusalCode::NotPermitted.into());
            }
            is_text(&body.text, WORDS)?;
            let call = book.calls.get(&body.call);
            if call.ok_or(RefusalCode::NoSuchEvent)?.answer.is_some() {
                return Err(RefusalCode::AlreadyDone.into());
            }
            Ok((By::Centre, What::CallAnswered { call: body.call }))
        }
        Act::AuthoriseAgent(body) => agents::authorise(book, actor, body, context),
        Act::RevokeAgent(body) => agents::revoke(book, actor, body, details),
        Act::EraseDetails(body) => {
            let by = administrator()?;
            is_text(&body.reason, 2000)?;
            is_text(&body.request, 200)?;
            let Checked::Erasable(digest) = performed.checked else {
                return Err(RefusalCode::NotErasable.into());
            };
            details.note.clone_from(&body.reason);
            let (stream, event, details) = (body.stream.clone(), body.event, digest);
            Ok((
                by,
                What::DetailsErased {
                    stream,
                    event,
                    details,
                },
            ))
        }
        Act::Export(body) => {
            let (project, what) = (body.project, body.what);
            let officials = [
                (Role::Supervisor, By::Supervisor),
                (Role::Centre, By::Centre),
                (Role::Host, By::Host),
            ];
            let official = officials
                .into_iter()
                .find(|(role, _)| actor.roles.contains(role));
            let (_, by) = official.ok_or(RefusalCode::NotPermitted)?;
            Ok((by, What::Exported { project, what }))
        }
        _ => Err(RefusalCode::NotPermitted.into()),
    }
}

/// Whether the name under which an organisation registers is its own word: neither
/// its certificate names it readably nor an administrator has bound a role to it by
/// name. Such a name must be nobody else's here.
fn is_own_word(book: &Book, actor: &Actor, name: &str) -> Result<bool, Refusal> {
    let author = &actor.author;
    if !author.unvouched && is_text(&author.name, NAME).is_ok() {
        return if is_alike(&author.name, name) {
            Ok(false)
        } else {
            Err(Refusal::new(RefusalCode::InvalidAccount).with("field", "name"))
        };
    }
    if !is_plainly_written(name) {
        return Err(Refusal::new(RefusalCode::InvalidAccount).with("field", "name"));
    }
    if book.is_borne(name, actor.organisation()) {
        return Err(Refusal::new(RefusalCode::NameTaken).with("name", name));
    }
    Ok(true)
}

/// In what capacity somebody acts who needs no role for it.
pub(super) fn capacity(actor: &Actor) -> By {
    match actor.roles.iter().max() {
        Some(Role::Machine) => By::Machine,
        _ if actor.roles.contains(&Role::Supervisor) => By::Supervisor,
        _ if actor.roles.contains(&Role::Centre) => By::Centre,
        _ if actor.roles.contains(&Role::Host) => By::Host,
        _ => By::Bidder,
    }
}

/// The most characters of a name.
const NAME: usize = 100;

/// The most characters of a call to the desk, and of its answer.
const WORDS: usize = 2000;

/// The most papers that a link names.
const PAPERS: usize = 20;

/// Links an authority: by somebody of the organisation with a certificate that
/// counts already, or by an administrator who was shown papers.
fn link(
    book: &Book,
    actor: &Actor,
    body: &LinkAuthority,
    context: &Context,
    details: &mut Details,
) -> Result<(By, What), Refusal> {
    let own = !actor.roles.is_empty() && *actor.organisation() == body.organisation;
    let by = if own {
        capacity(actor)
    } else if actor.roles.contains(&Role::Administrator) {
        By::Administrator
    } else {
        return Err(RefusalCode::NotPermitted.into());
    };
    is_text(&body.reason, 2000)?;
    if body.papers.len() > PAPERS || (!own && body.papers.is_empty()) {
        return Err(Refusal::new(RefusalCode::InvalidAccount).with("field", "papers"));
    }
    let name = book
        .name(&body.organisation)
        .ok_or(RefusalCode::NoSuchRole)?;
    if book.voucher(&body.organisation, &body.authority).is_ok() {
        return Err(RefusalCode::AlreadyDone.into());
    }
    details.subject = Some(Subject {
        organisation: body.organisation.clone(),
        authority: body.authority.clone(),
        name: name.to_owned(),
        person: None,
        unvouched: false,
    });
    details.note.clone_from(&body.reason);
    let link = context.fresh;
    Ok((by, What::AuthorityLinked { link }))
}

/// Ends what an authority vouches for an organisation. Only an administrator does
/// it: whoever stole a key could otherwise shut its owner out.
fn unlink(book: &Book, body: &UnlinkAuthority, details: &mut Details) -> Result<What, Refusal> {
    is_text(&body.reason, 2000)?;
    let voucher = book
        .voucher(&body.organisation, &body.authority)?
        .ok_or(RefusalCode::NoSuchRole)?;
    if book.vouchers(&body.organisation).len() == 1 {
        return Err(RefusalCode::LastAuthority.into());
    }
    details.note.clone_from(&body.reason);
    let link = voucher.handle;
    Ok(What::AuthorityUnlinked { link })
}

fn bind(
    book: &Book,
    subject: Subject,
    role: Role,
    context: &Context,
    details: &mut Details,
) -> Result<What, Refusal> {
    book.voucher(&subject.organisation, &subject.authority)?;
    let person = subject.person.as_deref();
    let bound = book.find(&subject.organisation, person, role);
    if bound.is_some_and(|(_, it)| !it.subject.unvouched || subject.unvouched) {
        return Err(RefusalCode::AlreadyDone.into());
    }
    details.changed = vec![roles(book, &subject, |roles| roles.insert(role))];
    details.subject = Some(subject);
    let binding = context.fresh;
    Ok(What::RoleBound { binding, role })
}

/// The roles that are bound to exactly this subject, before and after a change.
fn roles(
    book: &Book,
    subject: &Subject,
    change: impl FnOnce(&mut BTreeSet<Role>) -> bool,
) -> Change {
    let is_theirs = |it: &&Binding| {
        it.subject.organisation == subject.organisation && it.subject.person == subject.person
    };
    let bound = book.bindings.values().filter(is_theirs);
    let mut roles: BTreeSet<Role> = bound.map(|it| it.role).collect();
    let words = |roles: &BTreeSet<Role>| {
        let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
        (!names.is_empty()).then(|| names.join(" "))
    };
    let before = words(&roles);
    change(&mut roles);
    Change {
        what: "roles".to_owned(),
        before,
        after: words(&roles),
    }
}

/// A subject with a name that can be shown.
fn named(subject: Subject) -> Result<Subject, Refusal> {
    let fits = |name: &str| is_text(name, NAME).is_ok() && is_line(name);
    if fits(&subject.name) && subject.person.as_deref().is_none_or(fits) {
        Ok(subject)
    } else {
        Err(RefusalCode::InvalidAccount.into())
    }
}
