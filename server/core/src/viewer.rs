//! Who looks at a project, and which audiences a viewer belongs to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::book::Book;
use crate::ids::Organisation;
use crate::role::Role;
use crate::terms::Named;

/// Whom an item is for. Each audience sees what those before it see, but `Own`
/// is one organisation's only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "to", content = "organisation", rename_all = "snake_case")]
pub enum Audience {
    /// Everybody.
    Public,
    /// Every registered bidder.
    Bidders,
    /// One bidder's own bids, attempts and receipts.
    Own(Organisation),
    /// Host and centre.
    Host,
    /// The supervisor.
    Supervisor,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// In what capacity.
    pub seat: Seat,
    /// Of which organisation; none without a login.
    pub organisation: Option<Organisation>,
    /// Whether that organisation keeps an opening key of a lot.
    pub custodian: bool,
    /// Whether it may certify such a key, which it does before publication.
    pub invited: bool,
    /// Whether it is a transaction platform's account.
    pub machine: bool,
}

/// In what capacity somebody looks at one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// Somebody without a login, or without a part in it.
    Public,
    /// A registered bidder.
    Bidder,
    /// The tenderer's or its agency's.
    Host,
    /// The trading centre's.
    Centre,
    /// The supervisor's.
    Supervisor,
}

impl Viewer {
    /// Somebody without a login.
    pub const fn public() -> Self {
        Self::at(Seat::Public, None)
    }

    /// Somebody who is neither custodian nor machine.
    pub const fn at(seat: Seat, organisation: Option<Organisation>) -> Self {
        Self {
            seat,
            organisation,
            custodian: false,
            invited: false,
            machine: false,
        }
    }

    /// The seat from which somebody of an organisation looks at a project. An official
    /// that the project names has its own seat if it has the role; otherwise it is a
    /// bidder or the public. `certifies`: whether it may certify keys at all.
    pub fn in_project(
        book: &Book,
        organisation: Organisation,
        roles: &BTreeSet<Role>,
        certifies: bool,
    ) -> Self {
        let officials = book.draft.as_ref().map(|draft| &draft.officials);
        let is = |named: &Named| named.organisation == organisation;
        let has = |role| roles.contains(&role);
        let seat = if has(Role::Supervisor) && officials.is_some_and(|all| is(&all.supervisor)) {
            Seat::Supervisor
        } else if has(Role::Centre) && officials.is_some_and(|all| is(&all.centre)) {
            Seat::Centre
        } else if has(Role::Host) && officials.is_some_and(|all| all.is_host(&organisation)) {
            Seat::Host
        } else if has(Role::Bidder) {
            Seat::Bidder
        } else {
            Seat::Public
        };
        let lots = book.draft.iter().flat_map(|draft| draft.lots.values());
        let mut custodians = lots.flat_map(|lot| &lot.custodians);
        Self {
            seat,
            custodian: custodians.any(is),
            invited: certifies && book.may_keep_keys(&organisation),
            machine: has(Role::Machine),
            organisation: Some(organisation),
        }
    }

    /// Whether an item is for this viewer.
    pub fn hears(&self, to: &Audience) -> bool {
        match to {
            Audience::Public => true,
            Audience::Bidders => self.seat >= Seat::Bidder,
            Audience::Own(organisation) => {
                self.seat == Seat::Bidder && self.organisation.as_ref() == Some(organisation)
            }
            Audience::Host => self.seat >= Seat::Host,
            Audience::Supervisor => self.seat == Seat::Supervisor,
        }
    }
}
