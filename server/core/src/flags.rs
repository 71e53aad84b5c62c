//! What host and supervisor should look into once the bids are in: the law voids
//! bids of an organisation that takes part twice in one lot (招标投标法实施条例 art. 37),
//! and takes one person acting for two bidders as a sign of collusion (art. 40). The
//! platform points at it and decides nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::book::{Book, Known};
use crate::ids::Party;
use crate::state::Lot;
use crate::text;

/// What two or more bidders of a lot have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Common {
    /// An organisation that bids alone and is a member, or a member of two.
    Organisation,
    /// The bidder's own name, under another code: where its certificate names
    /// nobody readable, it is the bidder's word.
    Name,
    /// A representative's name.
    Representative,
    /// A representative's telephone number.
    Phone,
    /// A representative's identity number.
    Identity,
}

/// A bidder has something in common with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// What it is.
    pub common: Common,
    /// The name, code or number itself.
    pub what: String,
    /// The others, by name: the first twenty.
    pub others: Vec<String>,
    /// How many more there are.
    pub more: u32,
}

/// So many of the others are named. Were all, a view of a lot whose bidders have one
/// representative would grow with the square of their number.
const NAMED: usize = 20;

/// The flags of a lot's bidders whose bids stood at T0.
pub fn flags(lot: &Lot, book: &Book) -> BTreeMap<Party, Vec<Flag>> {
    // Spelling does not tell two people apart: what is compared is plain, and what
    // is shown is as each has written it.
    let mut shared: BTreeMap<(Common, String), Vec<(Party, &str)>> = BTreeMap::new();
    for party in lot.parties.keys().filter(|party| lot.has_standing(**party)) {
        let Some(known) = book.parties.get(party) else {
            continue;
        };
        for (common, what) in traits(known) {
            let plain = plain(common, what);
            if plain.is_empty() {
                continue;
            }
            let having = shared.entry((common, plain)).or_default();
            if having.last().is_none_or(|(last, _)| last != party) {
                having.push((*party, what));
            }
        }
    }
    let mut flags: BTreeMap<Party, Vec<Flag>> = BTreeMap::new();
    for ((common, _), parties) in shared {
        for (party, what) in parties.iter().filter(|_| parties.len() > 1) {
            let others = parties.iter().filter(|(other, _)| other != party);
            let named = others.take(NAMED).map(|(other, _)| book.name(other));
            let more = (parties.len() - 1).saturating_sub(NAMED);
            flags.entry(*party).or_default().push(Flag {
                common,
                what: (*what).to_owned(),
                others: named.collect(),
                more: u32::try_from(more).unwrap_or(u32::MAX),
            });
        }
    }
    flags
}

/// What a bidder must not have in common with another.
fn traits(known: &Known) -> impl Iterator<Item = (Common, &str)> {
    let members = known.members.iter().map(|member| &member.organisation);
    let organisations = std::iter::once(&known.organisation).chain(members);
    let person = known.representative.iter().flat_map(|person| {
        [
            (Common::Representative, person.name.trim()),
            (Common::Phone, person.phone.trim()),
            (Common::Identity, person.identity_number.trim()),
        ]
    });
    organisations
        .map(|organisation| (Common::Organisation, organisation.as_str()))
        .chain([(Common::Name, known.name.as_str())])
        .chain(person)
}

/// How many digits a telephone number has in China, without the country's code.
const PHONE: usize = 11;

/// What two spellings of one thing have in common.
fn plain(common: Common, written: &str) -> String {
    let name = text::plain(written);
    match common {
        Common::Organisation | Common::Name | Common::Representative => name,
        Common::Phone => {
            let digits: Vec<char> = name.chars().filter(char::is_ascii_digit).collect();
            digits[digits.len().saturating_sub(PHONE)..]
                .iter()
                .collect()
        }
        Common::Identity => name.chars().filter(|c| c.is_alphanumeric()).collect(),
    }
}
