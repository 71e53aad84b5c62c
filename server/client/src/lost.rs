//! A bid that the platform signed for and does not know any more: its database was
//! lost, or went back to an older copy. The receipt beside the bid proves it, and
//! whoever holds it is told so in plain words, not that something was not found.

use std::path::Path;

use kaibiao_api::BidList;

use kaibiao_core::ids::Organisation;

use super::failure::{Failure, Kind, Outcome};
use super::http::Session;
use super::terms::Terms;
use super::{bid, files, seal, submission};

/// Looks whether the platform knows the bid whose receipt is kept beside it. Without
/// a receipt that holds there is nothing to compare.
///
/// # Errors
/// `bid-lost` when it does not know it; else whatever keeps from asking.
pub async fn look(session: &Session, path: &Path) -> Outcome<()> {
    let Some(Signed {
        project,
        bid,
        bidder,
    }) = signed_for(path)
    else {
        return Ok(());
    };
    if bidder != session.who.organisation {
        return Err(anothers(path, &bidder));
    }
    let list = session
        .server
        .get::<BidList>(&format!("projects/{project}/bids"))
        .await;
    match list {
        Ok(list) if list.bids.iter().any(|known| known.bid == bid) => Ok(()),
        Ok(_) => Err(lost(path)),
        Err(failure) if failure.code == "not-found" => Err(lost(path)),
        Err(failure) => Err(failure),
    }
}

/// A bid that the platform has signed for.
struct Signed {
    project: String,
    bid: String,
    bidder: Organisation,
}

/// The bid beside which a receipt lies that holds under the terms kept with it.
fn signed_for(path: &Path) -> Option<Signed> {
    let opened = bid::open(path).ok()?;
    let header = opened.header();
    let terms = Terms::parse(files::read(&seal::terms_path(path)).ok()?).ok()?;
    if terms.digest() != header.context().terms {
        return None;
    }
    submission::kept_receipt(path, &terms, header).ok()??;
    Some(Signed {
        project: header.context().project.clone(),
        bid: header.digest().to_string(),
        bidder: header.context().bidder.clone(),
    })
}

fn anothers(path: &Path, bidder: &Organisation) -> Failure {
    let bid = path.display();
    Failure::new(
        Kind::Input,
        "foreign-bidder",
        format!("{bid} 是另一单位({bidder})密封的投标。请使用该单位的证书,或换用本单位的文件。"),
        format!(
            "{bid} was sealed by another organisation ({bidder}). Use its certificate, or your own organisation's file."
        ),
    )
}

fn lost(path: &Path) -> Failure {
    let receipt = submission::receipt_path(path);
    let (bid, receipt) = (path.display(), receipt.display());
    Failure::new(
        Kind::Unproved,
        "bid-lost",
        format!(
            "平台曾为这份投标签发回执,现在却没有它的记录:平台丢失了已签收的投标。请保存好 {bid} 和 {receipt},立即致电监督机构和交易中心。仍在投标截止前的,可将回执文件改名后重新提交。"
        ),
        format!(
            "The platform has lost a bid that it signed for: there is a receipt, and the platform knows nothing of the bid. Keep {bid} and {receipt}, and call the supervisor and the centre at once. While bids are still taken, rename the receipt and submit again."
        ),
    )
}
