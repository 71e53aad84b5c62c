//! The platform's own stream: who holds which role, configuration, starts and
//! stops, health, log-ins, exports. Kept in the same form as a project's
//! (docs/adr/0024).

mod agents;
mod calls;
mod changes;
mod decide;
mod directory;
mod erasing;
mod reading;
mod sessions;
mod vouching;

pub use calls::{Answered, Call};
pub use changes::{Change, Values};
pub use decide::{Command, Context, decide};
pub use directory::Listed;
pub use reading::{Hidden, Reader, Search, hidden};
pub use sessions::{Sessions, Whose};
pub use vouching::{Standing, Voucher};

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

use crate::act::Exported;
use crate::agents::Authorisation;
use crate::details::Author;
use crate::ids::{Millis, Organisation, Party, ProjectId, Seq};
use crate::number::count_u64;
use crate::refusal::RefusalCode;
use crate::register::{Register, Registered};
use crate::role::{By, Role};
use crate::signed::Signed;
use crate::stream::{self, Stream, Unlawful};
use crate::terms::Named;
use crate::text::is_read_alike;

/// The kind of the platform's stream.
#[derive(Debug, Clone, Copy)]
pub struct Platform;

/// An event of the platform before it has its place.
pub type Event = stream::Event<Facts, Details>;
/// An event of the platform.
pub type Recorded = stream::Recorded<Facts, Details>;

/// The facts of a platform event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// In what capacity.
    pub by: By,
    /// SHA-256 of the act's body, where a person acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Digest>,
    /// The event, with its kind.
    pub what: What,
}

/// What happened to the platform.
#[expect(
    missing_docs,
    reason = "the fields of an event are listed in docs/spec/events.md; those that need a word have one"
)]
#[derive(
    Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[strum(serialize_all = "snake_case")]
pub enum What {
    /// A role was bound to a subject, who is in the details.
    RoleBound { binding: Party, role: Role },
    /// A role was taken away.
    RoleRevoked { binding: Party },
    /// Certificates of an authority act for an organisation from now on; which
    /// ones, is in the details.
    AuthorityLinked { link: Party },
    /// They do no more.
    AuthorityUnlinked { link: Party },
    /// A configuration came into force: SHA-256 of its settings as canonical JSON.
    Configured { configuration: Digest },
    /// Roots or revocation lists of authorities are others now: SHA-256 of what is
    /// known of them, as canonical JSON.
    AuthoritiesChanged { authorities: Digest },
    /// The service started; `unclean` when it had not stopped before. `away` says
    /// since when it had not been up.
    Started {
        version: String,
        unclean: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        away: Option<Millis>,
    },
    /// The service stopped in order.
    Stopped,
    /// A sign of ill health, with what was measured.
    HealthNoted { sign: Health, measured: i64 },
    /// An administrator declared the platform's clock right; `time` is what it
    /// showed.
    ClockSet { time: Millis },
    /// The centre lets an authority's ended revocation list be relied on until
    /// then.
    ListBridged { ca: String, until: Millis },
    /// Somebody called the desk; who, and about what, is in the details.
    DeskCalled { call: Party },
    /// The desk answered.
    CallAnswered { call: Party },
    /// An organisation authorised its agent as custodian.
    AgentAuthorised { from: Millis, until: Millis },
    /// It does no more.
    AgentRevoked { authorisation: Digest },
    /// Something was exported: of a project, or of the whole platform.
    Exported {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        what: Exported,
    },
    /// The details of an event were erased; why and at whose request, is in the
    /// details.
    DetailsErased {
        /// The stream: a project's id, or `platform`.
        stream: String,
        /// The event's number there.
        event: Seq,
        /// Their digest, as the event's shell has it.
        details: Digest,
    },
    /// Sessions that began and ended since the last of these and until then.
    SessionsNoted { whose: Whose, until: Millis },
}

impl What {
    /// The kinds of all events, as in their JSON.
    pub const KINDS: &[&str] = <Self as VariantNames>::VARIANTS;

    /// The event's kind, as in its JSON.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// The project that it is about; none where it is about the whole platform.
    pub fn project(&self) -> Option<ProjectId> {
        match self {
            Self::Exported { project, .. } => *project,
            Self::DetailsErased { stream, .. } => stream.parse().ok(),
            Self::RoleBound { .. }
            | Self::RoleRevoked { .. }
            | Self::AuthorityLinked { .. }
            | Self::AuthorityUnlinked { .. }
            | Self::Configured { .. }
            | Self::AuthoritiesChanged { .. }
            | Self::Started { .. }
            | Self::Stopped
            | Self::HealthNoted { .. }
            | Self::ClockSet { .. }
            | Self::ListBridged { .. }
            | Self::DeskCalled { .. }
            | Self::CallAnswered { .. }
            | Self::AgentAuthorised { .. }
            | Self::AgentRevoked { .. }
            | Self::SessionsNoted { .. } => None,
        }
    }
}

/// Signs of ill health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Errors of the database since the last look; 0 when there were none for a minute.
    DatabaseErrors,
    /// Errors of the blob store since the last look; 0 when there were none for a
    /// minute.
    BlobErrors,
    /// The slowest write of the last minute, in milliseconds, where it was too slow; 0
    /// when none was for a minute.
    SlowAppends,
    /// The clock left its monotonic twin, or a node's own the database's, by
    /// milliseconds; 0 when it is believed, or right, again.
    ClockStepped,
    /// Little room on a disk, or room again: bytes left.
    DiskFull,
    /// Authorities whose files cannot be used or whose lists have ended: how many; 0
    /// when all are well again.
    AuthoritiesUnusable,
    /// The public log does not go on: 1; 0 when it does again.
    LogStopped,
}

/// Who, and with which signature.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// The act's body and its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// Whose role it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// What is otherwise than before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Change>,
    /// Who began and ended sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<Sessions>,
    /// A reason, or what was measured, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A certificate's subject: an organisation, or one person of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// By its unified social credit code.
    pub organisation: Organisation,
    /// The id of the authority that vouches for it.
    pub authority: String,
    /// The organisation's name.
    pub name: String,
    /// The certificate's common name; absent where the whole organisation is
    /// meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The name is the organisation's own word: its certificate names nobody that
    /// can be read, and no administrator has bound a role to it by name yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unvouched: bool,
}

/// The platform's state: bindings by their handles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// How many events there were.
    pub events: Seq,
    /// The last event's time.
    pub time: Millis,
    /// Roles in force.
    pub bindings: BTreeMap<Party, Role>,
    /// Links in force.
    pub links: BTreeSet<Party>,
    /// Every act so far, by the digest of its body.
    pub acts: BTreeSet<Digest>,
    /// The digest of the configuration in force.
    pub configuration: Option<Digest>,
    /// Started and not stopped.
    pub running: bool,
    /// Until when an authority's ended revocation list may be relied on.
    pub bridges: BTreeMap<String, Millis>,
    /// Calls to the desk that wait for an answer.
    #[serde(default)]
    pub calls: BTreeSet<Party>,
    /// Agents' authorisations that are not revoked, by the digest of their act.
    pub agents: BTreeSet<Digest>,
    /// The digest of what is known of authorities.
    #[serde(default)]
    pub authorities: Option<Digest>,
    /// Until when sessions are noted.
    #[serde(default)]
    pub sessions_until: Millis,
    /// Whose details were erased: by stream and number of the event.
    #[serde(default)]
    pub erased: BTreeMap<String, BTreeMap<Seq, Erased>>,
}

/// That an event's details were erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// Their digest, as the event's shell has it.
    pub details: Digest,
    /// The `details_erased` event.
    pub by: Seq,
}

/// Who is behind the bindings in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// By their handles.
    pub bindings: BTreeMap<Party, Binding>,
    /// The authorities whose certificates act for an organisation: the one that
    /// vouched for it first, and those that were linked, in order.
    pub vouchers: BTreeMap<Organisation, Vec<Voucher>>,
    /// Calls to the desk: those that wait, and the answered ones of the last days.
    #[serde(default)]
    pub calls: BTreeMap<Party, Call>,
    /// The authorisations of agents, those that are over and revoked as well, by the
    /// digest of their act.
    pub agents: BTreeMap<Digest, Authorisation>,
    /// Whose the certificates are by which acts of this stream were signed.
    #[serde(default)]
    pub certificates: BTreeMap<Digest, Organisation>,
    /// The settings in force.
    #[serde(default)]
    pub settings: Values,
    /// What is known of authorities: their roots and lists.
    #[serde(default)]
    pub authorities: Values,
}

/// A binding in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Whose it is.
    pub subject: Subject,
    /// The role.
    pub role: Role,
    /// When it was bound.
    pub since: Millis,
}

impl Book {
    /// The roles of a person of an organisation.
    fn roles(&self, organisation: &Organisation, person: &str) -> BTreeSet<Role> {
        let is_theirs = |binding: &&Binding| {
            binding.subject.organisation == *organisation
                && binding
                    .subject
                    .person
                    .as_deref()
                    .is_none_or(|name| name == person)
        };
        self.bindings
            .values()
            .filter(is_theirs)
            .map(|binding| binding.role)
            .collect()
    }

    /// The name an organisation is registered under.
    pub fn name(&self, organisation: &Organisation) -> Option<&str> {
        let registered = self.registered(organisation)?;
        Some(registered.name.as_str())
    }

    /// Whom an organisation is registered as: the subject of its oldest role with a
    /// name that somebody vouches for, or of its oldest role.
    fn registered(&self, organisation: &Organisation) -> Option<&Subject> {
        let own = self.bindings.values();
        own.filter(|binding| binding.subject.organisation == *organisation)
            .min_by_key(|binding| (binding.subject.unvouched, binding.since))
            .map(|binding| &binding.subject)
    }

    /// What is registered of those who are named.
    pub fn register(&self, named: &[&Named]) -> Register {
        let mut register = Register::default();
        for named in named {
            let code = &named.organisation;
            if let Some(name) = self.name(code) {
                let own = self.bindings.values();
                let own = own.filter(|binding| binding.subject.organisation == *code);
                let registered = Registered {
                    name: name.to_owned(),
                    roles: own.map(|binding| binding.role).collect(),
                };
                register.known.insert(code.clone(), registered);
            } else if let Some(bearer) = self.bearer(&named.name) {
                register.borrowed.insert(code.clone(), bearer.clone());
            }
        }
        register
    }

    /// The organisation whose name this is, where somebody vouches for it.
    fn bearer(&self, name: &str) -> Option<&Organisation> {
        let mut subjects = self.bindings.values().map(|binding| &binding.subject);
        let bearer = subjects.find(|it| !it.unvouched && is_read_alike(&it.name, name))?;
        Some(&bearer.organisation)
    }

    /// Whether another organisation bears this name.
    fn is_borne(&self, name: &str, but_by: &Organisation) -> bool {
        let mut subjects = self.bindings.values().map(|binding| &binding.subject);
        subjects.any(|it| it.organisation != *but_by && is_read_alike(&it.name, name))
    }

    fn find(
        &self,
        organisation: &Organisation,
        person: Option<&str>,
        role: Role,
    ) -> Option<(Party, &Binding)> {
        let mut bindings = self.bindings.iter();
        let found = bindings.find(|(_, binding)| {
            binding.role == role
                && binding.subject.organisation == *organisation
                && binding.subject.person.as_deref() == person
        });
        found.map(|(handle, binding)| (*handle, binding))
    }
}

/// The line by which the platform's stream is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// How many roles are bound.
    pub bindings: u64,
}

impl Stream for Platform {
    const KIND: &'static str = "platform";
    type State = State;
    type Book = Book;
    type Facts = Facts;
    type Details = Details;
    type Summary = Summary;

    fn evolve(state: State, event: &Recorded) -> Result<State, Unlawful> {
        evolve(state, event)
    }

    fn note(mut book: Book, event: &Recorded) -> Book {
        let author = event.details.as_ref().and_then(|all| all.author.as_ref());
        if let Some(author) = author {
            book.certificates
                .entry(author.certificate)
                .or_insert_with(|| author.organisation.clone());
        }
        match &event.facts.what {
            What::RoleBound { binding, role } => {
                let subject = event.details.as_ref().and_then(|all| all.subject.clone());
                if let Some(subject) = subject {
                    let since = event.time;
                    let role = *role;
                    book.bindings.insert(
                        *binding,
                        Binding {
                            subject,
                            role,
                            since,
                        },
                    );
                }
            }
            What::RoleRevoked { binding } => {
                book.bindings.remove(binding);
            }
            What::AuthorityLinked { link } => book.link(*link, event),
            What::AuthorityUnlinked { link } => book.unlink(*link),
            What::DeskCalled { call } => book.call(*call, event),
            What::CallAnswered { call } => book.answer(*call, event),
            What::AgentAuthorised { .. } => book.authorise(event),
            What::AgentRevoked { authorisation } => {
                if let Some(known) = book.agents.get_mut(authorisation) {
                    known.revoked = Some(event.time);
                }
            }
            What::Configured { .. } => {
                let details = event.details.iter();
                details.for_each(|all| changes::make(&mut book.settings, &all.changed));
            }
            What::AuthoritiesChanged { .. } => {
                let details = event.details.iter();
                details.for_each(|all| changes::make(&mut book.authorities, &all.changed));
            }
            What::Started { .. }
            | What::Stopped
            | What::HealthNoted { .. }
            | What::ClockSet { .. }
            | What::ListBridged { .. }
            | What::Exported { .. }
            | What::DetailsErased { .. }
            | What::SessionsNoted { .. } => {}
        }
        book
    }

    fn next_due(_: &State) -> Option<Millis> {
        None
    }

    fn summary(state: &State, _: &Book) -> Summary {
        Summary {
            bindings: count_u64(state.bindings.len()),
        }
    }
}

/// The state after one more event.
///
/// # Errors
/// Why the event is unlawful in that state.
pub fn evolve(mut state: State, event: &Recorded) -> Result<State, Unlawful> {
    let unlawful = |code: RefusalCode| Unlawful {
        seq: event.seq,
        code,
        why: code.en().to_owned(),
    };
    if event.seq != state.events + 1 || event.time < state.time {
        return Err(unlawful(RefusalCode::OutOfOrder));
    }
    if let Some(act) = event.facts.act
        && !state.acts.insert(act)
    {
        return Err(unlawful(RefusalCode::Replayed));
    }
    match &event.facts.what {
        What::RoleBound { binding, role } => {
            if state.bindings.insert(*binding, *role).is_some() {
                return Err(unlawful(RefusalCode::FactsDiffer));
            }
        }
        What::RoleRevoked { binding } => {
            let Some(role) = state.bindings.remove(binding) else {
                return Err(unlawful(RefusalCode::NoSuchRole));
            };
            let is_left = state.bindings.values().any(|bound| *bound == role);
            if role == Role::Administrator && !is_left {
                return Err(unlawful(RefusalCode::LastAdministrator));
            }
        }
        What::AuthorityLinked { link } => {
            if !state.links.insert(*link) {
                return Err(unlawful(RefusalCode::FactsDiffer));
            }
        }
        What::AuthorityUnlinked { link } => {
            if !state.links.remove(link) {
                return Err(unlawful(RefusalCode::FactsDiffer));
            }
        }
        What::Configured { configuration } => state.configuration = Some(*configuration),
        What::AuthoritiesChanged { authorities } => state.authorities = Some(*authorities),
        What::SessionsNoted { until, .. } => {
            if *until < state.sessions_until || *until > event.time {
                return Err(unlawful(RefusalCode::FactsDiffer));
            }
            state.sessions_until = *until;
        }
        What::Started { unclean, .. } => {
            if *unclean != state.running {
                return Err(unlawful(RefusalCode::FactsDiffer));
            }
            state.running = true;
        }
        What::Stopped => state.running = false,
        What::DeskCalled { call } => {
            if !state.calls.insert(*call) {
                return Err(unlawful(RefusalCode::FactsDiffer));
            }
        }
        What::CallAnswered { call } => {
            if !state.calls.remove(call) {
                return Err(unlawful(RefusalCode::NoSuchEvent));
            }
        }
        What::ListBridged { ca, until } => {
            state.bridges.insert(ca.clone(), *until);
        }
        What::AgentAuthorised { from, until } => {
            let act = event.facts.act.filter(|_| from < until);
            state
                .agents
                .insert(act.ok_or(unlawful(RefusalCode::FactsDiffer))?);
        }
        What::AgentRevoked { authorisation } => {
            if !state.agents.remove(authorisation) {
                return Err(unlawful(RefusalCode::AuthorisationUnknown));
            }
        }
        What::DetailsErased {
            stream,
            event: which,
            details,
        } => {
            let erased = Erased {
                details: *details,
                by: event.seq,
            };
            // What is to come has no details yet, nor has what is on the stream by now.
            if event.facts.act.is_none() || (stream == Platform::KIND && *which >= event.seq) {
                return Err(unlawful(RefusalCode::FactsDiffer));
            }
            let of = state.erased.entry(stream.clone()).or_default();
            if of.insert(*which, erased).is_some() {
                return Err(unlawful(RefusalCode::AlreadyDone));
            }
        }
        What::HealthNoted { .. } | What::ClockSet { .. } | What::Exported { .. } => {}
    }
    state.events += 1;
    state.time = event.time;
    Ok(state)
}
