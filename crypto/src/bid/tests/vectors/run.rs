//! Runs the committed vectors, as any implementation would.

use std::io::Cursor;

use serde_json::{Value, json};

use super::super::sample::*;
use super::read;
use crate::bid::*;
use crate::digest::Digest;
use crate::encoding::{Base64, from_base64};
use crate::keyfile::KeyFile;
use crate::secret::Secret;
use crate::signature::{Algorithm, PublicKey as SignatureKey, Signature};
use crate::wrap::{PrivateKey, PublicKey, Role};

#[test]
fn every_bid_has_its_expected_outcome() {
    for name in ["bids.json", "../gm/bids.json"] {
        run_bids(&read(name));
    }
}

fn run_bids(file: &Value) {
    let custodians: Vec<_> = list(&file["custodians"])
        .iter()
        .map(|key| PublicKey::from_spki(&base64(key)).unwrap())
        .collect();
    let cases = list(&file["cases"]);
    assert!(cases.len() > 50);
    for case in cases {
        let bytes: Vec<u8> = list(&case["file"])
            .iter()
            .flat_map(|name| base64(&file["blobs"][name.as_str().unwrap()]))
            .collect();
        let outcome = open(Cursor::new(bytes), case, &custodians)
            .unwrap_or_else(|(at, code)| json!({"at": at, "code": code}));
        assert_eq!(outcome, case["outcome"], "{}", case["name"]);
    }
}

/// Section 15, from the file to everything in it.
pub(super) fn open(
    file: Cursor<Vec<u8>>,
    case: &Value,
    custodians: &[PublicKey],
) -> Result<Value, (String, String)> {
    let at = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    let mut file = Kbid::open(file).map_err(|error| at("header", error.code()))?;
    let header = file.header().clone();
    let b = header
        .check_b(0, secret(&case["b"]))
        .map_err(|problem| at("b", problem.code()))?;
    let mut shares = Vec::new();
    for share in list(&case["shares"]) {
        let x = u8::try_from(share["x"].as_u64().unwrap()).unwrap();
        let checked = header.check_share(0, Role::Release, x, secret(&share["share"]));
        shares.push(checked.map_err(|problem| at(&format!("share {x}"), problem.code()))?);
    }
    let r = header
        .recover_release(0, &shares)
        .map_err(|problem| at("release", problem.code()))?;
    let r = header
        .audit_release(r, custodians)
        .map_err(|problem| at("dealing", problem.code()))?;
    let key = header
        .unlock(&b, &r)
        .map_err(|problem| at("unlock", problem.code()))?;

    let in_segment =
        |segment: u32| move |error: OpenError| at(&format!("segment {segment}"), error.code());
    let segment_key = |segment| {
        let key = header.segment_key(&key, segment);
        key.map_err(|problem| in_segment(segment)(problem.into()))
    };
    let sheet_key = segment_key(0)?;
    let mut ciphertext = file.segment(0, 0).unwrap().unwrap();
    let sheet = open_sheet(&header, &sheet_key, &mut ciphertext).map_err(in_segment(0))?;
    let mut ciphertext = file.segment(0, 1).unwrap().unwrap();
    let manifest =
        open_manifest(&header, &segment_key(1)?, &mut ciphertext).map_err(in_segment(1))?;
    let mut documents = Vec::new();
    for (segment, entry) in (2..).zip(&manifest.documents) {
        let mut plaintext = Vec::new();
        let mut ciphertext = file.segment(0, segment).unwrap().unwrap();
        let key = segment_key(segment)?;
        open_document(&header, &key, entry, &mut ciphertext, &mut plaintext)
            .map_err(in_segment(segment))?;
        documents.push(Digest::of(&plaintext));
    }
    Ok(json!({
        "bid": header.digest(),
        "r": hex::encode(r.secret().as_bytes()),
        "sheet_key": hex::encode(sheet_key.secret().as_bytes()),
        "sheet": sheet,
        "manifest": manifest,
        "documents_sha256": documents,
    }))
}

#[test]
fn every_header_has_its_expected_outcome() {
    let (file, gm) = (read("headers.json"), read("../gm/headers.json"));
    let cases = list(&file["cases"]);
    assert!(cases.len() > 50);
    for case in cases.iter().chain(list(&gm["cases"])) {
        let outcome = match Header::parse(&base64(&case["header"])) {
            Ok(header) => json!({"bid": header.digest()}),
            Err(problem) => json!({"code": problem.code()}),
        };
        assert_eq!(outcome, case["outcome"], "{}", case["name"]);
    }
}

#[test]
fn every_wrap_has_its_expected_outcome() {
    let (file, gm) = (read("wraps.json"), read("../gm/wraps.json"));
    for case in list(&file["cases"]).iter().chain(list(&gm["cases"])) {
        let header = Header::parse(&base64(&case["header"])).unwrap();
        let key = PrivateKey::from_pkcs8(&base64(&case["key"])).unwrap();
        let role = case["role"].as_u64().unwrap();
        let secret = match role {
            0 => header
                .unwrap_b(0, &key, &mut rng())
                .map(|b| b.secret().clone()),
            1 => header
                .unwrap_share(0, Role::Release, &key, &mut rng())
                .map(|share| share.secret().clone()),
            _ => header
                .unwrap_share(0, Role::Rescue, &key, &mut rng())
                .map(|share| share.secret().clone()),
        };
        let outcome = match secret {
            Ok(secret) => json!({"secret": hex::encode(secret.as_bytes())}),
            Err(problem) => json!({"code": problem.code()}),
        };
        assert_eq!(outcome, case["outcome"], "{}", case["name"]);
    }
}

#[test]
fn every_key_file_has_its_expected_outcome() {
    let (file, gm) = (read("key-files.json"), read("../gm/key-files.json"));
    for case in list(&file["cases"]).iter().chain(list(&gm["cases"])) {
        let file = case["file"].as_str().unwrap();
        let opened = KeyFile::parse(file.as_bytes())
            .and_then(|file| file.open(case["passphrase"].as_str().unwrap()));
        let outcome = match opened {
            Ok(key) => json!({"scalar": hex::encode(key.scalar().unwrap())}),
            Err(problem) => json!({"code": problem.code()}),
        };
        assert_eq!(outcome, case["outcome"], "{}", case["name"]);
    }
}

#[test]
fn every_sm2_signature_has_its_expected_outcome() {
    let file = read("../gm/signatures.json");
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let cases = list(&file["cases"]);
    assert!(cases.len() > 15);
    for case in cases {
        let signature = Signature {
            algorithm: Algorithm::Sm2,
            value: Base64(bytes(&case["value"])),
        };
        let key = SignatureKey::Sm2(bytes(&case["key"]));
        let outcome = match key.verify(&bytes(&case["message"]), &signature) {
            Ok(()) => "accepted",
            Err(problem) => problem.code(),
        };
        assert_eq!(outcome, case["expect"], "{}", case["name"]);
    }
}

pub(super) fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

pub(super) fn base64(value: &Value) -> Vec<u8> {
    from_base64(value.as_str().unwrap()).unwrap()
}

pub(super) fn secret(value: &Value) -> Secret {
    Secret::from_hex(value.as_str().unwrap()).unwrap()
}
