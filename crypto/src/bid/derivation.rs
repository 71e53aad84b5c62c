//! Every derivation of sections 7 and 10.

use super::deal::Dealt;
use crate::Suite;
use crate::digest::Digest;
use crate::secret::Secret;
use crate::shamir;
use crate::suite::Extracted;
use crate::wrap::Role;

/// Everything that is derived under one msg_id, envelope and H(ctx).
pub(super) struct Derivation {
    pub(super) suite: Suite,
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
        self.suite.extract(&self.message, dek.as_bytes())
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
        commitment(&self.suite.expand(
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
        self.suite.extract(&self.message, secret).expand(&[
            info[0],
            info[1],
            self.context.as_bytes(),
        ])
    }
}

/// A commitment is public.
fn commitment(derived: &Secret) -> Digest {
    Digest::from_bytes(*derived.as_bytes())
}
