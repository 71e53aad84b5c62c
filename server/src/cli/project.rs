//! `kaibiao project`: a tender from its draft to T0.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaibiao_api::{AttachmentView, NewProject, ProjectCreated, ProjectList};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files;
use kaibiao_client::http::{Server, Session};
use kaibiao_core::act::{
    AmendTerms, Attachment, Cancel, Clarify, EditDraft, InviteCustodian, Postpone, Publish,
};
use kaibiao_core::ids::{LotId, Organisation, ProjectId};
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::terms::{Custodian, Draft, LotDraft, Named, SealingTerms};
use kaibiao_core::view::KeyView;
use serde_json::Value;

use super::connect::{Connect, ServerArgs, nonce, tell};
use super::output::Output;
use super::suite::SuiteArgs;
use super::text;

/// 招标项目 · projects
#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// 由交易平台的机器账户导入草稿(按外部编号幂等) · a machine account imports a draft, idempotent by external id
    #[command(
        after_help = "示例 · example:\n  kaibiao project import --key platform.p12 --file draft.json"
    )]
    Import(NewArgs),
    /// 新建草稿(招标人/代理机构) · a new draft by the host
    Draft(NewArgs),
    /// 修改尚未发布的草稿 · replaces a draft that is not yet published
    Edit {
        #[command(flatten)]
        at: At,
        /// 草稿 JSON · the draft as JSON
        #[arg(long)]
        file: PathBuf,
    },
    /// 封存标段的最高投标限价或标底:承诺写入草稿,金额只存在保存的文件里
    /// · seals a lot's control price or base: the draft gets a commitment, a file keeps the value
    #[command(
        after_help = "示例 · example:\n  kaibiao project seal-reference --draft draft.json --lot 1 --kind base --value 860000000"
    )]
    SealReference(super::reference::SealReference),
    /// 发布公告,固定各标段的密封条款 · publishes the notice and fixes each lot's sealing terms
    Publish {
        #[command(flatten)]
        at: At,
    },
    /// 澄清(不影响已密封的投标) · a clarification; sealed bids stand
    Clarify {
        #[command(flatten)]
        at: At,
        #[arg(long)]
        title: String,
        #[arg(long)]
        text: String,
        /// 附件 · a file that goes with it
        #[arg(long = "attach", value_name = "FILE")]
        attachments: Vec<PathBuf>,
    },
    /// 延期:开标时间只能推后 · moves T0, only ever later
    #[command(
        after_help = "示例 · example:\n  kaibiao project postpone ID --t0 2026-12-01T09:30:00+08:00 --reason 答疑需要 --key host.p12"
    )]
    Postpone {
        #[command(flatten)]
        at: At,
        /// 新的开标时间,或 +90s(在原时间上推后) · the new T0, or +90s after the present one
        #[arg(long)]
        t0: String,
        #[arg(long)]
        reason: String,
    },
    /// 变更标段的密封条款,已投标人须重新密封 · changes a lot's sealing terms; its bidders must seal again
    Amend {
        #[command(flatten)]
        at: At,
        #[arg(long)]
        lot: LotId,
        /// 标段草稿 JSON · the lot's draft as JSON
        #[arg(long)]
        file: PathBuf,
        /// 新的开标时间(法定期限内的变更必须延期) · the new T0, which a late change requires
        #[arg(long)]
        t0: Option<String>,
        #[arg(long)]
        reason: String,
    },
    /// 邀请单位提交保管公钥,以便变更条款时指定其为保管人
    /// · asks an organisation to certify a key, so that an amendment can name it as custodian
    Invite {
        #[command(flatten)]
        at: At,
        /// 统一社会信用代码 · unified social credit code
        #[arg(long)]
        code: Organisation,
        /// 单位名称 · the organisation's name
        #[arg(long)]
        name: String,
        #[arg(long)]
        reason: String,
    },
    /// 开标前终止招标,投标保持密封 · cancels before T0; bids stay sealed
    Cancel {
        #[command(flatten)]
        at: At,
        /// 只终止此标段 · this lot only
        #[arg(long)]
        lot: Option<LotId>,
        #[arg(long)]
        reason: String,
    },
    /// 查看项目;给出证书则按本人权限 · shows a project; with a certificate, as much as its holder may see
    Show {
        #[command(flatten)]
        at: At,
    },
    /// 列出项目 · lists projects
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// A project, and who acts in it.
#[derive(Debug, Args)]
pub struct At {
    /// 项目编号(UUID) · the project's id
    #[arg(value_name = "PROJECT")]
    pub project: ProjectId,
    #[command(flatten)]
    pub connect: Connect,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    #[command(flatten)]
    connect: Connect,
    /// 草稿 JSON · the draft as JSON
    #[arg(long)]
    file: PathBuf,
    /// 与草稿中的 suite 相同;给出时以此为准 · as `suite` of the draft, in whose place it stands
    #[command(flatten)]
    suite: SuiteArgs,
}

pub async fn run(command: ProjectCommand, output: &Output) -> Outcome<()> {
    match command {
        ProjectCommand::Import(new) | ProjectCommand::Draft(new) => create(new, output).await,
        ProjectCommand::Edit { at, file } => {
            let draft: Draft = text::json_file(&file)?;
            let act = EditDraft {
                nonce: nonce(),
                draft,
            };
            at.perform(act, output).await
        }
        ProjectCommand::SealReference(seal) => seal.run(output),
        ProjectCommand::Publish { at } => publish(at, output).await,
        ProjectCommand::Invite {
            at,
            code,
            name,
            reason,
        } => {
            let act = InviteCustodian {
                nonce: nonce(),
                custodian: Named {
                    organisation: code,
                    name,
                },
                reason,
            };
            at.perform(act, output).await
        }
        ProjectCommand::Clarify {
            at,
            title,
            text,
            attachments,
        } => {
            let session = at.connect.session().await?;
            let act = Clarify {
                nonce: nonce(),
                title,
                text,
                attachments: attach(&session, &at.project, &attachments).await?,
            };
            at.perform_as(&session, act, output).await
        }
        ProjectCommand::Postpone { at, t0, reason } => {
            let session = at.connect.session().await?;
            let present = t0_of(&view(&session.server, &at.project).await?);
            let act = Postpone {
                nonce: nonce(),
                t0: text::instant(&t0, present)?,
                reason,
            };
            at.perform_as(&session, act, output).await
        }
        ProjectCommand::Amend {
            at,
            lot,
            file,
            t0,
            reason,
        } => amend(at, lot, text::json_file(&file)?, t0, reason, output).await,
        ProjectCommand::Cancel { at, lot, reason } => {
            let act = Cancel {
                nonce: nonce(),
                lot,
                reason,
            };
            at.perform(act, output).await
        }
        ProjectCommand::Show { at } => show(at, output).await,
        ProjectCommand::List { server } => list(server, output).await,
    }
}

async fn create(new: NewArgs, output: &Output) -> Outcome<()> {
    let mut draft: Draft = text::json_file(&new.file)?;
    if let Some(suite) = new.suite.suite {
        draft.suite = suite.into();
    }
    let session = new.connect.session().await?;
    let request = NewProject {
        external_id: draft.external_id.clone(),
        draft,
    };
    let created: ProjectCreated = session.server.post("projects", &request).await?;
    output.say(
        format!("项目编号:{}", created.id),
        format!("Project id: {}", created.id),
    );
    output.result(&created)
}

/// Signs the digests of the very terms that the server shows, after checking
/// that they are this project's.
async fn publish(at: At, output: &Output) -> Outcome<()> {
    let session = at.connect.session().await?;
    let shown = view(&session.server, &at.project).await?;
    let mut terms = BTreeMap::new();
    for lot in lots_of(&shown) {
        let (read, bytes) = terms_of(&session.server, &at.project, &lot).await?;
        if read.project != at.project || read.lot != lot {
            return Err(not_these_terms(&lot));
        }
        terms.insert(lot, SealingTerms::digest_of(&bytes));
    }
    let act = Publish {
        nonce: nonce(),
        terms,
        t0: t0_of(&shown),
    };
    at.perform_as(&session, act, output).await
}

async fn amend(
    at: At,
    lot: LotId,
    draft: LotDraft,
    t0: Option<String>,
    reason: String,
    output: &Output,
) -> Outcome<()> {
    let session = at.connect.session().await?;
    let shown = view(&session.server, &at.project).await?;
    let present = t0_of(&shown);
    let keys: Vec<KeyView> = match shown.get("keys") {
        Some(keys) => serde_json::from_value(keys.clone()).map_err(Failure::unexpected)?,
        None => Vec::new(),
    };
    let (terms, _) = terms_of(&session.server, &at.project, &lot).await?;
    let amended = amended(terms, &draft, &keys)?;
    let act = AmendTerms {
        nonce: nonce(),
        terms: amended.digest(),
        lot,
        draft,
        t0: t0.map(|t0| text::instant(&t0, present)).transpose()?,
        reason,
    };
    at.perform_as(&session, act, output).await
}

/// The terms that an amendment makes of the present ones, with the keys that
/// custodians have certified for this project.
fn amended(mut terms: SealingTerms, draft: &LotDraft, keys: &[KeyView]) -> Outcome<SealingTerms> {
    let custodians = (1..).zip(&draft.custodians).map(|(x, named)| {
        let key = keys
            .iter()
            .find(|key| key.organisation == named.organisation)
            .ok_or_else(|| key_missing(named))?;
        Ok(Custodian {
            x,
            organisation: named.organisation.clone(),
            name: named.name.clone(),
            key: key.key.clone(),
            agent: key.agent.clone(),
            certified: key.certified.clone(),
            authorised: key.authorised.clone(),
        })
    });
    let custodians = custodians.collect::<Outcome<_>>()?;
    terms.number += 1;
    terms.schema = draft.schema.clone();
    terms.custodians = custodians;
    terms.release = draft.release;
    terms.rescue = draft.rescue;
    terms.policy = draft.policy.clone();
    terms.reference = draft.reference;
    Ok(terms)
}

fn key_missing(named: &Named) -> Failure {
    let Named {
        name, organisation, ..
    } = named;
    Failure::new(
        Kind::Input,
        RefusalCode::CustodianKeyMissing.code(),
        format!(
            "{name}({organisation})还没有为本项目签发密钥,未签署任何内容。请先邀请该单位(kaibiao project invite),由其执行 kaibiao custodian key,再变更。"
        ),
        format!(
            "{name} ({organisation}) has certified no key for this project; nothing was signed. Invite it (`kaibiao project invite`), have it run `kaibiao custodian key`, and amend then."
        ),
    )
}

async fn show(at: At, output: &Output) -> Outcome<()> {
    let shown = match at.connect.key {
        Some(_) => view(&at.connect.session().await?.server, &at.project).await?,
        None => view(&known(at.connect.server).await?, &at.project).await?,
    };
    output.row(text::pretty(&shown)?);
    output.result(&shown)
}

async fn list(server: ServerArgs, output: &Output) -> Outcome<()> {
    let server = known(server).await?;
    let mut list: ProjectList = server.get("projects").await?;
    while let Some(next) = list.next.take() {
        let page: ProjectList = server.get(&format!("projects?after={next}")).await?;
        list.projects.extend(page.projects);
        list.next = page.next;
    }
    for project in &list.projects {
        output.row(format!(
            "{}  {}  {}  {}",
            project.id, project.stage, project.number, project.title
        ));
    }
    output.result(&list)
}

/// The server, if the platform that is pinned for its address answers there.
async fn known(server: ServerArgs) -> Outcome<Server> {
    let server = server.connect()?;
    server.identity().await?;
    Ok(server)
}

impl At {
    pub async fn perform(
        &self,
        act: impl Into<kaibiao_core::act::Act>,
        output: &Output,
    ) -> Outcome<()> {
        self.connect
            .perform(&self.project.to_string(), act, output)
            .await
    }

    pub async fn perform_as(
        &self,
        session: &Session,
        act: impl Into<kaibiao_core::act::Act>,
        output: &Output,
    ) -> Outcome<()> {
        let reply = session
            .act(&self.project.to_string(), &act.into(), Vec::new())
            .await?;
        tell(&reply, output)
    }
}

/// The project as this server shows it to whoever is logged in.
pub async fn view(server: &Server, project: &ProjectId) -> Outcome<Value> {
    server.get(&format!("projects/{project}")).await
}

/// Uploads files and names them for an act.
pub async fn attach(
    session: &Session,
    project: &ProjectId,
    paths: &[PathBuf],
) -> Outcome<Vec<Attachment>> {
    let mut attachments = Vec::new();
    for path in paths {
        let bytes = files::read(path)?;
        let reply = session
            .server
            .patiently(|| {
                session
                    .server
                    .request(
                        reqwest::Method::POST,
                        &format!("projects/{project}/attachments"),
                    )
                    .header("content-type", media_type(path))
                    .body(bytes.clone())
            })
            .await?;
        let stored: AttachmentView =
            serde_json::from_slice(&reply.body).map_err(kaibiao_client::Failure::unexpected)?;
        attachments.push(Attachment {
            name: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            digest: kaibiao_crypto::Digest::of(&bytes),
            size: stored.size,
            media_type: stored.media_type,
        });
    }
    Ok(attachments)
}

fn media_type(path: &std::path::Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("txt") => "text/plain",
        _ => "application/octet-stream",
    }
}

pub async fn terms_of(
    server: &Server,
    project: &ProjectId,
    lot: &LotId,
) -> Outcome<(SealingTerms, Vec<u8>)> {
    let bytes = server
        .get_bytes(&format!("projects/{project}/lots/{lot}/terms"))
        .await?;
    let terms = kaibiao_crypto::canonical::from_bytes(&bytes).map_err(|_| not_these_terms(lot))?;
    Ok((terms, bytes))
}

fn not_these_terms(lot: &LotId) -> kaibiao_client::Failure {
    kaibiao_client::Failure::new(
        kaibiao_client::Kind::Unproved,
        "terms-wrong",
        format!("服务器给出的标段 {lot} 密封条款有误,未签署。请联系交易中心。"),
        format!(
            "The server's sealing terms of lot {lot} are wrong; nothing was signed. Contact the trading centre."
        ),
    )
}

fn lots_of(view: &Value) -> Vec<LotId> {
    let lots = view["lots"].as_object().into_iter().flatten();
    lots.filter_map(|(lot, _)| lot.parse().ok()).collect()
}

fn t0_of(view: &Value) -> i64 {
    view["t0"].as_i64().unwrap_or_default()
}
