//! Signatures that stand apart from what they sign: a `.p7s` beside a record.

use der::Tag;

use super::algorithm::{of_hash, of_signature};
use super::element::{Element, constructed, element, integer, name, sequence, set_of};
use super::read::{Frame, Naming, Signed};
use super::{CmsProblem, SignedData, attributes};
use crate::certificate::{
    Certificate, CertificateProblem, Grounds, Holder, Lists, Millis, Trust, Use, named,
};
use crate::signature::{Algorithm, Signature};
use crate::signer::{Signer, SignerProblem};
use crate::verified::Verified;

/// A signature to be made: what is to be signed, for whoever holds the key.
pub struct Draft {
    /// The DER of the signed attributes.
    message: Vec<u8>,
    frame: Frame,
    chain: Vec<Vec<u8>>,
}

/// A detached signature that holds, by somebody who is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// Who signed.
    pub holder: Holder,
    /// When they say that they signed, UTC milliseconds; their own word.
    pub signing_time: Option<Millis>,
}

impl Draft {
    /// Over these bytes, at `signed_at` (UTC milliseconds, of which the seconds are
    /// told), by the holder of the first certificate of `chain` (DER, leaf first), whose
    /// key says in which frame and by which digest. All of the chain goes along.
    pub fn new(content: &[u8], signed_at: Millis, chain: &[Vec<u8>]) -> Result<Self, CmsProblem> {
        let leaf = chain.first().ok_or(CmsProblem::NoCertificate)?;
        let frame = Frame::of(Certificate::parse(leaf)?.key_algorithm());
        let mut each_once: Vec<Vec<u8>> = Vec::with_capacity(chain.len());
        for certificate in chain {
            if !each_once.contains(certificate) {
                each_once.push(certificate.clone());
            }
        }
        Ok(Self {
            message: attributes::write(frame, content, signed_at, leaf)?,
            frame,
            chain: each_once,
        })
    }

    /// The bytes to sign. They begin with the octet 0x31, and those of an act
    /// with `kaibiao/1 sig`, so that neither signature can stand for the other.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The DER of the detached signature.
    ///
    /// # Errors
    /// [`CmsProblem::Algorithm`] when no certificate could have made it, and
    /// [`CmsProblem::Signature`] when it does not hold for the leaf.
    pub fn finish(&self, signature: &Signature) -> Result<Vec<u8>, CmsProblem> {
        let leaf = self.chain.first().ok_or(CmsProblem::NoCertificate)?;
        let key = Certificate::parse(leaf)?;
        key.public_key()
            .verify(&self.message, signature)
            .map_err(CmsProblem::Signature)?;
        let scheme = of_signature(signature.algorithm).ok_or(CmsProblem::Algorithm)?;
        let value = match signature.algorithm {
            Algorithm::EcdsaP256 => {
                let (r, s) = signature.value.split_at(signature.value.len() / 2);
                sequence(&[&integer(r), &integer(s)])
            }
            _ => signature.value.to_vec(),
        };
        let place = named(leaf)?;
        let place = sequence(&[&place.issuer, &element(Tag::Integer, &[place.serial])]);
        let attributes = Element::read(&self.message);
        let attributes = attributes.map_err(|_| CmsProblem::Malformed("its signed attributes"))?;
        let hash = of_hash(self.frame.hash());
        let signer = sequence(&[
            &integer(&[1]),
            &place,
            &hash,
            &element(constructed(0), &[attributes.content]),
            &scheme,
            &element(Tag::OctetString, &[&value]),
        ]);
        let data = sequence(&[
            &integer(&[1]),
            &element(Tag::Set, &[&hash]),
            &sequence(&[&name(self.frame.data())]),
            &set_of(constructed(0), self.chain.clone()),
            &element(Tag::Set, &[&signer]),
        ]);
        Ok(sequence(&[
            &name(self.frame.signed_data()),
            &element(constructed(0), &[&data]),
        ]))
    }
}

/// Signs these bytes and returns the DER of the detached signature. It is a function
/// of its arguments, as far as the signer's algorithm is.
pub fn sign(
    content: &[u8],
    signed_at: Millis,
    signer: &(impl Signer + ?Sized),
) -> Result<Vec<u8>, SignerProblem> {
    let refused = |problem: CmsProblem| SignerProblem::Refused(problem.to_string());
    let draft = Draft::new(content, signed_at, signer.chain()).map_err(refused)?;
    let signature = signer.sign(draft.message())?;
    draft.finish(&signature).map_err(refused)
}

/// The longest detached signature that an act carries, bytes of DER.
pub const MAX_CARRIED: usize = 32_768;

/// Verifies a detached signature over `content` that an act carries: it is by the
/// act's own certificate (DER), which is judged with the act. Answers when the signer
/// says to have signed, UTC milliseconds.
///
/// # Errors
/// [`CmsProblem::OtherCertificate`] when another certificate has signed; else what is
/// wrong with the message.
pub fn verify_carried(
    der: &[u8],
    content: &[u8],
    certificate: &[u8],
) -> Result<Option<Millis>, CmsProblem> {
    if der.len() > MAX_CARRIED {
        return Err(CmsProblem::Malformed("its length"));
    }
    let message = SignedData::read(der)?;
    let signed = signed(&message, content)?;
    if signed.certificate != certificate {
        return Err(CmsProblem::OtherCertificate);
    }
    Ok(signed.signing_time)
}

/// Verifies a detached signature over `content`, whose signer is judged at `at`.
pub fn verify_detached(
    der: &[u8],
    content: &[u8],
    trust: &Trust,
    at: Millis,
) -> Result<Verified<Detached>, CmsProblem> {
    verify(der, content, |chain| trust.judge(chain, at, Use::Sign))
}

/// The same as of a judgement that was made before.
pub fn verify_detached_again(
    der: &[u8],
    content: &[u8],
    trust: &Trust,
    grounds: &Grounds,
    lists: &Lists,
) -> Result<Verified<Detached>, CmsProblem> {
    verify(der, content, |chain| {
        trust.judge_again(chain, grounds, lists, Use::Sign)
    })
}

fn verify(
    der: &[u8],
    content: &[u8],
    judge: impl Fn(&[&[u8]]) -> Result<Verified<Holder>, CertificateProblem>,
) -> Result<Verified<Detached>, CmsProblem> {
    let message = SignedData::read(der)?;
    let signed = signed(&message, content)?;
    let chain = [&[signed.certificate][..], &signed.others].concat();
    Ok(Verified::new(Detached {
        holder: judge(&chain)?.into_inner(),
        signing_time: signed.signing_time,
    }))
}

fn signed<'a>(message: &'a SignedData<'a>, content: &[u8]) -> Result<Signed<'a>, CmsProblem> {
    if message.is_detached() {
        message.verify(content, Naming::Optional)
    } else {
        Err(CmsProblem::Content)
    }
}
