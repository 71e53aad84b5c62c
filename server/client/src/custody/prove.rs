//! What a custodian proves by itself before it releases (docs/ops/threats.md,
//! 4).

use kaibiao_api::{AcceptedBid, AcceptedView};
use kaibiao_core::act::Act;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::Place;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::certificate::{Millis, Trust};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::statement::{AcceptedStatement, ClosingStatement};

use super::Custody;
use crate::failure::{Failure, Kind, Outcome};
use crate::statements::{self, unproved};
use crate::terms::{Terms, custodian_key};

/// How far two honest clocks may be apart, in milliseconds.
const CLOCKS_DIFFER: Millis = 120_000;

/// An accepted set that has passed every check.
pub struct Proved {
    pub(super) lot: String,
    pub(super) closing: Digest,
    pub(super) accepted: Digest,
    pub(super) headers: Vec<Header>,
    /// This custodian's x.
    pub(super) place: u8,
}

impl Custody {
    /// Checks everything that a release rests on, believing only this machine's
    /// own roots and clock.
    pub fn prove(
        &self,
        terms: &Terms,
        view: &AcceptedView,
        trust: &Trust,
        now: Millis,
    ) -> Outcome<Proved> {
        terms.check(trust, now)?;
        let lot = terms.lot().to_string();
        let (closing, accepted) = statements::lists(view, terms)?;
        if accepted.lot != lot {
            return Err(unproved(
                "接受清单属于另一标段",
                "the accepted list is another lot's",
            ));
        }
        self.in_time(&closing, &accepted, now)?;
        // A minimum that no list can reach refuses, as it should.
        let minimum = usize::try_from(terms.content().policy.minimum).unwrap_or(usize::MAX);
        if accepted.bids.len() < minimum {
            return Err(unproved(
                "接受的投标少于条款规定的最少数量",
                format!("{} bids, the minimum is {minimum}", accepted.bids.len()),
            ));
        }
        let shown: Vec<&str> = view.bids.iter().map(|bid| bid.bid.as_str()).collect();
        let listed: Vec<String> = accepted.bids.iter().map(ToString::to_string).collect();
        if shown.len() != listed.len() || !listed.iter().all(|bid| shown.contains(&bid.as_str())) {
            return Err(unproved(
                "给出的投标与接受清单不一致",
                "the bids shown are not those listed",
            ));
        }
        let headers = view
            .bids
            .iter()
            .map(|shown| self.prove_bid(terms, shown, &accepted, trust, now))
            .collect::<Outcome<Vec<_>>>()?;
        let place = self.place(terms).ok_or_else(|| {
            unproved(
                "条款中没有本保管人的密钥",
                "the terms name another key than this custodian's",
            )
        })?;
        Ok(Proved {
            place,
            lot,
            closing: statements::signed(&view.closing)?.digest(),
            accepted: statements::signed(&view.accepted)?.digest(),
            headers,
        })
    }

    /// Checks by this machine's own clock that T0 is past and the list was
    /// fixed. By signing the list, the platform has said that it takes no
    /// further unlock for the lot. How long the window was is the host's to
    /// say, so it is not judged here. Two lists for one lot cannot both find a
    /// majority of custodians.
    fn in_time(
        &self,
        closing: &ClosingStatement,
        accepted: &AcceptedStatement,
        now: Millis,
    ) -> Outcome<()> {
        if now >= closing.at && now + CLOCKS_DIFFER >= accepted.at {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Unproved,
            "too-early",
            "按本机时钟,开标时间或清单确定时间尚未到;暂不释放。请校准本机时间。",
            "By this machine's clock T0 or the fixing of the list is still to come; nothing was released. Set the clock right.",
        ))
    }

    fn prove_bid(
        &self,
        terms: &Terms,
        shown: &AcceptedBid,
        accepted: &AcceptedStatement,
        trust: &Trust,
        now: Millis,
    ) -> Outcome<Header> {
        let bytes =
            from_base64(&shown.header).map_err(|error| unproved("投标文件头编码有误", error))?;
        let header = self.header(terms, &shown.bid, &bytes)?;
        let bid = header.digest();
        let Some(unlock) = &shown.unlock else {
            // A rescued bid has no unlock; this custodian knows whether it
            // took part in the rescue.
            if self.rescued_path(&bid).exists() {
                return Ok(header);
            }
            return Err(unproved(
                "有投标没有其投标人签名的解密",
                format!("bid {bid} has no unlock of its bidder's"),
            ));
        };
        let project = terms.project();
        let place = Place {
            origin: terms.origin(),
            project: &project,
        };
        // The signature is judged at the time of the list, because what was
        // valid then stays valid.
        let signed = unlock
            .verify(place, trust, now.min(accepted.at.max(0)))
            .map_err(|problem| unproved("投标人的解密签名不成立", problem))?;
        let own = signed
            .holder()
            .is_some_and(|holder| holder.organisation == header.context().bidder);
        let same = match signed.read::<Act>() {
            Ok(Act::Unlock(body)) => body.bid == bid && body.lot == *terms.lot(),
            _ => false,
        };
        if own && same {
            Ok(header)
        } else {
            Err(unproved(
                "解密签名不属于该投标人或该投标",
                format!("the unlock of {bid} is another's"),
            ))
        }
    }

    /// Parses a header and checks that it belongs to this lot and these terms
    /// and holds a wrap for this custodian.
    pub(super) fn header(&self, terms: &Terms, bid: &str, bytes: &[u8]) -> Outcome<Header> {
        let header = Header::parse(bytes).map_err(|problem| unproved("投标文件头有误", problem))?;
        let context = header.context();
        let custodians: Vec<Digest> = terms
            .content()
            .custodians
            .iter()
            .filter_map(|custodian| custodian_key(&custodian.key))
            .map(|key| key.id())
            .collect();
        let fits = header.digest().to_string() == bid
            && context.terms == terms.digest()
            && context.project == terms.project()
            && context.lot == terms.lot().as_str()
            && context.custodians == custodians
            && context.release.t == terms.content().release;
        if fits {
            Ok(header)
        } else {
            Err(unproved(
                "投标文件头与条款不符",
                format!("bid {bid} is not of these terms"),
            ))
        }
    }
}
