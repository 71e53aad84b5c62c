//! Signed notes (c2sp.org/signed-note) with Ed25519 signatures of logs and
//! timestamped cosignatures of witnesses (c2sp.org/tlog-cosignature).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::{Digest, lower_hex};
use crate::encoding::{from_base64, to_base64};
use crate::platform_key::{PlatformKey, PlatformPublicKey};
use crate::signature::{Algorithm, Signature};
use crate::signer::SignerProblem;

/// A note with more bytes is not read: 100 signatures of today's longest kind
/// are fewer.
const NOTE_MAX: usize = 1 << 20;
/// A note with more signatures is not read.
const SIGNATURES_MAX: usize = 100;

/// The name of a key: not empty, without white space, plus sign or control
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = NoteKeyProblem;

    fn from_str(text: &str) -> Result<Self, NoteKeyProblem> {
        let wrong = |c: char| c == '+' || c.is_whitespace() || c.is_control();
        if text.is_empty() || text.contains(wrong) {
            return Err(NoteKeyProblem);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not a verifier key of the kind that is wanted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key `<name>+<id>+<key>` of this kind (c2sp.org/signed-note)")]
pub struct NoteKeyProblem;

/// A key under which notes are checked: `KIND` is the signature type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey<const KIND: u8> {
    name: KeyName,
    key: PlatformPublicKey,
    id: [u8; 4],
}

/// The key of a log: it signs the text of a note.
pub type LogKey = NoteKey<0x01>;
/// The key of a witness: it signs the time with the text.
pub type WitnessKey = NoteKey<0x04>;

impl<const KIND: u8> NoteKey<KIND> {
    /// Names a key.
    pub fn new(name: KeyName, key: PlatformPublicKey) -> Self {
        let parts = [name.as_str().as_bytes(), b"\n", &[KIND], key.as_bytes()];
        let [a, b, c, d, ..] = Digest::of_parts(&parts).into_bytes();
        Self {
            name,
            key,
            id: [a, b, c, d],
        }
    }

    /// The key's name.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key itself.
    pub fn key(&self) -> &PlatformPublicKey {
        &self.key
    }

    /// The signatures that claim to be this key's. All must hold: one that does
    /// not makes the note malformed.
    fn claimed<'a>(&self, note: &'a SignedNote) -> impl Iterator<Item = &'a NoteSignature> {
        let (name, id) = (self.name.clone(), self.id);
        let lines = note.signatures.iter();
        lines.filter(move |line| line.name == name && line.id == id)
    }

    fn holds(&self, message: &[u8], value: &[u8]) -> Result<(), NoteProblem> {
        let signature = Signature {
            algorithm: Algorithm::Ed25519,
            value: value.to_vec().into(),
        };
        let key = self.key.public_key();
        key.verify(message, &signature)
            .map_err(|_| NoteProblem::Signature)
    }

    fn line(&self, value: Vec<u8>) -> NoteSignature {
        NoteSignature {
            name: self.name.clone(),
            id: self.id,
            value,
        }
    }
}

impl LogKey {
    /// Signs a note's text.
    pub fn sign(
        name: KeyName,
        key: &PlatformKey,
        text: &str,
    ) -> Result<NoteSignature, SignerProblem> {
        let value = key.sign(text.as_bytes())?.value.0;
        Ok(Self::new(name, key.public_key()).line(value))
    }

    /// Whether the note bears this key's signature.
    ///
    /// # Errors
    /// When a signature that claims to be this key's does not hold.
    pub fn signed(&self, note: &SignedNote) -> Result<bool, NoteProblem> {
        self.line_of(note).map(|line| line.is_some())
    }

    /// The line by which this key signed.
    pub(super) fn line_of<'a>(
        &self,
        note: &'a SignedNote,
    ) -> Result<Option<&'a NoteSignature>, NoteProblem> {
        let mut first = None;
        for line in self.claimed(note) {
            self.holds(note.text.as_bytes(), &line.value)?;
            first = first.or(Some(line));
        }
        Ok(first)
    }
}

impl WitnessKey {
    /// Cosigns a checkpoint's text at `time`, in seconds since the epoch.
    pub fn sign(
        name: KeyName,
        key: &PlatformKey,
        time: u64,
        text: &str,
    ) -> Result<NoteSignature, SignerProblem> {
        let signature = key.sign(&cosigned(time, text))?.value.0;
        let value = [&time.to_be_bytes()[..], &signature].concat();
        Ok(Self::new(name, key.public_key()).line(value))
    }

    /// When the note was cosigned under this key, in seconds since the epoch;
    /// of several times the last. `None` when it was not.
    ///
    /// # Errors
    /// When a cosignature that claims to be this key's does not hold.
    pub fn signed(&self, note: &SignedNote) -> Result<Option<u64>, NoteProblem> {
        self.line_of(note).map(|line| line.map(|(time, _)| time))
    }

    /// The last line by which this key signed, and its time.
    pub(super) fn line_of<'a>(
        &self,
        note: &'a SignedNote,
    ) -> Result<Option<(u64, &'a NoteSignature)>, NoteProblem> {
        let mut last: Option<(u64, &NoteSignature)> = None;
        for line in self.claimed(note) {
            let (time, value) = line
                .value
                .split_first_chunk()
                .ok_or(NoteProblem::Signature)?;
            let time = u64::from_be_bytes(*time);
            if time == 0 || i64::try_from(time).is_err() {
                return Err(NoteProblem::Signature);
            }
            self.holds(&cosigned(time, &note.text), value)?;
            if last.is_none_or(|(last, _)| last < time) {
                last = Some((time, line));
            }
        }
        Ok(last)
    }
}

/// What a witness signs.
fn cosigned(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

impl<const KIND: u8> fmt::Display for NoteKey<KIND> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[KIND], &self.key.as_bytes()[..]].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex::encode(self.id),
            to_base64(&key)
        )
    }
}

impl<const KIND: u8> FromStr for NoteKey<KIND> {
    type Err = NoteKeyProblem;

    fn from_str(text: &str) -> Result<Self, NoteKeyProblem> {
        // The key itself is base64 and may hold plus signs; the name may not.
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(NoteKeyProblem);
        let (name, id, key) = (part()?.parse()?, part()?, part()?);
        let id: [u8; 4] = lower_hex(id).ok_or(NoteKeyProblem)?;
        let key = from_base64(key).map_err(|_| NoteKeyProblem)?;
        let key = key.strip_prefix(&[KIND]).ok_or(NoteKeyProblem)?;
        let key: [u8; 32] = key.try_into().map_err(|_| NoteKeyProblem)?;
        let key = Self::new(name, PlatformPublicKey::from_bytes(key));
        let owned = key.key.public_key().has_an_owner();
        (key.id == id && owned).then_some(key).ok_or(NoteKeyProblem)
    }
}

impl<const KIND: u8> Serialize for NoteKey<KIND> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const KIND: u8> Deserialize<'de> for NoteKey<KIND> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One signature under a note, by whatever key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    id: [u8; 4],
    value: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = [&self.id[..], &self.value].concat();
        writeln!(f, "\u{2014} {} {}", self.name, to_base64(&value))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteProblem;

    /// Reads a line, without its newline.
    fn from_str(line: &str) -> Result<Self, NoteProblem> {
        let rest = line.strip_prefix("\u{2014} ").ok_or(NoteProblem::Form)?;
        let (name, value) = rest.split_once(' ').ok_or(NoteProblem::Form)?;
        let name = name.parse().map_err(|_| NoteProblem::Form)?;
        let value = from_base64(value).map_err(|_| NoteProblem::Form)?;
        match value.split_first_chunk() {
            Some((id, value)) if !value.is_empty() => Ok(Self {
                name,
                id: *id,
                value: value.to_vec(),
            }),
            _ => Err(NoteProblem::Form),
        }
    }
}

/// Why a note is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteProblem {
    /// It does not have the form of a note, or is larger than any.
    #[error("not a signed note (c2sp.org/signed-note)")]
    Form,
    /// A signature that claims to be a known key's does not hold.
    #[error("a signature of the note does not hold")]
    Signature,
}

/// A text with signatures, none of which were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Puts the first signature under a text.
    pub(super) fn new(text: String, signature: NoteSignature) -> Self {
        Self {
            text,
            signatures: vec![signature],
        }
    }

    /// The same text under these signatures alone.
    pub(super) fn with<'a>(&self, signatures: impl Iterator<Item = &'a NoteSignature>) -> Self {
        Self {
            text: self.text.clone(),
            signatures: signatures.cloned().collect(),
        }
    }

    /// What is signed, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a signature; one by a key that already signed takes the place of
    /// the earlier one.
    pub fn add(&mut self, signature: NoteSignature) {
        let same = |line: &NoteSignature| line.name == signature.name && line.id == signature.id;
        self.signatures.retain(|line| !same(line));
        self.signatures.push(signature);
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| line.fmt(f))
    }
}

impl FromStr for SignedNote {
    type Err = NoteProblem;

    fn from_str(note: &str) -> Result<Self, NoteProblem> {
        let control = |c: char| c < ' ' && c != '\n';
        if note.len() > NOTE_MAX || note.contains(control) {
            return Err(NoteProblem::Form);
        }
        let at = note.rfind("\n\n").ok_or(NoteProblem::Form)?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteProblem::Form)?;
        let lines: Vec<_> = lines.split('\n').take(SIGNATURES_MAX + 1).collect();
        if lines.len() > SIGNATURES_MAX {
            return Err(NoteProblem::Form);
        }
        let signatures = lines
            .into_iter()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }
}
