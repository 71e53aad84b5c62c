//! Revocation lists on which the judgements of accepted acts rest, fetched by
//! the digests that the acts' grounds name. They are signed by their authority,
//! so it does not matter who hands them out.

use std::collections::BTreeSet;

use kaibiao_api::problem::Transport;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::certificate::{Grounds, Lists, Trust};
use kaibiao_crypto::encoding::Base64;

use crate::failure::Outcome;
use crate::http::Server;

/// The lists that these acts' grounds name: from one's own trust directory,
/// else from the server. A list that the server does not have is left out, and
/// only what rests on it goes unproved.
///
/// # Errors
/// When the server gives no answer, or one that says nothing of the list: that
/// may pass.
pub async fn fetch<'a>(
    server: &Server,
    trust: &Trust,
    acts: impl IntoIterator<Item = &'a Signed>,
) -> Outcome<Lists> {
    let mut lists = Lists::default();
    let grounds = acts.into_iter().filter_map(|act| act.grounds.as_ref());
    let wanted: BTreeSet<_> = grounds.flat_map(Grounds::lists).collect();
    for digest in wanted {
        if let Some(own) = trust.list(&digest) {
            lists.add(own);
            continue;
        }
        let path = format!("revocation-lists/{digest}");
        match server.get_bytes(&path).await {
            Ok(list) => lists.add(&list),
            Err(failure) if failure.code == Transport::NotFound.code() => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(lists)
}

/// The lists that these acts' grounds name, where there is no network: from one's
/// own trust directory, or among those that came with the acts.
pub fn own<'a>(
    trust: &Trust,
    acts: impl IntoIterator<Item = &'a Signed>,
    brought: &[Base64],
) -> Lists {
    let mut lists = Lists::default();
    for list in brought {
        lists.add(list);
    }
    let grounds = acts.into_iter().filter_map(|act| act.grounds.as_ref());
    for digest in grounds.flat_map(Grounds::lists) {
        if let Some(own) = trust.list(&digest) {
            lists.add(own);
        }
    }
    lists
}
