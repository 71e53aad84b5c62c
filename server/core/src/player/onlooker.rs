//! Through whose eyes the past is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::{Frame, OnlookerView};
use crate::book::Book;
use crate::ids::Organisation;
use crate::role::Role;
use crate::terms::Named;
use crate::viewer::Viewer;

/// Somebody who was in the room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Onlooker {
    /// The supervisor.
    Supervisor,
    /// The tenderer.
    Host,
    /// The tenderer's agency.
    Agency,
    /// The trading centre.
    Centre,
    /// A custodian of an opening key.
    Custodian(Organisation),
    /// A registered bidder.
    Bidder(Organisation),
    /// Anybody without a login.
    Public,
}

/// A text that names no onlooker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not one of public, bidder:CODE, custodian:CODE, host, agency, centre, supervisor (CODE: unified social credit code)"
)]
pub struct NotAnOnlooker;

impl fmt::Display for Onlooker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Bidder(organisation) => write!(f, "bidder:{organisation}"),
            Self::Custodian(organisation) => write!(f, "custodian:{organisation}"),
            Self::Host => f.write_str("host"),
            Self::Agency => f.write_str("agency"),
            Self::Centre => f.write_str("centre"),
            Self::Supervisor => f.write_str("supervisor"),
        }
    }
}

impl FromStr for Onlooker {
    type Err = NotAnOnlooker;

    fn from_str(text: &str) -> Result<Self, NotAnOnlooker> {
        let code = |code: &str| code.parse::<Organisation>().map_err(|_| NotAnOnlooker);
        match text.split_once(':') {
            Some(("bidder", it)) => code(it).map(Self::Bidder),
            Some(("custodian", it)) => code(it).map(Self::Custodian),
            Some(_) => Err(NotAnOnlooker),
            None => match text {
                "public" => Ok(Self::Public),
                "host" => Ok(Self::Host),
                "agency" => Ok(Self::Agency),
                "centre" => Ok(Self::Centre),
                "supervisor" => Ok(Self::Supervisor),
                _ => Err(NotAnOnlooker),
            },
        }
    }
}

impl Onlooker {
    /// The viewer that it was, by the book of that time. Whom the book does not name
    /// yet is nobody in particular.
    pub(super) fn viewer(&self, book: &Book) -> Viewer {
        let officials = book.draft.as_ref().map(|draft| &draft.officials);
        let named = |of: Option<&Named>| of.map(|it| it.organisation.clone());
        let (organisation, roles) = match self {
            Self::Supervisor => (
                named(officials.map(|it| &it.supervisor)),
                vec![Role::Supervisor],
            ),
            Self::Host => (named(officials.map(|it| &it.tenderer)), vec![Role::Host]),
            Self::Agency => (
                named(officials.and_then(|it| it.agency.as_ref())),
                vec![Role::Host],
            ),
            Self::Centre => (named(officials.map(|it| &it.centre)), vec![Role::Centre]),
            // It is whatever else the project names it as; which roles it had beside
            // that does not stand in the stream.
            Self::Custodian(it) => {
                let official = vec![Role::Supervisor, Role::Centre, Role::Host];
                (Some(it.clone()), official)
            }
            Self::Bidder(it) => (Some(it.clone()), vec![Role::Bidder]),
            Self::Public => (None, Vec::new()),
        };
        let roles: BTreeSet<Role> = roles.into_iter().collect();
        organisation.map_or_else(Viewer::public, |it| {
            Viewer::in_project(book, it, &roles, true)
        })
    }
}

/// Everybody through whose eyes a project can be seen: officials, custodians, whoever
/// has handed in a bid or signed one as a member of its consortium, and the public.
pub fn onlookers(frame: &Frame) -> Vec<OnlookerView> {
    let (state, book) = (&frame.state, &frame.book);
    let mut all = BTreeMap::new();
    if let Some(draft) = &book.draft {
        let officials = &draft.officials;
        all.insert(Onlooker::Host, officials.tenderer.name.clone());
        if let Some(agency) = &officials.agency {
            all.insert(Onlooker::Agency, agency.name.clone());
        }
        all.insert(Onlooker::Centre, officials.centre.name.clone());
        all.insert(Onlooker::Supervisor, officials.supervisor.name.clone());
        let custodians = draft.lots.values().flat_map(|lot| &lot.custodians);
        for it in custodians.chain(&book.invited) {
            let custodian = Onlooker::Custodian(it.organisation.clone());
            all.insert(custodian, it.name.clone());
        }
    }
    for (party, known) in &book.parties {
        let lot = state.lots.get(&known.lot);
        if !lot.is_some_and(|lot| lot.has_bid(*party)) {
            continue;
        }
        let bidder = Onlooker::Bidder(known.organisation.clone());
        all.insert(bidder, known.name.clone());
        for member in known.members.iter().filter(|member| member.signed) {
            let bidder = Onlooker::Bidder(member.organisation.clone());
            all.entry(bidder).or_insert_with(|| member.name.clone());
        }
    }
    let named = all.into_iter().map(|(it, name)| OnlookerView {
        onlooker: it.to_string(),
        name: Some(name),
    });
    let public = OnlookerView {
        onlooker: Onlooker::Public.to_string(),
        name: None,
    };
    named.chain([public]).collect()
}
