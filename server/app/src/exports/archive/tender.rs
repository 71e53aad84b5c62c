//! 01-招标: the notice and its changes, their files, the sealing terms.

use kaibiao_api::problem::Problem;
use kaibiao_crypto::{Digest, canonical};

use super::Gathering;
use crate::exports::sending::Content;

const FOLDER: &str = "01-招标";

pub(super) async fn gather(into: &mut Gathering<'_>) -> Result<(), Problem> {
    let current = into.current.clone();
    let published = current.state.published.unwrap_or_default();
    let host = into.author(published);
    let at = current.book.entry(published).map(|entry| entry.time);
    into.add(
        format!("{FOLDER}/项目.json"),
        "招标项目",
        &host,
        at,
        Content::Bytes(canonical::to_bytes(into.draft)),
    );
    for seq in current.book.notices.iter().copied() {
        let Some(entry) = current.book.entry(seq) else {
            continue;
        };
        if let Some(signed) = into.signed(seq) {
            let path = format!("{FOLDER}/公告/{seq}-{}.json", entry.kind);
            let author = into.author(seq);
            let title = if seq == published {
                "招标公告"
            } else {
                "公告变更"
            };
            into.add(path, title, author, Some(entry.time), signed);
        }
    }
    for (place, file) in (1..).zip(&into.draft.attachments.clone()) {
        let place: u32 = place;
        let before = format!("{FOLDER}/附件/{place:03}-");
        into.file(before, file, &host, at.unwrap_or_default())
            .await?;
    }
    for seq in current.book.notices.iter().copied() {
        into.attached(seq, &format!("{FOLDER}/附件")).await?;
    }
    for (lot, terms) in &current.book.terms {
        let bytes = terms.text.clone().into_bytes();
        let digest = current.state.lots.get(lot).map(|it| it.rules.terms);
        let digest = digest.unwrap_or_else(|| Digest::of(&bytes));
        let path = format!("{FOLDER}/密封条款/{lot}-{digest}.json");
        into.add(path, "密封条款", &host, at, Content::Bytes(bytes));
    }
    Ok(())
}
