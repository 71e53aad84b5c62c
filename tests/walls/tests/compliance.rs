//! What docs/compliance says of the repository is there, and no item is left
//! out.

use std::collections::BTreeSet;

use kaibiao_walls::{files, nothing_broken, root, text};

/// The states of docs/compliance/README.md.
const STATES: [&str; 5] = ["达成", "部分", "运营方", "未达成", "不涉及"];

/// The items of GB/T 39786-2021 that hold at level 3: a section, and its last
/// letter.
const SECTIONS: [(&str, u8); 9] = [
    ("5", b'c'),
    ("8.1", b'e'),
    ("8.2", b'g'),
    ("8.3", b'h'),
    ("8.4", b'j'),
    ("8.5", b'f'),
    ("8.6", b'e'),
    ("8.7", b'e'),
    ("8.8", b'c'),
];

#[test]
fn what_is_cited_as_evidence_is_there() {
    let mut broken = Vec::new();
    let mut cited = 0;
    for (page, content) in pages() {
        for span in content.split('`').skip(1).step_by(2) {
            let (path, test) = match span.split_once("::") {
                Some((path, test)) => (path, Some(test)),
                None => (span, None),
            };
            if !of_the_repository(path) {
                continue;
            }
            cited += 1;
            let held = match test {
                None => root().join(path).exists(),
                Some(test) => files()
                    .iter()
                    .filter(|file| file.ends_with(path))
                    .any(|file| holds(&text(file).unwrap_or_default(), test)),
            };
            if !held {
                broken.push(format!("{page}: {span}"));
            }
        }
    }
    assert!(cited > 100, "only {cited} citations were found");
    nothing_broken("evidence that is not there", broken);
}

#[test]
fn every_item_has_one_row_and_every_row_a_state() {
    let mut broken = Vec::new();
    let mut items = Vec::new();
    for (page, content) in pages() {
        for row in content.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [item, _, state, zh, en] = cells[..] else {
                continue;
            };
            if item == "条" {
                continue;
            }
            if !STATES.contains(&state) || zh.is_empty() || en.is_empty() {
                broken.push(format!("{page}: {item}"));
            }
            if page.starts_with("gbt-39786") {
                items.push(item.to_owned());
            }
        }
    }
    nothing_broken(
        "rows without a state or without words in both languages",
        broken,
    );
    let wanted: Vec<String> = SECTIONS
        .iter()
        .flat_map(|(section, last)| {
            (b'a'..=*last).map(move |letter| format!("{section} {}", char::from(letter)))
        })
        .collect();
    assert_eq!(items, wanted);
}

/// The pages of docs/compliance, by name.
fn pages() -> Vec<(String, String)> {
    let pages: Vec<(String, String)> = files()
        .into_iter()
        .filter(|file| file.starts_with("docs/compliance"))
        .map(|file| {
            let name = file.file_name().unwrap_or_default();
            (
                name.to_string_lossy().into_owned(),
                text(&file).unwrap_or_default(),
            )
        })
        .collect();
    assert!(!pages.is_empty(), "no docs/compliance");
    pages
}

/// Whether there is a test of this name, of Rust or of the page.
fn holds(code: &str, test: &str) -> bool {
    code.contains(&format!("fn {test}(")) || code.contains(&format!("(\"{test}\""))
}

/// Whether a path begins with something that lies in the repository's root.
fn of_the_repository(path: &str) -> bool {
    let folders: BTreeSet<String> = files()
        .iter()
        .filter_map(|file| file.components().next())
        .map(|first| first.as_os_str().to_string_lossy().into_owned())
        .collect();
    let first = path.split('/').next().unwrap_or_default();
    folders.contains(first)
}
