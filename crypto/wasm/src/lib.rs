//! The algorithms of suite `gm` for the page. Formats are the page's own: here are SM2, SM3
//! and SM4, and the cipher of a segment, which is one pass over its bytes.
//!
//! Arguments are copied into the module's memory and results out of it, chunks back into the
//! place that they came from. All that is given back to the allocator is wiped, so nothing secret stays after a call. Randomness is an
//! argument.

#![cfg(target_arch = "wasm32")]
#![no_std]
#![allow(
    clippy::needless_pass_by_value,
    reason = "what comes from the page is the call's own, and wiped with it"
)]

extern crate alloc;

mod segment;

use alloc::vec::Vec;

use dlmalloc::GlobalDlmalloc;
use kaibiao_gm::sm2::{Point, Scalar, cipher, signature};
use kaibiao_gm::sm3::{self, Sm3};
use kaibiao_gm::sm4::{BLOCK, Sm4};
use wasm_bindgen::prelude::wasm_bindgen;
use zeroizing_alloc::ZeroAlloc;

pub use segment::Segment;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<GlobalDlmalloc> = ZeroAlloc(GlobalDlmalloc);

/// A panic is a fault in here: the page sees a trap.
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// SM3.
#[wasm_bindgen]
pub fn sm3(bytes: Vec<u8>) -> Vec<u8> {
    let mut hasher = Sm3::new();
    hasher.update(&bytes);
    hasher.finish().into()
}

/// SM3 of `count` texts of `length` bytes each, hashed side by side: 32 bytes for each.
#[wasm_bindgen(js_name = sm3Each)]
pub fn sm3_each(texts: Vec<u8>, length: usize) -> Vec<u8> {
    let texts: Vec<&[u8]> = texts.chunks(length).collect();
    let digests = Sm3::of_each(&texts).into_iter().flat_map(Sm3::finish);
    digests.collect()
}

/// HMAC-SM3.
#[wasm_bindgen]
pub fn hmac(key: Vec<u8>, bytes: Vec<u8>) -> Vec<u8> {
    sm3::hmac(&key, &[&bytes]).into()
}

/// SM4-CTR from this counter block on: 2^32 blocks less its last 32 bits are the most.
#[wasm_bindgen(js_name = sm4Ctr)]
pub fn sm4_ctr(key: Vec<u8>, counter: Vec<u8>, mut text: Vec<u8>) -> Option<Vec<u8>> {
    sm4(&key)?.ctr(&block(&counter)?, &mut text);
    Some(text)
}

/// SM4-CBC of whole blocks.
#[wasm_bindgen(js_name = sm4CbcEncrypt)]
pub fn sm4_cbc_encrypt(key: Vec<u8>, iv: Vec<u8>, mut text: Vec<u8>) -> Option<Vec<u8>> {
    let (blocks, []) = text.as_chunks_mut() else {
        return None;
    };
    sm4(&key)?.cbc_encrypt(&block(&iv)?, blocks);
    Some(text)
}

/// Undoes [`sm4_cbc_encrypt`].
#[wasm_bindgen(js_name = sm4CbcDecrypt)]
pub fn sm4_cbc_decrypt(key: Vec<u8>, iv: Vec<u8>, mut text: Vec<u8>) -> Option<Vec<u8>> {
    let (blocks, []) = text.as_chunks_mut() else {
        return None;
    };
    sm4(&key)?.cbc_decrypt(&block(&iv)?, blocks);
    Some(text)
}

/// SM4-ECB of whole blocks.
#[wasm_bindgen(js_name = sm4EcbEncrypt)]
pub fn sm4_ecb_encrypt(key: Vec<u8>, text: Vec<u8>) -> Option<Vec<u8>> {
    let sm4 = sm4(&key)?;
    each(text, |block| sm4.encrypt(block))
}

/// Undoes [`sm4_ecb_encrypt`].
#[wasm_bindgen(js_name = sm4EcbDecrypt)]
pub fn sm4_ecb_decrypt(key: Vec<u8>, text: Vec<u8>) -> Option<Vec<u8>> {
    let sm4 = sm4(&key)?;
    each(text, |block| sm4.decrypt(block))
}

/// Whether these are 65 bytes of a point of SM2.
#[wasm_bindgen(js_name = sm2IsPoint)]
pub fn sm2_is_point(point: Vec<u8>) -> bool {
    Point::from_bytes(&point).is_ok()
}

/// The point of a scalar; nothing where it is none.
#[wasm_bindgen(js_name = sm2Public)]
pub fn sm2_public(scalar: Vec<u8>) -> Option<Vec<u8>> {
    Some(self::scalar(&scalar)?.point().as_bytes().to_vec())
}

/// DER of a signature under the identifier of GM/T 0009; nothing where the scalar is none.
#[wasm_bindgen(js_name = sm2Sign)]
pub fn sm2_sign(scalar: Vec<u8>, message: Vec<u8>) -> Option<Vec<u8>> {
    signature::sign(&self::scalar(&scalar)?, &message).ok()
}

/// What a signature is found to be.
#[wasm_bindgen]
pub enum Found {
    /// It holds.
    Valid = 0,
    /// It is not in its one spelling.
    Form = 1,
    /// It does not hold.
    Invalid = 2,
}

/// Checks a signature under the identifier of GM/T 0009.
#[wasm_bindgen(js_name = sm2Verify)]
pub fn sm2_verify(point: Vec<u8>, message: Vec<u8>, der: Vec<u8>) -> Found {
    match signature::verify(&point, &message, &der) {
        Ok(()) => Found::Valid,
        Err(signature::Problem::Form) => Found::Form,
        Err(signature::Problem::Invalid) => Found::Invalid,
    }
}

/// Encrypts with the ephemeral scalar that `ikm`, 32 bytes, yields; nothing where the point
/// is none.
#[wasm_bindgen(js_name = sm2Encrypt)]
pub fn sm2_encrypt(point: Vec<u8>, ikm: Vec<u8>, text: Vec<u8>) -> Option<Vec<u8>> {
    let ikm = ikm[..].try_into().ok()?;
    let point = Point::from_bytes(&point).ok()?;
    Some(cipher::encrypt_dealt(&point, &text, ikm))
}

/// Decrypts; nothing unless it is the one DER of so many bytes to this key.
#[wasm_bindgen(js_name = sm2Decrypt)]
pub fn sm2_decrypt(scalar: Vec<u8>, der: Vec<u8>, length: usize) -> Option<Vec<u8>> {
    let text = cipher::decrypt_any(&self::scalar(&scalar)?, &der)?;
    (text.len() == length).then(|| text.to_vec())
}

fn sm4(key: &[u8]) -> Option<Sm4> {
    Some(Sm4::new(key.try_into().ok()?))
}

fn block(bytes: &[u8]) -> Option<[u8; BLOCK]> {
    bytes.try_into().ok()
}

fn each(mut text: Vec<u8>, work: impl Fn(&[u8; BLOCK]) -> [u8; BLOCK]) -> Option<Vec<u8>> {
    let (blocks, []) = text.as_chunks_mut() else {
        return None;
    };
    for block in blocks {
        *block = work(block);
    }
    Some(text)
}

fn scalar(bytes: &[u8]) -> Option<Scalar> {
    Scalar::from_bytes(bytes.try_into().ok()?)
}
