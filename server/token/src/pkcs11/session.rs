//! Computing with the keys of a token that was logged in to.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::error::Error;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::SessionState;
use kaibiao_crypto::held::{RsaText, Sm2Cipher};
use kaibiao_crypto::secret::Secret;
use zeroize::Zeroizing;

use super::certificates;
use super::problem::{problem, tell};
use crate::address::hex;
use crate::problem::{Outcome, TokenProblem};
use crate::token::{BareKey, Entry, KeyId, Session, Token};

/// The DER of DigestInfo before a digest of SHA-256 (RFC 8017, 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// A session that is logged in; it is logged out when it is dropped.
pub(super) struct Pkcs11Session {
    token: Token,
    session: Mutex<cryptoki::session::Session>,
    mechanisms: Vec<MechanismType>,
    entries: Vec<Entry>,
    authorities: Vec<Vec<u8>>,
    bare: Vec<BareKey>,
    keys: HashMap<KeyId, Key>,
}

struct Key {
    object: ObjectHandle,
    kind: KeyType,
}

impl Pkcs11Session {
    pub(super) fn new(
        token: Token,
        session: cryptoki::session::Session,
        mechanisms: Vec<MechanismType>,
    ) -> Outcome<Self> {
        let (shown, ids) = certificates(&session).map_err(tell)?;
        let mut entries = Vec::new();
        let mut authorities = Vec::new();
        let mut keys = HashMap::new();
        for (mut entry, id) in shown.into_iter().zip(ids) {
            let Some((key, may)) = private(&session, id).map_err(tell)? else {
                authorities.push(entry.certificate);
                continue;
            };
            entry.signs &= may.sign;
            entry.decrypts &= may.decrypt;
            keys.insert(entry.key.clone(), key);
            entries.push(entry);
        }
        let mut bare = Vec::new();
        for (found, key) in edwards(&session).map_err(tell)? {
            keys.insert(found.key.clone(), key);
            bare.push(found);
        }
        Ok(Self {
            token,
            session: Mutex::new(session),
            mechanisms,
            entries,
            authorities,
            bare,
            keys,
        })
    }

    fn key(&self, key: &KeyId) -> Outcome<&Key> {
        self.keys.get(key).ok_or(TokenProblem::NoKey)
    }

    fn lock(&self) -> MutexGuard<'_, cryptoki::session::Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session for Pkcs11Session {
    fn token(&self) -> &Token {
        &self.token
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn authorities(&self) -> &[Vec<u8>] {
        &self.authorities
    }

    fn bare(&self) -> &[BareKey] {
        &self.bare
    }

    fn look(&self) -> Outcome<()> {
        let session = self.lock();
        match session.get_session_info().map_err(tell)?.session_state() {
            SessionState::RoUser | SessionState::RwUser => {}
            _ => return Err(TokenProblem::LoggedOut),
        }
        // Some libraries go on telling of a session whose token is gone.
        let any = self.keys.values().next().ok_or(TokenProblem::NoKey)?;
        session
            .get_attributes(any.object, &[AttributeType::KeyType])
            .map_err(tell)?;
        Ok(())
    }

    fn sign(&self, key: &KeyId, digest: &[u8]) -> Outcome<Vec<u8>> {
        let key = self.key(key)?;
        let (mechanism, given) = match key.kind {
            KeyType::RSA => (Mechanism::RsaPkcs, [&DIGEST_INFO[..], digest].concat()),
            KeyType::EC => (Mechanism::Ecdsa, digest.to_vec()),
            KeyType::EC_EDWARDS => {
                let pure = EddsaParams::new(EddsaSignatureScheme::Ed25519);
                (Mechanism::Eddsa(pure), digest.to_vec())
            }
            _ => return Err(TokenProblem::Unsupported { what: "signature" }),
        };
        self.lock()
            .sign(&mechanism, key.object, &given)
            .map_err(tell)
    }

    /// The bare operation comes first: its padding is removed by our own code, of which
    /// is known that it tells nothing, and many tokens know OAEP with SHA-1 alone.
    fn rsa(&self, key: &KeyId, value: &[u8]) -> Outcome<RsaText> {
        let key = self.key(key)?;
        let session = self.lock();
        let mut last = TokenProblem::Unsupported {
            what: "RSA-OAEP, SHA-256",
        };
        if self.mechanisms.contains(&MechanismType::RSA_X_509) {
            match session.decrypt(&Mechanism::RsaX509, key.object, value) {
                Ok(text) => return Ok(RsaText::Encoded(as_long_as(value, &Zeroizing::new(text)))),
                Err(failed) => last = problem(&failed),
            }
            if !matches!(last, TokenProblem::Unsupported { .. }) {
                return Err(last);
            }
        }
        if !self.mechanisms.contains(&MechanismType::RSA_PKCS_OAEP) {
            return Err(last);
        }
        let oaep = PkcsOaepParams::new(
            MechanismType::SHA256,
            PkcsMgfType::MGF1_SHA256,
            PkcsOaepSource::empty(),
        );
        let text = session.decrypt(&Mechanism::RsaPkcsOaep(oaep), key.object, value);
        text.map(|text| RsaText::Message(Zeroizing::new(text)))
            .map_err(tell)
    }

    fn ecdh(&self, key: &KeyId, point: &[u8; 65]) -> Outcome<Secret> {
        let key = self.key(key)?;
        let session = self.lock();
        let mechanism = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(EcKdf::null(), point));
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::GENERIC_SECRET),
            Attribute::Token(false),
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
            Attribute::ValueLen(32.into()),
        ];
        let derived = session.derive_key(&mechanism, key.object, &template);
        let derived = derived.map_err(tell)?;
        let value = session.get_attributes(derived, &[AttributeType::Value]);
        // It lives no longer than the session; a token that keeps it until then is no harm.
        drop(session.destroy_object(derived));
        let secret = value
            .map_err(tell)?
            .into_iter()
            .find_map(|attribute| match attribute {
                Attribute::Value(value) => Secret::from_slice(&Zeroizing::new(value)),
                _ => None,
            });
        secret.ok_or(TokenProblem::Unsupported { what: "ECDH" })
    }

    fn sm2_sm4_cbc(
        &self,
        _: &KeyId,
        _: &Sm2Cipher,
        _: &[u8; 16],
        _: &[u8; 64],
    ) -> Outcome<Zeroizing<[u8; 64]>> {
        Err(TokenProblem::Unsupported {
            what: "SM2 / PKCS #11",
        })
    }
}

/// What the token itself lets its key do.
struct May {
    sign: bool,
    decrypt: bool,
}

/// The private key of this id.
fn private(session: &cryptoki::session::Session, id: Vec<u8>) -> Result<Option<(Key, May)>, Error> {
    let template = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Id(id),
    ];
    let Some(object) = session.find_objects(&template)?.into_iter().next() else {
        return Ok(None);
    };
    let wanted = [
        AttributeType::KeyType,
        AttributeType::Sign,
        AttributeType::Decrypt,
        AttributeType::Derive,
    ];
    let mut kind = None;
    let mut may = May {
        sign: false,
        decrypt: false,
    };
    for attribute in session.get_attributes(object, &wanted)? {
        match attribute {
            Attribute::KeyType(it) => kind = Some(it),
            Attribute::Sign(it) => may.sign = it,
            Attribute::Decrypt(it) | Attribute::Derive(it) => may.decrypt |= it,
            _ => {}
        }
    }
    Ok(kind.map(|kind| (Key { object, kind }, may)))
}

/// The private keys of Ed25519 whose public half lies beside them under the same CKA_ID.
fn edwards(session: &cryptoki::session::Session) -> Result<Vec<(BareKey, Key)>, Error> {
    let all = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(KeyType::EC_EDWARDS),
    ];
    let mut found = Vec::new();
    for object in session.find_objects(&all)? {
        let (mut id, mut label, mut point) = (Vec::new(), Vec::new(), Vec::new());
        let wanted = [
            AttributeType::Id,
            AttributeType::Label,
            AttributeType::EcPoint,
        ];
        for attribute in session.get_attributes(object, &wanted)? {
            match attribute {
                Attribute::Id(bytes) => id = bytes,
                Attribute::Label(bytes) => label = bytes,
                Attribute::EcPoint(bytes) => point = bytes,
                _ => {}
            }
        }
        // The DER of an OCTET STRING since PKCS #11 2.20; some write the bare bytes.
        let point = point.strip_prefix(&[0x04, 0x20]).unwrap_or(&point);
        let Ok(public) = point.try_into() else {
            continue;
        };
        let own = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(KeyType::EC_EDWARDS),
            Attribute::Id(id.clone()),
        ];
        if let Some(object) = session.find_objects(&own)?.into_iter().next() {
            let key = Key {
                object,
                kind: KeyType::EC_EDWARDS,
            };
            let bare = BareKey {
                key: KeyId(format!("edwards/{}", hex(&id))),
                label: String::from_utf8_lossy(&label).into_owned(),
                public,
            };
            found.push((bare, key));
        }
    }
    Ok(found)
}

/// Some tokens leave out the zeros at the front of a number.
fn as_long_as(value: &[u8], text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut whole = Zeroizing::new(vec![0; value.len()]);
    if let Some(from) = value.len().checked_sub(text.len()) {
        whole[from..].copy_from_slice(text);
    }
    whole
}
