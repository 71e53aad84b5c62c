//! A bid's receipt as somebody holds it in hand.

use std::path::PathBuf;
use std::process::Command;

use kaibiao_typeset::{Imprint, Pdf, Template, typeset};
use serde_json::{Value, json};

fn receipt() -> Value {
    json!({
        "project": {
            "id": "0192d3a0-0000-7000-8000-000000000001", "number": "JS-2026-0457",
            "title": "江南水厂改造工程", "centre": "江南市公共资源交易中心",
        },
        "lot": { "id": "1", "title": "土建" },
        "bidder": { "name": "江南水利建设集团有限公司", "code": "91350100M000100Y43" },
        "bid": "1f".repeat(32), "leaf": "2e".repeat(32), "received": 1_795_312_000_123_i64,
        "tick": 17, "signature": format!("{}==", "Ab9+".repeat(21)),
    })
}

fn set(receipt: &Value) -> Pdf {
    let imprint = Imprint {
        made: 1_795_312_000_123,
        digest: "5e".repeat(32),
    };
    typeset(Template::Receipt, receipt, &imprint).expect("the receipt can be set")
}

fn saved(pdf: &Pdf, name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("receipt-{name}.pdf"));
    std::fs::write(&file, &pdf.bytes).expect("a file in the target folder");
    file
}

/// What one of poppler's programs makes of the file.
fn poppler(program: &str, arguments: &[&str], file: &PathBuf) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        // The one writes where it is told to, and the other there of itself.
        .args((program == "pdftotext").then_some("-"))
        .output()
        .expect("poppler is installed (Debian: poppler-utils); `make test` installs it");
    assert!(output.status.success(), "{program} reads the file");
    output.stdout
}

#[test]
fn it_says_what_was_received_on_one_upright_sheet() {
    let pdf = set(&receipt());
    assert_eq!((pdf.pages, pdf.missing.len()), (1, 0));
    let text = poppler(
        "pdftotext",
        &["-raw", "-enc", "UTF-8"],
        &saved(&pdf, "text"),
    );
    let text = String::from_utf8(text)
        .expect("UTF-8")
        .replace(['\n', ' '], "");
    for expected in [
        "投标回执",
        "江南水厂改造工程",
        "江南水利建设集团有限公司",
        "2026年11月22日09:46:40",
        &"1f".repeat(32),
        &"2e".repeat(32),
        &"5e".repeat(32),
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn it_shows_both_signatures_where_the_platform_has_signed_twice() {
    let read = |receipt: &Value, name: &str| {
        let pdf = set(receipt);
        assert_eq!((pdf.pages, pdf.missing.len()), (1, 0));
        let arguments = ["-raw", "-enc", "UTF-8"];
        let text = String::from_utf8(poppler("pdftotext", &arguments, &saved(&pdf, name)));
        text.expect("UTF-8").replace(['\n', ' ', '\u{200b}'], "")
    };
    let mut twice = receipt();
    // The longest that there is: 72 bytes of DER.
    let second = "Mk8+".repeat(24);
    twice["sm2_signature"] = json!(second);
    let text = read(&twice, "twice");
    let first = format!("{}==", "Ab9+".repeat(21));
    for expected in [first.as_str(), &second, "Ed25519", "平台国密签名（SM2）"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!read(&receipt(), "once").contains("SM2"));
}

#[test]
fn its_code_is_read_as_the_bids_digest_from_the_paper() {
    let file = saved(&set(&receipt()), "code");
    let grey = poppler("pdftoppm", &["-r", "200", "-gray"], &file);
    let (width, height, pixels) = pgm(&grey);
    let mut reader = quircs::Quirc::default();
    // Corners of tables look like a code's to this reader, and lead to none.
    let codes = reader.identify(width, height, pixels).flatten();
    let read: Vec<_> = codes.filter_map(|code| code.decode().ok()).collect();
    let read: Vec<_> = read.iter().map(|code| code.payload.as_slice()).collect();
    assert_eq!(read, ["1f".repeat(32).as_bytes()]);
}

#[test]
fn the_same_receipt_gives_the_same_file_which_claims_pdf_a() {
    let pdf = set(&receipt());
    assert_eq!(pdf.bytes, set(&receipt()).bytes);
    let metadata = String::from_utf8_lossy(&pdf.bytes).into_owned();
    assert!(metadata.contains("<pdfaid:part>2</pdfaid:part>"));
    let mut other = receipt();
    other["bid"] = json!("2f".repeat(32));
    assert_ne!(set(&other).bytes, pdf.bytes);
}

#[test]
fn a_long_or_hostile_name_is_printed_and_is_no_markup() {
    let mut receipt = receipt();
    receipt["bidder"]["name"] = json!(format!("#panic() *b* 𠮷田😀{}", "W".repeat(300)));
    let pdf = set(&receipt);
    assert_eq!(pdf.missing, ['😀']);
    let text = poppler(
        "pdftotext",
        &["-raw", "-enc", "UTF-8"],
        &saved(&pdf, "name"),
    );
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.contains("#panic()") && text.contains("𠮷"), "{text}");
}

/// A portable greymap: `P5`, width, height, 255, one byte a pixel.
fn pgm(bytes: &[u8]) -> (usize, usize, &[u8]) {
    let mut at = 0;
    let mut word = || {
        let rest = &bytes[at..];
        let end = rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .expect("a header");
        at += end + 1;
        String::from_utf8(rest[..end].to_vec()).expect("ASCII")
    };
    assert_eq!(word(), "P5");
    let (width, height) = (word(), word());
    assert_eq!(word(), "255");
    let number = |text: String| text.parse().expect("a number");
    (number(width), number(height), &bytes[at..])
}
