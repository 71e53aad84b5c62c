//! What a centre counts of its openings (docs/spec/figures.md): how lots ended, how
//! bids were unlocked, and what people thought of it.
//!
//! Nothing is counted before its time: only lots that have ended after T0 count, so
//! no figure tells who bids, or how many do, while that is nobody's business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::book::Book;
use crate::complaints::Complaint;
use crate::event::{Cause, Check, Rule};
use crate::ids::Millis;
use crate::number::count_u32;
use crate::role::By;
use crate::state::{Bidder, Lot, Outage, Stage, State};

/// Of fewer bids, ratings or complaints, nothing but their number is told: a share of one or two
/// would tell how a single bidder fared, or what a single person thought.
const FEW: u32 = 3;

/// The figures of one project, or the sum of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Figures {
    /// The lots that ended after T0, by how.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lots: BTreeMap<Stage, u32>,
    /// Bids that stood at T0 in these lots.
    pub bids: u32,
    /// How the bids of lots whose window began were unlocked, by the id of the
    /// authority of the certificate that each was handed in with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unlocking: BTreeMap<String, Unlocking>,
    /// Bids of these lots that did not open, by the rule that says why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub causes: BTreeMap<Rule, u32>,
    /// Requests for help in these lots.
    pub helps: u32,
    /// Lots whose window was made longer.
    pub extended: u32,
    /// By how many seconds, in sum.
    pub extended_seconds: u64,
    /// Outages from T0 on that made something later in a lot that has ended, by cause.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outages: BTreeMap<Cause, Outages>,
    /// How many gave 1, 2, 3, 4 and 5 to the service (好差评).
    pub scores: [u32; 5],
    /// Complaints (投诉) about these lots. None in what an earlier version wrote, and
    /// while no lot has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaints: Option<Complaints>,
}

/// Complaints about lots that have ended. Host and centre are told nothing of those that
/// were not taken up, so they are counted apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Complaints {
    /// Those that the supervisor took up; what is done with them is an answer.
    pub taken_up: Dealt,
    /// Those that wait for its word or were declined; what is done is to decline.
    pub others: Dealt,
}

/// What became of complaints of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dealt {
    /// All of them.
    pub filed: u32,
    /// Of these, those on which the supervisor has said its last word.
    pub done: u32,
    /// Of these, those on which a word of the supervisor's came late.
    pub late: u32,
    /// Of those that were not late and wait, by when its next word is due.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub due: BTreeMap<Millis, u32>,
}

/// How bids were unlocked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Unlocking {
    /// Bids that counted when the window began.
    pub bids: u32,
    /// Of these, unlocked with the bidder's own key.
    pub unlocked: u32,
    /// Of these, at the first attempt.
    pub at_once: u32,
    /// Of the bids, unlocked by a rescue.
    pub rescued: u32,
    /// Of the bids, never tried.
    pub untried: u32,
    /// Failed attempts that are on record, by what failed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attempts: BTreeMap<Check, u32>,
}

/// Outages of one cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Outages {
    /// Counted in each project that they fell in.
    pub count: u32,
    /// How long they were, in sum.
    pub milliseconds: Millis,
}

/// What is told of a month, or of another sum of projects.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FiguresTold)]
pub struct Told {
    /// The lots that ended after T0, by how: `closed`, `failed_few_bids`,
    /// `failed_after_unlock`, `terminated`.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub lots: BTreeMap<Stage, u32>,
    /// Bids that stood at T0 in these lots.
    pub bids: u32,
    /// How bids were unlocked. Absent where they were fewer than three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocking: Option<Unlocking>,
    /// The same by authority. Those with fewer than three bids are put together, and
    /// nothing is told where that leaves fewer than three.
    pub authorities: Vec<ByAuthority>,
    /// Bids that did not open, by the rule that says why. Empty where bids were fewer
    /// than three.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub causes: BTreeMap<Rule, u32>,
    pub helps: u32,
    /// Lots whose window was made longer.
    pub extended: u32,
    /// By how many seconds, in sum.
    pub extended_seconds: u64,
    /// Outages from T0 on, by cause.
    #[schema(value_type = BTreeMap<String, Outages>)]
    pub outages: BTreeMap<Cause, Outages>,
    /// How many have rated the service.
    pub ratings: u32,
    /// How many gave 1, 2, 3, 4 and 5. Absent where fewer than three have rated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<[u32; 5]>,
    /// Complaints about these lots: in projects that the caller supervises all, in
    /// others those that were taken up.
    pub complaints: u32,
    /// What became of them. Absent where they are fewer than three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complaining: Option<Complaining>,
}

/// What became of complaints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Complaining {
    /// Taken up by the supervisor.
    pub taken_up: u32,
    /// Declined by it.
    pub declined: u32,
    /// Of those that were taken up, answered.
    pub answered: u32,
    /// A word of the supervisor's came late, or is late by now.
    pub overdue: u32,
}

/// How bids were unlocked whose certificates one authority issued.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ByAuthority {
    /// The authority's id; absent for all that are put together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    pub unlocking: Unlocking,
}

/// The figures of a project.
pub fn of(state: &State, book: &Book) -> Figures {
    let mut figures = Figures::default();
    for lot in state.lots.values().filter(|lot| counts(state, lot)) {
        figures.add_lot(lot, book);
    }
    let since_t0 = |outage: &&Outage| state.deadline.is_some_and(|t0| outage.seq > t0);
    for outage in state.outages.iter().filter(since_t0) {
        let mut felt = outage.ends.keys().filter_map(|id| state.lots.get(id));
        if felt.any(|lot| counts(state, lot)) {
            let known = figures.outages.entry(outage.cause).or_default();
            known.count += 1;
            known.milliseconds += outage.to - outage.from;
        }
    }
    for (_, rate) in book.ratings() {
        let place = usize::from(rate.score).checked_sub(1);
        if let Some(score) = place.and_then(|place| figures.scores.get_mut(place)) {
            *score += 1;
        }
    }
    if !figures.is_empty() {
        let of_ended = |it: &&Complaint| {
            let lot = state.lots.get(&it.lot);
            lot.is_some_and(|lot| counts(state, lot))
        };
        let mut complaints = Complaints::default();
        for complaint in state.complaints.values().filter(of_ended) {
            complaints.add_complaint(complaint, book);
        }
        figures.complaints = Some(complaints);
    }
    figures
}

/// Whether a lot has ended after T0. One that was cancelled before it never opened.
fn counts(state: &State, lot: &Lot) -> bool {
    state.deadline.is_some() && lot.stage.is_end() && lot.stage != Stage::Cancelled
}

impl Figures {
    fn add_lot(&mut self, lot: &Lot, book: &Book) {
        *self.lots.entry(lot.stage).or_default() += 1;
        self.bids += count_u32(lot.closing.len());
        self.helps += count_u32(lot.helps.len());
        if lot.extended > 0 {
            self.extended += 1;
            self.extended_seconds += u64::from(lot.extended);
        }
        if lot.window.is_none() {
            return;
        }
        for (_, bidder, _) in lot.counted() {
            let handed_in = bidder.standing().and_then(|link| book.entry(link.seq));
            let author = handed_in.and_then(|entry| entry.author.as_ref());
            let authority = author.map(|author| author.authority.clone());
            let known = self.unlocking.entry(authority.unwrap_or_default());
            known.or_default().add_bidder(bidder, book);
            if let Some(finding) = &bidder.finding {
                *self.causes.entry(finding.rule).or_default() += 1;
            }
        }
    }

    /// Adds those of another project.
    pub fn add(&mut self, other: &Self) {
        add_all(&mut self.lots, &other.lots);
        self.bids += other.bids;
        for (authority, unlocking) in &other.unlocking {
            let known = self.unlocking.entry(authority.clone()).or_default();
            known.add(unlocking);
        }
        add_all(&mut self.causes, &other.causes);
        self.helps += other.helps;
        self.extended += other.extended;
        self.extended_seconds += other.extended_seconds;
        for (cause, outages) in &other.outages {
            let known = self.outages.entry(*cause).or_default();
            known.count += outages.count;
            known.milliseconds += outages.milliseconds;
        }
        for (score, more) in self.scores.iter_mut().zip(other.scores) {
            *score += more;
        }
        if let Some(more) = &other.complaints {
            let known = self.complaints.get_or_insert_default();
            known.taken_up.add(&more.taken_up);
            known.others.add(&more.others);
        }
    }

    /// What a centre may count: nothing of complaints that were not taken up.
    #[must_use]
    pub fn for_centre(mut self) -> Self {
        if let Some(complaints) = &mut self.complaints {
            complaints.others = Dealt::default();
        }
        self
    }

    /// Whether no lot has ended yet.
    pub fn is_empty(&self) -> bool {
        self.lots.is_empty()
    }

    /// What is told of these figures at an instant.
    pub fn told(self, now: Millis) -> Told {
        let mut all = Unlocking::default();
        for unlocking in self.unlocking.values() {
            all.add(unlocking);
        }
        let enough = all.bids >= FEW;
        let ratings = self.scores.iter().sum();
        let complaints = self.complaints.unwrap_or_default();
        let filed = complaints.taken_up.filed + complaints.others.filed;
        Told {
            lots: self.lots,
            bids: self.bids,
            unlocking: enough.then_some(all),
            authorities: by_authority(self.unlocking),
            causes: if enough { self.causes } else { BTreeMap::new() },
            helps: self.helps,
            extended: self.extended,
            extended_seconds: self.extended_seconds,
            outages: self.outages,
            ratings,
            scores: (ratings >= FEW).then_some(self.scores),
            complaints: filed,
            complaining: (filed >= FEW).then(|| complaints.told(now)),
        }
    }
}

impl Complaints {
    fn add_complaint(&mut self, complaint: &Complaint, book: &Book) {
        let of = if complaint.taken_up.is_some() {
            &mut self.taken_up
        } else {
            &mut self.others
        };
        of.filed += 1;
        let due = complaint.due();
        of.done += u32::from(due.is_none());
        if complaint.was_late(book) {
            of.late += 1;
        } else if let Some(due) = due {
            *of.due.entry(due).or_default() += 1;
        }
    }

    fn told(&self, now: Millis) -> Complaining {
        Complaining {
            taken_up: self.taken_up.filed,
            declined: self.others.done,
            answered: self.taken_up.done,
            overdue: self.taken_up.overdue(now) + self.others.overdue(now),
        }
    }
}

impl Dealt {
    fn add(&mut self, other: &Self) {
        self.filed += other.filed;
        self.done += other.done;
        self.late += other.late;
        add_all(&mut self.due, &other.due);
    }

    fn overdue(&self, now: Millis) -> u32 {
        self.late + self.due.range(..=now).map(|(_, count)| count).sum::<u32>()
    }
}

impl Unlocking {
    fn add_bidder(&mut self, bidder: &Bidder, book: &Book) {
        self.bids += 1;
        let unlocked = bidder.unlocked.is_some();
        // A rescue leads to the same mark as the bidder's own key; it is the platform
        // that puts the shares together.
        let by = bidder.unlocked.and_then(|seq| book.entry(seq));
        let rescued = by.is_some_and(|entry| entry.by == By::Platform);
        self.rescued += u32::from(rescued);
        self.unlocked += u32::from(unlocked && !rescued);
        self.at_once += u32::from(unlocked && !rescued && bidder.attempts.is_empty());
        self.untried += u32::from(!unlocked && bidder.attempts.is_empty());
        for attempt in &bidder.attempts {
            *self.attempts.entry(attempt.check).or_default() += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.bids += other.bids;
        self.unlocked += other.unlocked;
        self.at_once += other.at_once;
        self.rescued += other.rescued;
        self.untried += other.untried;
        add_all(&mut self.attempts, &other.attempts);
    }
}

/// By authority, those with few bids put together; as many more with them as it takes
/// until together they are enough.
fn by_authority(unlocking: BTreeMap<String, Unlocking>) -> Vec<ByAuthority> {
    let mut ordered: Vec<_> = unlocking.into_iter().collect();
    ordered.sort_by_key(|(_, it)| std::cmp::Reverse(it.bids));
    let mut rest = Unlocking::default();
    while let Some((_, last)) = ordered.last() {
        let is_few = last.bids < FEW;
        let needs_more = rest.bids > 0 && rest.bids < FEW;
        if !is_few && !needs_more {
            break;
        }
        if let Some((_, last)) = ordered.pop() {
            rest.add(&last);
        }
    }
    let named = ordered
        .into_iter()
        .map(|(authority, unlocking)| ByAuthority {
            // Where nobody knows who vouched, nobody is named.
            authority: Some(authority).filter(|it| !it.is_empty()),
            unlocking,
        });
    let rest = (rest.bids >= FEW).then_some(ByAuthority {
        authority: None,
        unlocking: rest,
    });
    named.chain(rest).collect()
}

fn add_all<K: Ord + Copy>(to: &mut BTreeMap<K, u32>, more: &BTreeMap<K, u32>) {
    for (key, count) in more {
        *to.entry(*key).or_default() += count;
    }
}
