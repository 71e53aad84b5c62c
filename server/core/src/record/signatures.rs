//! Who has signed a record, as far as a reader may know it (docs/spec/record.md,
//! Signatures).

use kaibiao_crypto::encoding::Base64;

use crate::access::{Point, may_read_countersignature};
use crate::act::Act;
use crate::book::{Book, Entry};
use crate::ids::{LotId, Millis, Seq};
use crate::role::By;
use crate::signed::Signed;
use crate::state::{RecordState, State};
use crate::viewer::Viewer;

/// One act over a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature<'a> {
    /// The event `record_signed` or `countersigned`.
    pub seq: Seq,
    /// Its instant.
    pub at: Millis,
    /// Host, centre or bidder.
    pub role: By,
    /// The organisation's, as the record has it.
    pub name: String,
    /// The accepted act.
    pub act: &'a Signed,
}

impl Signature<'_> {
    /// The DER of the detached signature that the act carries.
    pub fn cms(&self) -> Option<Base64> {
        let act = serde_json::from_str::<Act>(&self.act.body).ok()?;
        act.cms().map(|(_, _, cms)| cms.clone())
    }
}

/// The acts over one of a lot's records, in their order, that a viewer who may read
/// the record may read too.
pub fn signatures<'a>(
    state: &State,
    book: &'a Book,
    lot: &LotId,
    record: &RecordState,
    viewer: &Viewer,
) -> Vec<Signature<'a>> {
    let Some(lot_state) = state.lots.get(lot) else {
        return Vec::new();
    };
    let at = Point::lot(state, lot_state);
    let own = viewer.organisation.as_ref();
    let own = own.and_then(|organisation| book.handle(lot, organisation));
    let bidders = lot_state.parties.iter().filter_map(|(party, bidder)| {
        let seq = bidder.countersigned.get(&record.record)?;
        let readable = may_read_countersignature(viewer, at, own == Some(*party));
        readable.then_some((*seq, Some(*party)))
    });
    let host = record.signed.map(|seq| (seq, None));
    let mut all: Vec<_> = host.into_iter().chain(bidders).collect();
    all.sort_unstable();
    let found = all.into_iter().filter_map(|(seq, party)| {
        let Entry {
            time,
            by,
            author,
            signed,
            ..
        } = book.entry(seq)?;
        Some(Signature {
            seq,
            at: *time,
            role: *by,
            name: match party {
                Some(party) => book.name(&party),
                None => author.as_ref()?.name.clone(),
            },
            act: signed.as_ref()?,
        })
    });
    found.collect()
}
