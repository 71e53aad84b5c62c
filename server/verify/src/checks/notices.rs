//! Notices: each in the log as it was signed, and what was published with it.

use kaibiao_core::event::{Facts, What};
use kaibiao_core::ids::Seq;
use kaibiao_crypto::anchor::NoticeEntry;
use kaibiao_crypto::merkle::{InclusionProof, leaf_hash};
use kaibiao_crypto::tlog::Checkpoint;
use kaibiao_crypto::{Digest, canonical};

use super::log;
use crate::form::{AnchorLine, NoticeLine};
use crate::outcome::{Findings, Place};
use crate::reading::{Reading, Walk};

const FILE: &str = "notices.jsonl";

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let Some(checkpoint) = log::head(reading).filter(|_| reading.policy.log.is_some()) else {
        return Findings::not_asked();
    };
    let lines = &reading.bundle.notices;
    if lines.is_empty() && !reading.policy.needs_notices {
        // A bundle of before notices were entered.
        return Findings::not_asked();
    }
    let events = reading.facts().filter(|(_, _, it)| it.what.is_notice());
    let mut count = 0;
    for (seq, _, facts) in events {
        let is_in = lines.get(count).is_some_and(|line| {
            is_under(reading, &checkpoint, line, facts)
                && is_before_closing(reading, line, seq)
                && is_what_was_published(reading, line, facts, seq)
        });
        findings.expect(is_in, "notice-unlogged", || Place::Seq(seq));
        count += 1;
    }
    let is_all = lines.len() <= count;
    findings.expect(is_all, "notice-unlogged", || Place::file(FILE));
    findings
}

/// Whether the line's entry is of this act and lies under the checkpoint.
fn is_under(
    reading: &Reading<'_>,
    checkpoint: &Checkpoint,
    line: &NoticeLine,
    facts: &Facts,
) -> bool {
    let entry = NoticeEntry {
        act: line.act,
        draft: line.draft.as_ref().map(|it| Digest::of(it.as_bytes())),
        project: &reading.project,
        what: facts.what.kind(),
    };
    let inclusion = InclusionProof {
        index: line.index,
        size: checkpoint.size,
        path: line.path.clone(),
    };
    let leaf = leaf_hash(&entry.entry());
    facts.act == Some(line.act) && inclusion.verify(&leaf, &checkpoint.root).is_ok()
}

/// Whether the entry of an event that the closing statement's tree holds lies below
/// that tree's anchor.
fn is_before_closing(reading: &Reading<'_>, line: &NoticeLine, seq: Seq) -> bool {
    let closing = reading.bundle.closing.as_ref();
    let anchor = closing.and_then(|it| Some(&it.proof.as_ref()?.anchored.anchor));
    let of = |line: &&AnchorLine| anchor.is_some_and(|anchor| anchor.tick == line.tick);
    let closing = reading.bundle.anchors.iter().find(of);
    closing.is_none_or(|closing| seq > closing.size || line.index < closing.index)
}

/// Whether the publication's entry, and no other, commits to the draft as it stood. A
/// public edition does not tell what was drafted.
fn is_what_was_published(
    reading: &Reading<'_>,
    line: &NoticeLine,
    facts: &Facts,
    seq: Seq,
) -> bool {
    let is_published = matches!(facts.what, What::Published { .. });
    if !is_published || line.draft.is_none() {
        return is_published == line.draft.is_some();
    }
    let mut walk = Walk::default();
    for event in (1..seq).filter_map(|seq| reading.event(seq)) {
        if !event.is_whole || !walk.step(event) {
            return true;
        }
    }
    let draft = walk.book.draft.as_deref().map(canonical::to_bytes);
    draft.is_none_or(|draft| line.draft.as_ref().map(String::as_bytes) == Some(&draft))
}
