//! What a custodian proves by itself before it releases (docs/ops/threats.md,
//! 4).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use kaibiao_api::{AcceptedBid, AcceptedView};
use kaibiao_core::act::{Act, Unproved};
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::Place;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::certificate::{Lists, Millis, Trust};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::statement::{AcceptedStatement, ClosingStatement};

use super::Custody;
use crate::anchored;
use crate::failure::{Failure, Kind, Outcome};
use crate::statements::{self, unproved};
use crate::terms::{CLOCKS_DIFFER, Doubt, Terms, custodian_key};

/// An accepted set, and what is proved of each of its bids.
pub struct Proved {
    pub(super) lot: String,
    pub(super) closing: Digest,
    pub(super) accepted: Digest,
    /// Exactly the accepted bids, in their order: each with its header, or with
    /// what is not proved of it. That withholds its own share and nothing else.
    pub(super) bids: Vec<(Digest, Result<Header, NotProved>)>,
    /// This custodian's x.
    pub(super) place: u8,
    /// What is to be told, and keeps nothing shut.
    pub doubts: Vec<Doubt>,
}

impl Proved {
    /// The bids whose share is withheld, each with the reason.
    pub fn withheld(&self) -> impl Iterator<Item = (&Digest, &NotProved)> {
        let bids = self.bids.iter();
        bids.filter_map(|(bid, proved)| Some((bid, proved.as_ref().err()?)))
    }
}

/// Why one bid's share is withheld. It says nothing about the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotProved {
    /// The header is none, or not the listed bid's.
    Header(String),
    /// The header is not of these terms.
    OtherTerms,
    /// There is no unlock of its bidder's, and this custodian took no part in a
    /// rescue.
    NotUnlocked,
    /// The unlock's signature, or its signer's certificate as of then, does not
    /// hold; by its code.
    Unlock(&'static str),
    /// The unlock is another bidder's or another bid's.
    OtherUnlock,
    /// It is said to have been accepted outside the time in which it could.
    UnlockTime,
}

impl NotProved {
    /// The same as a release says it.
    pub(super) const fn cause(&self) -> Unproved {
        match self {
            Self::Header(_) | Self::OtherTerms => Unproved::Header,
            Self::NotUnlocked => Unproved::UnlockMissing,
            Self::Unlock(_) | Self::UnlockTime => Unproved::UnlockUnproved,
            Self::OtherUnlock => Unproved::UnlockOther,
        }
    }

    /// The same for a person.
    pub fn failure(&self, bid: &Digest) -> Failure {
        match self {
            Self::Header(problem) => unproved("投标文件头有误", problem),
            Self::OtherTerms => unproved(
                "投标文件头与条款不符",
                format!("bid {bid} is not of these terms"),
            ),
            Self::NotUnlocked => unproved(
                "有投标没有其投标人签名的解密",
                format!("bid {bid} has no unlock of its bidder's"),
            ),
            Self::Unlock(code) => unproved(
                "投标人的解密签名不成立",
                format!("the unlock of {bid}: {code}"),
            ),
            Self::OtherUnlock => unproved(
                "解密签名不属于该投标人或该投标",
                format!("the unlock of {bid} is another's"),
            ),
            Self::UnlockTime => unproved(
                "解密签名的接受时间不在开标与清单确定之间",
                format!("the unlock of {bid} was accepted out of time"),
            ),
        }
    }
}

impl Custody {
    /// Checks everything that a release rests on, believing only this machine's
    /// own roots and clock. What cannot be proved about the lists stops it; what
    /// cannot be proved about one bid withholds that bid.
    pub fn prove(
        &self,
        terms: &Terms,
        view: &AcceptedView,
        trust: &Trust,
        lists: &Lists,
        now: Millis,
    ) -> Outcome<Proved> {
        let mut doubts = terms.check_own(trust, lists, now)?;
        let lot = terms.lot().to_string();
        let (closing, accepted) = statements::lists(view, terms)?;
        if accepted.lot != lot {
            return Err(unproved(
                "接受清单属于另一标段",
                "the accepted list is another lot's",
            ));
        }
        doubts.extend(anchored::closing(
            view.closing_proof.as_ref(),
            &closing,
            terms,
        )?);
        let proof = view.accepted_proof.as_ref();
        doubts.extend(anchored::accepted(proof, &accepted, terms)?);
        self.in_time(&closing, &accepted, now)?;
        let count = u32::try_from(accepted.bids.len()).unwrap_or(u32::MAX);
        if !terms.content().policy.goes_on_with(count) {
            return Err(unproved(
                "接受的投标少于条款规定的最少数量,按条款本标段不再继续",
                format!("with {count} bids the lot does not go on by its terms"),
            ));
        }
        let shown: BTreeMap<&str, &AcceptedBid> =
            view.bids.iter().map(|it| (it.bid.as_str(), it)).collect();
        let window = closing.at..=accepted.at;
        let bids = accepted.bids.iter().map(|bid| {
            let shown = shown.get(bid.to_string().as_str());
            let shown = shown.ok_or_else(|| NotProved::Header("not shown".to_owned()));
            let proved =
                shown.and_then(|it| self.prove_bid(terms, *bid, it, &window, trust, lists));
            (*bid, proved)
        });
        let bids = bids.collect();
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
            bids,
            doubts,
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
        bid: Digest,
        shown: &AcceptedBid,
        window: &RangeInclusive<Millis>,
        trust: &Trust,
        lists: &Lists,
    ) -> Result<Header, NotProved> {
        let header = from_base64(&shown.header)
            .map_err(|problem| NotProved::Header(problem.to_string()))
            .and_then(|bytes| self.header(terms, bid, &bytes))?;
        let Some(unlock) = &shown.unlock else {
            // A rescued bid has no unlock; this custodian knows whether it
            // took part in the rescue.
            return if self.rescued_path(&bid).exists() {
                Ok(header)
            } else {
                Err(NotProved::NotUnlocked)
            };
        };
        let project = terms.project();
        let place = Place {
            origin: terms.origin(),
            project: &project,
        };
        let signed = unlock
            .verify_again(place, trust, lists)
            .map_err(|problem| NotProved::Unlock(problem.code()))?;
        let holder = signed.holder().ok_or(NotProved::OtherUnlock)?;
        let own = holder.organisation == header.context().bidder;
        let same = match signed.read::<Act>() {
            Ok(Act::Unlock(body)) => body.bid == bid && body.lot == *terms.lot(),
            _ => false,
        };
        if !own || !same {
            return Err(NotProved::OtherUnlock);
        }
        // Unlocks are accepted after T0 and before the list; the clocks of the
        // two may have been put right in between.
        let at = holder.grounds.at;
        if at + CLOCKS_DIFFER < *window.start() || at > *window.end() + CLOCKS_DIFFER {
            return Err(NotProved::UnlockTime);
        }
        Ok(header)
    }

    /// Parses a header and checks that it belongs to this lot and these terms
    /// and holds a wrap for this custodian.
    pub(super) fn header(
        &self,
        terms: &Terms,
        bid: Digest,
        bytes: &[u8],
    ) -> Result<Header, NotProved> {
        let header =
            Header::parse(bytes).map_err(|problem| NotProved::Header(problem.code().to_owned()))?;
        let context = header.context();
        let custodians: Vec<Digest> = terms
            .content()
            .custodians
            .iter()
            .filter_map(|custodian| custodian_key(terms.suite(), &custodian.key))
            .map(|key| key.id())
            .collect();
        if header.digest() != bid {
            return Err(NotProved::Header("another bid's".to_owned()));
        }
        let fits = context.terms == terms.digest()
            && context.project == terms.project()
            && context.lot == terms.lot().as_str()
            && context.custodians == custodians
            && context.release.t == terms.content().release;
        if fits {
            Ok(header)
        } else {
            Err(NotProved::OtherTerms)
        }
    }
}
