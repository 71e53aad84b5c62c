//! Whom to believe: authorities from the configuration, and the judgement of a
//! chain at a time.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use serde::{Deserialize, Serialize};
use webpki::{
    EndEntityCert, Error, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
};

use super::fields::parse_x509;
use super::revocation::Crl;
use super::{
    Certificate, CertificateProblem, Grounds, Lists, Millis, Organisation, OrganisationRule,
    RevocationPolicy, Use,
};
use crate::digest::Digest;
use crate::encoding::Base64;
use crate::verified::Verified;

/// The longest chain that is looked at.
const MAX_CHAIN: usize = 8;

/// One trusted authority, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ca {
    /// The id by which organisations name their issuer; never reused.
    pub id: String,
    /// The root certificate, DER.
    pub root: Base64,
    /// Intermediate certificates that clients need not send, DER.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intermediates: Vec<Base64>,
    /// Where this authority puts an organisation's code.
    pub rule: OrganisationRule,
    /// What to do when its lists are missing or out of date.
    #[serde(default)]
    pub revocation: RevocationPolicy,
    /// Revocation lists, DER.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<Base64>,
}

/// The trusted authorities, read and ready.
#[derive(Debug, Default)]
pub struct Trust {
    cas: Vec<ReadyCa>,
}

#[derive(Debug)]
struct ReadyCa {
    id: String,
    root_digest: Digest,
    anchor: TrustAnchor<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    rule: OrganisationRule,
    revocation: RevocationPolicy,
    /// Newest first, so that the newest list of an issuer is the one asked.
    crls: Vec<Crl>,
}

/// Why a configuration of authorities is refused. The text names the authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustProblem {
    /// Two authorities have one id.
    #[error("the authority {0} is configured twice")]
    Duplicate(String),
    /// The root is not one certificate in DER.
    #[error("the root certificate of {0} cannot be read")]
    Root(String),
    /// An intermediate is not one certificate in DER.
    #[error("an intermediate certificate of {0} cannot be read")]
    Intermediate(String),
    /// A list is not one in DER, or says no next update.
    #[error("a revocation list of {0} cannot be read")]
    Crl(String),
}

/// Who a certificate speaks for, once it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The organisation that the authority vouches for.
    pub organisation: Organisation,
    /// The authority's id: evidence, and no part of who the organisation is.
    pub authority: String,
    /// The certificate that was judged.
    pub certificate: Certificate,
    /// What the judgement rested on.
    pub grounds: Grounds,
}

/// A signing and an encryption certificate (双证书) of one organisation; one
/// dual-purpose certificate may be both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Whom the signing certificate speaks for.
    pub sign: Holder,
    /// Whom the encryption certificate speaks for.
    pub encrypt: Holder,
}

impl Trust {
    /// Reads the authorities' certificates and lists.
    pub fn new(cas: &[Ca]) -> Result<Self, TrustProblem> {
        let mut ready: Vec<ReadyCa> = Vec::with_capacity(cas.len());
        for ca in cas {
            if ready.iter().any(|other| other.id == ca.id) {
                return Err(TrustProblem::Duplicate(ca.id.clone()));
            }
            ready.push(ReadyCa::new(ca)?);
        }
        Ok(Self { cas: ready })
    }

    /// Judges a chain (DER, leaf first) at `now` for one use.
    ///
    /// Each authority is asked for itself. The answer of the one that knows the
    /// chain counts; [`CertificateProblem::UnknownIssuer`] when none does.
    pub fn judge(
        &self,
        chain: &[&[u8]],
        now: Millis,
        usage: Use,
    ) -> Result<Verified<Holder>, CertificateProblem> {
        self.judge_by(chain, &[], now, usage, None)
    }

    /// Makes a judgement again as of its moment: by these authorities, at the
    /// instant, by the path and on the lists of its `grounds`. A list of one's
    /// own stands in only for an issuer whose kept list is not among `lists`:
    /// what became known since changes nothing that was accepted.
    pub fn judge_again(
        &self,
        chain: &[&[u8]],
        grounds: &Grounds,
        lists: &Lists,
        usage: Use,
    ) -> Result<Verified<Holder>, CertificateProblem> {
        let kept = lists.of(grounds);
        self.judge_by(chain, &grounds.added(), grounds.at, usage, Some(&kept))
    }

    /// Judges the path of a judgement anew, at `now` and by one's own lists:
    /// what has become of it since.
    pub fn judge_since(
        &self,
        chain: &[&[u8]],
        grounds: &Grounds,
        now: Millis,
        usage: Use,
    ) -> Result<Verified<Holder>, CertificateProblem> {
        self.judge_by(chain, &grounds.added(), now, usage, None)
    }

    fn judge_by(
        &self,
        chain: &[&[u8]],
        added: &[&[u8]],
        now: Millis,
        usage: Use,
        kept: Option<&[&Crl]>,
    ) -> Result<Verified<Holder>, CertificateProblem> {
        let (leaf, others) = chain.split_first().ok_or(CertificateProblem::Malformed)?;
        if chain.len() > MAX_CHAIN || added.len() > MAX_CHAIN {
            return Err(CertificateProblem::Malformed);
        }
        let others = [others, added].concat();
        for other in &others {
            parse_x509(other)?;
        }
        let certificate = Certificate::parse(leaf)?;
        if now > certificate.not_after().saturating_add(999) {
            return Err(CertificateProblem::Expired {
                not_after: certificate.not_after(),
            });
        }
        if now < certificate.not_before() {
            return Err(CertificateProblem::NotYetValid {
                not_before: certificate.not_before(),
            });
        }
        let mut problem = CertificateProblem::UnknownIssuer;
        for ca in &self.cas {
            match ca.judge(leaf, &others, now, usage, kept) {
                Ok(grounds) => return holder(ca, certificate, grounds, usage),
                Err(CertificateProblem::UnknownIssuer) => {}
                Err(other) => problem = other,
            }
        }
        Err(problem)
    }

    /// The bytes of one of the authorities' revocation lists.
    pub fn list(&self, digest: &Digest) -> Option<&[u8]> {
        let mut lists = self.cas.iter().flat_map(|ca| &ca.crls);
        let list = lists.find(|list| list.facts.digest == *digest)?;
        Some(&list.der)
    }

    /// Judges a signing and an encryption chain (DER, leaf first) at `now`,
    /// which must be of one organisation.
    ///
    /// # Errors
    /// What is wrong with the signing chain, then with the encryption chain,
    /// then [`CertificateProblem::DifferentOrganisations`].
    pub fn judge_pair(
        &self,
        sign: &[&[u8]],
        encrypt: &[&[u8]],
        now: Millis,
    ) -> Result<Verified<Pair>, CertificateProblem> {
        let sign = self.judge(sign, now, Use::Sign)?.into_inner();
        let encrypt = self.judge(encrypt, now, Use::Encrypt)?.into_inner();
        if sign.organisation != encrypt.organisation {
            return Err(CertificateProblem::DifferentOrganisations);
        }
        Ok(Verified::new(Pair { sign, encrypt }))
    }
}

fn holder(
    ca: &ReadyCa,
    certificate: Certificate,
    grounds: Grounds,
    usage: Use,
) -> Result<Verified<Holder>, CertificateProblem> {
    if !certificate.allows(usage) {
        return Err(CertificateProblem::WrongUsage { wanted: usage });
    }
    let organisation = ca.rule.apply(&parse_x509(certificate.der())?)?;
    Ok(Verified::new(Holder {
        organisation,
        authority: ca.id.clone(),
        certificate,
        grounds,
    }))
}

impl ReadyCa {
    fn new(ca: &Ca) -> Result<Self, TrustProblem> {
        let root = CertificateDer::from(ca.root.0.clone());
        let anchor = webpki::anchor_from_trusted_cert(&root)
            .map_err(|_| TrustProblem::Root(ca.id.clone()))?
            .to_owned();
        for intermediate in &ca.intermediates {
            parse_x509(intermediate).map_err(|_| TrustProblem::Intermediate(ca.id.clone()))?;
        }
        let mut crls = Vec::with_capacity(ca.crls.len());
        for crl in &ca.crls {
            crls.push(Crl::parse(crl).ok_or_else(|| TrustProblem::Crl(ca.id.clone()))?);
        }
        crls.sort_by_key(|crl| std::cmp::Reverse(crl.facts.this_update));
        Ok(Self {
            id: ca.id.clone(),
            root_digest: Digest::of(&ca.root),
            anchor,
            intermediates: ca
                .intermediates
                .iter()
                .map(|der| CertificateDer::from(der.0.clone()))
                .collect(),
            rule: ca.rule.clone(),
            revocation: ca.revocation,
            crls,
        })
    }

    fn judge(
        &self,
        leaf: &[u8],
        others: &[&[u8]],
        now: Millis,
        usage: Use,
        kept: Option<&[&Crl]>,
    ) -> Result<Grounds, CertificateProblem> {
        let leaf_der = CertificateDer::from(leaf);
        let end_entity =
            EndEntityCert::try_from(&leaf_der).map_err(|_| CertificateProblem::Malformed)?;
        let intermediates: Vec<CertificateDer<'_>> = others
            .iter()
            .map(|der| CertificateDer::from(*der))
            .chain(self.intermediates.iter().cloned())
            .collect();
        let asked = self.asked(kept.unwrap_or_default());
        let lists: Vec<_> = asked.iter().map(|crl| &crl.list).collect();
        let (unknown, expiration) = match self.revocation {
            RevocationPolicy::Required => (UnknownStatusPolicy::Deny, ExpirationPolicy::Enforce),
            RevocationPolicy::BestEffort => (UnknownStatusPolicy::Allow, ExpirationPolicy::Ignore),
        };
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|builder| {
            builder
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(unknown)
                .with_expiration_policy(expiration)
                .build()
        });
        let no_lists = revocation.is_none() && self.revocation == RevocationPolicy::Required;
        let seconds = u64::try_from(now.div_euclid(1000)).unwrap_or(0);
        let anchors = [self.anchor.clone()];
        let path = end_entity
            .verify_for_usage(
                crate::suite::certificate_signatures(),
                &anchors,
                &intermediates,
                UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
                ForPeople,
                revocation,
                None,
            )
            .map_err(|error| problem(error, usage))?;
        // webpki takes an empty set of lists for "do not ask"; a trusted chain
        // without any list is refused here instead.
        if no_lists {
            return Err(CertificateProblem::CrlMissing);
        }
        let mut digests = vec![Digest::of(leaf)];
        let mut issuers = vec![end_entity.issuer().to_vec()];
        let mut added = Vec::new();
        for certificate in path.intermediate_certificates() {
            let der = certificate.der();
            digests.push(Digest::of(der.as_ref()));
            issuers.push(certificate.issuer().to_vec());
            if !others.contains(&der.as_ref()) {
                added.push(Base64(der.to_vec()));
            }
        }
        digests.push(self.root_digest);
        let facts_of = |issuer: &Vec<u8>| {
            let list = asked.iter().find(|crl| crl.list.issuer() == *issuer);
            list.map(|crl| crl.facts.clone())
        };
        Ok(Grounds {
            ca: self.id.clone(),
            at: now,
            path: digests,
            added,
            crls: issuers.iter().map(facts_of).collect(),
        })
    }

    /// The lists to ask: those that were kept, and this authority's own for the
    /// issuers of which none was.
    fn asked<'a>(&'a self, kept: &[&'a Crl]) -> Vec<&'a Crl> {
        let is_kept = |issuer: &[u8]| kept.iter().any(|crl| crl.list.issuer() == issuer);
        let own = self.crls.iter();
        let own = own.filter(|crl| !is_kept(crl.list.issuer()));
        kept.iter().copied().chain(own).collect()
    }
}

/// Accepts every extended key usage except when all that is listed is for
/// machines: servers, code, time stamps, status responses. Chinese authorities
/// list client authentication, e-mail, document signing or nothing at all.
struct ForPeople;

const FOR_MACHINES: [&[usize]; 4] = [
    &[1, 3, 6, 1, 5, 5, 7, 3, 1],
    &[1, 3, 6, 1, 5, 5, 7, 3, 3],
    &[1, 3, 6, 1, 5, 5, 7, 3, 8],
    &[1, 3, 6, 1, 5, 5, 7, 3, 9],
];

impl ExtendedKeyUsageValidator for ForPeople {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut listed = 0;
        let mut for_people = 0;
        for purpose in purposes {
            let purpose = purpose?.to_decoded_oid();
            listed += 1;
            if !FOR_MACHINES.contains(&purpose.as_slice()) {
                for_people += 1;
            }
        }
        if listed == 0 || for_people > 0 {
            Ok(())
        } else {
            Err(Error::EmptyEkuExtension)
        }
    }
}

fn problem(error: Error, usage: Use) -> CertificateProblem {
    let millis = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 1000) * 1000;
    match error {
        Error::CertExpired { not_after, .. } => CertificateProblem::Expired {
            not_after: millis(not_after),
        },
        Error::CertNotValidYet { not_before, .. } => CertificateProblem::NotYetValid {
            not_before: millis(not_before),
        },
        Error::CertRevoked => CertificateProblem::Revoked,
        // A wrong signature under a trusted name means that another authority
        // uses the name, so the issuer is unknown.
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
            CertificateProblem::UnknownIssuer
        }
        Error::EmptyEkuExtension
        | Error::RequiredEkuNotFoundContext(_)
        | Error::CaUsedAsEndEntity => CertificateProblem::WrongUsage { wanted: usage },
        Error::UnknownRevocationStatus => CertificateProblem::CrlMissing,
        Error::CrlExpired { next_update, .. } => CertificateProblem::CrlStale {
            next_update: millis(next_update),
        },
        Error::InvalidCrlSignatureForPublicKey
        | Error::IssuerNotCrlSigner
        | Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            CertificateProblem::CrlBroken
        }
        Error::BadDer
        | Error::BadDerTime
        | Error::TrailingData(_)
        | Error::MalformedExtensions
        | Error::InvalidSerialNumber
        | Error::InvalidCertValidity
        | Error::UnsupportedCertVersion
        | Error::ExtensionValueInvalid
        | Error::SignatureAlgorithmMismatch => CertificateProblem::Malformed,
        other => CertificateProblem::Chain(other.to_string()),
    }
}
