//! Time stamps of an openssl authority, checked without a server.

use super::desk::Desk;

const SETTINGS: &str = include_str!("../../src/cli/demo/tsa.cnf");

/// A desk with `root.pem`, `other.pem`, and `answer.tsr` over `checkpoint`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("tsa.cnf", SETTINGS);
    desk.write("serial", "01");
    desk.write("checkpoint", "what was there");
    let make = |name: &str, extensions: &str, more: &[&str]| {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        let subject = format!("/CN={name}");
        let usual = [
            "req",
            "-x509",
            "-config",
            "tsa.cnf",
            "-extensions",
            extensions,
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            &subject,
            "-keyout",
            &key,
            "-out",
            &certificate,
        ];
        desk.openssl(&[&usual[..], more].concat());
    };
    make("root", "ca", &[]);
    make("other", "ca", &[]);
    make("tsa", "stamper", &["-CA", "root.pem", "-CAkey", "root.key"]);
    desk.openssl(&[
        "ts",
        "-query",
        "-data",
        "checkpoint",
        "-sha256",
        "-cert",
        "-out",
        "query.tsq",
    ]);
    desk.openssl(&[
        "ts",
        "-reply",
        "-config",
        "tsa.cnf",
        "-queryfile",
        "query.tsq",
        "-signer",
        "tsa.pem",
        "-inkey",
        "tsa.key",
        "-out",
        "answer.tsr",
    ]);
    desk
}

#[test]
fn a_time_stamp_is_checked_without_a_server() {
    let desk = desk();
    desk.openssl(&[
        "ts",
        "-reply",
        "-in",
        "answer.tsr",
        "-token_out",
        "-out",
        "token.tst",
    ]);
    let check = |token, file, root| {
        let command = ["timestamp", "verify", token, "--file", file, "--root", root];
        desk.run(&command)
    };
    for token in ["answer.tsr", "token.tst"] {
        let done = check(token, "checkpoint", "root.pem");
        assert_eq!(done.code, 0, "{}", done.stderr);
        assert_eq!(done.json["authority"], "root.pem");
        assert_eq!(done.json["policy"], "1.2.3.4.1");
        let time: jiff::Timestamp = done.json["time"].as_str().unwrap().parse().unwrap();
        let since = jiff::Timestamp::now().duration_since(time);
        assert!((-1..300).contains(&since.as_secs()), "{time}");
    }
    desk.write("altered", "what was not there");
    desk.write("nonsense", "nonsense");
    for (token, file, root, exit, code) in [
        ("answer.tsr", "altered", "root.pem", 7, "timestamp-imprint"),
        (
            "answer.tsr",
            "checkpoint",
            "other.pem",
            7,
            "certificate-unknown-issuer",
        ),
        ("nonsense", "checkpoint", "root.pem", 7, "cms-malformed"),
        ("answer.tsr", "checkpoint", "nonsense", 3, "roots-unusable"),
        ("answer.tsr", "checkpoint", "tsa.pem", 3, "roots-unusable"),
    ] {
        let done = check(token, file, root);
        let told = done.json["error"]["code"].as_str();
        assert_eq!((done.code, told), (exit, Some(code)), "{}", done.stderr);
    }
}
