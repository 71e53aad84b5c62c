//! An OCDS 1.1 release package with the extensions for bids and lots.

use std::collections::BTreeMap;

use kaibiao_core::act::Finding;
use kaibiao_core::book::Member;
use kaibiao_core::ids::Organisation;
use kaibiao_core::record::{Record, Row};
use kaibiao_core::reference::ReferenceKind;
use kaibiao_core::schema::FieldType;
use kaibiao_core::state::Stage;
use kaibiao_crypto::Digest;
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use crate::words::rfc3339;
use crate::{Installation, Made, NotWritten, Opening};

const EXTENSIONS: [&str; 2] = [
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/v1.1.5/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/v1.1.5/extension.json",
];

/// What stands for the prefix of a publisher who has registered none.
const UNREGISTERED: &str = "local";

/// The scheme in which organisations are identified: 统一社会信用代码 (GB 32100).
const SCHEME: &str = "CN-USCC";

pub fn write(opening: &Opening<'_>, installation: &Installation) -> Result<Vec<u8>, NotWritten> {
    let made = opening.made.ok_or_else(|| NotWritten::of("no record"))?;
    let package = package(opening, made, installation);
    serde_json::to_vec_pretty(&package).map_err(NotWritten::of)
}

fn package(opening: &Opening<'_>, made: Made, installation: &Installation) -> Value {
    let record = opening.record;
    let (project, lot) = (&record.project, &record.lot);
    let address = format!(
        "{}/api/v1/projects/{}/lots/{}",
        installation.public_url.trim_end_matches('/'),
        project.id,
        lot.id,
    );
    let centre = &opening.officials.centre;
    json!({
        "uri": format!("{address}/record/ocds?digest={}", made.digest),
        "version": "1.1",
        "extensions": EXTENSIONS,
        "publishedDate": rfc3339(made.at),
        "publisher": {
            "name": project.centre,
            "scheme": SCHEME,
            "uid": centre.organisation.to_string(),
        },
        "releases": [release(opening, made, installation, &address)],
    })
}

fn release(opening: &Opening<'_>, made: Made, installation: &Installation, address: &str) -> Value {
    let record = opening.record;
    let (project, lot) = (&record.project, &record.lot);
    let prefix = installation.ocid_prefix.as_deref().unwrap_or(UNREGISTERED);
    let mut parties = Parties::default();
    let tenderer = parties.named(
        &project.tenderer,
        &opening.officials.tenderer.organisation,
        "buyer",
    );
    let entity = match (&project.agency, &opening.officials.agency) {
        (Some(name), Some(agency)) => parties.named(name, &agency.organisation, "procuringEntity"),
        _ => parties.named(
            &project.tenderer,
            &opening.officials.tenderer.organisation,
            "procuringEntity",
        ),
    };
    parties.named(
        &project.supervisor,
        &opening.officials.supervisor.organisation,
        "reviewBody",
    );
    let details = details(opening, &mut parties);
    let count = |measure: &str| {
        json!({
            "id": format!("{measure}-{}", lot.id),
            "measure": measure,
            "date": rfc3339(project.t0),
            "value": lot.bids,
            "relatedLot": lot.id,
        })
    };
    let mut lot_of = Map::new();
    lot_of.insert("id".into(), json!(lot.id));
    lot_of.insert("title".into(), json!(lot.title));
    lot_of.insert("status".into(), json!(status(lot.state)));
    if let Some(value) = control_price(record).and_then(value) {
        lot_of.insert("value".into(), value);
    }
    json!({
        "ocid": format!("{prefix}-{}", project.id),
        "id": format!("{}-{}", lot.id, made.digest),
        "date": rfc3339(made.at),
        "tag": ["tenderUpdate"],
        "initiationType": "tender",
        "language": "zh",
        "parties": parties.all(),
        "buyer": tenderer,
        "tender": {
            "id": project.number,
            "title": project.title,
            "procuringEntity": entity,
            "submissionMethod": ["electronicSubmission"],
            "tenderPeriod": { "endDate": rfc3339(project.t0) },
            "lots": [lot_of],
            "documents": [{
                "id": made.digest,
                "title": "开标记录表",
                "url": format!("{address}/record.json?digest={}", made.digest),
                "datePublished": rfc3339(made.at),
                "format": "application/json",
                "language": "zh",
                "relatedLots": [lot.id],
            }],
        },
        "bids": { "statistics": [count("bids"), count("bidders")], "details": details },
    })
}

/// A lot's status after its opening. What comes then (evaluation, award) is not
/// known here.
const fn status(stage: Stage) -> &'static str {
    match stage {
        Stage::Cancelled | Stage::Terminated => "cancelled",
        Stage::FailedFewBids | Stage::FailedAfterUnlock => "unsuccessful",
        Stage::Preparing
        | Stage::Bidding
        | Stage::Checking
        | Stage::Unlocking
        | Stage::Releasing
        | Stage::Opened
        | Stage::Announced
        | Stage::Objections
        | Stage::Signing
        | Stage::Closed => "active",
    }
}

fn details(opening: &Opening<'_>, parties: &mut Parties) -> Vec<Value> {
    let record = opening.record;
    let mut details = Vec::new();
    for row in &record.rows {
        let tenderers = tenderers(opening, parties, &row.bid, &row.name, &row.members);
        let mut bid = json!({
            "id": row.bid,
            "date": rfc3339(row.received),
            "status": "pending",
            "tenderers": tenderers,
            "relatedLots": [record.lot.id],
        });
        if let (Some(price), Value::Object(bid)) = (price(opening, row), &mut bid) {
            bid.insert("value".into(), price);
        }
        details.push(bid);
    }
    for unopened in &record.unopened {
        let status = match unopened.finding {
            Some(Finding::Forfeited | Finding::Returned) => "withdrawn",
            Some(Finding::Open) | None => "pending",
        };
        details.push(json!({
            "id": unopened.bid,
            "status": status,
            "tenderers": tenderers(opening, parties, &unopened.bid, &unopened.name, &[]),
            "relatedLots": [record.lot.id],
        }));
    }
    details
}

/// Who is behind a bid; by its code alone where the record has no names.
fn tenderers(
    opening: &Opening<'_>,
    parties: &mut Parties,
    bid: &Digest,
    name: &str,
    members: &[Member],
) -> Vec<Value> {
    let organisation = opening
        .bidders
        .get(bid)
        .filter(|_| !opening.record.lot.coded);
    let lead = match organisation {
        Some(organisation) => parties.named(name, organisation, "tenderer"),
        None => parties.coded(name),
    };
    let members = members
        .iter()
        .map(|it| parties.named(&it.name, &it.organisation, "tenderer"));
    std::iter::once(lead).chain(members).collect()
}

/// The price, where it is an amount.
fn price(opening: &Opening<'_>, row: &Row) -> Option<Value> {
    let schema = &opening.record.lot.schema;
    let price = schema.price.as_ref()?;
    let field = schema.fields.iter().find(|field| field.id == *price)?;
    let is_money = matches!(field.kind, FieldType::Money);
    value(row.sheet.get(price).filter(|_| is_money)?.as_str()?)
}

/// Fen as a value in yuan.
/// The lot's control price in fen: the public one, or one that was sealed and revealed
/// and is an amount of money. A base is none.
fn control_price(record: &Record) -> Option<&str> {
    let lot = &record.lot;
    let sealed = lot.reference.as_ref();
    let sealed = sealed.filter(|it| it.kind == ReferenceKind::ControlPrice);
    let revealed = sealed.and_then(|it| it.revealed.as_ref());
    let is_money = lot.schema.price_type() == Some(&FieldType::Money);
    let revealed = revealed.filter(|_| is_money).map(|it| it.value.as_str());
    lot.control_price.as_deref().or(revealed)
}

fn value(fen: &str) -> Option<Value> {
    let yuan = Decimal::new(fen.parse().ok()?, 2).normalize();
    let amount: Number = yuan.to_string().parse().ok()?;
    Some(json!({ "amount": amount, "currency": "CNY" }))
}

/// The organisations of a release, each once with all its roles.
#[derive(Default)]
struct Parties(BTreeMap<String, Party>);

struct Party {
    name: String,
    organisation: Option<Organisation>,
    roles: Vec<&'static str>,
}

impl Parties {
    fn named(&mut self, name: &str, organisation: &Organisation, role: &'static str) -> Value {
        let id = format!("{SCHEME}-{organisation}");
        self.put(id, name, Some(organisation.clone()), role)
    }

    fn coded(&mut self, code: &str) -> Value {
        self.put(format!("bidder-{code}"), code, None, "tenderer")
    }

    fn put(
        &mut self,
        id: String,
        name: &str,
        organisation: Option<Organisation>,
        role: &'static str,
    ) -> Value {
        let reference = json!({ "id": id, "name": name });
        let party = self.0.entry(id).or_insert_with(|| Party {
            name: name.to_owned(),
            organisation,
            roles: Vec::new(),
        });
        if !party.roles.contains(&role) {
            party.roles.push(role);
        }
        reference
    }

    fn all(self) -> Vec<Value> {
        let all = self.0.into_iter();
        all.map(|(id, party)| {
            let mut value = json!({ "id": id, "name": party.name, "roles": party.roles });
            if let (Some(code), Value::Object(value)) = (party.organisation, &mut value) {
                let identifier = json!({
                    "scheme": SCHEME, "id": code.to_string(), "legalName": party.name,
                });
                value.insert("identifier".into(), identifier);
            }
            value
        })
        .collect()
    }
}
