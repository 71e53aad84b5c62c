//! Limits against floods: requests per caller, logins per address.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock, QuantaInstant};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_crypto::Digest;

use crate::config::Limits;

/// The limiters, one set for all threads.
pub struct Limiter {
    requests: DefaultKeyedRateLimiter<Who>,
    logins: DefaultKeyedRateLimiter<Who>,
    checks: DefaultKeyedRateLimiter<Who>,
    codes: DefaultKeyedRateLimiter<Digest>,
    complaints: DefaultKeyedRateLimiter<Who>,
    /// Those of all addresses together.
    all_complaints: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

/// Who is counted: a person who is logged in, by the certificate, or else an
/// address. A hall behind one address is many persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Person(Digest),
    Address(IpAddr),
}

/// How many codes go out at once, and how many more in an hour: for one person, and to
/// one address, which may be somebody else's.
const CODES: NonZeroU32 = NonZeroU32::new(5).unwrap();

impl Who {
    /// Somebody without a login. Whoever has one address of version 6 has the 2^64
    /// that begin alike, so these count as one.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let bits = address.to_bits() >> 64 << 64;
                Ipv6Addr::from_bits(bits).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// How many complaints of one address are taken an hour without a certificate.
const COMPLAINTS: u32 = 6;

/// How many of all addresses together.
const ALL_COMPLAINTS: u32 = 120;

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
            codes: RateLimiter::keyed(Quota::per_hour(CODES)),
            complaints: RateLimiter::keyed(Quota::per_hour(at_least_one(COMPLAINTS))),
            all_complaints: RateLimiter::direct(Quota::per_hour(at_least_one(ALL_COMPLAINTS))),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request.
    pub fn admit(&self, who: Who) -> Result<(), Problem> {
        self.check(&self.requests, &who)
    }

    /// Counts a login.
    pub fn admit_login(&self, address: IpAddr) -> Result<(), Problem> {
        self.check(&self.logins, &Who::at(address))
    }

    /// Counts a check of the environment. Its limit is that of logins, and it is
    /// counted apart from them.
    pub fn admit_check(&self, address: IpAddr) -> Result<(), Problem> {
        self.check(&self.checks, &Who::at(address))
    }

    /// Counts a code that is sent for a person to an address, whatever becomes of what
    /// is kept of either.
    pub fn admit_code(&self, person: [&str; 2], address: &str) -> Result<(), Problem> {
        self.check(&self.codes, &Digest::of(person.join("\n").as_bytes()))?;
        self.check(&self.codes, &Digest::of(address.to_lowercase().as_bytes()))
    }

    /// Counts a complaint of somebody without a certificate.
    pub fn admit_complaint(&self, address: IpAddr) -> Result<(), Problem> {
        self.check(&self.complaints, &Who::at(address))?;
        self.all_complaints
            .check()
            .map_err(|not_until| self.too_many(&not_until))
    }

    /// Forgets callers that have been quiet.
    pub fn sweep(&self) {
        let all = [&self.requests, &self.logins, &self.checks, &self.complaints];
        for limiter in all {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        self.codes.retain_recent();
        self.codes.shrink_to_fit();
    }

    fn check<K: Clone + Eq + Hash>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        who: &K,
    ) -> Result<(), Problem> {
        let admitted = limiter.check_key(who);
        admitted.map_err(|not_until| self.too_many(&not_until))
    }

    fn too_many(&self, not_until: &NotUntil<QuantaInstant>) -> Problem {
        let seconds = not_until.wait_time_from(self.clock.now()).as_secs() + 1;
        Transport::TooMany
            .with("seconds", seconds)
            .retry_after(seconds)
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

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
        let one = Who::at("192.0.2.1".parse().unwrap());
        assert!(limiter.admit(one).is_ok());
        assert!(limiter.admit(one).is_ok());
        let problem = limiter.admit(one).unwrap_err();
        assert_eq!(
            (problem.code, problem.retry_after),
            ("too-many-requests", Some(1))
        );
        let other = Who::at("192.0.2.2".parse().unwrap());
        assert!(limiter.admit(other).is_ok());
        assert!(limiter.admit(Who::Person(Digest::of(b"one"))).is_ok());
    }

    #[test]
    fn complaints_are_counted_by_address_and_in_all() {
        let limiter = Limiter::new(&Config::default().limits);
        let admit = |number: u32| limiter.admit_complaint(Ipv4Addr::from(number).into());
        for _ in 0..COMPLAINTS {
            assert!(admit(1).is_ok());
        }
        let seconds = admit(1).unwrap_err().retry_after.unwrap();
        assert!((500..=601).contains(&seconds), "{seconds}");
        for number in 2..=(ALL_COMPLAINTS - COMPLAINTS + 1) {
            assert!(admit(number).is_ok(), "{number}");
        }
        assert_eq!(admit(9999).unwrap_err().code, "too-many-requests");
    }

    #[test]
    fn the_addresses_of_one_line_count_as_one() {
        let at = |text: &str| Who::at(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:2"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
