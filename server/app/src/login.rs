//! Login by certificate: a challenge is signed once, and a session begins.

use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{ChallengeView, LOGIN, OwnSession, SessionList};
use kaibiao_core::act::{Act, Login};
use kaibiao_core::details::Author;
use kaibiao_core::ids::{Millis, Organisation};
use kaibiao_core::refusal::RefusalCode;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::{CertificateProblem, Holder, Trust, Use};
use kaibiao_crypto::encoding::Base64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{App, agents, alerts, logins, platform};
use crate::bus::Told;
use crate::failure::of_store;
use crate::memory::sessions::Judged;

/// Who is logged in, as the certificate says. The store keeps it sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub organisation: Organisation,
    /// The id of the authority that vouches for it.
    pub authority: String,
    pub organisation_name: String,
    /// The certificate's common name.
    pub person: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    /// When it began; sessions of an earlier version do not say.
    #[serde(default)]
    pub began: Option<Millis>,
    /// The session's end, which is never after the certificate's.
    pub expires: Millis,
    /// DER, leaf first. The chain is judged again whenever the trusted authorities
    /// or their revocation lists change.
    pub chain: Vec<Base64>,
    /// The standing authorisation by which a custodian's agent is logged in, with its
    /// own key. What else is said here is then of who signed the authorisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Digest>,
}

/// Issues a challenge. Nothing is stored for it.
pub fn challenge(app: &App) -> Result<ChallengeView, Problem> {
    let seconds = i64::try_from(app.config.session.challenge_seconds).unwrap_or(i64::MAX / 2000);
    let expires = app.now() + seconds * 1000;
    Ok(ChallengeView {
        challenge: app.store.challenges().issue(expires).map_err(of_store)?,
        origin: app.keys.origin.clone(),
        expires,
    })
}

/// Begins a session for whoever signed one of our challenges with a certificate
/// that is believed now; a challenge serves once. Returns the token for the
/// cookie.
pub async fn login(
    app: &App,
    act: &SignedAct,
) -> Result<(Zeroizing<String>, Arc<Session>), Problem> {
    let envelope = act.envelope()?;
    if envelope.act != LOGIN {
        return Err(Transport::WrongAct
            .with("expected", LOGIN)
            .param("found", envelope.act));
    }
    let now = app.now();
    let place = Place {
        origin: &app.keys.origin,
        project: "",
    };
    let authorities = app.memory.authorities.now();
    let Act::Login(Login {
        challenge,
        address,
        authorisation,
        ..
    }) = act.read()?
    else {
        return Err(Transport::NotCanonical.with("reason", "not a login"));
    };
    let hours = i64::try_from(app.config.session.hours).unwrap_or(24);
    let expires = now + hours * 3_600_000;
    let mut session = match authorisation {
        Some(agent) => of_agent(app, act, place, agent, expires).await?,
        None => of_person(act, place, &authorities.trust, now, expires)?,
    };
    // A login that was signed at another platform's address is not ours, even if
    // that platform showed one of our challenges.
    if !app.config.is_reached_at(&address) {
        return Err(Transport::LoginElsewhere.with("address", address));
    }
    if !app
        .store
        .challenges()
        .take(&challenge, now)
        .await
        .map_err(of_store)?
    {
        return Err(Transport::ChallengeUnknown.into());
    }
    session.began = Some(now);
    let session = Arc::new(session);
    let token = app
        .store
        .sessions()
        .begin(&*session, session.expires)
        .await
        .map_err(of_store)?;
    let name = app.store.sessions().name(&token);
    let judged = Judged::new(Arc::clone(&session), authorities.reading, name, now);
    app.memory.sessions.keep(&token, judged);
    logins::began(app, &session, now).await;
    if let Err(problem) = alerts::seen(app, &session).await {
        tracing::warn!(%problem, "the certificate of a login was not noted for alerts");
    }
    Ok((token, session))
}

/// The session of whoever signed a login with a certificate that is believed.
fn of_person(
    act: &SignedAct,
    place: Place<'_>,
    trust: &Trust,
    now: Millis,
    expires: Millis,
) -> Result<Session, Problem> {
    // On lists that have ended too: every signed act is judged by itself, and those
    // who cannot act must at least be seen to try, and somebody has to bridge them.
    let verified = act.verify_by_ended_lists(place, trust, now)?;
    let holder = verified.holder().ok_or(Transport::SignatureMissing)?;
    // Of what came along, only the certificates of the judged path are kept.
    let path = &holder.grounds.path;
    let signature = act.signature.as_ref();
    let sent = signature.map(|signed| signed.chain.as_slice());
    let is_on_path = |der: &&Base64| path.contains(&Digest::of(&der.0));
    Ok(Session {
        chain: sent
            .unwrap_or_default()
            .iter()
            .filter(is_on_path)
            .cloned()
            .collect(),
        ..Session::of(holder, expires)
    })
}

/// The session of a custodian's agent, which signed a login with the key that its
/// organisation has authorised.
async fn of_agent(
    app: &App,
    act: &SignedAct,
    place: Place<'_>,
    authorisation: Digest,
    expires: Millis,
) -> Result<Session, Problem> {
    let platform = platform::load(app).await.map_err(of_store)?;
    let known = platform.book.agents.get(&authorisation);
    let known = known.ok_or(RefusalCode::AuthorisationUnknown)?;
    agents::verify(act, place, &known.body.agent)?;
    if !known.stands(app.now()) {
        return Err(RefusalCode::AuthorisationEnded.into());
    }
    let author = &known.author;
    let session = Session {
        organisation: author.organisation.clone(),
        authority: author.authority.clone(),
        organisation_name: author.name.clone(),
        person: author.person.clone(),
        certificate: author.certificate,
        began: None,
        expires: expires.min(known.body.until),
        chain: Vec::new(),
        agent: Some(authorisation),
    };
    // Whoever authorised it must still have a role here.
    if !agents::stands(app, &session).await? {
        return Err(RefusalCode::AuthorisationEnded.into());
    }
    Ok(session)
}

/// The sessions of a session's holder: those of the same person of the same
/// organisation, whichever of its certificates began them. The one that asks is
/// marked, the others are the later used the sooner listed.
///
/// # Errors
/// When the store fails.
pub async fn sessions(app: &App, holder: &Session, token: &str) -> Result<SessionList, Problem> {
    let store = app.store.sessions();
    let own = |it: &Session| it.is_of(holder);
    let found = store.list(app.now(), own).await.map_err(of_store)?;
    let names: Vec<Digest> = found.iter().map(|(name, _)| *name).collect();
    let used = app.memory.sessions.used(&names);
    let this = store.name(token);
    let mut sessions: Vec<OwnSession> = found
        .into_iter()
        .map(|(name, session)| OwnSession {
            session: name.to_string(),
            this: name == this,
            began: session.began,
            used: used.get(&name).copied(),
            expires: session.expires,
            certificate: session.certificate.to_string(),
        })
        .collect();
    sessions.sort_by_key(|it| std::cmp::Reverse((it.this, it.used, it.began)));
    Ok(SessionList { sessions })
}

/// Ends one of the holder's own sessions by the name it is listed by.
///
/// # Errors
/// `not-found` for one that is not its own, or is over; when the store fails.
pub async fn end(app: &App, holder: &Session, name: Digest) -> Result<(), Problem> {
    let store = app.store.sessions();
    let own = |it: &Session| it.is_of(holder);
    let found = store.list(app.now(), own).await.map_err(of_store)?;
    let Some((_, session)) = found.iter().find(|(it, _)| *it == name) else {
        return Err(Transport::NotFound.into());
    };
    end_by_name(app, &name, session).await
}

/// Ends all the holder's own sessions but that of the token; answers how many.
///
/// # Errors
/// When the store fails; some may have ended.
pub async fn end_others(app: &App, holder: &Session, token: &str) -> Result<u64, Problem> {
    let store = app.store.sessions();
    let own = |it: &Session| it.is_of(holder);
    let found = store.list(app.now(), own).await.map_err(of_store)?;
    let this = store.name(token);
    let mut ended = 0;
    for (name, session) in found.iter().filter(|(name, _)| *name != this) {
        end_by_name(app, name, session).await?;
        ended += 1;
    }
    Ok(ended)
}

/// Ends the session of a token, if there is one.
pub async fn logout(app: &App, token: &str) -> Result<(), Problem> {
    let store = app.store.sessions();
    let held = app.memory.sessions.find(token).map(|held| held.session);
    let session = match held {
        Some(session) => session,
        None => match store.find(token, app.now()).await.map_err(of_store)? {
            Some(session) => Arc::new(session),
            None => return Ok(()),
        },
    };
    end_by_name(app, &store.name(token), &session).await
}

async fn end_by_name(app: &App, name: &Digest, session: &Session) -> Result<(), Problem> {
    let ended = app.store.sessions().end_named(name).await;
    ended.map_err(of_store)?;
    // After the store, so that nobody reads it back meanwhile.
    app.memory.sessions.end(name);
    app.tell(Told::Ended { session: *name });
    logins::ended(app, session, app.now()).await;
    Ok(())
}

impl Session {
    /// The holder of a judged certificate.
    pub fn of(holder: &Holder, expires: Millis) -> Self {
        let certificate = &holder.certificate;
        Self {
            organisation: holder.organisation.clone(),
            authority: holder.authority.clone(),
            organisation_name: holder.name.clone().unwrap_or_default(),
            person: certificate.common_name().unwrap_or_default().to_owned(),
            certificate: certificate.digest(),
            began: None,
            expires: expires.min(certificate.not_after()),
            chain: Vec::new(),
            agent: None,
        }
    }

    /// The author that the certificate makes. By which link it acts, if by one,
    /// the platform says.
    pub fn author(&self) -> Author {
        Author {
            organisation: self.organisation.clone(),
            name: self.organisation_name.clone(),
            person: self.person.clone(),
            authority: self.authority.clone(),
            link: None,
            certificate: self.certificate,
            unvouched: false,
            certified: None,
        }
    }

    /// Whether another session is the same person's.
    fn is_of(&self, holder: &Self) -> bool {
        self.organisation == holder.organisation
            && self.authority == holder.authority
            && self.person == holder.person
            && self.agent == holder.agent
    }

    /// Judges the certificate again, as at the login.
    fn judge(&self, trust: &Trust, now: Millis) -> Result<(), CertificateProblem> {
        let chain: Vec<&[u8]> = self.chain.iter().map(|der| der.0.as_slice()).collect();
        trust.judge_by_ended_lists(&chain, now, Use::Sign).map(drop)
    }
}

/// The session of a token, if there is one, it has not expired, and its
/// certificate is still believed. What cannot change any more ends it; a trouble
/// of its authority's files passes, and leaves it.
///
/// # Errors
/// When the store fails, or the certificate cannot be judged now.
pub async fn find(app: &App, token: &str) -> Result<Option<Arc<Session>>, Problem> {
    let now = app.now();
    let authorities = app.memory.authorities.now();
    let judged = match app.memory.sessions.find(token) {
        Some(judged) if judged.reading == authorities.reading => {
            judged.touch(now);
            return Ok((judged.session.expires > now).then_some(judged.session));
        }
        Some(judged) => judged,
        None => match stored(app, token, now, authorities.reading).await? {
            Some(judged) => judged,
            None => return Ok(None),
        },
    };
    let session = Arc::clone(&judged.session);
    if session.expires <= now {
        return Ok(None);
    }
    let judged_now = match session.agent {
        // No certificate signed it; whether it stands is asked at each request.
        Some(_) => Ok(()),
        None => session.judge(&authorities.trust, now),
    };
    match judged_now {
        Err(CertificateProblem::Revoked | CertificateProblem::Expired { .. }) => {
            logout(app, token).await?;
            return Ok(None);
        }
        // The session was begun on a list; that the platform has none now that holds is
        // no fault of its holder, whose acts are judged by themselves.
        Ok(())
        | Err(
            CertificateProblem::CrlMissing
            | CertificateProblem::CrlBroken
            | CertificateProblem::CrlStale { .. },
        ) => {}
        Err(problem) => return Err(problem.into()),
    }
    let judged = judged.again(authorities.reading, now);
    app.memory.sessions.keep(token, judged);
    Ok(Some(session))
}

/// A session as the store has it, read once for all of its requests that wait.
async fn stored(
    app: &App,
    token: &str,
    now: Millis,
    reading: u64,
) -> Result<Option<Judged>, Problem> {
    let sessions = app.store.sessions();
    let name = sessions.name(token);
    let read = async {
        let found = sessions.find(token, now).await.map_err(of_store)?;
        Ok(found.map(|session| Judged::new(Arc::new(session), reading, name, now)))
    };
    app.memory.sessions.stored.ask(name, read).await
}
