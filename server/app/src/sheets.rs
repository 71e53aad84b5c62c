//! What opened bids contain, for those who may see it.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{DocumentList, DocumentView, SheetList, SheetProof, SheetView};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::event::Outcome;
use kaibiao_core::ids::{LotId, Party, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::state::Lot;
use kaibiao_core::viewer::Seat;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{DocumentEntry, Header, HeaderPart};
use kaibiao_crypto::encoding::to_base64;
use kaibiao_store::{Current, DocumentKey};

use super::documents::{self, FIRST, Standing};
use super::{App, bids, deciding, projects};
use crate::caller::{Caller, Visitor};
use crate::failure::of_store;

/// A lot's announced sheets in the order in which they were read out, with what
/// anybody needs to open them again.
///
/// # Errors
/// `not-found` until they are announced.
pub async fn announced(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    visitor: &Visitor,
) -> Result<SheetList, Problem> {
    let current = deciding::load(app, project).await?;
    let state = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    let at = Point::lot(&current.state, state);
    let viewer = projects::viewer(&current.book, visitor);
    bids::ensure(may_read(&viewer, Thing::Sheet, at, false))?;
    let named = may_read(&viewer, Thing::Names, at, false);
    let mut sheets = Vec::new();
    for party in state.order.iter() {
        let Some(bid) = state.parties.get(party).and_then(|bidder| bidder.live) else {
            continue;
        };
        let Some(opened) = current.book.sheets.get(&bid) else {
            continue;
        };
        let fields = opened.sheet.as_deref().unwrap_or("{}");
        sheets.push(SheetView {
            bid: bid.to_string(),
            bidder: if named {
                current.book.name(party)
            } else {
                party.code()
            },
            fields: serde_json::from_str(fields).map_err(Problem::internal)?,
            segment_key: opened.segment_key.clone(),
        });
    }
    Ok(SheetList {
        lot: lot.to_string(),
        sheets,
    })
}

/// What is needed to open one announced sheet again.
///
/// # Errors
/// `not-found` until it is announced; in a masked lot for those who are not
/// officials, since the header names the bidder.
pub async fn proof(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    bid: Digest,
    visitor: &Visitor,
) -> Result<SheetProof, Problem> {
    let current = deciding::load(app, project).await?;
    let state = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    let viewer = projects::viewer(&current.book, visitor);
    let at = Point::lot(&current.state, state);
    bids::ensure(may_read(&viewer, Thing::SheetProof, at, false))?;
    let bidder = state.party_of(&bid).and_then(|it| state.parties.get(&it));
    let opened = bidder.is_some_and(|bidder| bidder.outcome == Some(Outcome::Opened));
    let is_there = opened && !state.order.is_empty();
    let opened = current.book.sheets.get(&bid);
    let (true, Some(opened)) = (is_there, opened) else {
        return Err(Transport::NotFound.into());
    };
    repeated(app, project, bid, opened.segment_key.clone()).await
}

/// What opens a bid's sheet again.
///
/// # Errors
/// When the header or the ciphertext cannot be read.
pub(crate) async fn repeated(
    app: &App,
    project: ProjectId,
    bid: Digest,
    segment_key: Option<String>,
) -> Result<SheetProof, Problem> {
    let header = bids::header_of(app, project, bid).await?;
    let header = Header::parse(&header).map_err(Problem::internal)?;
    let place = header.layout().place(0, 0);
    let place = place.ok_or_else(|| Problem::internal("a bid without a sheet"))?;
    let (offset, length) = (place.offset, place.ciphertext);
    let blobs = app.store.blobs().clone();
    let ciphertext = super::blocking(move || {
        let mut blob = blobs.open(&bid).map_err(of_store)?;
        blob.seek(SeekFrom::Start(offset))
            .map_err(Problem::internal)?;
        let mut bytes = Vec::new();
        blob.take(length)
            .read_to_end(&mut bytes)
            .map_err(Problem::internal)?;
        Ok(bytes)
    });
    let suite = header.suite();
    Ok(SheetProof {
        bid: bid.to_string(),
        context: to_base64(header.part(HeaderPart::Context)),
        commitments: to_base64(header.part(HeaderPart::Commitments)),
        wraps: suite.digest(header.part(HeaderPart::Wraps)).to_string(),
        chain: suite.digest(header.part(HeaderPart::Chain)).to_string(),
        ciphertext: to_base64(&ciphertext.await?),
        segment_key,
    })
}

/// The documents of all opened bids and how far they are.
///
/// # Errors
/// `not-found` for those who are not officials.
pub async fn documents(
    app: &App,
    project: ProjectId,
    caller: &Caller,
) -> Result<DocumentList, Problem> {
    let current = deciding::load(app, project).await?;
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    // Who is not an official is told of no document in any stage of any lot.
    bids::ensure(viewer.seat >= Seat::Host)?;
    let mut list = DocumentList {
        documents: Vec::new(),
        done: 0,
        total: 0,
    };
    for (lot, state) in &current.state.lots {
        let at = Point::lot(&current.state, state);
        if !may_read(&viewer, Thing::Documents, at, false) {
            continue;
        }
        for (party, bid) in opened(state) {
            let Some(manifest) = documents::manifest(&current, &bid) else {
                continue;
            };
            for (segment, entry) in (FIRST..).zip(manifest.documents) {
                let standing = documents::standing(app, project, &bid, segment).await?;
                let progress = app.memory.work.progress.of(bid, segment);
                let state = match (&standing, progress) {
                    (Standing::Ready(_), _) => "ready",
                    (Standing::Failed, _) => "failed",
                    (Standing::Waiting, Some(_)) => "working",
                    (Standing::Waiting, None) => "waiting",
                };
                list.total += 1;
                list.done += u64::from(!matches!(standing, Standing::Waiting));
                list.documents.push(DocumentView {
                    id: document_id(&bid, segment),
                    lot: lot.to_string(),
                    bid: bid.to_string(),
                    bidder: current.book.name(&party),
                    name: entry.name,
                    media_type: entry.media,
                    size: entry.size,
                    state: state.to_owned(),
                    decrypted: progress,
                    problem: matches!(standing, Standing::Failed).then(|| "not-opened".to_owned()),
                });
            }
        }
    }
    Ok(list)
}

/// A document that is ready, for officials.
///
/// # Errors
/// `not-found` otherwise.
pub async fn document(
    app: &App,
    project: ProjectId,
    caller: &Caller,
    id: &str,
) -> Result<(DocumentEntry, DocumentKey), Problem> {
    let current = deciding::load(app, project).await?;
    let (bid, segment) = parse_document_id(id).ok_or(Transport::NotFound)?;
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    let may = |lot: &Lot| {
        let at = Point::lot(&current.state, lot);
        may_read(&viewer, Thing::Documents, at, false)
    };
    let is_opened = |lot: &Lot| lot.opened.is_some() && lot.accepted.contains(&bid);
    let mut lots = current.state.lots.values();
    bids::ensure(lots.any(|lot| is_opened(lot) && may(lot)))?;
    let manifest = documents::manifest(&current, &bid).ok_or(Transport::NotFound)?;
    let index = segment
        .checked_sub(FIRST)
        .and_then(|index| usize::try_from(index).ok());
    let entry = index.and_then(|index| manifest.documents.into_iter().nth(index));
    match documents::standing(app, project, &bid, segment).await? {
        Standing::Ready(key) => entry
            .map(|entry| (entry, key))
            .ok_or_else(|| Transport::NotFound.into()),
        Standing::Waiting | Standing::Failed => Err(Transport::NotFound.into()),
    }
}

/// A lot's opened bids in the order in which they are read out, or were.
pub(crate) fn opened_in_order(lot: &Lot) -> Vec<(Party, Digest)> {
    let mut opened = opened(lot);
    let places: BTreeMap<&Party, usize> = lot.order.iter().zip(0..).collect();
    opened.sort_by_key(|(party, _)| places.get(party).copied().unwrap_or(usize::MAX));
    opened
}

fn opened(lot: &Lot) -> Vec<(Party, Digest)> {
    if lot.opened.is_none() {
        return Vec::new();
    }
    let live = lot
        .parties
        .iter()
        .filter_map(|(party, bidder)| Some((*party, bidder.live?)));
    live.filter(|(_, bid)| lot.accepted.contains(bid)).collect()
}

fn document_id(bid: &Digest, segment: u32) -> String {
    format!("{bid}-{segment}")
}

fn parse_document_id(id: &str) -> Option<(Digest, u32)> {
    let (bid, segment) = id.split_once('-')?;
    Some((bid.parse().ok()?, segment.parse().ok()?))
}

/// Whether a record may be read: by everybody once the lot has ended, by its
/// officials and by those who bid in it as soon as it is there.
pub fn may_read_record(current: &Current<Project>, lot: &LotId, visitor: &Visitor) -> bool {
    let Some(state) = current.state.lots.get(lot) else {
        return false;
    };
    let viewer = projects::viewer(&current.book, visitor);
    // A submission that was refused gives no part in the lot.
    let organisation = viewer.organisation.as_ref();
    let has_bid = organisation
        .and_then(|organisation| bids::bidder(current, lot, organisation))
        .is_some_and(|(_, bidder)| !bidder.chain.is_empty());
    may_read(
        &viewer,
        Thing::Record,
        Point::lot(&current.state, state),
        has_bid,
    )
}
