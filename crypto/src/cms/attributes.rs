//! The attributes that are signed (RFC 5652, 5.3 and 11).

use std::time::Duration;

use der::asn1::{GeneralizedTime, UtcTime};
use der::{Decode as _, Encode as _, Tag};

use super::CmsProblem;
use super::algorithm::{Identifier, of_hash};
use super::element::{Element, Fields, NotDer, constructed, element, name, sequence, set_of};
use super::oid as names;
use super::read::Frame;
use crate::certificate::{Millis, Named};
use crate::suite::Hash;

/// Attributes that were read: each once, in ascending order, strict DER.
pub(super) struct Attributes<'a> {
    /// They, as they stand in the message.
    content: &'a [u8],
    /// What is signed: the attributes under the tag of a SET.
    message: Vec<u8>,
    values: Vec<(&'a [u8], Fields<'a>)>,
}

impl<'a> Attributes<'a> {
    /// Of the content of `[0] IMPLICIT SET OF Attribute`.
    pub(super) fn signed(content: &'a [u8]) -> Result<Self, NotDer> {
        let elements = Fields::of(content)?.all()?;
        if !elements.is_sorted_by(|one, other| one.whole < other.whole) {
            return Err(NotDer);
        }
        Ok(Self {
            content,
            message: element(Tag::Set, &[content]),
            values: read(&elements)?,
        })
    }

    /// Reads attributes that are not signed, only to know that they are strict:
    /// nothing is believed of them.
    pub(super) fn unsigned(content: &'a [u8]) -> Result<(), NotDer> {
        let elements = Fields::of(content)?.all()?;
        if elements.is_empty() {
            return Err(NotDer);
        }
        read(&elements).map(drop)
    }

    /// The content of `[0] IMPLICIT SET OF Attribute`.
    pub(super) fn content(&self) -> &'a [u8] {
        self.content
    }

    /// The bytes that are signed.
    pub(super) fn message(&self) -> &[u8] {
        &self.message
    }

    /// The one value of an attribute.
    fn value(&self, name: &[u8]) -> Result<Option<Element<'a>>, NotDer> {
        let Some((_, values)) = self.values.iter().find(|(it, _)| *it == name) else {
            return Ok(None);
        };
        let mut values = values.clone();
        let value = values.any()?;
        values.done()?;
        Ok(Some(value))
    }

    pub(super) fn content_type(&self) -> Result<&'a [u8], NotDer> {
        let value = self.value(names::CONTENT_TYPE)?.ok_or(NotDer)?;
        if value.tag == Tag::ObjectIdentifier {
            Ok(value.content)
        } else {
            Err(NotDer)
        }
    }

    pub(super) fn message_digest(&self) -> Result<&'a [u8], NotDer> {
        let value = self.value(names::MESSAGE_DIGEST)?.ok_or(NotDer)?;
        if value.tag == Tag::OctetString {
            Ok(value.content)
        } else {
            Err(NotDer)
        }
    }

    /// When the signer says that it signed, UTC milliseconds.
    pub(super) fn signing_time(&self) -> Result<Option<Millis>, NotDer> {
        let Some(value) = self.value(names::SIGNING_TIME)? else {
            return Ok(None);
        };
        let since = match value.tag {
            Tag::UtcTime => UtcTime::from_der(value.whole)?.to_unix_duration(),
            // Years up to 2049 have the other form (RFC 5652, 11.3).
            Tag::GeneralizedTime => {
                let time = GeneralizedTime::from_der(value.whole)?;
                if time.to_date_time().year() < 2050 {
                    return Err(NotDer);
                }
                time.to_unix_duration()
            }
            _ => return Err(NotDer),
        };
        Millis::try_from(since.as_millis())
            .map(Some)
            .map_err(|_| NotDer)
    }

    /// Whether the attributes name this certificate. Where both kinds are there,
    /// both have to; `None` where there is neither.
    pub(super) fn name(&self, der: &[u8], named: &Named<'_>) -> Result<Option<bool>, NotDer> {
        let older = self.value(names::SIGNING_CERTIFICATE)?;
        let newer = self.value(names::SIGNING_CERTIFICATE_V2)?;
        let older = older
            .map(|it| names_it(it, false, der, named))
            .transpose()?;
        let newer = newer.map(|it| names_it(it, true, der, named)).transpose()?;
        Ok(match (older, newer) {
            (Some(older), Some(newer)) => Some(older && newer),
            (older, newer) => older.or(newer),
        })
    }
}

fn read<'a>(elements: &[Element<'a>]) -> Result<Vec<(&'a [u8], Fields<'a>)>, NotDer> {
    let mut all: Vec<(&'a [u8], Fields<'a>)> = Vec::with_capacity(elements.len());
    for attribute in elements {
        if !attribute.is_strict() {
            return Err(NotDer);
        }
        let mut fields = attribute.fields(Tag::Sequence)?;
        let name = fields.name()?;
        let values = fields.fields(Tag::Set)?;
        fields.done()?;
        if values.is_done() || all.iter().any(|(other, _)| *other == name) {
            return Err(NotDer);
        }
        all.push((name, values));
    }
    Ok(all)
}

/// SigningCertificate and SigningCertificateV2: the first entry is the signer's
/// (RFC 5035, 5.4); what others say is not asked.
fn names_it(
    value: Element<'_>,
    newer: bool,
    der: &[u8],
    named: &Named<'_>,
) -> Result<bool, NotDer> {
    let mut fields = value.fields(Tag::Sequence)?;
    let mut entry = fields.sequence()?.sequence()?;
    // Policies, which mean nothing here.
    fields.optional(Tag::Sequence)?;
    fields.done()?;
    let algorithm = if newer {
        entry.optional(Tag::Sequence)?
    } else {
        None
    };
    let hash = match algorithm {
        Some(algorithm) => Identifier::of(algorithm.fields(Tag::Sequence)?)?.hash(),
        None if newer => Some(Hash::Sha256),
        None => Some(Hash::Sha1),
    };
    let digest = entry.content(Tag::OctetString)?;
    let place = entry.optional(Tag::Sequence)?;
    entry.done()?;
    let is_issued_so = match place {
        None => true,
        Some(place) => {
            // GeneralNames of one directoryName, and the serial number.
            let mut place = place.fields(Tag::Sequence)?;
            let mut general = place.sequence()?;
            let issuer = general.content(constructed(4))?;
            general.done()?;
            let serial = place.content(Tag::Integer)?;
            place.done()?;
            issuer == named.issuer && serial == named.serial
        }
    };
    Ok(is_issued_so && hash.is_some_and(|hash| hash.of(der) == digest))
}

/// Writes the attributes of a signature of ours over `content`, as what is
/// signed: a SET.
pub(super) fn write(
    frame: Frame,
    content: &[u8],
    signed_at: Millis,
    certificate: &[u8],
) -> Result<Vec<u8>, CmsProblem> {
    let hash = frame.hash();
    let attribute = |kind, value: &[u8]| sequence(&[&name(kind), &element(Tag::Set, &[value])]);
    let digest = |it: &[u8]| element(Tag::OctetString, &[&hash.of(it)]);
    // SHA-256 is not named, since it is meant where nothing is (RFC 5035, 4).
    let its_name = match frame {
        Frame::Cms => Vec::new(),
        Frame::Gm => of_hash(hash),
    };
    let entry = sequence(&[&its_name, &digest(certificate)]);
    Ok(set_of(
        Tag::Set,
        vec![
            attribute(names::CONTENT_TYPE, &name(frame.data())),
            attribute(names::MESSAGE_DIGEST, &digest(content)),
            attribute(names::SIGNING_TIME, &time(signed_at)?),
            attribute(
                names::SIGNING_CERTIFICATE_V2,
                &sequence(&[&sequence(&[&entry])]),
            ),
        ],
    ))
}

fn time(at: Millis) -> Result<Vec<u8>, CmsProblem> {
    let problem = CmsProblem::Malformed("signing time");
    let seconds = u64::try_from(at.div_euclid(1000)).map_err(|_| problem.clone())?;
    let since = Duration::from_secs(seconds);
    let der = match UtcTime::from_unix_duration(since) {
        Ok(time) => time.to_der(),
        Err(_) => GeneralizedTime::from_unix_duration(since).and_then(|it| it.to_der()),
    };
    der.map_err(|_| problem)
}
