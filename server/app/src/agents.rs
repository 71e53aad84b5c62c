//! Custodians' agents with a standing authorisation (docs/spec/acts.md, Agents): what
//! they may do while nobody is there, and what they have to do.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{AgentView, AuthorisationView, CustodyProject, CustodyView, Due};
use kaibiao_core::access::{Point, Thing, is_public};
use kaibiao_core::act::Act;
use kaibiao_core::agents::Authorisation;
use kaibiao_core::ids::{Millis, Organisation, ProjectId};
use kaibiao_core::lists;
use kaibiao_core::permissions::agent_digest;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::state::Stage;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::{Certificate, CertificateProblem, Use};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::{Digest, Suite};

use crate::bus::Told;
use crate::caller::Caller;
use crate::desk::Span;
use crate::failure::of_store;
use crate::login::Session;
use crate::walk::Walk;
use crate::{App, deciding, listing, platform, walk};

/// Checks that an act is signed by an agent's key, in base64.
///
/// # Errors
/// `signature-wrong`.
pub fn verify(act: &SignedAct, place: Place<'_>, agent: &str) -> Result<(), Problem> {
    let key = from_base64(agent).ok();
    let key = key.and_then(|key| <[u8; 32]>::try_from(key).ok());
    let is_its = |key| act.verify_by_key(place, &PublicKey::Ed25519(key)).is_ok();
    // A key has no certificates, and nothing would check those that came along.
    let bare = act.signature.as_ref().is_some_and(|it| it.chain.is_empty());
    if bare && key.is_some_and(is_its) {
        Ok(())
    } else {
        Err(Transport::SignatureWrong.with("reason", "not the authorised agent's key"))
    }
}

/// The digest of the key that signed an act, which must be that of an agent authorised
/// by the organisation that is logged in.
///
/// # Errors
/// `authorisation-unknown`, `signature-wrong`.
pub async fn authorised(
    app: &App,
    session: &Session,
    act: &SignedAct,
    place: Place<'_>,
    authorisation: Digest,
) -> Result<Option<Digest>, Problem> {
    let platform = platform::load(app).await.map_err(of_store)?;
    let known = platform.book.agents.get(&authorisation);
    let known = known.filter(|it| *it.organisation() == session.organisation);
    let known = known.ok_or(RefusalCode::AuthorisationUnknown)?;
    if is_revoked(app, known) {
        return Err(RefusalCode::AuthorisationEnded.into());
    }
    let agent = &known.body.agent;
    verify(act, place, agent)?;
    Ok(agent_digest(Some(agent)))
}

/// Whether the certificate that an authorisation was signed with has been revoked since,
/// by the lists of today: whoever had it for a minute would otherwise act by it for a
/// year. That it has ended changes nothing.
fn is_revoked(app: &App, known: &Authorisation) -> bool {
    let signature = known.signed.signature.as_ref();
    let chain: Vec<&[u8]> = signature
        .iter()
        .flat_map(|it| it.chain.iter().map(|der| der.0.as_slice()))
        .collect();
    let Some(grounds) = &known.signed.grounds else {
        return false;
    };
    let leaf = chain.first().and_then(|der| Certificate::parse(der).ok());
    let ends = leaf.map_or(Millis::MAX, |leaf| leaf.not_after());
    let authorities = app.memory.authorities.now();
    let at = app.now().min(ends);
    let judged = authorities
        .trust
        .judge_since(&chain, grounds, at, Use::Sign);
    matches!(judged, Err(CertificateProblem::Revoked))
}

/// Whether a session may go on: an agent's does while its authorisation is in force,
/// and while whoever signed that has a role here.
///
/// # Errors
/// When the store fails.
pub async fn stands(app: &App, session: &Session) -> Result<bool, Problem> {
    let Some(authorisation) = session.agent else {
        return Ok(true);
    };
    let platform = platform::load(app).await.map_err(of_store)?;
    let known = platform.book.agents.get(&authorisation);
    let in_force = known.is_some_and(|it| it.stands(app.now()) && !is_revoked(app, it));
    let standing = platform::standing(app, session).await?;
    Ok(in_force && standing.is_ok_and(|standing| !standing.roles.is_empty()))
}

/// Refuses an agent's session an act that is none of an agent's.
///
/// # Errors
/// `agent-only`.
pub fn may_perform(session: &Session, act: &Act) -> Result<(), Problem> {
    let is_agents = matches!(act, Act::CertifyKey(_) | Act::Release(_) | Act::Rescue(_));
    if session.agent.is_none() || is_agents {
        Ok(())
    } else {
        Err(Transport::AgentOnly.into())
    }
}

/// Refuses an agent's session what is of no project that its organisation keeps a key
/// of. One that a host has only asked to keep a key may be a bidder there, whose bids an
/// agent has no business with; it can still certify.
///
/// # Errors
/// `agent-only`; `not-found` where there is no such project for others.
pub async fn may_look(
    app: &App,
    session: &Session,
    project: ProjectId,
    acts: bool,
) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let book = &current.book;
    let invited = acts && book.may_keep_keys(&session.organisation);
    if invited || book.is_custodian(&session.organisation) {
        Ok(())
    } else if is_public(Thing::Project, Point::project(&current.state)) {
        Err(Transport::AgentOnly.into())
    } else {
        Err(Transport::NotFound.into())
    }
}

/// What the caller's organisation has to do as a custodian, in all projects that have
/// not ended, and how its agents stand.
///
/// # Errors
/// When the store fails.
pub async fn custody(app: &App, caller: &Caller) -> Result<CustodyView, Problem> {
    let organisation = &caller.session.organisation;
    let platform = platform::load(app).await.map_err(of_store)?;
    let now = app.now();
    let agents = platform.book.agents_of(organisation);
    let authorisations = agents.map(|(digest, it)| AuthorisationView {
        digest,
        agent: it.body.agent.clone(),
        from: it.body.from,
        until: it.body.until,
        hosts: it.body.hosts.clone(),
        signed_by: it.author.person.clone(),
        revoked: it.revoked,
    });
    let mut authorisations: Vec<_> = authorisations.collect();
    authorisations.sort_by_key(|it| std::cmp::Reverse(it.from));
    let mut projects = Vec::new();
    let kept = vec![lists::kept_by(organisation)];
    let mut kept = Walk::through(app, kept, Span::default(), None, walk::PAGE).backwards();
    while let Some(found) = kept.next().await? {
        let summary = &found.listed.summary;
        if summary.ended.is_some() || !summary.custodians.contains(organisation) {
            continue;
        }
        let Some(project) = deciding::project_of(&found.listed.stream) else {
            continue;
        };
        let looked = deciding::unless_damaged(deciding::load(app, project).await)?;
        let Some(current) = looked else {
            continue;
        };
        let duties = listing::duties(&current, &platform.book, organisation);
        let key = current
            .book
            .keys
            .iter()
            .find(|it| it.organisation == *organisation);
        let authorisation = key.and_then(|it| it.key.authorisation);
        let suite = current
            .book
            .draft
            .as_ref()
            .map_or(Suite::Intl, |it| it.suite);
        let is_of_no_use =
            key.is_some_and(|it| platform.book.has_revoked(&it.key) || it.key.suite != suite);
        let certifies = summary.stage <= Stage::Bidding;
        let waits = duties
            .iter()
            .any(|it| it.stage == Stage::Releasing && !it.released);
        let due = if waits {
            Some(Due::Release)
        } else if certifies && key.is_none() {
            Some(Due::Certify)
        } else if certifies && is_of_no_use {
            Some(Due::CertifyAgain)
        } else {
            None
        };
        let officials = current.book.draft.as_ref().map(|draft| &draft.officials);
        projects.push(CustodyProject {
            id: project.to_string(),
            number: summary.number.clone(),
            title: summary.title.clone(),
            hosts: officials
                .into_iter()
                .flat_map(|it| it.hosts().cloned())
                .collect(),
            deadline: summary.t0,
            published: summary.published,
            suite,
            invited: duties.is_empty(),
            due,
            authorisation,
            duties,
        });
    }
    Ok(CustodyView {
        agent: AgentView {
            authorised_until: platform.book.authorised_until(organisation, now),
            heard_at: app.memory.heard.of(organisation),
            authorisations,
        },
        projects,
        now,
    })
}

/// Whether an organisation keeps a key of a project that has not ended, or was asked to.
///
/// # Errors
/// When the store fails.
pub async fn keeps_keys(app: &App, organisation: &Organisation) -> Result<bool, Problem> {
    let kept = vec![lists::kept_by(organisation)];
    let mut kept = Walk::through(app, kept, Span::default(), None, 1);
    while let Some(found) = kept.next().await? {
        let summary = found.listed.summary;
        if summary.ended.is_none() && summary.custodians.contains(organisation) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes that an organisation's agent was heard.
pub fn hear(app: &App, organisation: &Organisation) {
    let at = app.now();
    app.memory.heard.note(organisation, at);
    app.tell(Told::Heard {
        organisation: organisation.clone(),
        at,
    });
}
