//! The lines of the file of events: each event as the reader of an edition may read it.

use std::sync::Arc;

use kaibiao_api::problem::Problem;
use kaibiao_core::disclosure::{Disclosed, disclosed};
use kaibiao_core::event::Recorded;
use kaibiao_core::ids::Millis;
use kaibiao_core::project::Project;
use kaibiao_core::viewer::Viewer;
use kaibiao_crypto::canonical;
use kaibiao_store::{Current, Exact};
use serde::Serialize;

/// Who reads an edition, and of which project.
#[derive(Clone)]
pub struct Reader {
    pub viewer: Viewer,
    pub current: Arc<Current<Project>>,
    pub now: Millis,
}

/// A line (docs/spec/bundle.md, 2).
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details_salt: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts_salt: Option<String>,
    shell: &'a str,
}

impl Reader {
    /// What this reader may read of an event.
    pub fn reads(&self, event: &Recorded) -> Disclosed {
        let Current { state, book, .. } = &*self.current;
        disclosed(&self.viewer, state, book, self.now, event)
    }

    /// The line of an event, with its end.
    ///
    /// # Errors
    /// When the store has other bytes than text.
    pub fn line(&self, exact: &Exact, event: &Recorded) -> Result<Vec<u8>, Problem> {
        let may = self.reads(event);
        let facts = may.facts.then_some(&exact.facts);
        let details = exact.details.as_ref().filter(|_| may.details);
        let text = |bytes| std::str::from_utf8(bytes).map_err(Problem::internal);
        let line = Line {
            details: details.map(|it| text(&it.bytes)).transpose()?,
            details_salt: details.map(|it| hex::encode(it.salt)),
            erased: may.details && exact.details.is_none(),
            facts: facts.map(|it| text(&it.bytes)).transpose()?,
            facts_salt: facts.map(|it| hex::encode(it.salt)),
            shell: text(&exact.shell)?,
        };
        Ok(with_end(canonical::to_bytes(&line)))
    }
}

/// A line of a file, from a value.
pub fn line_of(value: &impl Serialize) -> Vec<u8> {
    with_end(canonical::to_bytes(value))
}

fn with_end(mut line: Vec<u8>) -> Vec<u8> {
    line.push(b'\n');
    line
}
