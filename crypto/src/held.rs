//! Private keys that somebody else holds, such as a token. The holder computes with
//! the key and never shows it; all that surrounds this one computation (key
//! schedules, paddings, what binds a wrap to its place) is done here.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::encoding::Base64;
use crate::secret::Secret;
use crate::signature::{self, Signature, SignatureProblem};
use crate::suite::signing::device;
use crate::wrap;

pub use kaibiao_gm::sm2::cipher::Sm2Cipher;

/// The holder of a private key that opens wraps. Of its three computations it is asked
/// for the one that the key's kind has.
pub trait HeldKey: Send + Sync {
    /// The public half, known without a PIN.
    fn public(&self) -> wrap::PublicKey;

    /// RSA: decrypts `value`, which is as long as the modulus.
    fn rsa(&self, value: &[u8]) -> Result<RsaText, HolderProblem>;

    /// P-256: the x-coordinate, 32 bytes, of the private scalar times `point`, an
    /// uncompressed valid point of 65 bytes (SEC 1, 3.3.1).
    fn ecdh(&self, point: &[u8; 65]) -> Result<Secret, HolderProblem>;

    /// SM2: decrypts a session key, and with it `blocks` by SM4-CBC without padding.
    fn sm2_sm4_cbc(
        &self,
        key: &Sm2Cipher,
        iv: &[u8; 16],
        blocks: &[u8; 64],
    ) -> Result<Zeroizing<[u8; 64]>, HolderProblem>;
}

/// A shared holder of a key.
pub type Holder = Arc<dyn HeldKey>;

/// What a holder makes of an RSA ciphertext.
pub enum RsaText {
    /// The encoded message of RFC 8017, 7.1.2, step 2c, as long as the modulus: the
    /// holder knows nothing of OAEP with SHA-256. Its padding is removed here, in
    /// constant time.
    Encoded(Zeroizing<Vec<u8>>),
    /// The message, from which the holder removed the padding itself.
    Message(Zeroizing<Vec<u8>>),
}

/// Why a holder did not compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HolderProblem {
    /// The device is no longer there.
    #[error("the token was removed")]
    Gone,
    /// The session is no longer open for this person.
    #[error("the token asks for its PIN again")]
    LoggedOut,
    /// Somebody else uses the device now.
    #[error("the token is in use by another program")]
    Busy,
    /// The device has no such computation, or not for this key.
    #[error("the token cannot compute this with its key")]
    Unsupported,
    /// The ciphertext is not one of this key's: the device says no more, and nor do we.
    #[error("the token does not decrypt this")]
    NotOpened,
    /// The device failed otherwise.
    #[error("the token failed")]
    Failed,
}

impl HolderProblem {
    /// What is wrong, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Gone => "令牌已拔出",
            Self::LoggedOut => "令牌要求重新输入 PIN",
            Self::Busy => "令牌正被别的程序使用",
            Self::Unsupported => "令牌不能用这把钥匙进行所需的运算",
            Self::NotOpened => "令牌解不开",
            Self::Failed => "令牌运算失败",
        }
    }
}

impl signature::PublicKey {
    /// What a device that signs digests is given for `message`, 32 bytes: SHA-256 of it
    /// for RSA and P-256, e = SM3(Z || message) for SM2. `None` for Ed25519, whose
    /// devices take the message.
    pub fn digest_to_sign(&self, message: &[u8]) -> Option<Digest> {
        device::digest(self, message)
    }

    /// Makes a signature of what a device returned, in its one accepted form: r || s
    /// becomes low in s for P-256, and DER for SM2, where integers with zeros before them
    /// are read too (docs/spec/suite-gm.md, 7). RSA is PKCS #1 v1.5. Whether the
    /// signature holds is checked, so that a device with another key than this one is
    /// found out here.
    ///
    /// # Errors
    /// [`SignatureProblem::Form`] when it is none, [`SignatureProblem::Invalid`] when it
    /// does not hold.
    pub fn signature_of_device(
        &self,
        message: &[u8],
        returned: &[u8],
    ) -> Result<Signature, SignatureProblem> {
        let (algorithm, value) = device::normal(self, returned).ok_or(SignatureProblem::Form)?;
        let signature = Signature {
            algorithm,
            value: Base64(value),
        };
        self.verify(message, &signature)?;
        Ok(signature)
    }
}

#[cfg(test)]
mod tests;
