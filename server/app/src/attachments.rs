//! Files that go with an objection, a reply, a clarification or an
//! authorisation. They are named by their digest, kept encrypted, and shown to
//! those who may see what they belong to.

use std::collections::BTreeSet;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::act::{Act, Attachment};
use kaibiao_core::book::{Book, Entry};
use kaibiao_core::complaints;
use kaibiao_core::files;
use kaibiao_core::ids::{Organisation, ProjectId, Seq};
use kaibiao_core::project::Project;
use kaibiao_core::refusal::{Refusal, RefusalCode};
use kaibiao_crypto::Digest;
use kaibiao_store::{Current, DocumentKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::deciding::{self, stream};
use super::{App, bids, projects};
use crate::caller::{Caller, Visitor};
use crate::failure::of_store;

/// What is kept of an attachment beside its content.
#[derive(Serialize, Deserialize)]
pub struct Attached {
    pub media_type: String,
    pub size: u64,
    key: Vec<u8>,
}

/// How many attachments one organisation may hand in to one project.
const MOST: usize = 200;

/// The name of one organisation's attachment. The same content from two
/// organisations makes two attachments, so that nobody learns from its own what
/// another has handed in.
fn name(owner: &Organisation, digest: &Digest) -> String {
    format!("{}{digest}", folder(owner))
}

fn folder(owner: &Organisation) -> String {
    let owner = Digest::of(owner.to_string().as_bytes());
    format!("attachment/{owner}/")
}

/// Checks, before a byte of a file is read, that the caller may hand one in.
///
/// # Errors
/// `not-found` when there is no such project for the caller, `files-over` when it takes
/// none any more.
pub async fn may_keep(app: &App, project: ProjectId, caller: &Caller) -> Result<(), Problem> {
    let visitor = Visitor(Some(caller.clone()));
    let (current, _) = projects::seen(app, project, &visitor).await?;
    let own = &caller.session.organisation;
    files::are_taken(&current.state, &current.book, own, app.now())
        .map_err(|refusal| Problem::from(&refusal))
}

async fn names(app: &App, project: ProjectId) -> Result<Vec<String>, Problem> {
    let names = app.store.secret_names(&stream(project)).await;
    names.map_err(of_store)
}

/// Keeps a file. An organisation that hands in the same content again gets the
/// attachment that it has.
///
/// # Errors
/// `files-full` when its organisation has handed in too many, or too much.
pub async fn keep(
    app: &App,
    project: ProjectId,
    caller: &Caller,
    media_type: String,
    content: Vec<u8>,
) -> Result<(Digest, u64), Problem> {
    let digest = Digest::of(&content);
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let owner = &caller.session.organisation;
    let name = name(owner, &digest);
    let kept = names(app, project).await?;
    if kept.contains(&name) {
        return Ok((digest, size));
    }
    let folder = folder(owner);
    let own = kept.iter().filter(|name| name.starts_with(&folder));
    let (mut files, mut bytes) = (0, size);
    for name in own {
        files += 1;
        let earlier = attached(app, project, name).await?;
        bytes += earlier.map_or(0, |earlier| earlier.size);
    }
    let most = app.config.limits.attachments_bytes;
    if files >= MOST || bytes > most {
        let refusal = Refusal::new(RefusalCode::FilesFull).with("files", MOST);
        return Err((&refusal.with("megabytes", most >> 20)).into());
    }
    let key = app
        .store
        .documents()
        .put(Zeroizing::new(content))
        .await
        .map_err(of_store)?;
    let attached = Attached {
        media_type,
        size,
        key: key.to_secret().to_vec(),
    };
    let value = serde_json::to_vec(&attached).map_err(Problem::internal)?;
    deciding::keep(app, project, &name, value).await?;
    Ok((digest, size))
}

/// Keeps a file of somebody without a certificate, who hands it in with its complaint.
/// Its name and what is kept under it belong into the transaction of that.
///
/// # Errors
/// A failure of the store.
pub async fn of_the_public(
    app: &App,
    named: &Attachment,
    content: Vec<u8>,
) -> Result<(String, Zeroizing<Vec<u8>>), Problem> {
    let documents = app.store.documents();
    let key = documents.put(Zeroizing::new(content)).await;
    let attached = Attached {
        media_type: named.media_type.clone(),
        size: named.size,
        key: key.map_err(of_store)?.to_secret().to_vec(),
    };
    let value = serde_json::to_vec(&attached).map_err(Problem::internal)?;
    let name = of_the_public_name(&named.digest);
    Ok((name, Zeroizing::new(value)))
}

/// The name of an attachment of somebody without a certificate.
fn of_the_public_name(digest: &Digest) -> String {
    let owner = Digest::of(b"the public");
    format!("attachment/{owner}/{digest}")
}

/// Refuses an act that names a file which was not handed in by whose it is, or not of
/// that size: nobody could fetch it. So naming one neither shows another's to the room
/// nor tells whether there is one.
///
/// # Errors
/// `file-missing`, with its name.
pub async fn are_kept(
    app: &App,
    project: ProjectId,
    caller: &Caller,
    body: &Act,
    book: &Book,
) -> Result<(), Problem> {
    let own = vec![caller.session.organisation.clone()];
    let (attachments, whose) = match (body, &book.draft) {
        (Act::Publish(_), Some(draft)) => (&draft.attachments, drafters(book)),
        (Act::Clarify(body), _) => (&body.attachments, own),
        (Act::Object(body), _) => (&body.attachments, own),
        (Act::Reply(body), _) => (&body.attachments, own),
        (Act::Complain(body), _) => (&body.attachments, own),
        (Act::AnswerComplaint(body), _) => (&body.attachments, own),
        _ => return Ok(()),
    };
    if attachments.is_empty() {
        return Ok(());
    }
    let kept = names(app, project).await?;
    for it in attachments {
        let kept = match first_of(&kept, &whose, &it.digest) {
            Some(name) => attached(app, project, &name).await?,
            None => None,
        };
        if kept.is_none_or(|kept| kept.size != it.size) {
            let refusal = Refusal::new(RefusalCode::FileMissing).with("name", &it.name);
            return Err((&refusal).into());
        }
    }
    Ok(())
}

/// What somebody handed in and nobody has named; officials may look at it.
fn any_of(kept: &[String], digest: &Digest) -> Result<String, Problem> {
    let wanted = digest.to_string();
    let is_one = |name: &&String| digest_of(name) == Some(wanted.as_str());
    let found = kept.iter().find(is_one).cloned();
    found.ok_or_else(|| Transport::NotFound.into())
}

/// Whose the files of a notice are: the host's, and those of whoever drafted it, since
/// another platform hands in what it imports.
fn drafters(book: &Book) -> Vec<Organisation> {
    let officials = book.draft.iter().map(|draft| &draft.officials);
    let host = officials.flat_map(|all| std::iter::once(&all.tenderer).chain(&all.agency));
    let host = host.map(|named| named.organisation.clone());
    let drafted = book.entries.values();
    let drafted = drafted.filter(|entry| matches!(&*entry.kind, "drafted" | "edited"));
    let authors = drafted.filter_map(|entry| Some(entry.author.as_ref()?.organisation.clone()));
    host.chain(authors).collect()
}

/// The name of the first of these organisations' attachments of that content.
fn first_of(kept: &[String], whose: &[Organisation], digest: &Digest) -> Option<String> {
    let names = whose.iter().map(|owner| name(owner, digest));
    names.into_iter().find(|name| kept.contains(name))
}

/// What is kept of the attachment of that name.
async fn attached(app: &App, project: ProjectId, name: &str) -> Result<Option<Attached>, Problem> {
    let kept = app.store.secret(&stream(project), name).await;
    let kept = kept.map_err(of_store)?;
    kept.map(|kept| serde_json::from_slice(&kept).map_err(Problem::internal))
        .transpose()
}

/// The digest in an attachment's name.
fn digest_of(name: &str) -> Option<&str> {
    let (_, digest) = name.strip_prefix("attachment/")?.split_once('/')?;
    Some(digest)
}

/// The names under which the store keeps the files that one event names, and nothing else
/// in the project: their keys go with its details.
///
/// # Errors
/// When the store fails.
pub async fn of_event(app: &App, project: ProjectId, seq: Seq) -> Result<Vec<String>, Problem> {
    let current = deciding::load(app, project).await?;
    let book = &current.book;
    let Some(entry) = book.entry(seq) else {
        return Ok(Vec::new());
    };
    let drafted = book.draft.iter().flat_map(|draft| &draft.attachments);
    let others = book.entries.values().filter(|it| it.seq != seq);
    let others = others.flat_map(|it| &it.attachments).chain(drafted);
    let named: BTreeSet<Digest> = others.map(|it| it.digest).collect();
    let own = entry.attachments.iter().map(|it| it.digest);
    let own = own.filter(|digest| !named.contains(digest));
    let name = |digest: Digest| match &entry.author {
        Some(author) => name(&author.organisation, &digest),
        None => of_the_public_name(&digest),
    };
    Ok(own.map(name).collect())
}

/// An attachment and the key of its content, for somebody who may see it. That is
/// its owner at any time, everybody once an event in the room has named it, and
/// the officials from T0 on.
///
/// # Errors
/// `not-found` otherwise.
pub async fn find(
    app: &App,
    project: ProjectId,
    visitor: &Visitor,
    digest: Digest,
) -> Result<(Attached, DocumentKey), Problem> {
    let current = deciding::load(app, project).await?;
    let name = place(app, &current, project, visitor, digest).await?;
    opened(app, project, &name).await
}

/// A file of whomever, for somebody who is known to see it.
///
/// # Errors
/// `not-found` where nobody has handed it in.
pub async fn of_digest(
    app: &App,
    project: ProjectId,
    digest: Digest,
) -> Result<(Attached, DocumentKey), Problem> {
    let wanted = digest.to_string();
    let kept = names(app, project).await?;
    let mut kept = kept.iter();
    let name = kept.find(|name| digest_of(name) == Some(wanted.as_str()));
    opened(app, project, name.ok_or(Transport::NotFound)?).await
}

async fn opened(
    app: &App,
    project: ProjectId,
    name: &str,
) -> Result<(Attached, DocumentKey), Problem> {
    let attached = attached(app, project, name).await?;
    let attached = attached.ok_or(Transport::NotFound)?;
    let key = DocumentKey::from_secret(&attached.key)
        .ok_or_else(|| Problem::internal("an attachment's key"))?;
    Ok((attached, key))
}

/// The name under which the store keeps the attachment that a visitor may see.
async fn place(
    app: &App,
    current: &Current<Project>,
    project: ProjectId,
    visitor: &Visitor,
    digest: Digest,
) -> Result<String, Problem> {
    let kept = names(app, project).await?;
    let caller = visitor.0.as_ref();
    let own = caller.map(|caller| name(&caller.session.organisation, &digest));
    if let Some(own) = own.filter(|own| kept.contains(own)) {
        return Ok(own);
    }
    let is_it = |said: &&Entry| said.attachments.iter().any(|it| it.digest == digest);
    let entries = current.book.entries.values().map(|entry| &**entry);
    let (complained, said): (Vec<_>, Vec<_>) = entries
        .filter(is_it)
        .partition(|entry| complaints::of_file(entry).is_some());
    let in_room = said.first().copied();
    let said = in_room.or(complained.first().copied());
    let mut draft = current.book.draft.iter().flat_map(|it| &it.attachments);
    let thing = match said {
        // What stands in the notice, and not what an earlier draft of it named.
        _ if draft.any(|it| it.digest == digest) => Thing::NoticeFile,
        Some(_) if in_room.is_none() => Thing::Complaint,
        Some(_) => Thing::NamedFile,
        None => Thing::KeptFile,
    };
    let viewer = projects::viewer(&current.book, visitor);
    let at = Point::project(&current.state);
    let mut of_complaints = complained.into_iter().filter_map(complaints::of_file);
    let own = of_complaints.any(|which| complaints::is_own(&current.book, which, &viewer));
    bids::ensure(may_read(&viewer, thing, at, own))?;
    // The author's own alone: another organisation's has the same content, and the type
    // that it was handed in with would be a stranger's word.
    let author = said.and_then(|said| said.author.as_ref());
    let author = author.map(|author| author.organisation.clone());
    let kept_by = match thing {
        Thing::NoticeFile => drafters(&current.book),
        Thing::NamedFile => author.into_iter().collect(),
        _ => return any_of(&kept, &digest),
    };
    first_of(&kept, &kept_by, &digest).ok_or_else(|| Transport::NotFound.into())
}
