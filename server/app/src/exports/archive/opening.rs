//! 03-开标: records, who signed them, the platform's statements, files of the room.

use kaibiao_api::StatementView;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::LotId;
use kaibiao_core::record::signatures;
use kaibiao_core::role::By;
use kaibiao_core::state::Lot;
use kaibiao_crypto::canonical;
use kaibiao_crypto::statement::SignedStatement;

use super::Gathering;
use crate::exports::record::{Form, Language, Wanted, file};
use crate::exports::sending::Content;
use crate::{record, sheets, statements};

const FOLDER: &str = "03-开标";

pub(super) async fn gather(into: &mut Gathering<'_>) -> Result<(), Problem> {
    let current = into.current.clone();
    let closing = statements::closing(into.app, into.project).await;
    statement(into, format!("{FOLDER}/截止声明.json"), "截止声明", closing)?;
    for (lot, state) in &current.state.lots {
        let accepted = statements::accepted(into.app, into.project, lot).await;
        let path = format!("{FOLDER}/{lot}/接收清单.json");
        statement(into, path, "接收清单", accepted)?;
        if sheets::may_read_record(&current, lot, &into.visitor) {
            records(into, lot, state).await?;
        }
    }
    let notices = &current.book.notices;
    let said = current.book.entries.keys().copied();
    for seq in said.filter(|seq| !notices.contains(seq)) {
        into.attached(seq, &format!("{FOLDER}/异议")).await?;
    }
    Ok(())
}

fn statement(
    into: &mut Gathering<'_>,
    path: String,
    title: &str,
    found: Result<SignedStatement, Problem>,
) -> Result<(), Problem> {
    let signed = match found {
        Err(problem) if problem.code == Transport::NotFound.code() => return Ok(()),
        found => found?,
    };
    let bytes = canonical::to_bytes(&StatementView::from(signed));
    let author = into.platform();
    into.add(path, title, author, None, Content::Bytes(bytes));
    Ok(())
}

async fn records(into: &mut Gathering<'_>, lot: &LotId, state: &Lot) -> Result<(), Problem> {
    let current = into.current.clone();
    let author = into.platform();
    for made in &state.records {
        let at = current.book.entry(made.seq).map(|entry| entry.time);
        let path = format!("{FOLDER}/{lot}/开标记录-{}", made.record);
        let bytes = record::bytes(into.app, made.record).await?;
        let content = Content::Bytes(bytes);
        into.add(
            format!("{path}.json"),
            "开标记录(原件)",
            &author,
            at,
            content,
        );
        if let Some(pdf) = made.pdf {
            let content = Content::Bytes(record::bytes(into.app, pdf).await?);
            into.add(
                format!("{path}.pdf"),
                "开标记录(版式文件)",
                &author,
                at,
                content,
            );
        }
    }
    if let Some(made) = state.records.last() {
        let wanted = Wanted {
            form: Form::Xlsx,
            language: Language::Chinese,
            digest: None,
        };
        let sheet = file(into.app, into.project, lot, &into.visitor, wanted).await?;
        let at = current.book.entry(made.seq).map(|entry| entry.time);
        let path = format!("{FOLDER}/{lot}/开标记录.xlsx");
        into.add(
            path,
            "开标记录(电子表格)",
            &author,
            at,
            Content::Bytes(sheet.bytes),
        );
    }
    for made in &state.records {
        for signature in signatures(&current.state, &current.book, lot, made, &into.viewer) {
            let kind = if signature.role == By::Bidder {
                "countersigned"
            } else {
                "record_signed"
            };
            let path = format!("{FOLDER}/{lot}/签名/{}-{kind}.json", signature.seq);
            let content = Content::Bytes(canonical::to_bytes(signature.act));
            let at = Some(signature.at);
            into.add(path, "开标记录签名", signature.name, at, content);
        }
    }
    Ok(())
}
