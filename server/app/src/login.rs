//! Login by certificate: a challenge is signed once, and a session begins.

use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{ChallengeView, LOGIN};
use kaibiao_core::act::Login;
use kaibiao_core::details::Author;
use kaibiao_core::ids::{Millis, Organisation};
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::{CertificateProblem, Holder, Trust, Use};
use kaibiao_crypto::encoding::Base64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{App, alerts};
use crate::failure::of_store;

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
    /// The session's end, which is never after the certificate's.
    pub expires: Millis,
    /// DER, leaf first. The chain is judged again whenever the trusted authorities
    /// or their revocation lists change.
    pub chain: Vec<Base64>,
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
    // On lists that have ended too: every signed act is judged by itself, and those
    // who cannot act must at least be seen to try, and somebody has to bridge them.
    let body = act.verify_by_ended_lists(place, &authorities.trust, now)?;
    let kaibiao_core::act::Act::Login(Login {
        challenge, address, ..
    }) = body.read()?
    else {
        return Err(Transport::NotCanonical.with("reason", "not a login"));
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
    let holder = body.holder().ok_or(Transport::SignatureMissing)?;
    let hours = i64::try_from(app.config.session.hours).unwrap_or(24);
    let mut session = Session::of(holder, now + hours * 3_600_000);
    // Of what came along, only the certificates of the judged path are kept.
    let path = &holder.grounds.path;
    let signature = act.signature.as_ref();
    let sent = signature.map(|signed| signed.chain.as_slice());
    let is_on_path = |der: &&Base64| path.contains(&Digest::of(&der.0));
    session.chain = sent
        .unwrap_or_default()
        .iter()
        .filter(is_on_path)
        .cloned()
        .collect();
    let session = Arc::new(session);
    let token = app
        .store
        .sessions()
        .begin(&*session, session.expires)
        .await
        .map_err(of_store)?;
    app.memory
        .sessions
        .keep(&token, Arc::clone(&session), authorities.reading);
    if let Err(problem) = alerts::seen(app, &session).await {
        tracing::warn!(%problem, "the certificate of a login was not noted for alerts");
    }
    Ok((token, session))
}

/// Ends a session.
pub async fn logout(app: &App, token: &str) -> Result<(), Problem> {
    app.memory.sessions.forget(token);
    app.store.sessions().end(token).await.map_err(of_store)
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
            expires: expires.min(certificate.not_after()),
            chain: Vec::new(),
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
    let session = match app.memory.sessions.find(token) {
        Some(judged) if judged.reading == authorities.reading => {
            return Ok((judged.session.expires > now).then_some(judged.session));
        }
        Some(judged) => judged.session,
        None => match app
            .store
            .sessions()
            .find(token, now)
            .await
            .map_err(of_store)?
        {
            Some(session) => Arc::new(session),
            None => return Ok(None),
        },
    };
    if session.expires <= now {
        return Ok(None);
    }
    match session.judge(&authorities.trust, now) {
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
    app.memory
        .sessions
        .keep(token, Arc::clone(&session), authorities.reading);
    Ok(Some(session))
}
