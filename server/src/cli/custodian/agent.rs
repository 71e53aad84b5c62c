//! One agent for all projects of an organisation, by its standing authorisation.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use kaibiao_api::{CustodyProject, CustodyView, Due};
use kaibiao_client::custody::Custody;
use kaibiao_client::custody::agent::{AgentFolder, Authorisation};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Session;
use kaibiao_core::act::{Act, AuthoriseAgent, RevokeAgent};
use kaibiao_core::ids::{Millis, Organisation};
use kaibiao_core::state::Stage;
use serde_json::json;

use super::release_lot;
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
    let put = AgentFolder::open_or_create(&args.agent)?.restore(&text, &passphrase)?;
    output.say(
        format!("恢复了 {put} 个项目的密钥。"),
        format!("The keys of {put} projects were put back."),
    );
    output.result(&json!({ "restored": put }))
}

pub async fn serve_all(args: ServeAllArgs, output: &Output) -> Outcome<()> {
    let folder = AgentFolder::open(&args.agent)?;
    let authorisation = folder.authorisation()?;
    args.roots.read()?;
    let passphrase = args.passphrase.existing(&args.agent)?;
    folder.prove(&passphrase)?;
    output.say(
        "保管代理已启动,为本单位保管的所有项目服务。条件证明之前不会释放任何份额。",
        "The custodian's agent is up for all projects of its organisation. It releases nothing before everything is proved.",
    );
    let mut agent = Agent {
        args: &args,
        folder,
        authorisation,
        passphrase,
        opened: BTreeMap::new(),
        told: BTreeMap::new(),
        put_off: BTreeMap::new(),
    };
    let mut session = None;
    loop {
        let looked = agent.look(&mut session, output).await;
        if args.once {
            return looked;
        }
        if let Err(failure) = looked {
            agent.tell_once("", &failure, output);
            // Sessions end and servers restart; the agent outlives both.
            session = None;
        }
        tokio::time::sleep(Duration::from_secs(args.every.max(1))).await;
    }
}

struct Agent<'a> {
    args: &'a ServeAllArgs,
    folder: AgentFolder,
    authorisation: Authorisation,
    passphrase: zeroize::Zeroizing<String>,
    /// The custodies that were opened, since opening a key takes a while.
    opened: BTreeMap<String, Custody>,
    /// What went wrong last with each project; "" is for all of them.
    told: BTreeMap<String, String>,
    /// Until when a project is left alone.
    put_off: BTreeMap<String, Instant>,
}

impl Agent<'_> {
    /// Looks at all projects once and does in each what is due. What fails in one holds
    /// up no other.
    async fn look(&mut self, session: &mut Option<Session>, output: &Output) -> Outcome<()> {
        let logged_in = if let Some(session) = session.take() {
            session
        } else {
            // It may have been renewed meanwhile.
            self.authorisation = self.folder.authorisation()?;
            self.tell_of_the_end(output);
            let server = self.args.server.connect()?;
            let digest = Some(self.authorisation.digest);
            server.login_by(self.folder.signer()?, digest).await?
        };
        let view: CustodyView = logged_in.server.get("custody").await?;
        for project in &view.projects {
            let is_due = project.due.is_some() || releasing(project).next().is_some();
            if !is_due || self.is_put_off(&project.id) {
                continue;
            }
            match self.serve(&logged_in, project, output).await {
                Ok(()) => drop(self.told.remove(&project.id)),
                Err(failure) => {
                    let wait = if failure.kind == Kind::Network {
                        SOON
                    } else {
                        AGAIN
                    };
                    if failure.kind == Kind::Network || project.due != Some(Due::Release) {
                        let until = Instant::now() + wait;
                        self.put_off.insert(project.id.clone(), until);
                    }
                    self.tell_once(&project.id, &failure, output);
                }
            }
        }
        self.told.remove("");
        *session = Some(logged_in);
        Ok(())
    }

    async fn serve(
        &mut self,
        session: &Session,
        project: &CustodyProject,
        output: &Output,
    ) -> Outcome<()> {
        let id = &project.id;
        let certifies = matches!(project.due, Some(Due::Certify | Due::CertifyAgain));
        let custody = match self.opened.remove(id) {
            Some(custody) => custody,
            None => self.open(project, certifies)?,
        };
        let certified = if certifies {
            self.certify(session, project, &custody, output).await
        } else {
            Ok(())
        };
        let served = certified.and(self.release(session, project, &custody, output).await);
        self.opened.insert(id.clone(), custody);
        served
    }

    /// The custody of a project. A new key is made for a certification alone: a release
    /// needs the very key that was certified.
    fn open(&self, project: &CustodyProject, certifies: bool) -> Outcome<Custody> {
        let id = project.id.parse().map_err(Failure::unexpected)?;
        if certifies {
            return self.folder.custody(id, &self.passphrase);
        }
        let certified = project.duties.iter().filter_map(|duty| duty.key.as_ref());
        let existing = self.folder.existing(id, &self.passphrase)?;
        let own = existing.filter(|own| certified.clone().all(|key| *key == own.public().key));
        own.ok_or_else(|| not_here(&project.number))
    }

    async fn certify(
        &self,
        session: &Session,
        project: &CustodyProject,
        custody: &Custody,
        output: &Output,
    ) -> Outcome<()> {
        let digest = self.authorisation.digest;
        custody.certify_by(session, &project.id, digest).await?;
        output.say(
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
        output: &Output,
    ) -> Outcome<()> {
        let mut done = Ok(());
        for lot in releasing(project) {
            if !custody.has_released(&project.id, lot) {
                let roots = &self.args.roots;
                let released = release_lot(roots, custody, session, &project.id, lot, output);
                done = done.and(released.await);
            }
        }
        done
    }

    fn is_put_off(&self, project: &str) -> bool {
        let until = self.put_off.get(project);
        until.is_some_and(|until| Instant::now() < *until)
    }

    /// The same trouble is told once, not at every look.
    fn tell_once(&mut self, project: &str, failure: &Failure, output: &Output) {
        let text = failure.to_string();
        let known = self.told.insert(project.to_owned(), text.clone());
        if known.is_none_or(|known| known != text) {
            output.warn(
                format!("{project} {}", failure.zh).trim_start(),
                format!("{project} {}", failure.en).trim_start(),
            );
        }
    }

    fn tell_of_the_end(&mut self, output: &Output) {
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
        self.tell_once("authorisation", &failure, output);
    }
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

/// The lots of a project that custodians release now.
fn releasing(project: &CustodyProject) -> impl Iterator<Item = &str> {
    let duties = project.duties.iter();
    let waiting = duties.filter(|duty| duty.stage == Stage::Releasing);
    waiting.map(|duty| duty.lot.as_str())
}
