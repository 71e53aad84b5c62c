//! Whether what bids need is there: their headers, their ciphertexts, and what was
//! handed over for them since. A database without its files, or without some of its
//! rows, is found at start and told to whom it concerns, not at the unlock.

use std::collections::BTreeSet;

use kaibiao_api::problem::Problem;
use kaibiao_api::{Trouble, Troubled};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::lists::{self, holds_bids};
use kaibiao_core::project::Project;
use kaibiao_core::role::Role;
use kaibiao_core::state::Lot;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_store::{StoreError, StreamId};

use crate::App;
use crate::caller::{Caller, Visitor};
use crate::deciding::{self, stream, unless_damaged};
use crate::desk::Span;
use crate::failure::of_store;
use crate::kept::{header_name, share_name, unlock_name};
use crate::walk::{PAGE, Walk};

/// The bids of a project of which something is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// Their header, or a secret handed over for them, is gone or does not open.
    pub secrets: BTreeSet<Digest>,
    /// Their ciphertext is gone or has another length.
    pub ciphertexts: BTreeSet<Digest>,
}

impl Lacking {
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.ciphertexts.is_empty()
    }
}

/// Looks at every project with bids that are not opened yet. A damaged one is left to
/// stand still.
///
/// # Errors
/// When the store fails.
pub async fn look_at_all(app: &App) -> Result<(), Problem> {
    let everywhere = Span::default();
    let mut holding = Walk::through(app, vec![lists::HOLDING.to_owned()], everywhere, None, PAGE);
    while let Some(found) = holding.next().await? {
        if let Some(project) = deciding::project_of(&found.listed.stream) {
            look(app, project).await?;
        }
    }
    Ok(())
}

/// Looks once more at the projects that lacked something: somebody may have brought
/// it back.
///
/// # Errors
/// When the store fails.
pub async fn look_again(app: &App) -> Result<(), Problem> {
    for project in app.memory.holdings.lacking() {
        look(app, project).await?;
    }
    Ok(())
}

async fn look(app: &App, project: ProjectId) -> Result<(), Problem> {
    let Some(lacking) = unless_damaged(lacking(app, project).await)? else {
        return Ok(());
    };
    if !lacking.is_empty() {
        tracing::error!(%project, "what bids need is not there: restore it from a backup");
    }
    app.memory.holdings.found(project, lacking);
    Ok(())
}

/// What a project's unopened bids need and lack.
async fn lacking(app: &App, project: ProjectId) -> Result<Lacking, Problem> {
    let current = deciding::load(app, project).await?;
    let mut lacking = Lacking::default();
    for lot in current.state.lots.values() {
        if !holds_bids(lot.stage) {
            continue;
        }
        for bid in lot.parties.values().filter_map(|bidder| bidder.live) {
            let header = kept(app, project, &header_name(&bid)).await?;
            let header = header.and_then(|bytes| Header::parse(&bytes).ok());
            let length = app.store.blobs().length(&bid).await.map_err(of_store)?;
            if length.is_none()
                || header
                    .as_ref()
                    .is_some_and(|header| length != Some(header.layout().length()))
            {
                lacking.ciphertexts.insert(bid);
            }
            let mut whole = header.is_some();
            for name in handed_over(lot, bid) {
                whole &= kept(app, project, &name).await?.is_some();
            }
            if !whole {
                lacking.secrets.insert(bid);
            }
        }
    }
    Ok(lacking)
}

/// The names of the secrets that were handed over for a bid.
fn handed_over(lot: &Lot, bid: Digest) -> Vec<String> {
    let party = lot.party_of(&bid);
    let bidder = party.and_then(|party| lot.parties.get(&party));
    let unlocked = bidder.is_some_and(|it| it.unlocked.is_some() && it.outcome.is_none());
    if !unlocked {
        return Vec::new();
    }
    let releases = lot.releases.iter();
    let shares = releases.filter(|(_, release)| release.good.contains(&bid));
    std::iter::once(unlock_name(&bid))
        .chain(shares.map(|(x, _)| share_name(&bid, *x)))
        .collect()
}

/// A secret that is there and opens.
async fn kept(app: &App, project: ProjectId, name: &str) -> Result<Option<Vec<u8>>, Problem> {
    match app.store.secret(&stream(project), name).await {
        Ok(found) => Ok(found.map(|bytes| bytes.to_vec())),
        Err(StoreError::Corrupt(_)) => Ok(None),
        Err(error) => Err(of_store(error)),
    }
}

/// The projects that cannot go on, for everybody who looks after the service. It tells
/// neither bidders nor how many there are, and the number of published projects only.
///
/// # Errors
/// When the store fails.
pub async fn troubled(app: &App) -> Result<Vec<Troubled>, Problem> {
    let damaged = app.store.damaged();
    let lacking = app.memory.holdings.all();
    if damaged.is_empty() && lacking.is_empty() {
        return Ok(Vec::new());
    }
    let damaged = damaged
        .into_iter()
        .map(|project| (project, Trouble::Damaged));
    let lacking = lacking.into_iter().flat_map(|(project, lacking)| {
        troubles(&lacking).map(move |trouble| (project.to_string(), trouble))
    });
    let mut troubled = Vec::new();
    for (project, trouble) in damaged.chain(lacking) {
        let line = match StreamId::new(&project) {
            Some(stream) => app.store.line::<Project>(&stream).await.map_err(of_store)?,
            None => None,
        };
        let summary = line.map(|line| line.summary).filter(|it| it.published);
        troubled.push(Troubled {
            number: summary.map(|summary| summary.number),
            project,
            trouble,
        });
    }
    Ok(troubled)
}

/// The same for a visitor: whoever has a seat for the whole platform sees all.
///
/// # Errors
/// As [`troubled`].
pub async fn seen(app: &App, visitor: &Visitor) -> Result<Vec<Troubled>, Problem> {
    let oversees = |caller: &Caller| caller.has(Role::Centre) || caller.has(Role::Supervisor);
    if visitor.0.as_ref().is_some_and(oversees) {
        troubled(app).await
    } else {
        Ok(Vec::new())
    }
}

/// What is wrong with what the platform holds of one project.
pub fn of(app: &App, project: ProjectId) -> Vec<Trouble> {
    troubles(&app.memory.holdings.of(project)).collect()
}

fn troubles(lacking: &Lacking) -> impl Iterator<Item = Trouble> + use<> {
    let secrets = (!lacking.secrets.is_empty()).then_some(Trouble::SecretsMissing);
    let files = (!lacking.ciphertexts.is_empty()).then_some(Trouble::CiphertextsMissing);
    secrets.into_iter().chain(files)
}
