//! Bids, as their bidders see them before T0, and custodians and the public
//! later.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{
    AcceptedBid, AcceptedView, BidList, BidState, BidView, ClosingView, InclusionView, LinkView,
};
use kaibiao_core::access::{self, Point, Thing};
use kaibiao_core::ids::{LotId, Organisation, Party, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::signed::Signed;
use kaibiao_core::state::{Bidder, Link, Lot};
use kaibiao_core::viewer::Viewer;
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_store::Current;

use super::deciding::{self, stream};
use super::kept::header_name;
use super::{App, projects, statements, submission};
use crate::caller::{Caller, Visitor};
use crate::failure::of_store;

/// An organisation's bids in all lots, and its uploads under way.
///
/// # Errors
/// `not-found` when there is no such project.
pub async fn own(
    app: &App,
    project: ProjectId,
    organisation: &Organisation,
) -> Result<BidList, Problem> {
    let current = deciding::load(app, project).await?;
    let (mut bids, mut links) = (Vec::new(), Vec::new());
    for (lot, state) in &current.state.lots {
        let Some((_, bidder)) = bidder(&current, lot, organisation) else {
            continue;
        };
        links.extend(bidder.chain.last().map(|last| LinkView {
            lot: lot.to_string(),
            sequence: u32::try_from(bidder.chain.len()).unwrap_or(u32::MAX),
            digest: last.digest.to_string(),
        }));
        for (sequence, link) in (1..).zip(&bidder.chain) {
            // A withdrawal is not a bid.
            if link.terms.is_none() {
                continue;
            }
            bids.push(BidView {
                bid: link.digest.to_string(),
                lot: lot.to_string(),
                state: standing(state, bidder, link),
                sequence,
                received: Some(link.time),
                length: app
                    .store
                    .blobs()
                    .length(&link.digest)
                    .await
                    .map_err(of_store)?
                    .unwrap_or_default(),
                upload: None,
            });
        }
    }
    submission::refresh(app).await?;
    for incoming in app.memory.uploads.under_way(organisation) {
        let is_in = bids.iter().any(|bid| bid.bid == incoming.bid.to_string());
        if incoming.about.project != project || is_in {
            continue;
        }
        bids.push(BidView {
            bid: incoming.bid.to_string(),
            lot: incoming.about.lot.to_string(),
            state: if current.state.deadline.is_some() {
                BidState::Late
            } else {
                BidState::Uploading
            },
            sequence: incoming.sequence().into(),
            received: None,
            length: incoming.length,
            upload: Some(format!("/api/v1/uploads/{}", incoming.id)),
        });
    }
    Ok(BidList {
        bids,
        links,
        now: app.now(),
    })
}

/// Where a bid stands that an organisation has handed in whole; none where the
/// stream holds no such bid of that organisation.
pub fn state_of(
    current: &Current<Project>,
    lot: &LotId,
    organisation: &Organisation,
    bid: Digest,
) -> Option<BidState> {
    let (_, bidder) = bidder(current, lot, organisation)?;
    state_in(current.state.lots.get(lot)?, bidder, bid)
}

fn state_in(lot: &Lot, bidder: &Bidder, bid: Digest) -> Option<BidState> {
    let mut bids = bidder.chain.iter().filter(|link| link.terms.is_some());
    let link = bids.find(|link| link.digest == bid)?;
    Some(standing(lot, bidder, link))
}

fn standing(lot: &Lot, bidder: &Bidder, link: &Link) -> BidState {
    let later = bidder
        .chain
        .iter()
        .skip_while(|other| other.seq != link.seq)
        .skip(1);
    let mut later = later.peekable();
    if bidder.live == Some(link.digest) {
        if bidder.refused.is_some() {
            BidState::Refused
        } else {
            BidState::Live
        }
    } else if later.any(|other| other.terms.is_none()) {
        BidState::Withdrawn
    } else if bidder.chain.last().is_some_and(|last| last.seq != link.seq) {
        BidState::Superseded
    } else if link.terms != Some(lot.rules.terms) {
        BidState::Stale
    } else {
        BidState::Superseded
    }
}

/// Lets a caller read the receipt of a bid of its own organisation, and tells
/// where that bid stands now.
///
/// # Errors
/// `not-found` for everybody else, so that nobody learns whether there is such a
/// bid.
pub async fn may_read(
    app: &App,
    project: ProjectId,
    bid: Digest,
    caller: &Caller,
) -> Result<BidState, Problem> {
    let current = deciding::load(app, project).await?;
    let asked = OfBid::find(&current, bid, caller);
    ensure(asked.may(Thing::Receipt))?;
    Ok(asked.state().ok_or(Transport::NotFound)?)
}

/// Lets a caller read the proof of the receipt of a bid of its own organisation.
///
/// # Errors
/// `not-found` for everybody else, and before T0.
pub async fn may_prove(
    app: &App,
    project: ProjectId,
    bid: Digest,
    caller: &Caller,
) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    ensure(OfBid::find(&current, bid, caller).may(Thing::ReceiptProof))
}

/// A bid's header, for its bidder, and for officials and custodians once the
/// accepted set of its lot is fixed, or its rescue was ordered.
///
/// # Errors
/// `not-found` for everybody else.
pub async fn header(
    app: &App,
    project: ProjectId,
    bid: Digest,
    caller: &Caller,
) -> Result<Vec<u8>, Problem> {
    let current = deciding::load(app, project).await?;
    let asked = OfBid::find(&current, bid, caller);
    let to_check = |lot: &Lot| lot.accepted.contains(&bid) || is_rescue_ordered(lot, bid);
    let is_to_check = asked.lot.is_some_and(to_check);
    let may = asked.may(Thing::Header) || (is_to_check && asked.may(Thing::HeaderToCheck));
    ensure(may)?;
    header_of(app, project, bid).await
}

/// The supervisor's signed order to rescue a bid, for its bidder, officials and
/// custodians, who check it before they give a share.
///
/// # Errors
/// `not-found` for everybody else, and where there is none.
pub async fn rescue_order(
    app: &App,
    project: ProjectId,
    bid: Digest,
    caller: &Caller,
) -> Result<Signed, Problem> {
    let current = deciding::load(app, project).await?;
    ensure(OfBid::find(&current, bid, caller).may(Thing::RescueOrder))?;
    let order = live(&current, bid)
        .and_then(|bidder| bidder.rescue.ordered)
        .and_then(|seq| current.book.entry(seq)?.signed.clone());
    Ok(order.ok_or(Transport::NotFound)?)
}

/// A bid's header. The caller of this function has checked who may read it.
pub async fn header_of(app: &App, project: ProjectId, bid: Digest) -> Result<Vec<u8>, Problem> {
    let kept = app
        .store
        .secret(&stream(project), &header_name(&bid))
        .await
        .map_err(of_store)?;
    kept.map(|bytes| bytes.to_vec())
        .ok_or_else(|| Transport::NotFound.into())
}

/// The closing statement, with a bid's inclusion.
///
/// # Errors
/// `not-found` before T0, until the statement is signed, and for a bid that the
/// tree does not hold.
pub async fn closing(
    app: &App,
    project: ProjectId,
    bid: Option<Digest>,
) -> Result<ClosingView, Problem> {
    let closing = statements::closing(app, project).await?;
    let inclusion = match bid {
        None => None,
        Some(bid) => {
            let (leaf, proof) = statements::inclusion(app, project, bid).await?;
            Some(InclusionView {
                index: proof.index,
                size: proof.size,
                leaf: leaf.to_string(),
                path: proof.path.iter().map(ToString::to_string).collect(),
            })
        }
    };
    Ok(ClosingView {
        closing: closing.into(),
        inclusion,
        proof: statements::proof(app, project, None).await?,
    })
}

/// What a custodian needs to decide by itself whether to release.
///
/// # Errors
/// `not-found` until the accepted statement is signed, and for those who are
/// neither officials nor custodians.
pub async fn accepted(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    caller: &Caller,
) -> Result<AcceptedView, Problem> {
    let current = deciding::load(app, project).await?;
    let state = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    let at = Point::lot(&current.state, state);
    ensure(access::may_read(&viewer, Thing::AcceptedBundle, at, false))?;
    let accepted = statements::accepted(app, project, lot).await?;
    let closing = statements::closing(app, project).await?;
    let consistency = statements::joined(app, project, &closing, &accepted).await?;
    let mut bids = Vec::new();
    for (bidder, bid) in state
        .parties
        .values()
        .filter_map(|bidder| Some((bidder, bidder.live?)))
    {
        if !state.accepted.contains(&bid) {
            continue;
        }
        let kept = app
            .store
            .secret(&stream(project), &header_name(&bid))
            .await
            .map_err(of_store)?;
        let header = kept.ok_or_else(|| Problem::internal("an accepted bid without its header"))?;
        let entry = bidder.unlocked.and_then(|seq| current.book.entry(seq));
        let unlock = entry.and_then(|entry| entry.signed.clone());
        bids.push(AcceptedBid {
            bid: bid.to_string(),
            header: to_base64(&header),
            unlock,
        });
    }
    bids.sort_by(|one, other| one.bid.cmp(&other.bid));
    Ok(AcceptedView {
        accepted: accepted.into(),
        closing: closing.into(),
        consistency,
        bids,
        closing_proof: statements::proof(app, project, None).await?,
        accepted_proof: statements::proof(app, project, Some(lot)).await?,
    })
}

/// The bidder and its handle that an organisation has in a lot.
pub fn bidder<'a>(
    current: &'a Current<Project>,
    lot: &LotId,
    organisation: &Organisation,
) -> Option<(Party, &'a Bidder)> {
    let party = current.book.handle(lot, organisation)?;
    Some((party, current.state.lots.get(lot)?.parties.get(&party)?))
}

/// Whether the supervisor has ordered the rescue of this bid, for which custodians
/// need its header.
fn is_rescue_ordered(lot: &Lot, bid: Digest) -> bool {
    let bidder = lot.party_of(&bid).and_then(|it| lot.parties.get(&it));
    bidder.is_some_and(|bidder| bidder.rescue.ordered.is_some())
}

/// The bidder whose live bid this is.
pub fn live(current: &Current<Project>, bid: Digest) -> Option<&Bidder> {
    let mut lots = current.state.lots.values();
    lots.find_map(|lot| Some(&**lot.parties.get(&lot.party_of(&bid)?)?))
}

/// A bid that somebody asks about, in the lot that has it.
struct OfBid<'a> {
    current: &'a Current<Project>,
    bid: Digest,
    lot: Option<&'a Lot>,
    viewer: Viewer,
    /// The caller's organisation, where the bid is one of its own.
    own: Option<&'a Bidder>,
}

impl<'a> OfBid<'a> {
    fn find(current: &'a Current<Project>, bid: Digest, caller: &Caller) -> Self {
        let organisation = &caller.session.organisation;
        let mut lots = current.state.lots.iter();
        let found = lots.find(|(_, lot)| lot.bids.contains_key(&bid));
        let own = found.and_then(|(id, lot)| {
            let (party, bidder) = bidder(current, id, organisation)?;
            (lot.bids.get(&bid) == Some(&party)).then_some(bidder)
        });
        Self {
            current,
            bid,
            lot: found.map(|(_, lot)| lot),
            viewer: projects::viewer(&current.book, &Visitor(Some(caller.clone()))),
            own,
        }
    }

    /// Whether the caller may read this of it: nothing of a bid that is not there.
    fn may(&self, thing: Thing) -> bool {
        self.lot.is_some_and(|lot| {
            let at = Point::lot(&self.current.state, lot);
            access::may_read(&self.viewer, thing, at, self.own.is_some())
        })
    }

    /// Where it stands, if it is the caller's own.
    fn state(&self) -> Option<BidState> {
        state_in(self.lot?, self.own?, self.bid)
    }
}

/// Nobody learns whether there is what it may not read.
pub fn ensure(may: bool) -> Result<(), Problem> {
    if may {
        Ok(())
    } else {
        Err(Transport::NotFound.into())
    }
}
