//! Limits against floods: requests per caller, logins per address. What is counted here
//! this process has met itself; over several nodes [`crate::counts`] counts.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kaibiao_crypto::Digest;

use crate::config::Limits;

/// The limiters, one set for all threads.
pub struct Limiter {
    requests: Bound,
    logins: Bound,
    checks: Bound,
    codes: Bound,
    complaints: Bound,
    /// Those of all addresses together.
    all_complaints: Bound,
    clock: DefaultClock,
}

/// Who is counted: a person who is logged in, by the certificate, or else an
/// address. A hall behind one address is many persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Person(Digest),
    Address(IpAddr),
}

/// What is counted, each kind with a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// A request of any kind.
    Request(Who),
    /// A challenge, or an answer to it.
    Login(Who),
    /// A check of the environment. Its limit is that of logins.
    Check(Who),
    /// A code that is sent for a person, or to an address, by its digest.
    Code(Digest),
    /// A complaint of somebody without a certificate.
    Complaint(Who),
    /// The same, whoever it is of.
    AnyComplaint,
}

/// How much of one kind is taken.
struct Bound {
    quota: Quota,
    taken: DefaultKeyedRateLimiter<Counted>,
    /// What this process takes of each without asking what others took, where the limit
    /// is large enough to have such a part.
    own: Option<DefaultKeyedRateLimiter<Counted>>,
}

/// How much may come at once, and how long one more takes, as they are counted elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub every: Duration,
}

/// What a process makes of what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Too much by what this process has met alone; not before so many seconds.
    Refused(u64),
    /// So little that nobody else need be asked.
    Little,
    /// Within the limit, as far as is known here.
    Within(Rate),
}

/// Of so many parts of a limit each process takes one without asking.
const PARTS: u32 = 8;

/// How many codes go out at once, and how many more in an hour: for one person, and to
/// one address, which may be somebody else's.
const CODES: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// How many complaints of one address are taken an hour without a certificate.
const COMPLAINTS: NonZeroU32 = NonZeroU32::new(6).unwrap();

/// How many of all addresses together.
const ALL_COMPLAINTS: NonZeroU32 = NonZeroU32::new(120).unwrap();

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

impl Counted {
    /// A code that is sent for a person to an address: both are counted, whatever becomes
    /// of what is kept of either.
    pub fn code(person: [&str; 2], address: &str) -> [Self; 2] {
        [person.join("\n"), address.to_lowercase()].map(|it| Self::Code(Digest::of(it.as_bytes())))
    }

    /// A complaint without a certificate.
    pub fn complaint(address: IpAddr) -> [Self; 2] {
        [Self::Complaint(Who::at(address)), Self::AnyComplaint]
    }

    /// The kind's name.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Request(_) => "requests",
            Self::Login(_) => "logins",
            Self::Check(_) => "checks",
            Self::Code(_) => "codes",
            Self::Complaint(_) => "complaints",
            Self::AnyComplaint => "all_complaints",
        }
    }
}

impl Bound {
    fn new(quota: Quota) -> Self {
        let part = NonZeroU32::new(quota.burst_size().get() / PARTS);
        let own = part.and_then(|burst| {
            let every = quota.replenish_interval() * PARTS;
            Some(Quota::with_period(every)?.allow_burst(burst))
        });
        Self {
            quota,
            taken: RateLimiter::keyed(quota),
            own: own.map(RateLimiter::keyed),
        }
    }

    fn sweep(&self) {
        for limiter in [Some(&self.taken), self.own.as_ref()].into_iter().flatten() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

impl Limiter {
    pub fn new(limits: &Limits) -> Self {
        let requests = Quota::per_second(at_least_one(limits.requests_per_second))
            .allow_burst(at_least_one(limits.requests_burst));
        let logins = Quota::per_minute(at_least_one(limits.logins_per_minute))
            .allow_burst(at_least_one(limits.logins_burst));
        Self {
            requests: Bound::new(requests),
            logins: Bound::new(logins),
            checks: Bound::new(logins),
            codes: Bound::new(Quota::per_hour(CODES)),
            complaints: Bound::new(Quota::per_hour(COMPLAINTS)),
            all_complaints: Bound::new(Quota::per_hour(ALL_COMPLAINTS)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one more here.
    pub fn count(&self, counted: Counted) -> Judged {
        let bound = self.bound(counted);
        if let Err(not_until) = bound.taken.check_key(&counted) {
            let wait = not_until.wait_time_from(self.clock.now());
            return Judged::Refused(wait.as_secs() + 1);
        }
        let is_little = |own: &DefaultKeyedRateLimiter<Counted>| own.check_key(&counted).is_ok();
        if bound.own.as_ref().is_some_and(is_little) {
            return Judged::Little;
        }
        Judged::Within(Rate {
            burst: bound.quota.burst_size().get(),
            every: bound.quota.replenish_interval(),
        })
    }

    /// Forgets callers that have been quiet.
    pub fn sweep(&self) {
        for bound in [
            &self.requests,
            &self.logins,
            &self.checks,
            &self.codes,
            &self.complaints,
            &self.all_complaints,
        ] {
            bound.sweep();
        }
    }

    fn bound(&self, counted: Counted) -> &Bound {
        match counted {
            Counted::Request(_) => &self.requests,
            Counted::Login(_) => &self.logins,
            Counted::Check(_) => &self.checks,
            Counted::Code(_) => &self.codes,
            Counted::Complaint(_) => &self.complaints,
            Counted::AnyComplaint => &self.all_complaints,
        }
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

    fn is_refused(judged: Judged) -> bool {
        matches!(judged, Judged::Refused(_))
    }

    #[test]
    fn a_flood_is_told_when_to_come_back_and_others_are_not_held_up() {
        let limits = Limits {
            requests_per_second: 1,
            requests_burst: 2,
            ..Config::default().limits
        };
        let limiter = Limiter::new(&limits);
        let at = |text: &str| Counted::Request(Who::at(text.parse().unwrap()));
        assert!(!is_refused(limiter.count(at("192.0.2.1"))));
        assert!(!is_refused(limiter.count(at("192.0.2.1"))));
        assert_eq!(limiter.count(at("192.0.2.1")), Judged::Refused(1));
        assert!(!is_refused(limiter.count(at("192.0.2.2"))));
        let person = Counted::Request(Who::Person(Digest::of(b"one")));
        assert!(!is_refused(limiter.count(person)));
    }

    #[test]
    fn an_eighth_of_a_limit_is_given_without_asking_what_others_gave() {
        let limits = Limits {
            logins_per_minute: 16,
            logins_burst: 16,
            ..Config::default().limits
        };
        let limiter = Limiter::new(&limits);
        let login = Counted::Login(Who::at(Ipv4Addr::LOCALHOST.into()));
        let rate = Rate {
            burst: 16,
            every: Duration::from_millis(3_750),
        };
        assert_eq!(limiter.count(login), Judged::Little);
        assert_eq!(limiter.count(login), Judged::Little);
        for _ in 2..16 {
            assert_eq!(limiter.count(login), Judged::Within(rate));
        }
        assert!(is_refused(limiter.count(login)));
        // Of a few nothing is given so.
        let code = Counted::Code(Digest::of(b"one"));
        assert!(matches!(limiter.count(code), Judged::Within(_)));
    }

    #[test]
    fn complaints_are_counted_by_address_and_in_all() {
        let limiter = Limiter::new(&Config::default().limits);
        let admit = |number: u32| {
            let both = Counted::complaint(Ipv4Addr::from(number).into());
            both.map(|counted| limiter.count(counted))
        };
        let (each, all) = (COMPLAINTS.get(), ALL_COMPLAINTS.get());
        for _ in 0..each {
            assert!(!admit(1).into_iter().any(is_refused));
        }
        let mine = limiter.count(Counted::complaint(Ipv4Addr::from(1).into())[0]);
        assert!(
            matches!(mine, Judged::Refused(seconds) if (500..=601).contains(&seconds)),
            "{mine:?}"
        );
        for number in 2..=(all - each + 1) {
            assert!(!admit(number).into_iter().any(is_refused), "{number}");
        }
        let [own, together] = admit(9999);
        assert!(!is_refused(own) && is_refused(together));
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
