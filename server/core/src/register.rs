//! What the platform's register says of the organisations that an act names. The
//! code is who they are; the name is what people read, and beside another's code it
//! would tell them of a firm that has no part in it.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_crypto::Digest;

use crate::act::Act;
use crate::agents::Authorisation;
use crate::book::{Book, CertifiedKey};
use crate::ids::Organisation;
use crate::refusal::{Refusal, RefusalCode};
use crate::role::Role;
use crate::terms::{Draft, LotDraft, Named};
use crate::text::is_alike;

/// An organisation that has a role on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The name it is registered under.
    pub name: String,
    /// The roles of the organisation, or of persons of it.
    pub roles: BTreeSet<Role>,
}

/// The organisations that an act names, as far as the platform knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    /// Those that are registered.
    pub known: BTreeMap<Organisation, Registered>,
    /// Of those that are not, the ones that are called by a name that is vouched for as
    /// another's, with the code of that one.
    pub borrowed: BTreeMap<Organisation, Organisation>,
    /// The standing authorisations that an act rests on.
    pub agents: BTreeMap<Digest, Authorisation>,
    /// Who tendered the published project that a draft calls its predecessor.
    pub predecessor: Option<Organisation>,
    /// How many drafts the author of a new one has begun that are not published.
    pub drafts: usize,
    /// Whose certificate the operator's seat is handed over to.
    pub holder: Option<Organisation>,
}

impl Register {
    /// The registered name of an organisation that is named otherwise, but for
    /// brackets, width, spaces and case.
    pub(crate) fn other_name(&self, named: &Named) -> Option<&str> {
        let registered = self.known.get(&named.organisation)?;
        let differs = !is_alike(&named.name, &registered.name);
        differs.then_some(registered.name.as_str())
    }

    /// Checks that somebody who is not registered is not called by a name that another
    /// code bears.
    pub(crate) fn own_name(&self, named: &Named) -> Result<(), Refusal> {
        match self.borrowed.get(&named.organisation) {
            Some(other) => Err(about(RefusalCode::NameOfAnother, named).with("other", other)),
            None => Ok(()),
        }
    }

    /// Checks that each is named as it is registered, if it is, and otherwise as nobody
    /// else is.
    pub(crate) fn agrees<'a>(
        &self,
        named: impl IntoIterator<Item = &'a Named>,
    ) -> Result<(), Refusal> {
        for named in named {
            if let Some(name) = self.other_name(named) {
                return Err(about(RefusalCode::NameDiffers, named).with("name", name));
            }
            self.own_name(named)?;
        }
        Ok(())
    }

    /// Checks that a draft tenders nobody else's project again.
    pub(crate) fn succeeds(&self, draft: &Draft) -> Result<(), Refusal> {
        let tenderer = &draft.officials.tenderer.organisation;
        if draft.predecessor.is_none() || self.predecessor.as_ref() == Some(tenderer) {
            Ok(())
        } else {
            Err(RefusalCode::PredecessorForeign.into())
        }
    }

    /// Checks that no key that these lots fix was certified by an authorisation that has
    /// been revoked since.
    pub(crate) fn unrevoked<'a>(
        &self,
        keys: &[CertifiedKey],
        custodians: impl IntoIterator<Item = &'a Named>,
    ) -> Result<(), Refusal> {
        for named in custodians {
            let key = keys.iter().find(|it| it.organisation == named.organisation);
            let Some(digest) = key.and_then(|it| it.key.authorisation) else {
                continue;
            };
            let stands = self.agents.get(&digest);
            if stands.is_none_or(|it| it.revoked.is_some()) {
                let refusal = Refusal::new(RefusalCode::AuthorisationRevoked);
                return Err(refusal.with("custodian", &named.name));
            }
        }
        Ok(())
    }

    /// Checks that a centre and a supervisor have these roles on the platform: in
    /// another's name they would be a seat that nobody holds.
    pub(crate) fn seats(&self, draft: &Draft) -> Result<(), Refusal> {
        let has = |named: &Named, role| {
            let registered = self.known.get(&named.organisation);
            registered.is_some_and(|it| it.roles.contains(&role))
        };
        let officials = &draft.officials;
        if !has(&officials.centre, Role::Centre) {
            return Err(about(RefusalCode::CentreUnbound, &officials.centre));
        }
        if !has(&officials.supervisor, Role::Supervisor) {
            return Err(about(RefusalCode::SupervisorUnbound, &officials.supervisor));
        }
        Ok(())
    }
}

fn about(code: RefusalCode, named: &Named) -> Refusal {
    let refusal = Refusal::new(code).with("written", &named.name);
    refusal.with("organisation", &named.organisation)
}

/// The draft that an act hands in.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other act has one")]
pub fn draft(act: &Act) -> Option<&Draft> {
    match act {
        Act::DraftProject(body) => Some(&body.draft),
        Act::ImportDraft(body) => Some(&body.draft),
        Act::EditDraft(body) => Some(&body.draft),
        _ => None,
    }
}

/// Whom a draft names.
pub(crate) fn in_draft(draft: &Draft) -> impl Iterator<Item = &Named> {
    let custodians = draft.lots.values().flat_map(in_lot);
    draft.officials.named().chain(custodians)
}

/// Whom a lot of a draft names.
pub(crate) fn in_lot(lot: &LotDraft) -> &[Named] {
    &lot.custodians
}

/// The standing authorisations that an act rests on, for the caller to look up: the
/// one that an agent acts by, and those by which the keys were certified that it fixes.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other act rests on none"
)]
pub fn relied(act: &Act, book: &Book) -> Vec<Digest> {
    match act {
        Act::CertifyKey(body) => body.authorisation.into_iter().collect(),
        Act::Publish(_) | Act::AmendTerms(_) => {
            let keys = book.keys.iter();
            keys.filter_map(|it| it.key.authorisation).collect()
        }
        _ => Vec::new(),
    }
}

/// The organisations of which an act gives or fixes the names, for the caller to
/// look up.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other act names nobody by name and code"
)]
pub fn named<'a>(act: &'a Act, book: &'a Book) -> Vec<&'a Named> {
    match act {
        Act::DraftProject(body) => in_draft(&body.draft).collect(),
        Act::EditDraft(body) => in_draft(&body.draft).collect(),
        Act::ImportDraft(body) => in_draft(&body.draft).collect(),
        Act::Publish(_) => book.draft.iter().flat_map(|it| in_draft(it)).collect(),
        Act::AmendTerms(body) => in_lot(&body.draft).iter().collect(),
        Act::InviteCustodian(body) => vec![&body.custodian],
        Act::Submit(body) => body.members.iter().collect(),
        _ => Vec::new(),
    }
}
