//! Certificates and revocation lists as the demonstration authority writes them
//! (RFC 5280; for SM2 GM/T 0015).

use der::asn1::{Any, BitStringRef, OctetString, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::{DateTime, Decode as _, Encode as _, Sequence};
use jiff::Timestamp;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::keys::generate::KeyKind;
use kaibiao_crypto::Digest;
use x509_cert::Version;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlNumber, CrlReason, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use super::authority::{Reason, Usage};
use super::signing::AuthorityKey;

/// What is signed of a certificate (RFC 5280, 4.1).
#[derive(Sequence)]
struct TbsCertificate {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Extensions,
}

/// Who issues: as it stands in its own certificate.
pub struct Issuer {
    name: Name,
    key_identifier: Option<OctetString>,
}

/// What a certificate says, beside who issued it.
pub struct Contents<'a> {
    pub serial: &'a [u8],
    pub subject: Name,
    pub from: Timestamp,
    pub until: Timestamp,
    pub spki: SubjectPublicKeyInfoOwned,
}

/// What a certificate is for.
pub enum Purpose {
    /// Signing certificates and lists, with no authority below it.
    Authority,
    Holder(KeyKind, Usage),
}

/// What a revocation list says.
pub struct List {
    pub number: u64,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Serial number, when, and why.
    pub revoked: Vec<(Vec<u8>, Timestamp, Reason)>,
}

impl Issuer {
    /// Reads the authority's own certificate.
    pub fn of_certificate(der: &[u8]) -> der::Result<Self> {
        let certificate = x509_cert::Certificate::from_der(der)?;
        let tbs = certificate.tbs_certificate();
        let identifier = tbs.get_extension::<SubjectKeyIdentifier>()?;
        Ok(Self {
            name: tbs.subject().clone(),
            key_identifier: identifier.map(|(_, identifier)| identifier.0),
        })
    }

    /// One that is about to have a certificate.
    pub fn new(name: Name, spki: &SubjectPublicKeyInfoOwned) -> Outcome<Self> {
        Ok(Self {
            name,
            key_identifier: Some(key_identifier(spki)?),
        })
    }

    /// The certificate, DER.
    pub fn certificate(
        &self,
        key: &AuthorityKey,
        contents: Contents<'_>,
        purpose: &Purpose,
    ) -> Outcome<Vec<u8>> {
        let own = SubjectKeyIdentifier(key_identifier(&contents.spki)?);
        let constraints = BasicConstraints {
            ca: matches!(purpose, Purpose::Authority),
            path_len_constraint: matches!(purpose, Purpose::Authority).then_some(0),
        };
        let mut extensions = vec![extension(true, &usages(purpose))?, extension(false, &own)?];
        if matches!(purpose, Purpose::Holder(..)) {
            extensions.push(extension(false, &self.authority_key_identifier())?);
        }
        extensions.push(extension(true, &constraints)?);
        let text = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(contents.serial).map_err(Failure::unexpected)?,
            signature: key.algorithm(),
            issuer: self.name.clone(),
            validity: Validity::new(time(contents.from)?, time(contents.until)?),
            subject: contents.subject,
            subject_public_key_info: contents.spki,
            extensions,
        };
        key.sign(&text)
    }

    /// The revocation list, DER.
    pub fn list(&self, key: &AuthorityKey, list: &List) -> Outcome<Vec<u8>> {
        let number = CrlNumber::try_from(list.number).map_err(Failure::unexpected)?;
        let revoked = list.revoked.iter().map(|(serial, at, reason)| {
            Ok(RevokedCert {
                serial_number: SerialNumber::new(serial).map_err(Failure::unexpected)?,
                revocation_date: time(*at)?,
                crl_entry_extensions: match reason {
                    Reason::Unspecified => None,
                    _ => Some(vec![extension(false, &crl_reason(*reason))?]),
                },
            })
        });
        let revoked = revoked.collect::<Outcome<Vec<_>>>()?;
        let text: TbsCertList = TbsCertList {
            version: Version::V2,
            signature: key.algorithm(),
            issuer: self.name.clone(),
            this_update: time(list.from)?,
            next_update: Some(time(list.until)?),
            revoked_certificates: (!revoked.is_empty()).then_some(revoked),
            crl_extensions: Some(vec![
                extension(false, &self.authority_key_identifier())?,
                extension(false, &number)?,
            ]),
        };
        key.sign(&text)
    }

    fn authority_key_identifier(&self) -> AuthorityKeyIdentifier {
        AuthorityKeyIdentifier {
            key_identifier: self.key_identifier.clone(),
            ..AuthorityKeyIdentifier::default()
        }
    }
}

/// A subject: the country, then these parts, in order.
pub fn name(parts: &[(&str, Text<'_>)]) -> Outcome<Name> {
    let country = ("2.5.4.6", Text::Printable("CN"));
    let sets = std::iter::once(&country).chain(parts).map(|(oid, text)| {
        let part = AttributeTypeAndValue {
            oid: ObjectIdentifier::new(oid).map_err(Failure::unexpected)?,
            value: text.value().map_err(Failure::unexpected)?,
        };
        SetOfVec::try_from(vec![part]).map_err(Failure::unexpected)
    });
    let sets = sets.collect::<Outcome<Vec<_>>>()?;
    let der = sets.to_der().map_err(Failure::unexpected)?;
    Name::from_der(&der).map_err(Failure::unexpected)
}

/// How a part of a subject is written.
pub enum Text<'a> {
    Utf8(&'a str),
    Printable(&'a str),
}

impl Text<'_> {
    fn value(&self) -> der::Result<Any> {
        match self {
            Self::Utf8(text) => Any::encode_from(&Utf8StringRef::new(text)?),
            Self::Printable(text) => Any::encode_from(&PrintableStringRef::new(text)?),
        }
    }
}

/// A P-256 key is for key agreement (RFC 8813) and an RSA key for encipherment, and
/// neither may claim the other's usage. Those of SM2 have them all (GM/T 0015).
fn usages(purpose: &Purpose) -> KeyUsage {
    let sign = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation;
    let encipher = KeyUsages::KeyEncipherment | KeyUsages::DataEncipherment;
    let (kind, usage) = match purpose {
        Purpose::Authority => return KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
        Purpose::Holder(kind, usage) => (kind, usage),
    };
    let encrypt = match kind {
        KeyKind::P256 => KeyUsages::KeyAgreement.into(),
        KeyKind::Rsa2048 | KeyKind::Rsa3072 => encipher,
        KeyKind::Sm2 => encipher | KeyUsages::KeyAgreement,
    };
    KeyUsage(match usage {
        Usage::Sign => sign,
        Usage::Encrypt => encrypt,
        Usage::Both => sign | encrypt,
    })
}

fn crl_reason(reason: Reason) -> CrlReason {
    match reason {
        Reason::Unspecified => CrlReason::Unspecified,
        Reason::KeyCompromise => CrlReason::KeyCompromise,
        Reason::AffiliationChanged => CrlReason::AffiliationChanged,
        Reason::Superseded => CrlReason::Superseded,
        Reason::CessationOfOperation => CrlReason::CessationOfOperation,
    }
}

/// The first 20 bytes of the key's SHA-256 (RFC 7093, 2, method 1): a name and no
/// protection, so the same for every kind of key.
fn key_identifier(spki: &SubjectPublicKeyInfoOwned) -> Outcome<OctetString> {
    let key = BitStringRef::from(&spki.subject_public_key);
    let digest = Digest::of(key.raw_bytes());
    OctetString::new(&digest.as_bytes()[..20]).map_err(Failure::unexpected)
}

fn extension<E>(critical: bool, value: &E) -> Outcome<Extension>
where
    for<'a> (bool, &'a E): ToExtension<Error = der::Error>,
{
    let none = Name::default();
    let extension = (critical, value).to_extension(&none, &[]);
    extension.map_err(Failure::unexpected)
}

/// In whole seconds, as certificates have them.
fn time(at: Timestamp) -> Outcome<Time> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| {
        Failure::new(
            Kind::Usage,
            "time",
            "证书时间不能早于 1970 年。",
            "Certificate times start in 1970.",
        )
    })?;
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))
        .map(Time::from)
        .map_err(Failure::unexpected)
}
