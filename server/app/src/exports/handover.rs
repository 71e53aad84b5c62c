//! The hand-off package of a lot for evaluation systems: the documents by bidder
//! with a manifest and digests, sent as it is made (docs/spec/exports.md).

use std::vec::IntoIter;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::state::Lot;
use kaibiao_exports::package::{self, Archive, Bidder, Document, Manifest};
use kaibiao_store::{Current, DocumentKey};
use serde_json::{Map, Value};

use crate::caller::{Caller, Visitor};
use crate::documents::{self, Standing};
use crate::{App, Shared, bids, deciding, projects, sheets};

/// How many bytes of a document are in memory at a time.
const PIECE: u64 = 256 << 10;

/// A package that is being sent.
pub struct Sending {
    /// What the file is called.
    pub name: String,
    /// How long it will be, where that can be said.
    pub length: Option<u64>,
    app: Shared,
    archive: Option<Archive>,
    front: IntoIter<(String, Vec<u8>)>,
    documents: IntoIter<(String, DocumentKey, u64)>,
    /// The document that is being read, how far, and its size.
    open: Option<(DocumentKey, u64, u64)>,
}

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
    let front = package::front(&manifest).map_err(Problem::internal)?;
    let size = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let files: Vec<_> = front
        .iter()
        .map(|(path, bytes)| (path.clone(), size(bytes)))
        .chain(
            documents
                .iter()
                .map(|(path, _, size)| (path.clone(), *size)),
        )
        .collect();
    Ok(Sending {
        name: format!("{}-{lot}.documents.zip", draft.number),
        length: package::length(&files).map_err(Problem::internal)?,
        app: app.clone(),
        archive: Some(Archive::new()),
        front: Vec::from(front).into_iter(),
        documents: documents.into_iter(),
        open: None,
    })
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
                sha256: entry.digest,
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

impl Sending {
    /// The next bytes, or none at the end.
    ///
    /// # Errors
    /// When a document cannot be read. What was sent until then is no archive.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        loop {
            let Some(archive) = &mut self.archive else {
                return Ok(None);
            };
            if let Some((key, at, size)) = &mut self.open {
                let end = (*size).min(*at + PIECE);
                let bytes = documents::piece(&self.app, key, *at..end).await?;
                archive.write(&bytes).map_err(Problem::internal)?;
                *at = end;
                if at == size {
                    self.open = None;
                }
            } else if let Some((path, bytes)) = self.front.next() {
                archive.begin(&path).map_err(Problem::internal)?;
                archive.write(&bytes).map_err(Problem::internal)?;
            } else if let Some((path, key, size)) = self.documents.next() {
                archive.begin(&path).map_err(Problem::internal)?;
                self.open = (size > 0).then_some((key, 0, size));
            } else if let Some(archive) = self.archive.take() {
                return Ok(Some(archive.finish().map_err(Problem::internal)?));
            }
            if let Some(archive) = &mut self.archive {
                let bytes = archive.take();
                if !bytes.is_empty() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}
