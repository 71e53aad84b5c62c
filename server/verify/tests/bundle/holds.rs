//! What holds.

use kaibiao_crypto::encoding::to_base64;
use kaibiao_verify::{Check, Edition, Outcome, Verdict};
use serde_json::json;

use crate::export::short;
use crate::opening::Opening;
use crate::shown::Believed;
use crate::{checked, checked_with, outcome};

#[test]
fn the_supervisors_edition_holds_and_withholds_nothing() {
    let opening = Opening::new().run();
    let report = checked(&opening.files(Edition::Supervisor), &opening.policy()).unwrap();
    for made in &report.checks {
        let expected = match made.check {
            Check::Timestamps => Outcome::NotAsked,
            _ => Outcome::Holds,
        };
        assert_eq!(made.outcome, expected, "{:?}", made.check);
    }
    assert_eq!(report.verdict, Verdict::Holds);
    let found: Vec<_> = report.found.iter().map(|it| it.what).collect();
    assert_eq!(found, ["deadline-after-t0", "finding-made"]);
}

#[test]
fn the_public_edition_holds_and_says_what_is_not_in_it() {
    let opening = Opening::new().run();
    let files = opening.files(Edition::Public);
    let report = checked(&files, &opening.policy()).unwrap();
    assert_eq!(
        report.verdict,
        Verdict::HoldsWithoutSigners,
        "{}",
        report.json()
    );
    let all = opening.state.events;
    let complaints = outcome(&report, Check::Complaints);
    assert_eq!(*complaints, Outcome::Withheld { some: 1, all });
    assert_eq!(*outcome(&report, Check::Rechecks), Outcome::NotAsked);
    assert!(matches!(
        outcome(&report, Check::Authenticity),
        Outcome::Withheld { .. }
    ));
    assert!(matches!(
        outcome(&report, Check::Record),
        Outcome::Withheld { some: 2, all: 2 }
    ));
    assert_eq!(*outcome(&report, Check::Sheets), Outcome::Holds);
    assert!(report.is_enough());
    assert!(report.found.iter().any(|it| it.what == "facts-withheld"));
    let mut asks = opening.policy_json();
    asks["edition"] = json!("supervisor");
    let asks = Believed::read(&asks).unwrap();
    assert!(!checked(&files, &asks).unwrap().is_enough());
}

#[test]
fn a_masked_lot_names_nobody_in_public_and_holds() {
    let mut opening = Opening::new();
    opening.masked = true;
    let opening = opening.run();
    let policy = opening.policy();
    let public = checked(&opening.files(Edition::Public), &policy).unwrap();
    assert_eq!(
        public.verdict,
        Verdict::HoldsWithoutSigners,
        "{}",
        public.json()
    );
    let supervisor = checked(&opening.files(Edition::Supervisor), &policy).unwrap();
    assert_eq!(supervisor.verdict, Verdict::Holds, "{}", supervisor.json());
    assert_eq!(
        *outcome(&public, Check::Sheets),
        Outcome::Withheld { some: 3, all: 3 }
    );
    // The prices are opened again although nobody is named.
    let mut files = opening.files(Edition::Public);
    let name = files.first("sheets/");
    files.change(&name, |sheet| {
        sheet["segment_key"] = json!(to_base64(&[7; 32]))
    });
    let told = checked(&files, &policy).unwrap();
    let Outcome::Fails(fault) = outcome(&told, Check::Sheets) else {
        panic!("{}", told.json());
    };
    assert_eq!(fault.code, "segment-key-mismatch");
}

#[test]
fn a_receipt_that_was_kept_is_found_missed_or_foreign() {
    let opening = Opening::new().run();
    let (files, policy) = (opening.files(Edition::Public), opening.policy());
    let kept = short(&opening.receipts[0]).to_string();
    // Another opening of the same platform and project took other bids.
    let other = Opening::new().run();
    let missing = short(&other.receipts[0]).to_string();
    let foreign = json!({"body": "{}", "signature": ""}).to_string();
    let receipts = [
        ("kept", &kept),
        ("missing", &missing),
        ("foreign", &foreign),
    ];
    let receipts = receipts.map(|(name, text)| (name, text.as_bytes()));
    let report = checked_with(&files, &policy, &receipts).unwrap();
    let receipts = report.checks.iter().filter(|it| it.check == Check::Receipt);
    let told: Vec<_> = receipts.map(|it| it.outcome.name()).collect();
    assert_eq!(told, ["holds", "fails", "not-asked"]);
    assert_eq!(report.verdict, Verdict::Fails);
    let json = report.json().to_string();
    assert!(
        json.contains("receipt-missing") && json.contains("receipt-foreign"),
        "{json}"
    );
}

#[test]
fn of_a_platform_without_a_log_all_but_the_log_is_asked() {
    let mut opening = Opening::new();
    opening.without_log = true;
    let opening = opening.run();
    let policy = opening.policy();
    for edition in [Edition::Public, Edition::Supervisor] {
        let files = opening.files(edition);
        let report = checked(&files, &policy).unwrap();
        assert_ne!(report.verdict, Verdict::Fails, "{}", report.json());
        for check in [Check::Log, Check::Anchors] {
            assert_eq!(*outcome(&report, check), Outcome::NotAsked);
        }
        assert_eq!(*outcome(&report, Check::Statements), Outcome::Holds);
        // Whoever noted a log does not believe that there is none.
        let noted = Opening::new().policy();
        assert_eq!(checked(&files, &noted).unwrap().verdict, Verdict::Fails);
    }
}

#[test]
fn a_project_that_was_cancelled_before_t0_holds() {
    let opening = Opening::new().cancelled();
    let policy = opening.policy();
    let public = checked(&opening.files(Edition::Public), &policy).unwrap();
    assert_eq!(
        public.verdict,
        Verdict::HoldsWithoutSigners,
        "{}",
        public.json()
    );
    let supervisor = checked(&opening.files(Edition::Supervisor), &policy).unwrap();
    assert_eq!(supervisor.verdict, Verdict::Holds, "{}", supervisor.json());
}

/// Bundles of before notices were entered hold, unless their reader asks for them.
#[test]
fn a_bundle_without_places_of_notices_is_enough_until_they_are_asked_for() {
    let opening = Opening::new().run();
    let mut files = opening.files(Edition::Public);
    files.0.remove("notices.jsonl").unwrap();
    let report = checked(&files, &opening.policy()).unwrap();
    assert_eq!(*outcome(&report, Check::Notices), Outcome::NotAsked);
    assert!(report.is_enough());
    let mut asks = opening.policy_json();
    asks["notices"] = json!(true);
    let asks = Believed::read(&asks).unwrap();
    let report = checked(&files, &asks).unwrap();
    assert!(matches!(
        outcome(&report, Check::Notices),
        Outcome::Fails(fault) if fault.code == "notice-unlogged"
    ));
    let report = checked(&opening.files(Edition::Public), &asks).unwrap();
    assert_eq!(*outcome(&report, Check::Notices), Outcome::Holds);
}

/// An entry that came after the closing anchor is no evidence of what was shown before.
#[test]
fn a_notice_that_was_entered_after_the_closing_anchor_is_late() {
    let mut opening = Opening::new();
    opening.late_notice = true;
    let opening = opening.run();
    let files = opening.files(Edition::Supervisor);
    let report = checked(&files, &opening.policy()).unwrap();
    assert!(matches!(
        outcome(&report, Check::Notices),
        Outcome::Fails(fault) if fault.code == "notice-unlogged"
    ));
}
