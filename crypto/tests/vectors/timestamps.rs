//! `timestamp`: answers and tokens of authorities of time, detached signatures.

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, Millis, TimeAuthorities, TimeAuthority, Trust};
use kaibiao_crypto::cms::{CmsProblem, Detached, sign, verify_detached};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signer::FileKey;
use kaibiao_crypto::timestamp::{
    Request, Response, TimestampProblem, normal_form, verify, verify_normal,
};
use rcgen::KeyUsagePurpose;
use serde::{Deserialize, Serialize};

use crate::pki::*;
use crate::signed::*;
use crate::{read, write};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenVector {
    name: String,
    /// `accepted` or the code of the fault.
    expect: String,
    authorities: Vec<TimeAuthority>,
    /// SHA-256 of what was to be stamped.
    imprint: Digest,
    /// 16 hexadecimal digits; absent for whoever did not ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    /// DER.
    token: Base64,
    /// Of those that are accepted: microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_micros: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accuracy_micros: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NormalVector {
    name: String,
    authorities: Vec<TimeAuthority>,
    /// SHA-256 of what was stamped.
    imprint: Digest,
    /// DER, as an authority of time may give it.
    token: Base64,
    /// DER, the same in normal form.
    normal: Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseVector {
    name: String,
    /// `granted`, the status in words, or the code of the fault.
    expect: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    words: Vec<String>,
    /// DER.
    response: Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetachedVector {
    pub name: String,
    /// `accepted` or the code of the fault.
    pub expect: String,
    pub cas: Vec<Ca>,
    pub now: Millis,
    pub content: Base64,
    /// DER.
    pub message: Base64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_time: Option<Millis>,
    /// With this key of `../keys` the message is made anew, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Base64>,
}

const WHAT: &[u8] = b"kaibiao time stamp vector";
const NONCE: u64 = 0x8000_0000_0000_0001;
const TIME: &str = "20260601000000.25Z";

/// The changes that make a case.
struct Case<'a> {
    name: &'a str,
    expect: &'a str,
    token: Vec<u8>,
    root: &'a Authority,
    nonce: Option<u64>,
    imprint: Digest,
}

fn usual_info(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut parts = info(Digest::of(WHAT), TIME);
    parts.push(der(2, &[&[0][..], &NONCE.to_be_bytes()].concat()));
    change(&mut parts);
    der(0x30, &parts.concat())
}

#[test]
#[ignore = "writes the vectors"]
fn write_time_stamp_vectors() {
    let root = Authority::root("Kaibiao Time Root");
    let other = Authority::root("Kaibiao Time Root");
    let certificate = root.issue(P_256, stamper());
    let mut vectors = Vec::new();
    let mut push = |case: Case<'_>| {
        vectors.push(TokenVector {
            name: case.name.into(),
            expect: case.expect.into(),
            authorities: vec![authority(case.root)],
            imprint: case.imprint,
            nonce: case.nonce.map(|nonce| format!("{nonce:016x}")),
            token: Base64(case.token),
            at_micros: None,
            accuracy_micros: None,
        });
    };
    let usual = |name, expect, token| Case {
        name,
        expect,
        token,
        root: &root,
        nonce: Some(NONCE),
        imprint: Digest::of(WHAT),
    };
    // What openssl stamps, at the time when these are written.
    for (name, pkcs8, settings) in [
        ("by openssl, P-256", P_256, "signer_digest = sha256"),
        (
            "by openssl, RSA, SHA-512, accuracy, ordering, name",
            RSA_2048,
            "signer_digest = sha512\naccuracy = secs:1, millisecs:2, microsecs:3\nordering = yes\ntsa_name = yes",
        ),
        (
            "by openssl, P-384 with SHA-384, the certificate named by SHA-1",
            P_384,
            "signer_digest = sha384\ness_cert_id_alg = sha1",
        ),
    ] {
        let desk = Desk::new();
        desk.hold(pkcs8, &root.issue(pkcs8, stamper()));
        let request = Request {
            imprint: Digest::of(WHAT),
            nonce: NONCE,
        };
        push(usual(name, "accepted", desk.token(request, settings)));
    }
    let pieces = |change: &dyn Fn(&mut Pieces)| {
        let mut pieces = Pieces::token(usual_info(|_| ()), &certificate);
        change(&mut pieces);
        pieces.sign()
    };
    let over =
        |change: &dyn Fn(&mut Vec<Vec<u8>>)| Pieces::token(usual_info(change), &certificate).sign();
    let good = || pieces(&|_| ());
    let leaf = |change: &dyn Fn(&mut Leaf)| {
        let mut leaf = stamper();
        change(&mut leaf);
        let certificate = root.issue(P_256, leaf);
        Pieces::token(usual_info(|_| ()), &certificate).sign()
    };
    push(usual("piece by piece", "accepted", good()));
    push(Case {
        nonce: None,
        ..usual("for whoever did not ask", "accepted", good())
    });
    push(Case {
        nonce: Some(NONCE - 1),
        ..usual("another nonce", "timestamp-nonce", good())
    });
    push(Case {
        imprint: Digest::of(b"another"),
        ..usual("over something else", "timestamp-imprint", good())
    });
    push(Case {
        root: &other,
        ..usual(
            "another root of the same name",
            "certificate-unknown-issuer",
            good(),
        )
    });
    let no_nonce = over(&|it| drop(it.pop()));
    push(usual("no nonce", "timestamp-nonce", no_nonce));
    let years = leaf(&|leaf| leaf.years = (2024, 2026));
    push(usual(
        "the certificate had ended",
        "certificate-expired",
        years,
    ));
    let years = leaf(&|leaf| leaf.years = (2027, 2028));
    push(usual(
        "the certificate had not begun",
        "certificate-not-yet-valid",
        years,
    ));
    let usage = "certificate-wrong-usage";
    let not_critical = leaf(&|leaf| leaf.extensions = vec![stamping(false)]);
    push(usual("the purpose is not critical", usage, not_critical));
    let no_purpose = leaf(&|leaf| leaf.extensions = vec![]);
    push(usual("no purpose", usage, no_purpose));
    let encrypts = leaf(&|leaf| leaf.usages.push(KeyUsagePurpose::KeyEncipherment));
    push(usual("a key that also encrypts", usage, encrypts));
    let critical = sequence(&[b"\x06\x03\x2a\x03\x04", b"\x01\x01\xff", b"\x04\x00"]);
    let token = over(&|it| it.push(der(0xa1, &critical)));
    push(usual("a critical extension", "timestamp-extension", token));
    let token = over(&|it| it.push(der(0xa0, &der(0x82, b"other.example.cn"))));
    push(usual("another name", "timestamp-name", token));
    let malformed = "timestamp-malformed";
    push(usual(
        "version 2",
        malformed,
        over(&|it| it[0] = der(2, &[2])),
    ));
    let token = over(&|it| it[4] = der(0x18, b"20260601000000.250Z"));
    push(usual("a zero at the end of the fraction", malformed, token));
    let token = over(&|it| it.insert(5, der(1, &[0])));
    push(usual("a default that is written", malformed, token));
    let form = "cms-malformed";
    push(usual(
        "two signers",
        "cms-signers",
        pieces(&|it| it.signers = 2),
    ));
    push(usual("an octet after it", form, [good(), vec![0]].concat()));
    let token = pieces(&|it| it.attributes.swap(0, 1));
    push(usual("attributes out of order", form, token));
    let token = pieces(&|it| it.attributes.insert(0, it.attributes[0].clone()));
    push(usual("an attribute twice", form, token));
    push(usual("version 1", form, pieces(&|it| it.version = 1)));
    let token = pieces(&|it| drop(it.attributes.pop()));
    push(usual(
        "an unnamed certificate",
        "cms-signing-certificate",
        token,
    ));
    let token = pieces(&|it| it.certificates = vec![]);
    push(usual(
        "without the certificate",
        "cms-no-certificate",
        token,
    ));
    let token = pieces(&|it| it.content.as_mut().unwrap()[5] ^= 1);
    push(usual("another content", "cms-digest", token));
    let pieces = Pieces::token(usual_info(|_| ()), &certificate);
    let token = pieces.sign_over(b"something else");
    push(usual("over other attributes", "cms-signature", token));
    for vector in vectors.iter_mut().filter(|it| it.expect == "accepted") {
        let authorities = TimeAuthorities::new(&vector.authorities).unwrap();
        let stamp = verify(&vector.token, vector.imprint, None, &authorities).unwrap();
        vector.at_micros = Some(stamp.at_micros);
        vector.accuracy_micros = stamp.accuracy_micros;
    }
    write("timestamp/tokens.json", &vectors);
}

#[test]
#[ignore = "writes the vectors"]
fn write_normal_vectors() {
    let root = Authority::root("Kaibiao Time Root");
    let middle = root.intermediate("Kaibiao Time Intermediate");
    let stranger = Authority::root("Somebody Else");
    let request = Request {
        imprint: Digest::of(WHAT),
        nonce: NONCE,
    };
    let mut with_middle = authority(&root);
    with_middle.intermediates = vec![Base64(middle.certificate.clone())];
    let mut vectors = Vec::new();
    let mut push = |name: &str, authority: TimeAuthority, token: Vec<u8>| {
        let authorities = vec![authority];
        let believed = TimeAuthorities::new(&authorities).unwrap();
        let normal = normal_form(&token, request.imprint, &believed).unwrap();
        vectors.push(NormalVector {
            name: name.into(),
            authorities,
            imprint: request.imprint,
            token: Base64(token),
            normal: Base64(normal),
        });
    };
    for (name, pkcs8, settings) in [
        ("by openssl, P-256", P_256, "signer_digest = sha256"),
        ("by openssl, P-384", P_384, "signer_digest = sha384"),
        ("by openssl, RSA", RSA_2048, "signer_digest = sha512"),
    ] {
        let desk = Desk::new();
        desk.hold(pkcs8, &root.issue(pkcs8, stamper()));
        push(name, authority(&root), desk.token(request, settings));
    }
    let desk = Desk::new();
    desk.hold(RSA_2048, &middle.issue(RSA_2048, stamper()));
    let along = [&middle, &root, &stranger].map(|it| pem(&it.certificate));
    desk.write("along.pem", along.concat());
    let token = |settings| desk.token(request, settings);
    let chain = "signer_digest = sha256\ncerts = along.pem";
    push(
        "with the root and a stranger",
        authority(&root),
        token(chain),
    );
    push(
        "without the intermediate that is configured",
        with_middle.clone(),
        token("signer_digest = sha256"),
    );
    let desk = Desk::new();
    desk.hold(RSA_2048, &root.issue(RSA_2048, stamper()));
    desk.write("info", usual_info(|_| ()));
    for (name, more) in [
        (
            "the signer by its key, RSASSA-PSS",
            &["-keyid", "-keyopt", "rsa_padding_mode:pss", "-keyopt"][..],
        ),
        ("RSA with SHA-384", &["-md", "sha384"]),
    ] {
        let usual = "cms -sign -binary -nodetach -cades -econtent_type \
            1.2.840.113549.1.9.16.1.4 -outform DER -in info -signer cert.pem \
            -inkey key.pem -out token";
        let mut words: Vec<&str> = usual.split_whitespace().collect();
        words.extend(more);
        if more.last() == Some(&"-keyopt") {
            words.push("rsa_pss_saltlen:digest");
        }
        desk.openssl(&words);
        push(name, authority(&root), desk.read("token"));
    }
    let leaf = middle.issue(P_256, stamper());
    let pieces = |change: &dyn Fn(&mut Pieces)| {
        let mut pieces = Pieces::token(usual_info(|_| ()), &leaf);
        pieces.certificates.push(middle.certificate.clone());
        change(&mut pieces);
        pieces.sign()
    };
    let null = |identifier: &[u8]| {
        let name = &identifier[2..];
        sequence(&[name, b"\x05\x00"])
    };
    let unsigned = attribute(b"\x06\x03\x2a\x03\x04", b"\x05\x00");
    push(
        "with a revocation list and an unsigned attribute",
        authority(&root),
        pieces(&|it| {
            it.lists = Some(root.crl(&[], false));
            it.unsigned = Some(unsigned.clone());
        }),
    );
    push(
        "certificates in one order",
        authority(&root),
        pieces(&|it| it.certificates.sort()),
    );
    push(
        "certificates in the other order",
        authority(&root),
        pieces(&|it| {
            it.certificates.sort();
            it.certificates.reverse();
        }),
    );
    push(
        "digest algorithms with NULL",
        authority(&root),
        pieces(&|it| {
            it.digest_algorithms = vec![null(SHA_256)];
            it.digest_algorithm = null(SHA_256);
        }),
    );
    write("timestamp/normal.json", &vectors);
}

#[test]
#[ignore = "writes the vectors"]
fn write_response_vectors() {
    let root = Authority::root("Kaibiao Time Root");
    let desk = Desk::new();
    desk.hold(P_256, &root.issue(P_256, stamper()));
    let request = Request {
        imprint: Digest::of(WHAT),
        nonce: NONCE,
    };
    let granted = desk.stamp(&request.to_der(), "signer_digest = sha256");
    let refused = desk.stamp(b"nonsense", "signer_digest = sha256");
    let status = |status: u8, more: &[u8]| sequence(&[&der(2, &[status]), more]);
    let failed = |bits: &[u8]| sequence(&[&status(2, &der(3, bits))]);
    let malformed = "timestamp-response";
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("by openssl", "granted", granted.clone()),
        ("a refusal of openssl", "rejected", refused),
        (
            "each reason",
            "rejected",
            failed(&[6, 0xa4, 0x03, 0x80, 0x40]),
        ),
        ("a reason without a name", "rejected", failed(&[6, 0x40])),
        ("to be waited for", "waiting", sequence(&[&status(3, &[])])),
        ("revoked", "revoked", sequence(&[&status(5, &[])])),
        (
            "granted without a token",
            malformed,
            sequence(&[&status(0, &[])]),
        ),
        (
            "refused with a token",
            malformed,
            sequence(&[&status(2, &[]), &sequence(&[])]),
        ),
        ("an unknown status", malformed, sequence(&[&status(6, &[])])),
        ("an octet after it", malformed, [granted, vec![0]].concat()),
        ("unused bits that are set", malformed, failed(&[6, 0xff])),
        ("words that are not UTF-8", malformed, {
            sequence(&[&status(2, &sequence(&[&der(12, &[0xff])]))])
        }),
    ];
    let cases = cases.into_iter().map(|(name, expect, response)| {
        let (reasons, words) = match Response::read(&response) {
            Ok(Response::Rejected(why)) => (why.reasons, why.words),
            _ => (vec![], vec![]),
        };
        ResponseVector {
            name: name.into(),
            expect: expect.into(),
            reasons: reasons.into_iter().map(str::to_owned).collect(),
            words,
            response: Base64(response),
        }
    });
    write("timestamp/responses.json", &cases.collect::<Vec<_>>());
}

#[test]
#[ignore = "writes the vectors"]
fn write_detached_vectors() {
    let root = Authority::root("Kaibiao Detached Root");
    let middle = root.intermediate("Kaibiao Detached Intermediate");
    let lists = vec![root.crl(&[], false), middle.crl(&[77], false)];
    let ca = root.ca("test", lists);
    let content = b"%PDF-1.7 not really".to_vec();
    let mut vectors = Vec::new();
    let chain =
        |pkcs8: &[u8], leaf: Leaf| vec![middle.issue(pkcs8, leaf), middle.certificate.clone()];
    let make = |pkcs8: &[u8], chain: &[Vec<u8>]| {
        let key = FileKey::from_pkcs8(pkcs8, chain.to_vec()).unwrap();
        sign(&content, NOW, &key).unwrap()
    };
    let mut push = |name: &str, expect: &str, content: &[u8], message: Vec<u8>| {
        vectors.push(DetachedVector {
            name: name.into(),
            expect: expect.into(),
            cas: vec![ca.clone()],
            now: NOW,
            content: Base64(content.to_vec()),
            message: Base64(message),
            signing_time: None,
            key: None,
            chain: vec![],
        });
    };
    let mut made = Vec::new();
    for (key, pkcs8) in [
        ("rsa-2048", RSA_2048),
        ("rsa-4096", RSA_4096),
        ("p-256", P_256),
    ] {
        let chain = chain(pkcs8, Leaf::signing());
        push(
            &format!("ours, {key}"),
            "accepted",
            &content,
            make(pkcs8, &chain),
        );
        made.push((key, chain));
    }
    let good = make(P_256, &made[2].1);
    push(
        "another file",
        "cms-digest",
        b"%PDF-1.7 not quite",
        good.clone(),
    );
    push(
        "an octet after it",
        "cms-malformed",
        &content,
        [good, vec![0]].concat(),
    );
    let alone = make(P_256, &[middle.issue(P_256, Leaf::signing())]);
    push(
        "without the authority between",
        "certificate-unknown-issuer",
        &content,
        alone,
    );
    let with = |leaf: Leaf| make(P_256, &chain(P_256, leaf));
    let revoked = Leaf {
        serial: 77,
        ..Leaf::signing()
    };
    push("revoked", "certificate-revoked", &content, with(revoked));
    let expired = Leaf {
        years: (2024, 2026),
        ..Leaf::signing()
    };
    push("expired", "certificate-expired", &content, with(expired));
    let encrypts = with(Leaf::encryption());
    push(
        "an encryption certificate",
        "certificate-wrong-usage",
        &content,
        encrypts,
    );
    let desk = Desk::new();
    desk.hold(RSA_2048, &made[0].1[0]);
    desk.write("middle.pem", pem(&middle.certificate));
    desk.write("record.pdf", &content);
    for (name, expect, more) in [
        ("by openssl", "accepted", &[][..]),
        (
            "by openssl, CAdES, the signer by its key",
            "accepted",
            &["-cades", "-keyid"],
        ),
        ("by openssl, SHA-384", "accepted", &["-md", "sha384"]),
        (
            "by openssl, with the file inside",
            "cms-content",
            &["-nodetach"],
        ),
        (
            "by openssl, without signed attributes",
            "cms-malformed",
            &["-noattr"],
        ),
        ("by openssl, SHA-1", "cms-algorithm", &["-md", "sha1"]),
    ] {
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
            "-certfile",
            "middle.pem",
            "-out",
            "p7s",
        ];
        desk.openssl(&[&usual[..], more].concat());
        push(name, expect, &content, desk.read("p7s"));
    }
    for (vector, (key, chain)) in vectors.iter_mut().zip(made) {
        vector.key = Some(key.into());
        vector.chain = chain.into_iter().map(Base64).collect();
    }
    for vector in vectors.iter_mut().filter(|it| it.expect == "accepted") {
        let trust = Trust::new(&vector.cas).unwrap();
        let detached = verify_detached(&vector.message, &vector.content, &trust, NOW);
        vector.signing_time = detached.unwrap().signing_time;
    }
    write("timestamp/detached.json", &vectors);
}

#[test]
fn time_stamps_have_the_outcome_that_their_vector_names() {
    for vector in read::<TokenVector>("timestamp/tokens.json") {
        let authorities = TimeAuthorities::new(&vector.authorities).unwrap();
        let nonce = vector.nonce.as_deref();
        let nonce = nonce.map(|digits| u64::from_str_radix(digits, 16).unwrap());
        match verify(&vector.token, vector.imprint, nonce, &authorities) {
            Ok(stamp) => {
                assert_eq!(vector.expect, "accepted", "{}", vector.name);
                assert_eq!(Some(stamp.at_micros), vector.at_micros, "{}", vector.name);
                assert_eq!(stamp.accuracy_micros, vector.accuracy_micros);
                openssl_agrees(
                    &vector.token,
                    vector.imprint,
                    &vector.authorities[0],
                    stamp.at() / 1000,
                    &vector.name,
                );
            }
            Err(problem) => assert_eq!(problem.code(), vector.expect, "{}", vector.name),
        }
    }
}

/// Whatever is accepted here is accepted by openssl.
fn openssl_agrees(token: &[u8], imprint: Digest, by: &TimeAuthority, at: i64, name: &str) {
    let desk = Desk::new();
    desk.write("token", token);
    desk.write("root.pem", pem(&by.root));
    let (at, imprint) = (at.to_string(), imprint.to_string());
    let said = desk.openssl(&[
        "ts",
        "-verify",
        "-token_in",
        "-in",
        "token",
        "-digest",
        &imprint,
        "-CAfile",
        "root.pem",
        "-attime",
        &at,
    ]);
    assert!(said.contains("Verification: OK"), "{name}: {said}");
}

#[test]
fn no_bit_of_a_time_stamp_is_without_meaning() {
    for vector in read::<TokenVector>("timestamp/tokens.json") {
        if vector.expect != "accepted" {
            continue;
        }
        let authorities = TimeAuthorities::new(&vector.authorities).unwrap();
        let mut token = vector.token.0;
        for bit in 0..token.len() * 8 {
            token[bit / 8] ^= 1 << (bit % 8);
            let verified = verify(&token, vector.imprint, None, &authorities);
            assert!(verified.is_err(), "{}: bit {bit}", vector.name);
            token[bit / 8] ^= 1 << (bit % 8);
        }
    }
    for vector in read::<NormalVector>("timestamp/normal.json") {
        let authorities = TimeAuthorities::new(&vector.authorities).unwrap();
        let mut token = vector.normal.0;
        for bit in 0..token.len() * 8 {
            token[bit / 8] ^= 1 << (bit % 8);
            let verified = verify_normal(&token, vector.imprint, &authorities);
            assert!(verified.is_err(), "{}: bit {bit}", vector.name);
            token[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn the_normal_form_is_the_one_of_the_vector_and_says_the_same() {
    let vectors = read::<NormalVector>("timestamp/normal.json");
    assert!(vectors.iter().any(|it| it.token == it.normal));
    for NormalVector {
        name,
        authorities,
        imprint,
        token,
        normal,
    } in vectors
    {
        let believed = TimeAuthorities::new(&authorities).unwrap();
        let form = |token: &Base64| normal_form(token, imprint, &believed);
        assert_eq!(form(&token).unwrap(), normal.0, "{name}");
        assert_eq!(form(&normal).unwrap(), normal.0, "{name}");
        let stamp = verify(&token, imprint, None, &believed).unwrap();
        let again = verify_normal(&normal, imprint, &believed).unwrap();
        assert_eq!(again, stamp, "{name}");
        if token != normal {
            let otherwise = verify_normal(&token, imprint, &believed);
            assert_eq!(otherwise, Err(TimestampProblem::Form), "{name}");
        }
        // The root alone is enough, whatever else was configured.
        let mut alone = authorities[0].clone();
        alone.intermediates = vec![];
        let alone = TimeAuthorities::new(&[alone]).unwrap();
        assert_eq!(verify_normal(&normal, imprint, &alone).unwrap(), stamp);
        // `openssl ts` knows no RSASSA-PSS.
        if !name.contains("PSS") {
            openssl_agrees(&normal, imprint, &authorities[0], stamp.at() / 1000, &name);
        }
    }
}

#[test]
fn answers_are_read_as_their_vector_names() {
    for vector in read::<ResponseVector>("timestamp/responses.json") {
        let (outcome, reasons, words) = match Response::read(&vector.response) {
            Ok(Response::Granted(token)) => {
                assert!(vector.response.0.ends_with(&token));
                ("granted", vec![], vec![])
            }
            Ok(Response::Rejected(why)) => (why.status, why.reasons, why.words),
            Err(problem) => (problem.code(), vec![], vec![]),
        };
        assert_eq!(outcome, vector.expect, "{}", vector.name);
        assert_eq!(reasons, vector.reasons, "{}", vector.name);
        assert_eq!(words, vector.words, "{}", vector.name);
    }
}

#[test]
fn detached_signatures_have_the_outcome_that_their_vector_names() {
    let vectors = read::<DetachedVector>("timestamp/detached.json");
    vectors.into_iter().for_each(detached_holds);
}

impl DetachedVector {
    pub fn verify(&self) -> Result<Detached, CmsProblem> {
        let trust = Trust::new(&self.cas).unwrap();
        let found = verify_detached(&self.message, &self.content, &trust, self.now)?;
        Ok(found.into_inner())
    }
}

/// Holds the vector to what it says of itself.
pub fn detached_holds(vector: DetachedVector) {
    let name = &vector.name;
    match vector.verify() {
        Ok(detached) => {
            assert_eq!(vector.expect, "accepted", "{name}");
            assert_eq!(detached.signing_time, vector.signing_time, "{name}");
        }
        Err(problem) => assert_eq!(problem.code(), vector.expect, "{name}"),
    }
    let Some(key) = &vector.key else { return };
    let key = std::fs::read(crate::folder(&format!("keys/{key}.pk8"))).unwrap();
    let chain = vector.chain.into_iter().map(|der| der.0).collect();
    let key = FileKey::from_pkcs8(&key, chain).unwrap();
    let again = sign(&vector.content, vector.signing_time.unwrap(), &key);
    assert_eq!(again.unwrap(), vector.message.0, "{name}");
}
