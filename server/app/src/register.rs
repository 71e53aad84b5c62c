//! The organisations that an act of a project names, as the platform's own stream
//! knows them when the act is put to the rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::act::Act;
use kaibiao_core::agents::Authorisation;
use kaibiao_core::book::Book;
use kaibiao_core::command::Command;
use kaibiao_core::ids::{Organisation, ProjectId};
use kaibiao_core::platform::{self as platform_core, Platform};
use kaibiao_core::register::{self, Register, named};
use kaibiao_crypto::Digest;
use kaibiao_store::Current;

use crate::failure::of_store;
use crate::{App, deciding, platform};

/// The standing authorisations that an act rests on: the one that a certification
/// names, and those under which the project's keys were certified.
fn authorisations(
    platform: &platform_core::Book,
    act: &Act,
    book: &Book,
) -> BTreeMap<Digest, Authorisation> {
    let named = match act {
        Act::CertifyKey(body) => body.authorisation,
        _ => None,
    };
    let certified = book.keys.iter().filter_map(|key| key.key.authorisation);
    let digests = named.into_iter().chain(certified);
    digests
        .filter_map(|digest| Some((digest, platform.agents.get(&digest)?.clone())))
        .collect()
}

/// Whose certificate the operator's seat is handed over to, as far as the platform's
/// stream knows.
fn holder(platform: &platform_core::Book, act: &Act) -> Option<Organisation> {
    let certificate = match act {
        Act::HandOver(body) => &body.to.certificate,
        _ => return None,
    };
    platform.certificates.get(certificate).cloned()
}

/// Who tenders a project, if it is published.
async fn tenderer(app: &App, project: ProjectId) -> Result<Option<Organisation>, Problem> {
    let current = match deciding::load(app, project).await {
        Ok(current) => current,
        Err(problem) if problem.code == Transport::NotFound.code() => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let published = current.state.published.is_some();
    let draft = current.book.draft.as_ref().filter(|_| published);
    Ok(draft.map(|draft| draft.officials.tenderer.organisation.clone()))
}

/// The platform's register, where a command may name somebody.
pub struct Registered {
    platform: Option<Arc<Current<Platform>>>,
    /// Who tendered the published project that a draft calls its predecessor.
    predecessor: Option<Organisation>,
    /// How many drafts the author of a new one has begun that are not published.
    pub drafts: usize,
}

impl Registered {
    /// Reads it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(app: &App, command: &Command) -> Result<Self, Problem> {
        let Command::Act(performed) = command else {
            return Ok(Self {
                platform: None,
                predecessor: None,
                drafts: 0,
            });
        };
        let named = register::draft(&performed.act).and_then(|draft| draft.predecessor);
        Ok(Self {
            platform: Some(platform::load(app).await.map_err(of_store)?),
            predecessor: match named {
                Some(project) => tenderer(app, project).await?,
                None => None,
            },
            drafts: 0,
        })
    }

    /// What it says of those whom a command names in a project.
    pub fn of(&self, command: &Command, book: &Book) -> Register {
        match (&self.platform, command) {
            (Some(platform), Command::Act(performed)) => {
                let register = platform.book.register(&named(&performed.act, book));
                Register {
                    agents: authorisations(&platform.book, &performed.act, book),
                    predecessor: self.predecessor.clone(),
                    drafts: self.drafts,
                    holder: holder(&platform.book, &performed.act),
                    ..register
                }
            }
            (None, _) | (_, Command::System(_)) => Register::default(),
        }
    }
}
