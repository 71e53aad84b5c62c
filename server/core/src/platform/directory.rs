//! Whom a host can name as an official or a custodian, from the register.
//!
//! Who is registered as a bidder and nothing else is nowhere in it: a host that was
//! given that list would know whom to look for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Book, Subject};
use crate::ids::Organisation;
use crate::role::Role;

/// The roles by which an organisation stands in the directory.
const OFFICIAL: [Role; 3] = [Role::Centre, Role::Supervisor, Role::Host];

/// An organisation that can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<'a> {
    /// By its code.
    pub organisation: &'a Organisation,
    /// The name under which it is registered.
    pub subject: &'a Subject,
    /// Which of centre, supervisor and host it is here.
    pub roles: BTreeSet<Role>,
    /// Whether a published project names it as custodian.
    pub custodian: bool,
}

impl Book {
    /// The organisations with a role of officials, and those of `custodians` that are
    /// registered, of which code or name holds `sought`; by name.
    pub fn directory(&self, custodians: &BTreeSet<Organisation>, sought: &str) -> Vec<Listed<'_>> {
        let mut roles: BTreeMap<&Organisation, BTreeSet<Role>> = BTreeMap::new();
        for binding in self.bindings.values() {
            let organisation = &binding.subject.organisation;
            if OFFICIAL.contains(&binding.role) {
                roles.entry(organisation).or_default().insert(binding.role);
            } else if custodians.contains(organisation) {
                roles.entry(organisation).or_default();
            }
        }
        let sought = sought.trim().to_lowercase();
        let mut listed: Vec<_> = roles
            .into_iter()
            .filter_map(|(organisation, roles)| {
                Some(Listed {
                    organisation,
                    subject: self.registered(organisation)?,
                    roles,
                    custodian: custodians.contains(organisation),
                })
            })
            .filter(|it| {
                it.subject.name.to_lowercase().contains(&sought)
                    || it.organisation.as_str().to_lowercase().contains(&sought)
            })
            .collect();
        listed.sort_by(|one, other| one.subject.name.cmp(&other.subject.name));
        listed
    }
}
