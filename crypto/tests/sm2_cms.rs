//! Detached signatures by SM2 (docs/spec/cms.md): ours, those of both frames, and what
//! is refused.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod pki;
mod signed;

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{TimeAuthorities, TimeAuthority, Trust};
use kaibiao_crypto::cms::{CmsProblem, Detached, Draft, sign, verify_carried, verify_detached};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::{Algorithm, Signature, SignatureProblem};
use kaibiao_crypto::signer::FileKey;
use kaibiao_crypto::timestamp::{normal_form, verify, verify_normal};
use x509_parser::prelude::{FromDer as _, ParsedExtension, X509Certificate};

use pki::sm2::*;
use pki::*;
use signed::*;

const RECORD: &[u8] = "{\"record\":\"开标记录\"}".as_bytes();

/// Somebody with a certificate of SM2 below an intermediate authority.
struct Somebody {
    authorities: Authorities,
    trust: Trust,
    key: Sm2Key,
    leaf: Vec<u8>,
}

impl Somebody {
    fn new() -> Self {
        let authorities = Authorities::new(0, 0);
        let key = Sm2Key::new();
        Self {
            leaf: authorities.issue(Leaf::signing(), &key.spki(0), 0),
            trust: authorities.trust(&[]),
            authorities,
            key,
        }
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        vec![
            self.leaf.clone(),
            self.authorities.middle_certificate.clone(),
        ]
    }

    fn sign(&self) -> Vec<u8> {
        let key = FileKey::from_pkcs8(&self.key.pkcs8, self.chain()).unwrap();
        sign(RECORD, NOW, &key).unwrap()
    }

    fn pieces(&self, is_gm: bool) -> Pieces {
        Pieces::sm2(is_gm, RECORD, &self.leaf, &self.key.pkcs8)
    }

    fn verify(&self, der: &[u8]) -> Result<Option<i64>, CmsProblem> {
        let detached = verify_detached(der, RECORD, &self.trust, NOW)?;
        assert_eq!(detached.holder.organisation.as_str(), CODE);
        Ok(detached.signing_time)
    }
}

#[test]
fn ours_is_a_message_of_gm_t_0010() {
    let somebody = Somebody::new();
    let der = somebody.sign();
    // One signature of one content at one time, whenever it is made.
    assert_eq!(der, somebody.sign());
    assert_eq!(somebody.verify(&der), Ok(Some(NOW)));
    assert_eq!(verify_carried(&der, RECORD, &somebody.leaf), Ok(Some(NOW)));
    let altered = verify_detached(&der, b"another", &somebody.trust, NOW);
    assert_eq!(altered, Err(CmsProblem::Digest));
    // Nothing of the other suite is in it, but for the certificates' own fields.
    let holds = |part: &[u8]| der.windows(part.len()).any(|it| it == part);
    for part in [
        GM_SIGNED_DATA,
        GM_DATA,
        SM3,
        SM2_SM3,
        &sm3(RECORD),
        &sm3(&somebody.leaf),
    ] {
        assert!(holds(part), "{part:x?}");
    }
    let (sha_256, leaf) = (Digest::of(RECORD), Digest::of(&somebody.leaf));
    for part in [
        SIGNED_DATA,
        DATA,
        SHA_256,
        sha_256.as_bytes(),
        leaf.as_bytes(),
    ] {
        assert!(!holds(part), "{part:x?}");
    }
}

/// `openssl cms` knows neither the frame nor an identifier for it; in two steps openssl
/// checks the same.
#[test]
fn openssl_checks_the_digest_and_the_signature_over_the_attributes() {
    let somebody = Somebody::new();
    let desk = Desk::new();
    let draft = Draft::new(RECORD, NOW, &somebody.chain()).unwrap();
    let signed = somebody.sign();
    // ContentInfo, SignedData, the last SET, SignerInfo.
    let explicit = &parts(&signed)[1];
    let data = parts(&parts(explicit)[0]);
    let signer = parts(&parts(data.last().unwrap())[0]);
    let mut attributes = signer[3].clone();
    assert_eq!(attributes[0], 0xa0);
    attributes[0] = 0x31;
    assert_eq!(attributes, draft.message());
    let value = &signer[5];
    assert_eq!(value[0], 4);
    desk.write("record", RECORD);
    desk.write("attributes", &attributes);
    desk.write("value", &value[2..]);
    desk.write("leaf.pem", pem(&somebody.leaf));
    let digest = desk.openssl(&["dgst", "-sm3", "-r", "record"]);
    let digest = hex::decode(&digest[..64]).unwrap();
    let told = attribute(MESSAGE_DIGEST, &der(4, &digest));
    assert!(attributes.windows(told.len()).any(|it| it == told));
    let verify = |attributes: &str, identifier: &str| {
        let usual = "pkeyutl -verify -rawin -digest sm3 -certin -inkey leaf.pem -sigfile value";
        let mut asked: Vec<&str> = usual.split(' ').collect();
        let identifier = format!("distid:{identifier}");
        asked.extend(["-in", attributes, "-pkeyopt", &identifier]);
        desk.try_openssl(&asked)
    };
    verify("attributes", "1234567812345678").unwrap();
    assert!(verify("attributes", "1234567812345679").is_err());
    assert!(verify("record", "1234567812345678").is_err());
}

/// Openssl reads the frame of RFC 5652 that is read here: given a signature under the
/// one identifier that it knows for messages, the empty one, it accepts what is
/// otherwise the same. Here another identifier is another signature.
#[test]
fn openssl_reads_the_other_frame_as_it_is_read_here() {
    let somebody = Somebody::new();
    let desk = Desk::new();
    desk.hold(&somebody.key.pkcs8, &somebody.leaf);
    let pieces = somebody.pieces(false);
    assert_eq!(somebody.verify(&pieces.sign()), Ok(None));
    desk.write("record", RECORD);
    desk.write("attributes", der(0x31, &pieces.attributes.concat()));
    let usual = "pkeyutl -sign -rawin -digest sm3 -inkey key.pem -in attributes -out value";
    desk.openssl(&usual.split(' ').collect::<Vec<_>>());
    let other = pieces.with_value(&desk.read("value"));
    desk.write("p7s", &other);
    let usual = "cms -verify -binary -inform DER -in p7s -content record -noverify -out out";
    desk.openssl(&usual.split(' ').collect::<Vec<_>>());
    desk.write("record", b"another");
    assert!(
        desk.try_openssl(&usual.split(' ').collect::<Vec<_>>())
            .is_err()
    );
    let refused = CmsProblem::Signature(SignatureProblem::Invalid);
    assert_eq!(somebody.verify(&other), Err(refused));
}

fn null(identifier: &[u8]) -> Vec<u8> {
    sequence(&[&identifier[2..], b"\x05\x00"])
}

#[test]
fn both_frames_and_every_spelling_of_the_algorithms_are_read() {
    let somebody = Somebody::new();
    for is_gm in [true, false] {
        for digest in [SM3.to_vec(), null(SM3)] {
            for signature in [SM2.to_vec(), SM2_SM3.to_vec(), null(SM2), null(SM2_SM3)] {
                let pieces = Pieces {
                    digest_algorithms: vec![digest.clone()],
                    digest_algorithm: digest.clone(),
                    signature_algorithm: signature,
                    ..somebody.pieces(is_gm)
                };
                assert_eq!(somebody.verify(&pieces.sign()), Ok(None));
            }
        }
    }
    // The key in another spelling is the same key.
    for spelling in 1..KEYS.len() {
        let leaf = somebody
            .authorities
            .issue(Leaf::signing(), &somebody.key.spki(spelling), 1);
        let pieces = Pieces::sm2(true, RECORD, &leaf, &somebody.key.pkcs8);
        assert_eq!(somebody.verify(&pieces.sign()), Ok(None));
    }
    // The certificate may be named by SHA-256, or by nothing.
    let mut pieces = somebody.pieces(true);
    let digest = Digest::of(&somebody.leaf);
    pieces.attributes[2] = signing_certificate(&[&der(4, digest.as_bytes())]);
    assert_eq!(somebody.verify(&pieces.sign()), Ok(None));
    pieces.attributes.pop();
    assert_eq!(somebody.verify(&pieces.sign()), Ok(None));
}

#[test]
fn what_mixes_suites_or_frames_is_refused() {
    let somebody = Somebody::new();
    let refused = |expected: CmsProblem, change: &dyn Fn(&mut Pieces)| {
        for is_gm in [true, false] {
            let mut pieces = somebody.pieces(is_gm);
            change(&mut pieces);
            assert_eq!(somebody.verify(&pieces.sign()), Err(expected.clone()));
        }
    };
    let algorithm = CmsProblem::Algorithm;
    let malformed = CmsProblem::Malformed;
    // Frames.
    refused(CmsProblem::Content, &|it| {
        let is_gm = it.frame == GM_SIGNED_DATA;
        it.frame = if is_gm { SIGNED_DATA } else { GM_SIGNED_DATA }.to_vec();
    });
    refused(CmsProblem::Content, &|it| {
        let is_gm = it.frame == GM_SIGNED_DATA;
        it.attributes[0] = attribute(CONTENT_TYPE, if is_gm { DATA } else { GM_DATA });
    });
    refused(CmsProblem::Content, &|it| {
        it.content = Some(RECORD.to_vec())
    });
    refused(malformed("its version"), &|it| it.version = 3);
    // Digests that are exchanged.
    refused(algorithm.clone(), &|it| {
        it.digest_algorithms = vec![SHA_256.to_vec()];
        it.digest_algorithm = SHA_256.to_vec();
    });
    refused(algorithm.clone(), &|it| {
        it.digest_algorithms = vec![SHA_256.to_vec()];
    });
    refused(algorithm.clone(), &|it| {
        it.signature_algorithm = ECDSA_SHA_256.to_vec();
    });
    refused(algorithm, &|it| it.signature_algorithm = RSA.to_vec());
    let digest = Digest::of(RECORD);
    refused(CmsProblem::Digest, &|it| {
        it.attributes[1] = attribute(MESSAGE_DIGEST, &der(4, digest.as_bytes()));
    });
    // Attributes.
    let attributes = malformed("its signed attributes");
    refused(attributes.clone(), &|it| drop(it.attributes.remove(1)));
    refused(attributes.clone(), &|it| drop(it.attributes.remove(0)));
    refused(attributes.clone(), &|it| it.attributes.swap(0, 1));
    refused(attributes, &|it| {
        let again = it.attributes[1].clone();
        it.attributes.insert(1, again);
    });
    refused(CmsProblem::SigningCertificate, &|it| {
        let other = der(4, &sm3(b"another certificate"));
        it.attributes[2] = signing_certificate(&[SM3, &other]);
    });
    refused(CmsProblem::SigningCertificate, &|it| {
        // The right digest under the name of another function.
        let named = der(4, &sm3(&somebody.leaf));
        it.attributes[2] = signing_certificate(&[&named]);
    });
    refused(CmsProblem::Signers(2), &|it| it.signers = 2);
    refused(CmsProblem::NoCertificate, &|it| it.certificates.clear());
}

/// GM/T 0010 names the signer by issuer and serial number, and no other way.
#[test]
fn a_key_identifier_is_of_one_frame_only() {
    let somebody = Somebody::new();
    let (_, parsed) = X509Certificate::from_der(&somebody.leaf).unwrap();
    let mut identifiers = parsed
        .extensions()
        .iter()
        .filter_map(|it| match it.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
            _ => None,
        });
    let identifier = identifiers.next_back().unwrap();
    for (is_gm, expected) in [
        (false, Ok(None)),
        (true, Err(CmsProblem::Malformed("its signer's version"))),
    ] {
        let pieces = Pieces {
            version: 3,
            signer_version: 3,
            signer: der(0x80, &identifier),
            ..somebody.pieces(is_gm)
        };
        assert_eq!(somebody.verify(&pieces.sign()), expected);
    }
}

#[test]
fn a_value_in_another_spelling_is_no_signature() {
    let somebody = Somebody::new();
    let pieces = somebody.pieces(true);
    let value = somebody.key.sign(&der(0x31, &pieces.attributes.concat()));
    assert!(somebody.verify(&pieces.with_value(&value)).is_ok());
    let numbers = parts(&value);
    let padded = |at: usize| {
        let mut numbers = numbers.clone();
        numbers[at] = der(2, &[&[0][..], &numbers[at][2..]].concat());
        der(0x30, &numbers.concat())
    };
    let order = hex::decode("00fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
    let order = der(2, &order.unwrap());
    let one = der(2, &[1]);
    let minus_one =
        hex::decode("00fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122");
    let minus_one = der(2, &minus_one.unwrap());
    for other in [
        padded(0),
        padded(1),
        der(0x30, &[&numbers.concat()[..], &[5, 0]].concat()),
        [&value[..], &[0]].concat(),
        // r = n, s = n, r + s = n.
        sequence(&[&order, &one]),
        sequence(&[&one, &order]),
        sequence(&[&one, &minus_one]),
        vec![],
    ] {
        let refused = somebody.verify(&pieces.with_value(&other));
        let form = CmsProblem::Signature(SignatureProblem::Form);
        assert_eq!(refused, Err(form), "{other:x?}");
    }
    let other = somebody.key.sign(b"other attributes");
    let refused = somebody.verify(&pieces.with_value(&other));
    let invalid = CmsProblem::Signature(SignatureProblem::Invalid);
    assert_eq!(refused, Err(invalid));
}

/// Nothing of RSA or P-256 in a message of GM/T 0010, nor SM2 by a key that is none.
#[test]
fn another_kind_of_key_is_no_signer() {
    let root = Authority::root("Test Root");
    let trust = root.trust();
    for (pkcs8, signature) in [(RSA_2048, RSA), (P_256, ECDSA_SHA_256)] {
        let leaf = root.issue(pkcs8, Leaf::signing());
        let usual = Pieces {
            digest_algorithms: vec![SHA_256.to_vec()],
            digest_algorithm: SHA_256.to_vec(),
            signature_algorithm: signature.to_vec(),
            attributes: usual_attributes(DATA, RECORD, &leaf),
            ..Pieces::sm2(false, RECORD, &leaf, pkcs8)
        };
        assert!(verify_detached(&usual.sign(), RECORD, &trust, NOW).is_ok());
        let framed = Pieces {
            frame: GM_SIGNED_DATA.to_vec(),
            content_type: GM_DATA.to_vec(),
            attributes: usual_attributes(GM_DATA, RECORD, &leaf),
            ..usual.clone()
        };
        let refused = verify_detached(&framed.sign(), RECORD, &trust, NOW);
        assert_eq!(refused, Err(CmsProblem::Algorithm));
        // As though it were SM2.
        for is_gm in [true, false] {
            let dressed = Pieces::sm2(is_gm, RECORD, &leaf, pkcs8);
            let refused = verify_detached(&dressed.sign(), RECORD, &trust, NOW);
            let wrong = CmsProblem::Signature(SignatureProblem::WrongAlgorithm);
            assert_eq!(refused, Err(wrong));
        }
        // RSA over SM3.
        let hashed = Pieces {
            signature_algorithm: signature.to_vec(),
            ..Pieces::sm2(false, RECORD, &leaf, pkcs8)
        };
        let refused = verify_detached(&hashed.sign(), RECORD, &trust, NOW);
        assert_eq!(refused, Err(CmsProblem::Algorithm));
    }
    // A point of P-256 under the name of SM2's curve.
    let somebody = Somebody::new();
    let p_256 = parts(&openssl_spki(P_256))[1].clone();
    let spki = der(0x30, &[hex::decode(KEYS[0]).unwrap(), p_256].concat());
    let leaf = somebody.authorities.issue(Leaf::signing(), &spki, 0);
    let pieces = Pieces::sm2(true, RECORD, &leaf, &somebody.key.pkcs8);
    let wrong = CmsProblem::Signature(SignatureProblem::WrongAlgorithm);
    assert_eq!(somebody.verify(&pieces.sign()), Err(wrong));
    assert!(Draft::new(RECORD, NOW, &[leaf]).is_err());
}

#[test]
fn a_mixed_chain_and_another_certificate_are_refused() {
    let somebody = Somebody::new();
    // An SM2 leaf that an authority of P-256 has issued.
    let plain = Authority::root("Test Root");
    let issued = plain.issue(P_256, Leaf::signing());
    let mut inner = parts(&parts(&issued)[0]);
    inner[SPKI] = somebody.key.spki(0);
    let issued = with_text(&issued, &der(0x30, &inner.concat()));
    let leaf = plain.sign_again(&issued, |_| ());
    let message = Pieces::sm2(true, RECORD, &leaf, &somebody.key.pkcs8).sign();
    let mixed = verify_detached(&message, RECORD, &plain.trust(), NOW);
    assert_eq!(mixed.unwrap_err().code(), "certificate-chain");
    // Carried by an act of another certificate of the same key.
    let again = Leaf {
        serial: 9,
        ..Leaf::signing()
    };
    let again = somebody.authorities.issue(again, &somebody.key.spki(0), 0);
    let carried = verify_carried(&somebody.sign(), RECORD, &again);
    assert_eq!(carried, Err(CmsProblem::OtherCertificate));
    // Revoked.
    let revoked = somebody.authorities.trust(&[7]);
    let revoked = verify_detached(&somebody.sign(), RECORD, &revoked, NOW);
    assert_eq!(revoked.unwrap_err().code(), "certificate-revoked");
}

#[test]
fn what_is_put_together_is_by_the_leaf_and_by_its_algorithm() {
    let somebody = Somebody::new();
    let draft = Draft::new(RECORD, NOW, &somebody.chain()).unwrap();
    let finish = |algorithm, value: Vec<u8>| {
        let value = Base64(value);
        draft.finish(&Signature { algorithm, value })
    };
    let value = somebody.key.sign(draft.message());
    assert_eq!(finish(Algorithm::Sm2, value.clone()), Ok(somebody.sign()));
    let wrong = Err(CmsProblem::Signature(SignatureProblem::WrongAlgorithm));
    assert_eq!(finish(Algorithm::EcdsaP256, value), wrong);
    let other = Sm2Key::new().sign(draft.message());
    let invalid = Err(CmsProblem::Signature(SignatureProblem::Invalid));
    assert_eq!(finish(Algorithm::Sm2, other), invalid);
}

#[test]
fn every_flip_of_a_bit_is_refused_or_changes_nothing() {
    let somebody = Somebody::new();
    let der = somebody.sign();
    let good = verify_detached(&der, RECORD, &somebody.trust, NOW).unwrap();
    for bit in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(detached) = verify_detached(&flipped, RECORD, &somebody.trust, NOW) {
            // Of the authority between another copy is configured.
            let told = |it: &Detached| (it.holder.certificate.clone(), it.signing_time);
            assert_eq!(told(&detached), told(&good), "bit {bit}");
        }
    }
}

/// An authority of time may be one of SM2 (timestamps.md, 4), in the frame of RFC 5652.
#[test]
fn a_time_stamp_by_sm2_holds_and_has_its_normal_form() {
    let (authorities, key) = (Authorities::new(0, 0), Sm2Key::new());
    let leaf = authorities.issue(stamper(), &key.spki(0), 0);
    let imprint = Digest::of(RECORD);
    let info = der(0x30, &info(imprint, "20260601000000.25Z").concat());
    let believed = TimeAuthorities::new(&[TimeAuthority {
        id: "tsa".into(),
        root: Base64(authorities.root_certificate.clone()),
        intermediates: vec![],
        crls: vec![],
    }]);
    let believed = believed.unwrap();
    let pieces = Pieces {
        version: 3,
        content_type: TST_INFO.to_vec(),
        content: Some(info.clone()),
        attributes: vec![
            attribute(CONTENT_TYPE, TST_INFO),
            attribute(MESSAGE_DIGEST, &der(4, &sm3(&info))),
            signing_certificate(&[SM3, &der(4, &sm3(&leaf))]),
        ],
        certificates: vec![leaf.clone(), authorities.middle_certificate.clone()],
        ..Pieces::sm2(false, b"", &leaf, &key.pkcs8)
    };
    let token = pieces.sign();
    let stamp = verify(&token, imprint, None, &believed).unwrap();
    let normal = normal_form(&token, imprint, &believed).unwrap();
    assert_eq!(verify_normal(&normal, imprint, &believed).unwrap(), stamp);
    let framed = Pieces {
        frame: GM_SIGNED_DATA.to_vec(),
        ..pieces
    };
    let refused = verify(&framed.sign(), imprint, None, &believed).unwrap_err();
    assert_eq!(refused.code(), "cms-content");
}
