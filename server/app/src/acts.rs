//! Acts of somebody who is logged in.
//!
//! Here an act's form, its signature and its signer are checked; whether it is
//! lawful now is decided by the rules, inside the append's transaction.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{ActReply, EventRef};
use kaibiao_core::act::{Act, CertifyKey};
use kaibiao_core::book::{Book, Entry};
use kaibiao_core::command::{Actor, Command, Performed};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::permissions::{agent_digest, permits};
use kaibiao_core::project::Project;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::signed::Signed;
use kaibiao_core::state::State;
use kaibiao_core::viewer::Seat;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::Grounds;
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::wrap::PublicKey as PointKey;

use super::login::Session;
use super::signing::{Signer, read, signer};
use super::{App, agents, attachments, attempts, deciding, opening, projects, signatures};
use crate::caller::{Caller, Holder, Visitor};
use crate::failure::of_store;

/// Performs an act in a project.
///
/// # Errors
/// What is wrong with the act's form, signature or secrets, or the rules'
/// refusal, whose evidence has been appended.
pub async fn perform(
    app: &App,
    holder: &Holder,
    project: ProjectId,
    act: &SignedAct,
) -> Result<ActReply, Problem> {
    let body = read(act)?;
    let done = perform_as(app, holder, project, act, &body).await;
    if let (Err(problem), Ok(caller)) = (&done, holder.caller())
        && attempts::is_ours(app, &caller, problem)
    {
        attempts::unserved(app, &caller, project, problem).await;
        if let Act::Unlock(unlock) = &body {
            attempts::unanswered(app, project, &holder.session.organisation, unlock).await;
        }
    }
    done
}

async fn perform_as(
    app: &App,
    holder: &Holder,
    project: ProjectId,
    act: &SignedAct,
    body: &Act,
) -> Result<ActReply, Problem> {
    // Whoever sends an act again because its answer was lost hears that it was
    // taken, even where the right to perform it has ended since.
    let current = deciding::load(app, project).await?;
    if own_entry(&current.state, &current.book, holder, act.digest()).is_some() {
        return Err(RefusalCode::Replayed.into());
    }
    let caller = &holder.caller()?;
    agents::may_perform(&caller.session, body)?;
    if let Act::Submit(_) = body {
        return Err(Transport::WrongPlace.with("place", "projects/{id}/lots/{lot}/bids"));
    }
    check_keys(body)?;
    let (current, viewer) = projects::seen(app, project, &Visitor(Some(caller.clone()))).await?;
    let (actor, grounds) = actor(app, caller, &current.book, project, act, body).await?;
    // Only secrets of somebody who may send them are checked, because each check
    // reads a header.
    permits(&actor, body, &current.state, &current.book)?;
    attachments::are_kept(app, project, caller, body, &current.book).await?;
    signatures::check(app, &current, act, body).await?;
    let prepared = opening::prepare(app, project, body, &act.secrets).await?;
    let performed = Performed {
        actor,
        act: body.clone(),
        signed: Signed::on(act, grounds),
        checked: prepared.checked.clone(),
    };
    let command = Command::Act(Box::new(performed));
    let put = deciding::put(app, project, command, move |events| prepared.beside(events)).await?;
    let reply = opening::reply(app, project, &put.recorded).await?;
    let after = deciding::load(app, project).await?;
    // Before T0 an event's number would tell how many bids there are, and an event
    // that is not the caller's own would tell of others.
    let open = after.state.deadline.is_some();
    let digest = act.digest();
    let events = put
        .recorded
        .iter()
        .filter(|event| open || event.facts.act == Some(digest) || viewer.seat >= Seat::Host)
        .map(|event| EventRef {
            seq: open.then_some(event.seq),
            time: event.time,
            kind: event.facts.what.kind().to_owned(),
        })
        .collect();
    Ok(ActReply {
        events,
        reply,
        now: app.now(),
    })
}

/// What became of an act that was received before, for the organisation that
/// performed it and lost the answer.
///
/// # Errors
/// The refusal that the act met, where it is on record as a failed attempt;
/// `not-found` where no act of this organisation has that digest.
pub async fn taken(
    app: &App,
    holder: &Holder,
    project: ProjectId,
    digest: Digest,
) -> Result<ActReply, Problem> {
    let current = deciding::load(app, project).await?;
    let entry = own_entry(&current.state, &current.book, holder, digest);
    let entry = entry.ok_or(Transport::NotFound)?;
    let recorded = app
        .store
        .events::<Project>(&deciding::stream(project), entry.seq - 1, 1)
        .await
        .map_err(of_store)?;
    if let Some(refusal) = recorded.iter().find_map(|event| event.facts.what.refusal()) {
        return Err(refusal.into());
    }
    let open = current.state.deadline.is_some();
    Ok(ActReply {
        events: vec![EventRef {
            seq: open.then_some(entry.seq),
            time: entry.time,
            kind: entry.kind.clone(),
        }],
        reply: opening::reply(app, project, &recorded).await?,
        now: app.now(),
    })
}

/// What an act of the holder's led to, if it is on the stream.
fn own_entry<'a>(
    state: &State,
    book: &'a Book,
    holder: &Holder,
    digest: Digest,
) -> Option<&'a Entry> {
    if !state.acts.contains(&digest) {
        return None;
    }
    let own = book.entries.values().filter(|entry| {
        let author = entry.author.as_ref();
        let signed = entry.signed.as_ref();
        author.is_some_and(|author| holder.performed(author))
            && signed.is_some_and(|signed| signed.digest() == digest)
    });
    own.last().map(|entry| &**entry)
}

/// Who acts in a project. A custodian's release may be signed by its agent,
/// with the key that the terms name, while the custodian is logged in.
async fn actor(
    app: &App,
    caller: &Caller,
    book: &Book,
    project: ProjectId,
    act: &SignedAct,
    body: &Act,
) -> Result<(Actor, Option<Grounds>), Problem> {
    let project = project.to_string();
    let place = Place {
        origin: &app.keys.origin,
        project: &project,
    };
    let session = &caller.session;
    let mut agent = None;
    let Signer {
        author,
        roles,
        grounds,
    } = match &act.signature {
        Some(signature) if signature.chain.is_empty() => {
            let authorisation = match body {
                Act::CertifyKey(body) => body.authorisation,
                _ => None,
            };
            agent = match authorisation {
                Some(digest) => agents::authorised(app, session, act, place, digest).await?,
                None => agent_of(book, session, act, place)?,
            };
            Signer::unjudged(caller)
        }
        // Another person of the organisation may have signed; then that person's
        // roles count.
        _ => signer(app, session, act, body, place).await?,
    };
    let actor = Actor {
        author,
        roles,
        agent,
    };
    Ok((actor, grounds))
}

/// The digest of the agent's key that signed the act. It must be one of those that
/// this custodian certified, or one that the terms of a lot name.
fn agent_of(
    book: &Book,
    session: &Session,
    act: &SignedAct,
    place: Place<'_>,
) -> Result<Option<Digest>, Problem> {
    let certified = book
        .keys
        .iter()
        .filter(|key| key.organisation == session.organisation)
        .filter_map(|key| key.key.agent.clone());
    let in_terms = book
        .terms
        .values()
        .flat_map(|fixed| &fixed.terms.custodians)
        .filter(|custodian| custodian.organisation == session.organisation)
        .filter_map(|custodian| custodian.agent.clone());
    for agent in certified.chain(in_terms) {
        if agents::verify(act, place, &agent).is_ok() {
            return Ok(agent_digest(Some(&agent)));
        }
    }
    Err(Transport::SignatureWrong.with("reason", "not a certified agent's key"))
}

/// Refuses a key that is not one. The rules check only its length.
fn check_keys(body: &Act) -> Result<(), Problem> {
    let Act::CertifyKey(CertifyKey {
        key, agent, suite, ..
    }) = body
    else {
        return Ok(());
    };
    let point = BASE64.decode(key).unwrap_or_default();
    if PointKey::from_point(*suite, &point).is_err() {
        return Err(Transport::KeyMalformed.with("field", "key"));
    }
    if let Some(agent) = agent {
        let agent = <[u8; 32]>::try_from(BASE64.decode(agent).unwrap_or_default());
        if !agent.is_ok_and(|agent| PublicKey::Ed25519(agent).has_an_owner()) {
            return Err(Transport::KeyMalformed.with("field", "agent"));
        }
    }
    Ok(())
}
