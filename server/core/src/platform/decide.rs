//! The commands on the platform's stream, and the events they make.

use kaibiao_crypto::Digest;

use super::{Book, Details, Event, Facts, Health, Recorded, State, Subject, What, evolve};
use crate::act::Act;
use crate::command::Performed;
use crate::ids::{Millis, Party};
use crate::refusal::{Refusal, RefusalCode};
use crate::role::{By, Role};

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
    /// The public part of the configuration has this digest.
    Configured(Digest),
    /// The service starts.
    Started { version: String },
    /// The service stops in order.
    Stopped,
    /// Something was measured that is a sign of ill health.
    HealthNoted {
        sign: Health,
        measured: i64,
        note: String,
    },
}

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
            details.subject = Some(named(subject.clone())?);
            let binding = context.fresh;
            (By::Platform, What::RoleBound { binding, role })
        }
        Command::Configured(configuration) => {
            if state.configuration.as_ref() == Some(configuration) {
                return Ok(Vec::new());
            }
            let configuration = *configuration;
            (By::Platform, What::Configured { configuration })
        }
        Command::Started { version } => {
            let version = version.clone();
            let unclean = state.running;
            (By::Platform, What::Started { version, unclean })
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
    let facts = Facts { by, act, what };
    let recorded = Recorded {
        seq: state.events + 1,
        time: context.now.max(state.time),
        facts: facts.clone(),
        details: None,
    };
    evolve(state.clone(), &recorded).map_err(|unlawful| unlawful.code)?;
    Ok(vec![Event { facts, details }])
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
            })?;
            bind(book, subject, body.role, context, details).map(|what| (by, what))
        }
        Act::Register(body) => {
            let subject = named(Subject {
                organisation: actor.organisation().clone(),
                authority: actor.author.authority.clone(),
                name: body.name.clone(),
                person: None,
            })?;
            bind(book, subject, Role::Bidder, context, details).map(|what| (By::Bidder, what))
        }
        Act::RevokeRole(body) => {
            let by = administrator()?;
            let binding = book
                .find(&body.organisation, body.person.as_deref(), body.role)
                .ok_or(RefusalCode::NoSuchRole)?;
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

fn bind(
    book: &Book,
    subject: Subject,
    role: Role,
    context: &Context,
    details: &mut Details,
) -> Result<What, Refusal> {
    let person = subject.person.as_deref();
    if book.find(&subject.organisation, person, role).is_some() {
        return Err(RefusalCode::AlreadyDone.into());
    }
    details.subject = Some(subject);
    let binding = context.fresh;
    Ok(What::RoleBound { binding, role })
}

/// A subject with a name that can be shown.
fn named(subject: Subject) -> Result<Subject, Refusal> {
    let fits = |name: &str| {
        let length = name.chars().count();
        (1..=100).contains(&length) && !name.chars().any(char::is_control)
    };
    if fits(&subject.name) && subject.person.as_deref().is_none_or(fits) {
        Ok(subject)
    } else {
        Err(RefusalCode::InvalidAccount.into())
    }
}
