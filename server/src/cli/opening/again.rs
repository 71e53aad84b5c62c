//! Acts that carry a lot on, run again after the answer to an earlier try was lost:
//! what is done is done, and the present state is told.

use kaibiao_client::failure::Outcome;
use kaibiao_core::act::Act;
use kaibiao_core::ids::LotId;
use kaibiao_core::refusal::RefusalCode;
use serde_json::{Map, Value, json};

use crate::cli::connect::tell;
use crate::cli::output::Output;
use crate::cli::project::{At, view};

/// What an act is refused with whose effect is there. A right that is missing is
/// none of them.
const OVER: [RefusalCode; 4] = [
    RefusalCode::AlreadyDone,
    RefusalCode::ListPublished,
    RefusalCode::Suspended,
    RefusalCode::WrongStage,
];

/// Performs an act on lots; `is_done` says of a lot's view whether the act's effect
/// is there.
pub async fn perform(
    at: &At,
    lots: &[LotId],
    act: impl Into<Act>,
    is_done: impl Fn(&Value) -> bool,
    output: &Output,
) -> Outcome<()> {
    let session = at.connect.session().await?;
    let project = at.project.to_string();
    let failure = match session.act(&project, &act.into(), Vec::new()).await {
        Ok(reply) => return tell(&reply, output),
        Err(failure) => failure,
    };
    if !OVER.iter().any(|code| code.code() == failure.code) {
        return Err(failure);
    }
    let shown = view(&session.server, &at.project).await?;
    let lot = |id: &LotId| &shown["lots"][id.as_str()];
    if !lots.iter().all(|id| is_done(lot(id))) {
        return Err(failure);
    }
    let present = |id: &LotId| {
        let lot = lot(id);
        let present = json!({ "stage": lot["stage"], "due": lot["due"] });
        (id.to_string(), present)
    };
    let present: Map<String, Value> = lots.iter().map(present).collect();
    for (id, lot) in &present {
        let stage = lot["stage"].as_str().unwrap_or("?");
        output.say(
            format!("标段 {id} 此前已办理,无需重复;现为 {stage}。"),
            format!("Done before for lot {id}; nothing more is needed. It is at {stage}."),
        );
    }
    output.result(&json!({ "before": true, "lots": present }))
}
