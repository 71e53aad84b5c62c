//! The directory from which hosts pick officials and custodians.

use std::collections::BTreeSet;

use kaibiao_api::problem::Problem;
use kaibiao_api::{DirectoryEntry, DirectoryList};
use kaibiao_core::role::Role;

use super::{App, platform};
use crate::failure::of_store;

/// The most lines of an answer: who does not find it among these types on.
const LINES: usize = 30;

/// Whom code or name sounds like what is sought, with the role where one is asked for.
///
/// # Errors
/// When the store fails.
pub async fn find(app: &App, sought: &str, role: Option<Role>) -> Result<DirectoryList, Problem> {
    let lines = app.memory.summaries.current(app).await?;
    let published = lines.values().map(|line| &line.listed.summary);
    let custodians: BTreeSet<_> = published
        .filter(|summary| summary.published)
        .flat_map(|summary| summary.custodians.iter().cloned())
        .collect();
    let platform = platform::load(app).await.map_err(of_store)?;
    let mut found = platform.book.directory(&custodians, sought);
    found.retain(|it| role.is_none_or(|role| it.roles.contains(&role)));
    let more = found.len() > LINES;
    let entries = found.into_iter().take(LINES).map(|it| DirectoryEntry {
        organisation: it.organisation.clone(),
        name: it.subject.name.clone(),
        unvouched: it.subject.unvouched,
        roles: it.roles.into_iter().collect(),
        custodian: it.custodian,
    });
    Ok(DirectoryList {
        organisations: entries.collect(),
        more,
    })
}
