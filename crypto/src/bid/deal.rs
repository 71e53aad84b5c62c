//! Wraps and shares: opening one's own, and recomputing the dealing once the
//! secret is known (sections 10 and 11).

use super::header::Header;
use super::keys::{BidderSecret, ReleaseSecret, Share};
use super::problem::OpenProblem;
use super::wraps::Wrap;
use crate::Verified;
use crate::digest::Digest;
use crate::rng::Rng;
use crate::secret::Secret;
use crate::wrap::{PrivateKey, PublicKey, Role, UnwrapProblem, WrapContext, unwrap, wrap_dealt};

/// One custodian's part as the specification derives it.
pub(super) struct Dealt {
    pub(super) x: u8,
    pub(super) share: Secret,
    /// KS
    pub(super) commitment: Digest,
    /// ikm of the wrap's ephemeral key
    pub(super) ephemeral: Secret,
}

impl Header {
    /// The bidder's own b: opens its wrap and checks KB. This is a rehearsal,
    /// and the first half of unlocking.
    pub fn unwrap_b(
        &self,
        envelope: u8,
        key: &PrivateKey,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<BidderSecret, OpenProblem> {
        let (_, secret) = self.unwrap_own(envelope, Role::Recipient, key, rng)?;
        self.check_b(envelope, secret)
    }

    /// A custodian's own share: opens its wrap and checks KS.
    pub fn unwrap_share(
        &self,
        envelope: u8,
        role: Role,
        key: &PrivateKey,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Share, OpenProblem> {
        let (x, secret) = self.unwrap_own(envelope, role, key, rng)?;
        self.check_share(envelope, role, x, secret)
    }

    /// Recomputes the dealing of r: shares, commitments and custodians' wraps.
    /// A difference is the bidder's fault, whoever released. `custodians` are
    /// the keys of the terms, in the order of ctx.
    pub fn audit_release(
        &self,
        r: ReleaseSecret,
        custodians: &[PublicKey],
    ) -> Result<Verified<ReleaseSecret>, OpenProblem> {
        self.own(r.place())?;
        self.audit(r.envelope(), Role::Release, r.secret(), custodians)?;
        Ok(Verified::new(r))
    }

    /// Recomputes the dealing of b for rescue; nothing to do without rescue.
    pub fn audit_rescue(
        &self,
        b: BidderSecret,
        custodians: &[PublicKey],
    ) -> Result<Verified<BidderSecret>, OpenProblem> {
        self.own(b.place())?;
        if self.context().rescue.is_some() {
            self.audit(b.envelope(), Role::Rescue, b.secret(), custodians)?;
        }
        Ok(Verified::new(b))
    }

    fn audit(
        &self,
        envelope: u8,
        role: Role,
        secret: &Secret,
        custodians: &[PublicKey],
    ) -> Result<(), OpenProblem> {
        let ids = &self.context().custodians;
        if custodians.len() != ids.len()
            || !custodians.iter().map(PublicKey::id).eq(ids.iter().copied())
        {
            return Err(OpenProblem::OtherCustodians);
        }
        let place = self.wrap_context(envelope, role, 0);
        let commitments = self.envelope(envelope)?;
        let commitments = match role {
            Role::Rescue => &commitments.rescue,
            _ => &commitments.release,
        };
        let wraps = self.wraps_of(envelope, role)?;
        let dealt = self
            .derivation(envelope)
            .deal(role, place.threshold, place.of, secret);
        let listed = commitments.iter().zip(wraps).zip(custodians);
        for (dealt, ((commitment, wrap), custodian)) in dealt.into_iter().zip(listed) {
            let x = dealt.x;
            if !dealt.commitment.ct_eq(commitment) {
                return Err(OpenProblem::DealingCommitment { role, x });
            }
            let place = WrapContext { x, ..place };
            let value = wrap_dealt(custodian, &place, &dealt.share, &dealt.ephemeral)
                .ok_or(OpenProblem::OtherCustodians)?;
            if value != wrap.value.0 {
                return Err(OpenProblem::DealingWrap { role, x });
            }
        }
        Ok(())
    }

    /// The custodian's or recipient's own wrap, opened: its place and the 32 bytes
    /// inside, whether or not they are what was committed.
    pub fn unwrap_own(
        &self,
        envelope: u8,
        role: Role,
        key: &PrivateKey,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<(u8, Secret), OpenProblem> {
        let public = key.public();
        let id = public.id();
        let wraps = self.wraps_of(envelope, role)?;
        let (x, wrap) = (1..)
            .zip(wraps)
            .find(|(_, wrap)| wrap.key == id)
            .ok_or(UnwrapProblem::OtherKey)?;
        let kind = match role {
            Role::Recipient => Some(public.kind()),
            Role::Release | Role::Rescue => public.dealt_kind(),
        };
        if kind != Some(wrap.kind) {
            return Err(UnwrapProblem::NotOpened.into());
        }
        let place = self.wrap_context(envelope, role, x);
        Ok((x, unwrap(key, wrap.kind, &place, &wrap.value.0, rng)?))
    }

    /// SHA-256 of the value of a custodian's wrap for release: what it names in a
    /// complaint about it.
    pub fn release_wrap_digest(&self, envelope: u8, x: u8) -> Option<Digest> {
        let at = usize::from(x).checked_sub(1)?;
        let wraps = self.wraps_of(envelope, Role::Release).ok()?;
        Some(Digest::of(&wraps.get(at)?.value.0))
    }

    /// The custodian, from 1, whose wrap for release has this digest.
    pub fn release_wrap_of(&self, envelope: u8, wrap: &Digest) -> Option<u8> {
        let n = self.context().release.n;
        (1..=n).find(|x| self.release_wrap_digest(envelope, *x) == Some(*wrap))
    }

    fn wraps_of(&self, envelope: u8, role: Role) -> Result<&[Wrap], OpenProblem> {
        let wraps = self.wraps().envelopes.get(usize::from(envelope));
        Ok(wraps.ok_or(OpenProblem::NoSuchSegment)?.of(role))
    }

    fn wrap_context(&self, envelope: u8, role: Role, x: u8) -> WrapContext {
        super::context::wrap_context(self.context(), self.context_digest(), envelope, role, x)
    }
}
