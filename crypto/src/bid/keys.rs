//! Secrets and keys of an envelope (section 7). Each type stands for a secret
//! that was checked against its commitment; there is no other way to one.

use super::deal::Dealt;
use super::problem::OpenProblem;
use super::promise::Promise;
use crate::Verified;
use crate::digest::Digest;
use crate::hkdf::{Extracted, expand, extract, hkdf};
use crate::secret::Secret;
use crate::shamir;
use crate::wrap::Role;

/// b, checked against KB.
#[derive(Debug, Clone)]
pub struct BidderSecret {
    envelope: u8,
    secret: Secret,
}

/// r, checked against KR. [`Verified`] of it: its dealing was checked too
/// ([`super::Header::audit_release`]).
#[derive(Debug, Clone)]
pub struct ReleaseSecret {
    envelope: u8,
    secret: Secret,
}

/// A custodian's share, checked against KS.
#[derive(Debug, Clone)]
pub struct Share {
    envelope: u8,
    role: Role,
    x: u8,
    secret: Secret,
}

/// DEK, checked against KC.
pub struct EnvelopeKey {
    envelope: u8,
    prk: Extracted,
}

/// SK_i, checked against KC_i.
#[derive(Debug, Clone)]
pub struct SegmentKey {
    envelope: u8,
    segment: u32,
    key: Secret,
}

impl Promise {
    /// Checks b against KB. Tells nothing about the contents.
    pub fn check_b(&self, envelope: u8, b: Secret) -> Result<BidderSecret, OpenProblem> {
        let committed = self.envelope(envelope)?.b;
        if self.derivation(envelope).commit_b(&b).ct_eq(&committed) {
            let secret = b;
            Ok(BidderSecret { envelope, secret })
        } else {
            Err(OpenProblem::SecretMismatch)
        }
    }

    /// Checks r against KR.
    pub fn check_r(&self, envelope: u8, r: Secret) -> Result<ReleaseSecret, OpenProblem> {
        let committed = self.envelope(envelope)?.r;
        if self.derivation(envelope).commit_r(&r).ct_eq(&committed) {
            let secret = r;
            Ok(ReleaseSecret { envelope, secret })
        } else {
            Err(OpenProblem::ReleaseMismatch)
        }
    }

    /// Checks a custodian's share against KS. `x` counts from 1.
    pub fn check_share(
        &self,
        envelope: u8,
        role: Role,
        x: u8,
        share: Secret,
    ) -> Result<Share, OpenProblem> {
        let commitments = self.envelope(envelope)?;
        let committed = match role {
            Role::Release => &commitments.release,
            Role::Rescue => &commitments.rescue,
            Role::Recipient => return Err(OpenProblem::NoSuchSegment),
        };
        let committed = usize::from(x)
            .checked_sub(1)
            .and_then(|at| committed.get(at))
            .ok_or(OpenProblem::ShareMismatch { role, x })?;
        let derived = self.derivation(envelope).commit_share(role, x, &share);
        if derived.ct_eq(committed) {
            Ok(Share {
                envelope,
                role,
                x,
                secret: share,
            })
        } else {
            Err(OpenProblem::ShareMismatch { role, x })
        }
    }

    /// Recovers r from shares for release: the t with the smallest x count.
    pub fn recover_release(
        &self,
        envelope: u8,
        shares: &[Share],
    ) -> Result<ReleaseSecret, OpenProblem> {
        let need = self.context().release.t;
        let secret = combine(envelope, Role::Release, need, shares)?;
        self.check_r(envelope, secret)
    }

    /// Recovers b from shares for rescue.
    pub fn recover_rescue(
        &self,
        envelope: u8,
        shares: &[Share],
    ) -> Result<BidderSecret, OpenProblem> {
        let rescue = self.context().rescue;
        let need = rescue
            .ok_or(OpenProblem::SharesTooFew { have: 0, need: 0 })?
            .t;
        let secret = combine(envelope, Role::Rescue, need, shares)?;
        self.check_b(envelope, secret)
            .map_err(|problem| match problem {
                OpenProblem::SecretMismatch => OpenProblem::RescueMismatch,
                other => other,
            })
    }

    /// DEK of the envelope, checked against KC. r's dealing must have been
    /// audited, so that it does not matter who released.
    pub fn unlock(
        &self,
        b: &BidderSecret,
        r: &Verified<ReleaseSecret>,
    ) -> Result<EnvelopeKey, OpenProblem> {
        let envelope = b.envelope;
        if r.envelope != envelope {
            return Err(OpenProblem::ReleaseMismatch);
        }
        let derivation = self.derivation(envelope);
        let prk = derivation.prk(&derivation.dek(&b.secret, &r.secret));
        if derivation
            .commit_dek(&prk)
            .ct_eq(&self.envelope(envelope)?.dek)
        {
            Ok(EnvelopeKey { envelope, prk })
        } else {
            Err(OpenProblem::KeyMismatch)
        }
    }

    /// A segment's key, from the envelope's, checked against KC_i.
    pub fn segment_key(&self, key: &EnvelopeKey, segment: u32) -> Result<SegmentKey, OpenProblem> {
        let derivation = self.derivation(key.envelope);
        let derived = derivation.segment_key(&key.prk, segment);
        self.check_segment_key(key.envelope, segment, derived)
    }

    /// A segment's key as published (SK_0), checked against KC_i.
    pub fn check_segment_key(
        &self,
        envelope: u8,
        segment: u32,
        key: Secret,
    ) -> Result<SegmentKey, OpenProblem> {
        let committed = self.segment(envelope, segment)?.key;
        if self
            .derivation(envelope)
            .commit_segment(&key)
            .ct_eq(&committed)
        {
            Ok(SegmentKey {
                envelope,
                segment,
                key,
            })
        } else {
            Err(OpenProblem::SegmentKeyMismatch { segment })
        }
    }

    pub(super) const fn derivation(&self, envelope: u8) -> Derivation {
        Derivation {
            envelope: [envelope],
            message: self.context().message.0,
            context: self.context_digest(),
        }
    }
}

impl BidderSecret {
    pub const fn envelope(&self) -> u8 {
        self.envelope
    }

    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl ReleaseSecret {
    pub const fn envelope(&self) -> u8 {
        self.envelope
    }

    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl Share {
    pub const fn envelope(&self) -> u8 {
        self.envelope
    }

    pub const fn role(&self) -> Role {
        self.role
    }

    pub const fn x(&self) -> u8 {
        self.x
    }

    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl SegmentKey {
    pub const fn envelope(&self) -> u8 {
        self.envelope
    }

    pub const fn segment(&self) -> u32 {
        self.segment
    }

    /// The key itself: to publish SK_0, or to keep it sealed for later.
    pub const fn secret(&self) -> &Secret {
        &self.key
    }
}

fn combine(envelope: u8, role: Role, need: u8, shares: &[Share]) -> Result<Secret, OpenProblem> {
    let mut mine: Vec<_> = shares
        .iter()
        .filter(|share| share.envelope == envelope && share.role == role)
        .map(|share| (share.x, &share.secret))
        .collect();
    mine.sort_by_key(|(x, _)| *x);
    if mine.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(OpenProblem::SharesDuplicate);
    }
    if mine.len() < usize::from(need) {
        let have = mine.len();
        return Err(OpenProblem::SharesTooFew { have, need });
    }
    shamir::combine(&mine[..usize::from(need)]).map_err(|_| OpenProblem::SharesDuplicate)
}

/// Everything that is derived under one msg_id, envelope and H(ctx).
pub(super) struct Derivation {
    pub(super) envelope: [u8; 1],
    pub(super) message: [u8; 32],
    pub(super) context: Digest,
}

impl Derivation {
    pub(super) fn dek(&self, b: &Secret, r: &Secret) -> Secret {
        let mut both = zeroize::Zeroizing::new([0; 64]);
        both[..32].copy_from_slice(b.as_bytes());
        both[32..].copy_from_slice(r.as_bytes());
        self.derive(both.as_slice(), &[b"kaibiao/1 dek", &self.envelope])
    }

    pub(super) fn prk(&self, dek: &Secret) -> Extracted {
        extract(&self.message, dek.as_bytes())
    }

    pub(super) fn segment_key(&self, prk: &Extracted, segment: u32) -> Secret {
        prk.expand(&[
            b"kaibiao/1 segment",
            &self.envelope,
            &segment.to_be_bytes(),
            self.context.as_bytes(),
        ])
    }

    pub(super) fn commit_b(&self, b: &Secret) -> Digest {
        commitment(&self.derive(b.as_bytes(), &[b"kaibiao/1 commit b", &self.envelope]))
    }

    pub(super) fn commit_r(&self, r: &Secret) -> Digest {
        commitment(&self.derive(r.as_bytes(), &[b"kaibiao/1 commit r", &self.envelope]))
    }

    pub(super) fn commit_share(&self, role: Role, x: u8, share: &Secret) -> Digest {
        let place = [self.envelope[0], role as u8, x];
        commitment(&self.derive(share.as_bytes(), &[b"kaibiao/1 commit share", &place]))
    }

    pub(super) fn commit_dek(&self, prk: &Extracted) -> Digest {
        commitment(&prk.expand(&[
            b"kaibiao/1 commit dek",
            &self.envelope,
            self.context.as_bytes(),
        ]))
    }

    pub(super) fn commit_segment(&self, segment_key: &Secret) -> Digest {
        commitment(&expand(
            segment_key,
            &[
                b"kaibiao/1 commit segment",
                &self.envelope,
                self.context.as_bytes(),
            ],
        ))
    }

    /// All shares of a secret with their commitments and wrap keys.
    pub(super) fn deal(&self, role: Role, threshold: u8, of: u8, secret: &Secret) -> Vec<Dealt> {
        let coefficients: Vec<Secret> = (1..threshold)
            .map(|j| {
                let place = [self.envelope[0], role as u8, j];
                self.derive(secret.as_bytes(), &[b"kaibiao/1 coefficient", &place])
            })
            .collect();
        (1..=of)
            .map(|x| {
                let place = [self.envelope[0], role as u8, x];
                let share = shamir::evaluate(secret, &coefficients, x);
                Dealt {
                    x,
                    commitment: self.commit_share(role, x, &share),
                    ephemeral: self.derive(secret.as_bytes(), &[b"kaibiao/1 ephemeral", &place]),
                    share,
                }
            })
            .collect()
    }

    /// HKDF(msg_id, secret, label || place || H(ctx)).
    fn derive(&self, secret: &[u8], info: &[&[u8]; 2]) -> Secret {
        hkdf(
            &self.message,
            secret,
            &[info[0], info[1], self.context.as_bytes()],
        )
    }
}

/// A commitment is public.
fn commitment(derived: &Secret) -> Digest {
    Digest::from_bytes(*derived.as_bytes())
}
