//! Which event put each element of a view there. Only of what the view shows: an
//! element that is not in it has no source.

use std::collections::BTreeMap;

use crate::book::Book;
use crate::ids::{LotId, Party, Seq};
use crate::state::{Bidder, Lot, State};
use crate::view::{AskedView, LotView, PartyView, View};

/// The events by the JSON pointers (RFC 6901) of a view's elements.
pub(super) fn of(state: &State, book: &Book, view: &View) -> BTreeMap<String, Seq> {
    let mut found = Found {
        last: last(book),
        all: BTreeMap::new(),
    };
    let mut notices = book.notices.iter().copied();
    if view.publication.is_some() {
        found.note("/publication", notices.next());
    }
    for (place, seq) in book.notices.iter().skip(1).enumerate() {
        if place < view.changes.len() {
            found.note(&format!("/changes/{place}"), Some(*seq));
        }
    }
    if view.closing.is_some() {
        found.note("/closing", found.last_of(None, None, "statement_signed"));
    }
    if view.operator.is_some() {
        found.note("/operator", found.last_of(None, None, "operator_changed"));
    }
    for (id, shown) in &view.lots {
        if let Some(lot) = state.lots.get(id) {
            found.lot(id, lot, shown);
        }
    }
    found.all
}

type Key<'a> = (Option<&'a LotId>, Option<Party>, &'a str);

/// The last event of each kind, of each lot and of each bidder.
fn last(book: &Book) -> BTreeMap<Key<'_>, Seq> {
    let mut last = BTreeMap::new();
    for entry in book.entries.values() {
        let kind = entry.kind.as_str();
        last.insert((entry.lot.as_ref(), entry.party, kind), entry.seq);
        for lot in &entry.lots {
            last.insert((Some(lot), None, kind), entry.seq);
        }
    }
    last
}

struct Found<'a> {
    last: BTreeMap<Key<'a>, Seq>,
    all: BTreeMap<String, Seq>,
}

impl Found<'_> {
    fn note(&mut self, pointer: &str, seq: Option<Seq>) {
        if let Some(seq) = seq {
            self.all.insert(pointer.to_owned(), seq);
        }
    }

    fn last_of(&self, lot: Option<&LotId>, party: Option<Party>, kind: &str) -> Option<Seq> {
        self.last.get(&(lot, party, kind)).copied()
    }

    fn lot(&mut self, id: &LotId, lot: &Lot, shown: &LotView) {
        let at = format!("/lots/{id}");
        self.note(&format!("{at}/stage"), Some(lot.entered));
        if shown.suspended.is_some() {
            let seq = self.last_of(Some(id), None, "suspended");
            self.note(&format!("{at}/suspended"), seq);
        }
        if shown.ending.is_some() {
            let seq = self.last_of(Some(id), None, "terminated");
            self.note(&format!("{at}/ending"), seq);
        }
        if shown.listed {
            self.note(&format!("{at}/listed"), lot.listed);
        }
        if shown.extended > 0 {
            let seq = self.last_of(Some(id), None, "window_extended");
            self.note(&format!("{at}/extended"), seq);
        }
        if shown.accepted.is_some() {
            let seq = self.last_of(Some(id), None, "statement_signed");
            self.note(&format!("{at}/accepted"), seq);
        }
        let revealed = shown.reference.as_ref().and_then(|it| it.revealed.as_ref());
        self.note(
            &format!("{at}/reference/revealed"),
            revealed.map(|it| it.seq),
        );
        for (place, record) in shown.records.iter().enumerate() {
            self.note(&format!("{at}/records/{place}"), Some(record.seq));
            self.note(&format!("{at}/records/{place}/signed"), record.signed);
        }
        for (place, fault) in shown.faults.iter().enumerate() {
            self.note(&format!("{at}/faults/{place}"), Some(fault.seq));
        }
        for (place, said) in shown.private.iter().enumerate() {
            self.note(&format!("{at}/private/{place}"), Some(said.seq));
        }
        self.asked(&format!("{at}/objections"), &shown.objections, lot);
        self.asked(&format!("{at}/questions"), &shown.questions, lot);
        self.asked(&format!("{at}/helps"), &shown.helps, lot);
        let places = shown.parties.iter().enumerate();
        let places: BTreeMap<&str, usize> = places.map(|(n, it)| (it.party.as_str(), n)).collect();
        for (party, bidder) in &lot.parties {
            if let Some(place) = places.get(party.to_string().as_str()) {
                let at = format!("{at}/parties/{place}");
                self.party(&at, id, (*party, bidder), lot, &shown.parties[*place]);
            }
        }
    }

    fn asked(&mut self, at: &str, asked: &[AskedView], lot: &Lot) {
        for (place, shown) in asked.iter().enumerate() {
            let Some(seq) = shown.event else { continue };
            self.note(&format!("{at}/{place}"), Some(seq));
            let mut all = [&lot.objections, &lot.questions, &lot.helps].into_iter();
            let answered = all.find_map(|it| it.get(&seq)?.answered);
            if shown.answer.is_some() {
                self.note(&format!("{at}/{place}/answer"), answered);
            }
        }
    }

    fn party(
        &mut self,
        at: &str,
        id: &LotId,
        (party, bidder): (Party, &Bidder),
        lot: &Lot,
        shown: &PartyView,
    ) {
        let last = |kind| self.last_of(Some(id), Some(party), kind);
        let (deposit, absence) = (last("deposit_marked"), last("absence_marked"));
        let live = bidder
            .chain
            .iter()
            .find(|link| Some(link.digest) == bidder.live);
        self.note(at, live.map(|link| link.seq));
        self.note(&format!("{at}/signed_in"), bidder.signed_in);
        self.note(&format!("{at}/refused"), bidder.refused);
        self.note(&format!("{at}/muted"), bidder.muted);
        if shown.sheet.is_some() {
            let seq = self.last_of(Some(id), None, "announced");
            self.note(&format!("{at}/sheet"), seq);
        }
        if shown.outcome.is_some() {
            self.note(&format!("{at}/outcome"), lot.opened);
        }
        if shown.finding.is_some() {
            let finding = bidder.finding.as_ref();
            self.note(&format!("{at}/finding"), finding.map(|it| it.seq));
            let decided = finding.and_then(|it| it.decided);
            self.note(&format!("{at}/finding/decided"), decided);
        }
        self.note(&format!("{at}/line"), bidder.line.map(|it| it.seq));
        for (place, remark) in shown.remarks.iter().enumerate() {
            self.note(&format!("{at}/remarks/{place}"), Some(remark.seq));
        }
        for (place, document) in shown.documents.iter().enumerate() {
            self.note(&format!("{at}/documents/{place}"), Some(document.seq));
        }
        if shown.on_objections.is_some() {
            let objected = lot.objections.of(&party).last().copied();
            let seq = objected.or(bidder.no_objection);
            self.note(&format!("{at}/on_objections"), seq);
        }
        let Some(course) = &shown.course else { return };
        let at = format!("{at}/course");
        if course.deposit.is_some() {
            self.note(&format!("{at}/deposit"), deposit);
        }
        self.note(&format!("{at}/unlocked"), bidder.unlocked);
        for (place, attempt) in bidder.attempts.iter().enumerate() {
            self.note(&format!("{at}/attempts/{place}"), Some(attempt.seq));
        }
        self.note(&format!("{at}/rescue_asked"), bidder.rescue.asked);
        self.note(&format!("{at}/rescue_ordered"), bidder.rescue.ordered);
        for (place, withheld) in course.withheld.iter().enumerate() {
            self.note(&format!("{at}/withheld/{place}"), Some(withheld.seq));
        }
        let signed = bidder.countersigned.values().max().copied();
        self.note(&format!("{at}/countersigned"), signed);
        if course.absence.is_some() {
            self.note(&format!("{at}/absence"), absence);
        }
    }
}
