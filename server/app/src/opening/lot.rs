//! Opens all accepted bids of a lot at once, so that no sheet is known while
//! somebody could still keep another one shut.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_api::problem::Problem;
use kaibiao_core::command::{Command, System};
use kaibiao_core::details::OpenedSheet;
use kaibiao_core::event::{Opening, Outcome};
use kaibiao_core::ids::{LotId, Millis, Party, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_crypto::Digest;
use kaibiao_store::Current;

use super::envelope::{Keys, NotOpened};
use super::secrets::{header, secret};
use crate::deciding::{self, Beside};
use crate::failure::of_opening;
use crate::kept::{share_name, unlock_name};
use crate::{App, blocking, terms};

/// The bids of one lot that were tried, with what became of each. What the
/// platform could not read is tried again, and the others are not.
#[derive(Default)]
pub struct Tried(BTreeMap<Digest, Result<OpenedSheet, NotOpened>>);

/// How a try to open a lot ended.
pub enum Try {
    /// Nothing is left to do.
    Done,
    /// The lot waits for what the platform cannot read now; from this instant on it
    /// is opened without that.
    Waits { until: Millis },
}

/// Opens every accepted bid of a lot and puts the results on record together.
/// What the platform cannot read may be readable later: the lot waits for it,
/// and only the last part of the term is for opening without it.
///
/// # Errors
/// When the store fails. A bid that does not open is a result, not an error.
pub async fn open_lot(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    tried: &mut Tried,
) -> Result<Try, Problem> {
    let current = deciding::load(app, project).await?;
    let Some((accepted, last_try)) = accepted(&current, lot) else {
        return Ok(Try::Done);
    };
    tried
        .attempt(app, project, lot, &current, &accepted)
        .await?;
    if app.now() < last_try {
        let faults: Vec<_> = tried.failed().filter(|it| it.may_pass()).collect();
        if let Some(first) = faults.first() {
            app.memory.work.faults.note(faults.len(), first.note());
            return Ok(Try::Waits { until: last_try });
        }
    }
    let (mut results, mut sheets) = (Vec::new(), Vec::new());
    for (party, bid) in accepted {
        let (outcome, sheet) = match tried.0.get(&bid) {
            Some(Ok(sheet)) => (Outcome::Opened, sheet.clone()),
            Some(Err(failed)) => (failed.outcome(), unopened(bid, failed.note())),
            None => return Err(Problem::internal("an accepted bid was not tried")),
        };
        results.push(Opening {
            party,
            bid,
            outcome,
        });
        sheets.push(sheet);
    }
    let command = Command::System(System::Opened {
        lot: lot.clone(),
        results,
        sheets,
    });
    deciding::put(app, project, command, Beside::nothing).await?;
    Ok(Try::Done)
}

impl Tried {
    /// Tries each bid that was not tried, and each that the platform could not read.
    async fn attempt(
        &mut self,
        app: &App,
        project: ProjectId,
        lot: &LotId,
        current: &Current<Project>,
        accepted: &[(Party, Digest)],
    ) -> Result<(), Problem> {
        let terms = Arc::new(terms::of_lot(current, lot)?.clone());
        let custodians = Arc::new(terms::custodian_keys(&terms)?);
        let mut under_way = Vec::new();
        for (_, bid) in accepted {
            let is_settled = |tried: &Result<_, NotOpened>| match tried {
                Ok(_) => true,
                Err(failed) => !failed.may_pass(),
            };
            if self.0.get(bid).is_some_and(is_settled) {
                continue;
            }
            let is_openable = current.state.lots[lot].openable(bid);
            let keys = keys(app, project, *bid, terms.custodians.len()).await;
            let (blobs, terms, custodians) =
                (app.store.blobs().clone(), terms.clone(), custodians.clone());
            let room = app
                .memory
                .work
                .openings
                .clone()
                .acquire_owned()
                .await
                .map_err(Problem::internal)?;
            let bid = *bid;
            under_way.push(tokio::spawn(blocking(move || {
                let _room = room;
                let opened = keys.and_then(|keys| keys.open(&blobs, &custodians, &terms.schema));
                Ok((bid, opened.map_err(|failed| failed.given(is_openable))))
            })));
        }
        for bid in under_way {
            let (bid, opened) = bid.await.map_err(Problem::internal)??;
            self.0.insert(bid, opened);
        }
        Ok(())
    }

    fn failed(&self) -> impl Iterator<Item = &NotOpened> {
        self.0.values().filter_map(|tried| tried.as_ref().err())
    }
}

impl NotOpened {
    /// Shares that are on record as good and do not open the bid were changed
    /// where they are kept.
    fn given(self, is_openable: bool) -> Self {
        match self {
            Self::Check {
                outcome: Outcome::SharesMissing,
                note,
            } if is_openable => Self::Damaged(note),
            other => other,
        }
    }
}

fn unopened(bid: Digest, note: &str) -> OpenedSheet {
    OpenedSheet {
        bid,
        sheet: None,
        segment_key: None,
        salt: None,
        manifest: None,
        note: note.to_owned(),
    }
}

/// The accepted bids with their parties, in the order of the parties, and from
/// when on they are opened without what cannot be read.
fn accepted(current: &Current<Project>, lot: &LotId) -> Option<(Vec<(Party, Digest)>, Millis)> {
    let lot = current.state.lots.get(lot)?;
    let last_try = lot.last_try()?;
    let live = lot
        .parties
        .iter()
        .filter_map(|(party, bidder)| Some((*party, bidder.live?)));
    let accepted = live.filter(|(_, bid)| lot.accepted.contains(bid)).collect();
    Some((accepted, last_try))
}

/// The secrets that came in for a bid: its b, and the shares of r that there are.
async fn keys(
    app: &App,
    project: ProjectId,
    bid: Digest,
    custodians: usize,
) -> Result<Keys, NotOpened> {
    let lost = |what: &str| NotOpened::Damaged(format!("store: no {what}"));
    let header = header(app, project, &bid).await?;
    let header = header.ok_or_else(|| lost("header"))?;
    let b = secret(app, project, &unlock_name(&bid)).await?;
    let b = b.ok_or_else(|| lost("key"))?;
    let mut shares = Vec::new();
    for x in (1..=u8::MAX).take(custodians) {
        let share = secret(app, project, &share_name(&bid, x)).await?;
        shares.extend(share.map(|share| (x, share)));
    }
    Ok(Keys { header, b, shares })
}

/// The same secrets, for work that goes on after the sheets are opened.
///
/// # Errors
/// When the store fails. `None` when a part of it was wiped already.
pub async fn keys_of(
    app: &App,
    project: ProjectId,
    bid: Digest,
    custodians: usize,
) -> Result<Option<Keys>, Problem> {
    match keys(app, project, bid, custodians).await {
        Ok(keys) => Ok(Some(keys)),
        Err(failed @ NotOpened::Passing(_)) => Err(of_opening(&failed)),
        Err(NotOpened::Damaged(_) | NotOpened::Check { .. }) => Ok(None),
    }
}
