//! Where a bundle's notices lie in the public log (docs/spec/bundle.md, 2).

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use serde::Serialize;

use super::kept::{self, Logged};
use super::line::line_of;
use super::outline::Outline;
use crate::App;
use crate::log::notices;

#[derive(Serialize)]
struct NoticeLine {
    act: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<String>,
    index: u64,
    path: Vec<Digest>,
}

/// The lines of `notices.jsonl`. There are none where notices were not entered in time:
/// by a platform that did so only afterwards.
///
/// # Errors
/// When the store or the log's files fail.
pub async fn lines(
    app: &App,
    project: ProjectId,
    logged: &Logged,
    outline: &Outline,
) -> Result<Vec<u8>, Problem> {
    let closing = outline.state.deadline;
    let mut anchors = logged.anchors.iter();
    let closing = anchors.find(|placed| Some(placed.anchor.size) == closing);
    let most = closing.map_or(logged.size, |placed| placed.place);
    let mut lines = Vec::new();
    for (_, signed) in notices::all(&outline.book) {
        let act = Digest::of(signed.body.as_bytes());
        let entered = notices::entered(app, project, &act).await?;
        let Some(entered) = entered.filter(|it| it.place < most) else {
            return Ok(Vec::new());
        };
        lines.extend(line_of(&NoticeLine {
            act,
            path: kept::path(app, Some(logged), entered.place).await?,
            index: entered.place,
            draft: entered.draft,
        }));
    }
    Ok(lines)
}
