//! The opening record as somebody holds it in hand.

use std::process::Command;

use kaibiao_typeset::{Imprint, Pdf, Template, typeset};
use serde_json::{Value, json};

fn record() -> Value {
    serde_json::from_str(include_str!("record.json")).expect("the sample is JSON")
}

fn imprint() -> Imprint {
    Imprint {
        made: 1_795_312_000_000,
        digest: "5e".repeat(32),
    }
}

fn set(record: &Value) -> Pdf {
    typeset(Template::OpeningRecord, record, &imprint()).expect("the record can be set")
}

/// What a reader that knows no typst finds in the file (poppler's pdftotext).
fn text(pdf: &Pdf, name: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    std::fs::write(&file, &pdf.bytes).expect("a file in the target folder");
    let output = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8"])
        .arg(&file)
        .arg("-")
        .output()
        .expect("pdftotext is installed (Debian: poppler-utils); `make test` installs it");
    assert!(output.status.success(), "pdftotext reads the file");
    String::from_utf8(output.stdout).expect("pdftotext writes UTF-8")
}

#[test]
fn the_paper_says_who_signed_in_and_who_stayed_away() {
    let text = text(&set(&record()), "attendance");
    for words in ["签到情况", "未签到", "交通事故"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    assert_eq!(set(&record()).bytes, set(&record()).bytes);
}

#[test]
fn one_partys_text_keeps_nobodys_record_from_paper() {
    let mut record = record();
    for (name, text) in [
        ("emoji", "😀".repeat(2_000)),
        ("family", "👩\u{200D}👩\u{200D}👧 ".repeat(1_000)),
        ("marks", format!("a{}", "\u{301}".repeat(30)).repeat(300)),
        ("brackets", "〔U+1F600〕".repeat(1_000)),
        ("numbers", "\u{E002}\u{E001}".repeat(1_000)),
    ] {
        record["objections"][0]["text"] = json!(text);
        let words = self::text(&set(&record), name);
        assert!(words.contains("JS-2026-0457"), "{name}: {words}");
    }
}

#[test]
fn rare_names_are_printed_as_they_are_and_the_same_each_time() {
    let mut record = record();
    record["rows"][0]["name"] = json!("𠮷田𬭚业㛃建设有限公司");
    let pdf = set(&record);
    // The sample has one character of its own that no font has.
    assert_eq!(pdf.missing, ['😀']);
    let text = text(&pdf, "rare").replace(['\n', ' '], "");
    assert!(text.contains("𠮷田𬭚业㛃建设"), "{text}");
    assert!(!text.contains("〔U+2"));
    assert_eq!(set(&record).bytes, pdf.bytes);
}

#[test]
fn another_digest_or_date_gives_another_file() {
    let other = Imprint {
        digest: "5f".repeat(32),
        ..imprint()
    };
    let pdf = typeset(Template::OpeningRecord, &record(), &other).expect("set");
    assert_ne!(pdf.bytes, set(&record()).bytes);
}

#[test]
fn the_file_claims_pdf_a_and_says_when_it_was_made() {
    let pdf = set(&record());
    assert!(pdf.bytes.starts_with(b"%PDF-1.7"));
    let metadata = String::from_utf8_lossy(&pdf.bytes).into_owned();
    assert!(metadata.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(metadata.contains("<pdfaid:conformance>A</pdfaid:conformance>"));
    assert!(metadata.contains("2026-11-22T01:46:40"));
}

#[test]
fn names_prices_and_findings_can_be_searched_and_copied() {
    let text = text(&set(&record()), "searched");
    for expected in [
        "江南水利建设集团有限公司",
        "￥123,456,789.12",
        "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元壹角贰分",
        "视为撤销",
        &"5e".repeat(32),
    ] {
        let found = text.replace(['\n', ' '], "");
        assert!(found.contains(expected), "{expected} is in the text");
    }
}

#[test]
fn a_character_without_a_glyph_is_printed_as_its_number_with_a_footnote() {
    let mut record = record();
    record["rows"][0]["name"] = json!("龘\u{30000}建设😀有限公司");
    let pdf = set(&record);
    assert!(pdf.missing.contains(&'\u{30000}') && pdf.missing.contains(&'😀'));
    let text = text(&pdf, "missing").replace(['\n', ' '], "");
    assert!(text.contains("〔U+30000〕"));
    assert!(text.contains("本文件所用字体没有该字符"));
}

#[test]
fn no_text_is_read_as_markup() {
    let mut record = record();
    let hostile = "#import \"x\" $1/0$ *b* _i_ `c` <l> @r \\ // /* [ ] { } ] #panic()";
    record["rows"][0]["name"] = json!(hostile);
    record["objections"][0]["text"] = json!(hostile);
    let text = text(&set(&record), "markup").replace(['\n', ' ', '\u{200b}'], "");
    assert!(text.contains("#panic()"));
}

#[test]
fn a_lot_of_two_hundred_bids_with_long_names_stays_on_the_page() {
    let mut record = record();
    let row = record["rows"][3].clone();
    let rows: Vec<Value> = (0..200)
        .map(|index| {
            let mut row = row.clone();
            row["name"] = json!(format!("{index}{}", "W".repeat(300)));
            row
        })
        .collect();
    record["rows"] = Value::Array(rows);
    let pdf = set(&record);
    assert!(pdf.pages > 20);
    assert!(text(&pdf, "long").contains("200"));
}

#[test]
fn a_lot_that_was_not_opened_has_a_record_too() {
    let mut record = record();
    for part in ["rows", "unopened", "objections", "messages", "remarks"] {
        record[part] = json!([]);
    }
    record["lot"]["state"] = json!("failed_few_bids");
    let text = text(&set(&record), "failed").replace(['\n', ' '], "");
    assert!(text.contains("本标段不开标，投标文件保持密封"));
}

#[test]
fn a_sealed_reference_is_told_as_revealed_or_not() {
    let mut record = record();
    record["lot"]
        .as_object_mut()
        .unwrap()
        .remove("control_price");
    let sealed = json!({"kind": "base", "commitment": "00".repeat(32)});
    let revealed = json!({"seq": 58, "at": 1_795_312_800_000_i64, "value": "12345678900", "salt": "07".repeat(32)});
    let told =
        |record: &Value, name: &str| text(&set(record), name).replace(['\n', ' ', '\u{200b}'], "");
    record["lot"]["reference"] = sealed;
    let silent = told(&record, "unrevealed");
    assert!(silent.contains("招标人开标后未予公布"), "{silent}");
    record["lot"]["reference"]["revealed"] = revealed;
    record["lot"]["schema"]["price"] = json!("price");
    let open = told(&record, "revealed");
    for part in [
        "标底",
        "￥123,456,789.00",
        "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元整",
        "第58号",
    ] {
        assert!(open.contains(part), "{part}: {open}");
    }
    record["lot"]["reference"]["revealed"]["value"] = json!("12.50");
    record["lot"]["schema"]["price"] = json!("rate");
    assert!(told(&record, "rate").contains("12.50%"));
    record["lot"]["reference"]
        .as_object_mut()
        .unwrap()
        .remove("revealed");
    record["rows"] = json!([]);
    record["lot"]["state"] = json!("failed_few_bids");
    assert!(told(&record, "sealed").contains("本标段未开标，仍封存"));
}

#[test]
fn remarks_and_answers_to_objections_stand_on_the_paper_as_plain_text() {
    let mut record = record();
    let hostile = "#panic() *粗* $x$ \\";
    record["rows"][0]["remarks"] = json!([
        {"seq": 61, "at": 1, "by": "某招标公司", "exception": "amounts-differ", "text": hostile},
        {"seq": 62, "at": 1, "by": "某招标公司", "text": "补记"},
    ]);
    record["unopened"][0]["remarks"] =
        json!([{"seq": 63, "at": 1, "by": "某招标公司", "exception": "representative-absent"}]);
    record["answers"] = json!([
        {"name": "甲公司", "answer": "none", "at": 1},
        {"name": "乙公司", "answer": "silent"},
        {"name": "丙公司", "answer": "silent"},
    ]);
    let text = text(&set(&record), "remarks").replace(['\n', ' ', '\u{200b}'], "");
    for told in [
        "备注：大小写金额不一致，#panic()",
        "备注：补记（第62号）",
        "备注：投标人代表未到场（第63号）",
        "明确表示无异议（1家）：甲公司。",
        "未作表示（2家）：乙公司、丙公司。",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn suspensions_absences_and_the_code_of_an_end_are_told() {
    let mut record = record();
    record["lot"]["state"] = json!("terminated");
    record["lot"]["ending"] = json!({"kind": "void", "reason": 102});
    record["attendance"][0] = json!({"name": "丁公司", "absence": {"seq": 9, "at": 1, "absence": "network", "note": "驻地断网"}});
    let moment = |seq: u64, at: i64, kind: &str, by: Option<&str>, text: &str| json!({"seq": seq, "at": at, "kind": kind, "by": by, "text": text});
    record["messages"] = json!([
        {"seq": 66, "at": 1, "by": "某招标公司", "text": "请核对", "private": true, "to": "甲公司"},
        {"seq": 67, "at": 2, "by": "甲公司", "text": "已核对", "private": true},
    ]);
    record["timeline"] = json!([
        {"seq": 68, "at": 3, "kind": "muted", "by": "某招标公司", "of": "乙公司", "text": "重复提问"},
        moment(70, 0, "suspended", Some("某招标公司"), "断电"),
        moment(71, 754_000, "resumed", Some("某招标公司"), "已恢复供电"),
        moment(72, 800_000, "suspended", Some("市监督局"), "核查"),
        moment(73, 900_000, "resumed", None, ""),
        moment(74, 950_000, "suspended", Some("市监督局"), "再查"),
    ]);
    let text = text(&set(&record), "suspended").replace(['\n', ' ', '\u{200b}'], "");
    for told in [
        "暂停与复会",
        "（单独发给甲公司）",
        "（单独发给主持人）",
        "暂停接受提问乙公司",
        "12分34秒",
        "期限届满，系统恢复",
        "未复会",
        "网络或设备故障，驻地断网",
        "废标（102违法违规行为影响公正）",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn data_of_another_shape_is_refused_and_not_printed() {
    let refused = typeset(Template::OpeningRecord, &json!({"lot": 1}), &imprint());
    assert!(refused.is_err());
}

#[test]
fn the_sample_has_the_shape_of_cores_record() {
    let read: kaibiao_core::record::Record =
        serde_json::from_value(record()).expect("core reads the sample");
    let pdf = set(&serde_json::to_value(read).expect("core writes it"));
    assert_eq!(pdf.pages, set(&record()).pages);
}
