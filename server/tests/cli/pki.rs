//! The demonstration authority against openssl.

use super::desk::{Desk, PASSPHRASE};

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
