//! Announced sheets, opened again with the published keys (docs/spec/sealed-bid.md, 15).

use kaibiao_core::event::Outcome as Opened;
use kaibiao_core::ids::{LotId, Organisation, Party};
use kaibiao_core::schema::Schema;
use kaibiao_core::sheet;
use kaibiao_core::state::Link;
use kaibiao_crypto::bid::{Commitments, OpenError, Promise, open_masked_sheet, open_sheet};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::{Digest, Suite, canonical};
use serde_json::{Map, Value};

use crate::form::Sheet;
use crate::outcome::{Findings, Place};
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    for announced in announced(reading) {
        let bid = announced.link.digest;
        let place = || Place::File(format!("sheets/{bid}.json"));
        let Some(sheet) = reading.bundle.sheets.get(&bid) else {
            findings.lacks();
            continue;
        };
        findings.told(sheet.context.is_some());
        if let Err(code) = judge(reading, &announced, sheet) {
            findings.fail(code, place());
        }
    }
    findings
}

/// An announced bid that opened.
pub(super) struct Announced<'a> {
    pub(super) lot: &'a LotId,
    pub(super) party: Party,
    pub(super) link: &'a Link,
}

/// All announced bids that opened, lot by lot in reading order.
pub(super) fn announced<'a>(reading: &'a Reading<'_>) -> Vec<Announced<'a>> {
    let lots = reading.end.state.lots.iter();
    let announced = lots.flat_map(|(id, lot)| {
        lot.order.iter().filter_map(move |party| {
            let bidder = lot.parties.get(party)?;
            let opened = bidder.outcome == Some(Opened::Opened);
            let link = bidder.standing().filter(|_| opened)?;
            Some(Announced {
                lot: id,
                party: *party,
                link,
            })
        })
    });
    announced.collect()
}

fn judge(reading: &Reading<'_>, of: &Announced<'_>, sheet: &Sheet) -> Result<(), String> {
    let bid = of.link.digest;
    let told = sheet.context.as_ref().zip(sheet.wraps.zip(sheet.chain));
    let fields = match (told, sheet.context_digest) {
        (Some((context, (wraps, chain))), _) => {
            let promise = Promise::parse(context, &sheet.commitments);
            let promise = promise.map_err(|problem| problem.code().to_owned())?;
            if promise.bid_digest(wraps, chain) != bid {
                return Err("bid-digest".to_owned());
            }
            if !is_of(reading, of, &promise) {
                return Err("context-differs".to_owned());
            }
            open(&promise, sheet)?
        }
        (None, Some(context)) => {
            let lot = reading.end.state.lots.get(of.lot);
            if !reading.is_public() || lot.is_none_or(|lot| !lot.masked) {
                return Err("context-differs".to_owned());
            }
            open_masked(suite(reading, of.link)?, context, sheet)?
        }
        (None, None) => return Err("context-differs".to_owned()),
    };
    let terms = of.link.terms.and_then(|terms| reading.terms.get(&terms));
    if terms.is_none_or(|terms| fits(&terms.schema, &fields)) {
        Ok(())
    } else {
        Err("sheet-wrong".to_owned())
    }
}

/// The suite of a bid, by the terms that it was sealed under.
fn suite(reading: &Reading<'_>, link: &Link) -> Result<Suite, String> {
    let terms = link.terms.and_then(|terms| reading.terms.get(&terms));
    let suite = terms.and_then(|terms| Suite::named(&terms.suite));
    suite.ok_or_else(|| "context-differs".to_owned())
}

/// Opens segment 0 where ctx, which would name the bidder, is withheld. That it is the
/// bid of this digest is withheld with it.
fn open_masked(suite: Suite, context: Digest, sheet: &Sheet) -> Result<Map<String, Value>, String> {
    let commitments: Commitments =
        canonical::from_bytes(&sheet.commitments).map_err(|_| "header-not-canonical".to_owned())?;
    let [envelope] = &commitments.envelopes[..] else {
        return Err("header-inconsistent".to_owned());
    };
    let key = Secret::from_slice(&sheet.segment_key).ok_or("segment-key-mismatch")?;
    let mut rest: &[u8] = &sheet.ciphertext;
    let fields = open_masked_sheet(suite, context, envelope, &key, &mut rest);
    whole(fields, rest)
}

/// Whether ctx is of the terms, project and lot of the bid's event, and names the
/// organisation behind the party, where that is known.
fn is_of(reading: &Reading<'_>, of: &Announced<'_>, promise: &Promise) -> bool {
    let context = promise.context();
    let known = reading.end.book.parties.get(&of.party);
    let organisation: Option<&Organisation> = known.map(|known| &known.organisation);
    Some(context.terms) == of.link.terms
        && context.project == reading.project
        && context.lot == of.lot.as_str()
        && context.rescue.is_some() == of.link.rescue
        && organisation.is_none_or(|it| *it == context.bidder)
}

/// Opens segment 0 with its published key.
fn open(promise: &Promise, sheet: &Sheet) -> Result<Map<String, Value>, String> {
    let key = Secret::from_slice(&sheet.segment_key).ok_or("segment-key-mismatch")?;
    let key = promise.check_segment_key(0, 0, key);
    let key = key.map_err(|problem| problem.code().to_owned())?;
    let mut rest: &[u8] = &sheet.ciphertext;
    let fields = open_sheet(promise, &key, &mut rest);
    whole(fields, rest)
}

/// What was opened, if nothing follows its ciphertext.
fn whole(
    fields: Result<Map<String, Value>, OpenError>,
    rest: &[u8],
) -> Result<Map<String, Value>, String> {
    let fields = fields.map_err(|error| match error {
        OpenError::Problem(problem) => problem.code().to_owned(),
        OpenError::Io(_) => "ciphertext-length".to_owned(),
    })?;
    if rest.is_empty() {
        Ok(fields)
    } else {
        Err("ciphertext-length".to_owned())
    }
}

/// The fields of an announced sheet, where it can be opened.
pub(super) fn fields(reading: &Reading<'_>, link: &Link) -> Option<Map<String, Value>> {
    let sheet = reading.bundle.sheets.get(&link.digest)?;
    let Some(context) = &sheet.context else {
        let suite = suite(reading, link).ok()?;
        return open_masked(suite, sheet.context_digest?, sheet).ok();
    };
    let promise = Promise::parse(context, &sheet.commitments).ok()?;
    open(&promise, sheet).ok()
}

/// Whether the public fields follow the schema; the others are not told.
fn fits(schema: &Schema, fields: &Map<String, Value>) -> bool {
    let mut public = schema.clone();
    public.fields.retain(|field| field.public);
    sheet::validate(&public, fields, &Map::new()).is_empty()
}
