//! A token behind its maker's library (`kaibiao_token`).

use std::sync::Arc;

use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{BidderSecret, Header, OpenProblem};
use kaibiao_crypto::certificate::{Certificate, Use};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::signature::{Algorithm, PublicKey, Signature};
use kaibiao_crypto::wrap::{self, PrivateKey, UnwrapProblem};
use kaibiao_os::random::SystemRng;
use kaibiao_token::{
    Address, Entry, Middleware, Pin, Session, Token, TokenKey, TokenProblem, Tries,
};
use zeroize::Zeroizing;

use crate::holder::{Held, HolderProblem, KeyHolder, Standing};

/// Certificates of a path, at most.
const PATH: usize = 8;

/// The one token that an address names, whichever way it is plugged in now.
pub struct TokenHolder {
    address: Address,
    middleware: Box<dyn Middleware>,
    /// One for a whole batch; none while locked.
    session: Option<Arc<dyn Session>>,
    label: String,
}

impl TokenHolder {
    /// A token that need not be plugged in yet.
    pub fn new(address: Address, middleware: Box<dyn Middleware>) -> Self {
        let label = address.find(&*middleware).map(|token| named(&token));
        Self {
            address,
            middleware,
            session: None,
            label: label.unwrap_or_else(|_| "token".to_owned()),
        }
    }

    fn token(&mut self) -> Result<Token, TokenProblem> {
        let found = self.address.find(&*self.middleware);
        match &found {
            Ok(token) => {
                self.label = named(token);
                // Another one was plugged in meanwhile.
                if self
                    .session
                    .as_ref()
                    .is_some_and(|it| it.token().serial != token.serial)
                {
                    self.session = None;
                }
            }
            Err(_) => self.session = None,
        }
        found
    }

    fn session(&self) -> Result<&Arc<dyn Session>, HolderProblem> {
        self.session.as_ref().ok_or(HolderProblem::Locked)
    }

    /// A session that is over is not used again.
    fn told<T>(&mut self, outcome: Result<T, HolderProblem>) -> Result<T, HolderProblem> {
        if let Err(HolderProblem::Absent | HolderProblem::Locked) = outcome {
            self.session = None;
        }
        outcome
    }

    /// The keys that open wraps, that of a pair's encryption certificate first.
    fn openers(&self) -> Result<Vec<PrivateKey>, HolderProblem> {
        let session = self.session()?;
        let mut entries: Vec<&Entry> = session.entries().iter().filter(|it| it.decrypts).collect();
        entries.sort_by_key(|entry| entry.signs);
        let keys = entries
            .into_iter()
            .map(|entry| Ok(TokenKey::new(Arc::clone(session), entry, &[])?.opener()));
        let keys: Result<Vec<_>, TokenProblem> = keys.collect();
        Ok(keys?.into_iter().flatten().collect())
    }

    fn open_with(&self, header: &Header) -> Result<(Digest, BidderSecret), HolderProblem> {
        let mut last = OpenProblem::Unwrap(UnwrapProblem::OtherKey);
        for key in self.openers()? {
            match header.unwrap_b(0, &key, &mut SystemRng) {
                Ok(b) => return Ok((key.public().id(), b)),
                Err(OpenProblem::Unwrap(UnwrapProblem::OtherKey)) => {}
                Err(problem) => last = problem,
            }
        }
        Err(last.into())
    }

    fn unwrap_with(
        &self,
        key: &Digest,
        wctx: &[u8],
        value: &[u8],
    ) -> Result<Secret, HolderProblem> {
        let own = self.openers()?;
        let own = own.iter().find(|own| own.public().id() == *key);
        let own = own.ok_or(UnwrapProblem::OtherKey)?;
        Ok(own.unwrap(own.public().kind(), wctx, value, &mut SystemRng)?)
    }

    fn sign_with(&self, certificate: &Digest, message: &[u8]) -> Result<Signature, HolderProblem> {
        let session = self.session()?;
        let entry = session
            .entries()
            .iter()
            .find(|entry| Digest::of(&entry.certificate) == *certificate)
            .ok_or(HolderProblem::Foreign)?;
        let key = TokenKey::new(Arc::clone(session), entry, &[])?;
        Ok(key.sign_message(message)?)
    }
}

impl KeyHolder for TokenHolder {
    fn kind(&self) -> &'static str {
        "token"
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    fn standing(&mut self) -> Standing {
        match self.token() {
            Err(_) => Standing::Absent,
            Ok(_) if self.session.is_some() => Standing::Ready,
            Ok(token) if token.tries == Tries::Blocked => Standing::Blocked,
            Ok(_) => Standing::Locked,
        }
    }

    fn tries(&mut self) -> Option<u32> {
        left(self.token().ok()?.tries)
    }

    fn asks_itself(&mut self) -> bool {
        self.token().is_ok_and(|token| token.asks_itself)
    }

    fn unlock(&mut self, pin: &str) -> Result<(), HolderProblem> {
        let token = self.token()?;
        let pin = Pin::new(Zeroizing::new(pin.to_owned()));
        let pin = (!token.asks_itself).then_some(&pin);
        self.session = Some(self.middleware.open(&token.id, pin)?);
        Ok(())
    }

    fn lock(&mut self) {
        self.session = None;
    }

    fn certificates(&mut self) -> Result<Vec<Held>, HolderProblem> {
        let token = self.token()?;
        let entries = self.middleware.certificates(&token.id)?;
        // Authorities' certificates show with the session alone; whoever judges has them too.
        let authorities = self.session.as_ref().map_or(&[][..], |it| it.authorities());
        let known = entries.iter().map(|entry| &entry.certificate);
        let known: Vec<Certificate> = known
            .chain(authorities)
            .filter_map(|der| Certificate::parse(der).ok())
            .collect();
        let meant = entries.iter().filter(|entry| self.address.means(entry));
        Ok(meant.filter_map(|entry| held(entry, &known)).collect())
    }

    fn sign(&mut self, certificate: &Digest, message: &[u8]) -> Result<Signature, HolderProblem> {
        let signed = self.sign_with(certificate, message);
        self.told(signed)
    }

    fn open(&mut self, header: &Header) -> Result<(Digest, BidderSecret), HolderProblem> {
        let opened = self.open_with(header);
        self.told(opened)
    }

    fn unwrap(&mut self, key: &Digest, wctx: &[u8], value: &[u8]) -> Result<Secret, HolderProblem> {
        let opened = self.unwrap_with(key, wctx, value);
        self.told(opened)
    }
}

fn named(token: &Token) -> String {
    format!("{} {}", token.label, token.serial)
        .trim()
        .to_owned()
}

fn left(tries: Tries) -> Option<u32> {
    match tries {
        Tries::Left(left) => Some(left),
        Tries::Blocked => Some(0),
        Tries::Unknown | Tries::Fewer => None,
    }
}

/// What the page is told of a certificate; none of one that cannot be read.
fn held(entry: &Entry, known: &[Certificate]) -> Option<Held> {
    let leaf = Certificate::parse(&entry.certificate).ok()?;
    let algorithm = match leaf.public_key() {
        PublicKey::Rsa(_) => Some(Algorithm::RsaPkcs1),
        PublicKey::P256(_) => Some(Algorithm::EcdsaP256),
        PublicKey::Sm2(_) => Some(Algorithm::Sm2),
        PublicKey::Ed25519(_) => Some(Algorithm::Ed25519),
    };
    let public = wrap::PublicKey::from_certificate(&entry.certificate).ok();
    Some(Held {
        chain: chain(&leaf, known),
        algorithm: algorithm.filter(|_| entry.signs && leaf.allows(Use::Sign)),
        opens: public
            .filter(|_| entry.decrypts)
            .map(|public| (public.id(), public.kind())),
    })
}

/// The certificate and, as far as the token has them, its issuers below the root.
fn chain(leaf: &Certificate, known: &[Certificate]) -> Vec<Vec<u8>> {
    let mut path = vec![leaf.der().to_vec()];
    let mut issuer = leaf.issuer();
    while path.len() < PATH {
        let above = known.iter().find(|it| {
            it.subject() == issuer
                && it.subject() != it.issuer()
                && !path.contains(&it.der().to_vec())
        });
        let Some(above) = above else { break };
        path.push(above.der().to_vec());
        issuer = above.issuer();
    }
    path
}

impl From<TokenProblem> for HolderProblem {
    fn from(problem: TokenProblem) -> Self {
        use TokenProblem as P;
        let words = || format!("{} {}", problem.zh(), problem.en());
        match &problem {
            P::PinWrong { left: tries } => Self::Pin {
                tries: left(*tries),
            },
            P::PinBlocked => Self::Blocked,
            P::NoToken | P::TokenGone => Self::Absent,
            P::LoggedOut => Self::Locked,
            P::MiddlewareUnnamed | P::MiddlewareMissing { .. } | P::MiddlewareBroken { .. } => {
                Self::Middleware(words())
            }
            P::NoKey | P::NotItsCertificate { .. } => Self::Foreign,
            _ => Self::Failed(words()),
        }
    }
}
