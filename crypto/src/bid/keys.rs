//! Secrets and keys of an envelope (section 7). Each type stands for a secret
//! that was checked against its commitment, and knows whose; there is no other
//! way to one, and none can be used for another bid.

use super::derivation::Derivation;
use super::problem::OpenProblem;
use super::promise::Promise;
use crate::Verified;
use crate::digest::Digest;
use crate::secret::Secret;
use crate::shamir;
use crate::suite::Extracted;
use crate::wrap::Role;

/// b, checked against KB.
#[derive(Debug, Clone)]
pub struct BidderSecret {
    place: BidPlace,
    secret: Secret,
}

/// r, checked against KR. [`Verified`] of it: its dealing was checked too
/// ([`super::Header::audit_release`]).
#[derive(Debug, Clone)]
pub struct ReleaseSecret {
    place: BidPlace,
    secret: Secret,
}

/// A custodian's share, checked against KS.
#[derive(Debug, Clone)]
pub struct Share {
    place: BidPlace,
    role: Role,
    x: u8,
    secret: Secret,
}

/// DEK, checked against KC.
pub struct EnvelopeKey {
    place: BidPlace,
    prk: Extracted,
}

/// SK_i, checked against KC_i.
#[derive(Debug, Clone)]
pub struct SegmentKey {
    place: BidPlace,
    segment: u32,
    key: Secret,
}

/// An envelope of one bid, and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BidPlace {
    context: Digest,
    commitments: Digest,
    envelope: u8,
}

impl Promise {
    /// Checks b against KB. Tells nothing about the contents.
    pub fn check_b(&self, envelope: u8, b: Secret) -> Result<BidderSecret, OpenProblem> {
        let committed = self.envelope(envelope)?.b;
        if self.derivation(envelope).commit_b(&b).ct_eq(&committed) {
            let place = self.place(envelope);
            Ok(BidderSecret { place, secret: b })
        } else {
            Err(OpenProblem::SecretMismatch)
        }
    }

    /// Checks r against KR.
    pub fn check_r(&self, envelope: u8, r: Secret) -> Result<ReleaseSecret, OpenProblem> {
        let committed = self.envelope(envelope)?.r;
        if self.derivation(envelope).commit_r(&r).ct_eq(&committed) {
            let place = self.place(envelope);
            Ok(ReleaseSecret { place, secret: r })
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
                place: self.place(envelope),
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
        let secret = combine(self.place(envelope), Role::Release, need, shares)?;
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
        let secret = combine(self.place(envelope), Role::Rescue, need, shares)?;
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
        let envelope = b.place.envelope;
        self.own(b.place)?;
        if r.place != b.place {
            return Err(OpenProblem::OtherBid);
        }
        let derivation = self.derivation(envelope);
        let prk = derivation.prk(&derivation.dek(&b.secret, &r.secret));
        if derivation
            .commit_dek(&prk)
            .ct_eq(&self.envelope(envelope)?.dek)
        {
            let place = b.place;
            Ok(EnvelopeKey { place, prk })
        } else {
            Err(OpenProblem::KeyMismatch)
        }
    }

    /// A segment's key, from the envelope's, checked against KC_i.
    pub fn segment_key(&self, key: &EnvelopeKey, segment: u32) -> Result<SegmentKey, OpenProblem> {
        self.own(key.place)?;
        let envelope = key.place.envelope;
        let derived = self.derivation(envelope).segment_key(&key.prk, segment);
        self.check_segment_key(envelope, segment, derived)
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
                place: self.place(envelope),
                segment,
                key,
            })
        } else {
            Err(OpenProblem::SegmentKeyMismatch { segment })
        }
    }

    /// Refuses what was checked for another bid.
    pub(super) fn own(&self, place: BidPlace) -> Result<(), OpenProblem> {
        if place == self.place(place.envelope) {
            Ok(())
        } else {
            Err(OpenProblem::OtherBid)
        }
    }

    const fn place(&self, envelope: u8) -> BidPlace {
        BidPlace {
            context: self.context_digest(),
            commitments: self.commitments_digest(),
            envelope,
        }
    }

    pub(super) const fn derivation(&self, envelope: u8) -> Derivation {
        Derivation {
            suite: self.suite(),
            envelope: [envelope],
            message: self.context().message.0,
            context: self.context_digest(),
        }
    }
}

impl BidderSecret {
    pub(super) const fn place(&self) -> BidPlace {
        self.place
    }

    /// The envelope it belongs to, from 0.
    pub const fn envelope(&self) -> u8 {
        self.place.envelope
    }

    /// The 32 bytes themselves.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl ReleaseSecret {
    pub(super) const fn place(&self) -> BidPlace {
        self.place
    }

    /// The envelope it belongs to, from 0.
    pub const fn envelope(&self) -> u8 {
        self.place.envelope
    }

    /// The 32 bytes themselves.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl Share {
    /// The envelope it belongs to, from 0.
    pub const fn envelope(&self) -> u8 {
        self.place.envelope
    }

    /// Of r (release) or of b (rescue).
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The custodian's place, from 1.
    pub const fn x(&self) -> u8 {
        self.x
    }

    /// The 32 bytes themselves.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl SegmentKey {
    pub(super) const fn place(&self) -> BidPlace {
        self.place
    }

    /// The envelope it belongs to, from 0.
    pub const fn envelope(&self) -> u8 {
        self.place.envelope
    }

    /// The segment it opens, from 0.
    pub const fn segment(&self) -> u32 {
        self.segment
    }

    /// The key itself: to publish SK_0, or to keep it sealed for later.
    pub const fn secret(&self) -> &Secret {
        &self.key
    }
}

fn combine(place: BidPlace, role: Role, need: u8, shares: &[Share]) -> Result<Secret, OpenProblem> {
    let mut mine: Vec<_> = shares
        .iter()
        .filter(|share| share.place == place && share.role == role)
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
