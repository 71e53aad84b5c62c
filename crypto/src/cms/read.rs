//! Reading a signed message: one signer, DER throughout (RFC 5652, 5).

use der::Tag;

use super::CmsProblem;
use super::algorithm::Identifier;
use super::attributes::Attributes;
use super::element::{Element, Fields, NotDer, constructed, is_integer, primitive};
use super::oid;
use crate::certificate::{KeyAlgorithm, Millis, Named, named};
use crate::suite::{Hash, Scheme};

/// The longest message that is read, in bytes.
pub(crate) const MAX_DER: usize = 256 * 1024;

/// How many certificates may come along.
const MAX_CERTIFICATES: usize = 8;

/// By whose names the types of a message go (docs/spec/cms.md, 1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// RFC 5652.
    Cms,
    /// GM/T 0010.
    Gm,
}

/// A signed message that was read; nothing in it is believed yet.
pub(crate) struct SignedData<'a> {
    pub(super) frame: Frame,
    pub(super) content: Option<&'a [u8]>,
    pub(super) content_type: &'a [u8],
    certificates: Vec<&'a [u8]>,
    pub(super) signer: SignerInfo<'a>,
}

pub(super) struct SignerInfo<'a> {
    identifier: SignerIdentifier<'a>,
    pub(super) hash: Hash,
    pub(super) scheme: Scheme,
    pub(super) attributes: Attributes<'a>,
    pub(super) value: &'a [u8],
}

enum SignerIdentifier<'a> {
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(&'a [u8]),
}

/// What is asked of the attributes that name the signer's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// One is there.
    Required,
    /// One that is there names it.
    Optional,
}

/// A message whose signature holds under the key of the certificate that comes
/// with it. Whether the certificate is to be believed is not decided.
pub(crate) struct Signed<'a> {
    pub(crate) certificate: &'a [u8],
    pub(crate) named: Named<'a>,
    /// The other certificates of the message.
    pub(crate) others: Vec<&'a [u8]>,
    pub(crate) signing_time: Option<Millis>,
}

fn in_part(part: &'static str) -> impl Fn(NotDer) -> CmsProblem {
    move |_| CmsProblem::Malformed(part)
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo that holds a SignedData, with nothing after it.
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, CmsProblem> {
        if der.len() > MAX_DER {
            return Err(CmsProblem::Malformed("its length"));
        }
        let framed = in_part("its frame");
        let mut info = Fields::of_sequence(der).map_err(&framed)?;
        let frame = Frame::named(info.name().map_err(&framed)?).ok_or(CmsProblem::Content)?;
        let mut explicit = info.fields(constructed(0)).map_err(&framed)?;
        info.done().map_err(&framed)?;
        let mut data = explicit.sequence().map_err(&framed)?;
        explicit.done().map_err(&framed)?;

        let version = data.small().map_err(&framed)?;
        let hashes = data.fields(Tag::Set).and_then(Fields::all);
        let hashes = hashes.map_err(&framed)?;
        let (content_type, content) = content(&mut data).map_err(in_part("its content"))?;
        let certificates = certificates(&mut data).map_err(in_part("its certificates"))?;
        lists(&mut data).map_err(in_part("its revocation lists"))?;
        let signers = data.fields(Tag::Set).and_then(Fields::all);
        let signers = signers.map_err(in_part("its signers"))?;
        data.done().map_err(framed)?;
        let [signer] = signers[..] else {
            return Err(CmsProblem::Signers(signers.len()));
        };
        let (signer, signer_version) = SignerInfo::read(signer)?;
        frame.holds(content_type, &signer, signer_version)?;

        let [hash] = hashes[..] else {
            return Err(CmsProblem::Malformed("its digest algorithms"));
        };
        let hash = hash.fields(Tag::Sequence).and_then(Identifier::of);
        let hash = hash.map_err(in_part("its digest algorithms"))?.hash();
        if hash != Some(signer.hash) {
            return Err(CmsProblem::Algorithm);
        }
        // RFC 5652, 5.1, for what is accepted here.
        let its_version = if content_type == frame.data() {
            signer_version
        } else {
            3
        };
        if version != its_version {
            return Err(CmsProblem::Malformed("its version"));
        }
        Ok(Self {
            frame,
            content,
            content_type,
            certificates,
            signer,
        })
    }

    /// The content that the message holds, when it is of this type.
    pub(crate) fn content(&self, content_type: &[u8]) -> Result<&'a [u8], CmsProblem> {
        match self.content {
            Some(content) if self.content_type == content_type => Ok(content),
            _ => Err(CmsProblem::Content),
        }
    }

    /// Whether it is over ordinary data that stand elsewhere.
    pub(crate) fn is_detached(&self) -> bool {
        self.content.is_none() && self.content_type == self.frame.data()
    }

    /// Checks the signature over `content`.
    pub(crate) fn verify(&self, content: &[u8], naming: Naming) -> Result<Signed<'a>, CmsProblem> {
        let attributes = &self.signer.attributes;
        let malformed = in_part("its signed attributes");
        let mut certificate = None;
        let mut others = Vec::new();
        for der in &self.certificates {
            let named = named(der)?;
            if certificate.is_none() && self.signer.identifier.is(&named) {
                certificate = Some((*der, named));
            } else {
                others.push(*der);
            }
        }
        let (certificate, named) = certificate.ok_or(CmsProblem::NoCertificate)?;
        let is_named = attributes.name(certificate, &named).map_err(&malformed)?;
        if !is_named.unwrap_or(naming == Naming::Optional) {
            return Err(CmsProblem::SigningCertificate);
        }
        let content_type = attributes.content_type().map_err(&malformed)?;
        if content_type != self.content_type {
            return Err(CmsProblem::Content);
        }
        let digest = attributes.message_digest().map_err(&malformed)?;
        let signing_time = attributes.signing_time().map_err(&malformed)?;
        if self.signer.hash.of(content) != digest {
            return Err(CmsProblem::Digest);
        }
        let signer = &self.signer;
        signer
            .scheme
            .check(signer.hash, certificate, attributes.message(), signer.value)
            .map_err(CmsProblem::Signature)?;
        Ok(Signed {
            certificate,
            named,
            others,
            signing_time,
        })
    }
}

impl Frame {
    /// That which writes the type of a signed message so.
    fn named(name: &[u8]) -> Option<Self> {
        let mut all = [Self::Cms, Self::Gm].into_iter();
        all.find(|frame| frame.signed_data() == name)
    }

    pub(super) fn signed_data(self) -> &'static [u8] {
        match self {
            Self::Cms => oid::SIGNED_DATA,
            Self::Gm => oid::GM_SIGNED_DATA,
        }
    }

    /// The type of ordinary data.
    pub(super) fn data(self) -> &'static [u8] {
        match self {
            Self::Cms => oid::DATA,
            Self::Gm => oid::GM_DATA,
        }
    }

    /// By what messages of ours are hashed.
    pub(super) fn hash(self) -> Hash {
        match self {
            Self::Cms => Hash::Sha256,
            Self::Gm => Hash::Sm3,
        }
    }

    /// That of messages of ours by a certificate whose key is of this kind.
    pub(super) fn of(key: KeyAlgorithm) -> Self {
        match key {
            KeyAlgorithm::Sm2 => Self::Gm,
            _ => Self::Cms,
        }
    }

    /// Whether a message of it may be over such a content, by such a signer.
    fn holds(
        self,
        content_type: &[u8],
        signer: &SignerInfo<'_>,
        signer_version: u32,
    ) -> Result<(), CmsProblem> {
        let is_gm = self == Self::Gm;
        if is_gm != (content_type == oid::GM_DATA) {
            Err(CmsProblem::Content)
        } else if is_gm && signer.scheme != Scheme::Sm2 {
            Err(CmsProblem::Algorithm)
        } else if is_gm && signer_version != 1 {
            Err(CmsProblem::Malformed("its signer's version"))
        } else {
            Ok(())
        }
    }
}

fn content<'a>(data: &mut Fields<'a>) -> Result<(&'a [u8], Option<&'a [u8]>), NotDer> {
    let mut encapsulated = data.sequence()?;
    let content_type = encapsulated.name()?;
    let content = match encapsulated.optional(constructed(0))? {
        None => None,
        Some(explicit) => {
            let mut explicit = explicit.fields(constructed(0))?;
            let content = explicit.content(Tag::OctetString)?;
            explicit.done()?;
            Some(content)
        }
    };
    encapsulated.done()?;
    Ok((content_type, content))
}

/// X.509 certificates, each once. Their order is free, since many tools write
/// the signer's first.
fn certificates<'a>(data: &mut Fields<'a>) -> Result<Vec<&'a [u8]>, NotDer> {
    let Some(set) = data.optional(constructed(0))? else {
        return Ok(Vec::new());
    };
    let elements = set.fields(constructed(0))?.all()?;
    if elements.len() > MAX_CERTIFICATES {
        return Err(NotDer);
    }
    let mut certificates = Vec::with_capacity(elements.len());
    for element in elements {
        if element.tag != Tag::Sequence || certificates.contains(&element.whole) {
            return Err(NotDer);
        }
        certificates.push(element.whole);
    }
    Ok(certificates)
}

/// Revocation lists are read past: which lists are asked is configured.
fn lists(data: &mut Fields<'_>) -> Result<(), NotDer> {
    if let Some(set) = data.optional(constructed(1))? {
        for list in set.fields(constructed(1))?.all()? {
            if list.tag != Tag::Sequence || !list.is_strict() {
                return Err(NotDer);
            }
        }
    }
    Ok(())
}

impl<'a> SignerInfo<'a> {
    /// Also tells the version that the whole message has to have (RFC 5652, 5.1).
    fn read(signer: Element<'a>) -> Result<(Self, u32), CmsProblem> {
        let malformed = in_part("its signer");
        let mut fields = signer.fields(Tag::Sequence).map_err(&malformed)?;
        let version = fields.small().map_err(&malformed)?;
        let identifier = SignerIdentifier::read(&mut fields).map_err(&malformed)?;
        let its_version = match identifier {
            SignerIdentifier::Issued { .. } => 1,
            SignerIdentifier::KeyIdentifier(_) => 3,
        };
        if version != its_version {
            return Err(CmsProblem::Malformed("its signer's version"));
        }
        let hash = fields.sequence().and_then(Identifier::of);
        let attributes = fields.content(constructed(0));
        let attributes = attributes.map_err(in_part("its signed attributes"))?;
        let scheme = fields.sequence().and_then(Identifier::of);
        let value = fields.content(Tag::OctetString).map_err(&malformed)?;
        if let Some(unsigned) = fields.optional(constructed(1)).map_err(&malformed)? {
            let unsigned = Attributes::unsigned(unsigned.content);
            unsigned.map_err(in_part("its unsigned attributes"))?;
        }
        fields.done().map_err(&malformed)?;

        let attributes =
            Attributes::signed(attributes).map_err(in_part("its signed attributes"))?;
        let hash = hash.map_err(&malformed)?.hash();
        let hash = hash.ok_or(CmsProblem::Algorithm)?;
        let scheme = scheme.map_err(&malformed)?.scheme(hash);
        let signer = Self {
            identifier,
            hash,
            scheme: scheme.ok_or(CmsProblem::Algorithm)?,
            attributes,
            value,
        };
        Ok((signer, version))
    }
}

impl<'a> SignerIdentifier<'a> {
    fn read(fields: &mut Fields<'a>) -> Result<Self, NotDer> {
        if let Some(identifier) = fields.optional(primitive(0))? {
            return Ok(Self::KeyIdentifier(identifier.content));
        }
        let mut place = fields.sequence()?;
        let issuer = place.any()?;
        let serial = place.content(Tag::Integer)?;
        place.done()?;
        if issuer.tag != Tag::Sequence || !is_integer(serial) {
            return Err(NotDer);
        }
        Ok(Self::Issued {
            issuer: issuer.whole,
            serial,
        })
    }

    fn is(&self, certificate: &Named<'_>) -> bool {
        match self {
            Self::Issued { issuer, serial } => {
                *issuer == certificate.issuer.as_slice() && *serial == certificate.serial
            }
            Self::KeyIdentifier(identifier) => certificate.key_identifier == Some(*identifier),
        }
    }
}
