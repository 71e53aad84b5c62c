//! The platform's own stream as a supervisor's program reads it: nothing is shown or
//! kept that was not held against the tree (docs/spec/tree.md), and a reading of the
//! whole is held against the public log (docs/spec/evidence.md).

use kaibiao_api::{AuditEvent, AuditPage, PlatformAnchors};
use kaibiao_crypto::Digest;
use kaibiao_crypto::canonical;
use kaibiao_crypto::digest::lower_hex;
use kaibiao_crypto::merkle::{Frontier, InclusionProof, leaf_hash};
use kaibiao_crypto::shell::Shell;
use kaibiao_crypto::tlog::{LogKey, Policy};
use serde::Serialize;

use crate::failure::{Failure, Kind, Outcome};
use crate::http::Server;

/// The stream's name in the public log.
const STREAM: &str = "platform";

/// What is looked for, as the route takes it.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// With commas between.
    pub kind: Option<String>,
    pub actor: Option<String>,
    pub project: Option<String>,
}

/// An event that was held against the tree of this size and root.
#[derive(Debug, Clone, Serialize)]
pub struct Proved {
    #[serde(flatten)]
    pub event: AuditEvent,
    pub size: u64,
    pub root: String,
}

/// What came of reading upwards to the end.
#[derive(Debug, Clone, Serialize)]
pub struct Read {
    /// How many events were found.
    pub events: u64,
    /// The tree at the end.
    pub size: u64,
    pub root: String,
    /// Whether all of it was read, without a gap, and makes this root.
    pub whole: bool,
    /// How many events the newest anchor in the public log holds in place; of a whole
    /// reading alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchored: Option<u64>,
}

impl Search {
    /// Whether everything is looked for.
    pub fn is_whole(&self) -> bool {
        let Self {
            from,
            to,
            kind,
            actor,
            project,
        } = self;
        from.is_none() && to.is_none() && kind.is_none() && actor.is_none() && project.is_none()
    }

    fn path(&self, place: &str, at: u64, limit: u64) -> Outcome<String> {
        let mut url = reqwest::Url::parse("http://platform/events").map_err(Failure::unexpected)?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair(place, &at.to_string());
            query.append_pair("limit", &limit.to_string());
            let times = [("from", self.from), ("to", self.to)];
            for (name, value) in times {
                if let Some(value) = value {
                    query.append_pair(name, &value.to_string());
                }
            }
            let words = [
                ("kind", &self.kind),
                ("actor", &self.actor),
                ("project", &self.project),
            ];
            for (name, value) in words {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
        }
        let query = url.query().unwrap_or_default();
        Ok(format!("platform/events?{query}"))
    }
}

/// The newest events that are found, the newest first.
///
/// # Errors
/// Where one is not proved; nothing of a page is given then.
pub async fn newest(server: &Server, search: &Search, most: u64) -> Outcome<Vec<Proved>> {
    let mut found = Vec::new();
    let mut before = i64::MAX.unsigned_abs();
    while let Some(wanted) = most.checked_sub(count(&found)).filter(|wanted| *wanted > 0) {
        let page = fetch(server, &search.path("before", before, wanted)?).await?;
        let next = page.next;
        found.extend(proved(page)?);
        match next {
            Some(next) if next < before => before = next,
            Some(_) => return Err(unproved("a page that leads nowhere")),
            None => break,
        }
    }
    Ok(found)
}

/// Everything that is found, upwards. Where that is the whole stream, it is held
/// against the newest anchor that the log of this key has signed.
///
/// # Errors
/// Where an event is not proved, one is missing, or the public log says otherwise.
pub async fn all(
    server: &Server,
    search: &Search,
    log: Option<&LogKey>,
    mut visit: impl FnMut(&Proved) -> Outcome<()>,
) -> Outcome<Read> {
    let mut whole = search.is_whole().then(Frontier::new);
    let anchors: PlatformAnchors = server.get("platform/anchors").await?;
    let mut anchors = Anchors::checked(anchors, log)?;
    let mut events = 0;
    let mut after = 0;
    loop {
        let page = fetch(server, &search.path("after", after, 200)?).await?;
        let (next, size, root) = (page.next, page.size, page.root.clone());
        for event in proved(page)? {
            if let Some(frontier) = &mut whole {
                if event.event.seq != frontier.size() + 1 {
                    return Err(unproved("an event is missing"));
                }
                frontier.append(leaf_hash(event.event.shell.as_bytes()));
                anchors.hold(frontier)?;
            }
            events += 1;
            visit(&event)?;
        }
        match next {
            Some(next) if next > after => after = next,
            Some(_) => return Err(unproved("a page that leads nowhere")),
            None => {
                let made = whole.as_ref().map(|it| (it.size(), it.root().to_string()));
                if made.is_some_and(|made| made != (size, root.clone())) {
                    return Err(unproved("the events do not make the root"));
                }
                let is_whole = whole.is_some();
                return Ok(Read {
                    events,
                    size,
                    root,
                    whole: is_whole,
                    anchored: is_whole.then(|| anchors.reached()).transpose()?.flatten(),
                });
            }
        }
    }
}

/// Anchors that a reading has to meet, by size.
struct Anchors {
    /// Size and root, the smallest first.
    met: Vec<(u64, Digest)>,
    next: usize,
    /// The size of the newest one that is proved to be in the log.
    newest: Option<u64>,
}

impl Anchors {
    /// Checks that the newest anchor is in the log.
    fn checked(told: PlatformAnchors, log: Option<&LogKey>) -> Outcome<Self> {
        let digest = |text: &str| text.parse().map_err(|_| unproved("an anchor's root"));
        let mut met = Vec::new();
        for anchor in &told.anchors {
            met.push((anchor.size, digest(&anchor.root)?));
        }
        let mut newest = None;
        if let (Some(anchored), Some(log)) = (&told.newest, log) {
            let policy = Policy::new(log.clone(), Vec::new(), 0).map_err(Failure::unexpected)?;
            let (size, root) = (anchored.anchor.size, anchored.anchor.root);
            anchored
                .verify((STREAM, size, &root), 0, &policy)
                .map_err(|problem| unproved(problem.code()))?;
            met.push((size, root));
            newest = Some(size);
        }
        met.sort_by_key(|(size, _)| *size);
        Ok(Self {
            met,
            next: 0,
            newest,
        })
    }

    /// Holds the tree against every anchor of its size.
    fn hold(&mut self, tree: &Frontier) -> Outcome<()> {
        while let Some((size, root)) = self.met.get(self.next) {
            if *size > tree.size() {
                break;
            }
            if *size == tree.size() && *root != tree.root() {
                return Err(unproved("the tree is not the one that was anchored"));
            }
            self.next += 1;
        }
        Ok(())
    }

    /// How far the log proves what was read; fails where it holds more than was shown.
    fn reached(&self) -> Outcome<Option<u64>> {
        if self.next < self.met.len() {
            return Err(unproved("fewer events than were anchored"));
        }
        Ok(self.newest)
    }
}

async fn fetch(server: &Server, path: &str) -> Outcome<AuditPage> {
    server.get(path).await
}

/// The events of a page, each of which is what its shell commits to, and in the tree.
fn proved(page: AuditPage) -> Outcome<Vec<Proved>> {
    let root: Digest = page.root.parse().map_err(|_| unproved("the root"))?;
    let size = page.size;
    let events = page.events.into_iter().map(|event| {
        if is_proved(&event, size, &root).is_none() {
            return Err(unproved(&format!("event {}", event.seq)));
        }
        Ok(Proved {
            event,
            size,
            root: page.root.clone(),
        })
    });
    events.collect()
}

fn is_proved(event: &AuditEvent, size: u64, root: &Digest) -> Option<()> {
    let shell = Shell::from_bytes(event.shell.as_bytes()).ok()?;
    let facts = canonical::try_to_bytes(&event.facts).ok()?;
    let holds = shell.holds_facts(&lower_hex(&event.facts_salt)?, &facts);
    let details = match (&event.details, &event.details_salt) {
        (Some(details), Some(salt)) => {
            let details = canonical::try_to_bytes(details).ok()?;
            shell.holds_details(&lower_hex(salt)?, &details)
        }
        (None, None) => event.hidden.is_some(),
        _ => false,
    };
    let is_named = (shell.seq, shell.time) == (event.seq, event.time);
    let path: Option<Vec<Digest>> = event.path.iter().map(|it| it.parse().ok()).collect();
    let proof = InclusionProof {
        index: shell.seq.checked_sub(1)?,
        size,
        path: path?,
    };
    proof.verify(&shell.leaf(), root).ok()?;
    (holds && details && is_named).then_some(())
}

fn count(found: &[Proved]) -> u64 {
    u64::try_from(found.len()).unwrap_or(u64::MAX)
}

fn unproved(what: &str) -> Failure {
    Failure::new(
        Kind::Unproved,
        "audit-unproved",
        format!(
            "平台审计记录未获证明({what})。请保留本次输出并通知平台的管理者;记录可能已被改动,或平台出错。"
        ),
        format!(
            "The platform's audit trail is not proved ({what}). Keep this output and tell whoever answers for the platform: it was altered, or the platform is at fault."
        ),
    )
}

#[cfg(test)]
mod tests {
    use kaibiao_crypto::merkle::Tree;
    use kaibiao_crypto::shell::{details_digest, facts_digest};
    use serde_json::json;

    use super::*;

    /// Three events, and the page that has them.
    fn page() -> AuditPage {
        let facts = json!({ "by": "platform", "what": { "kind": "stopped" } });
        let details = json!({ "note": "说明" });
        let salts: [[u8; 32]; 2] = [[1; 32], [2; 32]];
        let shells: Vec<Shell> = (1..=3)
            .map(|seq| Shell {
                seq,
                time: 9,
                facts: facts_digest(&salts[0], &canonical::to_bytes(&facts)),
                details: details_digest(&salts[1], &canonical::to_bytes(&details)),
            })
            .collect();
        let tree = Tree::from_leaves(shells.iter().map(Shell::leaf));
        let event = |shell: &Shell| {
            let proof = tree.inclusion(shell.seq - 1, 3).unwrap();
            AuditEvent {
                seq: shell.seq,
                time: 9,
                facts: facts.clone(),
                facts_salt: hex::encode(salts[0]),
                details: Some(details.clone()),
                details_salt: Some(hex::encode(salts[1])),
                hidden: None,
                shell: String::from_utf8(shell.to_bytes()).unwrap(),
                path: proof.path.iter().map(ToString::to_string).collect(),
            }
        };
        AuditPage {
            events: shells.iter().map(event).collect(),
            next: None,
            size: 3,
            root: tree.root().to_string(),
            now: 10,
        }
    }

    #[test]
    fn an_event_is_proved_with_its_details_and_without_those_that_are_not_shown() {
        assert_eq!(proved(page()).unwrap().len(), 3);
        let mut hidden = page();
        hidden.events[1].details = None;
        hidden.events[1].details_salt = None;
        hidden.events[1].hidden = serde_json::from_value(json!("desk")).unwrap();
        assert_eq!(proved(hidden).unwrap().len(), 3);
    }

    #[test]
    fn nothing_of_a_page_is_given_where_one_event_is_otherwise_than_was_committed_to() {
        let changes: [fn(&mut AuditPage); 9] = [
            |page| page.events[0].seq = 2,
            |page| page.events[0].time = 8,
            |page| page.events[0].facts = json!({ "by": "host" }),
            |page| page.events[0].details = Some(json!({})),
            |page| page.events[0].details = None,
            |page| {
                page.events[0].details = None;
                page.events[0].details_salt = None;
            },
            |page| drop(page.events[0].path.pop()),
            |page| page.size = 2,
            |page| page.root = Digest::of(b"another").to_string(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut page = page();
            change(&mut page);
            let refused = proved(page).unwrap_err();
            assert_eq!(refused.code, "audit-unproved", "{number}");
        }
    }

    #[test]
    fn a_tree_is_held_against_every_anchor_of_its_size_and_has_to_reach_them_all() {
        let leaves: Vec<_> = (0..5_u8).map(|it| leaf_hash(&[it])).collect();
        let root = |size: usize| Tree::from_leaves(leaves[..size].iter().copied()).root();
        let read = |met: Vec<(u64, Digest)>| -> Outcome<Option<u64>> {
            let mut anchors = Anchors {
                met,
                next: 0,
                newest: Some(4),
            };
            let mut tree = Frontier::new();
            for leaf in &leaves {
                tree.append(*leaf);
                anchors.hold(&tree)?;
            }
            anchors.reached()
        };
        assert_eq!(
            read(vec![(2, root(2)), (2, root(2)), (4, root(4))]),
            Ok(Some(4))
        );
        assert!(read(vec![(2, root(2)), (4, root(3))]).is_err());
        assert!(read(vec![(6, root(5))]).is_err());
    }

    #[test]
    fn a_search_is_written_so_that_no_text_becomes_another_parameter() {
        let search = Search {
            actor: Some("甲&limit=9".to_owned()),
            from: Some(5),
            ..Search::default()
        };
        let path = search.path("after", 0, 200).unwrap();
        assert_eq!(
            path,
            "platform/events?after=0&limit=200&from=5&actor=%E7%94%B2%26limit%3D9"
        );
        assert!(!search.is_whole() && Search::default().is_whole());
    }
}
