//! What is otherwise than before: roles, settings, authorities' files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One thing that is otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Which: `roles`, or a setting's or an authority's name.
    pub what: String,
    /// What it was; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is; absent where it is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Named values: settings, or what is known of authorities.
pub type Values = BTreeMap<String, String>;

/// What makes `after` of `before`, by name.
pub(super) fn between(before: &Values, after: &Values) -> Vec<Change> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| Change {
            what: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

/// Makes the changes.
pub(super) fn make(values: &mut Values, changed: &[Change]) {
    for change in changed {
        match &change.after {
            Some(after) => values.insert(change.what.clone(), after.clone()),
            None => values.remove(&change.what),
        };
    }
}
