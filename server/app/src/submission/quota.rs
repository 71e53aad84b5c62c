//! How much one organisation may have handed in, and have under way. Nothing here
//! depends on what others have: a bound over several bidders would tell of them before
//! T0, and let one keep out another.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::{LotId, Organisation, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_store::{Current, StoreError};

use super::incoming::{About, Incoming};
use crate::failure::of_store;
use crate::{App, bids};

/// How many uploads one organisation may have under way.
const AT_ONCE: usize = 16;

/// Where room is short.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Short {
    Lot,
    Project,
    Platform,
}

/// What an upload is measured by.
struct Quota<'a> {
    project: ProjectId,
    lot: &'a LotId,
    /// Bytes of the new one.
    size: u64,
    /// Bytes of the versions that are in, in this lot and in all lots of the project.
    in_lot: u64,
    in_project: u64,
}

/// Makes room for an upload of so many bytes: what is in stays as evidence and counts; of
/// what is under way the oldest that nobody writes was given up, and is let go.
///
/// # Errors
/// `versions-too-large` and `bids-too-large` where what is in leaves no room,
/// `too-many-requests` while others of the same organisation are being written.
pub async fn make_room(
    app: &App,
    current: &Current<Project>,
    about: &About,
    size: u64,
) -> Result<(), Problem> {
    let organisation = &about.author.organisation;
    let earlier = earlier_bytes(app, current, organisation).await?;
    let quota = Quota {
        project: about.project,
        lot: &about.lot,
        size,
        in_lot: earlier.get(&about.lot).copied().unwrap_or_default(),
        in_project: earlier.values().sum(),
    };
    let limits = &app.config.limits;
    if quota.in_lot.saturating_add(size) > limits.versions_bytes {
        return Err(Transport::VersionsTooLarge.with("limit", limits.versions_bytes));
    }
    if quota.in_project.saturating_add(size) > limits.project_bytes {
        return Err(Transport::BidsTooLarge.with("limit", limits.project_bytes));
    }
    let mut under_way = app.memory.uploads.under_way(organisation);
    under_way.sort_by_key(|incoming| incoming.expires);
    while let Some(short) = quota.short(app, &under_way) {
        let oldest = idle(app, &under_way, |it| quota.helps(short, it)).await?;
        let Some(oldest) = oldest else {
            return Err(Transport::TooMany.with("seconds", 60).retry_after(60));
        };
        app.memory.uploads.forget(&oldest);
        under_way.retain(|incoming| incoming.id != oldest);
    }
    Ok(())
}

impl Quota<'_> {
    /// Where there is no room beside what is under way.
    fn short(&self, app: &App, under_way: &[Arc<Incoming>]) -> Option<Short> {
        let limits = &app.config.limits;
        let sum = |short| {
            let counted = under_way.iter().filter(|it| self.helps(short, it));
            counted.fold(self.size, |sum, it| sum.saturating_add(it.length))
        };
        if sum(Short::Lot).saturating_add(self.in_lot) > limits.versions_bytes {
            Some(Short::Lot)
        } else if sum(Short::Project).saturating_add(self.in_project) > limits.project_bytes {
            Some(Short::Project)
        } else if under_way.len() >= AT_ONCE || sum(Short::Platform) > limits.uploads_bytes {
            Some(Short::Platform)
        } else {
            None
        }
    }

    /// Whether an upload takes room there.
    fn helps(&self, short: Short, incoming: &Incoming) -> bool {
        let same_project = incoming.about.project == self.project;
        match short {
            Short::Lot => same_project && incoming.about.lot == *self.lot,
            Short::Project => same_project,
            Short::Platform => true,
        }
    }
}

/// Removes the first of these uploads that nobody writes; its id.
async fn idle(
    app: &App,
    under_way: &[Arc<Incoming>],
    helps: impl Fn(&Incoming) -> bool,
) -> Result<Option<String>, Problem> {
    for oldest in under_way.iter().filter(|it| helps(it)) {
        match app.store.uploads().remove(&oldest.id).await {
            Ok(()) => return Ok(Some(oldest.id.clone())),
            Err(StoreError::Busy) => {}
            Err(error) => return Err(of_store(error)),
        }
    }
    Ok(None)
}

/// The bytes of an organisation's versions that are in, for each lot. They stay as
/// evidence.
async fn earlier_bytes(
    app: &App,
    current: &Current<Project>,
    organisation: &Organisation,
) -> Result<BTreeMap<LotId, u64>, Problem> {
    let mut bytes = BTreeMap::new();
    for lot in current.state.lots.keys() {
        let Some((_, bidder)) = bids::bidder(current, lot, organisation) else {
            continue;
        };
        let mut sum = 0_u64;
        for link in bidder.chain.iter().filter(|link| link.terms.is_some()) {
            let length = app.store.blobs().length(&link.digest).await;
            sum = sum.saturating_add(length.ok().flatten().unwrap_or_default());
        }
        bytes.insert(lot.clone(), sum);
    }
    Ok(bytes)
}
