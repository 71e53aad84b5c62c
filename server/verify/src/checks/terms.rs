//! Sealing terms: what facts take from them, who signed that they be so, and what
//! docs/spec/terms.md, 2 asks of them.

use std::collections::BTreeMap;

use kaibiao_core::act::Act;
use kaibiao_core::details::Details;
use kaibiao_core::event::{LotRules, What};
use kaibiao_core::ids::{LotId, Millis, Seq};
use kaibiao_core::terms::{Custodian, SealingTerms};
use kaibiao_crypto::anchor::TermsEntry;
use kaibiao_crypto::merkle::{InclusionProof, leaf_hash};
use kaibiao_crypto::{Digest, Suite, canonical};

use super::{custodians, log};
use crate::outcome::{Findings, Place};
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let facts: Vec<_> = reading.facts().collect();
    for (seq, time, facts) in facts {
        let details = reading.event(seq).and_then(|it| it.details.as_ref());
        let (rules, is_signed) = match &facts.what {
            What::Published { t0, lots, .. } => (lots.as_slice(), publishes(details, *t0, lots)),
            What::TermsAmended { rules, t0, .. } => {
                (std::slice::from_ref(rules), amends(details, *t0, rules))
            }
            _ => continue,
        };
        findings.expect(is_signed, "rules-differ", || Place::Seq(seq));
        for rules in rules {
            of_rules(&mut findings, reading, rules, seq, time);
        }
    }
    for (digest, bytes) in &reading.bundle.terms {
        let is_it = SealingTerms::digest_of(bytes) == *digest;
        findings.expect(is_it, "rules-differ", || file(digest));
    }
    logged(&mut findings, reading);
    findings
}

/// Whether the signed act publishes exactly these terms, for this T0.
fn publishes(details: Option<&Details>, t0: Millis, lots: &[LotRules]) -> bool {
    let Some(Act::Publish(body)) = act(details) else {
        return false;
    };
    let named: BTreeMap<LotId, Digest> = lots
        .iter()
        .map(|rules| (rules.lot.clone(), rules.terms))
        .collect();
    body.terms == named && body.t0 == t0
}

/// Whether the signed act amends a lot by exactly these terms.
fn amends(details: Option<&Details>, t0: Option<Millis>, rules: &LotRules) -> bool {
    let Some(Act::AmendTerms(body)) = act(details) else {
        return false;
    };
    body.lot == rules.lot && body.terms == rules.terms && body.t0 == t0
}

fn act(details: Option<&Details>) -> Option<Act> {
    let signed = details?.signed.as_ref()?;
    canonical::from_bytes(signed.body.as_bytes()).ok()
}

fn of_rules(
    findings: &mut Findings,
    reading: &Reading<'_>,
    rules: &LotRules,
    seq: Seq,
    time: Millis,
) {
    let Some(bytes) = reading.bundle.terms.get(&rules.terms) else {
        // The files' own check has said so.
        findings.lacks();
        return;
    };
    let Ok(terms) = canonical::from_bytes::<SealingTerms>(bytes) else {
        findings.fail("terms-malformed", file(&rules.terms));
        return;
    };
    // The digest is over the bytes, which were compared with the name.
    let same = LotRules {
        terms: rules.terms,
        ..terms.rules()
    };
    findings.expect(same == *rules, "rules-differ", || Place::Seq(seq));
    if let Err(code) = in_form(&terms) {
        findings.fail(code, file(&rules.terms));
    }
    for custodian in &terms.custodians {
        let judged = custodians::judge(&terms, custodian, reading, time);
        if let Err(code) = judged {
            findings.fail(code, file(&rules.terms));
        }
    }
}

/// What can be asked of terms without anybody's certificate.
fn in_form(terms: &SealingTerms) -> Result<(), &'static str> {
    let is_known = terms.version == 1 && terms.envelopes == 1;
    if !is_known || Suite::named(&terms.suite).is_none() {
        return Err("terms-version");
    }
    if terms.trust.policy().is_err() {
        return Err("terms-log");
    }
    let trust = &terms.trust;
    let is_of = Suite::named(&terms.suite).is_some_and(|suite| trust.is_of(suite));
    if !is_of || trust.statement_keys().is_err() || trust.receipt_keys().is_err() {
        return Err("terms-platform-key");
    }
    let count = terms.custodians.len();
    let release = usize::from(terms.release);
    let rescue = terms.rescue.map(usize::from);
    let reaches = 2 * release > count && release <= count;
    let rescues = rescue.is_none_or(|rescue| release < rescue && rescue <= count);
    let mut places = (1..).zip(&terms.custodians);
    if release == 0 || !reaches || !rescues || places.any(|(x, it)| it.x != x) {
        return Err("terms-thresholds");
    }
    if Custodian::sharing(&terms.custodians).is_some() {
        return Err("terms-same-key");
    }
    let organisations = terms.custodians.iter().map(|it| &it.organisation);
    if terms.officials.largest_side(organisations) >= release {
        return Err("terms-one-side");
    }
    Ok(())
}

/// Each terms has its entry in the log, below the closing anchor's.
fn logged(findings: &mut Findings, reading: &Reading<'_>) {
    let Some(checkpoint) = log::head(reading).filter(|_| reading.has_log()) else {
        return;
    };
    let closing = reading.bundle.closing.as_ref();
    let closing = closing.and_then(|it| it.proof.as_ref());
    let tick = closing.map(|proof| proof.anchored.anchor.tick);
    let mut anchors = reading.bundle.anchors.iter();
    let closing = anchors.find(|line| Some(line.tick) == tick);
    for (digest, terms) in &reading.terms {
        let mut lines = reading.bundle.logged.iter();
        let is_in = lines
            .find(|line| line.terms == *digest)
            .is_some_and(|line| {
                let entry = TermsEntry {
                    lot: terms.lot.as_str(),
                    project: &reading.project,
                    terms: *digest,
                };
                let inclusion = InclusionProof {
                    index: line.index,
                    size: checkpoint.size,
                    path: line.path.clone(),
                };
                let leaf = leaf_hash(&entry.entry());
                line.lot == terms.lot
                    && inclusion.verify(&leaf, &checkpoint.root).is_ok()
                    && closing.is_none_or(|closing| line.index < closing.index)
            });
        findings.expect(is_in, "terms-unlogged", || file(digest));
    }
}

fn file(digest: &Digest) -> Place {
    Place::File(format!("terms/{digest}.json"))
}
