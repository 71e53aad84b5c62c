//! A token that a service signs with while no person is there: its session is opened from
//! a PIN in a file, and anew when the token was gone.
//!
//! One thread speaks with the maker's library, and those who want something signed wait in
//! a queue: a library that hangs holds up this one thread, and whoever waited for too long
//! is told so. A PIN that the token has refused is never sent to it again, not by the next
//! opening and, by what [`Pins`] remembers, not by the next start.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kaibiao_crypto::certificate::Certificate;
use kaibiao_crypto::held::HolderProblem;
use kaibiao_crypto::signature::{PublicKey, Signature, SignatureProblem};
use kaibiao_crypto::signer::{Signer, SignerProblem};

use crate::address::Address;
use crate::problem::TokenProblem;
use crate::token::{KeyId, Pin, Session, Token, Tries};

/// So many may wait at once; who comes then is told that it is busy.
const QUEUE: usize = 256;

/// How long somebody waits for a signature.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a start waits for the library and the token.
const AT_FIRST: Duration = Duration::from_secs(30);

/// How often the token is looked at when there is nothing to sign.
const LOOK: Duration = Duration::from_secs(3);

/// The shortest time between two tries at opening a session.
const REST: Duration = Duration::from_secs(1);

/// Where the PIN comes from, and what is remembered of those that were refused.
pub trait Pins: Send {
    /// The PIN as it is written down now.
    ///
    /// # Errors
    /// Why it cannot be read, in the words of the system.
    fn read(&self) -> Result<Pin, String>;

    /// Whether this token has refused this PIN before.
    fn was_refused(&self, token: &Token, pin: &Pin) -> bool;

    /// Remembers durably that this token has refused this PIN.
    fn refused(&self, token: &Token, pin: &Pin);
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeeperProblem {
    /// The token, or its library.
    #[error(transparent)]
    Token(#[from] TokenProblem),
    /// The file of the PIN cannot be read.
    #[error("the file of the token's PIN cannot be read ({0})")]
    NoPin(String),
    /// The token has refused this PIN before, so it is not sent to it again.
    #[error(
        "the token has refused the PIN in the file before, and it was not tried again: \
         write the right one into the file"
    )]
    RefusedBefore,
    /// The next wrong PIN would lock the token.
    #[error(
        "the token bears one more wrong PIN, which no program tries by itself: enter the right one once \
         with the maker's tool"
    )]
    LastTry,
    /// Too many wait already.
    #[error("too many signatures are asked of the token at once")]
    Full,
    /// The token did not answer in time.
    #[error("the token did not answer in time")]
    Slow,
}

impl KeeperProblem {
    fn holder(&self) -> HolderProblem {
        match self {
            Self::Token(problem) => HolderProblem::from(problem),
            Self::Full | Self::Slow => HolderProblem::Busy,
            Self::NoPin(_) | Self::RefusedBefore | Self::LastTry => HolderProblem::LoggedOut,
        }
    }

    /// What is wrong and what to do, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Token(problem) => problem.zh(),
            Self::NoPin(detail) => format!("无法读取令牌 PIN 文件（{detail}）"),
            Self::RefusedBefore => {
                "令牌此前已拒绝文件中的 PIN，没有再试；请把正确的 PIN 写入该文件".to_owned()
            }
            Self::LastTry => {
                "令牌只剩一次输错 PIN 的机会，程序不会自动再试；请用厂商的工具输入一次正确的 PIN"
                    .to_owned()
            }
            Self::Full => "等待令牌签名的请求过多".to_owned(),
            Self::Slow => "令牌没有在规定时间内应答".to_owned(),
        }
    }
}

/// A token that is kept open. It is logged out with the last handle.
pub struct Keeper {
    /// `None` while it is dropped.
    queue: Option<SyncSender<Job>>,
    /// Ends with the thread.
    ended: Mutex<Receiver<()>>,
    shared: Arc<Shared>,
    keys: Vec<(String, PublicKey)>,
}

/// What is wrong now, as far as is known.
type Shared = Mutex<Option<KeeperProblem>>;

/// A signature that somebody waits for.
struct Job {
    key: PublicKey,
    message: Vec<u8>,
    since: Instant,
    answer: SyncSender<Result<Signature, KeeperProblem>>,
}

impl Keeper {
    /// Opens the token of an address. A wrong PIN is tried once.
    ///
    /// # Errors
    /// Why there is no session.
    pub fn open(address: Address, pins: Box<dyn Pins>) -> Result<Arc<Self>, KeeperProblem> {
        let (queue, jobs) = sync_channel(QUEUE);
        let (told, opened) = sync_channel(1);
        let (ending, ended) = sync_channel(0);
        let shared = Arc::new(Shared::default());
        let mut keeping = Keeping {
            address,
            pins,
            open: None,
            failed: None,
            refused: None,
            shared: Arc::clone(&shared),
        };
        let work = move || {
            let told_of = |it: &Known| (it.label.clone(), it.public.clone());
            let first = keeping.open();
            let first = first.map(|open| open.keys.iter().map(told_of).collect());
            let is_open = first.is_ok();
            if told.send(first).is_ok() && is_open {
                keeping.run(&jobs);
            }
            drop(keeping);
            drop::<SyncSender<()>>(ending);
        };
        let thread = std::thread::Builder::new().name("token".to_owned());
        let failed = |error: &dyn std::fmt::Display| TokenProblem::Refused(error.to_string());
        thread.spawn(work).map_err(|error| failed(&error))?;
        let keys = match opened.recv_timeout(AT_FIRST) {
            Ok(keys) => keys?,
            Err(RecvTimeoutError::Timeout) => return Err(KeeperProblem::Slow),
            Err(RecvTimeoutError::Disconnected) => return Err(failed(&"the thread ended").into()),
        };
        Ok(Arc::new(Self {
            queue: Some(queue),
            ended: Mutex::new(ended),
            shared,
            keys,
        }))
    }

    /// The one Ed25519 key of this label; `None` where there is none, or several.
    pub fn labelled(&self, label: &str) -> Option<[u8; 32]> {
        let mut fitting = self.keys.iter().filter_map(|(has, key)| match key {
            PublicKey::Ed25519(bytes) if has == label => Some(*bytes),
            _ => None,
        });
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// Whether the token had this key when it was opened at first.
    pub fn has(&self, key: &PublicKey) -> bool {
        self.keys.iter().any(|(_, has)| has == key)
    }

    /// What is wrong now, as far as is known; the token is looked at every few seconds.
    pub fn problem(&self) -> Option<KeeperProblem> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.clone()
    }

    /// Signs the bytes made by [`kaibiao_crypto::signature::message`], and checks what the
    /// token returned. It waits, so it is called where waiting holds up nothing else.
    ///
    /// # Errors
    /// [`KeeperProblem`]; another try may succeed.
    pub fn sign(&self, key: &PublicKey, message: &[u8]) -> Result<Signature, KeeperProblem> {
        let (answer, signed) = sync_channel(1);
        let job = Job {
            key: key.clone(),
            message: message.to_vec(),
            since: Instant::now(),
            answer,
        };
        let sent = self.queue.as_ref().map(|queue| queue.try_send(job));
        match sent {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => {
                return Err(self.problem().unwrap_or(KeeperProblem::Full));
            }
            Some(Err(TrySendError::Disconnected(_))) | None => {
                return Err(TokenProblem::TokenGone.into());
            }
        }
        match signed.recv_timeout(PATIENCE) {
            Ok(signed) => signed,
            Err(RecvTimeoutError::Timeout) => {
                note(&self.shared, Some(KeeperProblem::Slow));
                Err(KeeperProblem::Slow)
            }
            Err(RecvTimeoutError::Disconnected) => Err(TokenProblem::TokenGone.into()),
        }
    }
}

impl Drop for Keeper {
    /// Waits until the token is logged out, so that whoever opens it next finds it free; not
    /// for a library that hangs.
    fn drop(&mut self) {
        self.queue = None;
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ended = ended.recv_timeout(REST);
    }
}

fn note(shared: &Shared, problem: Option<KeeperProblem>) {
    *shared.lock().unwrap_or_else(PoisonError::into_inner) = problem;
}

/// One key of a kept token, as somebody who signs.
#[derive(Clone)]
pub struct KeptKey {
    keeper: Arc<Keeper>,
    key: PublicKey,
    chain: Vec<Vec<u8>>,
}

impl KeptKey {
    /// The key with this public half; `chain` are its certificates, DER, leaf first, where
    /// it has some.
    pub fn new(keeper: Arc<Keeper>, key: PublicKey, chain: Vec<Vec<u8>>) -> Self {
        Self { keeper, key, chain }
    }
}

impl Signer for KeptKey {
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerProblem> {
        let signed = self.keeper.sign(&self.key, message);
        signed.map_err(|problem| SignerProblem::Holder(problem.holder()))
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
}

/// What the thread has.
struct Keeping {
    address: Address,
    pins: Box<dyn Pins>,
    open: Option<Open>,
    /// When a session could last not be opened or used, and why.
    failed: Option<(Instant, KeeperProblem)>,
    /// The PIN that was refused last.
    refused: Option<Pin>,
    shared: Arc<Shared>,
}

/// A session, and its keys by what is known of them outside.
struct Open {
    session: Arc<dyn Session>,
    keys: Vec<Known>,
}

/// A key of the token: what it is called there, its public half, and how it is asked for.
struct Known {
    label: String,
    public: PublicKey,
    id: KeyId,
}

impl Keeping {
    fn run(&mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(LOOK) {
                Ok(job) => {
                    // Nobody waits for it any more.
                    if job.since.elapsed() < PATIENCE {
                        let signed = self.sign(&job.key, &job.message);
                        let _gone = job.answer.try_send(signed);
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.look(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn sign(&mut self, key: &PublicKey, message: &[u8]) -> Result<Signature, KeeperProblem> {
        // A session may have ended since: then another one is opened, once.
        if let Some(open) = self.open.take() {
            match open.sign(key, message) {
                Err(problem) if ends(&problem) => {}
                signed => {
                    self.open = Some(open);
                    note(&self.shared, None);
                    return Ok(signed?);
                }
            }
        }
        let signed = self.open()?.sign(key, message);
        match signed {
            Err(problem) if ends(&problem) => Err(self.fail(problem.into())),
            signed => Ok(signed?),
        }
    }

    fn look(&mut self) {
        if let Some(open) = &self.open {
            match open.session.look() {
                Ok(()) => return note(&self.shared, None),
                Err(_) => self.open = None,
            }
        }
        // What comes of it is noted.
        let _problem = self.open();
    }

    fn open(&mut self) -> Result<&Open, KeeperProblem> {
        if self.open.is_none() {
            if let Some((when, problem)) = &self.failed
                && when.elapsed() < REST
            {
                return Err(problem.clone());
            }
            match self.opened() {
                Ok(open) => self.open = Some(open),
                Err(problem) => return Err(self.fail(problem)),
            }
            self.failed = None;
            note(&self.shared, None);
        }
        self.open.as_ref().ok_or(TokenProblem::TokenGone.into())
    }

    fn fail(&mut self, problem: KeeperProblem) -> KeeperProblem {
        self.open = None;
        self.failed = Some((Instant::now(), problem.clone()));
        note(&self.shared, Some(problem.clone()));
        problem
    }

    fn opened(&mut self) -> Result<Open, KeeperProblem> {
        let middleware = self.address.middleware()?;
        let token = self.address.find(middleware.as_ref())?;
        if token.asks_itself {
            return Open::new(middleware.open(&token.id, None)?);
        }
        let pin = self.pins.read().map_err(KeeperProblem::NoPin)?;
        let before = self.refused.as_ref();
        if before.is_some_and(|it| it.as_str() == pin.as_str())
            || self.pins.was_refused(&token, &pin)
        {
            return Err(KeeperProblem::RefusedBefore);
        }
        if token.tries == Tries::Left(1) {
            return Err(KeeperProblem::LastTry);
        }
        match middleware.open(&token.id, Some(&pin)) {
            Ok(session) => Open::new(session),
            Err(problem) => {
                if matches!(
                    problem,
                    TokenProblem::PinWrong { .. } | TokenProblem::PinBlocked
                ) {
                    self.pins.refused(&token, &pin);
                    self.refused = Some(pin);
                }
                Err(problem.into())
            }
        }
    }
}

/// Whether a session that failed so is of no use any more.
fn ends(problem: &TokenProblem) -> bool {
    !matches!(
        problem,
        TokenProblem::Unsupported { .. } | TokenProblem::NotItsCertificate { .. }
    )
}

impl Open {
    fn new(session: Arc<dyn Session>) -> Result<Self, KeeperProblem> {
        let bare = session.bare().iter().map(|bare| Known {
            label: bare.label.clone(),
            public: PublicKey::Ed25519(bare.public),
            id: bare.key.clone(),
        });
        let certified = session.entries().iter().filter(|entry| entry.signs);
        let certified = certified.filter_map(|entry| {
            Some(Known {
                label: entry.label.clone(),
                public: Certificate::parse(&entry.certificate)
                    .ok()?
                    .public_key()
                    .clone(),
                id: entry.key.clone(),
            })
        });
        let keys = bare.chain(certified).collect();
        Ok(Self { session, keys })
    }

    fn sign(&self, key: &PublicKey, message: &[u8]) -> Result<Signature, TokenProblem> {
        let mut keys = self.keys.iter();
        let Known { id, .. } = keys
            .find(|has| has.public == *key)
            .ok_or(TokenProblem::NoKey)?;
        let digest = key.digest_to_sign(message);
        let given = digest.as_ref().map_or(message, |digest| digest.as_bytes());
        let returned = self.session.sign(id, given)?;
        let signature = key.signature_of_device(message, &returned);
        signature.map_err(|problem| match problem {
            SignatureProblem::Invalid => TokenProblem::NotItsCertificate {
                label: id.0.clone(),
            },
            other => TokenProblem::Refused(other.to_string()),
        })
    }
}
