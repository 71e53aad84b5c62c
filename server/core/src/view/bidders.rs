//! A lot's bidders, and what they ask, as one viewer may see them.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;

use super::shapes::{
    AbsenceView, AskedView, Course, CustodianView, FaultView, FindingView, OnObjections, OwnView,
    PartyView, PrivateView, Released, RemarkView, WithheldView,
};
use crate::access::{Point, Thing, is_public, may_read};
use crate::act::Act;
use crate::asks::Asks;
use crate::book::{Book, Entry, Member};
use crate::flags::flags;
use crate::ids::{LotId, Millis, Organisation, Party, Seq};
use crate::lawful::may_order_rescue;
use crate::number::count_u64;
use crate::role::By;
use crate::state::{Bidder, Found, LineRemark, Lot};
use crate::terms::LotDraft;
use crate::viewer::{Seat, Viewer};

/// One lot as far as one viewer may know of it.
pub(super) struct LotForViewer<'a> {
    pub id: &'a LotId,
    pub book: &'a Book,
    pub viewer: &'a Viewer,
    pub at: Point,
    pub now: Millis,
}

impl LotForViewer<'_> {
    fn may(&self, thing: Thing, own: bool) -> bool {
        may_read(self.viewer, thing, self.at, own)
    }

    fn own_party(&self) -> Option<Party> {
        let organisation = self.viewer.organisation.as_ref();
        let bidder = organisation.filter(|_| self.viewer.seat == Seat::Bidder)?;
        self.book.handle(self.id, bidder)
    }

    pub fn own(&self, lot: &Lot) -> Option<OwnView> {
        let party = self.own_party()?;
        let bidder = lot.parties.get(&party)?;
        let last = bidder.chain.last();
        Some(OwnView {
            party: party.to_string(),
            live: bidder.live,
            sequence: bidder.next_sequence(),
            previous: bidder.last(),
            stale: bidder.live.is_none() && last.is_some_and(|link| link.terms.is_some()),
            signed_in: bidder.signed_in.is_some(),
        })
    }

    /// The leads of consortia whose live bids the viewer's organisation has signed.
    pub fn joint(&self, lot: &Lot) -> Vec<String> {
        let organisation = self.viewer.organisation.as_ref();
        let Some(own) = organisation.filter(|_| self.viewer.seat == Seat::Bidder) else {
            return Vec::new();
        };
        let is_own = |member: &Member| member.signed && member.organisation == *own;
        let live = lot
            .parties
            .iter()
            .filter(|(_, bidder)| bidder.live.is_some());
        live.filter_map(|(party, _)| self.book.parties.get(party))
            .filter(|known| known.members.iter().any(is_own))
            .map(|known| known.name.clone())
            .collect()
    }

    /// The bidders whose bids stood at T0, announced ones in reading order.
    pub fn parties(&self, lot: &Lot) -> Vec<PartyView> {
        let own = self.own_party();
        // In a masked lot everybody is listed by code; who is not told the names
        // of an unmasked one is told nothing.
        let unmasked = Point {
            masked: false,
            ..self.at
        };
        let listed = |own: bool| may_read(self.viewer, Thing::Names, unmasked, own);
        let mut shown: Vec<_> = lot
            .parties
            .iter()
            .filter(|(_, bidder)| bidder.live.is_some_and(|bid| lot.closing.contains(&bid)))
            .filter(|(party, _)| listed(own == Some(**party)))
            .collect();
        let mut flags = if self.may(Thing::Flags, false) {
            flags(lot, self.book)
        } else {
            BTreeMap::new()
        };
        let places: BTreeMap<&Party, usize> = lot.order.iter().zip(0..).collect();
        shown.sort_by_key(|(party, _)| places.get(party).copied().unwrap_or(usize::MAX));
        shown
            .into_iter()
            .map(|(party, bidder)| PartyView {
                flags: flags.remove(party).unwrap_or_default(),
                ..self.party(lot, *party, bidder, own == Some(*party))
            })
            .collect()
    }

    fn party(&self, lot: &Lot, party: Party, bidder: &Bidder, own: bool) -> PartyView {
        let known = self.book.parties.get(&party);
        let named = self.may(Thing::Names, own);
        let outcome = self.may(Thing::Outcome, own);
        let sheet = bidder
            .live
            .and_then(|bid| self.book.sheets.get(&bid)?.sheet.as_ref());
        PartyView {
            party: party.to_string(),
            name: self.name(party),
            unvouched: named && self.book.is_unvouched(&party),
            certified: known
                .filter(|_| self.may(Thing::Flags, own))
                .and_then(|it| it.certified.clone()),
            organisation: known.filter(|_| named).map(|it| it.organisation.clone()),
            members: known
                .filter(|_| named)
                .map_or_else(Vec::new, |it| it.members.clone()),
            flags: Vec::new(),
            bid: bidder.live,
            signed_in: bidder.signed_in.is_some(),
            refused: bidder.refused.is_some(),
            muted: bidder.muted.is_some(),
            course: self.may(Thing::Course, own).then(|| Course {
                deposit: bidder.deposit,
                unlocked: bidder.unlocked.is_some(),
                attempts: bidder
                    .attempts
                    .iter()
                    .map(|attempt| attempt.check)
                    .collect(),
                rescue_asked: bidder.rescue.asked.is_some(),
                rescue_ordered: bidder.rescue.ordered.is_some(),
                rescue_orderable: may_order_rescue(lot, bidder, self.now),
                rescue_until: bidder.rescue.until,
                withheld: bidder.live.map_or_else(Vec::new, |bid| withheld(lot, &bid)),
                countersigned: !bidder.countersigned.is_empty(),
                absence: self.absence(bidder),
            }),
            representative: known
                .filter(|_| self.may(Thing::Representative, own))
                .and_then(|known| known.representative.clone()),
            sheet: sheet
                .filter(|_| self.may(Thing::Sheet, own))
                .and_then(|sheet| serde_json::from_str(sheet).ok()),
            outcome: bidder.outcome.filter(|_| outcome),
            finding: bidder
                .finding
                .as_ref()
                .filter(|_| outcome)
                .map(|it| FindingView {
                    finding: it.finding,
                    first: it.first,
                    rule: it.rule,
                    cites: it.cites.clone(),
                    decided: it.decided.is_some(),
                    reason: self.reason(it.decided),
                }),
            line: bidder.line,
            remarks: if outcome {
                bidder.remarks.iter().map(|it| self.remark(it)).collect()
            } else {
                Vec::new()
            },
            on_objections: on_objections(lot, party, bidder),
            documents: if outcome {
                bidder.documents.clone()
            } else {
                Vec::new()
            },
            contested: self.may(Thing::Recheck, own)
                && bidder
                    .live
                    .is_some_and(|bid| lot.is_contested(bidder, &bid)),
        }
    }

    fn absence(&self, bidder: &Bidder) -> Option<AbsenceView> {
        let mark = bidder.absence.filter(|_| bidder.signed_in.is_none())?;
        let entry = self.book.entry(mark.seq);
        Some(AbsenceView {
            absence: mark.absence,
            note: entry.map_or_else(String::new, |entry| entry.text.clone()),
        })
    }

    fn remark(&self, remark: &LineRemark) -> RemarkView {
        let entry = self.book.entry(remark.seq);
        let author = entry.and_then(|entry| entry.author.as_ref());
        RemarkView {
            seq: remark.seq,
            time: entry.map_or(0, |entry| entry.time),
            by: author.map_or_else(String::new, |author| author.name.clone()),
            exception: remark.exception,
            text: entry.map_or_else(String::new, |entry| entry.text.clone()),
        }
    }

    /// What was asked: [`Thing::Talk`] or [`Thing::Help`].
    pub fn asked(&self, thing: Thing, asked: &Asks) -> Vec<AskedView> {
        let own = self.own_party();
        // Before T0 the number of an event would count the bids.
        let numbered = is_public(Thing::Counts, self.at);
        asked
            .iter()
            .filter(|(_, it)| self.may(thing, own == Some(it.party)))
            .map(|(seq, it)| {
                let entry = self.book.entry(*seq);
                let answer = it.answered.and_then(|seq| self.book.entry(seq));
                AskedView {
                    event: numbered.then_some(*seq),
                    time: entry.map_or(0, |entry| entry.time),
                    by: self.name(it.party),
                    text: entry.map_or_else(String::new, |entry| entry.text.clone()),
                    attachments: entry.map_or_else(Vec::new, |it| it.attachments.clone()),
                    diagnosis: entry
                        .filter(|_| self.may(Thing::Diagnosis, own == Some(it.party)))
                        .map(diagnosis)
                        .unwrap_or_default(),
                    answer: answer.map(|entry| entry.text.clone()),
                    answer_attachments: answer
                        .map_or_else(Vec::new, |entry| entry.attachments.clone()),
                    answered: answer.map(|entry| entry.time),
                    answered_by: answer.and_then(|entry| {
                        let author = entry.author.as_ref()?;
                        Some(format!("{} {}", author.name, author.person))
                    }),
                }
            })
            .collect()
    }

    /// What was said between host or centre and single bidders, in order.
    pub fn private(&self, lot: &Lot) -> Vec<PrivateView> {
        let own = self.own_party();
        let told = lot
            .parties
            .iter()
            .filter(|(_, bidder)| !bidder.private.is_empty())
            .filter(|(party, _)| self.may(Thing::Help, own == Some(**party)));
        let said = told.flat_map(|(party, bidder)| {
            let said = bidder.private.to.iter().chain(&bidder.private.from);
            said.filter_map(|seq| self.said_privately(*party, *seq))
        });
        let mut said: Vec<_> = said.collect();
        said.sort_by_key(|it| it.seq);
        said
    }

    fn said_privately(&self, party: Party, seq: Seq) -> Option<PrivateView> {
        let entry = self.book.entry(seq)?;
        let author = entry.author.as_ref().filter(|_| entry.by != By::Bidder);
        Some(PrivateView {
            seq,
            time: entry.time,
            party: party.to_string(),
            name: self.name(party),
            from: entry.by,
            by: author.map(|author| format!("{} {}", author.name, author.person)),
            text: entry.text.clone(),
        })
    }

    /// What was found of custodians, as it went on record.
    pub fn faults(&self, lot: &Lot) -> Vec<FaultView> {
        let releases = lot.releases.iter().filter(|(x, _)| {
            let custodian = self.book.custodian(self.id, **x);
            let own = custodian.map(|it| &it.organisation) == self.viewer.organisation.as_ref();
            self.may(Thing::Fault, custodian.is_some() && own)
        });
        let faults = releases.flat_map(|(x, release)| {
            let faults = release.faults.iter();
            faults.map(|(bid, found)| self.fault(*x, *bid, found))
        });
        let mut faults: Vec<_> = faults.collect();
        faults.sort_by_key(|fault| fault.seq);
        faults
    }

    fn fault(&self, x: u8, bid: Digest, found: &Found) -> FaultView {
        let custodian = self.book.custodian(self.id, x);
        FaultView {
            x,
            name: custodian.map_or_else(String::new, |it| it.name.clone()),
            bid,
            fault: found.fault,
            seq: found.seq,
            cites: found.cites.clone(),
            stands: found.stands,
            decided: found.decided.is_some(),
            reason: self.reason(found.decided),
        }
    }

    /// What a supervisor gave as reason for a decision.
    fn reason(&self, decided: Option<Seq>) -> String {
        decided
            .and_then(|seq| self.book.entry(seq))
            .map_or_else(String::new, |entry| entry.text.clone())
    }

    fn name(&self, party: Party) -> String {
        if self.may(Thing::Names, self.own_party() == Some(party)) {
            self.book.name(&party)
        } else {
            party.code()
        }
    }
}

/// What a help request's client found out by itself.
fn diagnosis(entry: &Entry) -> String {
    if let Some(Act::Help(help)) = entry.act() {
        help.diagnosis
    } else {
        String::new()
    }
}

/// What a bidder said when objections were raised: an objection weighs more than the
/// word that there is none.
pub(crate) fn on_objections(lot: &Lot, party: Party, bidder: &Bidder) -> Option<OnObjections> {
    if lot.objections.of(&party).is_empty() {
        bidder.no_objection.map(|_| OnObjections::None)
    } else {
        Some(OnObjections::Objected)
    }
}

/// Custodians who give no share of a bid, and why.
pub(crate) fn withheld(lot: &Lot, bid: &Digest) -> Vec<WithheldView> {
    let said = lot.releases.iter().filter_map(|(x, release)| {
        let said = release.withheld.get(bid)?;
        Some(WithheldView {
            x: *x,
            seq: said.seq,
            why: said.why,
        })
    });
    said.collect()
}

/// The custodians: of the sealing terms, or of the draft before that.
pub(super) fn custodians(
    book: &Book,
    id: &LotId,
    draft: &LotDraft,
    lot: Option<&Lot>,
) -> Vec<CustodianView> {
    let terms = book.terms.get(id).map(|fixed| &fixed.terms);
    let fixed = lot.filter(|lot| lot.accepted_at.is_some());
    let released = |x: u8| {
        let release = fixed?.releases.get(&x);
        Some(release.map_or_else(Released::default, |release| Released {
            good: count_u64(release.good.len()),
            wrong: count_u64(release.wrong.len()),
            withheld: count_u64(release.withheld.len()),
            faults: count_u64(release.faults.values().filter(|it| it.stands).count()),
        }))
    };
    let has_agent = |organisation: &Organisation| {
        let mut keys = book.keys.iter();
        keys.any(|key| key.organisation == *organisation && key.key.agent.is_some())
    };
    match terms {
        Some(terms) => terms
            .custodians
            .iter()
            .map(|it| CustodianView {
                x: it.x,
                agent: it.agent.is_some(),
                released: released(it.x),
                organisation: it.organisation.clone(),
                name: it.name.clone(),
            })
            .collect(),
        None => (1..)
            .zip(&draft.custodians)
            .map(|(x, named)| CustodianView {
                x,
                organisation: named.organisation.clone(),
                name: named.name.clone(),
                agent: has_agent(&named.organisation),
                released: None,
            })
            .collect(),
    }
}
