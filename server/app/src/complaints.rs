//! Complaints (投诉): who is shown which, and those of persons without a certificate.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{
    ComplaintFiled, ComplaintLine, ComplaintList, ComplaintReply, ComplaintTerm, ProjectComplaints,
    PublicComplaint, PublicFile,
};
use kaibiao_core::act::{Act, Attachment, Complain};
use kaibiao_core::command::{Command, System};
use kaibiao_core::complaints::{self, ComplaintCounts, ComplaintView};
use kaibiao_core::ids::{Millis, Nonce, ProjectId, Seq};
use kaibiao_core::lawful::lawful;
use kaibiao_core::lists::Overseen;
use kaibiao_core::project::Project;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::signed::Signed;
use kaibiao_core::viewer::Seat;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::SignedAct;
use kaibiao_os::random;
use kaibiao_store::{Current, DocumentKey};
use zeroize::Zeroizing;

use super::{App, attachments, deciding, desk, projects, walk};
use crate::attachments::Attached;
use crate::caller::{Caller, Visitor};
use crate::deciding::{Beside, unless_damaged};
use crate::desk::Asked;
use crate::memory::limits::Counted;
use crate::walk::Walk;

/// How many files go with a complaint of somebody without a certificate.
const FILES: usize = 5;

/// The complaints of a project that a visitor may know of, and whether it may complain.
///
/// # Errors
/// `not-found` where there is no such project for the visitor.
pub async fn of_project(
    app: &App,
    project: ProjectId,
    visitor: &Visitor,
) -> Result<ProjectComplaints, Problem> {
    let (current, viewer) = projects::seen(app, project, visitor).await?;
    let (state, book, now) = (&current.state, &current.book, app.now());
    let actor = visitor.0.as_ref().map(Caller::actor);
    let lots = state.lots.iter().map(|(id, lot)| {
        let refused = if let Some(actor) = &actor {
            let may = lawful(actor, state, book, id, now);
            let verdict = may.get("complain");
            verdict.map_or(Some(RefusalCode::NotPermitted.code()), |it| it.code())
        } else {
            let taken = complaints::of_the_public(state, lot, now);
            taken.err().map(|refusal| refusal.code.code())
        };
        let term = ComplaintTerm {
            until: complaints::until(state, lot),
            refused: refused.map(str::to_owned),
        };
        (id.clone(), term)
    });
    let lots: BTreeMap<_, _> = lots.collect();
    let draft = book.draft.as_ref();
    Ok(ProjectComplaints {
        counts: complaints::counts(state, &viewer, now),
        complaints: complaints::complaints(state, book, &viewer, now),
        lots,
        supervisor: draft
            .map(|draft| draft.officials.supervisor.name.clone())
            .unwrap_or_default(),
        now,
    })
}

/// The complaints of all projects that name the caller's organisation as an official.
///
/// # Errors
/// When the store fails.
pub async fn list(app: &App, caller: &Caller, asked: &Asked) -> Result<ComplaintList, Problem> {
    let now = app.now();
    let size = walk::page_size(asked.limit)?;
    let mut all = Vec::new();
    let mut counts = ComplaintCounts::default();
    // What is due first may be in any of them, and few projects have complaints.
    let complained = vec![Overseen::Complained.by(&caller.session.organisation)];
    let mut walk = Walk::through(app, complained, desk::Span::default(), None, walk::PAGE);
    while let Some(found) = walk.next().await? {
        let project = deciding::project_of(&found.listed.stream);
        let is_theirs = desk::oversees(caller, &found.listed.summary, false);
        let (true, Some(project)) = (is_theirs, project) else {
            continue;
        };
        let current = unless_damaged(projects::current(app, project).await)?;
        let Some(current) = current else { continue };
        let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
        if viewer.seat < Seat::Host {
            continue;
        }
        if let Some(more) = complaints::counts(&current.state, &viewer, now) {
            add(&mut counts, &more);
        }
        let Some(draft) = &current.book.draft else {
            continue;
        };
        let told = complaints::complaints(&current.state, &current.book, &viewer, now);
        all.extend(told.into_iter().map(|complaint| {
            ComplaintLine {
                project: project.to_string(),
                number: draft.number.clone(),
                title: draft.title.clone(),
                lot_title: draft
                    .lots
                    .get(&complaint.lot)
                    .map(|lot| lot.title.clone())
                    .unwrap_or_default(),
                complaint,
            }
        }));
    }
    all.sort_by_cached_key(place);
    if let Some(after) = &asked.after {
        let after = Place::read(after)?;
        all.retain(|line| place(line) > after);
    }
    let more = all.len() > size;
    all.truncate(size);
    Ok(ComplaintList {
        next: all
            .last()
            .filter(|_| more)
            .map(|last| place(last).to_string()),
        complaints: all,
        counts,
        now,
    })
}

/// Where a complaint stands in the list: what is due first, then the newest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    is_over: bool,
    due: Millis,
    complaint: Reverse<Seq>,
    project: String,
}

fn place(line: &ComplaintLine) -> Place {
    Place {
        is_over: line.complaint.due.is_none(),
        due: line.complaint.due.unwrap_or_default(),
        complaint: Reverse(line.complaint.complaint),
        project: line.project.clone(),
    }
}

impl Place {
    fn read(text: &str) -> Result<Self, Problem> {
        let wrong = || Transport::Malformed.with("reason", "after");
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or_else(wrong);
        let (due, complaint, project) = (part()?, part()?, part()?);
        let due = match due {
            "" => None,
            due => Some(due.parse().map_err(|_| wrong())?),
        };
        Ok(Self {
            is_over: due.is_none(),
            due: due.unwrap_or_default(),
            complaint: Reverse(complaint.parse().map_err(|_| wrong())?),
            project: project.to_owned(),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_over {
            write!(f, "{}", self.due)?;
        }
        write!(f, ".{}.{}", self.complaint.0, self.project)
    }
}

fn add(sum: &mut ComplaintCounts, more: &ComplaintCounts) {
    let both = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or_default() + b.unwrap_or_default()),
    };
    sum.waiting = both(sum.waiting, more.waiting);
    sum.declined = both(sum.declined, more.declined);
    sum.open += more.open;
    sum.answered += more.answered;
    sum.overdue += more.overdue;
}

/// Takes a complaint of somebody without a certificate. What the rules refuse leaves
/// nothing and is not counted against the address.
///
/// # Errors
/// What is wrong with it, the rules' refusal, or `too-many-requests` with the seconds
/// after which the address is heard again.
pub async fn file(
    app: &App,
    project: ProjectId,
    address: IpAddr,
    complaint: PublicComplaint,
) -> Result<ComplaintFiled, Problem> {
    projects::seen(app, project, &Visitor(None)).await?;
    let files = files(&complaint.files)?;
    let nonce = Nonce(random::bytes());
    let body = Complain {
        nonce,
        lot: complaint.lot,
        matter: complaint.matter,
        request: complaint.request,
        text: complaint.text,
        cites: complaint.cites,
        attachments: files.iter().map(|(named, _)| named.clone()).collect(),
    };
    let act = SignedAct::unsigned(&Act::from(body.clone()))
        .map_err(|error| Transport::Malformed.with("reason", error))?;
    let secret = Zeroizing::new(Digest::from_bytes(random::bytes()).to_string());
    let command = Command::System(System::Complained {
        body: Box::new(body),
        signed: Box::new(Signed::on(&act, None)),
        name: complaint.name,
        reach: complaint.reach,
        secret: Digest::of(secret.as_bytes()),
    });
    deciding::rehearse(app, project, command.clone()).await?;
    app.admit_all(Counted::complaint(address)).await?;
    let mut put = Vec::with_capacity(files.len());
    for (named, content) in files {
        put.push(attachments::of_the_public(app, &named, content).await?);
    }
    let done = deciding::put(app, project, command, move |events| Beside {
        put: if events.is_empty() {
            Vec::new()
        } else {
            put.clone()
        },
        ..Beside::default()
    });
    let recorded = done.await?.recorded;
    let filed = recorded.iter().find(|event| {
        let signed = event.details.as_ref().and_then(|it| it.signed.as_ref());
        signed.is_some_and(|signed| signed.digest() == act.digest())
    });
    let filed = filed.ok_or_else(|| Problem::internal("a complaint without its event"))?;
    Ok(ComplaintFiled {
        complaint: filed.seq,
        secret: secret.to_string(),
    })
}

type File = (Attachment, Vec<u8>);

fn files(files: &[PublicFile]) -> Result<Vec<File>, Problem> {
    if files.len() > FILES {
        return Err(RefusalCode::WrongText.into());
    }
    let read = files.iter().map(|file| {
        let content = BASE64
            .decode(&file.content)
            .map_err(|error| Transport::Malformed.with("reason", error))?;
        let named = Attachment {
            name: file.name.clone(),
            digest: Digest::of(&content),
            size: u64::try_from(content.len()).unwrap_or(u64::MAX),
            // A stranger's word on what it is decides nothing about how it is shown.
            media_type: "application/octet-stream".to_owned(),
        };
        Ok((named, content))
    });
    read.collect()
}

/// How a complaint of somebody without a certificate stands, for whoever has its number
/// and its secret.
///
/// # Errors
/// `not-found` alike where there is no such complaint and where the secret is another.
pub async fn read(
    app: &App,
    project: ProjectId,
    which: Seq,
    secret: &str,
) -> Result<ComplaintReply, Problem> {
    let (current, _) = projects::seen(app, project, &Visitor(None)).await?;
    Ok(ComplaintReply {
        complaint: shown(app, &current, which, secret)?,
        now: app.now(),
    })
}

/// A file of such a complaint, or of its answer.
///
/// # Errors
/// As [`read`].
pub async fn attachment(
    app: &App,
    project: ProjectId,
    which: Seq,
    secret: &str,
    digest: Digest,
) -> Result<(Attached, DocumentKey), Problem> {
    let (current, _) = projects::seen(app, project, &Visitor(None)).await?;
    let told = shown(app, &current, which, secret)?.told;
    let told = told.ok_or(Transport::NotFound)?;
    let mut files = told.attachments.iter().chain(&told.answer_attachments);
    if files.any(|file| file.digest == digest) {
        attachments::of_digest(app, project, digest).await
    } else {
        Err(Transport::NotFound.into())
    }
}

fn shown(
    app: &App,
    current: &Current<Project>,
    which: Seq,
    secret: &str,
) -> Result<ComplaintView, Problem> {
    let digest = Digest::of(secret.as_bytes());
    let (state, book) = (&current.state, &current.book);
    let shown = complaints::by_secret(state, book, which, &digest, app.now());
    shown.ok_or_else(|| Transport::NotFound.into())
}
