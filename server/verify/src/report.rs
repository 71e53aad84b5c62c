//! What is told of a bundle, to people and to programs.

use std::fmt::Write as _;

use kaibiao_crypto::Digest;
use serde::Serialize;
use serde_json::{Value, json};

use crate::form::{Bundle, Edition};
use crate::found::Found;
use crate::outcome::{Check, Outcome, Place};
use crate::policy::Policy;
use crate::words;

/// In which language people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// A check with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Which check.
    pub check: Check,
    /// Its outcome.
    pub outcome: Outcome,
    /// Of a receipt that was given beside: its file.
    pub of: Option<Place>,
}

impl Made {
    pub(crate) const fn of(check: Check, outcome: Outcome) -> Self {
        Self {
            check,
            outcome,
            of: None,
        }
    }

    pub(crate) const fn at(check: Check, outcome: Outcome, of: Place) -> Self {
        Self {
            check,
            outcome,
            of: Some(of),
        }
    }
}

/// What all checks together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything was asked, and holds.
    Holds,
    /// Everything that is there holds; who signed is not in this edition.
    HoldsWithoutSigners,
    /// Something is wrong.
    Fails,
}

/// What was found of a bundle.
#[derive(Debug)]
pub struct Report {
    bundle: Digest,
    project: String,
    edition: Edition,
    /// Every check in its order.
    pub checks: Vec<Made>,
    /// What was found wrong with somebody.
    pub found: Vec<Found>,
    /// What all checks together say.
    pub verdict: Verdict,
    /// Whether the policy asks for the other edition.
    lacks_edition: bool,
}

impl Report {
    pub(crate) fn new(
        bundle: &Bundle,
        policy: &Policy,
        checks: Vec<Made>,
        found: Vec<Found>,
    ) -> Self {
        let any = |is: fn(&Outcome) -> bool| checks.iter().any(|made| is(&made.outcome));
        let verdict = if any(|it| matches!(it, Outcome::Fails(_) | Outcome::NotMade)) {
            Verdict::Fails
        } else if any(|it| matches!(it, Outcome::Withheld { .. })) {
            Verdict::HoldsWithoutSigners
        } else {
            Verdict::Holds
        };
        let edition = bundle.head.edition;
        Self {
            bundle: bundle.digest,
            project: bundle.head.project.to_string(),
            edition,
            checks,
            found,
            verdict,
            lacks_edition: policy.needs_supervisor && edition == Edition::Public,
        }
    }

    /// Whether the bundle is all that the policy asks for.
    pub fn is_enough(&self) -> bool {
        self.verdict != Verdict::Fails && !self.lacks_edition
    }

    /// The report for programs.
    pub fn json(&self) -> Value {
        let checks: Vec<Value> = self.checks.iter().map(of_check).collect();
        json!({
            "bundle": self.bundle,
            "checks": checks,
            "edition": self.edition,
            "found": self.found,
            "project": self.project,
            "verdict": self.verdict,
        })
    }

    /// The report for people.
    pub fn text(&self, language: Language) -> String {
        let say = |zh: &'static str, en: &'static str| words::say(language, zh, en);
        let mut text = String::new();
        let edition = match self.edition {
            Edition::Public => say("公开版", "public edition"),
            Edition::Supervisor => say("监督版", "supervisor's edition"),
        };
        let (project, bundle) = (&self.project, self.bundle);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{} {project} ({edition})", say("项目", "project"));
        let _ = writeln!(text, "SHA-256 {bundle}\n");
        for made in &self.checks {
            let _ = writeln!(text, "{}", words::line(language, made));
        }
        if !self.found.is_empty() {
            let heading = say(
                "\n证据所载的事项（不是证据包的缺陷）",
                "\nWhat it tells of somebody (no fault of the bundle)",
            );
            let _ = writeln!(text, "{heading}");
        }
        for found in &self.found {
            let _ = writeln!(text, "  {}", words::found(language, found));
        }
        let _ = writeln!(text, "\n{}", words::verdict(language, self.verdict));
        if self.lacks_edition {
            let asks = say(
                "核验策略要求监督版，公开版不够；请向监督部门索取。",
                "The policy asks for the supervisor's edition, and this is the public one: ask the supervisor for it.",
            );
            let _ = writeln!(text, "{asks}");
        }
        text
    }
}

fn of_check(made: &Made) -> Value {
    let mut value = json!({ "check": made.check, "outcome": made.outcome.name() });
    if let Some(of) = &made.of {
        value["where"] = json!(of);
    }
    match &made.outcome {
        Outcome::Fails(fault) => {
            value["code"] = json!(fault.code);
            value["where"] = json!(fault.place);
        }
        Outcome::Withheld { some, all } => value["withheld"] = json!([some, all]),
        Outcome::NotAsked if made.check == Check::Receipt => {
            value["code"] = json!(words::FOREIGN);
        }
        Outcome::Holds | Outcome::NotAsked | Outcome::NotMade => {}
    }
    value
}
