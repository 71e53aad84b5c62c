//! The tender of the demonstration: two lots, the terms of which make an
//! opening short enough to watch.

use kaibiao_client::failure::Outcome;
use kaibiao_crypto::Suite;
use serde_json::{Value, json};

use super::cast::Cast;

/// The draft as the transaction platform imports it.
pub fn draft(
    cast: &Cast,
    external_id: &str,
    number: &str,
    title: &str,
    t0: i64,
    window: u32,
    suite: Suite,
) -> Outcome<Value> {
    let named = |name: &str, code: &str| json!({ "name": name, "organisation": code });
    let tenderer = named(cast.tenderer.organisation, &cast.tenderer.complete_code()?);
    let agency = named("临江建设咨询有限公司", &cast.agency.code);
    let centre = named("临江市公共资源交易中心", &cast.centre.code);
    let supervisor = named("临江市住房和城乡建设局", &cast.supervisor.code);
    let custodians = json!([agency, centre, supervisor]);
    let lot = |title: &str, control_price: &str| {
        json!({
            "title": title,
            "control_price": control_price,
            "schema": schema(),
            "custodians": custodians,
            "release": 2,
            "rescue": 3,
            "policy": {
                "minimum": 3,
                "fails_after_unlock": false,
                "masked": false,
                "reading": "received",
                "stays": stays(window),
            },
        })
    };
    let mut draft = json!({
        "number": number,
        "title": title,
        "notice": "本项目采用远程不见面开标。投标文件在投标人本机密封,平台只接收密文;开标时刻到达后,各投标人使用自己的证书解密。",
        "external_id": external_id,
        "officials": { "tenderer": tenderer, "agency": agency, "centre": centre, "supervisor": supervisor },
        "t0": t0,
        "lots": {
            "1": lot("教学楼智能化工程", "860000000"),
            "2": lot("校园绿化工程", "120000000"),
        },
        "outage_moves_t0": true,
    });
    if !suite.is_intl() {
        draft["suite"] = json!(suite);
    }
    Ok(draft)
}

fn schema() -> Value {
    let field = |id: &str, label: &str, label_en: &str, kind: Value, public: bool| json!({ "id": id, "label": label, "label_en": label_en, "type": kind, "required": true, "public": public });
    json!({
        "fields": [
            field("price", "投标报价", "Bid price", json!("money"), true),
            field("days", "工期(日历天)", "Days", json!({ "integer": { "min": 1, "max": 2000 } }), true),
            field("quality", "质量承诺", "Quality", json!({ "choice": { "options": ["合格", "优良"] } }), true),
            field("manager", "项目经理", "Manager", json!({ "text": { "max": 30 } }), true),
            field("rate", "下浮率(%)", "Discount", json!({ "rate": { "scale": 2 } }), false),
        ],
        "price": "price",
        "better": "low",
    })
}

/// These stays are long enough for people who hurry; those of a real tender are
/// hours and days.
fn stays(window: u32) -> Value {
    json!({
        "checking": 600, "starting": 600, "window": window, "extensions": 600, "rescue": 300,
        "quorum": 300, "releasing": 300, "opening": 300, "announcing": 600, "confirming": 600,
        "objections": 600, "signing": 600, "suspension": 600,
    })
}

/// An opening sheet that fits the schema.
pub fn sheet(fen: u64, days: u32, manager: &str, rate: &str) -> Value {
    json!({ "price": fen.to_string(), "days": days, "quality": "合格", "manager": manager, "rate": rate })
}
