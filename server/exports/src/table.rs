//! Tables of cells that know what they are, so that a code stays a text and an
//! amount a number in every spreadsheet.

use kaibiao_core::record::{Record, Row, Unopened};
use kaibiao_core::schema::{Field, FieldType};
use kaibiao_crypto::Digest;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{Language, Opening, words};

/// A spreadsheet keeps this many significant digits of a number.
const DIGITS: usize = 15;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Empty,
    /// Text that people wrote, and every code and number that is a name.
    Text(String),
    /// Money in yuan.
    Amount(Decimal),
    /// A number with so many places.
    Number(Decimal, u8),
    /// Milliseconds since 1970, UTC.
    Instant(i64),
    /// A calendar day, `2026-11-22`.
    Day(String),
}

/// A table with one row of headings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    pub headings: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    pub fn instant(at: Option<i64>) -> Self {
        at.map_or(Self::Empty, Self::Instant)
    }

    /// Fen as yuan, or as text where a spreadsheet would round it.
    pub fn fen(fen: &str) -> Self {
        match (fen.parse::<i64>(), fen.len() <= DIGITS) {
            (Ok(whole), true) => Self::Amount(Decimal::new(whole, 2)),
            (Ok(whole), false) => Self::text(Decimal::new(whole, 2).to_string()),
            (Err(_), _) => Self::text(fen),
        }
    }

    fn number(text: &str, places: u8) -> Self {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        match text.parse::<Decimal>() {
            Ok(number) if digits <= DIGITS => Self::Number(number, places),
            _ => Self::text(text),
        }
    }

    /// A sheet's value as its field's type wants it.
    pub fn of_field(field: &Field, value: Option<&Value>) -> Self {
        match (&field.kind, value) {
            (_, None | Some(Value::Null)) => Self::Empty,
            (FieldType::Money, Some(Value::String(text))) => Self::fen(text),
            (
                FieldType::Decimal { scale } | FieldType::Rate { scale },
                Some(Value::String(text)),
            ) => Self::number(text, *scale),
            (FieldType::Date, Some(Value::String(text))) => Self::Day(text.clone()),
            (_, Some(Value::String(text))) => Self::text(text),
            (FieldType::Integer { .. }, Some(Value::Number(number))) => {
                Self::number(&number.to_string(), 0)
            }
            (_, Some(other)) => Self::text(other.to_string()),
        }
    }
}

/// The bids that stood at T0: the opened ones in reading order with their sheets,
/// then the others. Before there is a record it has the columns that are announced.
pub fn bids(opening: &Opening<'_>, language: Language) -> Table {
    let record = opening.record;
    let fields: Vec<&Field> = record
        .lot
        .schema
        .fields
        .iter()
        .filter(|it| it.public)
        .collect();
    let is_record = opening.made.is_some();
    let mut headings: Vec<String> = [
        language.choose("序号", "No."),
        language.choose("投标人", "Bidder"),
        language.choose("统一社会信用代码", "Organisation code"),
        language.choose("联合体成员", "Consortium members"),
    ]
    .map(str::to_owned)
    .into();
    headings.extend(fields.iter().map(|field| heading(field, language)));
    headings.push(language.choose("开启结果", "Outcome").to_owned());
    if is_record {
        let more = [
            language.choose("投标保证金", "Deposit"),
            language.choose("递交时间(北京时间)", "Received (Beijing time)"),
            language.choose("解密时间(北京时间)", "Unlocked (Beijing time)"),
            language.choose("投标人确认", "Bidder's word"),
            language.choose("说明", "Remark"),
        ];
        headings.extend(more.map(str::to_owned));
    }
    headings.push(
        language
            .choose("投标文件摘要(SHA-256)", "Bid digest (SHA-256)")
            .to_owned(),
    );
    let of = Bids {
        opening,
        fields,
        language,
        is_record,
    };
    let opened = record
        .rows
        .iter()
        .zip(1..)
        .map(|(row, place)| of.opened(row, place));
    let others = record.unopened.iter().map(|bid| of.unopened(bid));
    Table {
        headings,
        rows: opened.chain(others).collect(),
    }
}

struct Bids<'a> {
    opening: &'a Opening<'a>,
    fields: Vec<&'a Field>,
    language: Language,
    is_record: bool,
}

impl Bids<'_> {
    fn opened(&self, row: &Row, place: u32) -> Vec<Cell> {
        let members: Vec<String> = row
            .members
            .iter()
            .map(|it| format!("{} {}", it.name, it.organisation))
            .collect();
        let mut cells = vec![
            Cell::Number(place.into(), 0),
            Cell::text(self.name(&row.name, row.unvouched)),
            self.code(&row.bid),
            Cell::maybe(Some(members.join("; ")).filter(|it| !it.is_empty())),
        ];
        let values = self
            .fields
            .iter()
            .map(|field| Cell::of_field(field, row.sheet.get(&field.id)));
        cells.extend(values);
        let outcome = if row.rescued {
            self.language.choose("已开启(补救解密)", "opened (rescued)")
        } else {
            self.language.choose("已开启", "opened")
        };
        cells.push(Cell::text(outcome));
        if self.is_record {
            cells.extend([
                Cell::maybe(row.deposit.map(|it| words::deposit(it, self.language))),
                Cell::Instant(row.received),
                Cell::instant(row.unlocked),
                Cell::text(words::line(row.line, self.language)),
                Cell::maybe(row.dispute.clone()),
            ]);
        }
        cells.push(Cell::text(row.bid.to_string()));
        cells
    }

    fn unopened(&self, bid: &Unopened) -> Vec<Cell> {
        let mut cells = vec![
            Cell::Empty,
            Cell::text(self.name(&bid.name, bid.unvouched)),
            self.code(&bid.bid),
            Cell::Empty,
        ];
        cells.extend(self.fields.iter().map(|_| Cell::Empty));
        cells.push(Cell::text(words::finding(bid.finding, self.language)));
        if self.is_record {
            let reason = Some(bid.reason.clone()).filter(|it| !it.is_empty());
            cells.extend([
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
                Cell::maybe(reason),
            ]);
        }
        cells.push(Cell::text(bid.bid.to_string()));
        cells
    }

    fn name(&self, name: &str, unvouched: bool) -> String {
        if unvouched {
            format!(
                "{name}{}",
                self.language
                    .choose("(名称未经核实)", " (name not vouched for)")
            )
        } else {
            name.to_owned()
        }
    }

    fn code(&self, bid: &Digest) -> Cell {
        Cell::maybe(self.opening.code_of(bid))
    }
}

impl Opening<'_> {
    /// The code of a bid's organisation, where the record names bidders.
    pub(crate) fn code_of(&self, bid: &Digest) -> Option<String> {
        let named = !self.record.lot.coded;
        self.bidders
            .get(bid)
            .filter(|_| named)
            .map(ToString::to_string)
    }
}

/// A field's label with its unit.
fn heading(field: &Field, language: Language) -> String {
    let label = match (language, &field.label_en) {
        (Language::English, Some(label)) => label,
        _ => &field.label,
    };
    match field.kind {
        FieldType::Money => format!("{label}{}", language.choose("(元)", " (CNY)")),
        FieldType::Rate { .. } => format!("{label}(%)"),
        _ => label.clone(),
    }
}

/// The record's other parts that are not empty, each with the name of its sheet.
pub fn parts(record: &Record, language: Language) -> Vec<(&'static str, Table)> {
    let of = Parts { record, language };
    let all = [
        of.unopened(),
        of.refused(),
        of.objections(),
        of.attendance(),
        of.messages(),
        of.timeline(),
    ];
    all.into_iter()
        .filter(|(_, table)| !table.rows.is_empty())
        .collect()
}

struct Parts<'a> {
    record: &'a Record,
    language: Language,
}

type Part = (&'static str, Table);

impl Parts<'_> {
    fn unopened(&self) -> Part {
        let rows = self.record.unopened.iter().map(|it| {
            vec![
                Cell::text(&it.name),
                Cell::text(words::finding(it.finding, self.language)),
                Cell::maybe(it.finding.map(|_| words::status(it.status, self.language))),
                Cell::text(&it.reason),
                Cell::text(it.bid.to_string()),
            ]
        });
        let headings = [
            self.bidder(),
            self.language.choose("认定", "Finding"),
            self.language.choose("认定状态", "Status"),
            self.reason(),
            self.language
                .choose("投标文件摘要(SHA-256)", "Bid digest (SHA-256)"),
        ];
        self.part("未开启", "Unopened", &headings, rows.collect())
    }

    fn refused(&self) -> Part {
        let rows = self.record.refused.iter().map(|it| {
            vec![
                number(it.seq),
                Cell::Instant(it.at),
                Cell::maybe(it.name.clone()),
                Cell::text(&it.reason),
            ]
        });
        let headings = [self.event(), self.time(), self.bidder(), self.reason()];
        self.part("拒收", "Refused", &headings, rows.collect())
    }

    fn objections(&self) -> Part {
        let row = |kind: &'static str, seq, at, by: &str, text: &str| {
            vec![
                number(seq),
                Cell::text(kind),
                Cell::Instant(at),
                Cell::text(by),
                Cell::text(text),
            ]
        };
        let objection = self.language.choose("异议", "objection");
        let answer = self.language.choose("答复", "answer");
        let rows = self.record.objections.iter().flat_map(|it| {
            let asked = row(objection, it.seq, it.at, &it.by, &it.text);
            let replies = it.replies.iter();
            let replies = replies.map(|it| row(answer, it.seq, it.at, &it.by, &it.text));
            std::iter::once(asked).chain(replies)
        });
        let kind = self.language.choose("类别", "Kind");
        let headings = [self.event(), kind, self.time(), self.by(), self.text()];
        self.part("异议与答复", "Objections", &headings, rows.collect())
    }

    fn attendance(&self) -> Part {
        let rows = self.record.attendance.iter().map(|it| {
            vec![
                Cell::text(&it.name),
                Cell::instant(it.signed_in),
                Cell::maybe(it.allowed.as_ref().map(|leave| leave.reason.clone())),
            ]
        });
        let headings = [
            self.bidder(),
            self.language
                .choose("签到时间(北京时间)", "Signed in (Beijing time)"),
            self.language
                .choose("准许截止后签到的理由", "Why allowed after T0"),
        ];
        self.part("签到", "Attendance", &headings, rows.collect())
    }

    fn messages(&self) -> Part {
        let said = self.record.messages.iter().chain(&self.record.remarks);
        let rows = said.map(|it| {
            vec![
                number(it.seq),
                Cell::Instant(it.at),
                Cell::text(&it.by),
                Cell::text(&it.text),
            ]
        });
        let headings = [self.event(), self.time(), self.by(), self.text()];
        self.part("发言与备注", "Messages", &headings, rows.collect())
    }

    fn timeline(&self) -> Part {
        let rows = self.record.timeline.iter().map(|it| {
            vec![
                number(it.seq),
                Cell::Instant(it.at),
                Cell::maybe(it.by.clone()),
                Cell::text(words::moment(&it.kind, self.language)),
                Cell::maybe(it.text.clone()),
            ]
        });
        let what = self.language.choose("事项", "What");
        let headings = [self.event(), self.time(), self.by(), what, self.text()];
        self.part("开标过程", "Timeline", &headings, rows.collect())
    }

    fn part(
        &self,
        zh: &'static str,
        en: &'static str,
        headings: &[&str],
        rows: Vec<Vec<Cell>>,
    ) -> Part {
        let headings = headings.iter().map(|it| (*it).to_owned()).collect();
        (self.language.choose(zh, en), Table { headings, rows })
    }

    const fn time(&self) -> &'static str {
        self.language.choose("时间(北京时间)", "Time (Beijing)")
    }

    const fn event(&self) -> &'static str {
        self.language.choose("事件号", "Event")
    }

    const fn by(&self) -> &'static str {
        self.language.choose("行为人", "By")
    }

    const fn text(&self) -> &'static str {
        self.language.choose("内容", "Text")
    }

    const fn bidder(&self) -> &'static str {
        self.language.choose("投标人", "Bidder")
    }

    const fn reason(&self) -> &'static str {
        self.language.choose("理由", "Reason")
    }
}

/// What a control price or base that was sealed is called, with its unit.
fn reference_heading(record: &Record, language: Language) -> String {
    let lot = &record.lot;
    let unit = match lot.schema.price_type() {
        Some(FieldType::Money) => language.choose("(元)", " (CNY)"),
        Some(FieldType::Rate { .. }) => "(%)",
        _ => "",
    };
    let called = lot.reference.as_ref();
    let called = called.map_or("", |it| words::reference(it.kind, language));
    format!("{called}{unit}")
}

/// What the host has revealed of a control price or base that was sealed, or that it
/// has not. Empty where none was.
fn referred(record: &Record, language: Language) -> Cell {
    let lot = &record.lot;
    let Some(reference) = &lot.reference else {
        return Cell::Empty;
    };
    let Some(revealed) = &reference.revealed else {
        return Cell::text(words::unrevealed(!record.rows.is_empty(), language));
    };
    let price = lot.schema.price.as_ref();
    let field = lot.schema.fields.iter().find(|it| Some(&it.id) == price);
    let value = Value::String(revealed.value.clone());
    field.map_or(Cell::Empty, |field| Cell::of_field(field, Some(&value)))
}

/// What the record is of, as pairs.
pub fn facts(opening: &Opening<'_>, language: Language) -> Table {
    let record = opening.record;
    let (project, lot) = (&record.project, &record.lot);
    let officials = opening.officials;
    let coded =
        |name: &str, code: &kaibiao_core::ids::Organisation| Cell::text(format!("{name} {code}"));
    let mut rows = Vec::new();
    let mut put = |zh: &str, en: &str, cell: Cell| {
        if cell != Cell::Empty {
            rows.push(vec![Cell::text(language.choose(zh, en)), cell]);
        }
    };
    put("招标编号", "Number", Cell::text(&project.number));
    put("项目名称", "Project", Cell::text(&project.title));
    put("标段编号", "Lot", Cell::text(lot.id.as_str()));
    put("标段名称", "Lot title", Cell::text(&lot.title));
    put(
        "统一交易标识码",
        "Platform's id",
        Cell::maybe(opening.lot_external.or(project.external_id.as_deref())),
    );
    put(
        "招标人",
        "Tenderer",
        coded(&project.tenderer, &officials.tenderer.organisation),
    );
    if let (Some(name), Some(agency)) = (&project.agency, &officials.agency) {
        put("代理机构", "Agency", coded(name, &agency.organisation));
    }
    put(
        "交易中心",
        "Centre",
        coded(&project.centre, &officials.centre.organisation),
    );
    put(
        "监督部门",
        "Supervisor",
        coded(&project.supervisor, &officials.supervisor.organisation),
    );
    put(
        "开标时间(北京时间)",
        "T0 (Beijing time)",
        Cell::Instant(project.t0),
    );
    put(
        "最高投标限价(元)",
        "Control price (CNY)",
        lot.control_price.as_deref().map_or(Cell::Empty, Cell::fen),
    );
    let heading = reference_heading(record, language);
    put(&heading, &heading, referred(record, language));
    put("截止时投标文件数", "Bids at T0", number(lot.bids));
    put(
        "开启数",
        "Opened",
        Cell::Number(record.rows.len().into(), 0),
    );
    put(
        "标段状态",
        "Stage",
        Cell::text(words::stage(lot.state, language)),
    );
    if lot.coded {
        put(
            "投标人名称",
            "Names",
            Cell::text(language.choose("以代码表示", "codes")),
        );
    }
    if let Some(made) = opening.made {
        put(
            "记录生成时间(北京时间)",
            "Record made (Beijing time)",
            Cell::Instant(made.at),
        );
        put(
            "记录摘要(SHA-256)",
            "Record digest (SHA-256)",
            Cell::text(made.digest.to_string()),
        );
        put(
            "更正的记录",
            "Corrects",
            Cell::maybe(record.corrects.map(|it| it.to_string())),
        );
        put("事件数", "Events", number(record.stream.size));
        put(
            "事件树根",
            "Root of events",
            Cell::text(record.stream.root.to_string()),
        );
    }
    let headings = [
        language.choose("项目", "Item"),
        language.choose("内容", "Value"),
    ];
    Table {
        headings: headings.map(str::to_owned).into(),
        rows,
    }
}

fn number(number: u64) -> Cell {
    Cell::Number(number.into(), 0)
}
