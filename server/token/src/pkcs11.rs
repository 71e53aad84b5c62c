//! PKCS #11: smart cards, USB keys and security modules of most of the world.

mod problem;
mod session;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use self::problem::{problem, tell};
use self::session::Pkcs11Session;
use crate::address::hex;
use crate::problem::{Outcome, TokenProblem};
use crate::token::{Entry, KeyId, Middleware, Pin, Session, Token, TokenId, Tries};

/// A process speaks to a library through one context, which it keeps.
static LOADED: LazyLock<Mutex<HashMap<PathBuf, Pkcs11>>> = LazyLock::new(Mutex::default);

/// A maker's library of PKCS #11.
pub struct Pkcs11Middleware {
    context: Pkcs11,
}

impl Pkcs11Middleware {
    /// Loads and initialises a library that is there.
    ///
    /// # Errors
    /// [`TokenProblem::MiddlewareBroken`].
    pub fn load(path: &Path) -> Outcome<Self> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(context) = loaded.get(path) {
            let context = context.clone();
            return Ok(Self { context });
        }
        let broken = |problem: Error| TokenProblem::MiddlewareBroken {
            path: path.to_owned(),
            detail: problem.to_string(),
        };
        let context = Pkcs11::new(path).map_err(broken)?;
        let threads = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match context.initialize(threads) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(other) => return Err(broken(other)),
        }
        loaded.insert(path.to_owned(), context.clone());
        Ok(Self { context })
    }

    fn slot(&self, token: &TokenId) -> Outcome<Slot> {
        let slots = self.context.get_slots_with_token().map_err(tell)?;
        let mut slots = slots.into_iter();
        slots
            .find(|slot| slot.id().to_string() == token.0)
            .ok_or(TokenProblem::TokenGone)
    }

    fn token(&self, slot: Slot) -> Result<Token, Error> {
        let info = self.context.get_token_info(slot)?;
        Ok(Token {
            id: TokenId(slot.id().to_string()),
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
            manufacturer: info.manufacturer_id().to_owned(),
            model: info.model().to_owned(),
            tries: if info.user_pin_locked() {
                Tries::Blocked
            } else if info.user_pin_final_try() {
                Tries::Left(1)
            } else if info.user_pin_count_low() {
                Tries::Fewer
            } else {
                Tries::Unknown
            },
            asks_itself: info.protected_authentication_path(),
        })
    }
}

impl Middleware for Pkcs11Middleware {
    fn tokens(&self) -> Outcome<Vec<Token>> {
        let slots = self.context.get_slots_with_initialized_token();
        let mut tokens = Vec::new();
        for slot in slots.map_err(tell)? {
            match self.token(slot).map_err(tell) {
                Ok(token) => tokens.push(token),
                // It was pulled between the two calls.
                Err(TokenProblem::TokenGone) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(tokens)
    }

    fn certificates(&self, token: &TokenId) -> Outcome<Vec<Entry>> {
        let session = self.context.open_ro_session(self.slot(token)?);
        let session = session.map_err(tell)?;
        Ok(certificates(&session).map_err(tell)?.0)
    }

    fn open(&self, token: &TokenId, pin: Option<&Pin>) -> Outcome<Arc<dyn Session>> {
        let slot = self.slot(token)?;
        let before = self.token(slot).map_err(tell)?;
        if before.tries == Tries::Blocked {
            return Err(TokenProblem::PinBlocked);
        }
        let session = self.context.open_ro_session(slot).map_err(tell)?;
        let pin = pin.map(|pin| AuthPin::from(pin.as_str().to_owned()));
        if let Err(failed) = session.login(UserType::User, pin.as_ref()) {
            return Err(match failed {
                Error::Pkcs11(RvError::PinIncorrect, _) => {
                    match self.token(slot).map_or(Tries::Unknown, |token| token.tries) {
                        Tries::Blocked => TokenProblem::PinBlocked,
                        left => TokenProblem::PinWrong { left },
                    }
                }
                other => problem(&other),
            });
        }
        let mechanisms = self.context.get_mechanism_list(slot).map_err(tell)?;
        Pkcs11Session::new(before, session, mechanisms).map(|session| {
            let session: Arc<dyn Session> = Arc::new(session);
            session
        })
    }
}

/// The certificates that can be read, and the ids (CKA_ID) of their keys.
fn certificates(session: &cryptoki::session::Session) -> Result<(Vec<Entry>, Vec<Vec<u8>>), Error> {
    let x509 = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
    ];
    let (mut entries, mut ids) = (Vec::new(), Vec::new());
    for object in session.find_objects(&x509)? {
        let (mut id, mut label, mut value) = (Vec::new(), Vec::new(), Vec::new());
        let wanted = [
            AttributeType::Id,
            AttributeType::Label,
            AttributeType::Value,
        ];
        for attribute in session.get_attributes(object, &wanted)? {
            match attribute {
                Attribute::Id(bytes) => id = bytes,
                Attribute::Label(bytes) => label = bytes,
                Attribute::Value(bytes) => value = bytes,
                _ => {}
            }
        }
        let label = String::from_utf8_lossy(&label).into_owned();
        if let Some(entry) = Entry::new(KeyId(hex(&id)), label, value) {
            entries.push(entry);
            ids.push(id);
        }
    }
    Ok((entries, ids))
}
