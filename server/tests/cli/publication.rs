//! A server that shows terms of its own making.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use kaibiao_core::act::{Act, Publish};
use kaibiao_core::ids::Nonce;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::Place;
use serde_json::{Value, json};

use super::bid::{ORIGIN, PROJECT, hall};
use super::desk::Desk;

#[test]
fn terms_are_sealed_under_only_when_the_host_has_signed_them() {
    let desk = hall();
    desk.issue("丙", "91110000000000003", &["--key-type", "p-256"]);
    let terms = desk.read("terms.json");
    let digest = SealingTerms::digest_of(&terms);
    let publication = |signer: &str, digest| Some(published(&desk, signer, digest));
    let cases = [
        ("right.kbid", publication("代理", digest), true),
        (
            "other.kbid",
            publication("代理", Digest::of(b"other terms")),
            false,
        ),
        ("centre.kbid", publication("中心", digest), false),
        ("none.kbid", None, false),
    ];
    for (bid, publication, good) in cases {
        let url = serve(terms.clone(), view(&terms, publication));
        let arguments = [
            "bid",
            "seal",
            "--terms",
            &url,
            "--project",
            PROJECT,
            "--lot",
            "1",
            "--roots",
            "roots",
            "--key",
            "丙.p12",
            "--sheet",
            "sheet.json",
            "--document",
            "空.txt",
            "-o",
            bid,
        ];
        if good {
            desk.ok(&arguments);
        } else {
            desk.fails(&arguments, 7, "terms-unsigned");
            assert!(!desk.path(bid).exists(), "{bid}");
        }
    }
}

fn published(desk: &Desk, signer: &str, terms: Digest) -> Value {
    let act = Act::from(Publish {
        nonce: Nonce([9; 16]),
        terms: BTreeMap::from([("1".parse().unwrap(), terms)]),
        t0: 0,
    });
    let place = Place {
        origin: ORIGIN,
        project: PROJECT,
    };
    serde_json::to_value(desk.accepted(signer, place, &act)).unwrap()
}

/// The project as the server shows it.
fn view(terms: &[u8], publication: Option<Value>) -> Vec<u8> {
    let terms: Value = serde_json::from_slice(terms).unwrap();
    let mut view = json!({
        "number": "1", "title": "t", "notice": "", "officials": terms["officials"],
        "published": true, "t0": 0, "sign_in_from": 0, "closed_for_bids": false, "now": 0, "changes": [], "lots": {},
    });
    if let Some(publication) = publication {
        view["publication"] = publication;
    }
    serde_json::to_vec(&view).unwrap()
}

#[test]
fn a_package_is_sealed_under_without_a_network_when_the_host_it_names_is_the_right_one() {
    let desk = hall();
    desk.issue("丙", "91110000000000003", &["--key-type", "p-256"]);
    let terms = desk.read("terms.json");
    let digest = SealingTerms::digest_of(&terms);
    let parsed: Value = serde_json::from_slice(&terms).unwrap();
    let host = parsed["officials"]["tenderer"]["organisation"]
        .as_str()
        .unwrap();
    let other = parsed["officials"]["centre"]["organisation"]
        .as_str()
        .unwrap();
    let package = |name: &str, publication: Value| {
        let package = json!({
            "kaibiao": "terms/1", "project": PROJECT, "lot": "1", "number": "1", "title": "t", "lot_title": "l",
            "t0": 0, "terms": String::from_utf8(terms.clone()).unwrap(), "publication": publication,
            "platform": { "origin": ORIGIN, "cas": [], "receipt_key": "" },
        });
        desk.write(name, package.to_string());
    };
    package("right.json", published(&desk, "代理", digest));
    package("wrong.json", published(&desk, "中心", digest));
    let seal = |terms: &'static str, bid: &'static str, host: &str| {
        [
            "bid",
            "seal",
            "--terms",
            terms,
            "--lot",
            "1",
            "--host",
            host,
            "--roots",
            "roots",
            "--key",
            "丙.p12",
            "--sheet",
            "sheet.json",
            "--document",
            "空.txt",
            "-o",
            bid,
        ]
        .map(str::to_owned)
    };
    let run = |arguments: [String; 18]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        desk.run(&arguments)
    };
    let first = run(seal("right.json", "one.kbid", host));
    assert_eq!(first.code, 0, "{}", first.stderr);
    let parties = first.json["parties"].as_array().unwrap();
    assert_eq!(parties.len(), 6);
    assert_eq!(
        (&parties[0]["part"], &parties[0]["code"]),
        (&"tenderer".into(), &host.into())
    );
    assert!(parties.iter().all(|party| party.get("new").is_none()));
    // From the second project on it is known whom this host has worked with.
    let second = run(seal("right.json", "two.kbid", host));
    let parties = second.json["parties"].as_array().unwrap();
    assert!(parties.iter().all(|party| party["new"] == false));

    for (terms, host, code) in [
        ("right.json", other, "host-other"),
        ("wrong.json", host, "terms-unsigned"),
    ] {
        let refused = run(seal(terms, "no.kbid", host));
        assert_eq!(refused.code, 7, "{}", refused.stderr);
        assert_eq!(refused.json["error"]["code"], code);
        assert!(!desk.path("no.kbid").exists());
    }
}

/// Answers every request for terms with the one, for the platform with the one
/// that the terms name, every other with the other.
fn serve(terms: Vec<u8>, view: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let parsed: SealingTerms = serde_json::from_slice(&terms).unwrap();
    let platform = json!({
        "origin": parsed.trust.origin, "log_key": parsed.trust.statement_key, "receipt_key": "", "cas": [],
        "legal": { "notice": 1, "amendment": 1, "window": 1 }, "version": "0", "now": 0,
    });
    let platform = serde_json::to_vec(&platform).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            let line = String::from_utf8_lossy(&request[..read]);
            let is_terms = line.lines().next().is_some_and(|it| it.contains("/terms "));
            let is_platform = line
                .lines()
                .next()
                .is_some_and(|it| it.contains("/platform "));
            let body = if is_terms {
                &terms
            } else if is_platform {
                &platform
            } else {
                &view
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body);
        }
    });
    url
}
