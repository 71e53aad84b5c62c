//! Opens all accepted bids of a lot at once, so that no sheet is known while
//! somebody could still keep another one shut.

use std::sync::Arc;

use kaibiao_api::problem::Problem;
use kaibiao_core::command::{Command, System};
use kaibiao_core::details::OpenedSheet;
use kaibiao_core::event::{Opening, Outcome};
use kaibiao_core::ids::{LotId, Party, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::wrap::PublicKey;
use kaibiao_store::Current;

use super::envelope::{Keys, NotOpened};
use super::secrets::{header, secret};
use crate::deciding::{self, Beside};
use crate::kept::{share_name, unlock_name};
use crate::{App, blocking, terms};

/// How often a bid is tried whose stored bytes cannot be read.
const TRIES: usize = 3;

/// Opens every accepted bid of a lot and puts the results on record together.
///
/// # Errors
/// When the store fails. A bid that does not open is a result, not an error.
pub async fn open_lot(app: &App, project: ProjectId, lot: &LotId) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let Some(accepted) = accepted(&current, lot) else {
        return Ok(());
    };
    let terms = Arc::new(terms::of_lot(&current, lot)?);
    let custodians = Arc::new(terms::custodian_keys(&terms)?);
    let mut under_way = Vec::with_capacity(accepted.len());
    for (party, bid) in accepted {
        let keys = keys(app, project, bid, terms.custodians.len()).await?;
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
        under_way.push(tokio::spawn(blocking(move || {
            let _room = room;
            let opened = keys.and_then(|keys| open(&keys, &blobs, &terms, &custodians));
            Ok((party, bid, opened))
        })));
    }
    let (mut results, mut sheets) = (Vec::new(), Vec::new());
    for bid in under_way {
        let (party, bid, opened) = bid.await.map_err(Problem::internal)??;
        let (outcome, sheet) = match opened {
            Ok(sheet) => (Outcome::Opened, sheet),
            Err(NotOpened { outcome, note }) => (outcome, unopened(bid, note)),
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
    deciding::put(app, project, command, Beside::nothing)
        .await
        .map(drop)
}

fn open(
    keys: &Keys,
    blobs: &kaibiao_store::Blobs,
    terms: &SealingTerms,
    custodians: &[PublicKey],
) -> Result<OpenedSheet, NotOpened> {
    let mut tries = 1;
    loop {
        match keys.open(blobs, custodians, &terms.schema) {
            Err(failed) if failed.outcome == Outcome::StoreCorrupt && tries < TRIES => tries += 1,
            other => return other,
        }
    }
}

fn unopened(bid: Digest, note: String) -> OpenedSheet {
    OpenedSheet {
        bid,
        sheet: None,
        segment_key: None,
        salt: None,
        manifest: None,
        note,
    }
}

/// The accepted bids with their parties, in the order of the parties.
fn accepted(current: &Current<Project>, lot: &LotId) -> Option<Vec<(Party, Digest)>> {
    let lot = current.state.lots.get(lot)?;
    if !lot.may_open() {
        return None;
    }
    let live = lot
        .parties
        .iter()
        .filter_map(|(party, bidder)| Some((*party, bidder.live?)));
    Some(live.filter(|(_, bid)| lot.accepted.contains(bid)).collect())
}

/// The secrets that came in for a bid: its b, and the shares of r that there are.
async fn keys(
    app: &App,
    project: ProjectId,
    bid: Digest,
    custodians: usize,
) -> Result<Result<Keys, NotOpened>, Problem> {
    let lost = |what: &str| NotOpened {
        outcome: Outcome::StoreCorrupt,
        note: format!("store: no {what}"),
    };
    let Ok(Some(header)) = header(app, project, &bid).await else {
        return Ok(Err(lost("header")));
    };
    let Some(b) = secret(app, project, &unlock_name(&bid)).await? else {
        return Ok(Err(lost("key")));
    };
    let mut shares = Vec::new();
    for x in (1..=u8::MAX).take(custodians) {
        shares.extend(
            secret(app, project, &share_name(&bid, x))
                .await?
                .map(|share| (x, share)),
        );
    }
    Ok(Ok(Keys { header, b, shares }))
}

/// The same secrets, for work that goes on after the sheets are opened.
///
/// # Errors
/// `None` when a part of it was wiped already.
pub async fn keys_of(
    app: &App,
    project: ProjectId,
    bid: Digest,
    custodians: usize,
) -> Result<Option<Keys>, Problem> {
    Ok(keys(app, project, bid, custodians).await?.ok())
}
