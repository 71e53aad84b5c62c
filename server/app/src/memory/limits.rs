//! Limits against floods: requests per caller, logins per address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kaibiao_api::problem::{Problem, Transport};

use crate::config::Limits;

/// The limiters, one set for all threads.
pub struct Limiter {
    requests: DefaultKeyedRateLimiter<Key>,
    logins: DefaultKeyedRateLimiter<Key>,
    checks: DefaultKeyedRateLimiter<Key>,
    clock: DefaultClock,
}

/// Who is counted: a session's token, hashed so that no token is kept in memory,
/// or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Session([u8; 16]),
    Address(IpAddr),
}

impl Limiter {
    pub fn new(limits: &Limits) -> Self {
        let requests = Quota::per_second(at_least_one(limits.requests_per_second))
            .allow_burst(at_least_one(limits.requests_burst));
        let logins = Quota::per_minute(at_least_one(limits.logins_per_minute))
            .allow_burst(at_least_one(limits.logins_burst));
        Self {
            requests: RateLimiter::keyed(requests),
            logins: RateLimiter::keyed(logins),
            checks: RateLimiter::keyed(logins),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request. Only a known session has a count of its own; a request
    /// with an invented token counts for the address that it comes from.
    pub fn admit(&self, peer: Option<SocketAddr>, token: Option<&str>) -> Result<(), Problem> {
        self.check(&self.requests, &key(peer, token))
    }

    /// Counts a login.
    pub fn admit_login(&self, peer: Option<SocketAddr>) -> Result<(), Problem> {
        self.check(&self.logins, &key(peer, None))
    }

    /// Counts a check of the environment. Its limit is that of logins, and it is
    /// counted apart from them.
    pub fn admit_check(&self, peer: Option<SocketAddr>) -> Result<(), Problem> {
        self.check(&self.checks, &key(peer, None))
    }

    /// Forgets callers that have been quiet.
    pub fn sweep(&self) {
        for limiter in [&self.requests, &self.logins, &self.checks] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn check(&self, limiter: &DefaultKeyedRateLimiter<Key>, key: &Key) -> Result<(), Problem> {
        limiter.check_key(key).map_err(|not_until| {
            let seconds = not_until.wait_time_from(self.clock.now()).as_secs() + 1;
            Transport::TooMany
                .with("seconds", seconds)
                .retry_after(seconds)
        })
    }
}

fn key(peer: Option<SocketAddr>, token: Option<&str>) -> Key {
    match token {
        Some(token) => {
            let digest = kaibiao_crypto::Digest::of(token.as_bytes()).into_bytes();
            let mut short = [0; 16];
            short.copy_from_slice(&digest[..16]);
            Key::Session(short)
        }
        None => Key::Address(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip())),
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_flood_is_told_when_to_come_back_and_others_are_not_held_up() {
        let limits = Limits {
            requests_per_second: 1,
            requests_burst: 2,
            ..Config::default().limits
        };
        let limiter = Limiter::new(&limits);
        let peer = Some("192.0.2.1:1".parse().unwrap());
        assert!(limiter.admit(peer, None).is_ok());
        assert!(limiter.admit(peer, None).is_ok());
        let problem = limiter.admit(peer, None).unwrap_err();
        assert_eq!(
            (problem.code, problem.retry_after),
            ("too-many-requests", Some(1))
        );
        assert!(
            limiter
                .admit(Some("192.0.2.2:1".parse().unwrap()), None)
                .is_ok()
        );
        assert!(limiter.admit(peer, Some("token")).is_ok());
    }
}
