//! GM/T 0016, called SKF: the tokens that authorities in China hand out, with a pair of
//! certificates of SM2.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use kaibiao_crypto::held::{RsaText, Sm2Cipher};
use kaibiao_crypto::secret::Secret;
use kaibiao_skf::{Application, Container, Device, Fault, Pair, Sealed, Verified};
use zeroize::Zeroizing;

use crate::problem::{Outcome, TokenProblem};
use crate::token::{BareKey, Entry, KeyId, Middleware, Pin, Session, Token, TokenId, Tries};

/// A maker's library of GM/T 0016.
pub struct SkfMiddleware(kaibiao_skf::Middleware);

impl SkfMiddleware {
    /// Loads a library that is there.
    ///
    /// # Errors
    /// [`TokenProblem::MiddlewareBroken`].
    pub fn load(path: &Path) -> Outcome<Self> {
        let broken = |fault: Fault| TokenProblem::MiddlewareBroken {
            path: path.to_owned(),
            detail: fault.to_string(),
        };
        kaibiao_skf::Middleware::load(path)
            .map(Self)
            .map_err(broken)
    }

    fn application(&self, token: &TokenId) -> Outcome<(Device, Application, String)> {
        let (device, name) = token.0.rsplit_once('/').ok_or(TokenProblem::NoToken)?;
        let device = self.0.connect(device).map_err(tell)?;
        let application = device.application(name).map_err(tell)?;
        Ok((device, application, name.to_owned()))
    }
}

impl Middleware for SkfMiddleware {
    fn tokens(&self) -> Outcome<Vec<Token>> {
        let mut tokens = Vec::new();
        for name in self.0.devices().map_err(tell)? {
            match applications(&self.0, &name) {
                Ok(found) => tokens.extend(found),
                // It was pulled between two calls.
                Err(TokenProblem::TokenGone) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(tokens)
    }

    fn certificates(&self, token: &TokenId) -> Outcome<Vec<Entry>> {
        let (_, application, _) = self.application(token)?;
        let (entries, _) = contents(&application)?;
        Ok(entries)
    }

    fn open(&self, token: &TokenId, pin: Option<&Pin>) -> Outcome<Arc<dyn Session>> {
        let (device, application, name) = self.application(token)?;
        let id = token.0.rsplit_once('/').map_or("", |(device, _)| device);
        let token = describe(id, &device, &application, &name)?;
        if token.tries == Tries::Blocked {
            return Err(TokenProblem::PinBlocked);
        }
        let pin = pin.ok_or(TokenProblem::PinForm)?;
        match application.verify_pin(pin.as_str()).map_err(tell)? {
            Verified::Right => {}
            Verified::Wrong { left: 0 } => return Err(TokenProblem::PinBlocked),
            Verified::Wrong { left } => {
                let left = Tries::Left(left);
                return Err(TokenProblem::PinWrong { left });
            }
        }
        let (entries, keys) = contents(&application)?;
        Ok(Arc::new(SkfSession {
            token,
            entries,
            keys,
        }))
    }
}

/// Each application of a device, as a token of its own: a PIN belongs to one.
fn applications(middleware: &kaibiao_skf::Middleware, name: &str) -> Outcome<Vec<Token>> {
    let device = middleware.connect(name).map_err(tell)?;
    let mut tokens = Vec::new();
    for application in device.applications().map_err(tell)? {
        let open = device.application(&application).map_err(tell)?;
        // Makers keep applications of their own, without keys of persons.
        if !open.containers().map_err(tell)?.is_empty() {
            tokens.push(describe(name, &device, &open, &application)?);
        }
    }
    Ok(tokens)
}

fn describe(id: &str, device: &Device, application: &Application, name: &str) -> Outcome<Token> {
    let info = device.info().map_err(tell)?;
    let tries = match application.pin_info() {
        Ok(pin) if pin.left == 0 => Tries::Blocked,
        Ok(pin) => Tries::Left(pin.left),
        Err(Fault::Missing(_) | Fault::Returned(0x0A00_0003)) => Tries::Unknown,
        Err(other) => return Err(tell(other)),
    };
    Ok(Token {
        id: TokenId(format!("{id}/{name}")),
        label: info.label,
        serial: info.serial,
        manufacturer: info.manufacturer,
        model: name.to_owned(),
        tries,
        asks_itself: false,
    })
}

/// The certificates of all containers, and the containers by key.
fn contents(application: &Application) -> Outcome<(Vec<Entry>, HashMap<KeyId, Container>)> {
    let (mut entries, mut keys) = (Vec::new(), HashMap::new());
    for name in application.containers().map_err(tell)? {
        let container = application.container(&name).map_err(tell)?;
        for (pair, kind) in [(Pair::Signature, "sign"), (Pair::Encryption, "encrypt")] {
            let Some(bytes) = container.certificate(pair).map_err(tell)? else {
                continue;
            };
            let key = KeyId(format!("{name}/{kind}"));
            let Some(mut entry) = Entry::new(key.clone(), name.clone(), whole(bytes)) else {
                continue;
            };
            entry.signs &= pair == Pair::Signature;
            entry.decrypts &= pair == Pair::Encryption;
            entries.push(entry);
            keys.insert(key, container.clone());
        }
    }
    Ok((entries, keys))
}

/// Without the bytes that some libraries leave after the certificate.
fn whole(mut bytes: Vec<u8>) -> Vec<u8> {
    if let [0x30, 0x82, high, low, ..] = bytes[..] {
        bytes.truncate(4 + usize::from(u16::from_be_bytes([high, low])));
    }
    bytes
}

/// A session ends when its application is closed: with the last container.
struct SkfSession {
    token: Token,
    entries: Vec<Entry>,
    keys: HashMap<KeyId, Container>,
}

impl SkfSession {
    fn container(&self, key: &KeyId) -> Outcome<&Container> {
        self.keys.get(key).ok_or(TokenProblem::NoKey)
    }
}

impl Session for SkfSession {
    fn token(&self) -> &Token {
        &self.token
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn authorities(&self) -> &[Vec<u8>] {
        &[]
    }

    fn bare(&self) -> &[BareKey] {
        &[]
    }

    fn look(&self) -> Outcome<()> {
        let container = self.keys.values().next().ok_or(TokenProblem::NoKey)?;
        container.certificate(Pair::Signature).map_err(tell)?;
        Ok(())
    }

    fn sign(&self, key: &KeyId, digest: &[u8]) -> Outcome<Vec<u8>> {
        let unsupported = TokenProblem::Unsupported { what: "SM2" };
        let digest = digest.try_into().map_err(|_| unsupported)?;
        let signature = self.container(key)?.sign(digest).map_err(tell)?;
        Ok(signature.to_vec())
    }

    fn rsa(&self, _: &KeyId, _: &[u8]) -> Outcome<RsaText> {
        Err(TokenProblem::Unsupported { what: "RSA / SKF" })
    }

    fn ecdh(&self, _: &KeyId, _: &[u8; 65]) -> Outcome<Secret> {
        Err(TokenProblem::Unsupported {
            what: "P-256 / SKF",
        })
    }

    fn sm2_sm4_cbc(
        &self,
        key: &KeyId,
        sealed: &Sm2Cipher,
        iv: &[u8; 16],
        blocks: &[u8; 64],
    ) -> Outcome<Zeroizing<[u8; 64]>> {
        let sealed = Sealed {
            x: sealed.x,
            y: sealed.y,
            hash: sealed.hash,
            text: sealed.text,
        };
        let container = self.container(key)?;
        container.decrypt_cbc(&sealed, iv, blocks).map_err(tell)
    }
}

/// What the values of GM/T 0016, annex A, mean to a person.
fn tell(fault: Fault) -> TokenProblem {
    match fault {
        Fault::Returned(code) => match code {
            0x0A00_0023 => TokenProblem::TokenGone,
            0x0A00_0024 => TokenProblem::PinWrong {
                left: Tries::Unknown,
            },
            0x0A00_0025 => TokenProblem::PinBlocked,
            0x0A00_0026 | 0x0A00_0027 => TokenProblem::PinForm,
            0x0A00_002A | 0x0A00_0029 => TokenProblem::PinNotSet,
            0x0A00_002D => TokenProblem::LoggedOut,
            0x0A00_000F => TokenProblem::Busy,
            0x0A00_0003 => TokenProblem::Unsupported { what: "SKF" },
            0x0A00_001B | 0x0A00_001C => TokenProblem::NoKey,
            0x0A00_002E => TokenProblem::NoToken,
            // Input data, padding, and a digest that differs: the ciphertext is another's.
            0x0A00_0010 | 0x0A00_0011 | 0x0A00_001A | 0x0A00_001E => TokenProblem::NotOpened,
            _ => TokenProblem::Refused(fault.to_string()),
        },
        Fault::Missing(function) => TokenProblem::Unsupported { what: function },
        Fault::Text => TokenProblem::PinForm,
        Fault::NotALibrary(_) | Fault::Length(_) => TokenProblem::Refused(fault.to_string()),
    }
}
