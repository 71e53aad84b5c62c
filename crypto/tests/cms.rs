//! Detached signatures over a file, ours and openssl's.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod pki;
mod signed;

use kaibiao_crypto::certificate::{CertificateProblem, Lists};
use kaibiao_crypto::cms::{
    CmsProblem, Draft, MAX_CARRIED, sign, verify_carried, verify_detached, verify_detached_again,
};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::{Algorithm, Signature, SignatureProblem};
use kaibiao_crypto::signer::{FileKey, Signer as _, SignerProblem};
use pki::*;
use proptest::prelude::*;
use signed::Desk;

const RECORD: &[u8] = b"%PDF-1.7 a record of an opening\r\n\0\xff";

/// Somebody's key, its chain below an intermediate authority.
struct Somebody {
    root: Authority,
    middle: Authority,
    key: FileKey,
    desk: Desk,
}

impl Somebody {
    fn with(pkcs8: &[u8]) -> Self {
        let root = Authority::root("Test Root");
        let middle = root.intermediate("Test Middle");
        let leaf = middle.issue(pkcs8, Leaf::signing());
        let desk = Desk::new();
        desk.hold(pkcs8, &leaf);
        desk.write("ca.pem", pem(&root.certificate));
        desk.write("middle.pem", pem(&middle.certificate));
        desk.write("record.pdf", RECORD);
        let chain = vec![leaf, middle.certificate.clone()];
        let key = FileKey::from_pkcs8(pkcs8, chain).unwrap();
        Self {
            root,
            middle,
            key,
            desk,
        }
    }

    fn sign(&self) -> Vec<u8> {
        sign(RECORD, NOW, &self.key).unwrap()
    }

    fn verify(&self, der: &[u8], content: &[u8]) -> Result<Option<i64>, CmsProblem> {
        let lists = vec![self.root.crl(&[], false), self.middle.crl(&[], false)];
        let trust = kaibiao_crypto::certificate::Trust::new(&[self.root.ca("test", lists)]);
        let detached = verify_detached(der, content, &trust.unwrap(), NOW)?;
        assert_eq!(detached.holder.organisation.as_str(), CODE);
        Ok(detached.signing_time)
    }

    /// What openssl makes of it, as anybody would ask.
    fn openssl(&self, der: &[u8], content: &str) -> Result<String, String> {
        self.desk.write("record.p7s", der);
        // The certificates of the tests are those of 2026.
        let at = (NOW / 1000).to_string();
        self.desk.try_openssl(&[
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "record.p7s",
            "-content",
            content,
            "-CAfile",
            "ca.pem",
            "-purpose",
            "any",
            "-attime",
            &at,
            "-out",
            "out",
        ])
    }
}

#[test]
fn openssl_accepts_our_signature_and_no_altered_content() {
    for pkcs8 in [RSA_2048, RSA_3072, RSA_4096, P_256] {
        let somebody = Somebody::with(pkcs8);
        let der = somebody.sign();
        // One signature of one content at one time, whenever it is made.
        assert_eq!(der, somebody.sign());
        assert_eq!(somebody.verify(&der, RECORD), Ok(Some(NOW)));
        let said = somebody.openssl(&der, "record.pdf").unwrap();
        assert!(said.contains("successful"), "{said}");
        assert_eq!(somebody.desk.read("out"), RECORD);
        somebody.desk.write("altered.pdf", [RECORD, b" "].concat());
        let said = somebody.openssl(&der, "altered.pdf").unwrap_err();
        assert!(said.contains("verification failure"), "{said}");
        assert_eq!(somebody.verify(&der, b"altered"), Err(CmsProblem::Digest));
        let text = somebody.desk.openssl(&[
            "cms",
            "-cmsout",
            "-print",
            "-inform",
            "DER",
            "-in",
            "record.p7s",
        ]);
        for told in [
            "signingTime",
            "Jun  1 00:00:00 2026 GMT",
            "signingCertificateV2",
            "eContent: <ABSENT>",
        ] {
            assert!(
                text.to_lowercase().contains(&told.to_lowercase()),
                "{told}: {text}"
            );
        }
        // Openssl finds the certificate that the attributes name to be the signer's.
        let mut asked = vec!["cms", "-verify", "-cades", "-binary", "-inform", "DER"];
        let at = (NOW / 1000).to_string();
        asked.extend([
            "-in",
            "record.p7s",
            "-content",
            "record.pdf",
            "-CAfile",
            "ca.pem",
        ]);
        asked.extend(["-purpose", "any", "-attime", &at]);
        assert!(somebody.desk.try_openssl(&asked).is_ok());
    }
}

#[test]
fn a_token_s_pss_and_times_far_off_are_written_as_openssl_reads_them() {
    let somebody = Somebody::with(RSA_2048);
    let draft = Draft::new(RECORD, NOW, somebody.key.chain()).unwrap();
    somebody.desk.write("attributes", draft.message());
    somebody.desk.openssl(&[
        "dgst",
        "-sha256",
        "-sign",
        "key.pem",
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_pss_saltlen:32",
        "-out",
        "value",
        "attributes",
    ]);
    let signature = Signature {
        algorithm: Algorithm::RsaPss,
        value: Base64(somebody.desk.read("value")),
    };
    let der = draft.finish(&signature).unwrap();
    somebody.openssl(&der, "record.pdf").unwrap();
    assert_eq!(somebody.verify(&der, RECORD), Ok(Some(NOW)));
    // A value under the name of another algorithm is not put together.
    let wrong = Signature {
        algorithm: Algorithm::RsaPkcs1,
        ..signature
    };
    assert_eq!(
        draft.finish(&wrong),
        Err(CmsProblem::Signature(SignatureProblem::Invalid))
    );
    // Whole seconds; from 2050 on in another form.
    for at in [
        0,
        999,
        1_780_272_000_999,
        2_524_607_999_000,
        2_524_608_000_000,
        253_402_300_799_000,
    ] {
        let der = sign(RECORD, at, &somebody.key).unwrap();
        assert_eq!(somebody.verify(&der, RECORD), Ok(Some(at / 1000 * 1000)));
        somebody.openssl(&der, "record.pdf").unwrap();
    }
    for at in [-1, 253_402_300_800_000, i64::MAX] {
        assert!(sign(RECORD, at, &somebody.key).is_err(), "{at}");
    }
}

#[test]
fn only_a_key_with_a_certificate_signs() {
    let bare = FileKey::bare(P_256).unwrap();
    let refused = sign(RECORD, NOW, &bare).unwrap_err();
    assert!(matches!(refused, SignerProblem::Refused(_)), "{refused}");
}

#[test]
fn what_openssl_signs_is_verified() {
    for (pkcs8, more, expected) in [
        (RSA_2048, &[][..], Ok(())),
        (P_256, &[], Ok(())),
        (P_256, &["-cades"], Ok(())),
        (RSA_3072, &["-md", "sha384", "-keyid"], Ok(())),
        (RSA_2048, &["-nosmimecap", "-md", "sha512"], Ok(())),
        (
            RSA_2048,
            &["-noattr"],
            Err(CmsProblem::Malformed("its signed attributes")),
        ),
        (RSA_2048, &["-nodetach"], Err(CmsProblem::Content)),
        (RSA_2048, &["-nocerts"], Err(CmsProblem::NoCertificate)),
        (RSA_2048, &["-md", "sha1"], Err(CmsProblem::Algorithm)),
        (
            RSA_2048,
            &["-econtent_type", "1.2.3.4"],
            Err(CmsProblem::Content),
        ),
        (
            RSA_2048,
            &["-stream", "-indef"],
            Err(CmsProblem::Malformed("its frame")),
        ),
        (
            P_256,
            &["-signer", "other.pem", "-inkey", "key.pem"],
            Err(CmsProblem::Signers(2)),
        ),
    ] {
        let root = Authority::root("Test Root");
        let desk = Desk::new();
        desk.hold(pkcs8, &root.issue(pkcs8, Leaf::signing()));
        let other = Leaf {
            serial: 8,
            ..Leaf::signing()
        };
        desk.write("other.pem", pem(&root.issue(pkcs8, other)));
        desk.write("record.pdf", RECORD);
        let usual = [
            "cms",
            "-sign",
            "-binary",
            "-outform",
            "DER",
            "-in",
            "record.pdf",
            "-signer",
            "cert.pem",
            "-inkey",
            "key.pem",
            "-out",
            "record.p7s",
        ];
        desk.openssl(&[&usual[..], more].concat());
        let der = desk.read("record.p7s");
        let verified = verify_detached(&der, RECORD, &root.trust(), NOW).map(drop);
        assert_eq!(verified, expected, "{more:?}");
        if expected.is_ok() {
            let altered = verify_detached(&der, b"%PDF-1.7", &root.trust(), NOW);
            assert_eq!(altered, Err(CmsProblem::Digest));
        }
    }
}

#[test]
fn one_that_an_act_carries_is_by_the_act_s_own_certificate() {
    let somebody = Somebody::with(P_256);
    let der = somebody.sign();
    let chain = somebody.key.chain();
    assert_eq!(verify_carried(&der, RECORD, &chain[0]), Ok(Some(NOW)));
    let other = Err(CmsProblem::OtherCertificate);
    assert_eq!(verify_carried(&der, RECORD, &chain[1]), other);
    // Another certificate of the very same key is another one.
    let again = Leaf {
        serial: 8,
        ..Leaf::signing()
    };
    let again = somebody.middle.issue(P_256, again);
    assert_eq!(verify_carried(&der, RECORD, &again), other);
    let altered = verify_carried(&der, b"altered", &chain[0]);
    assert_eq!(altered, Err(CmsProblem::Digest));
    let long = vec![0x30; MAX_CARRIED + 1];
    let long = verify_carried(&long, RECORD, &chain[0]);
    assert_eq!(long, Err(CmsProblem::Malformed("its length")));
}

#[test]
fn the_signer_is_judged_as_of_a_time_or_as_before() {
    let somebody = Somebody::with(P_256);
    let der = somebody.sign();
    let lists = |revoked: &[u64]| {
        vec![
            somebody.root.crl(&[], false),
            somebody.middle.crl(revoked, false),
        ]
    };
    let at_first = lists(&[]);
    let trust = |lists: &[Vec<u8>]| {
        let ca = somebody.root.ca("test", lists.to_vec());
        kaibiao_crypto::certificate::Trust::new(&[ca]).unwrap()
    };
    let problem = |at| verify_detached(&der, RECORD, &trust(&at_first), at).unwrap_err();
    assert_eq!(problem(YEAR_END + 1000).code(), "certificate-expired");
    let other = Authority::root("Test Root").trust();
    assert_eq!(
        verify_detached(&der, RECORD, &other, NOW),
        Err(CmsProblem::Certificate(CertificateProblem::UnknownIssuer))
    );
    // Revoked afterwards: what was judged stays judged.
    let grounds = verify_detached(&der, RECORD, &trust(&at_first), NOW).unwrap();
    let grounds = grounds.into_inner().holder.grounds;
    let mut kept = Lists::default();
    for list in &at_first {
        kept.add(list);
    }
    let since = trust(&lists(&[7]));
    assert_eq!(
        verify_detached(&der, RECORD, &since, NOW)
            .unwrap_err()
            .code(),
        "certificate-revoked"
    );
    assert!(verify_detached_again(&der, RECORD, &since, &grounds, &kept).is_ok());
}

#[test]
fn every_flip_of_a_bit_is_refused_or_changes_nothing() {
    let somebody = Somebody::with(P_256);
    let der = somebody.sign();
    let lists = vec![
        somebody.root.crl(&[], false),
        somebody.middle.crl(&[], false),
    ];
    let trust = kaibiao_crypto::certificate::Trust::new(&[somebody.root.ca("test", lists)]);
    let trust = trust.unwrap();
    let good = verify_detached(&der, RECORD, &trust, NOW).unwrap();
    for bit in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(detached) = verify_detached(&flipped, RECORD, &trust, NOW) {
            assert_eq!(detached, good, "bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_in_panics(
        cut in 0usize..2000,
        patch in proptest::collection::vec(any::<u8>(), 0..8),
        at in 0usize..2000,
    ) {
        static MADE: std::sync::LazyLock<(Somebody, Vec<u8>)> = std::sync::LazyLock::new(|| {
            let somebody = Somebody::with(P_256);
            let der = somebody.sign();
            (somebody, der)
        });
        let (somebody, der) = &*MADE;
        let mut other = der.clone();
        let at = at % other.len();
        other.splice(at..(at + patch.len()).min(der.len()), patch);
        other.truncate(cut.max(1));
        if other != *der {
            prop_assert!(somebody.verify(&other, RECORD).is_err());
        }
    }
}
