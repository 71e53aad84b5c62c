//! What a custodian answers for each accepted bid, and what it remembers of it.

use std::path::{Path, PathBuf};

use kaibiao_core::act::{Share, Unproved, Withheld, Withholding};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::encoding;
use kaibiao_crypto::wrap::{PrivateKey, Role};
use kaibiao_os::random::SystemRng;
use serde::{Deserialize, Serialize};

use super::{ENVELOPE, NotProved, named};
use crate::failure::{Failure, Outcome};
use crate::files::{self, Readers};

/// The answers for a lot: for each accepted bid a share, or why there is none.
#[derive(Default)]
pub(super) struct Answers {
    pub shares: Vec<Share>,
    pub withheld: Vec<Withheld>,
    /// The shares' 32 bytes, in their order.
    pub secrets: Vec<encoding::Secret>,
}

impl Answers {
    /// Opens the wrap of each bid that was proved. One that gives no share is
    /// said so, with what others can check; it keeps no other bid shut.
    pub fn of(bids: &[(Digest, Result<Header, NotProved>)], x: u8, key: &PrivateKey) -> Self {
        let mut answers = Self::default();
        for (bid, proved) in bids {
            let answer = match proved {
                Ok(header) => answer(header, x, key),
                Err(why) => Err(Withholding::NotProved { cause: why.cause() }),
            };
            match answer {
                Ok((share, secret)) => {
                    answers.shares.push(share);
                    answers.secrets.push(secret);
                }
                Err(why) => answers.withheld.push(Withheld { bid: *bid, why }),
            }
        }
        answers
    }
}

fn answer(
    header: &Header,
    x: u8,
    key: &PrivateKey,
) -> Result<(Share, encoding::Secret), Withholding> {
    let wrap = header.release_wrap_digest(ENVELOPE, x);
    let wrap = wrap.ok_or(Withholding::NotProved {
        cause: Unproved::Header,
    })?;
    let (_, inside) = header
        .unwrap_own(ENVELOPE, Role::Release, key, &mut SystemRng)
        .map_err(|_| Withholding::WrapDoesNotOpen { wrap })?;
    let opened = inside.digest();
    let share = header
        .check_share(ENVELOPE, Role::Release, x, inside)
        .map_err(|_| Withholding::ShareDoesNotMatch { wrap, opened })?;
    let secret = encoding::Secret::new(share.secret().as_bytes().to_vec());
    Ok((named(header, &share), secret))
}

/// What the server took of a lot's answers.
pub(super) struct Sent {
    path: PathBuf,
}

#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    /// Bids that could not be proved, with the cause: what may yet be put right.
    unproved: Vec<Withheld>,
}

impl Sent {
    pub fn new(directory: &Path, project: &str, lot: &str) -> Self {
        let path = directory.join("released");
        Self {
            path: path.join(format!("{project}-{lot}.sent")),
        }
    }

    /// Whether everything was answered for good.
    pub fn is_final(&self) -> bool {
        self.read().is_some_and(|taken| taken.unproved.is_empty())
    }

    /// Whether the same was answered before, so that saying it again tells
    /// nothing.
    pub fn says_as_much_as(&self, answers: &Answers) -> bool {
        self.read() == Some(Taken::of(answers))
    }

    pub fn keep(&self, answers: &Answers) -> Outcome<()> {
        let json = serde_json::to_vec(&Taken::of(answers)).map_err(Failure::unexpected)?;
        files::write(&self.path, &json, Readers::Owner)
    }

    /// What is damaged was not sent: it is sent again, which changes nothing.
    fn read(&self) -> Option<Taken> {
        serde_json::from_slice(&files::read(&self.path).ok()?).ok()
    }
}

impl Taken {
    fn of(answers: &Answers) -> Self {
        let unproved = answers.withheld.iter().filter(|it| it.why.wrap().is_none());
        Self {
            unproved: unproved.copied().collect(),
        }
    }
}
