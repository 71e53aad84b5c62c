//! Which pages are paired: codes that a person carries over, and the secrets that
//! come of them (docs/spec/token-agent.md, 2). Time is an argument.

use std::time::{Duration, Instant};

use kaibiao_crypto::Digest;
use kaibiao_os::random;
use zeroize::Zeroizing;

use crate::problem::{Code, Problem};

/// How long a code may be typed.
pub(crate) const CODE_LASTS: Duration = Duration::from_mins(3);
const TRIES: u32 = 3;
/// So many codes are made in `SPAN`, for whoever asks.
const CODES: usize = 6;
const SPAN: Duration = Duration::from_mins(10);
const PAIRING_LASTS: Duration = Duration::from_hours(12);
const PAIRINGS: usize = 8;

/// Codes and secrets, as digests.
#[derive(Default)]
pub(crate) struct Pairings {
    shown: Option<Shown>,
    made: Vec<Instant>,
    paired: Vec<Paired>,
}

struct Shown {
    page: String,
    code: Digest,
    until: Instant,
    tries: u32,
}

struct Paired {
    page: String,
    secret: Digest,
    until: Instant,
}

impl Pairings {
    /// A new code for a page, in place of an earlier one.
    pub fn begin(&mut self, page: &str, now: Instant) -> Result<String, Code> {
        self.made.retain(|made| now.duration_since(*made) < SPAN);
        if self.made.len() >= CODES {
            return Err(Code::CodesTooMany);
        }
        self.made.push(now);
        let code = code();
        self.shown = Some(Shown {
            page: page.to_owned(),
            code: Digest::of(code.as_bytes()),
            until: now + CODE_LASTS,
            tries: TRIES,
        });
        Ok(code)
    }

    /// The secret for a page whose person typed the code.
    pub fn pair(&mut self, page: &str, code: &str, now: Instant) -> Result<Secret, Problem> {
        let shown = self.shown.as_mut();
        let Some(shown) = shown.filter(|shown| shown.page == page && now < shown.until) else {
            return Err(Code::CodeVoid.into());
        };
        if !Digest::of(code.as_bytes()).ct_eq(&shown.code) {
            shown.tries -= 1;
            let tries = shown.tries;
            if tries == 0 {
                self.shown = None;
                return Err(Code::CodeVoid.into());
            }
            let wrong = Problem::from(Code::CodeWrong);
            return Err(Problem {
                tries: Some(tries),
                ..wrong
            });
        }
        self.shown = None;
        let secret = Zeroizing::new(random::bytes::<32>());
        if self.paired.len() >= PAIRINGS {
            self.paired.remove(0);
        }
        self.paired.push(Paired {
            page: page.to_owned(),
            secret: Digest::of(&*secret),
            until: now + PAIRING_LASTS,
        });
        Ok(secret)
    }

    /// The pairing that a secret names, for this page and no other.
    pub fn known(&mut self, page: &str, secret: &[u8], now: Instant) -> Option<Digest> {
        self.paired.retain(|paired| now < paired.until);
        let secret = Digest::of(secret);
        // All of them are compared, so that time does not tell which.
        let mut found = None;
        for paired in &self.paired {
            if paired.secret.ct_eq(&secret) && paired.page == page {
                found = Some(paired.secret);
            }
        }
        found
    }

    pub fn forget(&mut self, pairing: &Digest) {
        self.paired.retain(|paired| paired.secret != *pairing);
    }
}

type Secret = Zeroizing<[u8; 32]>;

/// Eight digits, each value as likely as another.
fn code() -> String {
    const SPACE: u32 = 100_000_000;
    // The largest multiple of it below 2^32: what lies above is drawn again.
    const BELOW: u32 = SPACE * (u32::MAX / SPACE);
    loop {
        let drawn = u32::from_be_bytes(random::bytes());
        if drawn < BELOW {
            return format!("{:08}", drawn % SPACE);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PAGE: &str = "https://kb.example";
    const OTHER: &str = "https://other.example";

    fn wrong(code: &str) -> String {
        code.chars()
            .map(|it| if it == '0' { '1' } else { '0' })
            .collect()
    }

    #[test]
    fn a_code_is_good_once_and_for_its_page() {
        let (mut pairings, now) = (Pairings::default(), Instant::now());
        let code = pairings.begin(PAGE, now).unwrap();
        assert_eq!(code.len(), 8);
        assert_eq!(
            pairings.pair(OTHER, &code, now).unwrap_err().code,
            Code::CodeVoid
        );
        let secret = pairings.pair(PAGE, &code, now).unwrap();
        assert_eq!(
            pairings.pair(PAGE, &code, now).unwrap_err().code,
            Code::CodeVoid
        );
        let pairing = pairings.known(PAGE, &*secret, now).unwrap();
        assert!(pairings.known(OTHER, &*secret, now).is_none());
        assert!(pairings.known(PAGE, &[0; 32], now).is_none());
        assert!(
            pairings
                .known(PAGE, &*secret, now + PAIRING_LASTS)
                .is_none()
        );
        let code = pairings.begin(PAGE, now).unwrap();
        let secret = pairings.pair(PAGE, &code, now).unwrap();
        let other = pairings.known(PAGE, &*secret, now).unwrap();
        assert_ne!(pairing, other);
        pairings.forget(&other);
        assert!(pairings.known(PAGE, &*secret, now).is_none());
    }

    #[test]
    fn three_wrong_tries_void_it_and_so_does_its_time() {
        let (mut pairings, now) = (Pairings::default(), Instant::now());
        let code = pairings.begin(PAGE, now).unwrap();
        for left in [2, 1] {
            let problem = pairings.pair(PAGE, &wrong(&code), now).unwrap_err();
            assert_eq!((problem.code, problem.tries), (Code::CodeWrong, Some(left)));
        }
        assert_eq!(
            pairings.pair(PAGE, &wrong(&code), now).unwrap_err().code,
            Code::CodeVoid
        );
        assert_eq!(
            pairings.pair(PAGE, &code, now).unwrap_err().code,
            Code::CodeVoid
        );
        let code = pairings.begin(PAGE, now).unwrap();
        let late = now + CODE_LASTS;
        assert_eq!(
            pairings.pair(PAGE, &code, late).unwrap_err().code,
            Code::CodeVoid
        );
    }

    #[test]
    fn codes_are_few() {
        let (mut pairings, now) = (Pairings::default(), Instant::now());
        for _ in 0..CODES {
            pairings.begin(PAGE, now).unwrap();
        }
        assert_eq!(pairings.begin(PAGE, now), Err(Code::CodesTooMany));
        assert!(pairings.begin(PAGE, now + SPAN).is_ok());
    }
}
