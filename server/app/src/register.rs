//! The organisations that an act of a project names, as the platform's own stream
//! knows them when the act is put to the rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_api::problem::Problem;
use kaibiao_core::act::Act;
use kaibiao_core::agents::Authorisation;
use kaibiao_core::book::Book;
use kaibiao_core::command::Command;
use kaibiao_core::platform::{self as platform_core, Platform};
use kaibiao_core::register::{Register, named};
use kaibiao_crypto::Digest;
use kaibiao_store::Current;

use crate::failure::of_store;
use crate::{App, platform};

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

/// The platform's register, where a command may name somebody.
pub struct Registered(Option<Arc<Current<Platform>>>);

impl Registered {
    /// Reads it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(app: &App, command: &Command) -> Result<Self, Problem> {
        match command {
            Command::Act(_) => {
                let platform = platform::load(app).await.map_err(of_store)?;
                Ok(Self(Some(platform)))
            }
            Command::System(_) => Ok(Self(None)),
        }
    }

    /// What it says of those whom a command names in a project.
    pub fn of(&self, command: &Command, book: &Book) -> Register {
        match (&self.0, command) {
            (Some(platform), Command::Act(performed)) => {
                let register = platform.book.register(&named(&performed.act, book));
                Register {
                    agents: authorisations(&platform.book, &performed.act, book),
                    ..register
                }
            }
            (None, _) | (_, Command::System(_)) => Register::default(),
        }
    }
}
