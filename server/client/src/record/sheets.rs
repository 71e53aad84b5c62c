//! The record's rows against the sheets that bidders sealed, each opened again from
//! what is published (docs/spec/sealed-bid.md, 15).

use std::collections::BTreeMap;

use kaibiao_api::SheetProof;
use kaibiao_core::record::{Record, Row};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{OpenError, Promise, open_sheet};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::secret::Secret;
use serde_json::Value;

use super::{About, Believed, Check};

pub fn checks(
    sheets: Option<&BTreeMap<Digest, SheetProof>>,
    record: &Record,
    by: &Believed<'_>,
) -> Vec<Check> {
    let Some(sheets) = sheets else {
        return vec![Check::not_asked(About::Sheet)];
    };
    let rows = record.rows.iter();
    rows.map(|row| {
        let found = match sheets.get(&row.bid) {
            None => Err("sheet-missing".to_owned()),
            Some(proof) => reopen(row, proof, by),
        };
        Check::of(About::Sheet, format!("{} {}", row.name, row.bid), found)
    })
    .collect()
}

/// Opens a sheet again, once what was given is proved to be of the row's bid.
fn reopen(row: &Row, proof: &SheetProof, by: &Believed<'_>) -> Result<(), String> {
    let malformed = || "sheet-malformed".to_owned();
    let bytes = |text: &str| from_base64(text).map_err(|_| malformed());
    let digest = |text: &str| text.parse::<Digest>().map_err(|_| malformed());
    let promise = Promise::parse(&bytes(&proof.context)?, &bytes(&proof.commitments)?);
    let promise = promise.map_err(|problem| problem.code().to_owned())?;
    if promise.bid_digest(digest(&proof.wraps)?, digest(&proof.chain)?) != row.bid {
        return Err("bid-digest".to_owned());
    }
    let context = promise.context();
    if context.project != by.terms.project() || context.lot != by.terms.lot().as_str() {
        return Err("context-differs".to_owned());
    }
    let key = bytes(proof.segment_key.as_deref().ok_or_else(malformed)?)?;
    let key = Secret::from_slice(&key).ok_or_else(malformed)?;
    let key = promise.check_segment_key(0, 0, key);
    let key = key.map_err(|problem| problem.code().to_owned())?;
    let ciphertext = bytes(&proof.ciphertext)?;
    let sheet = open_sheet(&promise, &key, &mut &ciphertext[..]);
    let sheet = sheet.map_err(|problem: OpenError| problem.code().to_owned())?;
    if Value::Object(sheet) == row.sheet {
        Ok(())
    } else {
        Err("sheet-differs".to_owned())
    }
}
