//! The connections that are open: how many, and how many from one address.
//!
//! When most of the places are taken, the rest is for probes and for those who
//! are logged in. Others are told to come back, and their connections end; and
//! one address may have few of those that are left. Programs on this machine and
//! trusted proxies always find a place.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::memory::quota::{Quota, Taken};
use kaibiao_app::proxies::Proxies;

/// Of so many parts of all places the last one is kept.
const PARTS: usize = 8;

/// After how many seconds somebody who found no place may come back.
const COME_BACK: u64 = 5;

/// All connections of the service.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Quota<Option<IpAddr>>>,
    /// Those of watchers who are not logged in: at most half of all places, so that
    /// they never take the last that others need to log in.
    watched: Arc<Quota<()>>,
    most: usize,
    per_address: usize,
    proxies: Arc<Proxies>,
}

/// One connection, for as long as it is open.
struct Connection {
    _place: Taken<Option<IpAddr>>,
    /// Whether its address has nearly as many as it may have.
    many: bool,
}

impl Connections {
    pub fn new(most: usize, per_address: usize, proxies: Proxies) -> Self {
        Self {
            open: Quota::new(usize::MAX),
            watched: Quota::new(most / 2),
            most,
            // One address alone never takes most of the places.
            per_address: per_address.min(most / 2).max(1),
            proxies: Arc::new(proxies),
        }
    }

    /// Notes a new connection. One that is answered false has no place and is to be
    /// ended.
    pub fn note(&self, peer: IpAddr, about: &mut Extensions) -> bool {
        let peer = peer.to_canonical();
        let always = peer.is_loopback() || self.proxies.trust(peer);
        let each = match (always, self.are_crowded()) {
            (true, _) => usize::MAX,
            (false, true) => self.per_address.div_ceil(PARTS),
            (false, false) => self.per_address,
        };
        if !always && self.open.held_in_all() >= self.most {
            return false;
        }
        let who = Some(peer).filter(|_| !always);
        let Ok(place) = self.open.take(who, 1, each) else {
            return false;
        };
        let polite = self.per_address - self.per_address / 4;
        let many = !always && place.own() > polite;
        about.insert(Connection {
            _place: place,
            many,
        });
        true
    }

    /// Whether there is room for nobody but probes and those who are logged in.
    fn are_crowded(&self) -> bool {
        self.open.held_in_all() > self.most - self.most / PARTS
    }

    /// A place for a watcher who is not logged in.
    ///
    /// # Errors
    /// `unavailable` where such watchers have all that they may.
    pub fn watch(&self) -> Result<Taken<()>, Problem> {
        let unavailable = || Transport::Unavailable.problem().retry_after(COME_BACK);
        self.watched
            .take((), 1, usize::MAX)
            .map_err(|_| unavailable())
    }

    /// Tells somebody who is not logged in to come back where there are too many.
    ///
    /// # Errors
    /// `unavailable`, or `too-many-requests` where its own address has too many.
    pub fn admit(&self, request: &HttpRequest) -> Result<(), Problem> {
        if request
            .conn_data::<Connection>()
            .is_some_and(|connection| connection.many)
        {
            return Err(Transport::TooMany
                .with("seconds", COME_BACK)
                .retry_after(COME_BACK));
        }
        if self.are_crowded() {
            return Err(Transport::Unavailable.problem().retry_after(COME_BACK));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(connections: &Connections, peer: &str, open: &mut Vec<Extensions>) -> bool {
        let mut about = Extensions::new();
        let noted = connections.note(peer.parse().unwrap(), &mut about);
        open.push(about);
        noted
    }

    #[test]
    fn one_address_fills_a_part_and_many_leave_room_for_this_machine() {
        let proxies = Proxies {
            trusted: vec!["192.0.2.0/24".parse().unwrap()],
            ..Proxies::default()
        };
        let connections = Connections::new(80, 30, proxies);
        let mut open = Vec::new();
        let first = (0..40).filter(|_| note(&connections, "198.51.100.1", &mut open));
        assert_eq!(first.count(), 30);
        assert!(!connections.are_crowded());
        for other in 2..=50 {
            note(&connections, &format!("198.51.100.{other}"), &mut open);
        }
        assert!(connections.are_crowded());
        let late = (0..40).filter(|_| note(&connections, "198.51.100.99", &mut open));
        assert_eq!(late.count(), 1, "the last one of eighty");
        for always in ["127.0.0.1", "::ffff:127.0.0.1", "192.0.2.7"] {
            assert!(note(&connections, always, &mut open), "{always}");
        }
        let watched: Vec<_> = (0..80).map_while(|_| connections.watch().ok()).collect();
        assert_eq!(watched.len(), 40, "half of all places");
        open.clear();
        assert!(!connections.are_crowded());
        assert!(note(&connections, "198.51.100.1", &mut open));
    }
}
