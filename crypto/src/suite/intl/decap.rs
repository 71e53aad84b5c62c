//! The receiver of HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and
//! AES-256-GCM (RFC 9180), where a token has computed the shared coordinate: decapsulation
//! (4.1), key schedule (5.1) and the one decryption (5.2).

use ring::hmac;
use zeroize::Zeroizing;

use super::aead::Aes256Gcm;
use crate::secret::Secret;

/// "KEM" || I2OSP(kem_id, 2)
const KEM: &[u8] = b"KEM\x00\x10";
/// "HPKE" || I2OSP(kem_id, 2) || I2OSP(kdf_id, 2) || I2OSP(aead_id, 2)
const HPKE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x02";

/// The secret in `ciphertext`; `None` when it is not authentic. `coordinate` is the
/// result of the Diffie-Hellman of `enc` with the private key of `receiver`.
pub(crate) fn open(
    coordinate: &Secret,
    enc: &[u8; 65],
    receiver: &[u8; 65],
    info: &[u8],
    ciphertext: &[u8],
) -> Option<Secret> {
    let prk = extract(KEM, &[], b"eae_prk", coordinate.as_bytes());
    let context = [&enc[..], receiver].concat();
    let shared = expand(KEM, &prk, b"shared_secret", &context, 32);

    let mut context = vec![0]; // mode_base
    context.extend_from_slice(extract(HPKE, &[], b"psk_id_hash", &[]).as_slice());
    context.extend_from_slice(extract(HPKE, &[], b"info_hash", info).as_slice());
    let secret = extract(HPKE, shared.as_slice(), b"secret", &[]);
    let key = expand(HPKE, &secret, b"key", &context, 32);
    let nonce = expand(HPKE, &secret, b"base_nonce", &context, 12);

    let mut text = Zeroizing::new(ciphertext.to_vec());
    let (nonce, _) = nonce.split_first_chunk::<12>()?;
    if !Aes256Gcm::new(&key).open(*nonce, &[], &mut text) {
        return None;
    }
    Secret::from_slice(&text)
}

/// LabeledExtract (RFC 9180, 4).
fn extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Zeroizing<[u8; 32]> {
    hmac(salt, &[b"HPKE-v1", suite, label, ikm])
}

/// LabeledExpand (RFC 9180, 4) of up to 32 bytes, which are the first ones of these.
fn expand(
    suite: &[u8],
    prk: &[u8; 32],
    label: &[u8],
    info: &[u8],
    length: u16,
) -> Zeroizing<[u8; 32]> {
    hmac(
        prk,
        &[&length.to_be_bytes(), b"HPKE-v1", suite, label, info, &[1]],
    )
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut tag = Zeroizing::new([0; 32]);
    tag.copy_from_slice(context.sign().as_ref());
    tag
}
