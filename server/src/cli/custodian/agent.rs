//! One agent for all projects of an organisation, by its standing authorisation.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use kaibiao_api::{CustodyProject, CustodyView, Due};
use kaibiao_client::custody::Custody;
use kaibiao_client::custody::agent::{AgentFolder, Authorisation, Why};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Session;
use kaibiao_core::act::{Act, AuthoriseAgent, RevokeAgent};
use kaibiao_core::ids::{Millis, Organisation, ProjectId};
use kaibiao_core::state::Stage;
use kaibiao_crypto::Digest;
use serde_json::json;
use zeroize::Zeroizing;

use super::{release_lot, tell_failure, text_of};
use crate::cli::connect::{Connect, ServerArgs, nonce, tell};
use crate::cli::output::Output;
use crate::cli::passphrase::PassphraseArgs;
use crate::cli::roots::{RootsArgs, now};

const DAY: Millis = 86_400_000;
/// How long before its end an authorisation is pointed at.
const ENDS_SOON: Millis = 30 * DAY;
/// How long a certification that failed is not tried again. A release is tried at every
/// look, since what it waits for may come at any time.
const AGAIN: Duration = Duration::from_mins(1);
/// How long a project is left alone that was not answered for, so that it holds up no
/// other.
const SOON: Duration = Duration::from_secs(5);
/// How many projects are served at a time.
const AT_ONCE: usize = 8;
/// How many of them may be certifications.
const CERTIFY_AT_ONCE: usize = 4;
/// How long one may take before it is given up and tried again later: whatever hangs
/// holds one of these places no longer.
const TURN: Duration = Duration::from_mins(2);

#[derive(Debug, Args)]
pub struct AuthoriseArgs {
    #[command(flatten)]
    connect: Connect,
    /// 代理目录,没有时新建 · the agent's folder, made where there is none
    #[arg(long, value_name = "DIR")]
    agent: PathBuf,
    /// 从现在起的天数,至多 366 · days from now on, at most 366
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=366))]
    days: i64,
    /// 只适用于这些招标人或代理机构(统一社会信用代码),可多次给出;不给出则适用于所有
    /// · for these tenderers or agencies only; may be given several times
    #[arg(long = "host", value_name = "CODE")]
    hosts: Vec<Organisation>,
}

#[derive(Debug, Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    connect: Connect,
    /// 代理目录 · the agent's folder
    #[arg(long, value_name = "DIR")]
    agent: PathBuf,
    /// 原因 · why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct ServeAllArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// 代理目录 · the agent's folder
    #[arg(long, value_name = "DIR")]
    agent: PathBuf,
    #[command(flatten)]
    roots: RootsArgs,
    /// 保管密钥的口令 · the passphrase of the custody keys
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// 查询间隔(秒) · seconds between looks
    #[arg(long, default_value_t = 2)]
    every: u64,
    /// 查询并处理一次后退出 · look once, do what is due, and end
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// 代理目录 · the agent's folder
    #[arg(long, value_name = "DIR")]
    agent: PathBuf,
    /// 备份文件(.kkeys) · the file
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// 代理目录,没有时新建 · the agent's folder, made where there is none
    #[arg(long, value_name = "DIR")]
    agent: PathBuf,
}

#[derive(Debug, Args)]
pub struct AcceptArgs {
    /// 代理目录 · the agent's folder
    #[arg(long, value_name = "DIR")]
    agent: PathBuf,
    /// 网页保存的授权文件(.json) · the file that the page saved
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// 代理目录,没有时新建 · the agent's folder, made where there is none
    #[arg(long, value_name = "DIR")]
    agent: PathBuf,
    /// 备份文件(.kkeys) · the file
    file: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub async fn authorise(args: AuthoriseArgs, output: &Output) -> Outcome<()> {
    let folder = AgentFolder::open_or_create(&args.agent)?;
    let session = args.connect.session().await?;
    let mut hosts = args.hosts;
    hosts.sort();
    hosts.dedup();
    let from = now();
    let act = Act::from(AuthoriseAgent {
        nonce: nonce(),
        agent: folder.public()?,
        from,
        until: from + args.days * DAY,
        hosts: hosts.clone(),
    });
    let signed = session.sign("", &act)?;
    let authorisation = Authorisation {
        digest: signed.digest(),
        from,
        until: from + args.days * DAY,
        hosts,
    };
    let reply = session.send("", &signed).await?;
    folder.authorise(&authorisation)?;
    output.say(
        format!(
            "常设授权已签署,有效 {} 天;请用 kaibiao custodian serve-all 启动代理,并备份 {}。",
            args.days,
            args.agent.display()
        ),
        format!(
            "Authorised for {} days. Start the agent with kaibiao custodian serve-all, and keep a copy of {}.",
            args.days,
            args.agent.display()
        ),
    );
    output.result(&json!({ "authorisation": authorisation, "events": reply.events }))
}

/// Revokes every authorisation of this agent's key that is not over.
pub async fn revoke(args: RevokeArgs, output: &Output) -> Outcome<()> {
    let agent = AgentFolder::open(&args.agent)?.public()?;
    let session = args.connect.session().await?;
    let view: CustodyView = session.server.get("custody").await?;
    let standing = view
        .agent
        .authorisations
        .iter()
        .filter(|it| it.agent == agent && it.revoked.is_none() && it.until > view.now);
    for authorisation in standing {
        let act = Act::from(RevokeAgent {
            nonce: nonce(),
            authorisation: authorisation.digest,
            reason: args.reason.clone(),
        });
        let reply = session.act("", &act, Vec::new()).await?;
        tell(&reply, output)?;
    }
    Ok(())
}

pub fn backup(args: &BackupArgs, output: &Output) -> Outcome<()> {
    let text = AgentFolder::open(&args.agent)?.backup()?;
    files::write(&args.file, &text, Readers::Owner)?;
    output.say(
        format!("已备份到 {};恢复时需要同一口令。", args.file.display()),
        format!(
            "Kept in {}; the same passphrase opens it.",
            args.file.display()
        ),
    );
    Ok(())
}

pub fn restore(args: &RestoreArgs, output: &Output) -> Outcome<()> {
    let text = files::read(&args.file)?;
    let passphrase = args.passphrase.existing(&args.file)?;
    let folder = AgentFolder::open_or_create(&args.agent)?;
    let _alone = folder.alone()?;
    let restored = folder.restore(&text, &passphrase)?;
    let put = restored.put.len();
    output.say(
        format!("恢复了 {put} 个项目的密钥。"),
        format!("The keys of {put} projects were put back."),
    );
    for skipped in &restored.skipped {
        let (zh, en) = match skipped.why {
            Why::NoProject => (
                "备份中没有写明是哪个项目的,未恢复",
                "the backup does not say which project it is for; it was not put back",
            ),
            Why::SameKey => (
                "目录中已有同一密钥,无需恢复",
                "the same key lies here already",
            ),
            Why::OtherKey => (
                "目录中已有另一把密钥,保留原有的;如需备份中的密钥,请恢复到另一个目录",
                "another key lies here and stays; put the backup's back into another folder if it is needed",
            ),
        };
        let named = [&skipped.project, &skipped.number, &skipped.title];
        let named: Vec<&str> = named
            .into_iter()
            .map(String::as_str)
            .filter(|it| !it.is_empty())
            .collect();
        let named = named.join(" ");
        let zh = format!("跳过 {named}:{zh}。");
        let en = format!("Skipped {named}: {en}.");
        if skipped.why == Why::SameKey {
            output.say(zh, en);
        } else {
            output.warn(zh, en);
        }
    }
    output.result(&json!({ "restored": put, "skipped": restored.skipped }))
}

/// Says the agent's public key, for an authorisation that is signed in the page.
pub fn show(args: &ShowArgs, output: &Output) -> Outcome<()> {
    let agent = AgentFolder::open_or_create(&args.agent)?.public()?;
    output.say(
        format!("代理公钥:{agent}\n  在网页“解密保管”的常设授权中填写它,签名后保存授权文件,再用 kaibiao custodian accept 收下。"),
        format!("The agent's public key: {agent}\n  Give it on the page for custodians, save the file after signing, and take it up with kaibiao custodian accept."),
    );
    output.result(&json!({ "agent": agent }))
}

/// Takes up an authorisation that was signed in the page.
pub fn accept(args: &AcceptArgs, output: &Output) -> Outcome<()> {
    let text = files::read(&args.file)?;
    let folder = AgentFolder::open(&args.agent)?;
    let authorisation = folder.accept(&text, now())?;
    let days = (authorisation.until - now()) / DAY;
    output.say(
        format!("已收下常设授权,还有 {days} 天到期;正在运行的代理在下次登录时改用它。"),
        format!("Taken up; it ends in {days} days. An agent that runs acts by it from its next login on."),
    );
    output.result(&json!({ "authorisation": authorisation }))
}

pub async fn serve_all(args: ServeAllArgs, output: &Output) -> Outcome<()> {
    let folder = AgentFolder::open(&args.agent)?;
    let _alone = folder.alone()?;
    let authorisation = folder.authorisation()?;
    args.roots.read()?;
    let passphrase = args.passphrase.existing(&args.agent)?;
    folder.prove(&passphrase)?;
    output.say(
        "保管代理已启动,为本单位保管的所有项目服务。条件证明之前不会释放任何份额。",
        "The custodian's agent is up for all projects of its organisation. It releases nothing before everything is proved.",
    );
    let keys = Keys {
        args: &args,
        output,
        folder: Arc::new(folder),
        passphrase: Arc::new(passphrase),
        opened: Mutex::default(),
        opening: tokio::sync::Mutex::default(),
    };
    let mut agent = Agent {
        keys: &keys,
        output,
        authorisation,
        turns: BTreeMap::new(),
        told: BTreeMap::new(),
    };
    let mut served: Served<'_> = FuturesUnordered::new();
    let mut session = None;
    loop {
        // Those that are served go on while the platform is asked.
        let looked = look(&keys, session.take());
        let looked = agent.meanwhile(&mut served, looked).await;
        match looked {
            Ok((logged_in, view)) => {
                agent.begin(&mut served, &logged_in, &view);
                agent.told.remove("");
                session = Some(logged_in);
            }
            Err(failure) if args.once => return Err(failure),
            // Sessions end and servers restart; the agent outlives both.
            Err(failure) => agent.tell_once("", &failure),
        }
        if args.once {
            while let Some((project, outcome)) = served.next().await {
                agent.done(&project, outcome);
            }
            return Ok(());
        }
        let pause = tokio::time::sleep(Duration::from_secs(args.every.max(1)));
        agent.meanwhile(&mut served, pause).await;
    }
}

/// The projects that are being served.
type Served<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = (String, Outcome<()>)> + 'a>>>;

/// What an agent works with.
struct Keys<'a> {
    args: &'a ServeAllArgs,
    output: &'a Output,
    folder: Arc<AgentFolder>,
    passphrase: Arc<Zeroizing<String>>,
    /// The custodies that were opened, since opening a key takes a while.
    opened: Mutex<BTreeMap<String, Arc<Custody>>>,
    /// One key is opened at a time: each takes 64 MiB.
    opening: tokio::sync::Mutex<()>,
}

/// Asks what is due, with a session that is begun where there is none.
async fn look(keys: &Keys<'_>, session: Option<LoggedIn>) -> Outcome<(LoggedIn, CustodyView)> {
    let logged_in = if let Some(session) = session {
        session
    } else {
        // It may have been renewed meanwhile.
        let authorisation = keys.folder.authorisation()?;
        let server = keys.args.server.connect()?;
        let digest = Some(authorisation.digest);
        LoggedIn {
            session: Arc::new(server.login_by(keys.folder.signer()?, digest).await?),
            authorisation,
        }
    };
    let view = logged_in.session.server.get("custody").await?;
    Ok((logged_in, view))
}

/// A session of the agent, and the authorisation that it rests on.
struct LoggedIn {
    session: Arc<Session>,
    authorisation: Authorisation,
}

/// How a project has fared.
struct Turn {
    /// It is being served.
    runs: bool,
    /// It is served to certify a key, and for no release.
    certifies: bool,
    /// When it was begun last.
    began: Instant,
    /// Why it was begun.
    due: Option<Due>,
    /// Until when it is left alone.
    put_off: Option<Instant>,
}

struct Agent<'a> {
    keys: &'a Keys<'a>,
    output: &'a Output,
    authorisation: Authorisation,
    turns: BTreeMap<String, Turn>,
    /// What went wrong last with each project; "" is for all of them.
    told: BTreeMap<String, String>,
}

impl<'a> Agent<'a> {
    /// Does something while projects are served, and notes those that are done.
    async fn meanwhile<T>(&mut self, served: &mut Served<'a>, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Some((project, outcome)) = served.next() => self.done(&project, outcome),
            }
        }
    }

    /// Begins to serve what is due, as long as there is a place: releases first, for
    /// which somebody waits; then those that were never served, then the ones that have
    /// waited longest, so that what hangs holds up no other. Anybody may name a custodian
    /// in a draft, so no key is made for a host that the authorisation is not for, and
    /// certifications leave places free.
    fn begin(&mut self, served: &mut Served<'a>, logged_in: &LoggedIn, view: &CustodyView) {
        if self.authorisation != logged_in.authorisation {
            self.authorisation.clone_from(&logged_in.authorisation);
        }
        self.tell_of_the_end();
        let now = Instant::now();
        let hosts = &self.authorisation.hosts;
        let is_for = |project: &CustodyProject| {
            let mut named = project.hosts.iter();
            hosts.is_empty() || named.any(|host| hosts.contains(&host.organisation))
        };
        let may_begin = |project: &&CustodyProject| {
            let is_due = releases(project) || (project.due.is_some() && is_for(project));
            let is_free = self
                .turns
                .get(&project.id)
                .is_none_or(|turn| !turn.runs && turn.put_off.is_none_or(|until| until <= now));
            is_due && is_free
        };
        let mut due: Vec<_> = view.projects.iter().filter(may_begin).collect();
        due.sort_by_key(|project| {
            let began = self.turns.get(&project.id).map(|turn| turn.began);
            (!releases(project), began)
        });
        for project in due {
            let running = self.turns.values().filter(|turn| turn.runs);
            let certifying = running.filter(|turn| turn.certifies).count();
            let is_full = served.len() >= AT_ONCE;
            if is_full || (!releases(project) && certifying >= CERTIFY_AT_ONCE) {
                continue;
            }
            let turn = Turn {
                runs: true,
                certifies: !releases(project),
                began: now,
                due: project.due,
                put_off: None,
            };
            self.turns.insert(project.id.clone(), turn);
            let (keys, project) = (self.keys, project.clone());
            let session = Arc::clone(&logged_in.session);
            let digest = logged_in.authorisation.digest;
            served.push(Box::pin(async move {
                let work = keys.serve(&session, &project, digest);
                let done = tokio::time::timeout(TURN, work).await;
                let done = done.unwrap_or_else(|_| Err(too_slow(&project.number)));
                (project.id, done)
            }));
        }
    }

    fn done(&mut self, project: &str, outcome: Outcome<()>) {
        let Some(turn) = self.turns.get_mut(project) else {
            return;
        };
        turn.runs = false;
        match outcome {
            Ok(()) => drop(self.told.remove(project)),
            Err(failure) => {
                let is_network = failure.kind == Kind::Network;
                if is_network || turn.due != Some(Due::Release) {
                    let wait = if is_network { SOON } else { AGAIN };
                    turn.put_off = Some(Instant::now() + wait);
                }
                self.tell_once(project, &failure);
            }
        }
    }

    /// The same trouble is told once, not at every look.
    fn tell_once(&mut self, project: &str, failure: &Failure) {
        let text = text_of(failure);
        let known = self.told.insert(project.to_owned(), text.clone());
        if known.is_none_or(|known| known != text) {
            tell_failure(project, failure, self.output);
        }
    }

    fn tell_of_the_end(&mut self) {
        let left = self.authorisation.until - now();
        if left > ENDS_SOON {
            return;
        }
        let (zh, en) = if left > 0 {
            let days = left / DAY;
            (
                format!("常设授权还有 {days} 天到期"),
                format!("The authorisation ends in {days} days"),
            )
        } else {
            (
                "常设授权已到期".to_owned(),
                "The authorisation is over".to_owned(),
            )
        };
        let failure = Failure::new(
            Kind::Input,
            "authorisation-ends",
            format!("{zh};请用 kaibiao custodian authorise 重新签署。"),
            format!("{en}; sign a new one with kaibiao custodian authorise."),
        );
        self.tell_once("authorisation", &failure);
    }
}

impl Keys<'_> {
    /// Does in a project what is due.
    async fn serve(
        &self,
        session: &Session,
        project: &CustodyProject,
        authorisation: Digest,
    ) -> Outcome<()> {
        let certifies = matches!(project.due, Some(Due::Certify | Due::CertifyAgain));
        let custody = self.custody(project, certifies).await?;
        let certified = if certifies {
            self.certify(session, project, &custody, authorisation)
                .await
        } else {
            Ok(())
        };
        certified.and(self.release(session, project, &custody).await)
    }

    /// The custody of a project. A new key is made for a certification alone: a release
    /// needs the very key that was certified.
    async fn custody(&self, project: &CustodyProject, certifies: bool) -> Outcome<Arc<Custody>> {
        let certified = project.duties.iter().filter_map(|duty| duty.key.as_ref());
        let is_its = |own: &Custody| certified.clone().all(|key| *key == own.public().key);
        if let Some(custody) = self.held().get(&project.id)
            && (custody.suite() == project.suite)
            && (certifies || is_its(custody))
        {
            return Ok(Arc::clone(custody));
        }
        let id: ProjectId = project.id.parse().map_err(Failure::unexpected)?;
        let _turn = self.opening.lock().await;
        let (folder, passphrase) = (Arc::clone(&self.folder), Arc::clone(&self.passphrase));
        let suite = project.suite;
        let opened = tokio::task::spawn_blocking(move || {
            if certifies {
                return folder.custody(id, suite, &passphrase).map(Some);
            }
            folder.existing(id, &passphrase)
        });
        let opened = opened.await.map_err(Failure::unexpected)??;
        let own = opened.filter(|own| certifies || is_its(own));
        let custody = Arc::new(own.ok_or_else(|| not_here(&project.number))?);
        self.held().insert(project.id.clone(), Arc::clone(&custody));
        Ok(custody)
    }

    async fn certify(
        &self,
        session: &Session,
        project: &CustodyProject,
        custody: &Custody,
        authorisation: Digest,
    ) -> Outcome<()> {
        custody
            .certify_by(session, &project.id, authorisation)
            .await?;
        self.output.say(
            format!("项目 {}:保管公钥已签发。", project.number),
            format!("Project {}: the key is certified.", project.number),
        );
        Ok(())
    }

    /// Answers for every lot that waits, also again where something could not be proved
    /// before; the first that fails is told after the others were tried.
    async fn release(
        &self,
        session: &Session,
        project: &CustodyProject,
        custody: &Custody,
    ) -> Outcome<()> {
        let mut done = Ok(());
        for lot in releasing(project) {
            if !custody.has_released(&project.id, lot) {
                let roots = &self.args.roots;
                let released = release_lot(roots, custody, session, &project.id, lot, self.output);
                done = done.and(released.await);
            }
        }
        done
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Custody>>> {
        // Every change under the lock is complete in itself.
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_slow(number: &str) -> Failure {
    Failure::new(
        Kind::Network,
        "agent-slow",
        format!("项目 {number}:平台迟迟没有答复,稍后再试;其他项目照常。"),
        format!(
            "Project {number}: the platform does not answer; it is tried again, and the others go on."
        ),
    )
}

fn not_here(number: &str) -> Failure {
    Failure::new(
        Kind::Key,
        "custody-elsewhere",
        format!(
            "项目 {number} 已签发的保管密钥不在这个目录中;请用 kaibiao custodian restore 恢复,或在保存密钥的机器上释放。"
        ),
        format!(
            "The key that was certified for project {number} is not in this folder; put it back with kaibiao custodian restore, or release where it lies."
        ),
    )
}

/// Whether somebody waits for a release in a project.
fn releases(project: &CustodyProject) -> bool {
    project.due == Some(Due::Release) || releasing(project).next().is_some()
}

/// The lots of a project that custodians release now.
fn releasing(project: &CustodyProject) -> impl Iterator<Item = &str> {
    let duties = project.duties.iter();
    let waiting = duties.filter(|duty| duty.stage == Stage::Releasing);
    waiting.map(|duty| duty.lot.as_str())
}
