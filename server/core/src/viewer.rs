//! Who looks at a project, and which audiences a viewer belongs to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::Organisation;

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
