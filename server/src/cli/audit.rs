//! `kaibiao audit`: the platform's own stream, for supervisors. Whatever is shown or
//! kept was held against the stream's tree first.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use kaibiao_client::audit::{self, Proved, Read, Search};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Server;
use kaibiao_crypto::tlog::LogKey;
use serde_json::{Value, json};

use super::connect::Connect;
use super::output::Output;

#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(flatten)]
    connect: Connect,
    /// 起始时间:日期(北京时间)或 RFC 3339 · from this day (Beijing time) or instant on
    #[arg(long, value_name = "TIME", value_parser = begins)]
    from: Option<i64>,
    /// 截止时间:日期(含当日)或 RFC 3339(不含) · up to this day's end, or before this instant
    #[arg(long, value_name = "TIME", value_parser = ends)]
    to: Option<i64>,
    /// 类别,可多次给出,见 docs/spec/events.md · a kind; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// 行为人:身份(administrator、platform……),或单位、人员、信用代码的一部分 · a capacity, or a part of a name, person or code
    #[arg(long, value_name = "WHO")]
    actor: Option<String>,
    /// 项目编号(ID) · about this project
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// 列出最近多少条 · how many of the newest are listed
    #[arg(long, default_value_t = 50)]
    last: u64,
    /// 全部导出为 .jsonl 或 .csv,从最早到最近 · keeps all of them as .jsonl or .csv, oldest first
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// 从头读完并核验整条记录,不列出 · reads and proves the whole stream, and lists nothing
    #[arg(long, conflicts_with_all = ["from", "to", "kind", "actor", "project"])]
    verify: bool,
    /// 平台公开日志的公钥;默认采用平台所示 · the public log's key; as the platform says by default
    #[arg(long, value_name = "VKEY")]
    log_key: Option<LogKey>,
}

pub async fn run(args: AuditArgs, output: &Output) -> Outcome<()> {
    let form = args.output.as_deref().map(Form::of).transpose()?;
    let server = args.connect.session().await?.server;
    let search = Search {
        from: args.from,
        to: args.to,
        kind: (!args.kind.is_empty()).then(|| args.kind.join(",")),
        actor: args.actor.clone(),
        project: args.project.clone(),
    };
    if form.is_none() && !args.verify {
        return list(&server, &search, args.last, output).await;
    }
    let log = match &args.log_key {
        Some(key) => Some(key.clone()),
        None => told(&server, output).await?,
    };
    let mut file = form.map(Form::begin);
    let read = audit::all(&server, &search, log.as_ref(), |event| {
        if let (Some(form), Some(file)) = (form, &mut file) {
            form.add(file, event)?;
        }
        Ok(())
    });
    let read = read.await?;
    if let (Some(path), Some(file)) = (&args.output, &file) {
        files::write(path, file.as_bytes(), Readers::Owner)?;
        output.row(path.display().to_string());
    }
    say(&read, output);
    output.result(&json!({ "read": read, "file": args.output }))
}

async fn list(server: &Server, search: &Search, last: u64, output: &Output) -> Outcome<()> {
    let found = audit::newest(server, search, last).await?;
    for it in found.iter().rev() {
        let row = Row::of(it);
        output.row(format!(
            "{:>6}  {}  {:<20}  {:<14} {} {}",
            row.seq, row.time, row.kind, row.by, row.who, row.subject
        ));
    }
    output.say(
        format!("{} 条,每一条都已对照平台的记录树核验。", found.len()),
        format!(
            "{} events, each proved to be in the platform's tree.",
            found.len()
        ),
    );
    output.result(&found)
}

fn say(read: &Read, output: &Output) {
    let Read {
        events,
        size,
        root,
        whole,
        anchored,
    } = read;
    if *whole {
        output.say(
            format!("已核验全部 {events} 条,无缺漏,根为 {root}。"),
            format!("All {events} events proved, none missing; the root is {root}."),
        );
        match anchored {
            Some(anchored) => output.say(
                format!("前 {anchored} 条已由公开日志锚定。"),
                format!("The first {anchored} are anchored in the public log."),
            ),
            None => output.warn(
                "公开日志中还没有可核对的锚点,一小时内会有。",
                "There is no anchor in the public log to compare with yet; there will be one within the hour.",
            ),
        }
    } else {
        output.say(
            format!("{events} 条,每一条都已核验;平台的记录共 {size} 条,根为 {root}。"),
            format!("{events} events, each proved; the stream has {size}, its root is {root}."),
        );
    }
}

/// The log's key as the platform says it, which is told.
async fn told(server: &Server, output: &Output) -> Outcome<Option<LogKey>> {
    let key = server.platform().await?.public_log;
    let key = key.and_then(|key| key.parse::<LogKey>().ok());
    if let Some(key) = &key {
        output.say(
            format!("公开日志的公钥取自平台:{key}。请与另行取得的核对,或用 --log-key 指定。"),
            format!("The public log's key is the platform's own word: {key}. Compare it with one you have otherwise, or name that with --log-key."),
        );
    }
    Ok(key)
}

/// How events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// One JSON a line: the event as it was served, with size and root.
    Lines,
    Table,
}

impl Form {
    fn of(path: &Path) -> Outcome<Self> {
        match path.extension().and_then(|it| it.to_str()) {
            Some("jsonl") => Ok(Self::Lines),
            Some("csv") => Ok(Self::Table),
            _ => Err(Failure::new(
                Kind::Usage,
                "audit-form",
                "导出的文件名请以 .jsonl 或 .csv 结尾。",
                "Let the file's name end with .jsonl or .csv.",
            )),
        }
    }

    fn begin(self) -> String {
        match self {
            Self::Lines => String::new(),
            // With a mark by which spreadsheets know UTF-8.
            Self::Table => format!("\u{feff}{}\r\n", Row::HEAD.join(",")),
        }
    }

    fn add(self, file: &mut String, event: &Proved) -> Outcome<()> {
        match self {
            Self::Lines => {
                file.push_str(&serde_json::to_string(event).map_err(Failure::unexpected)?);
                file.push('\n');
            }
            Self::Table => {
                let cells: Vec<_> = Row::of(event).cells().iter().map(|it| cell(it)).collect();
                file.push_str(&cells.join(","));
                file.push_str("\r\n");
            }
        }
        Ok(())
    }
}

/// An event in a table.
struct Row {
    seq: String,
    time: String,
    kind: String,
    by: String,
    who: String,
    code: String,
    subject: String,
    project: String,
    facts: String,
    details: String,
    shell: String,
}

impl Row {
    const HEAD: [&str; 11] = [
        "seq",
        "time",
        "kind",
        "by",
        "who",
        "organisation",
        "subject",
        "project",
        "facts",
        "details",
        "shell",
    ];

    fn of(proved: &Proved) -> Self {
        let event = &proved.event;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let what = &event.facts["what"];
        let none = Value::Null;
        let details = event.details.as_ref().unwrap_or(&none);
        let named = |person: &Value| {
            let name = format!("{} {}", text(&person["name"]), text(&person["person"]));
            name.trim().to_owned()
        };
        let (author, subject) = (&details["author"], &details["subject"]);
        let hidden = event.hidden.map(|why| json!({ "hidden": why }).to_string());
        Self {
            seq: event.seq.to_string(),
            time: instant(event.time),
            kind: text(&what["kind"]),
            by: text(&event.facts["by"]),
            who: named(author),
            code: text(&author["organisation"]),
            subject: format!("{} {}", named(subject), text(&subject["organisation"]))
                .trim()
                .to_owned(),
            project: text(&what["project"]),
            facts: what.to_string(),
            details: hidden.unwrap_or_else(|| details.to_string()),
            shell: event.shell.clone(),
        }
    }

    fn cells(&self) -> [&str; 11] {
        [
            &self.seq,
            &self.time,
            &self.kind,
            &self.by,
            &self.who,
            &self.code,
            &self.subject,
            &self.project,
            &self.facts,
            &self.details,
            &self.shell,
        ]
    }
}

/// A cell as RFC 4180 writes it; one that a spreadsheet would compute gets an
/// apostrophe before it.
fn cell(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let computed = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
    );
    let mark = if computed { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

/// An instant as people in China read it.
fn instant(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or_else(
        |_| at.to_string(),
        |at| {
            at.to_zoned(beijing())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}

fn beijing() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

fn begins(text: &str) -> Result<i64, String> {
    time(text, 0)
}

fn ends(text: &str) -> Result<i64, String> {
    time(text, 1)
}

/// A day's begin, some days later, or an instant.
fn time(text: &str, days: i64) -> Result<i64, String> {
    let wrong = || "2026-11-28, 2026-11-28T09:00:00+08:00".to_owned();
    if let Ok(day) = text.parse::<Date>()
        && text.len() == "2026-11-28".len()
    {
        let day = day.checked_add(days.days()).map_err(|_| wrong())?;
        let zoned = day.to_zoned(beijing()).map_err(|_| wrong())?;
        return Ok(zoned.timestamp().as_millisecond());
    }
    let at = text.parse::<Timestamp>().map_err(|_| wrong())?;
    Ok(at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_beijings_and_is_whole() {
        let midnight = "2026-11-27T16:00:00Z".parse::<Timestamp>().unwrap();
        let midnight = midnight.as_millisecond();
        assert_eq!(begins("2026-11-28"), Ok(midnight));
        assert_eq!(ends("2026-11-28"), Ok(midnight + 86_400_000));
        assert_eq!(begins("2026-11-28T00:00:00+08:00"), Ok(midnight));
        assert_eq!(ends("2026-11-28T00:00:00+08:00"), Ok(midnight));
        assert!(begins("yesterday").is_err() && begins("2026-11-28T09:00").is_err());
        assert_eq!(instant(midnight), "2026-11-28 00:00:00");
    }

    #[test]
    fn a_cell_is_quoted_and_computes_nothing() {
        assert_eq!(cell("甲\"乙\""), "\"甲\"\"乙\"\"\"");
        for formula in ["=1+1", "+1", "-1", "@x", " =1", "＝1"] {
            assert!(cell(formula).starts_with("\"'"), "{formula}");
        }
        assert_eq!(
            cell("{\"kind\":\"stopped\"}"),
            "\"{\"\"kind\"\":\"\"stopped\"\"}\""
        );
    }

    #[test]
    fn a_file_is_kept_as_its_name_says() {
        assert_eq!(Form::of(Path::new("a.jsonl")).unwrap(), Form::Lines);
        assert_eq!(Form::of(Path::new("a.csv")).unwrap(), Form::Table);
        assert!(Form::of(Path::new("a.xlsx")).is_err());
    }
}
