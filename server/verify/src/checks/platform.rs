//! Whose platform, project and rules it is.

use std::collections::BTreeSet;

use kaibiao_core::terms::{SealingTerms, Trust};
use kaibiao_crypto::encoding::to_base64;
use serde_json::Value;

use crate::form::Stated;
use crate::outcome::{Findings, Place};
use crate::policy::Policy;
use crate::reading::Reading;

/// The version of the rules that is known here.
const RULES: u64 = 1;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let (bundle, policy) = (reading.bundle, reading.policy);
    let head = || Place::file("bundle.json");
    findings.expect(bundle.head.origin == policy.origin, "origin-differs", head);
    findings.expect(bundle.head.rules == RULES, "rules-version", head);
    for (digest, terms) in &reading.terms {
        let place = || Place::File(format!("terms/{digest}.json"));
        of_terms(&mut findings, terms, reading, place);
    }
    if let Some(closing) = &bundle.closing {
        of_statement(&mut findings, closing, reading, "closing.json");
    }
    for (lot, accepted) in &bundle.accepted {
        let name = format!("accepted/{lot}.json");
        of_statement(&mut findings, accepted, reading, &name);
    }
    for (digest, bytes) in &bundle.records {
        let record: Option<Value> = serde_json::from_slice(bytes).ok();
        let project = record.as_ref().and_then(|it| it["project"]["id"].as_str());
        let is_ours = project.is_none_or(|project| project == reading.project);
        let place = || Place::File(format!("records/{digest}.json"));
        findings.expect(is_ours, "project-differs", place);
    }
    findings
}

fn of_terms(
    findings: &mut Findings,
    terms: &SealingTerms,
    reading: &Reading<'_>,
    place: impl Fn() -> Place,
) {
    let (policy, trust) = (reading.policy, &terms.trust);
    findings.expect(trust.origin == policy.origin, "origin-differs", &place);
    findings.expect(is_of(trust, policy), "key-differs", &place);
    let is_ours = terms.project == reading.bundle.head.project;
    findings.expect(is_ours, "project-differs", &place);
}

/// Whether all keys and the quorum are the policy's.
fn is_of(trust: &Trust, policy: &Policy) -> bool {
    let witnesses = |keys: &[String]| keys.iter().cloned().collect::<BTreeSet<_>>();
    trust.statement_key == to_base64(policy.statement_key.as_bytes())
        && trust.receipt_key == to_base64(policy.receipt_key.as_bytes())
        && trust.sm2_chain == policy.sm2_chain
        && trust.log_key == policy.log_key
        && trust.quorum == policy.quorum
        && trust.witnesses.len() == policy.witnesses.len()
        && witnesses(&trust.witnesses) == witnesses(&policy.witnesses)
}

fn of_statement(findings: &mut Findings, stated: &Stated, reading: &Reading<'_>, name: &str) {
    let body: Option<Value> = serde_json::from_str(&stated.statement.body).ok();
    let project = body
        .as_ref()
        .and_then(|body| body["statement"]["project"].as_str());
    let is_ours = project.is_none_or(|project| project == reading.project);
    findings.expect(is_ours, "project-differs", || Place::file(name));
}
