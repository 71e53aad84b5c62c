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
        "published": true, "t0": 0, "closed_for_bids": false, "now": 0, "changes": [], "lots": {},
    });
    if let Some(publication) = publication {
        view["publication"] = publication;
    }
    serde_json::to_vec(&view).unwrap()
}

/// Answers every request for terms with the one, every other with the other.
fn serve(terms: Vec<u8>, view: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            let line = String::from_utf8_lossy(&request[..read]);
            let is_terms = line.lines().next().is_some_and(|it| it.contains("/terms "));
            let body = if is_terms { &terms } else { &view };
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
