//! Which files a bundle has, and what is in each (docs/spec/bundle.md, 2).

use kaibiao_api::StatementView;
use kaibiao_api::problem::Problem;
use kaibiao_core::access::{Point, Thing, is_public, may_read};
use kaibiao_core::anchored::StatementProof;
use kaibiao_core::event::Outcome;
use kaibiao_core::ids::{LotId, ProjectId, Seq};
use kaibiao_core::state::Lot;
use kaibiao_crypto::anchor::AnchorSalt;
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::{Digest, Suite, canonical};
use serde::Serialize;

use super::Edition;
use super::kept::{self, Logged};
use super::line::{Reader, line_of};
use super::outline::Outline;
use crate::{App, bids, lists, rechecks, record, sheets, statements};

const FORMAT: &str = "kaibiao/1 bundle";
/// The version of the rules by which facts fold and records are made.
const RULES: u32 = 1;

/// What a bundle is made of.
pub struct Evidence {
    pub edition: Edition,
    /// The last event.
    pub end: Seq,
    /// What the public log says of it; none where the terms know of no log.
    pub logged: Option<Logged>,
    /// The lines of notices.
    pub notices: Vec<u8>,
    /// The lines of erasures.
    pub erasures: Vec<u8>,
    /// The lines of time stamps.
    pub stamps: Vec<u8>,
    pub reader: Reader,
    pub outline: Outline,
}

/// Where a file's content comes from.
pub enum Source {
    /// It is here.
    Bytes(Vec<u8>),
    /// The events, which are too many to be held.
    Events,
    Anchors,
    /// The closing statement, or a lot's accepted one.
    Statement(Option<LotId>),
    List(Digest),
    Header(Digest),
    Entries,
    Receipts,
    Recheck(LotId, Digest),
    Record(Digest),
    Sheet(LotId, Digest),
}

#[derive(Serialize)]
struct About<'a> {
    edition: Edition,
    format: &'static str,
    origin: &'a str,
    project: String,
    root: Option<Digest>,
    rules: u32,
    size: Seq,
}

#[derive(Serialize)]
struct AnchorLine {
    index: u64,
    path: Vec<Digest>,
    root: Digest,
    salt: AnchorSalt,
    size: u64,
    tick: u64,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    index: u64,
    lot: &'a LotId,
    path: Vec<Digest>,
    terms: Digest,
}

#[derive(Serialize)]
struct StatementFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<StatementProof>,
    statement: StatementView,
}

#[derive(Serialize)]
struct SheetFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
    ciphertext: String,
    commitments: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_digest: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wraps: Option<String>,
}

/// The files, in the order of their names.
///
/// # Errors
/// Never, but for a fault of this program.
pub fn all(
    app: &App,
    project: ProjectId,
    evidence: &Evidence,
) -> Result<Vec<(String, Source)>, Problem> {
    let Evidence { outline, .. } = evidence;
    let state = &outline.state;
    let about = About {
        edition: evidence.edition,
        format: FORMAT,
        origin: &app.keys.origin,
        project: project.to_string(),
        root: outline.root,
        rules: RULES,
        size: evidence.end,
    };
    let about = canonical::try_to_bytes(&about).map_err(Problem::internal)?;
    let mut files = vec![
        ("bundle.json".to_owned(), Source::Bytes(about)),
        ("events.jsonl".to_owned(), Source::Events),
    ];
    let mut add = |name: String, source: Source| files.push((name, source));
    if state.closing.digest.is_some() {
        add("closing.json".to_owned(), Source::Statement(None));
    }
    if let Some(logged) = &evidence.logged {
        let note = logged.checkpoint.to_string().into_bytes();
        add("checkpoint".to_owned(), Source::Bytes(note));
        add("anchors.jsonl".to_owned(), Source::Anchors);
        if !outline.terms.is_empty() {
            add("logged.jsonl".to_owned(), Source::Entries);
        }
    }
    if !evidence.notices.is_empty() {
        let lines = evidence.notices.clone();
        add("notices.jsonl".to_owned(), Source::Bytes(lines));
    }
    if !evidence.erasures.is_empty() {
        let lines = evidence.erasures.clone();
        add("erasures.jsonl".to_owned(), Source::Bytes(lines));
    }
    if !evidence.stamps.is_empty() {
        let lines = evidence.stamps.clone();
        add("timestamps.jsonl".to_owned(), Source::Bytes(lines));
    }
    if !outline.bids.is_empty() {
        add("receipts.jsonl".to_owned(), Source::Receipts);
    }
    for (digest, (_, fixed)) in &outline.terms {
        let text = fixed.text.clone().into_bytes();
        add(format!("terms/{digest}.json"), Source::Bytes(text));
    }
    for digest in &outline.lists {
        add(format!("crls/{digest}.der"), Source::List(*digest));
    }
    for (id, lot) in &state.lots {
        if lot.statement.digest.is_some() {
            let source = Source::Statement(Some(id.clone()));
            add(format!("accepted/{id}.json"), source);
        }
        for bid in announced(lot) {
            add(format!("sheets/{bid}.json"), Source::Sheet(id.clone(), bid));
        }
        if evidence.edition == Edition::Public {
            if let Some(last) = lot.records.last() {
                let source = Source::Record(last.record);
                add(format!("records/{}.json", last.record), source);
            }
            continue;
        }
        let rescued = outline.rescued.iter();
        let rescued =
            rescued.filter(|bid| lot.bids.contains_key(bid) && !lot.accepted.contains(bid));
        for bid in lot.accepted.iter().chain(rescued) {
            add(format!("headers/{bid}.bin"), Source::Header(*bid));
        }
        let at = Point::lot(state, lot);
        let repeated = may_read(&evidence.reader.viewer, Thing::Recheck, at, false);
        for bid in contested(lot).filter(|_| repeated) {
            add(
                format!("rechecks/{bid}.json"),
                Source::Recheck(id.clone(), bid),
            );
        }
    }
    if evidence.edition == Edition::Supervisor {
        for record in &outline.records {
            add(format!("records/{record}.json"), Source::Record(*record));
        }
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    // Two lots may have one record of the same bytes, were they of one id.
    files.dedup_by(|(one, _), (other, _)| one == other);
    Ok(files)
}

/// The announced bids that opened.
fn announced(lot: &Lot) -> impl Iterator<Item = Digest> {
    let bidders = lot.order.iter().filter_map(|party| lot.parties.get(party));
    let opened = bidders.filter(|bidder| bidder.outcome == Some(Outcome::Opened));
    opened.filter_map(|bidder| bidder.live)
}

/// The bids of which there is something to repeat.
fn contested(lot: &Lot) -> impl Iterator<Item = Digest> {
    let bidders = lot.parties.values();
    bidders.filter_map(|bidder| bidder.live.filter(|bid| lot.is_contested(bidder, bid)))
}

/// A file's content.
///
/// # Errors
/// When something of it cannot be read.
pub async fn read(
    app: &App,
    project: ProjectId,
    evidence: &Evidence,
    source: Source,
) -> Result<Vec<u8>, Problem> {
    match source {
        Source::Bytes(bytes) => Ok(bytes),
        Source::Events => Err(Problem::internal("events are read in pieces")),
        Source::Anchors => anchors(app, evidence).await,
        Source::Statement(lot) => statement(app, project, evidence, lot).await,
        Source::List(digest) => lists::get(app, digest).await.map_err(Problem::internal),
        Source::Header(bid) => bids::header_of(app, project, bid).await,
        Source::Entries => entries(app, project, evidence).await,
        Source::Receipts => receipts(app, project, evidence).await,
        Source::Recheck(id, bid) => recheck(app, project, evidence, &id, bid).await,
        Source::Record(digest) => record::bytes(app, digest).await,
        Source::Sheet(lot, bid) => sheet(app, project, evidence, &lot, bid).await,
    }
}

async fn anchors(app: &App, evidence: &Evidence) -> Result<Vec<u8>, Problem> {
    let mut lines = Vec::new();
    for placed in evidence.logged.iter().flat_map(|it| &it.anchors) {
        let path = kept::path(app, evidence.logged.as_ref(), placed.place).await?;
        lines.extend(line_of(&AnchorLine {
            index: placed.place,
            path,
            root: placed.anchor.root,
            salt: placed.anchor.salt,
            size: placed.anchor.size,
            tick: placed.anchor.tick,
        }));
    }
    Ok(lines)
}

async fn statement(
    app: &App,
    project: ProjectId,
    evidence: &Evidence,
    lot: Option<LotId>,
) -> Result<Vec<u8>, Problem> {
    let signed = match &lot {
        None => statements::closing(app, project).await?,
        Some(lot) => statements::accepted(app, project, lot).await?,
    };
    let proof = match &evidence.logged {
        None => None,
        Some(logged) => {
            let proof = statements::proof(app, project, lot.as_ref()).await?;
            let proof = proof.ok_or_else(|| Problem::internal("a statement without a proof"))?;
            Some(kept::normal(proof, &logged.policy)?.0)
        }
    };
    Ok(canonical::to_bytes(&StatementFile {
        proof,
        statement: signed.into(),
    }))
}

async fn entries(app: &App, project: ProjectId, evidence: &Evidence) -> Result<Vec<u8>, Problem> {
    let mut lines = Vec::new();
    for (terms, (lot, _)) in &evidence.outline.terms {
        let index = kept::place(app, project, terms).await?;
        let index = index.ok_or_else(|| Problem::internal("terms without an entry"))?;
        lines.extend(line_of(&EntryLine {
            index,
            lot,
            path: kept::path(app, evidence.logged.as_ref(), index).await?,
            terms: *terms,
        }));
    }
    Ok(lines)
}

async fn receipts(app: &App, project: ProjectId, evidence: &Evidence) -> Result<Vec<u8>, Problem> {
    let mut lines = Vec::new();
    for bid in &evidence.outline.bids {
        let receipt = statements::receipt(app, project, *bid).await?;
        lines.extend(line_of(&StatementView::from(receipt)));
    }
    Ok(lines)
}

async fn recheck(
    app: &App,
    project: ProjectId,
    evidence: &Evidence,
    id: &LotId,
    bid: Digest,
) -> Result<Vec<u8>, Problem> {
    let Outline { state, book, .. } = &evidence.outline;
    let lot = state.lots.get(id);
    let terms = book.terms.get(id);
    let bidder = lot.and_then(|lot| lot.parties.get(&lot.party_of(&bid)?));
    let (Some(lot), Some(bidder), Some(terms)) = (lot, bidder, terms) else {
        return Err(Problem::internal("a recheck of no bid"));
    };
    let of = rechecks::Of {
        project,
        id,
        lot,
        bid,
        bidder,
        terms: &terms.terms,
    };
    Ok(canonical::to_bytes(&rechecks::whole(app, of).await?))
}

async fn sheet(
    app: &App,
    project: ProjectId,
    evidence: &Evidence,
    id: &LotId,
    bid: Digest,
) -> Result<Vec<u8>, Problem> {
    let Outline { state, book, .. } = &evidence.outline;
    let opened = book.sheets.get(&bid);
    let segment_key = opened.and_then(|opened| opened.segment_key.clone());
    let proof = sheets::repeated(app, project, bid, segment_key).await?;
    let lot = state.lots.get(id);
    let is_told = evidence.edition == Edition::Supervisor
        || lot.is_some_and(|lot| is_public(Thing::SheetProof, Point::lot(state, lot)));
    let (context, context_digest) = if is_told {
        (Some(proof.context), None)
    } else {
        // It names the bidder.
        let context = from_base64(&proof.context).map_err(Problem::internal)?;
        let suite = book.terms.get(id).map(|fixed| fixed.terms.suite.as_str());
        let suite = suite.and_then(Suite::named).unwrap_or_default();
        (None, Some(suite.digest(&context)))
    };
    // The chain is the same in all bids under one certificate, so that its digest would
    // name the bidder too, and with that of the wraps it could be guessed.
    Ok(canonical::to_bytes(&SheetFile {
        chain: is_told.then_some(proof.chain),
        ciphertext: proof.ciphertext,
        commitments: proof.commitments,
        context,
        context_digest,
        segment_key: proof.segment_key,
        wraps: is_told.then_some(proof.wraps),
    }))
}
