//! What centre and supervisor count of their openings.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::figures::Told;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Millis;

/// Figures of the ended lots of a span of months (docs/spec/figures.md).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FiguresView {
    /// The first month, `2026-01`, Beijing time.
    pub from: String,
    /// The last month.
    pub to: String,
    /// Every month of the span, in order.
    pub months: Vec<MonthFigures>,
    /// All of them together.
    pub whole: Told,
    pub now: Millis,
}

/// The figures of the projects with T0 in one month.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MonthFigures {
    /// `2026-11`.
    pub month: String,
    pub figures: Told,
}
