//! How a webhook is signed: Standard Webhooks 1.0
//! (<https://www.standardwebhooks.com>), so that a receiver can use a library
//! that exists in its language.
//!
//! The signed text is `id.timestamp.body`. An endpoint with a shared secret
//! gets `v1,` and HMAC-SHA256; one without gets `v1a,` and an Ed25519 signature
//! by the platform's receipt key, whose public half is served at
//! `GET /api/v1/platform`. No act or statement begins like a webhook's id, so the
//! signature cannot be taken for one of those.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::signer::SignerProblem;
use ring::hmac;
use zeroize::Zeroizing;

/// The prefix of a shared secret as the specification writes it.
const SECRET_PREFIX: &str = "whsec_";

/// The key that signs the deliveries to one endpoint.
pub enum SigningKey<'a> {
    Shared(&'a SharedSecret),
    Platform(&'a PlatformKey),
}

/// A secret shared with one endpoint, written as `whsec_` and base64 of 24 to 64
/// bytes.
pub struct SharedSecret(Zeroizing<Vec<u8>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is whsec_ followed by base64 of 24 to 64 bytes")]
pub struct NotASecret;

impl SharedSecret {
    /// # Errors
    /// [`NotASecret`] for a missing prefix, bad base64 or a length outside the
    /// specification's.
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(NotASecret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| NotASecret)?);
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(NotASecret)
        }
    }
}

impl SharedSecret {
    /// The check that a receiver makes: whether `signature` was made with this
    /// secret over one delivery. It compares in constant time.
    pub fn has_signed(&self, id: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
        let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = signature
            .strip_prefix("v1,")
            .map(|tag| STANDARD.decode(tag));
        matches!(tag, Some(Ok(tag)) if hmac::verify(&key, &message, &tag).is_ok())
    }
}

/// The three headers of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    pub id: String,
    /// Seconds since 1970, of this attempt and not of the event.
    pub timestamp: String,
    pub signature: String,
}

/// Signs one attempt at delivering `body`. `at` is in milliseconds.
///
/// # Errors
/// When the platform's key does not sign.
pub fn sign(
    key: &SigningKey<'_>,
    id: &str,
    at: i64,
    body: &[u8],
) -> Result<SignedHeaders, SignerProblem> {
    let timestamp = (at / 1000).to_string();
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let signature = match key {
        SigningKey::Shared(secret) => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.0);
            format!("v1,{}", STANDARD.encode(hmac::sign(&key, &message)))
        }
        SigningKey::Platform(key) => {
            format!("v1a,{}", STANDARD.encode(&key.sign(&message)?.value.0))
        }
    };
    Ok(SignedHeaders {
        id: id.to_owned(),
        timestamp,
        signature,
    })
}

/// How long to wait after the `attempts`-th failure, in milliseconds; `None`
/// when a delivery is given up. It can still be fetched then.
pub fn wait_after(attempts: u32) -> Option<i64> {
    const SECONDS: [i64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 36_000, 86_400];
    let index = usize::try_from(attempts.saturating_sub(1)).ok()?;
    SECONDS.get(index).map(|seconds| seconds * 1000)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    /// The example of the Standard Webhooks libraries' own tests.
    #[test]
    fn the_shared_secret_signature_is_the_one_of_the_specification() {
        let secret = SharedSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign(
            &SigningKey::Shared(&secret),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330_000,
            br#"{"test": 2432232314}"#,
        )
        .unwrap();
        assert_eq!(signed.timestamp, "1614265330");
        assert_eq!(
            signed.signature,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn the_platform_signature_verifies_over_id_time_and_body() {
        let (key, _) = PlatformKey::generate(&mut kaibiao_os::random::SystemRng);
        let signed = sign(&SigningKey::Platform(&key), "m1", 5_000, b"{}").unwrap();
        let value = STANDARD
            .decode(signed.signature.strip_prefix("v1a,").unwrap())
            .unwrap();
        UnparsedPublicKey::new(&ED25519, key.public_key().as_bytes())
            .verify(b"m1.5.{}", &value)
            .unwrap();
    }

    #[test]
    fn a_short_or_unprefixed_secret_is_refused() {
        assert!(SharedSecret::parse("whsec_AAAA").is_err());
        assert!(SharedSecret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_err());
        assert!(SharedSecret::parse("whsec_*").is_err());
    }

    #[test]
    fn waits_grow_and_then_end() {
        let waits: Vec<_> = (1..).map_while(wait_after).collect();
        assert_eq!(waits.len(), 10);
        assert!(waits.is_sorted());
        assert_eq!(wait_after(11), None);
    }
}
