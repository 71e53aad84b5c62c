//! The hand-off package of a lot for evaluation systems: the documents by bidder
//! with a manifest and digests, sent as it is made (docs/spec/exports.md).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::state::Lot;
use kaibiao_crypto::Digest;
use kaibiao_exports::package::{self, Bidder, Document, Manifest};
use kaibiao_store::{Current, DocumentKey};
use serde_json::{Map, Value};

use crate::caller::{Caller, Visitor};
use crate::documents::{self, Standing};
use crate::exports::sending::{Content, Sending};
use crate::{App, Shared, bids, deciding, projects, sheets};

/// A lot's package, for officials. Documents that did not open or are not open yet
/// are named in its manifest.
///
/// # Errors
/// `not-found` for everybody else, and before the bids are open.
pub async fn package(
    app: &Shared,
    project: ProjectId,
    lot: &LotId,
    caller: &Caller,
) -> Result<Sending, Problem> {
    let current = deciding::load(app, project).await?;
    let state = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    let draft = current.book.draft.as_ref().ok_or(Transport::NotFound)?;
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    let at = Point::lot(&current.state, state);
    bids::ensure(state.opened.is_some() && may_read(&viewer, Thing::Documents, at, false))?;
    let sheets = may_read(&viewer, Thing::Sheet, at, false);
    let (bidders, documents) = bidders(app, project, &current, state, sheets).await?;
    let lot_draft = draft.lots.get(lot).ok_or(Transport::NotFound)?;
    let manifest = Manifest {
        version: 1,
        project: project.to_string(),
        number: draft.number.clone(),
        title: draft.title.clone(),
        lot: lot.to_string(),
        lot_title: lot_draft.title.clone(),
        record: state.records.last().map(|record| record.record),
        bidders,
    };
    let known = vec![Digest::from_bytes([0; 32]); documents.len()];
    let back = package::back(manifest.clone(), &known).map_err(Problem::internal)?;
    let size = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let sizes = documents
        .iter()
        .map(|(path, _, size)| (path.clone(), *size));
    let back = back.iter().map(|(path, bytes)| (path.clone(), size(bytes)));
    let length = package::length(&sizes.chain(back).collect::<Vec<_>>());
    let files = documents.into_iter();
    let files = files.map(|(path, key, size)| (path, Content::Document(key, size)));
    let name = format!("{}-{lot}.documents.zip", draft.number);
    let sending = Sending::new(app, name, files.collect());
    let sending = sending.of_length(length.map_err(Problem::internal)?);
    Ok(sending.with_back(move |sent| {
        let sent: Vec<_> = sent.iter().map(|it| it.digest).collect();
        let back = package::back(manifest, &sent).map_err(Problem::internal)?;
        Ok(back.into())
    }))
}

type Ready = Vec<(String, DocumentKey, u64)>;

/// The opened bids in reading order with their documents, and those documents that
/// can be sent.
async fn bidders(
    app: &App,
    project: ProjectId,
    current: &Current<Project>,
    lot: &Lot,
    sheets: bool,
) -> Result<(Vec<Bidder>, Ready), Problem> {
    let mut bidders = Vec::new();
    let mut ready = Vec::new();
    for (party, bid) in sheets::opened_in_order(lot) {
        let Some(manifest) = documents::manifest(current, &bid) else {
            continue;
        };
        let name = current.book.name(&party);
        let folder = package::folder(bidders.len() + 1, &name);
        let mut listed = Vec::new();
        for (segment, entry) in (documents::FIRST..).zip(manifest.documents) {
            let (state, path) = match documents::standing(app, project, &bid, segment).await? {
                Standing::Waiting => ("waiting", None),
                Standing::Failed => ("failed", None),
                Standing::Ready(key) => {
                    let path = package::path(&folder, segment - 1, &entry.name);
                    ready.push((path.clone(), key, entry.size));
                    ("ready", Some(path))
                }
            };
            listed.push(Document {
                path,
                name: entry.name,
                media_type: entry.media,
                size: entry.size,
                digest: entry.digest,
                sha256: None,
                state,
            });
        }
        let known = current.book.parties.get(&party);
        let sheet = current.book.sheets.get(&bid).filter(|_| sheets);
        let sheet = sheet.and_then(|it| serde_json::from_str(it.sheet.as_ref()?).ok());
        bidders.push(Bidder {
            folder,
            name,
            organisation: known.map_or_else(String::new, |it| it.organisation.to_string()),
            bid,
            sheet: sheet.unwrap_or_else(|| Value::Object(Map::new())),
            documents: listed,
        });
    }
    Ok((bidders, ready))
}
