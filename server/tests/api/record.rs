//! A record as everybody can check it: its signatures, and what ties it to the public
//! log, read by a stranger and verified by the real program and by openssl.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use kaibiao_api::{AcceptedStatementView, RecordProof, RecordSignatures};
use kaibiao_client::http::{Server, Session};
use kaibiao_client::record::carried;
use kaibiao_core::act::{
    Announce, Close, CloseObjections, Countersign, OpenObjections, SignRecord,
};
use kaibiao_core::role::By;
use kaibiao_crypto::encoding::{Base64, to_base64};
use kaibiao_crypto::{Digest, Suite};
use serde_json::{Value, json};

use crate::hall::{Hall, lot};
use crate::opening::*;
use crate::world::{Person, World, nonce};

/// An opened hall whose record is made: its bytes.
async fn made(hall: &Hall, sealed: &[crate::hall::Sealed]) -> Vec<u8> {
    hall.until_stage("checking").await;
    hall.open(sealed).await;
    let lots = || vec![lot("1")];
    let (host, nonce) = (hall.host(), nonce);
    let announce = Announce {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, announce).await;
    let open = OpenObjections {
        nonce: nonce(),
        lots: lots(),
        seconds: None,
    };
    hall.act(host, open).await;
    let close = CloseObjections {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, close).await;
    let path = format!("projects/{}/lots/1/record.json", hall.project);
    loop {
        match host.server.get_bytes(&path).await {
            Ok(bytes) => return bytes,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

fn sign(record: Digest, cms: Option<Base64>) -> SignRecord {
    SignRecord {
        nonce: nonce(),
        lot: lot("1"),
        record,
        cms,
    }
}

fn countersign(record: Digest, cms: Option<Base64>) -> Countersign {
    Countersign {
        nonce: nonce(),
        lot: lot("1"),
        record,
        remark: String::new(),
        cms,
    }
}

fn cms(session: &Session, record: &[u8]) -> Option<Base64> {
    let now = jiff::Timestamp::now().as_millisecond();
    carried(record, session.signer(), now).unwrap()
}

async fn signatures(server: &Server, base: &str) -> Result<RecordSignatures, String> {
    let found = server.get(&format!("{base}/signatures")).await;
    found.map_err(|it| it.code)
}

/// The real program, as somebody runs it whose trust is the hall's authority.
fn kaibiao(hall: &Hall, folder: &Path, arguments: &[&str]) -> Output {
    let trust = hall.world.running.app.config.trust();
    Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .current_dir(folder)
        .env("KAIBIAO_SERVER", hall.world.url())
        .env("KAIBIAO_STATE", folder.join("state"))
        .env("KAIBIAO_CA", trust)
        .args(arguments)
        .arg("--json")
        .output()
        .unwrap()
}

/// Verifies offline; answers the exit code, and the first check that fails with its code.
fn verify(hall: &Hall, folder: &Path, more: &[&str]) -> (i32, Value) {
    let all = [&["record", "verify", "record-1.json"], more].concat();
    let done = kaibiao(hall, folder, &all);
    let first = String::from_utf8(done.stdout).unwrap();
    let first = first.lines().next().unwrap_or_default();
    let said: Value = serde_json::from_str(first).unwrap_or_default();
    (done.status.code().unwrap(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_checks_who_signed_the_record_and_what_it_rests_on() {
    let (hall, sealed) = submitted(2, 4.0, b"one page").await;
    let bytes = made(&hall, &sealed).await;
    let record = Digest::of(&bytes);
    let (host, stranger) = (hall.host(), hall.world.server());
    let bidder = &hall.bidders[0].session;
    let base = format!("projects/{}/lots/1/record", hall.project);

    // A detached signature over something else, or by somebody else, signs nothing.
    let other: &[u8] = b"another record";
    for (wrong, why) in [
        (cms(host, other), "cms-digest"),
        (cms(bidder, &bytes), "cms-other-certificate"),
        (Some(Base64(b"nonsense".to_vec())), "cms-malformed"),
        (Some(Base64(vec![0x30; 40_000])), "cms-malformed"),
    ] {
        let wrong = sign(record, wrong).into();
        let refused = host.act(&hall.project, &wrong, Vec::new()).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, "cms-wrong");
        assert!(refused.en.contains(why), "{why}: {}", refused.en);
    }
    assert_eq!(
        signatures(&host.server, &base).await.unwrap().signatures,
        []
    );
    hall.act(host, sign(record, cms(host, &bytes))).await;
    // One without is as good.
    hall.act(bidder, countersign(record, None)).await;
    let second = &hall.bidders[1].session;
    hall.act(second, countersign(record, cms(second, &bytes)))
        .await;

    // Until the lot has ended they are for those who may read the record.
    let own = signatures(&bidder.server, &base).await.unwrap();
    assert_eq!(own.signatures.len(), 3);
    for path in ["signatures", "proof"] {
        let early = stranger.get_bytes(&format!("{base}/{path}")).await;
        assert_eq!(early.unwrap_err().code, "not-found", "{path}");
    }
    let file = |seq: u64| format!("{base}/signatures/{seq}.p7s");
    let first = own.signatures[0].seq;
    assert!(stranger.get_bytes(&file(first)).await.is_err());
    let close = Close {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    hall.act(host, close).await;

    let found = signatures(&stranger, &base).await.unwrap();
    assert_eq!(found, own);
    assert_eq!(found.record, record.to_string());
    let told: Vec<_> = found
        .signatures
        .iter()
        .map(|it| (it.role, it.name.as_str(), it.cms))
        .collect();
    let name = |at: usize| hall.bidders[at].person.company.as_str();
    let expected = [
        (By::Host, hall.officials[0].company.as_str(), true),
        (By::Bidder, name(0), false),
        (By::Bidder, name(1), true),
    ];
    assert_eq!(told, expected);
    let without = stranger.get_bytes(&file(found.signatures[1].seq)).await;
    assert_eq!(without.unwrap_err().code, "not-found");
    let unknown = stranger.get_bytes(&file(1)).await;
    assert_eq!(unknown.unwrap_err().code, "not-found");

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fetched = kaibiao(
        &hall,
        folder,
        &["record", "fetch", &hall.project, "--lot", "1"],
    );
    assert!(fetched.status.success(), "{fetched:?}");
    openssl_accepts(&hall, folder, found.signatures[0].seq);
    openssl_accepts(&hall, folder, found.signatures[2].seq);
    everything_is_checked(&hall, folder).await;

    let accepted: AcceptedStatementView = stranger
        .get(&format!(
            "projects/{}/lots/1/accepted/statement",
            hall.project
        ))
        .await
        .unwrap();
    let proof: RecordProof = stranger.get(&format!("{base}/proof")).await.unwrap();
    assert_eq!(accepted.accepted, proof.accepted.unwrap().statement);
}

/// Where everybody's certificate is of SM2 the program signs the record's bytes as well,
/// as host and as bidder, and checks them offline.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_s_bytes_are_signed_with_sm2_too() {
    let world = World::of_sm2(|_| ()).await;
    let hall = Hall::publish_with(world, 2, 8.0, |draft| draft.suite = Suite::Gm).await;
    let sealed = hall.submit_all().await;
    let bytes = made(&hall, &sealed).await;
    let record = Digest::of(&bytes);
    let (host, bidder) = (hall.host(), &hall.bidders[0]);
    for (wrong, why) in [
        (cms(host, b"another record"), "cms-digest"),
        (cms(&bidder.session, &bytes), "cms-other-certificate"),
    ] {
        let wrong = sign(record, wrong).into();
        let refused = host.act(&hall.project, &wrong, Vec::new()).await;
        let refused = refused.unwrap_err();
        assert!(refused.en.contains(why), "{why}: {}", refused.en);
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, person, act) in [
        ("host", &hall.officials[0], ["opening", "sign"]),
        ("bidder", &bidder.person, ["bid", "countersign"]),
    ] {
        let key = folder.join(format!("{name}.pem"));
        std::fs::write(&key, pem_of(person)).unwrap();
        let rest = [&hall.project, "--lot", "1", "--key", key.to_str().unwrap()];
        let done = kaibiao(&hall, folder, &[&act[..], &rest].concat());
        assert!(done.status.success(), "{done:?}");
    }
    let close = Close {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    hall.act(host, close).await;
    let fetch = ["record", "fetch", &hall.project, "--lot", "1"];
    let done = kaibiao(&hall, folder, &fetch);
    assert!(done.status.success(), "{done:?}");
    let key = to_base64(hall.world.running.app.keys.log.public_key().as_bytes());
    let detached = |said: &Value| {
        let all = said["checks"].as_array().cloned().unwrap_or_default();
        let found = all.into_iter().filter(|it| it["check"] == "detached");
        found
            .map(|it| it["finding"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let base = format!("projects/{}/lots/1/record", hall.project);
    let found = signatures(&hall.world.server(), &base).await.unwrap();
    let seq = found.signatures[1].seq;
    let p7s = format!("record-1.{seq}.p7s");
    let asked = ["--statement-key", &key, "--p7s", &p7s];
    let (exit, said) = verify(&hall, folder, &asked);
    assert_eq!(exit, 0, "{said:#}");
    assert_eq!(detached(&said), ["holds", "holds", "holds"]);
    openssl_accepts_sm2(folder, seq);

    // One octet of the file beside is altered: the attributes do not hold any more.
    let mut altered = std::fs::read(folder.join(&p7s)).unwrap();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    std::fs::write(folder.join(&p7s), altered).unwrap();
    let (exit, said) = verify(&hall, folder, &asked);
    assert_eq!(
        (exit, detached(&said)[2].as_str()),
        (7, "fails"),
        "{said:#}"
    );
}

/// A key and its certificates, in the clear.
fn pem_of(person: &Person) -> String {
    let block = |label: &str, der: &[u8]| {
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            to_base64(der)
        )
    };
    let certificates = person.chain().into_iter();
    let certificates = certificates.map(|der| block("CERTIFICATE", &der));
    block("PRIVATE KEY", &person.pkcs8()) + &certificates.collect::<String>()
}

/// `openssl cms` reads no message of GM/T 0010; taken apart by `asn1parse`, its digest is
/// that of `dgst`, and `pkeyutl` accepts the signature over the attributes.
fn openssl_accepts_sm2(folder: &Path, seq: u64) {
    let openssl = |arguments: &str| {
        let asked = Command::new("openssl")
            .current_dir(folder)
            .args(arguments.split(' '))
            .output()
            .unwrap();
        assert!(asked.status.success(), "{arguments}: {asked:?}");
        String::from_utf8_lossy(&asked.stdout).into_owned()
    };
    let p7s = format!("record-1.{seq}.p7s");
    let told = openssl(&format!("asn1parse -inform DER -in {p7s}"));
    let at = |line: &str| line.split(':').next().unwrap().trim().to_owned();
    // The signed attributes are the one [0] that lies so deep; the value comes last.
    let attributes = told
        .lines()
        .rfind(|it| it.contains("d=5 ") && it.contains("cont [ 0 ]"));
    let attributes = at(attributes.unwrap());
    let value = at(told.lines().last().unwrap());
    let certificate = told
        .lines()
        .find(|it| it.contains("d=4 ") && it.contains("cons: SEQUENCE") && it.contains("hl=4"));
    let certificate = at(certificate.unwrap());
    let take = |at: &str, name: &str| {
        openssl(&format!(
            "asn1parse -inform DER -in {p7s} -strparse {at} -noout -out {name}"
        ));
    };
    take(&attributes, "attributes");
    let mut signed = std::fs::read(folder.join("attributes")).unwrap();
    assert_eq!(signed[0], 0xa0);
    signed[0] = 0x31;
    std::fs::write(folder.join("attributes"), &signed).unwrap();
    take(&value, "value");
    take(&certificate, "leaf.der");
    let digest = openssl("dgst -sm3 -r record-1.json");
    let digest = kaibiao_crypto::digest::lower_hex::<32>(&digest[..64]).unwrap();
    assert!(signed.windows(32).any(|it| it == digest));
    openssl("x509 -inform DER -in leaf.der -out leaf.pem");
    let verify = "pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 -certin";
    openssl(&format!(
        "{verify} -inkey leaf.pem -in attributes -sigfile value"
    ));
}

/// The detached signatures are what everybody's tools check.
fn openssl_accepts(hall: &Hall, folder: &Path, seq: u64) {
    let ca = hall.world.directory.path().join("pki/ca.pem");
    let ask = |content: &str| {
        let p7s = format!("record-1.{seq}.p7s");
        let usual = [
            "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any",
        ];
        let asked = Command::new("openssl")
            .current_dir(folder)
            .args(usual)
            .args(["-in", &p7s, "-content", content, "-out", "out", "-CAfile"])
            .arg(&ca)
            .output()
            .unwrap();
        (
            asked.status.success(),
            String::from_utf8(asked.stderr).unwrap(),
        )
    };
    let (accepted, said) = ask("record-1.json");
    assert!(accepted, "{said}");
    let (accepted, said) = ask("record-1.terms.json");
    assert!(!accepted && said.contains("verification failure"), "{said}");
}

/// The program's own checks: all hold, and each fails for its own reason.
async fn everything_is_checked(hall: &Hall, folder: &Path) {
    // Nothing is believed of a platform that nobody has named.
    let (exit, _) = verify(hall, folder, &[]);
    assert_eq!(exit, 7);
    let key = to_base64(hall.world.running.app.keys.log.public_key().as_bytes());
    let key = ["--statement-key", key.as_str()];
    let kinds = |said: &Value, finding: &str| {
        let all = said["checks"].as_array().unwrap().iter();
        let found = all.filter(|it| it["finding"] == finding);
        let found = found.map(|it| it["check"].as_str().unwrap().to_owned());
        found.collect::<Vec<_>>()
    };
    // The record's tree is in the log a moment after the lot's end.
    let proof = ["record", "fetch", &hall.project, "--lot", "1"];
    for _ in 0..100 {
        let (exit, said) = verify(hall, folder, &key);
        assert_eq!(exit, 0, "{said:#}");
        if said["open"] == false {
            break;
        }
        assert_eq!(kinds(&said, "open"), ["log"]);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(kaibiao(hall, folder, &proof).status.success());
    }
    let (_, said) = verify(hall, folder, &key);
    assert_eq!(said["verdict"], "holds");
    let all = [
        "terms",
        "record",
        "host",
        "signature",
        "detached",
        "signature",
        "signature",
        "detached",
        "closing",
        "accepted",
        "consistency",
        "log",
        "bids",
        "sheet",
        "sheet",
    ];
    assert_eq!(kinds(&said, "holds"), all, "{said:#}");

    if std::env::var_os("KAIBIAO_GOLDEN").is_some() {
        write_vector(hall, folder).await;
    }

    let path = |name: &str| folder.join(format!("record-1.{name}"));
    let read = |name: &str| std::fs::read(path(name)).unwrap();
    let parsed = |name: &str| serde_json::from_slice::<Value>(&read(name)).unwrap();
    // Changes one file, and tells what fails then.
    let fails = |name: &str, change: &dyn Fn(&mut Value)| {
        let good = read(name);
        let mut value = parsed(name);
        change(&mut value);
        std::fs::write(path(name), serde_json::to_vec(&value).unwrap()).unwrap();
        let (exit, said) = verify(hall, folder, &key);
        std::fs::write(path(name), good).unwrap();
        let checks = said["checks"].as_array().cloned().unwrap_or_default();
        let failed = checks.into_iter().find(|it| it["finding"] == "fails");
        let failed = failed.unwrap_or_default();
        (exit, failed["check"].clone(), failed["code"].clone())
    };
    let swap = |value: &mut Value, one: &str, other: &str| {
        let text = value.as_str().unwrap().replace(one, other);
        *value = json!(text);
    };
    type Change<'a> = &'a dyn Fn(&mut Value);
    let cases: [(&str, Change<'_>, &str, &str); 17] = [
        (
            "signatures.json",
            &|it| it["record"] = json!("00".repeat(32)),
            "record",
            "record-differs",
        ),
        (
            "signatures.json",
            &|it| {
                swap(
                    &mut it["signatures"][1]["act"]["body"],
                    "\"nonce\":\"",
                    "\"nonce\":\"0",
                )
            },
            "signature",
            "act-nonce",
        ),
        (
            "signatures.json",
            &|it| {
                it["signatures"][1]["act"]["signature"] =
                    it["signatures"][2]["act"]["signature"].clone()
            },
            "signature",
            "signature-invalid",
        ),
        (
            "signatures.json",
            &|it| it["signatures"][0]["role"] = json!("centre"),
            "signature",
            "author-differs",
        ),
        (
            "signatures.json",
            &|it| it["signatures"][1]["role"] = json!("host"),
            "signature",
            "author-differs",
        ),
        (
            "signatures.json",
            &|it| {
                it["signatures"][0]["act"]
                    .as_object_mut()
                    .unwrap()
                    .remove("grounds");
            },
            "signature",
            "act-no-grounds",
        ),
        (
            "proof.json",
            &|it| it["size"] = json!(it["size"].as_u64().unwrap() - 1),
            "consistency",
            "record-differs",
        ),
        (
            "proof.json",
            &|it| it["closing"]["consistency"] = json!([]),
            "consistency",
            "consistency",
        ),
        (
            "proof.json",
            &|it| it["accepted"]["consistency"][0] = json!("11".repeat(32)),
            "consistency",
            "consistency",
        ),
        (
            "proof.json",
            &|it| it["closing"]["statement"] = it["accepted"]["statement"].clone(),
            "closing",
            "statement-malformed",
        ),
        (
            "proof.json",
            &|it| {
                it["closing"]["statement"]["signature"] =
                    it["accepted"]["statement"]["signature"].clone()
            },
            "closing",
            "statement-signature",
        ),
        (
            "proof.json",
            &|it| {
                it.as_object_mut().unwrap().remove("accepted");
            },
            "accepted",
            "statement-missing",
        ),
        (
            "proof.json",
            &|it| it["closing"]["proof"] = it["accepted"]["proof"].clone(),
            "closing",
            "anchor-differs",
        ),
        (
            "proof.json",
            &|it| it["anchored"]["anchor"]["salt"] = json!("22".repeat(32)),
            "log",
            "log-inclusion",
        ),
        (
            "proof.json",
            &|it| it["anchored"]["anchor"] = it["closing"]["proof"]["anchored"]["anchor"].clone(),
            "log",
            "consistency",
        ),
        (
            "sheets.json",
            &|it| {
                let sheets = it.as_object_mut().unwrap();
                let keys: Vec<_> = sheets.keys().cloned().collect();
                let (one, other) = (sheets[&keys[0]].clone(), sheets[&keys[1]].clone());
                sheets.insert(keys[0].clone(), other);
                sheets.insert(keys[1].clone(), one);
            },
            "sheet",
            "bid-digest",
        ),
        (
            "sheets.json",
            &|it| it.as_object_mut().unwrap().clear(),
            "sheet",
            "sheet-missing",
        ),
    ];
    for (name, change, check, code) in cases {
        let found = fails(name, change);
        assert_eq!(found, (7, json!(check), json!(code)), "{name}");
    }
    // Another record, row by row, is another digest: nobody has signed it.
    let good = read("json");
    let text = String::from_utf8(good.clone()).unwrap();
    std::fs::write(path("json"), text.replace("100000", "100009")).unwrap();
    let (exit, said) = verify(hall, folder, &key);
    assert_eq!(exit, 7);
    let failed = kinds(&said, "fails");
    for check in ["record", "signature", "detached", "sheet"] {
        assert!(failed.iter().any(|it| it == check), "{check}: {failed:?}");
    }
    std::fs::write(path("json"), b"{}").unwrap();
    assert_eq!(verify(hall, folder, &key).0, 3);
    std::fs::write(path("json"), good).unwrap();
    std::fs::remove_file(path("terms.json")).unwrap();
    assert_eq!(verify(hall, folder, &key).0, 2);
}

/// All that a record is verified by, for other implementations: `crypto/vectors/record`.
async fn write_vector(hall: &Hall, folder: &Path) {
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(format!("record-1.{name}")));
        serde_json::from_str::<Value>(&text.unwrap()).unwrap()
    };
    let platform: Value = hall.world.server().get("platform").await.unwrap();
    let root = hall.world.directory.path().join("pki/ca.pem");
    let vector = json!({
        "record": std::fs::read_to_string(folder.join("record-1.json")).unwrap(),
        "signatures": read("signatures.json"),
        "proof": read("proof.json"),
        "sheets": read("sheets.json"),
        "terms": read("terms.json"),
        "platform": { "origin": platform["origin"], "log_key": platform["log_key"], "cas": platform["cas"] },
        "root": std::fs::read_to_string(root).unwrap(),
    });
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crypto/vectors/record/checked.json");
    let text = serde_json::to_string_pretty(&vector).unwrap();
    std::fs::write(place, text + "\n").unwrap();
}
