//! What a thief of the disk finds before T0.

mod town;

use std::path::{Path, PathBuf};

use town::{NAMES, Town};

#[test]
fn a_dump_of_the_data_directory_before_t0_names_no_bidder_price_certificate_or_document() {
    let town = Town::found("dump", 3);
    let project = town.publish(3600);
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for (number, bidder) in town.bidders.iter().enumerate() {
        let fen = 7_131_317_000 + number as u64;
        let bid = town.seal(bidder, &project, "dump", fen, 300_000);
        town.must(bidder, &["bid", "submit", town::path(&bid)]);
        secrets.push(fen.to_string().into_bytes());
        secrets.push(bidder.code.clone().into_bytes());
        secrets.push(certificate(&bidder.file("key.cert.pem")));
    }
    secrets.extend(NAMES.iter().take(3).map(|name| name.as_bytes().to_vec()));
    secrets.push(b"technical-proposal".to_vec());
    // The disk is read once while the server runs and once after it was killed,
    // when its write-ahead log is still there.
    for killed in [false, true] {
        if killed {
            town.kill();
        }
        let mut searched = 0;
        for file in files(&town.data()) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            searched += bytes.len();
            for secret in &secrets {
                for form in forms(secret) {
                    assert!(
                        !contains(&bytes, &form),
                        "{} holds {}",
                        file.display(),
                        String::from_utf8_lossy(&form)
                    );
                }
            }
        }
        assert!(
            searched > 900_000,
            "only {searched} bytes were there to search"
        );
    }
    let log = std::fs::read(town.folder.join("platform.log")).expect("a log");
    for secret in &secrets {
        assert!(
            !contains(&log, secret),
            "the log names {}",
            String::from_utf8_lossy(secret)
        );
    }
}

/// A secret as it may be spelt: as it is, in hexadecimal, in base64 at each of
/// the three alignments, in UTF-16, escaped for JSON.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let mut forms = vec![secret.to_vec(), hex::encode(secret).into_bytes()];
    for shift in 0..3 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(secret);
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&shifted);
        // The first and last characters depend on the neighbours.
        let (from, to) = ([0, 2, 3][shift], encoded.len() - 2);
        forms.push(encoded.as_bytes()[from..to].to_vec());
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let escaped: String = text
            .chars()
            .map(|c| format!("\\u{:04x}", u32::from(c)))
            .collect();
        forms.push(escaped.into_bytes());
    }
    forms
}

/// 48 bytes from the middle of a PEM file's first certificate, in DER: enough
/// to find it by, whatever stands around it.
fn certificate(pem: &Path) -> Vec<u8> {
    use base64::Engine as _;
    let text = std::fs::read_to_string(pem).expect("a certificate");
    let body: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(body)
        .expect("base64");
    let middle = der.len() / 2;
    der[middle - 24..middle + 24].to_vec()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, _)) = wanted.split_first() else {
        return false;
    };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn the_search_would_find_what_it_looks_for() {
    for form in forms("福安建筑".as_bytes()) {
        let mut haystack = b"some bytes before ".to_vec();
        haystack.extend_from_slice(&form);
        haystack.push(0);
        assert!(contains(&haystack, &form));
    }
    use base64::Engine as _;
    for before in ["", "a", "ab"] {
        let encoded =
            base64::engine::general_purpose::STANDARD.encode(format!("{before}福安建筑!?"));
        assert!(
            forms("福安建筑".as_bytes())
                .iter()
                .any(|form| contains(encoded.as_bytes(), form)),
            "{before}"
        );
    }
}
