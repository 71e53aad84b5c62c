//! The opening record, the opening details and the list of bidders with the fields
//! of 公共资源交易平台系统数据规范, as JSON and as XML. docs/spec/exports.md says where
//! the names of the fields come from, and which codes could not be verified.

use kaibiao_core::act::Deposit;
use kaibiao_core::record::Row;
use kaibiao_core::schema::{Field, FieldType};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::table::Cell;
use crate::words::digits;
use crate::{Installation, Language, Made, NotWritten, Opening, words};

/// The element around the data sets.
const ROOT: &str = "PLATFORM_DATA";
/// 人民币 (GB/T 12406).
const CURRENCY: &str = "156";
/// Amounts are in yuan, with two places.
const UNIT: &str = "元";

/// One entry of a data set: its fields in order.
type Fields = Vec<(&'static str, String)>;

/// A data set by its name.
struct Set {
    name: &'static str,
    entries: Vec<Fields>,
}

pub fn json(opening: &Opening<'_>, installation: &Installation) -> Result<Vec<u8>, NotWritten> {
    let mut root = Map::new();
    for set in sets(opening, installation)? {
        let entries = set.entries.into_iter().map(|fields| {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)));
            Value::Object(fields.collect())
        });
        root.insert(set.name.to_owned(), entries.collect());
    }
    serde_json::to_vec_pretty(&json!({ ROOT: root })).map_err(NotWritten::of)
}

pub fn xml(opening: &Opening<'_>, installation: &Installation) -> Result<Vec<u8>, NotWritten> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    let mut put = |event: Event<'_>| writer.write_event(event).map_err(NotWritten::of);
    put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    put(Event::Start(BytesStart::new(ROOT)))?;
    for set in sets(opening, installation)? {
        for fields in set.entries {
            put(Event::Start(BytesStart::new(set.name)))?;
            for (name, value) in fields {
                put(Event::Start(BytesStart::new(name)))?;
                put(Event::Text(BytesText::new(&writable(&value))))?;
                put(Event::End(BytesEnd::new(name)))?;
            }
            put(Event::End(BytesEnd::new(set.name)))?;
        }
    }
    put(Event::End(BytesEnd::new(ROOT)))?;
    Ok(writer.into_inner())
}

/// A text without the characters that XML 1.0 has not.
pub fn writable(text: &str) -> String {
    let is_not = |it: char| matches!(it, '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}');
    text.replace(is_not, "\u{FFFD}")
}

fn sets(opening: &Opening<'_>, installation: &Installation) -> Result<[Set; 3], NotWritten> {
    let made = opening.made.ok_or_else(|| NotWritten::of("no record"))?;
    let of = Data {
        opening,
        installation,
        made,
    };
    Ok([
        Set {
            name: "GCJS_OPENING_RECORD",
            entries: vec![of.record()],
        },
        Set {
            name: "GCJS_OPENING_DETAIL",
            entries: of.details(),
        },
        Set {
            name: "GCJS_TENDER_LIST",
            entries: of.bidders(),
        },
    ])
}

struct Data<'a> {
    opening: &'a Opening<'a>,
    installation: &'a Installation,
    made: Made,
}

impl Data<'_> {
    fn record(&self) -> Fields {
        let record = self.opening.record;
        let attended = record.attendance.iter().filter(|it| it.signed_in.is_some());
        let officials = record
            .signers
            .iter()
            .filter(|it| it.role != kaibiao_core::role::By::Bidder);
        let actors: Vec<&str> = officials
            .map(|it| it.name.as_str())
            .chain(attended.map(|it| it.name.as_str()))
            .collect();
        let content = record
            .rows
            .iter()
            .zip(1..)
            .map(|(row, place)| format!("{place}. {}: {}", row.name, self.announced(row)));
        let unopened = record.unopened.iter().map(|it| {
            format!(
                "{}: {}",
                it.name,
                words::finding(it.finding, Language::Chinese)
            )
        });
        let mut fields = self.lot("BID_SECTION_CODES", "UNIFIED_DEAL_CODES");
        fields.extend([
            (
                "NOTICE_NAME",
                format!("{}{}开标记录", record.project.title, record.lot.title),
            ),
            ("BID_OPENING_ACTOR", actors.join("、")),
            (
                "BID_OPENING_CONTENT",
                content.chain(unopened).collect::<Vec<_>>().join("\n"),
            ),
            ("BID_OPENING_ADDRESS", record.project.centre.clone()),
            ("BID_OPENING_TIME", digits(record.project.t0)),
            ("URL", self.address()),
        ]);
        self.stamped(fields)
    }

    fn details(&self) -> Vec<Fields> {
        let rows = self.opening.record.rows.iter();
        rows.map(|row| {
            let mut fields = self.lot("BID_SECTION_CODE", "UNIFIED_DEAL_CODE");
            fields.extend([
                ("BIDDER_NAME", row.name.clone()),
                (
                    "BIDDER_CODE",
                    self.opening.code_of(&row.bid).unwrap_or_default(),
                ),
            ]);
            fields.extend(self.price(
                row,
                "BID_AMOUNT",
                "CURRENCY_CODE",
                "PRICE_UNIT",
                "OTHER_BID_PRICE",
            ));
            fields.push(("OTHER_OPEN_BID_CONTENT", self.announced(row)));
            self.stamped(fields)
        })
        .collect()
    }

    fn bidders(&self) -> Vec<Fields> {
        let record = self.opening.record;
        let opened = record.rows.iter().map(|row| {
            let mut fields = self.bidder(&row.name, &row.bid);
            let members: Vec<_> = row.members.iter().collect();
            if !members.is_empty() {
                let names = members
                    .iter()
                    .map(|it| it.name.clone())
                    .collect::<Vec<_>>()
                    .join("、");
                let codes = members
                    .iter()
                    .map(|it| it.organisation.to_string())
                    .collect::<Vec<_>>()
                    .join("、");
                fields.push(("UNION_ENTERPRISE_NAME", names));
                fields.push(("UNION_ORGAN_SET_CODE", codes));
            }
            if let Some(deposit) = row.deposit {
                let has = !matches!(deposit, Deposit::Unpaid);
                fields.push(("IS_COMMIT_MARGIN", if has { "1" } else { "0" }.to_owned()));
            }
            fields.extend(self.price(
                row,
                "BID_PRICE",
                "PRICE_CURRENCY",
                "PRICE_UNIT",
                "OTHER_BID_PRICE",
            ));
            fields.push(("CHECKIN_TIME", digits(row.received)));
            self.stamped(fields)
        });
        let others = record
            .unopened
            .iter()
            .map(|it| self.stamped(self.bidder(&it.name, &it.bid)));
        opened.chain(others).collect()
    }

    fn bidder(&self, name: &str, bid: &kaibiao_crypto::Digest) -> Fields {
        let mut fields = self.lot("BID_SECTION_CODE", "UNIFIED_DEAL_CODE");
        fields.push(("BIDDER_NAME", name.to_owned()));
        fields.push((
            "BIDDER_ORG_CODE",
            self.opening.code_of(bid).unwrap_or_default(),
        ));
        fields
    }

    /// By which project and lot are known. 统一交易标识码 is the lot's own where the
    /// transaction platform gave it one.
    fn lot(&self, section: &'static str, deal: &'static str) -> Fields {
        let record = self.opening.record;
        let project = record.project.external_id.as_deref();
        let deal_code = self.opening.lot_external.or(project).unwrap_or_default();
        vec![
            ("TENDER_PROJECT_CODE", record.project.number.clone()),
            (
                section,
                format!("{}-{}", record.project.number, record.lot.id),
            ),
            (deal, deal_code.to_owned()),
        ]
    }

    fn stamped(&self, mut fields: Fields) -> Fields {
        let code = |it: &Option<String>| it.clone().unwrap_or_default();
        fields.extend([
            ("PLATFORM_CODE", code(&self.installation.platform_code)),
            (
                "PUB_SERVICE_PLAT_CODE",
                code(&self.installation.service_platform_code),
            ),
            ("DATA_TIMESTAMP", digits(self.made.at)),
        ]);
        fields
    }

    /// The price as an amount, or as what else it is.
    fn price(
        &self,
        row: &Row,
        amount: &'static str,
        currency: &'static str,
        unit: &'static str,
        other: &'static str,
    ) -> Fields {
        let schema = &self.opening.record.lot.schema;
        let is_price = |field: &&Field| Some(&field.id) == schema.price.as_ref();
        let Some(field) = schema.fields.iter().find(is_price) else {
            return Vec::new();
        };
        let Some(value) = row.sheet.get(&field.id) else {
            return Vec::new();
        };
        let fen = value.as_str().and_then(|it| it.parse::<i64>().ok());
        match (&field.kind, fen) {
            (FieldType::Money, Some(fen)) => vec![
                (amount, Decimal::new(fen, 2).to_string()),
                (currency, CURRENCY.to_owned()),
                (unit, UNIT.to_owned()),
            ],
            _ => vec![(other, said(field, value))],
        }
    }

    /// A bid's announced fields in one line.
    fn announced(&self, row: &Row) -> String {
        let fields = self
            .opening
            .record
            .lot
            .schema
            .fields
            .iter()
            .filter(|it| it.public);
        let said = fields.filter_map(|field| {
            let value = row.sheet.get(&field.id)?;
            Some(format!("{} {}", field.label, said(field, value)))
        });
        said.collect::<Vec<_>>().join("; ")
    }

    fn address(&self) -> String {
        let record = self.opening.record;
        let base = self.installation.public_url.trim_end_matches('/');
        format!(
            "{base}/projects/{}/lots/{}/record?digest={}",
            record.project.id, record.lot.id, self.made.digest
        )
    }
}

/// A value with its unit.
fn said(field: &Field, value: &Value) -> String {
    let cell = Cell::of_field(field, Some(value));
    match cell {
        Cell::Empty => String::new(),
        Cell::Amount(amount) => format!("{amount:.2}{UNIT}"),
        Cell::Number(number, places) => {
            let unit = if matches!(field.kind, FieldType::Rate { .. }) {
                "%"
            } else {
                ""
            };
            format!("{number:.*}{unit}", usize::from(places))
        }
        Cell::Text(text) | Cell::Day(text) => text,
        Cell::Instant(at) => words::instant(at),
    }
}
