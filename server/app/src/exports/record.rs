//! A lot's record in the forms that other programs read, and before there is one
//! its announced table (docs/spec/exports.md).

use std::collections::BTreeMap;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::{LotId, Organisation, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::record::{Head, Record};
use kaibiao_core::terms::Officials;
use kaibiao_crypto::Digest;
pub use kaibiao_exports::{Form, Language};
use kaibiao_exports::{Installation, Made, Opening, export};
use kaibiao_store::Current;

use crate::caller::Visitor;
use crate::{App, bids, blocking, deciding, projects, record, sheets};

/// A file that is handed out.
pub struct File {
    pub name: String,
    pub media: &'static str,
    pub bytes: Vec<u8>,
}

/// Which export is asked for.
pub struct Wanted {
    pub form: Form,
    pub language: Language,
    /// An earlier record, by its digest.
    pub digest: Option<Digest>,
}

/// Everything an export is made of, without borrowing from a project.
struct Source {
    record: Record,
    made: Option<Made>,
    officials: Officials,
    bidders: BTreeMap<Digest, Organisation>,
    lot_external: Option<String>,
    installation: Installation,
}

/// A record in a form, for whoever may read the record; before that, where the
/// form is a table, the announced table for whoever may read the sheets.
///
/// # Errors
/// `not-found` where there is neither.
pub async fn file(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    visitor: &Visitor,
    wanted: Wanted,
) -> Result<File, Problem> {
    let current = deciding::load(app, project).await?;
    let draft = current.book.draft.as_ref().ok_or(Transport::NotFound)?;
    let (record, made) = match of_record(app, &current, lot, visitor, wanted.digest).await? {
        Some((record, made)) => (record, Some(made)),
        None => (announced(project, &current, lot, visitor, &wanted)?, None),
    };
    let what = if made.is_some() { "record" } else { "table" };
    let name = format!("{}-{lot}.{what}.{}", draft.number, wanted.form.ending());
    let source = Source {
        officials: draft.officials.clone(),
        bidders: bidders(&current, lot, &record),
        lot_external: draft.lots.get(lot).and_then(|it| it.external_id.clone()),
        installation: installation(app),
        record,
        made,
    };
    let Wanted { form, language, .. } = wanted;
    let bytes = blocking(move || source.write(form, language)).await?;
    Ok(File {
        name,
        media: form.media(),
        bytes,
    })
}

impl Source {
    fn write(self, form: Form, language: Language) -> Result<Vec<u8>, Problem> {
        let opening = Opening {
            record: &self.record,
            made: self.made,
            officials: &self.officials,
            bidders: self.bidders,
            lot_external: self.lot_external.as_deref(),
        };
        export(&opening, form, language, &self.installation).map_err(Problem::internal)
    }
}

/// The record that is asked for, where the visitor may read it and there is one.
async fn of_record(
    app: &App,
    current: &Current<Project>,
    lot: &LotId,
    visitor: &Visitor,
    digest: Option<Digest>,
) -> Result<Option<(Record, Made)>, Problem> {
    if !sheets::may_read_record(current, lot, visitor) {
        return Ok(None);
    }
    let Ok(found) = record::find(current, lot, digest) else {
        return Ok(None);
    };
    let bytes = record::bytes(app, found.record).await?;
    let record = serde_json::from_slice(&bytes).map_err(Problem::internal)?;
    let entry = current.book.entry(found.seq);
    let made = Made {
        digest: found.record,
        at: entry.map_or(current.last_time, |entry| entry.time),
    };
    Ok(Some((record, made)))
}

/// What the record would say of the bids now. It is told as a table without what
/// only a record tells.
fn announced(
    project: ProjectId,
    current: &Current<Project>,
    lot: &LotId,
    visitor: &Visitor,
    wanted: &Wanted,
) -> Result<Record, Problem> {
    let state = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    let viewer = projects::viewer(&current.book, visitor);
    let at = Point::lot(&current.state, state);
    let is_asked = wanted.form.is_table() && wanted.digest.is_none();
    bids::ensure(is_asked && may_read(&viewer, Thing::Sheet, at, false))?;
    let head = Head {
        size: current.head.size,
        root: current.head.root,
    };
    let record = kaibiao_core::record::record(project, lot, &current.state, &current.book, head);
    record.ok_or_else(|| Transport::NotFound.into())
}

/// The organisations behind a record's bids. The record says whether they may be
/// told.
fn bidders(
    current: &Current<Project>,
    lot: &LotId,
    record: &Record,
) -> BTreeMap<Digest, Organisation> {
    let Some(state) = current.state.lots.get(lot) else {
        return BTreeMap::new();
    };
    let opened = record.rows.iter().map(|row| row.bid);
    let bids = opened.chain(record.unopened.iter().map(|it| it.bid));
    bids.filter_map(|bid| {
        let known = current.book.parties.get(&state.party_of(&bid)?)?;
        Some((bid, known.organisation.clone()))
    })
    .collect()
}

fn installation(app: &App) -> Installation {
    let exports = &app.config.exports;
    Installation {
        public_url: app.config.address(),
        ocid_prefix: exports.ocid_prefix.clone(),
        platform_code: exports.platform_code.clone(),
        service_platform_code: exports.service_platform_code.clone(),
    }
}
