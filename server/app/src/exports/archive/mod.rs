//! What each party of a project puts into its archive (docs/spec/archive.md).

mod bids;
mod opening;
mod tender;

use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::book::Entry;
use kaibiao_core::complaints;
use kaibiao_core::ids::{LotId, Millis, Organisation, Party as Handle, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::role::By;
use kaibiao_core::terms::{Draft, Named};
use kaibiao_core::viewer::{Seat, Viewer};
pub use kaibiao_exports::archive::Party;
use kaibiao_exports::archive::{Case, CaseLot, Holding, back};
use kaibiao_store::Current;

use crate::caller::{Caller, Visitor};
use crate::exports::sending::{Content, Sending, Sent};
use crate::{App, Shared, attachments, bundle, projects};

/// A file of a package before it is sent.
struct Planned {
    path: String,
    title: String,
    author: String,
    formed: Option<Millis>,
    content: Content,
}

/// What the parts of a package are gathered from.
struct Gathering<'a> {
    app: &'a Shared,
    project: ProjectId,
    current: Arc<Current<Project>>,
    draft: &'a Draft,
    caller: &'a Caller,
    visitor: Visitor,
    viewer: Viewer,
    party: Party,
    files: Vec<Planned>,
}

/// A party's package.
///
/// # Errors
/// `not-found` until every lot has ended, and for whoever may not have it.
pub async fn package(
    app: &Shared,
    project: ProjectId,
    party: Party,
    caller: &Caller,
) -> Result<Sending, Problem> {
    let visitor = Visitor(Some(caller.clone()));
    let (current, viewer) = projects::seen(app, project, &visitor).await?;
    let draft = current.book.draft.clone().ok_or(Transport::NotFound)?;
    let keeper = keeper(&current, &draft, party, &viewer, app.now());
    let keeper = keeper.ok_or(Transport::NotFound)?;
    let mut gathering = Gathering {
        app,
        project,
        current: current.clone(),
        draft: &draft,
        caller,
        visitor,
        viewer,
        party,
        files: Vec::new(),
    };
    tender::gather(&mut gathering).await?;
    bids::gather(&mut gathering).await?;
    opening::gather(&mut gathering).await?;
    gathering.evidence().await?;
    let mut listed = Vec::new();
    let mut files = Vec::new();
    for it in gathering.files {
        listed.push((it.path.clone(), it.title, it.author, it.formed));
        files.push((it.path, it.content));
    }
    let case = case(app, project, party, keeper, &current, &draft);
    let name = format!("{}-{}.archive.zip", draft.number, party.name());
    let sending = Sending::new(app, name, files.into());
    Ok(sending.with_back(move |sent| {
        let holdings: Vec<Holding> = listed.into_iter().zip(sent).map(holding).collect();
        back(&case, &holdings).map_err(Problem::internal)
    }))
}

fn holding(
    ((path, title, author, formed), sent): ((String, String, String, Option<Millis>), &Sent),
) -> Holding {
    Holding {
        path,
        title,
        author,
        formed,
        size: sent.size,
        digest: sent.digest,
    }
}

/// Whose archive it is, where the viewer may have this package now.
fn keeper(
    current: &Current<Project>,
    draft: &Draft,
    party: Party,
    viewer: &Viewer,
    now: Millis,
) -> Option<Named> {
    let mut lots = current.state.lots.values();
    let has_ended = current.state.is_past_t0(now) && lots.all(|lot| lot.stage.is_end());
    let officials = &draft.officials;
    let (seat, keeper) = match party {
        Party::Tenderer => (Seat::Host, Some(&officials.tenderer)),
        Party::Agency => (Seat::Host, officials.agency.as_ref()),
        Party::Platform => (Seat::Centre, Some(&officials.centre)),
        Party::Bidder => {
            let own = viewer.organisation.as_ref()?;
            let name = bidder(current, own)?;
            let keeper = Named {
                organisation: own.clone(),
                name,
            };
            return has_ended.then_some(keeper);
        }
    };
    let may = viewer.seat == seat || viewer.seat == Seat::Supervisor;
    (has_ended && may).then(|| keeper.cloned()).flatten()
}

/// The name of an organisation that has bid.
fn bidder(current: &Current<Project>, own: &Organisation) -> Option<String> {
    let mut lots = current.state.lots.iter();
    lots.find_map(|(lot, state)| {
        let party = current.book.handle(lot, own)?;
        let bidder = state.parties.get(&party)?;
        let has_bid = bidder.chain.iter().any(|link| link.terms.is_some());
        has_bid.then(|| current.book.name(&party))
    })
}

fn case(
    app: &App,
    project: ProjectId,
    party: Party,
    keeper: Named,
    current: &Current<Project>,
    draft: &Draft,
) -> Case {
    let lots = current.state.lots.iter().map(|(lot, state)| CaseLot {
        lot: lot.to_string(),
        title: draft
            .lots
            .get(lot)
            .map_or_else(String::new, |it| it.title.clone()),
        stage: state.stage.name(),
        record: state.records.last().map(|it| it.record),
    });
    Case {
        party,
        keeper,
        project: project.to_string(),
        number: draft.number.clone(),
        title: draft.title.clone(),
        external_id: draft.external_id.clone(),
        officials: draft.officials.clone(),
        t0: draft.t0,
        lots: lots.collect(),
        size: current.head.size,
        root: current.head.root,
        origin: app.config.address(),
        made: app.now(),
    }
}

impl Gathering<'_> {
    fn add(
        &mut self,
        path: String,
        title: impl Into<String>,
        author: impl Into<String>,
        formed: Option<Millis>,
        content: Content,
    ) {
        self.files.push(Planned {
            path,
            title: title.into(),
            author: author.into(),
            formed,
            content,
        });
    }

    /// 04-凭证: the public bundle, once there is one.
    async fn evidence(&mut self) -> Result<(), Problem> {
        let edition = bundle::Edition::Public;
        let found = bundle::export(self.app, self.project, edition, &self.visitor).await;
        let bundle = match found {
            Err(problem) if problem.code == Transport::BundleWaits.code() => return Ok(()),
            found => found?,
        };
        let path = "04-凭证/证据包.kev".to_owned();
        let author = self.platform();
        let content = Content::Bundle(Box::new(bundle));
        self.add(path, "开标证据包(公开版)", author, None, content);
        Ok(())
    }

    /// The author of an event, as people call it.
    fn author(&self, seq: u64) -> String {
        let entry = self.current.book.entry(seq);
        let author = entry.and_then(|entry| entry.author.as_ref());
        author.map_or_else(|| self.platform(), |author| author.name.clone())
    }

    /// Who said something in the room: of a bidder whom the viewer may not know, its code.
    fn said_by(&self, entry: &Entry) -> String {
        match (entry.by, entry.party) {
            (By::Bidder, Some(party)) if !self.knows(entry.lot.as_ref(), party) => party.code(),
            _ => self.author(entry.seq),
        }
    }

    /// Whether the viewer may know who is behind a handle.
    fn knows(&self, lot: Option<&LotId>, party: Handle) -> bool {
        let (state, own) = (&self.current.state, self.viewer.organisation.as_ref());
        let own = lot.and_then(|lot| self.current.book.handle(lot, own?));
        let lot = lot.and_then(|lot| state.lots.get(lot));
        lot.is_some_and(|lot| {
            let at = Point::lot(state, lot);
            may_read(&self.viewer, Thing::Names, at, own == Some(party))
        })
    }

    /// The body that runs the platform.
    fn platform(&self) -> String {
        self.draft.officials.centre.name.clone()
    }

    /// An act as it was signed, canonical JSON.
    fn signed(&self, seq: u64) -> Option<Content> {
        let signed = self.current.book.entry(seq)?.signed.as_ref()?;
        Some(Content::Bytes(kaibiao_crypto::canonical::to_bytes(signed)))
    }

    /// The files that an event has named, where the caller may read them.
    async fn attached(&mut self, seq: u64, folder: &str) -> Result<(), Problem> {
        let Some(entry) = self.current.book.entry(seq).cloned() else {
            return Ok(());
        };
        if complaints::of_file(&entry).is_some() {
            return Ok(());
        }
        let author = self.said_by(&entry);
        for (place, file) in (1..).zip(&entry.attachments) {
            let place: u32 = place;
            let named = format!("{folder}/{seq}-{place:03}-");
            self.file(named, file, &author, entry.time).await?;
        }
        Ok(())
    }

    /// A file that was handed in, where the caller may read it.
    async fn file(
        &mut self,
        before: String,
        file: &kaibiao_core::act::Attachment,
        author: &str,
        formed: Millis,
    ) -> Result<(), Problem> {
        let found = attachments::find(self.app, self.project, &self.visitor, file.digest).await;
        let (attached, key) = match found {
            Err(problem) if problem.code == Transport::NotFound.code() => return Ok(()),
            found => found?,
        };
        let name = kaibiao_exports::package::plain(&file.name);
        let content = Content::Document(key, attached.size);
        self.add(before + &name, &file.name, author, Some(formed), content);
        Ok(())
    }
}
