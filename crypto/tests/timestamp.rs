//! Which time stamps are believed, and what is said of the others.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod pki;
mod signed;

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{CertificateProblem, TimeAuthorities, TrustProblem};
use kaibiao_crypto::cms::CmsProblem;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::timestamp::{Request, Response, TimestampProblem, verify};
use pki::*;
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use signed::*;

const WHAT: &[u8] = b"a checkpoint";
const NONCE: u64 = 0xfedc_ba98_7654_3210;

fn request() -> Request {
    Request {
        imprint: Digest::of(WHAT),
        nonce: NONCE,
    }
}

fn now_micros() -> i64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

#[test]
fn openssl_reads_what_is_asked() {
    let desk = Desk::new();
    for (nonce, told) in [(NONCE, "0xFEDCBA9876543210"), (1, "0x01"), (0x80, "0x80")] {
        let request = Request { nonce, ..request() };
        desk.write("request.tsq", request.to_der());
        let text = desk.openssl(&["ts", "-query", "-in", "request.tsq", "-text"]);
        assert!(text.contains("Hash Algorithm: sha256"), "{text}");
        assert!(text.contains(&format!("Nonce: {told}")), "{text}");
        assert!(text.contains("Certificate required: yes"), "{text}");
        assert!(text.contains("Version: 1"), "{text}");
    }
}

#[test]
fn a_token_of_openssl_is_verified_offline() {
    let root = Authority::root("TSA Root");
    for pkcs8 in [RSA_2048, RSA_4096, P_256, P_384] {
        for settings in [
            "signer_digest = sha256",
            "signer_digest = sha384\nordering = yes\ntsa_name = yes",
            "signer_digest = sha256\ness_cert_id_alg = sha1\naccuracy = secs:1, millisecs:500, microsecs:100",
            "signer_digest = sha256\ness_cert_id_alg = sha512",
        ] {
            let desk = Desk::new();
            let certificate = root.issue(pkcs8, stamper());
            desk.hold(pkcs8, &certificate);
            let before = now_micros();
            let token = desk.token(request(), settings);
            let stamp = verify(&token, Digest::of(WHAT), Some(NONCE), &authorities(&root));
            let stamp = stamp.unwrap_or_else(|problem| panic!("{settings}: {problem}"));
            assert!((before - 1000..=now_micros()).contains(&stamp.at_micros));
            assert_eq!(stamp.at(), stamp.at_micros.div_euclid(1000));
            assert_eq!(stamp.nonce, Some(NONCE));
            assert_eq!(stamp.policy, "1.2.3.4.1");
            assert_eq!(stamp.serial, "0b");
            assert_eq!(stamp.authority, "tsa");
            assert_eq!(
                stamp.path,
                [Digest::of(&certificate), Digest::of(&root.certificate)]
            );
            let accuracy = settings.contains("accuracy").then_some(1_500_100);
            assert_eq!(stamp.accuracy_micros, accuracy);
            // Whoever comes later does not know the nonce.
            assert!(verify(&token, Digest::of(WHAT), None, &authorities(&root)).is_ok());
        }
    }
}

#[test]
fn an_answer_to_something_else_is_refused() {
    let root = Authority::root("TSA Root");
    let desk = Desk::new();
    desk.hold(P_256, &root.issue(P_256, stamper()));
    let token = desk.token(request(), "signer_digest = sha256");
    let check = |what: &[u8], nonce| verify(&token, Digest::of(what), nonce, &authorities(&root));
    assert!(check(WHAT, Some(NONCE)).is_ok());
    assert_eq!(check(WHAT, Some(NONCE + 1)), Err(TimestampProblem::Nonce));
    assert_eq!(
        check(b"another", Some(NONCE)),
        Err(TimestampProblem::Imprint)
    );
    let other = authorities(&Authority::root("TSA Root"));
    assert_eq!(
        verify(&token, Digest::of(WHAT), None, &other),
        Err(TimestampProblem::Certificate(
            CertificateProblem::UnknownIssuer
        ))
    );
    assert_eq!(
        verify(&token, Digest::of(WHAT), None, &TimeAuthorities::default()),
        Err(TimestampProblem::Certificate(
            CertificateProblem::UnknownIssuer
        ))
    );
}

/// Tokens in forms that `openssl ts` does not write.
#[test]
fn other_schemes_and_a_signer_by_its_key_are_read() {
    let root = Authority::root("TSA Root");
    let content = der(0x30, &info(Digest::of(WHAT), "20260601000000Z").concat());
    let pss: &[&str] = &[
        "-keyopt",
        "rsa_padding_mode:pss",
        "-keyopt",
        "rsa_pss_saltlen:digest",
    ];
    let odd_salt: &[&str] = &[
        "-keyopt",
        "rsa_padding_mode:pss",
        "-keyopt",
        "rsa_pss_saltlen:20",
    ];
    for (pkcs8, more, expected) in [
        (RSA_2048, pss, Ok(())),
        (RSA_2048, &["-md", "sha512"][..], Ok(())),
        (RSA_2048, &["-keyid"], Ok(())),
        (P_256, &["-keyid", "-md", "sha384"], Ok(())),
        (P_384, &["-md", "sha384"], Ok(())),
        (RSA_2048, &[&["-md", "sha512"], pss].concat(), Ok(())),
        (RSA_2048, odd_salt, Err("cms-algorithm")),
        (P_256, &["-md", "sha512"], Err("cms-algorithm")),
        (RSA_2048, &["-md", "sha1"], Err("cms-algorithm")),
    ] {
        let desk = Desk::new();
        let mut leaf = stamper();
        // A serial number whose first bit is set.
        leaf.serial = u64::MAX;
        desk.hold(pkcs8, &root.issue(pkcs8, leaf));
        desk.write("info", &content);
        let usual = "cms -sign -binary -nodetach -cades -econtent_type 1.2.840.113549.1.9.16.1.4 \
            -outform DER -in info -signer cert.pem -inkey key.pem -out token";
        let usual: Vec<&str> = usual.split_whitespace().filter(|it| *it != "\\").collect();
        desk.openssl(&[&usual[..], more].concat());
        let token = desk.read("token");
        let verified = verify(&token, Digest::of(WHAT), None, &authorities(&root));
        let verified = verified.map(drop).map_err(|problem| problem.code());
        assert_eq!(verified, expected, "{more:?}");
    }
}

#[test]
fn an_authority_below_another_comes_with_the_token_or_from_the_configuration() {
    let root = Authority::root("TSA Root");
    let middle = root.intermediate("TSA Middle");
    let desk = Desk::new();
    desk.hold(RSA_2048, &middle.issue(RSA_2048, stamper()));
    desk.write("chain.pem", pem(&middle.certificate));
    let with = desk.token(request(), "signer_digest = sha256\ncerts = chain.pem");
    let without = desk.token(request(), "signer_digest = sha256");
    let mut configured = authority(&root);
    configured.intermediates = vec![Base64(middle.certificate.clone())];
    let configured = TimeAuthorities::new(&[configured]).unwrap();
    for (token, authorities, expected) in [
        (&with, &authorities(&root), true),
        (&without, &authorities(&root), false),
        (&without, &configured, true),
    ] {
        let verified = verify(token, Digest::of(WHAT), Some(NONCE), authorities);
        assert_eq!(verified.is_ok(), expected, "{verified:?}");
    }
}

#[test]
fn a_refusal_is_told_in_words() {
    let root = Authority::root("TSA Root");
    let desk = Desk::new();
    desk.hold(P_256, &root.issue(P_256, stamper()));
    let settings = "signer_digest = sha256";
    // Another hash function than the one that this authority takes.
    let mut sha_384 = request().to_der();
    let at = sha_384
        .windows(9)
        .position(|it| it == &SHA_256[4..])
        .unwrap();
    sha_384[at + 8] = 2;
    let answer = Response::read(&desk.stamp(&sha_384, settings)).unwrap();
    let Response::Rejected(why) = answer else {
        panic!("a token");
    };
    assert_eq!(why.status, "rejected");
    assert_eq!(why.reasons, ["bad algorithm"]);
    assert_eq!(why.words.len(), 1, "{:?}", why.words);
    let Response::Rejected(why) = Response::read(&desk.stamp(b"nonsense", settings)).unwrap()
    else {
        panic!("a token");
    };
    assert_eq!(why.reasons, ["bad data format"]);
    // What contradicts itself.
    let status = |status: u8| sequence(&[&der(2, &[status])]);
    let token = desk.token(request(), settings);
    for wrong in [
        sequence(&[&status(0)]),
        sequence(&[&status(2), &token]),
        sequence(&[&status(6)]),
        sequence(&[&status(0), &token, &token]),
        [sequence(&[&status(0), &token]), vec![0]].concat(),
        vec![],
    ] {
        assert_eq!(Response::read(&wrong), Err(TimestampProblem::Response));
    }
    let named = sequence(&[&sequence(&[&der(2, &[2]), &der(3, &[5, 0x20])])]);
    assert_eq!(
        Response::read(&named),
        Ok(Response::Rejected(kaibiao_crypto::timestamp::Rejection {
            status: "rejected",
            reasons: vec!["bad request"],
            words: vec![],
        }))
    );
}

/// An authority of time that stamps whatever a test wants it to.
struct Stamps {
    root: Authority,
    certificate: Vec<u8>,
}

impl Stamps {
    fn new() -> Self {
        Self::as_(stamper())
    }

    fn as_(leaf: Leaf) -> Self {
        let root = Authority::root("TSA Root");
        let certificate = root.issue(P_256, leaf);
        Self { root, certificate }
    }

    fn info(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
        let mut parts = info(Digest::of(WHAT), "20260601000000Z");
        change(&mut parts);
        der(0x30, &parts.concat())
    }

    fn pieces(&self) -> Pieces {
        Pieces::token(self.info(|_| ()), &self.certificate)
    }

    fn verify(&self, token: &[u8]) -> Result<i64, TimestampProblem> {
        let stamp = verify(token, Digest::of(WHAT), None, &authorities(&self.root))?;
        Ok(stamp.at_micros)
    }

    fn over(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Result<i64, TimestampProblem> {
        self.verify(&Pieces::token(self.info(change), &self.certificate).sign())
    }

    fn of(&self, change: impl FnOnce(&mut Pieces)) -> Result<i64, TimestampProblem> {
        let mut pieces = self.pieces();
        change(&mut pieces);
        self.verify(&pieces.sign())
    }
}

#[test]
fn only_a_certificate_for_time_stamps_stamps() {
    let judge = |change: &dyn Fn(&mut Leaf)| {
        let mut leaf = stamper();
        change(&mut leaf);
        Stamps::as_(leaf).over(|_| ()).map(drop)
    };
    assert_eq!(judge(&|_| ()), Ok(()));
    assert_eq!(judge(&|leaf| leaf.usages = vec![]), Ok(()));
    assert_eq!(
        judge(&|leaf| leaf.usages = vec![KeyUsagePurpose::ContentCommitment]),
        Ok(())
    );
    let wrong: [&dyn Fn(&mut Leaf); 6] = [
        &|leaf| leaf.extensions = vec![],
        &|leaf| leaf.extensions = vec![stamping(false)],
        &|leaf| {
            leaf.extensions = vec![];
            leaf.extended = vec![ExtendedKeyUsagePurpose::EmailProtection];
        },
        &|leaf| {
            leaf.extensions = vec![];
            leaf.extended = vec![
                ExtendedKeyUsagePurpose::TimeStamping,
                ExtendedKeyUsagePurpose::EmailProtection,
            ];
        },
        &|leaf| leaf.usages = vec![KeyUsagePurpose::KeyEncipherment],
        &|leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
    ];
    for (at, change) in wrong.into_iter().enumerate() {
        let problem = judge(change).unwrap_err();
        assert_eq!(problem.code(), "certificate-wrong-usage", "{at}");
    }
}

#[test]
fn the_certificate_is_judged_at_the_time_stamped() {
    let mut leaf = stamper();
    leaf.years = (2025, 2026);
    let stamps = Stamps::as_(leaf);
    let at = |time: &str| stamps.over(|parts| parts[4] = der(0x18, time.as_bytes()));
    assert!(at("20250601000000Z").is_ok());
    assert!(at("20260101000000Z").is_ok());
    assert!(at("20260101000000.999Z").is_ok());
    let problem = |time| at(time).unwrap_err().code();
    assert_eq!(problem("20260101000001Z"), "certificate-expired");
    assert_eq!(problem("20241231235959.999Z"), "certificate-not-yet-valid");
    // The same authority's other certificate, for an openssl that does not look.
    let desk = Desk::new();
    desk.hold(P_256, &stamps.certificate);
    let token = desk.token(request(), "signer_digest = sha256");
    assert_eq!(
        stamps.verify(&token).unwrap_err().code(),
        "certificate-expired"
    );
}

#[test]
fn what_a_configured_list_revokes_stamps_nothing() {
    let stamps = Stamps::new();
    let token = stamps.pieces().sign();
    let judge = |revoked: &[u64], stale| {
        let mut configured = authority(&stamps.root);
        configured.crls = vec![Base64(stamps.root.crl(revoked, stale))];
        let configured = TimeAuthorities::new(&[configured]).unwrap();
        verify(&token, Digest::of(WHAT), None, &configured).map(drop)
    };
    assert_eq!(judge(&[1], false), Ok(()));
    assert_eq!(judge(&[], true), Ok(()));
    let revoked = Err(TimestampProblem::Certificate(CertificateProblem::Revoked));
    assert_eq!(judge(&[7], false), revoked);
}

#[test]
fn what_is_stamped_is_read_strictly() {
    let stamps = Stamps::new();
    let noon = 1_780_272_000_000_000;
    assert_eq!(stamps.over(|_| ()), Ok(noon));
    let accuracy = sequence(&[&der(2, &[1]), &der(0x80, &[1, 0xf4]), &der(0x81, &[100])]);
    let extension = |critical: &[u8]| {
        let oid = b"\x06\x03\x55\x1d\x20";
        der(0xa1, &sequence(&[oid, critical, &der(4, b"\x05\x00")]))
    };
    let long_nonce = der(2, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for more in [
        accuracy.clone(),
        sequence(&[]),
        der(1, &[0xff]),
        der(2, &[7]),
        long_nonce.clone(),
        extension(b""),
    ] {
        assert_eq!(
            stamps.over(|parts| parts.push(more.clone())),
            Ok(noon),
            "{more:x?}"
        );
    }
    let critical = extension(b"\x01\x01\xff");
    assert_eq!(
        stamps.over(|parts| parts.push(critical)),
        Err(TimestampProblem::Extension)
    );
    // Asked with a nonce, answered without one or with one that is too long.
    for more in [vec![], long_nonce] {
        let info = stamps.info(|parts| parts.push(more));
        let token = Pieces::token(info, &stamps.certificate).sign();
        let verified = verify(
            &token,
            Digest::of(WHAT),
            Some(NONCE),
            &authorities(&stamps.root),
        );
        assert_eq!(verified, Err(TimestampProblem::Nonce));
    }
    type Change = Box<dyn FnOnce(&mut Vec<Vec<u8>>)>;
    let malformed: Vec<(&str, Change)> = vec![
        ("its version", Box::new(|it| it[0] = der(2, &[2]))),
        ("its frame", Box::new(|it| it[1] = der(6, &[]))),
        ("its policy", Box::new(|it| it[1] = der(4, &[1]))),
        ("its imprint", Box::new(|it| it[2] = sequence(&[SHA_256]))),
        ("its serial number", Box::new(|it| it[3] = der(2, &[0xff]))),
        ("its serial number", Box::new(|it| it[3] = der(2, &[1; 21]))),
        (
            "its time",
            Box::new(|it| it[4] = der(0x18, b"20260601000000.0Z")),
        ),
        (
            "its time",
            Box::new(|it| it[4] = der(0x17, b"260601000000Z")),
        ),
        ("its frame", Box::new(|it| it.push(der(1, &[1])))),
        ("its ordering", Box::new(|it| it.push(der(1, &[0])))),
        (
            "its accuracy",
            Box::new(|it| it.push(sequence(&[&der(0x80, &[3, 0xe8])]))),
        ),
        (
            "its accuracy",
            Box::new(|it| it.push(sequence(&[&der(0x81, &[1]), &der(0x80, &[1])]))),
        ),
        ("its nonce", Box::new(|it| it.push(der(2, &[0x80])))),
        ("its frame", Box::new(|it| it.push(der(2, &[0, 1])))),
        (
            "its frame",
            Box::new(|it| it.extend([der(2, &[1]), der(2, &[1])])),
        ),
        (
            "its authority's name",
            Box::new(|it| it.push(der(0xa0, &[]))),
        ),
        ("its extensions", Box::new(|it| it.push(der(0xa1, &[])))),
        (
            "its extensions",
            Box::new(move |it| it.push(extension(b"\x01\x01\x00"))),
        ),
    ];
    for (part, change) in malformed {
        assert_eq!(stamps.over(change), Err(TimestampProblem::Malformed(part)));
    }
    let trailing = |mut info: Vec<u8>| {
        info.push(0);
        info
    };
    let token = Pieces::token(trailing(stamps.info(|_| ())), &stamps.certificate).sign();
    assert_eq!(
        stamps.verify(&token),
        Err(TimestampProblem::Malformed("its frame"))
    );
    // A longer digest, and the right octets under another function's name.
    let sha_512 = SHA_256[..12]
        .iter()
        .chain(&[3])
        .copied()
        .collect::<Vec<u8>>();
    let imprint = der(4, Digest::of(WHAT).as_bytes());
    assert_eq!(
        stamps.over(|it| it[2] = sequence(&[&sha_512, &imprint])),
        Err(TimestampProblem::Imprint)
    );
}

#[test]
fn a_name_in_the_stamp_is_one_of_the_certificate() {
    let mut leaf = stamper();
    leaf.alternatives = vec![rcgen::SanType::DnsName(
        "tsa.example.cn".try_into().unwrap(),
    )];
    let stamps = Stamps::as_(leaf);
    let named = |name: Vec<u8>| stamps.over(|parts| parts.push(der(0xa0, &name))).map(drop);
    use x509_parser::prelude::{FromDer as _, X509Certificate};
    let (_, parsed) = X509Certificate::from_der(&stamps.certificate).unwrap();
    assert_eq!(named(der(0xa4, parsed.subject().as_raw())), Ok(()));
    assert_eq!(named(der(0x82, b"tsa.example.cn")), Ok(()));
    let other = Err(TimestampProblem::Name);
    assert_eq!(named(der(0xa4, parsed.issuer().as_raw())), other);
    assert_eq!(named(der(0x82, b"tsa.example.com")), other);
}

#[test]
fn a_message_is_read_strictly() {
    let stamps = Stamps::new();
    let refused = |change: &dyn Fn(&mut Pieces)| match stamps.of(change).unwrap_err() {
        TimestampProblem::Message(problem) => problem,
        other => panic!("{other}"),
    };
    let malformed = |part, change: &dyn Fn(&mut Pieces)| {
        assert_eq!(refused(change), CmsProblem::Malformed(part));
    };
    assert!(stamps.of(|_| ()).is_ok());
    // Revocation lists, attributes that nobody signed, and certificates in any order.
    let another = Leaf {
        serial: 8,
        ..Leaf::signing()
    };
    let another = stamps.root.issue(RSA_2048, another);
    for first in [true, false] {
        let verified = stamps.of(|it| {
            it.certificates.insert(usize::from(first), another.clone());
            it.lists = Some(stamps.root.crl(&[7], false));
            it.unsigned = Some(attribute(b"\x06\x03\x2a\x03\x04", &[5, 0]));
        });
        assert!(verified.is_ok(), "{verified:?}");
    }

    assert_eq!(refused(&|it| it.signers = 2), CmsProblem::Signers(2));
    assert_eq!(refused(&|it| it.signers = 0), CmsProblem::Signers(0));
    malformed("its version", &|it| it.version = 1);
    malformed("its signer's version", &|it| it.signer_version = 3);
    malformed("its digest algorithms", &|it| it.digest_algorithms = vec![]);
    malformed("its digest algorithms", &|it| {
        it.digest_algorithms.push(SHA_256.to_vec());
    });
    malformed("its certificates", &|it| {
        it.certificates = vec![it.certificates[0].clone(); 2];
    });
    malformed("its certificates", &|it| {
        it.certificates.push(der(0xa1, &[5, 0]));
    });
    malformed("its revocation lists", &|it| {
        it.lists = Some(der(0xa1, &[5, 0]))
    });
    malformed("its revocation lists", &|it| {
        it.lists = Some(b"\x30\x80\x00\x00".to_vec());
    });
    malformed("its unsigned attributes", &|it| it.unsigned = Some(vec![]));
    malformed("its unsigned attributes", &|it| {
        let loose = attribute(b"\x06\x03\x2a\x03\x04", &[0x24, 0x80, 0, 0]);
        it.unsigned = Some(loose);
    });
    assert_eq!(
        refused(&|it| it.certificates = vec![another.clone()]),
        CmsProblem::NoCertificate
    );
    assert_eq!(
        refused(&|it| it.certificates = vec![]),
        CmsProblem::NoCertificate
    );
    assert_eq!(refused(&|it| it.content = None), CmsProblem::Content);
    assert_eq!(
        refused(&|it| {
            it.content_type = DATA.to_vec();
            it.version = 1;
        }),
        CmsProblem::Content
    );
    // Another content type in the attributes than outside.
    assert_eq!(
        refused(&|it| {
            it.attributes =
                usual_attributes(DATA, it.content.as_ref().unwrap(), &stamps.certificate);
        }),
        CmsProblem::Content
    );
    let sha_384 = |it: &[u8]| [&it[..12], &[2]].concat();
    assert_eq!(
        refused(&|it| it.digest_algorithms = vec![sha_384(SHA_256)]),
        CmsProblem::Algorithm
    );
    assert_eq!(
        refused(&|it| it.digest_algorithm = sha_384(SHA_256)),
        CmsProblem::Algorithm
    );
    // SHA-1, and ECDSA with SHA-384 over a digest by SHA-256.
    assert_eq!(
        refused(&|it| it.digest_algorithm = b"\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a".to_vec()),
        CmsProblem::Algorithm
    );
    assert_eq!(
        refused(&|it| *it.signature_algorithm.last_mut().unwrap() = 3),
        CmsProblem::Algorithm
    );
    assert_eq!(
        refused(&|it| it.signature_algorithm = sequence(&[&ECDSA_SHA_256[2..], &[5, 0]])),
        CmsProblem::Algorithm
    );
}

#[test]
fn the_signed_attributes_are_each_there_once_and_say_what_is_so() {
    let stamps = Stamps::new();
    let refused = |change: &dyn Fn(&mut Pieces)| match stamps.of(change).unwrap_err() {
        TimestampProblem::Message(problem) => problem,
        other => panic!("{other}"),
    };
    let malformed = CmsProblem::Malformed("its signed attributes");
    for at in 0..2 {
        assert_eq!(refused(&|it| drop(it.attributes.remove(at))), malformed);
        assert_eq!(
            refused(&|it| it.attributes.insert(at, it.attributes[at].clone())),
            malformed
        );
    }
    assert_eq!(refused(&|it| it.attributes.swap(0, 1)), malformed);
    // Two values, and none.
    let name = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    assert_eq!(
        refused(&|it| it.attributes[0] = attribute(name, &[TST_INFO, TST_INFO].concat())),
        malformed
    );
    assert_eq!(
        refused(&|it| it.attributes[0] = attribute(name, &[])),
        malformed
    );
    let digest = Digest::of(&stamps.certificate);
    let named = |entry: &[&[u8]]| {
        let attribute = signing_certificate(entry);
        stamps.of(|it| it.attributes[2] = attribute).map(drop)
    };
    let issuer = place(&stamps.certificate);
    let inner = &issuer[2..];
    let (issuer, serial) = inner.split_at(inner.len() - 3);
    let general =
        |issuer: &[u8], serial: &[u8]| sequence(&[&der(0x30, &der(0xa4, issuer)), serial]);
    let digest = der(4, digest.as_bytes());
    assert_eq!(named(&[&digest]), Ok(()));
    assert_eq!(named(&[SHA_256, &digest]), Ok(()));
    assert_eq!(named(&[&digest, &general(issuer, serial)]), Ok(()));
    let other = Err(TimestampProblem::Message(CmsProblem::SigningCertificate));
    assert_eq!(named(&[&digest, &general(issuer, &der(2, &[8]))]), other);
    assert_eq!(named(&[&digest, &general(&sequence(&[]), serial)]), other);
    assert_eq!(named(&[&der(4, &[0; 32])]), other);
    assert_eq!(
        stamps.of(|it| drop(it.attributes.remove(2))).map(drop),
        other
    );
    // What was signed is another content, or signed over other attributes.
    assert_eq!(
        refused(&|it| it.content.as_mut().unwrap()[5] ^= 1),
        CmsProblem::Digest
    );
    let pieces = stamps.pieces();
    let token = pieces.sign_over(b"something else");
    assert_eq!(stamps.verify(&token).unwrap_err().code(), "cms-signature");
}

#[test]
fn every_flip_of_a_bit_is_refused_or_changes_nothing() {
    let root = Authority::root("TSA Root");
    let desk = Desk::new();
    desk.hold(P_256, &root.issue(P_256, stamper()));
    let token = desk.token(
        request(),
        "signer_digest = sha256\ntsa_name = yes\naccuracy = secs:1",
    );
    let authorities = authorities(&root);
    let check = |token: &[u8]| verify(token, Digest::of(WHAT), Some(NONCE), &authorities);
    let good = check(&token).unwrap();
    let mut survivors = 0;
    for bit in 0..token.len() * 8 {
        let mut flipped = token.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(stamp) = check(&flipped) {
            assert_eq!(stamp, good, "bit {bit}");
            survivors += 1;
        }
    }
    // A token has no bit that means nothing.
    assert_eq!(survivors, 0);
    for length in 0..token.len() {
        assert!(check(&token[..length]).is_err());
    }
    assert!(check(&[&token[..], &[0]].concat()).is_err());
}

#[test]
fn authorities_are_configured_once_and_are_authorities() {
    let root = Authority::root("TSA Root");
    let twice = [authority(&root), authority(&root)];
    let problem = TimeAuthorities::new(&twice).unwrap_err();
    assert_eq!(problem, TrustProblem::Duplicate("tsa".into()));
    let mut leaf = authority(&root);
    leaf.root = Base64(root.issue(P_256, stamper()));
    let problem = TimeAuthorities::new(&[leaf]).unwrap_err();
    assert_eq!(problem, TrustProblem::Root("tsa".into()));
}
