//! Questions that a lot's state answers.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_crypto::Digest;
use kaibiao_crypto::digest::LabelledPrefix;

use crate::act::{Ending, EndingKind, EndingReason};
use crate::asks::Asks;
use crate::event::{LotRules, Outcome};
use crate::ids::{Millis, Party, Seq, millis};
use crate::number::count_u32;
use crate::refusal::RefusalCode;
use crate::shared::{Shared, SharedMap};
use crate::state::{Bidder, Link, Lot, Stage, Statement, Withholds};
use crate::tally::Tally;
use crate::terms::{ReadingOrder, goes_on};

/// The longest last part of the platform's term to open, in milliseconds.
const LAST_PART: Millis = 60_000;

impl Lot {
    /// A lot that has just been published.
    pub(crate) fn published(rules: LotRules, seq: Seq, time: Millis) -> Self {
        Self {
            masked: rules.masked,
            rules,
            stage: Stage::Bidding,
            entered: seq,
            since: time,
            due: None,
            quorum_due: None,
            suspended: None,
            suspended_for: 0,
            corrections: 0,
            parties: SharedMap::default(),
            bids: SharedMap::default(),
            tally: Tally::default(),
            closing: Shared::default(),
            listed: None,
            window: None,
            window_from: 0,
            extended: 0,
            accepted_at: None,
            accepted: Shared::default(),
            statement: Statement::default(),
            releases: BTreeMap::new(),
            release_extended: false,
            release_closed: None,
            ready: None,
            opened: None,
            order: Shared::default(),
            objections: Asks::default(),
            questions: Asks::default(),
            helps: Asks::default(),
            records: Vec::new(),
            correction: None,
            ending: None,
            ruled: None,
            reference: None,
        }
    }

    /// The live bids, sorted.
    pub fn live(&self) -> Vec<Digest> {
        let live: BTreeSet<_> = self.parties.values().filter_map(|it| it.live).collect();
        live.into_iter().collect()
    }

    /// Whether a party is heard in the lot: it has a live bid, from T0 on one that
    /// was live then. A refused submission leaves evidence, and makes no party.
    pub fn has_standing(&self, party: Party) -> bool {
        let live = self.parties.get(&party).and_then(|bidder| bidder.live);
        let before = matches!(self.stage, Stage::Bidding);
        live.is_some_and(|bid| before || self.closing.contains(&bid))
    }

    /// Whether a bid of this party's was ever received.
    pub fn has_bid(&self, party: Party) -> bool {
        let bidder = self.parties.get(&party);
        bidder.is_some_and(|bidder| !bidder.chain.is_empty())
    }

    /// The bidders whose bids were live at T0 and are not refused.
    pub fn counted(&self) -> impl Iterator<Item = (&Party, &Bidder, Digest)> {
        self.parties.iter().filter_map(|(party, bidder)| {
            let bid = bidder.live?;
            let counts = bidder.refused.is_none() && self.closing.contains(&bid);
            counts.then_some((party, &**bidder, bid))
        })
    }

    /// The counted bids, sorted.
    pub fn counted_bids(&self) -> Vec<Digest> {
        let bids: BTreeSet<_> = self.counted().map(|(_, _, bid)| bid).collect();
        bids.into_iter().collect()
    }

    /// The counted bids that are unlocked, sorted.
    pub(crate) fn unlocked_bids(&self) -> Vec<Digest> {
        let bids: BTreeSet<_> = self
            .counted()
            .filter(|(_, bidder, _)| bidder.unlocked.is_some())
            .map(|(_, _, bid)| bid)
            .collect();
        bids.into_iter().collect()
    }

    /// Whether every counted bidder has unlocked.
    pub(crate) fn all_in(&self) -> bool {
        self.tally.unlocked == self.tally.counted()
    }

    /// Until when each ordered rescue that is not done delays the accepted set.
    pub(crate) fn pending_rescues(&self) -> impl Iterator<Item = Millis> {
        let pending = self.tally.rescues.iter();
        pending.filter_map(|party| self.parties.get(party)?.rescue.until)
    }

    /// Whether an ordered rescue still delays the accepted set.
    pub(crate) fn awaits_rescue(&self, now: Millis) -> bool {
        self.pending_rescues().any(|until| now < until)
    }

    /// Whether enough custodians have released this accepted bid.
    pub fn openable(&self, bid: &Digest) -> bool {
        self.good(bid) >= usize::from(self.rules.release)
    }

    /// Whether every custodian has answered for every accepted bid. A release in
    /// which every share was wrong was refused, and is no answer.
    pub(crate) fn is_answered(&self) -> bool {
        (1..=self.rules.custodians).all(|x| {
            let release = self.releases.get(&x);
            release.is_some_and(|it| !it.good.is_empty() || !it.withheld.is_empty())
        })
    }

    /// Whether a bid is shut that custodians who have answered may still prove.
    pub(crate) fn may_be_proved(&self) -> bool {
        self.accepted.iter().any(|bid| self.lacks_proof(bid))
    }

    /// Whether a bid is shut only because custodians could not prove it.
    pub(crate) fn lacks_proof(&self, bid: &Digest) -> bool {
        let needed = usize::from(self.rules.release);
        let unproved = self.withheld(bid).filter(|it| !it.accuses());
        let good = self.good(bid);
        good < needed && good + unproved.count() >= needed
    }

    /// Custodians who withhold this bid's share, and what they say.
    pub(crate) fn withheld<'a>(
        &'a self,
        bid: &'a Digest,
    ) -> impl Iterator<Item = &'a Withholds> + 'a {
        let releases = self.releases.values();
        releases.filter_map(|release| release.withheld.get(bid))
    }

    /// Whether a custodian has ever complained of a bid's wrap, or its last word on
    /// the bid is no share that matches: another one, or a reason why there is none.
    pub fn said_otherwise(&self, x: u8, bid: &Digest) -> bool {
        self.releases.get(&x).is_some_and(|it| {
            let gave = it.good.contains(bid);
            let other = it.wrong.contains_key(bid) || it.withheld.contains_key(bid);
            it.complaints.contains_key(bid) || (other && !gave)
        })
    }

    /// Whether there is something about a bid that whoever it concerns may want to
    /// see repeated: it did not open, a document of it did not, or a custodian
    /// answered otherwise than with a matching share.
    pub fn is_contested(&self, bidder: &Bidder, bid: &Digest) -> bool {
        let Some(outcome) = bidder.outcome else {
            return false;
        };
        outcome != Outcome::Opened
            || !bidder.documents.is_empty()
            || self.releases.keys().any(|x| self.said_otherwise(*x, bid))
    }

    fn good(&self, bid: &Digest) -> usize {
        let releases = self.releases.values();
        releases.filter(|it| it.good.contains(bid)).count()
    }

    /// Whether the platform may open now: every accepted bid can be, or the
    /// custodians' time is over.
    pub fn may_open(&self) -> bool {
        self.stage == Stage::Releasing && (self.ready.is_some() || self.release_closed.is_some())
    }

    /// From when on the platform may open without the bids that it cannot read:
    /// the last tenth of its term, at most a minute. Until then it tries again,
    /// because whatever keeps it from reading may pass.
    pub fn last_try(&self) -> Option<Millis> {
        let last_part = (millis(self.rules.stays.opening) / 10).min(LAST_PART);
        self.due
            .filter(|_| self.may_open())
            .map(|due| due - last_part)
    }

    /// How it ended without a result, where it did.
    pub fn ending(&self) -> Option<Ending> {
        let (kind, reason) = match self.stage {
            Stage::FailedFewBids | Stage::FailedAfterUnlock => {
                (EndingKind::Failed, EndingReason::FewBids)
            }
            Stage::Terminated => (EndingKind::Terminated, EndingReason::Other),
            Stage::Preparing
            | Stage::Bidding
            | Stage::Checking
            | Stage::Unlocking
            | Stage::Releasing
            | Stage::Opened
            | Stage::Announced
            | Stage::Objections
            | Stage::Signing
            | Stage::Closed
            | Stage::Cancelled => return None,
        };
        Some(self.ending.unwrap_or(Ending { kind, reason }))
    }

    /// A bidder whose bid stood at T0.
    pub(crate) fn stood(&self, party: &Party) -> Result<&Bidder, RefusalCode> {
        let bidder = self.parties.get(party).map(|bidder| &**bidder);
        let stood = |it: &&Bidder| it.live.is_some_and(|bid| self.closing.contains(&bid));
        bidder.filter(stood).ok_or(RefusalCode::NoSuchParty)
    }

    /// The party whose live bid this is.
    pub fn party_of(&self, bid: &Digest) -> Option<Party> {
        let party = self.bids.get(bid)?;
        let bidder = self.parties.get(party)?;
        (bidder.live == Some(*bid)).then_some(*party)
    }

    /// Whether this many bids are too few once unlocking is over.
    pub(crate) fn too_few(&self, count: u32) -> bool {
        !goes_on(self.rules.minimum, self.rules.fails_after_unlock, count)
    }

    /// The opened parties in the order in which they are read out.
    pub fn reading_order(&self) -> Vec<Party> {
        let mut opened: Vec<_> = self
            .parties
            .iter()
            .filter(|(_, bidder)| bidder.outcome == Some(Outcome::Opened))
            .map(|(party, bidder)| {
                let received = bidder.standing().map_or(0, |link| link.seq);
                (*party, received, bidder.live)
            })
            .collect();
        match self.rules.reading {
            ReadingOrder::Received => opened.sort_by_key(|(_, received, _)| *received),
            ReadingOrder::Reversed => {
                opened.sort_by_key(|(_, received, _)| std::cmp::Reverse(*received));
            }
            ReadingOrder::Digest => {
                let places = self.reading_places();
                opened.sort_by_cached_key(|(_, _, bid)| bid.map(|bid| places.with(bid.as_bytes())));
            }
        }
        opened.into_iter().map(|(party, _, _)| party).collect()
    }

    /// `H("kaibiao/1 reading" || digests of the closing list || bid digest)`: a
    /// bidder can seal until its digest pleases it, but does not know the others'.
    fn reading_places(&self) -> LabelledPrefix {
        let closing = self.closing.iter().map(|bid| bid.as_bytes().as_slice());
        LabelledPrefix::new("kaibiao/1 reading", closing)
    }

    pub(crate) fn enter(&mut self, stage: Stage, seq: Seq, time: Millis, due: Option<Millis>) {
        self.stage = stage;
        self.entered = seq;
        self.since = time;
        self.due = due;
        self.quorum_due = None;
        self.suspended = None;
    }

    /// How long host and centre may still suspend the lot: the terms' stay is for all
    /// of their suspensions together, so that they cannot hold a lot for ever.
    pub fn suspension_left(&self) -> Millis {
        let left = millis(self.rules.stays.suspension) - self.suspended_for;
        left.max(0)
    }

    /// The lot is in this stage, and its clocks run.
    pub(crate) fn runs_in(&self, stages: &[Stage]) -> Result<(), RefusalCode> {
        if self.suspended.is_some() {
            return Err(RefusalCode::Suspended);
        }
        self.is_in(stages)
    }

    pub(crate) fn is_in(&self, stages: &[Stage]) -> Result<(), RefusalCode> {
        if stages.contains(&self.stage) {
            Ok(())
        } else {
            Err(RefusalCode::WrongStage)
        }
    }

    pub(crate) fn bidder(&mut self, party: &Party) -> Result<&mut Bidder, RefusalCode> {
        let bidder = self.parties.get_mut(party);
        Ok(&mut **bidder.ok_or(RefusalCode::NoSuchParty)?)
    }

    /// The bidder, if this is its bid and the bid counts.
    pub(crate) fn counted_bidder(
        &mut self,
        party: &Party,
        bid: &Digest,
    ) -> Result<&mut Bidder, RefusalCode> {
        let counts = self.closing.contains(bid);
        let bidder = self.bidder(party)?;
        if bidder.live != Some(*bid) {
            return Err(RefusalCode::NoSuchBid);
        }
        if bidder.refused.is_some() || !counts {
            return Err(RefusalCode::NotInWindow);
        }
        Ok(bidder)
    }

    /// The bidder, if its bid counts.
    pub(crate) fn counted_party(&mut self, party: &Party) -> Result<&mut Bidder, RefusalCode> {
        let live = self.bidder(party)?.live.ok_or(RefusalCode::NoSuchParty)?;
        self.counted_bidder(party, &live)
    }

    /// Moves every running deadline by so much: clocks stood still.
    pub(crate) fn shift(&mut self, by: Millis) {
        self.postpone(|due| due + by);
    }

    /// Notes what a record has to tell: a decision on a finding, or a remark on a line.
    /// A record that was made before it is made anew.
    pub(crate) fn rule(&mut self, seq: Seq) {
        self.ruled = Some(seq);
        let last = self.records.last().map(|last| last.record);
        self.correction = self.correction.or(last);
    }

    /// Moves every running deadline to where `later` says; answers by how much at most.
    pub(crate) fn postpone(&mut self, later: impl Fn(Millis) -> Millis) -> Millis {
        let mut most = 0;
        let mut later = |due| {
            let to = later(due);
            most = most.max(to - due);
            to
        };
        for due in [&mut self.due, &mut self.quorum_due].into_iter().flatten() {
            *due = later(*due);
        }
        for party in &self.tally.rescues {
            if let Some(bidder) = self.parties.get_mut(party)
                && let Some(until) = bidder.rescue.until
            {
                bidder.rescue.until = Some(later(until));
            }
        }
        most
    }
}

impl Bidder {
    /// The link of the live bid.
    pub fn standing(&self) -> Option<&Link> {
        let live = self.live?;
        self.chain.iter().rev().find(|link| link.digest == live)
    }

    /// The sequence that its next submission or withdrawal must have.
    pub fn next_sequence(&self) -> u32 {
        count_u32(self.chain.len()).saturating_add(1)
    }

    /// What that one must name as previous.
    pub fn last(&self) -> Option<Digest> {
        self.chain.last().map(|link| link.digest)
    }
}
