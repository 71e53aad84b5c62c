//! What the parties of a lot ask: help requests, questions, objections.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::ids::{Party, Seq};
use crate::refusal::RefusalCode;
use crate::shared::SharedMap;

/// How many help requests, questions or objections each of one party are heard
/// in a lot.
const CAP: usize = 50;

/// Something asked by a party, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Who asked.
    pub party: Party,
    /// The event that answers it.
    pub answered: Option<Seq>,
}

/// Everything of one sort that was asked in a lot, by its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asks {
    all: SharedMap<Seq, Asked>,
    /// The same by who asked, in order.
    of: SharedMap<Party, Vec<Seq>>,
}

impl Asks {
    /// What a party asked, in order.
    pub fn of(&self, party: &Party) -> &[Seq] {
        self.of.get(party).map_or(&[], Vec::as_slice)
    }

    /// Whether a party is heard once more.
    pub(crate) fn hears(&self, party: &Party) -> Result<(), RefusalCode> {
        if self.of(party).len() < CAP {
            Ok(())
        } else {
            Err(RefusalCode::TooMany)
        }
    }

    /// Notes something asked by a party.
    pub(crate) fn ask(&mut self, seq: Seq, party: Party) -> Result<(), RefusalCode> {
        self.hears(&party)?;
        self.of.get_or_default(&party).push(seq);
        let answered = None;
        self.all.insert(seq, Asked { party, answered });
        Ok(())
    }

    /// Marks something asked as answered, once.
    pub(crate) fn answer(&mut self, which: Seq, seq: Seq) -> Result<(), RefusalCode> {
        let asked = self.all.get_mut(&which).ok_or(RefusalCode::NoSuchEvent)?;
        if asked.answered.is_some() {
            return Err(RefusalCode::AlreadyDone);
        }
        asked.answered = Some(seq);
        Ok(())
    }
}

impl Deref for Asks {
    type Target = SharedMap<Seq, Asked>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}
