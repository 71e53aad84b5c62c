//! Each export as another program reads it: Python's own readers of CSV, ZIP and
//! XML, and a validator of JSON schemas.

// Helpers outside #[test] functions are tests all the same.
#![allow(clippy::unwrap_used)]

mod schema;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use kaibiao_core::ids::Organisation;
use kaibiao_core::record::Record;
use kaibiao_core::state::Stage;
use kaibiao_core::terms::{Named, Officials};
use kaibiao_crypto::Digest;
use kaibiao_exports::package::{self, Archive, Bidder, Document, Manifest};
use kaibiao_exports::{Form, Installation, Language, Made, Opening, export};
use serde_json::{Value, json};

/// Names that would do harm in a spreadsheet, an archive or a tree of XML.
const HOSTILE: [&str; 7] = [
    "=HYPERLINK(\"http://evil.example\",\"点我\")",
    "+86公司",
    "-1+1公司",
    "@SUM(A1:A9)公司",
    "引号\"逗号,公司",
    "\u{202E}司公反倒",
    "<b>&amp;]]></b>公司𠮷𬭚",
];

fn record() -> Record {
    let sample = include_str!("../../typeset/tests/record.json");
    serde_json::from_str(sample).expect("the sample is a record")
}

fn organisation(code: &str) -> Organisation {
    code.parse().expect("a code")
}

/// A code with a right check character (GB 32100) for a number.
fn code(number: usize) -> Organisation {
    const LETTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [
        1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
    ];
    let body = format!("91350100{number:09}");
    let value = |it: char| LETTERS.find(it).expect("a letter of the alphabet");
    let sum: usize = body
        .chars()
        .zip(WEIGHTS)
        .map(|(it, weight)| value(it) * weight)
        .sum();
    let check = LETTERS
        .chars()
        .nth((31 - sum % 31) % 31)
        .expect("one of 31");
    organisation(&format!("{body}{check}"))
}

fn officials() -> Officials {
    let named = |number, name: &str| Named {
        organisation: code(number),
        name: name.to_owned(),
    };
    Officials {
        tenderer: named(1, "云河县水利工程建设管理局"),
        agency: Some(named(2, "正衡工程咨询有限公司")),
        centre: named(3, "云河市公共资源交易中心"),
        supervisor: named(4, "云河市水利局招标投标监督科"),
    }
}

fn installation() -> Installation {
    Installation {
        public_url: "https://kb.example.gov.cn".to_owned(),
        ocid_prefix: Some("ocds-abc123".to_owned()),
        platform_code: Some("A3500000001".to_owned()),
        service_platform_code: None,
    }
}

struct Sample {
    record: Record,
    officials: Officials,
    made: Option<Made>,
}

impl Sample {
    fn of(record: Record) -> Self {
        let made = Made {
            digest: Digest::of(b"record"),
            at: 1_795_312_000_000,
        };
        Self {
            record,
            officials: officials(),
            made: Some(made),
        }
    }

    fn opening(&self) -> Opening<'_> {
        let opened = self.record.rows.iter().map(|row| row.bid);
        let bids = opened.chain(self.record.unopened.iter().map(|it| it.bid));
        let bidders: BTreeMap<_, _> = bids.zip((100..).map(code)).collect();
        Opening {
            record: &self.record,
            made: self.made,
            officials: &self.officials,
            bidders,
            lot_external: Some("A01-913501000000000000-20261122-000001-7"),
        }
    }

    fn bytes(&self, form: Form) -> Vec<u8> {
        self.bytes_in(form, Language::Chinese)
    }

    fn bytes_in(&self, form: Form, language: Language) -> Vec<u8> {
        export(&self.opening(), form, language, &installation()).expect("written")
    }
}

/// The sample with hostile names in all places that people write in.
fn hostile() -> Sample {
    let mut record = record();
    let sample = record.rows[0].clone();
    record.rows = HOSTILE
        .iter()
        .map(|name| {
            let mut row = sample.clone();
            row.name = (*name).to_owned();
            row.bid = Digest::of(name.as_bytes());
            row.sheet["manager"] = json!(name);
            row.dispute = Some(format!("{name}\n第二行\"\r\n"));
            row
        })
        .collect();
    Sample::of(record)
}

/// What Python finds in a file.
fn opened(kind: &str, name: &str, bytes: &[u8]) -> Value {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{kind}"));
    std::fs::write(&file, bytes).expect("a file in the target folder");
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/open.py"))
        .arg(kind)
        .arg(&file)
        .output()
        .expect("python3 is installed; `make test` installs it");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{kind}: {told}");
    serde_json::from_slice(&output.stdout).expect("open.py writes JSON")
}

/// The place of a heading.
fn column(headings: &[Value], heading: &str) -> usize {
    let text = |it: &Value| it["value"].as_str().or(it.as_str()).map(str::to_owned);
    let place = headings
        .iter()
        .position(|it| text(it).is_some_and(|it| it.starts_with(heading)));
    place.unwrap_or_else(|| panic!("{heading} in {headings:?}"))
}

#[test]
fn a_workbook_has_codes_as_text_amounts_as_numbers_and_dates_as_dates() {
    let sheets = opened("xlsx", "plain", &Sample::of(record()).bytes(Form::Xlsx));
    let bids = &sheets[0];
    assert_eq!(bids["name"], "开标一览表");
    assert_eq!(bids["frozen"], "1");
    let rows = bids["rows"].as_array().unwrap();
    let headings = rows[0].as_array().unwrap();
    let first = &rows[1];
    let code_cell = &first[column(headings, "统一社会信用代码")];
    assert_eq!(code_cell["kind"], "s");
    assert_eq!(code_cell["value"], code(100).to_string());
    assert_eq!(code_cell["format"], "49", "the format of text");
    let price = &first[column(headings, "投标总价(元)")];
    assert_eq!(
        (&price["kind"], &price["value"]),
        (&json!("n"), &json!("123456789.12"))
    );
    assert_eq!(price["format"], "4", "#,##0.00");
    let valid = &first[column(headings, "有效期至")];
    assert_eq!(valid["kind"], "n");
    assert_eq!(valid["format"], "yyyy-mm-dd");
    // 2027-03-31 is day 46,477 of a spreadsheet.
    assert_eq!(valid["value"], "46477");
    let received = &first[column(headings, "递交时间")];
    assert_eq!(received["format"], "yyyy-mm-dd hh:mm:ss");
    for (at, width) in bids["widths"].as_array().unwrap().iter().enumerate() {
        assert!(width.as_f64().unwrap() >= 8.0, "column {at}");
    }
    let names: Vec<_> = sheets
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    for name in ["基本情况", "未开启", "异议与答复", "签到", "开标过程"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn a_workbook_has_no_formula_from_foreign_text() {
    let sheets = opened("xlsx", "hostile", &hostile().bytes(Form::Xlsx));
    let sheets = sheets.as_array().unwrap();
    let rows = sheets.iter().flat_map(|it| it["rows"].as_array().unwrap());
    let cells = rows
        .flat_map(|it| it.as_array().unwrap())
        .filter(|it| !it.is_null());
    assert!(cells.clone().count() > 100);
    assert!(cells.clone().all(|it| it["formula"] == false));
    for name in HOSTILE {
        let found = cells.clone().find(|it| it["value"] == name);
        assert_eq!(found.map(|it| &it["kind"]), Some(&json!("s")), "{name}");
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let sample = hostile();
    let first = sample.bytes(Form::Xlsx);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert_eq!(sample.bytes(Form::Xlsx), first);
}

#[test]
fn csv_is_what_a_spreadsheet_reads_and_computes_nothing() {
    let sample = hostile();
    let bytes = sample.bytes(Form::Csv);
    let table = opened("csv", "hostile", &bytes);
    assert_eq!(
        (&table["marked"], &table["crlf"]),
        (&json!(true), &json!(true))
    );
    let rows = table["rows"].as_array().unwrap();
    let headings = rows[0].as_array().unwrap();
    assert_eq!(
        rows.len(),
        1 + sample.record.rows.len() + sample.record.unopened.len()
    );
    let name = column(headings, "投标人");
    for (row, hostile) in rows[1..].iter().zip(HOSTILE) {
        assert_eq!(row.as_array().unwrap().len(), headings.len());
        let said = row[name].as_str().unwrap();
        assert!(said == hostile || said == format!("'{hostile}"), "{said}");
    }
    let numbers = [
        column(headings, "投标总价"),
        column(headings, "下浮率"),
        column(headings, "工期"),
        column(headings, "序号"),
    ];
    for row in &rows[1..] {
        for (at, cell) in row.as_array().unwrap().iter().enumerate() {
            let cell = cell.as_str().unwrap();
            assert!(!cell.starts_with(['=', '+', '@', '\r', '＝']), "{cell}");
            assert!(numbers.contains(&at) || !cell.starts_with('-'), "{cell}");
        }
    }
    assert_eq!(rows[1][column(headings, "投标总价")], "123456789.12");
    // A code of digits alone would be shortened to 9.13501E+17.
    let codes = column(headings, "统一社会信用代码");
    let code = rows[1][codes].as_str().unwrap();
    let is_digits = code.trim_start().bytes().all(|it| it.is_ascii_digit());
    assert_eq!(code.starts_with('\t'), is_digits, "{code}");
}

#[test]
fn english_headings_stand_in_both_tables() {
    let sample = Sample::of(record());
    let table = opened(
        "csv",
        "english",
        &sample.bytes_in(Form::Csv, Language::English),
    );
    assert_eq!(table["rows"][0][1], "Bidder");
    let sheets = opened(
        "xlsx",
        "english",
        &sample.bytes_in(Form::Xlsx, Language::English),
    );
    assert_eq!(sheets[0]["rows"][0][1]["value"], "Bidder");
}

#[test]
fn before_the_record_a_table_has_only_what_is_announced() {
    let mut sample = Sample::of(record());
    sample.made = None;
    let table = opened("csv", "announced", &sample.bytes(Form::Csv));
    let headings = table["rows"][0].to_string();
    for kept in ["投标保证金", "递交时间", "解密时间", "投标人确认", "说明"] {
        assert!(!headings.contains(kept), "{kept} in {headings}");
    }
    let sheets = opened("xlsx", "announced", &sample.bytes(Form::Xlsx));
    assert_eq!(sheets.as_array().unwrap().len(), 2);
    let opening = sample.opening();
    for form in [Form::Ocds, Form::PlatformJson, Form::PlatformXml] {
        assert!(export(&opening, form, Language::Chinese, &installation()).is_err());
    }
}

#[test]
fn a_masked_record_gives_codes_and_no_organisation_in_every_form() {
    let mut record = record();
    record.lot.coded = true;
    for (row, number) in record.rows.iter_mut().zip(1..) {
        row.name = format!("0000000{number}");
        row.members.clear();
    }
    for (row, number) in record.unopened.iter_mut().zip(1..) {
        row.name = format!("F000000{number}");
    }
    let sample = Sample::of(record);
    let sheets = opened("xlsx", "masked", &sample.bytes(Form::Xlsx)).to_string();
    let mut all = vec![sheets];
    for form in [Form::Csv, Form::Ocds, Form::PlatformJson, Form::PlatformXml] {
        all.push(String::from_utf8(sample.bytes(form)).unwrap());
    }
    for text in all {
        assert!(text.contains("00000001"), "{text}");
        for number in 100..110 {
            assert!(!text.contains(&code(number).to_string()), "{number}");
        }
    }
}

#[test]
fn a_failed_lot_without_an_opened_bid_can_be_exported() {
    let mut record = record();
    record.rows.clear();
    record.lot.state = Stage::FailedFewBids;
    let sample = Sample::of(record);
    let table = opened("csv", "failed", &sample.bytes(Form::Csv));
    assert_eq!(
        table["rows"].as_array().unwrap().len(),
        1 + sample.record.unopened.len()
    );
    opened("xlsx", "failed", &sample.bytes(Form::Xlsx));
    let ocds = is_ocds(&sample);
    assert_eq!(
        ocds["releases"][0]["tender"]["lots"][0]["status"],
        "unsuccessful"
    );
    opened("xml", "failed", &sample.bytes(Form::PlatformXml));
}

#[test]
fn a_thousand_bidders_are_a_thousand_rows() {
    let mut record = record();
    let sample = record.rows[0].clone();
    record.rows = (0..1000)
        .map(|number| {
            let mut row = sample.clone();
            row.name = format!("第{number}投标人有限公司");
            row.bid = Digest::of(row.name.as_bytes());
            row
        })
        .collect();
    record.unopened.clear();
    let sample = Sample::of(record);
    let began = std::time::Instant::now();
    let bytes: Vec<_> = Form::ALL.map(|form| (form, sample.bytes(form))).into();
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    let bytes: BTreeMap<_, _> = bytes
        .into_iter()
        .map(|(form, bytes)| (form.name(), bytes))
        .collect();
    assert_eq!(
        opened("csv", "many", &bytes["csv"])["rows"]
            .as_array()
            .unwrap()
            .len(),
        1001
    );
    assert_eq!(
        opened("xlsx", "many", &bytes["xlsx"])[0]["rows"]
            .as_array()
            .unwrap()
            .len(),
        1001
    );
    let ocds: Value = serde_json::from_slice(&bytes["ocds"]).unwrap();
    assert_eq!(
        ocds["releases"][0]["bids"]["details"]
            .as_array()
            .unwrap()
            .len(),
        1000
    );
    let tree = opened("xml", "many", &bytes["platform-xml"]);
    assert_eq!(tree[2].as_array().unwrap().len(), 1 + 1000 + 1000);
}

/// The OCDS package, after it was held against the schema of the standard's fields.
fn is_ocds(sample: &Sample) -> Value {
    let schema: Value = serde_json::from_str(include_str!("ocds.schema.json")).unwrap();
    let package: Value = serde_json::from_slice(&sample.bytes(Form::Ocds)).unwrap();
    let wrong = schema::errors(&schema, &package);
    assert!(wrong.is_empty(), "{wrong:#?}");
    package
}

#[test]
fn an_ocds_release_fits_the_schema_and_its_references_lead_somewhere() {
    for sample in [Sample::of(record()), hostile()] {
        let package = is_ocds(&sample);
        let release = &package["releases"][0];
        let parties: Vec<_> = release["parties"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["id"])
            .collect();
        assert!(parties.contains(&&release["buyer"]["id"]));
        assert!(parties.contains(&&release["tender"]["procuringEntity"]["id"]));
        for bid in release["bids"]["details"].as_array().unwrap() {
            for tenderer in bid["tenderers"].as_array().unwrap() {
                assert!(parties.contains(&&tenderer["id"]), "{tenderer}");
            }
            assert_eq!(bid["relatedLots"], json!([sample.record.lot.id]));
        }
        let first = &release["bids"]["details"][0];
        assert_eq!(
            first["value"],
            json!({"amount": 123_456_789.12, "currency": "CNY"})
        );
        assert!(
            release["ocid"]
                .as_str()
                .unwrap()
                .starts_with("ocds-abc123-")
        );
    }
}

#[test]
fn the_schema_refuses_what_is_no_release() {
    let schema: Value = serde_json::from_str(include_str!("ocds.schema.json")).unwrap();
    let package: Value = serde_json::from_slice(&Sample::of(record()).bytes(Form::Ocds)).unwrap();
    let spoilt = [
        ("/releases/0/tag/0", json!("opening")),
        ("/releases/0/date", json!("yesterday")),
        ("/releases/0/bids/details/0/status", json!("opened")),
        ("/releases/0/bids/details/0/value/amount", json!("1")),
        ("/releases/0/buyer", json!({"identity": "x"})),
    ];
    for (place, value) in spoilt {
        let mut package = package.clone();
        *package.pointer_mut(place).expect(place) = value;
        assert_ne!(schema::errors(&schema, &package), [""; 0], "{place}");
    }
}

#[test]
fn the_platforms_data_is_the_same_as_json_and_as_xml() {
    for (sample, name) in [(Sample::of(record()), "plain"), (hostile(), "hostile")] {
        let json: Value = serde_json::from_slice(&sample.bytes(Form::PlatformJson)).unwrap();
        let tree = opened("xml", name, &sample.bytes(Form::PlatformXml));
        assert_eq!(tree[0], "PLATFORM_DATA");
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for set in tree[2].as_array().unwrap() {
            let name = set[0].as_str().unwrap().to_owned();
            let place = places.entry(name.clone()).or_default();
            let entry = json["PLATFORM_DATA"][&name][*place].as_object().unwrap();
            *place += 1;
            let fields = set[2].as_array().unwrap();
            assert_eq!(fields.len(), entry.len());
            for field in fields {
                let read = field[1].as_str().unwrap().replace("\r\n", "\n");
                let told = entry[field[0].as_str().unwrap()].as_str().unwrap();
                assert_eq!(read, told.replace("\r\n", "\n"), "{field}");
            }
        }
        let first = &json["PLATFORM_DATA"]["GCJS_TENDER_LIST"][0];
        assert_eq!(first["BIDDER_ORG_CODE"], code(100).to_string());
        assert_eq!(first["BID_PRICE"], "123456789.12");
        assert_eq!(
            first["UNIFIED_DEAL_CODE"],
            "A01-913501000000000000-20261122-000001-7"
        );
        assert_eq!(first["CHECKIN_TIME"], "20261119090000");
        let opening = &json["PLATFORM_DATA"]["GCJS_OPENING_RECORD"][0];
        assert_eq!(opening["BID_OPENING_TIME"], "20261122090000");
    }
}

#[test]
fn a_package_is_read_by_another_program_and_its_digests_are_right() {
    let contents: [&[u8]; 3] = [b"one", b"", &[7; 300_000]];
    let bidders = HOSTILE.iter().zip(1..).map(|(name, place)| {
        let folder = package::folder(place, name);
        let documents = contents.iter().zip(2..).map(|(content, segment)| Document {
            path: Some(package::path(
                &folder,
                segment,
                &format!("../技术/{name}.pdf"),
            )),
            name: format!("../技术/{name}.pdf"),
            media_type: "application/pdf".to_owned(),
            size: u64::try_from(content.len()).unwrap(),
            digest: Digest::of(&[b"kaibiao/1 document", *content].concat()),
            sha256: None,
            state: "ready",
        });
        Bidder {
            documents: documents.collect(),
            folder,
            name: (*name).to_owned(),
            organisation: code(place).to_string(),
            bid: Digest::of(name.as_bytes()),
            sheet: json!({}),
        }
    });
    let manifest = Manifest {
        version: 1,
        project: "019a9f00-0000-7000-8000-000000000001".to_owned(),
        number: "JS-1".to_owned(),
        title: "工程".to_owned(),
        lot: "1".to_owned(),
        lot_title: "标段".to_owned(),
        record: None,
        bidders: bidders.collect(),
    };
    let listed = manifest.bidders.iter().flat_map(|it| &it.documents);
    let paths = listed.map(|it| it.path.clone().unwrap());
    let mut files: Vec<(String, &[u8])> = paths.zip(contents.into_iter().cycle()).collect();
    let digests: Vec<_> = files.iter().map(|(_, bytes)| Digest::of(bytes)).collect();
    let back = package::back(manifest, &digests).unwrap();
    files.extend(back.iter().map(|(path, bytes)| (path.clone(), &**bytes)));
    let sizes: Vec<_> = files
        .iter()
        .map(|(path, bytes)| (path.clone(), u64::try_from(bytes.len()).unwrap()))
        .collect();
    let mut archive = Archive::new();
    let mut sent = Vec::new();
    for (path, bytes) in &files {
        archive.begin(path).unwrap();
        for piece in bytes.chunks(1000) {
            archive.write(piece).unwrap();
            let ready = archive.take();
            assert!(ready.len() < 2000, "what is written does not gather");
            sent.extend(ready);
        }
    }
    sent.extend(archive.finish().unwrap());
    let foretold = package::length(&sizes).unwrap();
    assert_eq!(foretold, Some(u64::try_from(sent.len()).unwrap()));
    let read = opened("zip", "package", &sent);
    assert_eq!(read["files"].as_array().unwrap().len(), files.len());
    for (file, (path, bytes)) in read["files"].as_array().unwrap().iter().zip(&files) {
        assert_eq!(
            file,
            &json!([path, bytes.len(), Digest::of(bytes).to_string()])
        );
        let steps = || path.split('/');
        assert!(
            steps().all(|it| !it.is_empty() && it != "." && it != ".."),
            "{path}"
        );
        assert!(
            !path.contains(['\\', ':', '\u{202E}', '"', '<', '\n']),
            "{path}"
        );
    }
    let sums = read["sums"].as_str().unwrap();
    let mut summed = sums.lines().map(|line| line.split_once("  ").unwrap());
    for (path, bytes) in files.iter().filter(|(path, _)| path != "SHA256SUMS") {
        let sum = Digest::of(bytes).to_string();
        assert_eq!(summed.next(), Some((&*sum, &**path)));
    }
    assert_eq!(summed.next(), None);
    assert_eq!(read["manifest"]["bidders"][0]["name"], HOSTILE[0]);
}

#[test]
fn a_package_too_large_to_foretell_has_no_length() {
    let files = [("a".to_owned(), 5 << 30)];
    assert_eq!(package::length(&files).unwrap(), None);
}

#[test]
fn a_sealed_control_price_is_told_once_it_is_revealed() {
    let sample = include_str!("../../typeset/tests/record.json");
    let mut sample: Value = serde_json::from_str(sample).unwrap();
    let lot = sample["lot"].as_object_mut().unwrap();
    lot.remove("control_price");
    lot["schema"]["price"] = json!("price");
    let sealed = json!({"kind": "control-price", "commitment": "00".repeat(32)});
    lot.insert("reference".into(), sealed);
    let value = |sample: &Value| {
        let record: Record = serde_json::from_value(sample.clone()).unwrap();
        let told: Value = serde_json::from_slice(&Sample::of(record).bytes(Form::Ocds)).unwrap();
        told["releases"][0]["tender"]["lots"][0]["value"].clone()
    };
    assert_eq!(value(&sample), Value::Null);
    sample["lot"]["reference"]["revealed"] =
        json!({"seq": 58, "at": 1, "value": "12850000001", "salt": "07".repeat(32)});
    let told = json!({"amount": 128_500_000.01, "currency": "CNY"});
    assert_eq!(value(&sample), told);
    // A base is no control price.
    sample["lot"]["reference"]["kind"] = json!("base");
    assert_eq!(value(&sample), Value::Null);
}
