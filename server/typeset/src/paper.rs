//! The opening record (开标记录表) as a sheet: one lot's record, section by
//! section, in the words of the field.

use serde::Deserialize;
use serde_json::Value;

use crate::record::{
    Attachment, Field, Member, Message, Moment, Objection, OnObjections, Record, Reference, Remark,
    Row,
};
use crate::sheet::{
    Align, Column, Fact, Line, Section, Sheet, Signer, Signing, Style, Table, fact, fixed, plain,
    share, small, styled, wide,
};
use crate::words::{self, instant, time};
use crate::{Imprint, amount};

/// What `data`, the JSON of core's record, looks like on paper.
pub fn opening_record(data: &Value, imprint: &Imprint) -> Result<Sheet, serde_json::Error> {
    let record = Record::deserialize(data)?;
    let project = &record.project;
    let sections: Vec<Section> = [
        announced(&record),
        unopened(&record),
        custodians(&record),
        refused(&record),
        Some(objections(&record.objections, &record.answers)),
        messages("现场消息与提问", &record.messages),
        messages("监督意见", &record.remarks),
        attendance(&record),
        suspensions(&record),
        timeline(&record),
    ]
    .into_iter()
    .flatten()
    .enumerate()
    .map(|(index, section)| Section {
        heading: numbered(&section.heading, index),
        ..section
    })
    .collect();
    Ok(Sheet {
        title: "开标记录表".to_owned(),
        subject: format!("{}　{}", project.title, record.lot.title),
        publisher: project.centre.clone(),
        footer: format!("项目编号 {}　标段 {}", project.number, record.lot.id),
        digest: imprint.digest.clone(),
        head: head(&record),
        signing: Signing {
            heading: numbered("签署", sections.len()),
            lead: "本记录由下列各方以数字证书电子签名；签名与本文件分开保存，均针对下表所列电子原件的摘要作出。\
                   未签署者不影响本记录的效力，并记录在案。"
                .to_owned(),
        },
        signers: record
            .signers
            .iter()
            .map(|expected| Signer {
                role: words::signer(&expected.role).to_owned(),
                name: expected.name.clone(),
            })
            .collect(),
        original: original(&record, imprint),
        sections,
    })
}

fn head(record: &Record) -> Vec<Fact> {
    let project = &record.project;
    let lot = &record.lot;
    let mut head = vec![
        fact("项目编号", &project.number),
        fact("标段（包）", format!("{}　{}", lot.id, lot.title)),
        wide("项目名称", &project.title),
        fact("招标人", &project.tenderer),
        fact("代理机构", project.agency.as_deref().unwrap_or("—")),
        fact("交易中心", &project.centre),
        fact("监督部门", &project.supervisor),
        fact("开标时间", instant(project.t0)),
        fact("开标地点", "网上开标大厅（远程不见面开标）"),
        fact(
            "截止时投标数",
            format!("{} 份（最低 {} 份）", lot.bids, lot.minimum),
        ),
        fact("唱标顺序", words::reading(&lot.reading)),
    ];
    if lot.coded {
        head.push(wide(
            "投标人名称",
            "本标段未开启或名称未公开，投标人以代码表示；招标人、交易中心和监督部门另有名单。",
        ));
    }
    if let Some(fen) = fen(lot.control_price.as_deref()) {
        let text = format!(
            "{}（人民币{}）",
            amount::figures(fen),
            amount::capitals(fen)
        );
        head.push(wide("最高投标限价", text));
    }
    if let Some(reference) = &lot.reference {
        head.push(wide(
            words::reference(&reference.kind),
            referred(record, reference),
        ));
    }
    if let Some(corrected) = &record.corrects {
        head.push(Fact {
            label: "更正".to_owned(),
            value: vec![
                plain("本记录更正下列摘要的开标记录，原记录继续保存："),
                styled(corrected, Style::Digest),
            ],
            wide: true,
        });
    }
    head.push(wide("开标结果", words::outcome(record)));
    head
}

/// What the host has revealed of a control price or base that was sealed, or that it
/// has not.
fn referred(record: &Record, reference: &Reference) -> String {
    let Some(revealed) = &reference.revealed else {
        return words::unrevealed(!record.rows.is_empty()).to_owned();
    };
    let schema = &record.lot.schema;
    let price = schema.price.as_deref();
    let price = schema
        .fields
        .iter()
        .find(|it| Some(it.id.as_str()) == price);
    let told = match (price.map(words::kind), fen(Some(&revealed.value))) {
        (Some("money"), Some(fen)) => format!(
            "{}（人民币{}）",
            amount::figures(fen),
            amount::capitals(fen)
        ),
        (Some("rate"), _) => format!("{}%", revealed.value),
        _ => revealed.value.clone(),
    };
    format!(
        "{told}；开标前封存，{}公布，与密封条款中的承诺一致（第 {} 号）",
        instant(revealed.at),
        revealed.seq
    )
}

/// The announced sheets in reading order, prices in figures and in capitals.
fn announced(record: &Record) -> Option<Section> {
    if record.rows.is_empty() {
        return None;
    }
    let fields: Vec<&Field> = record
        .lot
        .schema
        .fields
        .iter()
        .filter(|f| f.public)
        .collect();
    let mut columns = vec![
        fixed("序号", 30.0, Align::Center),
        share("投标人", 3.0, Align::Left),
    ];
    columns.extend(fields.iter().map(|field| column(field)));
    columns.extend([
        fixed("保证金", 40.0, Align::Center),
        fixed("解密", 50.0, Align::Center),
        share("本行核对", 1.2, Align::Left),
    ]);
    let rows = record
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let mut cells = vec![vec![plain((index + 1).to_string())], bidder(row)];
            cells.extend(
                fields
                    .iter()
                    .map(|field| value(field, row.sheet.get(&field.id))),
            );
            cells.push(vec![plain(words::deposit(row.deposit.as_deref()))]);
            cells.push(unlocked(row));
            cells.push(checked(row));
            cells
        })
        .collect();
    Some(Section {
        heading: "唱标记录".to_owned(),
        lead: Vec::new(),
        table: Some(Table { columns, rows }),
        notes: vec!["金额以元计；大写与小写由同一数值生成。".to_owned()],
    })
}

fn column(field: &Field) -> Column {
    match words::kind(field) {
        "money" => share(&format!("{}（元）", field.label), 2.4, Align::Right),
        "text" => share(&field.label, 2.2, Align::Left),
        "rate" => share(&format!("{}（%）", field.label), 1.0, Align::Center),
        _ => share(&field.label, 1.2, Align::Center),
    }
}

fn value(field: &Field, value: Option<&Value>) -> Vec<Line> {
    let Some(value) = value else {
        return vec![plain("—")];
    };
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match words::kind(field) {
        "money" => match fen(Some(&text)) {
            Some(fen) => vec![
                styled(amount::figures(fen), Style::Strong),
                small(amount::capitals(fen)),
            ],
            None => vec![plain(text)],
        },
        _ => vec![plain(text)],
    }
}

fn bidder(row: &Row) -> Vec<Line> {
    let mut lines = vec![plain(&row.name)];
    lines.extend(own_word(row.unvouched));
    if !row.members.is_empty() {
        let names: Vec<_> = row.members.iter().map(member).collect();
        lines.push(small(format!("联合体成员：{}", names.join("、"))));
    }
    lines
}

/// What must be said of a name that the bidder alone has given.
fn own_word(unvouched: bool) -> Option<Line> {
    unvouched.then(|| small("（名称未经证书证明）"))
}

/// A member's name, with what must be said of one that has not signed.
fn member(member: &Member) -> String {
    if member.signed {
        member.name.clone()
    } else {
        format!("{}（仅有纸质协议，未在平台签名）", member.name)
    }
}

fn unlocked(row: &Row) -> Vec<Line> {
    let how = if row.rescued {
        "补救解密"
    } else {
        "成功"
    };
    let mut lines = vec![plain(how)];
    lines.extend(row.unlocked.map(|at| small(time(at))));
    lines
}

fn checked(row: &Row) -> Vec<Line> {
    let mut lines = vec![plain(words::line(row.line.as_deref()))];
    lines.extend(row.dispute.as_ref().map(small));
    lines.extend(row.remarks.iter().map(remarked));
    lines.extend(row.documents.iter().map(|failed| {
        let number = failed.segment.saturating_sub(1);
        let why = words::document(&failed.outcome, &failed.lies_with);
        small(format!(
            "第 {number} 份文件未能解密：{why}（第 {} 号）",
            failed.seq
        ))
    }));
    lines
}

/// A remark of the host: what was out of order, and what it wrote.
fn remarked(remark: &Remark) -> Line {
    let exception = remark.exception.as_deref().map(words::exception);
    let said = [exception, Some(remark.text.as_str())]
        .into_iter()
        .flatten();
    let said: Vec<&str> = said.filter(|it| !it.is_empty()).collect();
    small(format!("备注：{}（第 {} 号）", said.join("，"), remark.seq))
}

/// Bids that did not open, with the finding and the events it cites.
fn unopened(record: &Record) -> Option<Section> {
    if record.unopened.is_empty() {
        return None;
    }
    let rows = record
        .unopened
        .iter()
        .map(|bid| {
            let cites: Vec<String> = bid.cites.iter().map(|seq| format!("第 {seq} 号")).collect();
            let mut status = Vec::new();
            if bid.finding.is_some() {
                status.push(plain(words::status(&bid.status)));
            }
            if !bid.reason.is_empty() {
                status.push(small(&bid.reason));
            }
            status.extend(bid.remarks.iter().map(remarked));
            let mut rule = vec![plain(words::rule(bid.rule.as_deref()))];
            rule.extend(bid.withheld.iter().map(|said| {
                let why = words::withheld(&said.why.reason, said.why.cause.as_deref());
                small(format!("保管人 {}：{why}（第 {} 号）", said.x, said.seq))
            }));
            let mut who = vec![plain(&bid.name)];
            who.extend(own_word(bid.unvouched));
            who.push(styled(&bid.bid, Style::Digest));
            vec![
                who,
                vec![styled(
                    words::finding(bid.finding.as_deref()),
                    Style::Strong,
                )],
                rule,
                vec![plain(cites.join("、"))],
                status,
            ]
        })
        .collect();
    Some(Section {
        heading: "未能开启的投标文件及认定".to_owned(),
        lead: Vec::new(),
        table: Some(Table {
            columns: vec![
                share("投标人及投标文件摘要", 3.4, Align::Left),
                fixed("认定", 64.0, Align::Center),
                share("适用规则", 2.0, Align::Left),
                share("所据事件", 1.4, Align::Left),
                share("认定状态", 1.6, Align::Left),
            ],
            rows,
        }),
        notes: vec![
            "“撤销”为投标人原因，“撤回”为投标人以外原因（电子招标投标办法第三十一条）。所据事件为本项目事件流中的编号。"
                .to_owned(),
        ],
    })
}

/// What was found of custodians once a bid's dealing was known to hold.
fn custodians(record: &Record) -> Option<Section> {
    if record.custodians.is_empty() {
        return None;
    }
    let rows = record.custodians.iter().map(|found| {
        let mut status = vec![plain(words::fault_status(&found.status))];
        if !found.reason.is_empty() {
            status.push(small(&found.reason));
        }
        vec![
            vec![plain(format!("{}（保管人 {}）", found.name, found.x))],
            vec![styled(&found.bid, Style::Digest)],
            vec![plain(words::fault(&found.fault))],
            vec![plain(format!("第 {} 号", found.seq))],
            status,
        ]
    });
    Some(Section {
        heading: "对解密保管人的认定".to_owned(),
        lead: Vec::new(),
        table: Some(Table {
            columns: vec![
                share("解密保管人", 2.4, Align::Left),
                share("投标文件摘要", 3.0, Align::Left),
                share("认定", 2.4, Align::Left),
                share("事件", 1.0, Align::Left),
                share("认定状态", 1.6, Align::Left),
            ],
            rows: rows.collect(),
        }),
        notes: Vec::new(),
    })
}

fn refused(record: &Record) -> Option<Section> {
    if record.refused.is_empty() {
        return None;
    }
    let rows = record
        .refused
        .iter()
        .map(|refused| {
            let mut who = vec![plain(refused.name.as_deref().unwrap_or("—"))];
            who.extend(refused.bid.as_ref().map(|bid| styled(bid, Style::Digest)));
            vec![
                vec![plain(refused.seq.to_string())],
                vec![plain(instant(refused.at))],
                who,
                vec![plain(&refused.reason)],
            ]
        })
        .collect();
    Some(Section {
        heading: "拒收及不予开启的投标文件".to_owned(),
        table: Some(Table {
            columns: vec![
                fixed("事件", 36.0, Align::Center),
                fixed("时间", 134.0, Align::Center),
                share("投标人及投标文件摘要", 3.0, Align::Left),
                share("理由", 2.4, Align::Left),
            ],
            rows,
        }),
        ..Section::default()
    })
}

/// Files by name and digest.
fn attached(files: &[Attachment]) -> impl Iterator<Item = Line> + '_ {
    files.iter().flat_map(|file| {
        [
            small(format!("附件：{}", file.name)),
            styled(&file.digest, Style::Digest),
        ]
    })
}

fn objections(all: &[Objection], answers: &[OnObjections]) -> Section {
    let mut section = Section {
        heading: "异议与答复".to_owned(),
        ..Section::default()
    };
    section.lead.extend(answered(answers));
    if all.is_empty() {
        if answers.is_empty() {
            section.lead.push("无异议。".to_owned());
        }
        return section;
    }
    let rows = all
        .iter()
        .map(|objection| {
            let mut text = vec![plain(&objection.text)];
            text.extend(attached(&objection.attachments));
            let mut replies = Vec::new();
            for reply in &objection.replies {
                replies.push(small(format!(
                    "第 {} 号　{}　{}",
                    reply.seq,
                    instant(reply.at),
                    reply.by
                )));
                replies.push(plain(&reply.text));
                replies.extend(attached(&reply.attachments));
            }
            if replies.is_empty() {
                replies.push(plain("未答复"));
            }
            vec![
                vec![plain(objection.seq.to_string())],
                vec![plain(&objection.by), small(instant(objection.at))],
                text,
                replies,
            ]
        })
        .collect();
    section.table = Some(Table {
        columns: vec![
            fixed("事件", 36.0, Align::Center),
            share("异议人及时间", 1.6, Align::Left),
            share("异议", 3.0, Align::Left),
            share("答复", 3.0, Align::Left),
        ],
        rows,
    });
    section
}

/// Who objected, who said that it has no objection, and who said nothing.
fn answered(answers: &[OnObjections]) -> Vec<String> {
    let of = |answer: &str, words: &str| {
        let said = answers.iter().filter(|it| it.answer == answer);
        let names: Vec<&str> = said.map(|it| it.name.as_str()).collect();
        let all = format!("{words}（{} 家）：{}。", names.len(), names.join("、"));
        (!names.is_empty()).then_some(all)
    };
    let told = [
        of("objected", "提出异议"),
        of("none", "明确表示无异议"),
        of("silent", "未作表示"),
    ];
    told.into_iter().flatten().collect()
}

fn messages(heading: &str, all: &[Message]) -> Option<Section> {
    if all.is_empty() {
        return None;
    }
    let rows = all
        .iter()
        .map(|message| {
            vec![
                vec![plain(message.seq.to_string())],
                vec![plain(instant(message.at))],
                speaker(message),
                vec![plain(&message.text)],
            ]
        })
        .collect();
    Some(Section {
        heading: heading.to_owned(),
        table: Some(Table {
            columns: vec![
                fixed("事件", 36.0, Align::Center),
                fixed("时间", 134.0, Align::Center),
                share("发言人", 1.5, Align::Left),
                share("内容", 4.0, Align::Left),
            ],
            rows,
        }),
        ..Section::default()
    })
}

/// Who spoke, and where it was said to one party alone, to whom.
fn speaker(message: &Message) -> Vec<Line> {
    let mut lines = vec![plain(&message.by)];
    if message.private {
        let to = message.to.as_deref().unwrap_or("主持人");
        lines.push(small(format!("（单独发给 {to}）")));
    }
    lines
}

fn attendance(record: &Record) -> Option<Section> {
    if record.attendance.is_empty() {
        return None;
    }
    let rows = record
        .attendance
        .iter()
        .map(|bidder| {
            let signed_in = bidder
                .signed_in
                .map_or_else(|| "未签到".to_owned(), instant);
            let mut attended = vec![plain(signed_in)];
            attended.extend(bidder.absence.as_ref().map(|it| {
                let note = (!it.note.is_empty()).then(|| format!("，{}", it.note));
                let why = words::absence(&it.absence);
                small(format!("{why}{}", note.unwrap_or_default()))
            }));
            let allowed = bidder.allowed.as_ref();
            vec![
                vec![plain(&bidder.name)],
                attended,
                allowed.map_or_else(
                    || vec![plain("—")],
                    |leave| vec![plain(instant(leave.at)), small(&leave.reason)],
                ),
            ]
        })
        .collect();
    Some(Section {
        heading: "签到情况".to_owned(),
        table: Some(Table {
            columns: vec![
                share("投标人", 3.0, Align::Left),
                fixed("签到时间或未到场原因", 134.0, Align::Center),
                share("准许截止后签到及理由", 3.0, Align::Left),
            ],
            rows,
        }),
        ..Section::default()
    })
}

/// What was suspended, and how it was resumed: each suspension with the resumption
/// (复会) that follows it in the course, who and why, and how long the clocks stood.
fn suspensions(record: &Record) -> Option<Section> {
    let mut all: Vec<(&Moment, Option<&Moment>)> = Vec::new();
    for moment in &record.timeline {
        match (moment.kind.as_str(), all.last_mut()) {
            ("suspended", _) => all.push((moment, None)),
            ("resumed", Some(last)) if last.1.is_none() => last.1 = Some(moment),
            _ => {}
        }
    }
    if all.is_empty() {
        return None;
    }
    let told = |moment: &Moment| {
        let mut lines = vec![
            plain(instant(moment.at)),
            small(format!(
                "第 {} 号　{}",
                moment.seq,
                moment.by.as_deref().unwrap_or("期限届满，系统恢复")
            )),
        ];
        lines.extend(moment.text.as_ref().map(small));
        lines
    };
    let rows = all.into_iter().map(|(from, to)| {
        let lasted = to.map_or_else(|| "—".to_owned(), |to| words::lasted(to.at - from.at));
        vec![
            told(from),
            to.map_or_else(|| vec![plain("未复会")], told),
            vec![plain(lasted)],
        ]
    });
    Some(Section {
        heading: "暂停与复会".to_owned(),
        table: Some(Table {
            columns: vec![
                share("暂停：时间、决定方及理由", 3.0, Align::Left),
                share("复会：时间、决定方及说明", 3.0, Align::Left),
                fixed("历时", 90.0, Align::Center),
            ],
            rows: rows.collect(),
        }),
        ..Section::default()
    })
}

fn timeline(record: &Record) -> Option<Section> {
    if record.timeline.is_empty() {
        return None;
    }
    let rows = record
        .timeline
        .iter()
        .map(|moment| {
            let mut what = vec![plain(words::event(&moment.kind))];
            what.extend(moment.of.as_ref().map(small));
            what.extend(moment.stands.map(words::stands).map(small));
            what.extend(moment.outage.as_ref().map(words::outage).map(small));
            what.extend(moment.text.as_ref().map(small));
            vec![
                vec![plain(moment.seq.to_string())],
                vec![plain(instant(moment.at))],
                vec![plain(moment.by.as_deref().unwrap_or("系统"))],
                what,
            ]
        })
        .collect();
    Some(Section {
        heading: "开标过程".to_owned(),
        table: Some(Table {
            columns: vec![
                fixed("事件", 36.0, Align::Center),
                fixed("时间", 134.0, Align::Center),
                share("行为人", 1.5, Align::Left),
                share("事项", 4.0, Align::Left),
            ],
            rows,
        }),
        ..Section::default()
    })
}

/// Which electronic original this paper is of.
fn original(record: &Record, imprint: &Imprint) -> Vec<Fact> {
    let digest = |label: &str, hex: &str| Fact {
        label: label.to_owned(),
        value: vec![styled(hex, Style::Digest)],
        wide: true,
    };
    vec![
        digest("电子原件摘要（SHA-256）", &imprint.digest),
        digest("事件流树根", &record.stream.root),
        fact("事件数", record.stream.size.to_string()),
        fact("生成时间", instant(imprint.made)),
        fact("项目标识", &record.project.id),
    ]
}

/// Fen from a string of digits, as sheets and terms spell money.
fn fen(text: Option<&str>) -> Option<i64> {
    text?.parse().ok()
}

/// Puts 一、二、三… before a heading.
fn numbered(heading: &str, index: usize) -> String {
    const NUMBERS: [&str; 12] = [
        "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二",
    ];
    match NUMBERS.get(index) {
        Some(number) => format!("{number}、{heading}"),
        None => heading.to_owned(),
    }
}
