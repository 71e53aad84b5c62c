//! Complaints (投诉): filing one with or without a certificate, and the supervisor's
//! words on it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{Args, Subcommand, ValueEnum};
use kaibiao_api::{
    ComplaintFiled, ComplaintList, ComplaintReply, ComplaintSecret, ProjectComplaints,
    PublicComplaint, PublicFile,
};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files;
use kaibiao_core::act::{AnswerComplaint, Complain, DeclineComplaint, Matter, TakeUpComplaint};
use kaibiao_core::complaints::{ComplaintView, Standing};
use kaibiao_core::ids::{LotId, Millis, Seq};

use super::connect::{Connect, nonce};
use super::output::Output;
use super::project::{At, attach};

#[derive(Debug, Subcommand)]
pub enum ComplaintCommand {
    /// 向行政监督投诉;没有证书的须写明姓名和联系方式 · complain to the supervisor
    #[command(
        after_help = "示例 · example:\n  kaibiao complaint file ID --lot 1 --matter collusion --request 请求查处 --text … --attach 证据.pdf --key jia.p12\n  kaibiao complaint file ID --lot 1 --matter conduct --request 请求调查 --text … --name 王某 --reach 13800000000"
    )]
    File(FileArgs),
    /// 查看投诉:有证书的看本单位可见的,没有证书的凭编号和查询码 · complaints that one may read
    #[command(
        after_help = "示例 · example:\n  kaibiao complaint list --key supervisor.p12\n  kaibiao complaint list ID --key jia.p12\n  kaibiao complaint read ID --complaint 57 --secret …"
    )]
    List(ListArgs),
    /// 凭编号和查询码查看答复 · reads a complaint without a certificate by its secret
    Read(ReadArgs),
    /// 受理 · takes a complaint up
    TakeUp(OfComplaint),
    /// 不予受理 · declines it
    Decline(DeclineArgs),
    /// 答复已受理的投诉 · answers one that was taken up
    Answer(AnswerArgs),
}

/// 投诉事项 · what a complaint is about
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum About {
    /// 开标活动(投标人须先提出异议) · the opening itself
    Opening,
    /// 招标人、代理机构、交易中心或保管人的行为 · how officials or custodians acted
    Conduct,
    /// 串通投标、弄虚作假 · collusion or deceit
    Collusion,
    /// 平台 · the platform
    Platform,
    /// 其他 · something else
    Other,
}

impl From<About> for Matter {
    fn from(about: About) -> Self {
        match about {
            About::Opening => Self::Opening,
            About::Conduct => Self::Conduct,
            About::Collusion => Self::Collusion,
            About::Platform => Self::Platform,
            About::Other => Self::Other,
        }
    }
}

#[derive(Debug, Args)]
pub struct FileArgs {
    #[command(flatten)]
    at: At,
    /// 标段 · the lot
    #[arg(long)]
    lot: LotId,
    #[arg(long, value_enum)]
    matter: About,
    /// 投诉请求 · what is asked for
    #[arg(long)]
    request: String,
    /// 事实和理由 · the facts
    #[arg(long)]
    text: String,
    /// 所指的事件编号,可多次给出 · the number of an event that it cites
    #[arg(long = "cite", value_name = "SEQ")]
    cites: Vec<Seq>,
    /// 附件 · a file that goes with it
    #[arg(long = "attach", value_name = "FILE")]
    attachments: Vec<PathBuf>,
    /// 没有证书时:姓名 · without a certificate: the name
    #[arg(long, conflicts_with = "key", requires = "reach")]
    name: Option<String>,
    /// 没有证书时:联系方式 · without a certificate: how to be reached
    #[arg(long, requires = "name")]
    reach: Option<String>,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// 项目编号;不写则列出作为监督、招标人或交易中心的全部项目 · the project; all of one's own as an official if left out
    #[arg(value_name = "PROJECT")]
    project: Option<String>,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, Args)]
pub struct ReadArgs {
    #[command(flatten)]
    of: OfComplaint,
    /// 查询码 · the secret
    #[arg(long)]
    secret: String,
}

#[derive(Debug, Args)]
pub struct OfComplaint {
    #[command(flatten)]
    at: At,
    /// 投诉编号 · its number
    #[arg(long, value_name = "SEQ")]
    complaint: Seq,
}

#[derive(Debug, Args)]
pub struct DeclineArgs {
    #[command(flatten)]
    of: OfComplaint,
    /// 理由 · why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct AnswerArgs {
    #[command(flatten)]
    of: OfComplaint,
    /// 处理决定 · the answer
    #[arg(long)]
    text: String,
    /// 附件 · a file that goes with it
    #[arg(long = "attach", value_name = "FILE")]
    attachments: Vec<PathBuf>,
}

pub async fn run(command: ComplaintCommand, output: &Output) -> Outcome<()> {
    match command {
        ComplaintCommand::File(args) => file(args, output).await,
        ComplaintCommand::List(args) => list(args, output).await,
        ComplaintCommand::Read(args) => read(args, output).await,
        ComplaintCommand::TakeUp(OfComplaint { at, complaint }) => {
            let nonce = nonce();
            at.perform(TakeUpComplaint { nonce, complaint }, output)
                .await
        }
        ComplaintCommand::Decline(args) => {
            let OfComplaint { at, complaint } = args.of;
            let act = DeclineComplaint {
                nonce: nonce(),
                complaint,
                reason: args.reason,
            };
            at.perform(act, output).await
        }
        ComplaintCommand::Answer(args) => {
            let OfComplaint { at, complaint } = args.of;
            let session = at.connect.session().await?;
            let act = AnswerComplaint {
                nonce: nonce(),
                complaint,
                text: args.text,
                attachments: attach(&session, &at.project, &args.attachments).await?,
            };
            at.perform_as(&session, act, output).await
        }
    }
}

async fn file(args: FileArgs, output: &Output) -> Outcome<()> {
    if let (Some(name), Some(reach)) = (args.name.clone(), args.reach.clone()) {
        return file_without(args, name, reach, output).await;
    }
    let FileArgs {
        at,
        lot,
        matter,
        request,
        text,
        mut cites,
        attachments,
        ..
    } = args;
    cites.sort_unstable();
    cites.dedup();
    let session = at.connect.session().await?;
    let act = Complain {
        nonce: nonce(),
        lot,
        matter: matter.into(),
        request,
        text,
        cites,
        attachments: attach(&session, &at.project, &attachments).await?,
    };
    at.perform_as(&session, act, output).await
}

async fn file_without(args: FileArgs, name: String, reach: String, output: &Output) -> Outcome<()> {
    let mut sent = Vec::with_capacity(args.attachments.len());
    for path in &args.attachments {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| {
            Failure::new(
                Kind::Usage,
                "no-file-name",
                format!("{} 没有文件名。", path.display()),
                format!("{} has no file name.", path.display()),
            )
        })?;
        sent.push(PublicFile {
            name: name.to_owned(),
            content: BASE64.encode(files::read(path)?),
        });
    }
    let mut cites = args.cites;
    cites.sort_unstable();
    cites.dedup();
    let complaint = PublicComplaint {
        lot: args.lot,
        matter: args.matter.into(),
        request: args.request,
        text: args.text,
        cites,
        name,
        reach,
        files: sent,
    };
    let server = args.at.connect.server.connect()?;
    let path = format!("projects/{}/complaints", args.at.project);
    let filed: ComplaintFiled = server.post(&path, &complaint).await?;
    output.say(
        format!(
            "投诉已登记,编号 {},查询码 {}。查询码只显示这一次,凭它查看答复,请妥善保存。",
            filed.complaint, filed.secret
        ),
        format!(
            "Filed as number {}, with the secret {}. It is shown this once: keep it to read the answer.",
            filed.complaint, filed.secret
        ),
    );
    output.result(&filed)
}

async fn list(args: ListArgs, output: &Output) -> Outcome<()> {
    let Some(project) = args.project else {
        let session = args.connect.session().await?;
        let server = &session.server;
        let mut list: ComplaintList = server.get("complaints").await?;
        while let Some(next) = list.next.take() {
            let page: ComplaintList = server.get(&format!("complaints?after={next}")).await?;
            list.complaints.extend(page.complaints);
            list.next = page.next;
        }
        for line in &list.complaints {
            output.row(format!("{} {}", line.number, line.title));
            row(&line.complaint, output);
        }
        return output.result(&list);
    };
    let path = format!("projects/{project}/complaints");
    let told: ProjectComplaints = if args.connect.key.is_some() {
        args.connect.session().await?.server.get(&path).await?
    } else {
        args.connect.server.connect()?.get(&path).await?
    };
    for complaint in &told.complaints {
        row(complaint, output);
    }
    if let Some(counts) = &told.counts {
        output.say(
            format!(
                "已受理待答复 {},已答复 {},逾期 {}。",
                counts.open, counts.answered, counts.overdue
            ),
            format!(
                "{} taken up and open, {} answered, {} overdue.",
                counts.open, counts.answered, counts.overdue
            ),
        );
    }
    output.result(&told)
}

async fn read(args: ReadArgs, output: &Output) -> Outcome<()> {
    let OfComplaint { at, complaint } = args.of;
    let server = at.connect.server.connect()?;
    let path = format!("projects/{}/complaints/{complaint}", at.project);
    let secret = ComplaintSecret {
        secret: args.secret,
    };
    let reply: ComplaintReply = server.post(&path, &secret).await?;
    row(&reply.complaint, output);
    output.result(&reply)
}

fn row(complaint: &ComplaintView, output: &Output) {
    let standing = match complaint.standing {
        Standing::Waiting => "待决定是否受理 waiting",
        Standing::Open => "已受理 taken up",
        Standing::Declined => "不予受理 declined",
        Standing::Answered => "已答复 answered",
    };
    let due = complaint.due.map(|due| {
        let late = if complaint.overdue {
            ",已逾期 overdue"
        } else {
            ""
        };
        format!(",期限 due {}{late}", day(due - 1))
    });
    let (number, lot) = (complaint.complaint, &complaint.lot);
    let due = due.unwrap_or_default();
    output.row(format!("#{number} 标段 lot {lot} {standing}{due}"));
    if complaint.matter.is_none() {
        output.row("  详情已依法删除 its details were erased");
    }
    let Some(told) = &complaint.told else { return };
    let who = &told.complainant;
    let reach = who.reach.as_deref().or(who.person.as_deref());
    output.row(format!("  {} {}", who.name, reach.unwrap_or_default()));
    output.row(format!("  {}\n  {}", told.request, told.text));
    if let Some(answer) = &told.answer {
        output.row(format!("  → {answer}"));
    }
}

/// The day on which an instant lies in China.
fn day(at: Millis) -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let at = jiff::Timestamp::from_millisecond(at);
    at.map(|at| at.to_zoned(zone).strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}
