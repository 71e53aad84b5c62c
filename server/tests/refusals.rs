//! docs/spec/refusals.md lists every code that a refusal can have. It is made
//! from the code; `KAIBIAO_WRITE_DOCS=1 cargo test --test refusals` writes it.

use std::path::Path;

use kaibiao_api::problem::Transport;
use kaibiao_core::refusal::RefusalCode;

#[test]
fn every_refusal_is_documented_with_what_to_do_next() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/refusals.md");
    let page = page();
    if std::env::var_os("KAIBIAO_WRITE_DOCS").is_some() {
        std::fs::write(&file, &page).expect("docs/spec can be written");
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "docs/spec/refusals.md is not what the code says: \
         run KAIBIAO_WRITE_DOCS=1 cargo test -p kaibiao --test refusals"
    );
}

#[test]
fn no_code_is_used_twice() {
    let mut codes: Vec<&str> = RefusalCode::ALL.iter().map(|it| it.code()).collect();
    codes.extend(Transport::ALL.iter().map(|it| it.code()));
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
}

fn page() -> String {
    let mut page = String::from(
        "# Refusals\n\n\
         Every refusal is an RFC 9457 problem, `type` `urn:kaibiao:problem:<code>`, with the code, a title, and what to do next in\n\
         Chinese (`detail_zh`) and English (`detail_en`); `detail` follows `Accept-Language`. `{braces}` are filled from `params`.\n\
         The lists are closed: a client may know them all. This page is made from the code by `server/tests/refusals.rs`.\n\n\
         ## By the rules\n\n| code | 中文 | English |\n|---|---|---|\n",
    );
    for code in RefusalCode::ALL {
        page += &format!("| `{}` | {} | {} |\n", code.code(), code.zh(), code.en());
    }
    page += "\n## Before the rules are asked\n\n| code | status | 中文 | English |\n|---|---|---|---|\n";
    for transport in Transport::ALL {
        let problem = transport.problem();
        page += &format!(
            "| `{}` | {} | {} | {} |\n",
            transport.code(),
            problem.status,
            problem.detail.zh,
            problem.detail.en
        );
    }
    page
}
