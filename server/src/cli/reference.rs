//! Sealing a control price or base until the opening, and revealing it then.

use std::path::{Path, PathBuf};

use clap::Args;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::reference::ReferenceFile;
use kaibiao_core::act::RevealReference;
use kaibiao_core::ids::{LotId, Salt};
use kaibiao_core::reference::ReferenceKind;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::terms::{Draft, SealingTerms};
use serde_json::json;

use super::connect::nonce;
use super::opening::OfLot;
use super::output::Output;
use super::project::{terms_of, view};
use super::text;

#[derive(Debug, Args)]
pub struct SealReference {
    /// 草稿 JSON,写入封存的承诺 · the draft as JSON, into which the commitment is written
    #[arg(long)]
    draft: PathBuf,
    #[arg(long)]
    lot: LotId,
    /// control-price 最高投标限价、base 标底
    #[arg(long, value_parser = text::one_of::<ReferenceKind>)]
    kind: ReferenceKind,
    /// 金额,写法同开标一览表的报价(金额以分为单位)
    /// · the amount, spelt as the sheet's price (money in fen)
    #[arg(long)]
    value: String,
    /// 保存目录 · where to keep the file
    #[arg(long, short, default_value = ".")]
    output: PathBuf,
}

impl SealReference {
    /// Draws a salt, saves it with the value, and leaves the commitment in the draft.
    /// Nothing is sent.
    pub fn run(self, output: &Output) -> Outcome<()> {
        let mut draft: Draft = text::json_file(&self.draft)?;
        let number = draft.number.clone();
        let lot = draft
            .lots
            .get_mut(&self.lot)
            .ok_or_else(|| no_lot(&self.lot))?;
        if !lot.schema.is_price(&self.value) {
            return Err(not_a_price(&self.value));
        }
        if self.kind == ReferenceKind::ControlPrice && lot.control_price.is_some() {
            return Err(two_control_prices());
        }
        let about = (number.as_str(), &self.lot, lot.title.as_str());
        let salt = Salt(kaibiao_os::random::bytes());
        let kept = ReferenceFile::new(self.kind, about, self.value.clone(), salt);
        let path = self.output.join(name(&number, &self.lot));
        kept.write(&path)?;
        let sealed = kept.seal();
        lot.reference = Some(sealed);
        let written = text::pretty(&draft)?;
        files::write(&self.draft, written.as_bytes(), Readers::Everyone)?;
        output.say(
            format!(
                "已封存。请妥善保存并另存一份:{}。平台上没有它的内容;遗失后任何人都无法公布。",
                path.display()
            ),
            format!(
                "Sealed. Keep {} and a copy of it: the platform holds nothing of it, and without it nobody can reveal the value.",
                path.display()
            ),
        );
        output.result(&json!({ "file": path, "reference": sealed }))
    }
}

/// A file's name, of which only what every system allows is left.
fn name(number: &str, lot: &LotId) -> String {
    let kept = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let number: String = number.chars().map(kept).collect();
    format!("{number}-{lot}.reference.json")
}

/// Reveals what the file holds, if it is what this lot's terms commit to and the
/// platform would take it now: before that it is the host's secret.
pub async fn reveal(of: OfLot, file: &Path, output: &Output) -> Outcome<()> {
    let kept = ReferenceFile::read(file)?;
    let session = of.at.connect.session().await?;
    let project = &of.at.project;
    let (terms, _): (SealingTerms, _) = terms_of(&session.server, project, &of.lot).await?;
    kept.is_of(&of.lot, terms.reference)?;
    let shown = view(&session.server, project).await?;
    let lot = &shown["lots"][of.lot.as_str()];
    if !lot["reference"]["revealed"].is_null() {
        output.say(
            "此前已公布,无需重复。",
            "Revealed before; nothing more is needed.",
        );
        return output.result(&json!({ "before": true, "reference": lot["reference"] }));
    }
    is_lawful(lot)?;
    let act = RevealReference {
        nonce: nonce(),
        lot: of.lot.clone(),
        value: kept.value.clone(),
        salt: kept.salt,
    };
    of.at.perform_as(&session, act, output).await
}

/// The platform would take it now from whoever is logged in.
fn is_lawful(lot: &serde_json::Value) -> Outcome<()> {
    let refused = match lot["lawful"].get("reveal-reference") {
        Some(serde_json::Value::Null) => return Ok(()),
        Some(code) => code.as_str(),
        None => None,
    };
    let mut codes = RefusalCode::ALL.iter();
    let code = codes.find(|it| Some(it.code()) == refused);
    let code = code.unwrap_or(&RefusalCode::NotPermitted);
    Err(Failure::new(
        Kind::Refused,
        code.code(),
        format!("未发送任何内容。{}", code.zh()),
        format!("Nothing was sent. {}", code.en()),
    ))
}

fn no_lot(lot: &LotId) -> Failure {
    Failure::new(
        Kind::Input,
        "no-such-lot",
        format!("草稿中没有标段 {lot}。请核对 --lot。"),
        format!("The draft has no lot {lot}. Check --lot."),
    )
}

fn not_a_price(value: &str) -> Failure {
    Failure::new(
        Kind::Input,
        "not-a-price",
        format!(
            "“{value}”不是该标段报价的写法,或该标段没有报价项。金额以分为单位,只写数字;单价和费率按小数位数。"
        ),
        format!(
            "\"{value}\" is not how this lot's price is spelt, or the lot has no price. Money is in fen, digits only; unit prices and rates have their decimal places."
        ),
    )
}

fn two_control_prices() -> Failure {
    Failure::new(
        Kind::Input,
        "two-control-prices",
        "草稿已写明公开的最高投标限价(control_price),不能再封存一个。请先删去。".to_owned(),
        "The draft has a public control price (control_price) already; take it out before one is sealed.".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_called_by_number_and_lot() {
        let lot = "1".parse().unwrap();
        assert_eq!(
            name("闽招〔2026〕/01", &lot),
            "闽招-2026--01-1.reference.json"
        );
    }

    #[test]
    fn nothing_is_sent_that_would_be_refused() {
        let lot = |lawful| json!({ "lawful": lawful });
        assert!(is_lawful(&lot(json!({ "reveal-reference": null }))).is_ok());
        let early = is_lawful(&lot(json!({ "reveal-reference": "wrong-stage" })));
        assert_eq!(early.unwrap_err().code, "wrong-stage");
        let other = is_lawful(&lot(json!({ "announce": null })));
        assert_eq!(other.unwrap_err().code, "not-permitted");
    }
}
