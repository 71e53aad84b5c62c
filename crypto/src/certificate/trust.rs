//! Whom to believe: authorities from the configuration, and the judgement of a
//! chain at a time.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use serde::{Deserialize, Serialize};
use webpki::{
    EndEntityCert, ExpirationPolicy, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy, VerifiedPath,
};

use super::fields::parse_x509;
use super::path::{self, Issuing, Purpose};
use super::revocation::Crl;
use super::{
    Certificate, CertificateProblem, CrlFacts, Grounds, Lists, Millis, Organisation,
    RevocationPolicy, Rules, Use,
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
    /// Where this authority puts an organisation's code and name.
    pub rules: Rules,
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
pub(super) struct ReadyCa {
    id: String,
    root_digest: Digest,
    anchor: TrustAnchor<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    /// What the root says about the paths that end in it.
    issuing: Issuing,
    rules: Rules,
    revocation: RevocationPolicy,
    /// Newest first, so that the newest list of an issuer is the one asked.
    crls: Vec<Crl>,
    /// Whether every configured list could be read.
    is_whole: bool,
    /// Until when its lists may be relied on although they ended.
    bridged: Option<Millis>,
}

/// On which lists a judgement is made.
#[derive(Clone, Copy)]
pub(super) enum Basis<'a> {
    /// The authority's own.
    Own,
    /// The authority's own, however long ago they ended within a day.
    Bridging,
    /// Those of a judgement's grounds.
    Kept {
        lists: &'a [&'a Crl],
        bridged: Option<Millis>,
    },
}

/// How long ago a list may have ended that is relied on still.
const LONGEST_ENDED: Millis = 24 * 3_600_000;

/// How one authority's revocation lists stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListStanding {
    /// The authority's id.
    pub ca: String,
    /// That of its issuers' newest lists which ends first; `None` when it has none.
    pub list: Option<CrlFacts>,
}

/// What is to be said of an authority's lists at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ListState {
    /// There is time.
    Good,
    /// It ends soon, and the next one should be there.
    Ending,
    /// It has ended: nobody's certificate of this authority can be judged.
    Ended,
    /// There is none.
    Missing,
}

/// A list is to be renewed when a quarter of its time is left, or this much.
const SOON: Millis = 3 * 24 * 3_600_000;

impl ListStanding {
    /// What is to be said of the lists at `now`.
    pub fn state(&self, now: Millis) -> ListState {
        let Some(list) = &self.list else {
            return ListState::Missing;
        };
        let lasts = list.next_update.saturating_sub(list.this_update);
        let left = list.next_update.saturating_sub(now);
        if left < 0 {
            ListState::Ended
        } else if left <= SOON.min(lasts / 4) {
            ListState::Ending
        } else {
            ListState::Good
        }
    }
}

/// Why a configuration of authorities is refused. The text names the authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustProblem {
    /// Two authorities have one id.
    #[error("the authority {0} is configured twice")]
    Duplicate(String),
    /// The root is not one certificate of an authority in DER.
    #[error("the root certificate of {0} cannot be read, or is not an authority's")]
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
    /// Its name in the certificate, where one can be read.
    pub name: Option<String>,
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

    /// The same of what can be used: an authority that cannot be is left out,
    /// and of one whose list cannot be read, no certificate is believed until it
    /// can. The others are not touched.
    pub fn usable(cas: &[Ca]) -> (Self, Vec<TrustProblem>) {
        let mut ready: Vec<ReadyCa> = Vec::with_capacity(cas.len());
        let mut problems = Vec::new();
        for ca in cas {
            if ready.iter().any(|other| other.id == ca.id) {
                problems.push(TrustProblem::Duplicate(ca.id.clone()));
                continue;
            }
            let mut without = ca.clone();
            without.crls.retain(|crl| Crl::parse(crl).is_some());
            without.intermediates.retain(|it| parse_x509(it).is_ok());
            let is_whole = without.crls.len() == ca.crls.len();
            if without.intermediates.len() != ca.intermediates.len() {
                problems.push(TrustProblem::Intermediate(ca.id.clone()));
            }
            match ReadyCa::new(&without) {
                Ok(one) => ready.push(ReadyCa { is_whole, ..one }),
                Err(problem) => problems.push(problem),
            }
            if !is_whole {
                problems.push(TrustProblem::Crl(ca.id.clone()));
            }
        }
        (Self { cas: ready }, problems)
    }

    /// Whether certificates are judged by this authority.
    pub fn knows(&self, ca: &Ca) -> bool {
        let root = Digest::of(&ca.root);
        let mut cas = self.cas.iter();
        cas.any(|it| it.id == ca.id && it.root_digest == root)
    }

    /// How each authority's lists stand: nothing depends on those of one that
    /// does without.
    pub fn lists(&self) -> Vec<ListStanding> {
        let required = |ca: &&ReadyCa| ca.revocation == RevocationPolicy::Required;
        let cas = self.cas.iter().filter(required);
        cas.map(ReadyCa::standing).collect()
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
        self.judge_by(chain, &[], now, usage, Basis::Own)
    }

    /// The same although lists have ended: for the act that lets them be relied on.
    pub fn judge_by_ended_lists(
        &self,
        chain: &[&[u8]],
        now: Millis,
        usage: Use,
    ) -> Result<Verified<Holder>, CertificateProblem> {
        self.judge_by(chain, &[], now, usage, Basis::Bridging)
    }

    /// Lets an authority's lists be relied on until then although they ended, if
    /// not more than a day ago.
    pub fn bridge(&mut self, ca: &str, until: Millis) {
        for ready in self.cas.iter_mut().filter(|ready| ready.id == ca) {
            ready.bridged = Some(until);
        }
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
        let basis = Basis::Kept {
            lists: &kept,
            bridged: grounds.bridged,
        };
        self.judge_by(chain, &grounds.added(), grounds.at, usage, basis)
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
        self.judge_by(chain, &grounds.added(), now, usage, Basis::Own)
    }

    /// Whether a certificate of a path had ended at an instant: it was over, or one's own
    /// lists say that it is revoked from then on or from before, whenever these came. A
    /// judgement of then, by the lists of then, stands all the same.
    pub fn ended_by(
        &self,
        chain: &[&[u8]],
        grounds: &Grounds,
        at: Millis,
        usage: Use,
    ) -> Option<CertificateProblem> {
        let problem = self.judge_since(chain, grounds, at, usage).err()?;
        let ended = if problem == CertificateProblem::Revoked {
            let added = grounds.added();
            let mut path = chain.iter().chain(&added);
            path.any(|der| self.was_revoked(der, at))
        } else {
            matches!(problem, CertificateProblem::Expired { .. })
        };
        ended.then_some(problem)
    }

    fn was_revoked(&self, der: &[u8], at: Millis) -> bool {
        let der = CertificateDer::from(der);
        let Ok(certificate) = EndEntityCert::try_from(&der) else {
            return false;
        };
        let lists = self.cas.iter().flat_map(|ca| &ca.crls);
        let mut lists = lists.filter(|crl| crl.list.issuer() == certificate.issuer());
        lists.any(|crl| {
            let revoked = crl.revoked(certificate.serial());
            revoked.is_some_and(|since| since <= at)
        })
    }

    fn judge_by(
        &self,
        chain: &[&[u8]],
        added: &[&[u8]],
        now: Millis,
        usage: Use,
        basis: Basis<'_>,
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
            match ca.judge(leaf, &others, now, Purpose::People(usage), basis) {
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
    let parsed = parse_x509(certificate.der())?;
    let organisation = ca.rules.code(&parsed)?;
    let name = ca.rules.name(&parsed);
    Ok(Verified::new(Holder {
        organisation,
        authority: ca.id.clone(),
        name,
        certificate,
        grounds,
    }))
}

impl TrustProblem {
    /// The id of the authority it is about.
    pub fn ca(&self) -> &str {
        match self {
            Self::Duplicate(ca) | Self::Root(ca) | Self::Intermediate(ca) | Self::Crl(ca) => ca,
        }
    }
}

impl ReadyCa {
    /// SHA-256 of the root's and each intermediate certificate's DER.
    pub(super) fn certificates(&self) -> Vec<Digest> {
        let below = self.intermediates.iter().map(|der| Digest::of(der));
        std::iter::once(self.root_digest).chain(below).collect()
    }

    fn standing(&self) -> ListStanding {
        let mut issuers = Vec::new();
        // The newest list of each issuer comes first.
        let newest = self.crls.iter().filter(|crl| {
            let is_first = !issuers.contains(&crl.list.issuer());
            issuers.push(crl.list.issuer());
            is_first
        });
        ListStanding {
            ca: self.id.clone(),
            list: newest
                .map(|crl| crl.facts.clone())
                .min_by_key(|facts| facts.next_update),
        }
    }

    pub(super) fn new(ca: &Ca) -> Result<Self, TrustProblem> {
        let root = CertificateDer::from(ca.root.0.clone());
        let unusable = || TrustProblem::Root(ca.id.clone());
        let anchor = webpki::anchor_from_trusted_cert(&root)
            .map_err(|_| unusable())?
            .to_owned();
        let issuing = parse_x509(&ca.root).and_then(|root| Issuing::of(&root));
        let issuing = issuing.map_err(|_| unusable())?;
        if !issuing.is_authority() {
            return Err(unusable());
        }
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
            issuing,
            rules: ca.rules.clone(),
            revocation: ca.revocation,
            crls,
            is_whole: true,
            bridged: None,
        })
    }

    pub(super) fn judge(
        &self,
        leaf: &[u8],
        others: &[&[u8]],
        now: Millis,
        purpose: Purpose,
        basis: Basis<'_>,
    ) -> Result<Grounds, CertificateProblem> {
        let parsed = parse_x509(leaf)?;
        let signatures = crate::suite::certificate_signatures(parsed.public_key());
        let leaf_der = CertificateDer::from(leaf);
        let end_entity =
            EndEntityCert::try_from(&leaf_der).map_err(|error| path::problem(error, purpose))?;
        let intermediates: Vec<CertificateDer<'_>> = others
            .iter()
            .map(|der| CertificateDer::from(*der))
            .chain(self.intermediates.iter().cloned())
            .collect();
        let (asked, bridged) = match basis {
            Basis::Own => (self.asked(&[]), self.bridged),
            Basis::Bridging => (self.asked(&[]), Some(now)),
            Basis::Kept { lists, bridged } => (self.asked(lists), bridged),
        };
        let bridged = bridged.filter(|until| now <= *until);
        let lists: Vec<_> = asked.iter().map(|crl| &crl.list).collect();
        let (unknown, expiration) = match self.revocation {
            RevocationPolicy::Required if bridged.is_none() => {
                (UnknownStatusPolicy::Deny, ExpirationPolicy::Enforce)
            }
            RevocationPolicy::Required => (UnknownStatusPolicy::Deny, ExpirationPolicy::Ignore),
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
        let check = |path: &VerifiedPath<'_>| path::check(path, &self.issuing);
        let path = end_entity
            .verify_for_usage(
                signatures,
                &anchors,
                &intermediates,
                UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
                purpose,
                revocation,
                Some(&check),
            )
            .map_err(|error| path::problem(error, purpose))?;
        if !self.is_whole && !matches!(basis, Basis::Kept { .. }) {
            return Err(CertificateProblem::CrlBroken);
        }
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
        let crls: Vec<Option<CrlFacts>> = issuers.iter().map(facts_of).collect();
        let ended = crls.iter().flatten().map(|list| list.next_update);
        let ended = ended.filter(|ends| *ends < now).min();
        if let (Some(next_update), Some(_)) = (ended, bridged)
            && now.saturating_sub(next_update) > LONGEST_ENDED
        {
            return Err(CertificateProblem::CrlStale { next_update });
        }
        Ok(Grounds {
            ca: self.id.clone(),
            at: now,
            path: digests,
            added,
            crls,
            bridged: bridged.filter(|_| ended.is_some()),
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
