//! 02-投标: bids as they were handed in, or as they were opened.

use kaibiao_api::StatementView;
use kaibiao_api::problem::Problem;
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::{LotId, Party as Handle};
use kaibiao_core::state::Lot;
use kaibiao_crypto::canonical;
use kaibiao_exports::archive::Party;
use kaibiao_exports::package;

use super::Gathering;
use crate::documents::{self, Standing};
use crate::exports::sending::Content;
use crate::{bids, sheets, statements};

const FOLDER: &str = "02-投标";

pub(super) async fn gather(into: &mut Gathering<'_>) -> Result<(), Problem> {
    let current = into.current.clone();
    for (lot, state) in &current.state.lots {
        match into.party {
            Party::Tenderer | Party::Agency => opened(into, lot, state).await?,
            Party::Bidder | Party::Platform => sealed(into, lot, state).await?,
        }
    }
    Ok(())
}

/// The opened bids in the order in which they were read out.
async fn opened(into: &mut Gathering<'_>, lot: &LotId, state: &Lot) -> Result<(), Problem> {
    let current = into.current.clone();
    let at = Point::lot(&current.state, state);
    if state.opened.is_none() || !may_read(&into.viewer, Thing::Documents, at, false) {
        return Ok(());
    }
    let shows_sheet = may_read(&into.viewer, Thing::Sheet, at, false);
    for (place, (party, bid)) in (1..).zip(sheets::opened_in_order(state)) {
        let name = current.book.name(&party);
        let folder = format!("{FOLDER}/{lot}/{}", package::folder(place, &name));
        let received = state.parties.get(&party).and_then(|it| it.chain.last());
        let received = received.map(|link| link.time);
        let sheet = current.book.sheets.get(&bid).filter(|_| shows_sheet);
        if let Some(sheet) = sheet.and_then(|it| it.sheet.clone()) {
            let path = format!("{folder}/开标一览表.json");
            into.add(
                path,
                "开标一览表",
                &name,
                received,
                Content::Bytes(sheet.into_bytes()),
            );
        }
        let Some(manifest) = documents::manifest(&current, &bid) else {
            continue;
        };
        for (segment, entry) in (documents::FIRST..).zip(manifest.documents) {
            let standing = documents::standing(into.app, into.project, &bid, segment).await?;
            if let Standing::Ready(key) = standing {
                let path = package::path(&format!("{folder}/文件"), segment - 1, &entry.name);
                let content = Content::Document(key, entry.size);
                into.add(path, entry.name, &name, received, content);
            }
        }
    }
    Ok(())
}

/// Every version of each bid as it was handed in, with its receipt: all of the lot's, or
/// the caller's own.
async fn sealed(into: &mut Gathering<'_>, lot: &LotId, state: &Lot) -> Result<(), Problem> {
    let current = into.current.clone();
    let own = &into.caller.session.organisation;
    let own = current.book.handle(lot, own);
    let all = into.party == Party::Platform;
    let is_asked = |party: &Handle| own == Some(*party) || (all && into.knows(Some(lot), *party));
    let first = |party: &Handle| {
        let chain = state.parties.get(party).map(|it| &it.chain);
        chain.and_then(|chain| chain.first().map(|link| link.seq))
    };
    let mut parties: Vec<_> = state.parties.keys().copied().filter(is_asked).collect();
    parties.sort_by_key(|party| (first(party), *party));
    for (place, party) in (1..).zip(parties) {
        let name = current.book.name(&party);
        let folder = format!("{FOLDER}/{lot}/{}", package::folder(place, &name));
        let chain = state.parties.get(&party).map(|it| it.chain.clone());
        // A withdrawal is not a bid.
        let versions = chain.iter().flat_map(|chain| chain.iter());
        for link in versions.filter(|link| link.terms.is_some()) {
            let bid = link.digest;
            let header = bids::header_of(into.app, into.project, bid).await?;
            into.add(
                format!("{folder}/{bid}.kbid"),
                "密封的投标文件",
                &name,
                Some(link.time),
                Content::Blob(header, bid),
            );
            let receipt = statements::receipt(into.app, into.project, bid).await?;
            let receipt = canonical::to_bytes(&StatementView::from(receipt));
            let path = format!("{folder}/{bid}.receipt.json");
            let author = into.platform();
            into.add(
                path,
                "投标回执",
                author,
                Some(link.time),
                Content::Bytes(receipt),
            );
        }
    }
    Ok(())
}
