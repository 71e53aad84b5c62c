//! What a paired page may ask for, and when the person is asked
//! (docs/spec/token-agent.md, 3 to 5).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kaibiao_api::{ClosingView, StatementView};
use kaibiao_client::terms::Terms;
use kaibiao_client::{Failure, anchored, statements};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::encoding::{Base64, Secret};
use kaibiao_os::random;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::Service;
use crate::asked::{self, Act, Wanted};
use crate::holder::{Held, HolderProblem, KeyHolder, Standing};
use crate::pairing::{CODE_LASTS, Pairings};
use crate::person::{Answer, Person, Question, Told};
use crate::problem::{Code, Problem};
use crate::words;

/// Requests that may wait for the holder while it is used.
const WAITING: usize = 4;
/// How long one agreement lasts for acts of the same kind.
const BATCH: Duration = Duration::from_mins(15);
/// How long after b was given its unlock is signed without another question.
const ONCE: Duration = Duration::from_mins(2);
/// After so long without a request the PIN is asked for again.
const IDLE: Duration = Duration::from_mins(30);

pub(crate) type Reply = Result<Value, Problem>;

/// Does what pages ask, with one holder of keys and one person.
pub struct Desk {
    services: Vec<Service>,
    person: Box<dyn Person>,
    pairings: Mutex<Pairings>,
    work: Mutex<Work>,
    /// Requests that use the holder or wait for it.
    busy: AtomicUsize,
    asking: AtomicBool,
    kind: &'static str,
    label: Mutex<String>,
}

/// What is used by one request at a time.
struct Work {
    holder: Box<dyn KeyHolder>,
    used: Instant,
    batches: Vec<Batch>,
    once: Option<Once>,
}

/// Acts of this kind are agreed to, for this pairing, until then.
struct Batch {
    pairing: Digest,
    purpose: String,
    until: Instant,
}

/// The unlock of this bid is agreed to.
struct Once {
    pairing: Digest,
    bid: Digest,
    until: Instant,
}

/// Who asks: a paired page.
#[derive(Clone)]
pub(crate) struct Asker {
    pub service: Service,
    pub pairing: Digest,
    /// Set when nobody waits for the answer any more.
    pub gone: Arc<AtomicBool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sign {
    certificate: Digest,
    message: Base64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rehearse {
    header: Base64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unlock {
    header: Base64,
    terms: String,
    closing: ClosingView,
    receipt: StatementView,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Locker {
    certificate: Digest,
    key: Digest,
    value: Base64,
}

impl Desk {
    pub fn new(
        services: Vec<Service>,
        holder: Box<dyn KeyHolder>,
        person: Box<dyn Person>,
    ) -> Self {
        Self {
            services,
            person,
            pairings: Mutex::default(),
            kind: holder.kind(),
            label: Mutex::new(holder.label()),
            work: Mutex::new(Work {
                holder,
                used: Instant::now(),
                batches: Vec::new(),
                once: None,
            }),
            busy: AtomicUsize::new(0),
            asking: AtomicBool::new(false),
        }
    }

    pub(crate) fn service(&self, origin: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.page == origin)
    }

    pub(crate) fn pairing(&self, page: &str, secret: &[u8]) -> Option<Digest> {
        lock(&self.pairings).known(page, secret, Instant::now())
    }

    pub(crate) fn begin(&self, page: &str) -> Reply {
        let code = lock(&self.pairings).begin(page, Instant::now())?;
        self.person.tell(&Told::Code {
            page: page.to_owned(),
            code,
        });
        Ok(json!({ "seconds": CODE_LASTS.as_secs() }))
    }

    pub(crate) fn pair(&self, page: &str, code: &str) -> Reply {
        let secret = lock(&self.pairings).pair(page, code, Instant::now())?;
        self.person.tell(&Told::Paired {
            page: page.to_owned(),
        });
        Ok(json!({ "secret": Secret::new(secret.to_vec()) }))
    }

    pub(crate) fn forget(&self, asker: &Asker) -> Reply {
        lock(&self.pairings).forget(&asker.pairing);
        self.lock(asker)
    }

    /// Never waits: while the holder is in use, a question stands or will soon.
    pub(crate) fn status(&self) -> Value {
        let mut told = json!({ "holder": self.kind, "label": *lock(&self.label) });
        let (state, tries) = match self.work.try_lock() {
            Err(std::sync::TryLockError::WouldBlock) => {
                let asking = self.asking.load(Ordering::Relaxed);
                (json!(if asking { "asking" } else { "ready" }), None)
            }
            Err(std::sync::TryLockError::Poisoned(work)) => standing(&mut work.into_inner()),
            Ok(mut work) => standing(&mut work),
        };
        told["state"] = state;
        told["tries"] = json!(tries);
        told
    }

    pub(crate) fn certificates(&self) -> Reply {
        let mut work = self.turn()?;
        let held = work.holder.certificates()?;
        *lock(&self.label) = work.holder.label();
        let roots: Vec<Base64> = work.holder.roots().into_iter().map(Base64).collect();
        let certificates: Vec<Value> = held.iter().map(told).collect();
        Ok(json!({ "certificates": certificates, "roots": roots }))
    }

    pub(crate) fn sign(&self, asker: &Asker, wanted: &Sign) -> Reply {
        let mut work = self.turn()?;
        let held = work.holder.certificates()?;
        let held = find(&held, &wanted.certificate)?;
        let read = Wanted::read(&wanted.message, &asker.service, &held.chain[0])?;
        if held.algorithm.is_none() {
            return Err(Code::CertificateForeign.into());
        }
        self.ready(&mut work, asker)?;
        match read {
            Wanted::Act(act) => self.agree_to_act(&mut work, asker, &act)?,
            Wanted::Login => self.person.tell(&Told::LoggedIn {
                page: asker.service.page.clone(),
            }),
            Wanted::Locker => {}
        }
        let signature = work.holder.sign(&wanted.certificate, &wanted.message)?;
        serde_json::to_value(signature).map_err(|_| Code::TokenFailed.into())
    }

    pub(crate) fn rehearse(&self, asker: &Asker, wanted: &Rehearse) -> Reply {
        let header = Header::parse(&wanted.header).map_err(|_| Code::HeaderMalformed)?;
        let mut work = self.turn()?;
        self.ready(&mut work, asker)?;
        let (key, _) = work.holder.open(&header)?;
        Ok(json!({ "key": key }))
    }

    pub(crate) fn unlock(&self, asker: &Asker, wanted: Unlock) -> Reply {
        let header = Header::parse(&wanted.header).map_err(|_| Code::HeaderMalformed)?;
        proved(&header, &asker.service, wanted)?;
        let mut work = self.turn()?;
        self.ready(&mut work, asker)?;
        self.agree_to_unlock(&mut work, asker, &header)?;
        let (_, b) = work.holder.open(&header)?;
        Ok(json!({ "secret": Secret::new(b.secret().as_bytes().to_vec()) }))
    }

    pub(crate) fn locker(&self, asker: &Asker, wanted: &Locker) -> Reply {
        let mut work = self.turn()?;
        let held = work.holder.certificates()?;
        let owner = asked::owner(&find(&held, &wanted.certificate)?.chain[0]);
        self.ready(&mut work, asker)?;
        let wctx = [&b"kaibiao/1 locker"[..], owner.as_bytes()].concat();
        let secret = work.holder.unwrap(&wanted.key, &wctx, &wanted.value)?;
        Ok(json!({ "secret": Secret::new(secret.as_bytes().to_vec()) }))
    }

    pub(crate) fn lock(&self, asker: &Asker) -> Reply {
        let mut work = self.turn()?;
        work.batches.retain(|batch| batch.pairing != asker.pairing);
        work.once = None;
        work.holder.lock();
        self.person.tell(&Told::Locked);
        Ok(json!({}))
    }

    /// The holder, once those before have done with it.
    fn turn(&self) -> Result<Turn<'_>, Problem> {
        let before = self.busy.fetch_add(1, Ordering::SeqCst);
        if before > WAITING {
            self.busy.fetch_sub(1, Ordering::SeqCst);
            return Err(Code::Busy.into());
        }
        let mut work = lock(&self.work);
        let now = Instant::now();
        if now.duration_since(work.used) >= IDLE {
            work.holder.lock();
            work.batches.clear();
            work.once = None;
        }
        work.used = now;
        Ok(Turn { desk: self, work })
    }

    /// Sees to it that the holder signs and opens, asking for its PIN where it has to.
    fn ready(&self, work: &mut Work, asker: &Asker) -> Result<(), Problem> {
        match work.holder.standing() {
            Standing::Ready => return Ok(()),
            Standing::Blocked => return Err(Code::PinBlocked.into()),
            Standing::Absent => return Err(Code::TokenAbsent.into()),
            Standing::Locked => {}
        }
        if asker.is_gone() {
            return Err(Code::NoAnswer.into());
        }
        let _asking = Asking::begin(self);
        let pin = if work.holder.asks_itself() {
            Zeroizing::default()
        } else {
            let tries = work.holder.tries();
            let pin = self.person.pin(&work.holder.label(), tries);
            pin.ok_or(Code::PinNotGiven)?
        };
        if asker.is_gone() {
            return Err(Code::NoAnswer.into());
        }
        work.holder.unlock(&pin).map_err(|problem| {
            if let HolderProblem::Pin { tries } = problem {
                self.person.tell(&Told::PinWrong { tries });
            }
            problem.into()
        })
    }

    fn agree_to_act(&self, work: &mut Work, asker: &Asker, act: &Act) -> Result<(), Problem> {
        let now = Instant::now();
        let once = work.once.as_ref().is_some_and(|once| {
            once.pairing == asker.pairing && Some(once.bid) == act.bid && now < once.until
        });
        if once {
            work.once = None;
            return Ok(());
        }
        let (zh, en) = words::of(&act.purpose);
        let mut facts = Vec::new();
        if !act.project.is_empty() {
            facts.push(("project".to_owned(), act.project.clone()));
        }
        facts.extend(act.members.iter().cloned());
        let question = question(asker, &format!("签名:{zh}"), &format!("sign: {en}"), facts);
        self.agree(work, asker, &act.purpose, &question)
    }

    fn agree_to_unlock(
        &self,
        work: &mut Work,
        asker: &Asker,
        header: &Header,
    ) -> Result<(), Problem> {
        let context = header.context();
        let bid = header.digest();
        let facts = [
            ("project", context.project.clone()),
            ("lot", context.lot.clone()),
            ("bidder", context.bidder.to_string()),
            ("bid", bid.to_string()),
        ];
        let facts = facts.map(|(name, value)| (name.to_owned(), asked::shown(&value)));
        let question = question(
            asker,
            "交出这份投标的解密密钥,并签署解密",
            "give the secret that unlocks this bid, and sign the unlock",
            facts.to_vec(),
        );
        self.agree(work, asker, "unlock", &question)?;
        work.once = Some(Once {
            pairing: asker.pairing,
            bid,
            until: Instant::now() + ONCE,
        });
        Ok(())
    }

    fn agree(
        &self,
        work: &mut Work,
        asker: &Asker,
        purpose: &str,
        question: &Question,
    ) -> Result<(), Problem> {
        let now = Instant::now();
        work.batches.retain(|batch| now < batch.until);
        let agreed = work
            .batches
            .iter()
            .any(|batch| batch.pairing == asker.pairing && batch.purpose == purpose);
        if agreed {
            return Ok(());
        }
        let _asking = Asking::begin(self);
        let answer = self.person.confirm(question, &|| asker.is_gone());
        if asker.is_gone() {
            return Err(Code::NoAnswer.into());
        }
        match answer {
            Answer::Yes => Ok(()),
            Answer::Batch => {
                work.batches.push(Batch {
                    pairing: asker.pairing,
                    purpose: purpose.to_owned(),
                    until: Instant::now() + BATCH,
                });
                Ok(())
            }
            Answer::No => Err(Code::Declined.into()),
            Answer::Nobody => Err(Code::NoAnswer.into()),
        }
    }
}

/// What letting go of b rests on (docs/ops/threats.md, 3), by this program alone.
fn proved(header: &Header, service: &Service, asked: Unlock) -> Result<(), Problem> {
    let unproved = |failure: &Failure| Problem {
        detail: Some(failure.code.clone()),
        ..Code::NotProved.into()
    };
    let other = |code: &str| Problem {
        detail: Some(code.to_owned()),
        ..Code::NotProved.into()
    };
    let terms = Terms::parse(asked.terms.into_bytes()).map_err(|failure| unproved(&failure))?;
    let context = header.context();
    if terms.digest() != context.terms
        || terms.project() != context.project
        || terms.lot().to_string() != context.lot
    {
        return Err(other("terms-other"));
    }
    if terms.origin() != service.platform {
        return Err(other("terms-elsewhere"));
    }
    let prove = || {
        let receipt = statements::receipt(&asked.receipt, &terms, header)?;
        let closing = statements::closing(&asked.closing, &terms, header, &receipt, now())?;
        anchored::closing(asked.closing.proof.as_ref(), &closing, &terms)
    };
    prove().map(drop).map_err(|failure| unproved(&failure))
}

/// This machine's clock, UTC milliseconds.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

fn question(asker: &Asker, zh: &str, en: &str, facts: Vec<(String, String)>) -> Question {
    Question {
        page: asker.service.page.clone(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        facts,
        number: two_digits(),
        batch: true,
    }
}

fn two_digits() -> u8 {
    loop {
        let [drawn] = random::bytes::<1>();
        // 200 values, each of the hundred as likely as another.
        if drawn < 200 {
            return drawn % 100;
        }
    }
}

fn find<'a>(held: &'a [Held], certificate: &Digest) -> Result<&'a Held, Problem> {
    held.iter()
        .find(|held| Digest::of(&held.chain[0]) == *certificate)
        .ok_or_else(|| Code::NoSuchCertificate.into())
}

fn told(held: &Held) -> Value {
    let chain: Vec<Base64> = held.chain.iter().cloned().map(Base64).collect();
    json!({
        "certificate": Digest::of(&held.chain[0]),
        "chain": chain,
        "key": held.opens.map(|(key, _)| key),
        "sign": held.algorithm.is_some(),
        "open": held.opens.is_some(),
        "algorithm": held.algorithm,
        "kind": held.opens.map(|(_, kind)| kind),
    })
}

fn standing(work: &mut Work) -> (Value, Option<u32>) {
    if work.used.elapsed() >= IDLE {
        work.holder.lock();
    }
    (json!(work.holder.standing()), work.holder.tries())
}

impl Asker {
    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }
}

/// The holder, for one request.
struct Turn<'a> {
    desk: &'a Desk,
    work: MutexGuard<'a, Work>,
}

impl std::ops::Deref for Turn<'_> {
    type Target = Work;

    fn deref(&self) -> &Work {
        &self.work
    }
}

impl std::ops::DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Work {
        &mut self.work
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.desk.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

/// While it lives a question stands in the window.
struct Asking<'a>(&'a Desk);

impl<'a> Asking<'a> {
    fn begin(desk: &'a Desk) -> Self {
        desk.asking.store(true, Ordering::Relaxed);
        Self(desk)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.store(false, Ordering::Relaxed);
    }
}

/// A request that panicked leaves nothing half done that the next one would trust.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
