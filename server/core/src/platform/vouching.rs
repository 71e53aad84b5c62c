//! Whose word counts for an organisation. An organisation is its code, and any
//! authority that is configured can put any code in a certificate. So the
//! authority that vouched first here is the organisation's own, and a certificate
//! of another one acts for it only after a link: the weakest of many authorities
//! must not be able to act for everybody.

use std::collections::BTreeSet;

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};

use super::{Book, Details, Recorded};
use crate::act::Act;
use crate::details::Author;
use crate::ids::{Millis, Organisation, Party};
use crate::refusal::RefusalCode;
use crate::role::Role;

/// An authority whose certificates act for an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voucher {
    /// What its event, and acts that rely on it, name it by.
    pub handle: Party,
    /// The authority's id.
    pub authority: String,
    /// Since when.
    pub since: Millis,
    /// Who linked it, and why; absent for the one that vouched first, which
    /// counts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// How a further authority came to count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Who signed it: somebody of the organisation itself, or an administrator.
    pub author: Author,
    /// Why.
    pub reason: String,
    /// SHA-256 of each paper that was shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Digest>,
}

/// What a certificate's holder may do here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The roles bound to the person.
    pub roles: BTreeSet<Role>,
    /// The link that its certificate acts by.
    pub link: Option<Party>,
    /// The name the organisation is registered under.
    pub name: Option<String>,
    /// Whether that name is its own word.
    pub unvouched: bool,
}

impl Standing {
    /// The author of an act by the holder of a certificate who has this standing.
    /// The registered name stands for what the certificate calls the organisation.
    pub fn author(&self, certified: Author) -> Author {
        let own = certified.name;
        let name = self.name.clone().unwrap_or_else(|| own.clone());
        Author {
            link: self.link,
            unvouched: self.unvouched,
            certified: Some(own).filter(|own| !own.is_empty() && *own != name),
            name,
            ..certified
        }
    }
}

impl Book {
    /// The standing of a person of an organisation, by a certificate of this
    /// authority. An organisation that nobody vouched for yet has no roles.
    ///
    /// # Errors
    /// `NotLinked` when the organisation is known by other authorities only.
    pub fn standing(
        &self,
        organisation: &Organisation,
        authority: &str,
        person: &str,
    ) -> Result<Standing, RefusalCode> {
        let voucher = self.voucher(organisation, authority)?;
        let registered = self.registered(organisation);
        Ok(Standing {
            roles: self.roles(organisation, person),
            link: voucher
                .filter(|voucher| voucher.link.is_some())
                .map(|voucher| voucher.handle),
            name: registered.map(|subject| subject.name.clone()),
            unvouched: registered.is_some_and(|subject| subject.unvouched),
        })
    }

    /// The authorities whose certificates act for an organisation.
    pub fn vouchers(&self, organisation: &Organisation) -> &[Voucher] {
        self.vouchers.get(organisation).map_or(&[], Vec::as_slice)
    }

    /// The authority among those of an organisation; none where there are none.
    pub(super) fn voucher(
        &self,
        organisation: &Organisation,
        authority: &str,
    ) -> Result<Option<&Voucher>, RefusalCode> {
        let Some(all) = self.vouchers.get(organisation) else {
            return Ok(None);
        };
        let own = all.iter().find(|voucher| voucher.authority == authority);
        own.map(Some).ok_or(RefusalCode::NotLinked)
    }

    pub(super) fn link(&mut self, handle: Party, event: &Recorded) {
        let Some(details) = &event.details else {
            return;
        };
        let Some(subject) = &details.subject else {
            return;
        };
        let vouchers = self.vouchers.entry(subject.organisation.clone());
        vouchers.or_default().push(Voucher {
            handle,
            authority: subject.authority.clone(),
            since: event.time,
            link: link(details),
        });
    }

    pub(super) fn unlink(&mut self, handle: Party) {
        for vouchers in self.vouchers.values_mut() {
            vouchers.retain(|voucher| voucher.handle != handle);
        }
    }
}

/// The link that an act made. An authority that vouched first is on record
/// without an act of its own.
fn link(details: &Details) -> Option<Link> {
    let signed = details.signed.as_ref()?;
    let Ok(Act::LinkAuthority(body)) = serde_json::from_str(&signed.body) else {
        return None;
    };
    Some(Link {
        author: details.author.clone()?,
        reason: body.reason,
        papers: body.papers,
    })
}
