//! Login by certificate: a challenge is signed once, and a session begins.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_core::act::Login;
use kaibiao_core::ids::{Millis, Organisation};
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::Holder;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::App;
use crate::api::{ChallengeView, LOGIN};
use crate::problem::{Problem, Transport};

/// Sessions held in memory beside the store, so that not every request reads
/// the database.
const HELD: usize = 50_000;

/// Who is logged in, as the certificate said. Sealed in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub organisation: Organisation,
    pub organisation_name: String,
    /// The certificate's common name.
    pub person: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    pub expires: Millis,
}

/// The sessions seen lately, by the digest of their token.
#[derive(Default)]
pub struct Logins(Mutex<HashMap<Digest, Arc<Session>>>);

/// Issues a challenge. Nothing is stored for it.
pub fn challenge(app: &App) -> Result<ChallengeView, Problem> {
    let seconds = i64::try_from(app.config.session.challenge_seconds).unwrap_or(i64::MAX / 2000);
    let expires = app.now() + seconds * 1000;
    Ok(ChallengeView {
        challenge: app.store.challenges().issue(expires)?,
        origin: app.keys.origin.clone(),
        expires,
    })
}

/// Begins a session for whoever signed a challenge of ours, once, with a
/// certificate that is believed now. Returns the token for the cookie.
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
    let body = act.verify(place, &app.trust.now().trust, now)?;
    let kaibiao_core::act::Act::Login(Login { challenge, .. }) = body.read()? else {
        return Err(Transport::NotCanonical.with("reason", "not a login"));
    };
    if !app.store.challenges().take(&challenge, now).await? {
        return Err(Transport::ChallengeUnknown.into());
    }
    let holder = body.holder().ok_or(Transport::SignatureMissing)?;
    let hours = i64::try_from(app.config.session.hours).unwrap_or(24);
    let session = Arc::new(Session::of(holder, now + hours * 3_600_000));
    let token = app
        .store
        .sessions()
        .begin(&*session, session.expires)
        .await?;
    app.logins.keep(&token, Arc::clone(&session));
    Ok((token, session))
}

/// Ends a session.
pub async fn logout(app: &App, token: &str) -> Result<(), Problem> {
    app.logins.held().remove(&Digest::of(token.as_bytes()));
    Ok(app.store.sessions().end(token).await?)
}

impl Session {
    /// The holder of a judged certificate.
    pub fn of(holder: &Holder, expires: Millis) -> Self {
        let certificate = &holder.certificate;
        Self {
            organisation: holder.organisation.clone(),
            organisation_name: certificate
                .organisation_name()
                .unwrap_or_default()
                .to_owned(),
            person: certificate.common_name().unwrap_or_default().to_owned(),
            certificate: certificate.digest(),
            expires,
        }
    }
}

impl Logins {
    /// The session of a token, if there is one and it has not expired.
    pub async fn find(&self, app: &App, token: &str) -> Result<Option<Arc<Session>>, Problem> {
        let now = app.now();
        if let Some(session) = self.known(token) {
            return Ok((session.expires > now).then_some(session));
        }
        let found: Option<Session> = app.store.sessions().find(token, now).await?;
        let Some(session) = found.map(Arc::new) else {
            return Ok(None);
        };
        self.keep(token, Arc::clone(&session));
        Ok(Some(session))
    }

    /// The session of a token that was seen before.
    pub fn known(&self, token: &str) -> Option<Arc<Session>> {
        self.held().get(&Digest::of(token.as_bytes())).cloned()
    }

    /// Forgets what has expired.
    pub fn sweep(&self, now: Millis) {
        self.held().retain(|_, session| session.expires > now);
    }

    fn keep(&self, token: &str, session: Arc<Session>) {
        let mut held = self.held();
        if held.len() >= HELD {
            // They are in the store; forgetting them costs one read each.
            held.clear();
        }
        held.insert(Digest::of(token.as_bytes()), session);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Digest, Arc<Session>>> {
        // Every change under the lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
