//! A bid's receipt (投标回执) as a sheet: what the platform has signed for, in the words
//! of the field, and how it is checked.

use serde::Deserialize;
use serde_json::Value;

use crate::Imprint;
use crate::sheet::{Fact, Section, Sheet, Style, fact, plain, small, styled, wide};
use crate::words::instant;

#[derive(Debug, Clone, Deserialize)]
struct Receipt {
    project: Project,
    lot: Lot,
    bidder: Bidder,
    bid: String,
    leaf: String,
    received: i64,
    tick: u64,
    signature: String,
    /// The second one, where the project is of suite `gm`.
    sm2_signature: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Project {
    id: String,
    number: String,
    title: String,
    centre: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Lot {
    id: String,
    title: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Bidder {
    name: String,
    code: String,
}

/// What the QR code of a receipt holds: the bid's digest.
pub fn coded(data: &Value) -> Result<String, serde_json::Error> {
    Ok(Receipt::deserialize(data)?.bid)
}

/// What a receipt looks like on paper.
pub fn receipt(data: &Value, imprint: &Imprint) -> Result<Sheet, serde_json::Error> {
    let receipt = Receipt::deserialize(data)?;
    let Receipt { project, lot, .. } = &receipt;
    Ok(Sheet {
        title: "投标回执".to_owned(),
        subject: format!("{}　{}", project.title, lot.title),
        publisher: project.centre.clone(),
        footer: format!("项目编号 {}　标段 {}", project.number, lot.id),
        digest: imprint.digest.clone(),
        head: head(&receipt),
        sections: vec![Section {
            heading: "说明".to_owned(),
            lead: MEANS.iter().map(|text| (*text).to_owned()).collect(),
            ..Section::default()
        }],
        original: original(&receipt, imprint),
        ..Sheet::default()
    })
}

const MEANS: [&str; 3] = [
    "平台已完整收到上述投标文件的密文，并以回执密钥签名确认。本回执不说明投标文件的内容，也不说明其他投标人的情况。",
    "请保存电子回执（JSON 文件）：只有它可以核验，纸质件仅供查阅。右上方二维码是投标文件摘要，可与截止清单核对。",
    "开标时间之后，可凭电子回执取得完整的证明：这份投标已进入公开日志锚定的记录。平台签发了回执而不能给出证明的，请将电子回执交监督部门。",
];

fn head(receipt: &Receipt) -> Vec<Fact> {
    let Receipt {
        project,
        lot,
        bidder,
        ..
    } = receipt;
    vec![
        wide("项目名称", &project.title),
        wide("项目编号", &project.number),
        wide("标段（包）", format!("{}　{}", lot.id, lot.title)),
        Fact {
            label: "投标人".to_owned(),
            value: vec![plain(&bidder.name), small(&bidder.code)],
            wide: true,
        },
        Fact {
            label: "收到时间".to_owned(),
            value: vec![
                styled(instant(receipt.received), Style::Strong),
                small("北京时间；最后一个字节核验无误的时刻"),
            ],
            wide: true,
        },
        digest("投标文件摘要", &receipt.bid),
        fact("交易中心", &project.centre),
    ]
}

fn original(receipt: &Receipt, imprint: &Imprint) -> Vec<Fact> {
    let mut facts = vec![
        digest("电子回执正文摘要", &imprint.digest),
        digest("记录树叶哈希", &receipt.leaf),
        fact("承诺的锚定序号", receipt.tick.to_string()),
        fact("项目标识", &receipt.project.id),
        fact("平台签名（Ed25519）", &receipt.signature),
    ];
    let second = receipt.sm2_signature.as_ref();
    facts.extend(second.map(|value| fact("平台国密签名（SM2）", value)));
    facts
}

fn digest(label: &str, digest: &str) -> Fact {
    Fact {
        label: label.to_owned(),
        value: vec![styled(digest, Style::Digest)],
        wide: true,
    }
}
