//! The demonstration authority against openssl.

use kaibiao_client::identity::Identity;
use kaibiao_crypto::certificate::{KeyAlgorithm, Use};
use kaibiao_os::trust::Authorities;
use zeroize::Zeroizing;

use super::desk::{Desk, PASSPHRASE};

/// The identifier of GM/T 0009, which openssl wants to be told.
const IDENTIFIER: &str = "distid:1234567812345678";

/// A desk with an authority of SM2 in `gm`, its trust directory in `gm-roots`, and a
/// pair of 丙's.
fn desk_of_sm2() -> Desk {
    let desk = Desk::new();
    desk.ok(&[
        "pki",
        "init",
        "gm",
        "--id",
        "gm",
        "--name",
        "国密演示 CA",
        "--key-type",
        "sm2",
    ]);
    desk.ok(&["pki", "trust", "--ca", "gm", "-o", "gm-roots"]);
    desk.ok(&issue_of_sm2("丙", &[]));
    desk
}

fn issue_of_sm2<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let given = [
        "pki",
        "issue",
        "--ca",
        "gm",
        "--name",
        "丙公司",
        "--code",
        "91110000000000003",
        "--person",
        name,
        "-o",
    ];
    let output: &str = match name {
        "丙" => "丙.p12",
        _ => "丁.p12",
    };
    [&given[..], &[output], more].concat()
}

#[test]
fn what_is_issued_opens_with_openssl_and_its_chain_verifies() {
    let desk = Desk::new();
    desk.issue("甲", "91110000000000001", &["--key-type", "rsa-2048"]);
    desk.issue(
        "乙",
        "91110000000000002",
        &["--key-type", "p-256", "--pair"],
    );
    desk.write("pass", PASSPHRASE);
    for (name, certificates) in [("甲", 2), ("乙", 3)] {
        let p12 = format!("{name}.p12");
        let listed = desk.openssl(&["pkcs12", "-in", &p12, "-passin", "file:pass", "-nodes"]);
        let held = listed.matches("BEGIN CERTIFICATE").count();
        assert!(held >= certificates, "{name}: {held} certificates");
        assert_eq!(
            listed.matches("BEGIN PRIVATE KEY").count(),
            certificates - 1
        );
        let chain = format!("{name}.cert.pem");
        let verified = desk.openssl(&["verify", "-x509_strict", "-CAfile", "pki/ca.pem", &chain]);
        assert!(verified.contains("OK"), "{verified}");
    }
    let about = desk.openssl(&[
        "x509",
        "-in",
        "甲.cert.pem",
        "-noout",
        "-subject",
        "-nameopt",
        "utf8,sep_comma_plus",
    ]);
    assert!(
        about.contains("C=CN") && about.contains("甲公司"),
        "{about}"
    );
    let text = desk.openssl(&["x509", "-in", "乙.cert.pem", "-noout", "-text"]);
    assert!(text.contains("Digital Signature"), "{text}");
}

#[test]
fn an_authority_of_sm2_issues_pairs_that_openssl_verifies_and_we_judge() {
    let desk = desk_of_sm2();
    let pem = String::from_utf8(desk.read("丙.cert.pem")).unwrap();
    let halves: Vec<&str> = pem.split_inclusive("-----END CERTIFICATE-----\n").collect();
    assert_eq!(halves.len(), 2, "{pem}");
    for (half, usages) in halves.iter().zip([
        "Digital Signature, Non Repudiation",
        "Key Encipherment, Data Encipherment, Key Agreement",
    ]) {
        desk.write("half.pem", half);
        let verify = [
            "verify",
            "-x509_strict",
            "-vfyopt",
            IDENTIFIER,
            "-CAfile",
            "gm/ca.pem",
            "half.pem",
        ];
        assert!(desk.openssl(&verify).contains("OK"));
        let text = desk.openssl(&["x509", "-in", "half.pem", "-noout", "-text"]);
        assert!(text.contains("Signature Algorithm: SM2-with-SM3"), "{text}");
        assert!(text.contains(usages), "{text}");
    }

    // Both keys are in the file, and the file opens elsewhere too.
    desk.write("pass", PASSPHRASE);
    let listed = desk.openssl(&["pkcs12", "-in", "丙.p12", "-passin", "file:pass", "-nodes"]);
    assert_eq!(listed.matches("BEGIN PRIVATE KEY").count(), 2);
    assert!(listed.matches("BEGIN CERTIFICATE").count() >= 3, "{listed}");

    let path = desk.path("丙.p12");
    let identity = Identity::load(&path, &|_| Ok(Zeroizing::new(PASSPHRASE.to_owned()))).unwrap();
    assert_eq!(identity.decryptors().unwrap().len(), 2);
    assert_ne!(identity.chain()[0], identity.encryption_chain()[0]);
    let roots = Authorities::read(&desk.path("gm-roots")).unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    let holder = identity.judge(&path, &roots.trust, now).unwrap();
    assert_eq!(holder.organisation.as_str(), "91110000000000003P");
    assert_eq!(holder.name.as_deref(), Some("丙公司"));
    assert_eq!(identity.certificate().key_algorithm(), KeyAlgorithm::Sm2);
    let other = Authorities::read(&desk.path("roots")).unwrap();
    assert!(identity.judge(&path, &other.trust, now).is_err());
}

#[test]
fn a_revocation_list_of_sm2_holds_by_openssl_and_by_our_judgement() {
    let desk = desk_of_sm2();
    let judged = |desk: &Desk| {
        let path = desk.path("丙.p12");
        let given = |_: &_| Ok(Zeroizing::new(PASSPHRASE.to_owned()));
        let identity = Identity::load(&path, &given).unwrap();
        let roots = Authorities::read(&desk.path("gm-roots")).unwrap();
        let chain: Vec<&[u8]> = identity.chain().iter().map(Vec::as_slice).collect();
        let now = jiff::Timestamp::now().as_millisecond();
        let judged = roots.trust.judge(&chain, now, Use::Sign);
        judged.map(drop).map_err(|problem| problem.code())
    };
    assert_eq!(judged(&desk), Ok(()));
    desk.ok(&[
        "pki",
        "revoke",
        "--ca",
        "gm",
        "--cert",
        "丙.cert.pem",
        "--reason",
        "key-compromise",
    ]);
    desk.ok(&["pki", "trust", "--ca", "gm", "-o", "gm-roots"]);
    assert_eq!(judged(&desk), Err("certificate-revoked"));

    let text = desk.openssl(&["crl", "-in", "gm/ca.crl.pem", "-noout", "-text"]);
    assert!(text.contains("Signature Algorithm: SM2-with-SM3"), "{text}");
    assert_eq!(text.matches("Key Compromise").count(), 2, "{text}");
    // The command that reads lists takes no identifier, so what is signed is cut out.
    let list = "gm/ca.crl.pem";
    let at = |from: &str, to: &str| {
        let cut = [
            "asn1parse",
            "-in",
            list,
            "-strparse",
            from,
            "-noout",
            "-out",
            to,
        ];
        desk.openssl(&cut);
    };
    let parsed = desk.openssl(&["asn1parse", "-in", list]);
    let value = parsed.lines().last().unwrap().split(':').next().unwrap();
    at("4", "list.tbs");
    at(value.trim(), "list.sig");
    desk.openssl(&[
        "x509",
        "-in",
        "gm/ca.pem",
        "-noout",
        "-pubkey",
        "-out",
        "gm.pub",
    ]);
    let verify = [
        "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", IDENTIFIER, "-pubin",
        "-inkey", "gm.pub", "-in", "list.tbs", "-sigfile", "list.sig",
    ];
    assert!(desk.openssl(&verify).contains("Verified Successfully"));
}

#[test]
fn kinds_of_keys_are_not_mixed_and_one_certificate_may_do_both() {
    let desk = desk_of_sm2();
    let refused = desk.fails(
        &issue_of_sm2("丁", &["--key-type", "p-256"]),
        2,
        "pki-key-type",
    );
    assert!(refused.stderr.contains("--key-type"), "{}", refused.stderr);
    let mut other = issue_of_sm2("丁", &["--key-type", "sm2"]);
    other[3] = "pki";
    desk.fails(&other, 2, "pki-key-type");
    assert_eq!(
        desk.ok(&["pki", "list", "--ca", "pki"])
            .as_array()
            .unwrap()
            .len(),
        0
    );
    let single = desk.ok(&issue_of_sm2("丁", &["--single"]));
    assert_eq!(single["serials"].as_array().unwrap().len(), 1);
}

#[test]
fn those_who_issue_at_once_are_all_in_the_register() {
    let desk = Desk::new();
    let at_once = 8;
    std::thread::scope(|scope| {
        for at in 0..at_once {
            let (desk, name) = (&desk, format!("众{at}"));
            let code = format!("9111000000000{at:04}");
            scope.spawn(move || desk.issue(&name, &code, &["--key-type", "p-256"]));
        }
    });
    let listed = desk.ok(&["pki", "list", "--ca", "pki"]);
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), at_once, "{listed:?}");
}

#[test]
fn a_revoked_certificate_is_on_the_list_that_openssl_reads() {
    let desk = Desk::new();
    desk.issue("甲", "91110000000000001", &["--key-type", "p-256"]);
    let check = [
        "verify",
        "-crl_check",
        "-CAfile",
        "pki/ca.pem",
        "-CRLfile",
        "pki/ca.crl.pem",
        "甲.cert.pem",
    ];
    assert!(desk.openssl(&check).contains("OK"));
    desk.ok(&[
        "pki",
        "revoke",
        "--ca",
        "pki",
        "--cert",
        "甲.cert.pem",
        "--reason",
        "key-compromise",
    ]);
    assert!(desk.openssl_fails(&check).contains("revoked"));
    let listed = desk.ok(&["pki", "list", "--ca", "pki"]);
    assert_eq!(listed[0]["revoked"]["reason"], "key-compromise");
}

#[test]
fn files_of_other_tools_are_read_legacy_ones_included() {
    let desk = Desk::new();
    desk.issue("甲", "91110000000000001", &["--pem-key"]);
    desk.write("pass", PASSPHRASE);
    let export = |name: &str, more: &[&str]| {
        let mut arguments = vec![
            "pkcs12",
            "-export",
            "-in",
            "甲.cert.pem",
            "-inkey",
            "甲.key.pem",
            "-certfile",
            "pki/ca.pem",
            "-passout",
            "file:pass",
            "-out",
            name,
        ];
        arguments.extend(more);
        desk.openssl(&arguments);
    };
    export("modern.p12", &[]);
    export("legacy.p12", &["-legacy"]);
    let both = [desk.read("甲.cert.pem"), desk.read("甲.key.pem")].concat();
    desk.write("甲.pem", both);
    // A rehearsal that gets as far as the bid has read the key.
    desk.write("no.kbid", "%PDF-1.7");
    for key in ["甲.p12", "modern.p12", "legacy.p12", "甲.pem"] {
        let done = desk.run(&[
            "role",
            "bind",
            "--key",
            key,
            "--server",
            "http://127.0.0.1:9",
            "--authority",
            "demo",
            "--code",
            "91110000000000001A",
            "--name",
            "甲",
            "--role",
            "host",
        ]);
        assert_ne!(done.json["error"]["code"], "not-a-key-file", "{key}");
        assert_ne!(
            done.json["error"]["code"], "passphrase-wrong",
            "{key}: {}",
            done.stderr
        );
    }
}

#[test]
fn a_wrong_code_or_a_second_authority_is_refused_with_the_remedy() {
    let desk = Desk::new();
    let done = desk.fails(
        &[
            "pki",
            "issue",
            "--ca",
            "pki",
            "--name",
            "甲",
            "--code",
            "911100000000000019",
            "--person",
            "张三",
            "-o",
            "x.p12",
        ],
        2,
        "code-check",
    );
    assert!(done.stderr.contains("should be"), "{}", done.stderr);
    desk.fails(&["pki", "init", "pki"], 3, "pki-exists");
    desk.fails(
        &["pki", "revoke", "--ca", "pki", "--serial", "00"],
        3,
        "pki-unknown-serial",
    );
    let silent = desk.run_with(
        &[
            "pki",
            "issue",
            "--ca",
            "pki",
            "--name",
            "甲",
            "--code",
            "91110000000000001",
            "--person",
            "张三",
            "-o",
            "x.p12",
        ],
        None,
    );
    assert_eq!(silent.code, 4, "{}", silent.stderr);
    assert_eq!(silent.json["error"]["code"], "passphrase-needed");
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match length {
        [0, low @ 0..=127] => vec![tag, low],
        [0, low] => vec![tag, 0x81, low],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [head, content].concat()
}

#[test]
fn an_envelope_made_with_openssl_and_the_signing_key_become_one_pair() {
    let desk = desk_of_sm2();
    desk.ok(&issue_of_sm2("丁", &["--pem-key"]));
    for kind in ["key", "cert"] {
        let both = String::from_utf8(desk.read(&format!("丁.{kind}.pem"))).unwrap();
        let at = both.rfind("-----BEGIN").unwrap();
        desk.write(&format!("sign.{kind}"), &both[..at]);
        desk.write(&format!("encrypt.{kind}"), &both[at..]);
    }
    let signing = [desk.read("sign.key"), desk.read("sign.cert")].concat();
    desk.write("sign.pem", signing);

    // As an authority's key centre does: SM4-ECB of the scalar, its key to the signing key.
    desk.openssl(&["pkey", "-in", "sign.key", "-pubout", "-out", "sign.pub"]);
    desk.openssl(&[
        "pkey",
        "-in",
        "encrypt.key",
        "-outform",
        "DER",
        "-out",
        "encrypt.der",
    ]);
    desk.openssl(&[
        "pkey",
        "-in",
        "encrypt.key",
        "-pubout",
        "-outform",
        "DER",
        "-out",
        "encrypt.pub",
    ]);
    let pkcs8 = desk.read("encrypt.der");
    // Version 1, and an octet string of 32 bytes.
    let head = [2, 1, 1, 4, 32];
    let at = pkcs8.windows(5).position(|it| it == head).unwrap() + 5;
    desk.write("scalar", &pkcs8[at..at + 32]);
    desk.write("session", [0x5c; 16]);
    desk.openssl(&[
        "enc",
        "-sm4-ecb",
        "-nopad",
        "-K",
        &"5c".repeat(16),
        "-in",
        "scalar",
        "-out",
        "sealed",
    ]);
    desk.openssl(&[
        "pkeyutl", "-encrypt", "-pubin", "-inkey", "sign.pub", "-in", "session", "-out", "cipher",
    ]);
    let public = desk.read("encrypt.pub");
    let sm4_ecb = b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x68\x01";
    let envelope = der(
        0x30,
        &[
            &der(0x30, &[sm4_ecb]),
            &desk.read("cipher"),
            &der(3, &[&[0], &public[public.len() - 65..]]),
            &der(3, &[&[0], &desk.read("sealed")]),
        ],
    );
    desk.write("envelope.key", envelope);
    let pair = |sign: &'static str, cert: &'static str| {
        [
            "keyfile",
            "pair",
            "--sign",
            sign,
            "--envelope",
            "envelope.key",
            "--cert",
            cert,
            "-o",
            "pair.p12",
        ]
    };
    desk.fails(&pair("sign.pem", "sign.cert"), 4, "key-without-certificate");
    desk.fails(&pair("丙.p12", "encrypt.cert"), 4, "envelope-other-key");
    desk.ok(&pair("sign.pem", "encrypt.cert"));

    let path = desk.path("pair.p12");
    let identity = Identity::load(&path, &|_| Ok(Zeroizing::new(PASSPHRASE.to_owned()))).unwrap();
    let roots = Authorities::read(&desk.path("gm-roots")).unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    identity.judge(&path, &roots.trust, now).unwrap();
    assert_ne!(identity.chain()[0], identity.encryption_chain()[0]);
    desk.fails(&pair("sign.pem", "encrypt.cert"), 3, "file-exists");
}
