//! A supervisor reads the platform's own stream with the real program: what it lists
//! and keeps is proved, and whoever is no supervisor gets nothing.

mod town;

use serde_json::Value;
use town::{Town, path};

#[test]
fn a_supervisor_lists_searches_verifies_and_keeps_what_happened_to_the_platform() {
    let town = Town::found("audit", 1);
    let supervisor = &town.supervisor;
    let kinds = |listed: &Value| {
        let listed = listed.as_array().expect("a list").iter();
        listed
            .map(|it| {
                it["facts"]["what"]["kind"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };

    // The newest first; the reading itself is on record.
    let listed = town.must(supervisor, &["audit", "--last", "3"]);
    assert_eq!(kinds(&listed).first().map(String::as_str), Some("exported"));
    assert_eq!(kinds(&listed).len(), 3);
    let found = [
        "audit",
        "--kind",
        "role_bound",
        "--kind",
        "started",
        "--actor",
        "administrator",
    ];
    let listed = town.must(supervisor, &found);
    // Three by it, and its own: the certificate calls its person the same.
    assert_eq!(kinds(&listed), ["role_bound"; 4]);
    let change = &listed[0]["details"]["changed"][0];
    assert_eq!(change["what"], "roles");
    let none = town.must(supervisor, &["audit", "--to", "2020-01-01"]);
    assert_eq!(none, Value::Array(Vec::new()));

    // A kill, and the next start says so.
    town.kill();
    town.start();
    let listed = town.must(supervisor, &["audit", "--kind", "started"]);
    assert_eq!(listed[0]["facts"]["what"]["unclean"], true);
    assert!(listed[0]["facts"]["what"]["away"].is_i64());
    assert_eq!(listed[1]["facts"]["what"]["unclean"], false);

    // All of it, without a gap.
    let read = town.must(supervisor, &["audit", "--verify"]);
    let read = &read["read"];
    assert_eq!(read["whole"], true);
    assert_eq!(read["events"], read["size"]);
    // The service has anchored its stream since it started, and its log proves it.
    assert!(read["anchored"].as_u64().is_some_and(|it| it > 0), "{read}");

    // Kept, with what proves each line; and as a table.
    let lines = town.folder.join("audit.jsonl");
    town.must(supervisor, &["audit", "-o", path(&lines)]);
    let text = std::fs::read_to_string(&lines).expect("it is kept");
    let kept: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON a line"))
        .collect();
    assert!(
        kept.iter()
            .zip(1..)
            .all(|(it, seq)| it["seq"] == seq && it["root"].is_string())
    );
    let table = town.folder.join("audit.csv");
    town.must(
        supervisor,
        &["audit", "--kind", "exported", "-o", path(&table)],
    );
    let text = std::fs::read_to_string(&table).expect("it is kept");
    assert!(text.starts_with("\u{feff}seq,time,kind,"));
    assert_eq!(
        text.matches("\"exported\"").count() - text.matches("\"\"exported\"\"").count(),
        2
    );

    // Nobody else, nothing half, and no file of another form.
    for person in [&town.agency, &town.administrator, &town.bidders[0]] {
        let (done, said) = town.tries(person, &["audit"]);
        assert!(!done);
        assert_eq!(said["error"]["code"], "not-allowed");
    }
    for (arguments, code) in [
        (vec!["audit", "-o", "audit.xlsx"], "audit-form"),
        (vec!["audit", "--kind", "no_such"], "malformed"),
    ] {
        let (done, said) = town.tries(supervisor, &arguments);
        assert!(!done);
        assert_eq!(said["error"]["code"], code);
    }
}
