//! Whoever is blamed can be shown why: what repeats the check that a bid failed,
//! for its bidder, the custodians who answered otherwise than with a matching
//! share, and the supervisor (docs/spec/recheck.md).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::recheck::{FORMAT, Recheck, RecheckAnswer, RecheckSegment, RecheckShare};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::event::Outcome;
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::state::{Bidder, Lot};
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{Header, OpenProblem, SegmentKey};
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::secret::Secret;

use super::caller::{Caller, Visitor};
use super::kept::{rescue_name, share_name, unlock_name, wrong_name};
use super::opening::{self, Evidence, Kept, Opening};
use super::{App, bids, blocking, deciding, projects, terms};
use crate::failure::{of_opening, of_store};

/// The first segment whose ciphertext may be too large to go along.
const DOCUMENTS: u32 = 2;

/// Who asks, as far as it decides what is shown.
enum Concerned {
    /// The bid's own bidder, or the supervisor: everything.
    Wholly,
    /// A custodian about whose answer there is something: r and its own answer.
    AsCustodian(u8),
}

/// What repeats a bid's failed check.
///
/// # Errors
/// `not-found` for those whom it does not concern, and while or where there is
/// nothing to repeat.
pub async fn recheck(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    bid: Digest,
    caller: &Caller,
) -> Result<Recheck, Problem> {
    let current = deciding::load(app, project).await?;
    let state = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    let bidder = state.party_of(&bid).and_then(|it| state.parties.get(&it));
    let bidder = bidder.filter(|bidder| state.is_contested(bidder, &bid));
    let bidder = bidder.ok_or(Transport::NotFound)?;
    let terms = terms::of_lot(&current, lot)?;
    let organisation = &caller.session.organisation;
    let own = bids::bidder(&current, lot, organisation);
    let custodian = terms
        .custodians
        .iter()
        .find(|custodian| custodian.organisation == *organisation)
        .map(|custodian| custodian.x)
        .filter(|x| state.said_otherwise(*x, &bid));
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    let at = Point::lot(&current.state, state);
    let is_own = own.is_some_and(|(_, own)| own.live == Some(bid));
    let concerned = if may_read(&viewer, Thing::Recheck, at, is_own) {
        Concerned::Wholly
    } else {
        bids::ensure(may_read(
            &viewer,
            Thing::RecheckAnswer,
            at,
            custodian.is_some(),
        ))?;
        Concerned::AsCustodian(custodian.ok_or(Transport::NotFound)?)
    };
    let of = Of {
        project,
        id: lot,
        lot: state,
        bid,
        bidder,
        terms,
    };
    let whole = whole(app, of).await?;
    Ok(match concerned {
        Concerned::Wholly => whole,
        Concerned::AsCustodian(x) => Recheck {
            b: None,
            shares: Vec::new(),
            rescue: Vec::new(),
            segments: Vec::new(),
            schema: None,
            failed: whole.failed.filter(|code| code.starts_with("dealing-")),
            answers: whole.answers.into_iter().filter(|it| it.x == x).collect(),
            ..whole
        },
    })
}

/// Of which bid there is something to repeat.
pub(crate) struct Of<'a> {
    pub project: ProjectId,
    pub id: &'a LotId,
    pub lot: &'a Lot,
    pub bid: Digest,
    pub bidder: &'a Bidder,
    pub terms: &'a SealingTerms,
}

/// All that repeats a bid's failed check, as the supervisor gets it.
///
/// # Errors
/// `not-found` where the bid's header is gone; when something cannot be read.
pub(crate) async fn whole(app: &App, of: Of<'_>) -> Result<Recheck, Problem> {
    let Of {
        project,
        id,
        lot,
        bid,
        bidder,
        terms,
    } = of;
    let kept = kept(app, project, lot, bidder, bid).await?;
    let keys = terms::custodian_keys(terms)?;
    let answers = answers(app, project, lot, &bid).await?;
    let (blobs, schema) = (app.store.blobs().clone(), terms.schema.clone());
    let judges_custodians = !answers.is_empty();
    let custodians = keys.iter().map(|key| to_base64(&key.spki())).collect();
    let (evidence, header, segments) = blocking(move || {
        let opening = Opening {
            blobs: &blobs,
            custodians: &keys,
            schema: &schema,
            judges_custodians,
        };
        let read = kept.evidence(&opening);
        let evidence = read.map_err(|error| of_store(error.into()))?;
        let segments = evidence.segments.iter();
        let segments = segments.map(|key| segment(&blobs, &kept.header, key));
        let segments = segments.collect::<Result<Vec<_>, Problem>>()?;
        Ok((evidence, kept.header, segments))
    })
    .await?;
    let failed = code(&evidence, bidder);
    Ok(Recheck {
        format: FORMAT.to_owned(),
        project: project.to_string(),
        lot: id.to_string(),
        bid: bid.to_string(),
        header: to_base64(&header.to_bytes()),
        custodians,
        failed,
        b: evidence.b.as_ref().map(base64),
        r: evidence.r.as_ref().map(base64),
        shares: shares(&evidence.shares),
        rescue: shares(&evidence.rescue),
        segments,
        answers,
        schema: evidence.schema,
    })
}

/// The code of the check that fails: crypto's own, or that of a sheet against its
/// schema, or of a document.
fn code(evidence: &Evidence, bidder: &Bidder) -> Option<String> {
    let sheet = evidence.schema.as_ref().map(|_| "sheet-wrong");
    let document = bidder.documents.first().map(|_| "document");
    let problem = evidence.failed.as_ref().map(OpenProblem::code);
    problem.or(sheet).or(document).map(str::to_owned)
}

async fn kept(
    app: &App,
    project: ProjectId,
    lot: &Lot,
    bidder: &Bidder,
    bid: Digest,
) -> Result<Kept, Problem> {
    let header = opening::header(app, project, &bid)
        .await
        .map_err(of_store)?;
    let (mut shares, mut rescue) = (Vec::new(), Vec::new());
    for x in 1..=lot.rules.custodians {
        let share = secret(app, project, &share_name(&bid, x)).await?;
        shares.extend(share.map(|share| (x, share)));
        // A rescue that failed says nothing of a bid that its bidder unlocked itself.
        if bidder.outcome == Some(Outcome::RescueMismatch) {
            let share = secret(app, project, &rescue_name(&bid, x)).await?;
            rescue.extend(share.map(|share| (x, share)));
        }
    }
    Ok(Kept {
        header: header.ok_or(Transport::NotFound)?,
        b: secret(app, project, &unlock_name(&bid)).await?,
        shares,
        rescue,
        documents: bidder.documents.iter().map(|it| it.segment).collect(),
    })
}

async fn secret(app: &App, project: ProjectId, name: &str) -> Result<Option<Secret>, Problem> {
    let kept = opening::secret(app, project, name).await;
    kept.map_err(of_store)
}

/// What custodians sent or said of a bid that was no matching share.
async fn answers(
    app: &App,
    project: ProjectId,
    lot: &Lot,
    bid: &Digest,
) -> Result<Vec<RecheckAnswer>, Problem> {
    let mut answers = Vec::new();
    let otherwise = lot
        .releases
        .iter()
        .filter(|(x, _)| lot.said_otherwise(**x, bid));
    for (x, release) in otherwise {
        let share = secret(app, project, &wrong_name(bid, *x)).await?;
        let share = share.as_ref().map(base64);
        let mut said: Vec<_> = release.accounts(bid).map(|said| Some(said.why)).collect();
        if said.is_empty() && share.is_some() {
            said.push(None);
        }
        // Each of several complaints is repeated, and the one share once.
        let shares = std::iter::once(share).chain(std::iter::repeat(None));
        answers.extend(
            said.into_iter()
                .zip(shares)
                .map(|(why, share)| RecheckAnswer { x: *x, share, why }),
        );
    }
    Ok(answers)
}

fn segment(
    blobs: &kaibiao_store::Blobs,
    header: &Header,
    key: &SegmentKey,
) -> Result<RecheckSegment, Problem> {
    use std::io::Read as _;
    let ciphertext = if key.segment() < DOCUMENTS {
        let mut bytes = Vec::new();
        opening::ciphertext(blobs, header, key)
            .map_err(|failed| of_opening(&failed))?
            .read_to_end(&mut bytes)
            .map_err(|error| of_store(error.into()))?;
        Some(to_base64(&bytes))
    } else {
        None
    };
    Ok(RecheckSegment {
        segment: key.segment(),
        key: base64(key.secret()),
        ciphertext,
    })
}

fn shares(shares: &[(u8, Secret)]) -> Vec<RecheckShare> {
    let shares = shares.iter().map(|(x, share)| RecheckShare {
        x: *x,
        share: base64(share),
    });
    shares.collect()
}

fn base64(secret: &Secret) -> String {
    to_base64(secret.as_bytes())
}
