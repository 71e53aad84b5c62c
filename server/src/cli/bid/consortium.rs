//! `kaibiao bid joint` and `consent`: a consortium's submission, signed by each of
//! its members on its own machine.

use std::path::PathBuf;

use clap::Args;
use kaibiao_client::consortium::{Consortium, Joint};
use kaibiao_client::failure::Outcome;
use kaibiao_client::{bid, files, submission};
use kaibiao_core::terms::Named;
use serde_json::json;

use super::online::OfBid;
use crate::cli::connect::Connect;
use crate::cli::output::Output;

/// The members of a consortium beside its lead.
#[derive(Debug, Clone, Args)]
pub struct ConsortiumArgs {
    /// 联合体成员,可多次给出 · a member of the consortium
    #[arg(long, value_name = "CODE=NAME", value_parser = member)]
    member: Vec<Named>,
    /// 联合体协议为纸质,随投标文件提交;成员未在平台签名,记录会注明
    /// · the members' agreement is on paper among the documents; the record says that they have not signed
    #[arg(long, requires = "member")]
    paper_agreement: bool,
}

#[derive(Debug, Args)]
pub struct JointArgs {
    #[command(flatten)]
    of: OfBid,
    /// 联合体成员,可多次给出 · a member of the consortium
    #[arg(long, value_name = "CODE=NAME", value_parser = member, required = true)]
    member: Vec<Named>,
    /// 待签文件,默认在投标文件旁 · the file for the members; beside the bid by default
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ConsentArgs {
    /// 牵头人发来的待签文件 · the file that the lead has passed on
    file: PathBuf,
    #[command(flatten)]
    connect: Connect,
}

impl From<ConsortiumArgs> for Consortium {
    fn from(args: ConsortiumArgs) -> Self {
        Self {
            members: args.member,
            paper: args.paper_agreement,
        }
    }
}

/// The lead signs, and writes the file that its members sign.
pub async fn joint(args: JointArgs, output: &Output) -> Outcome<()> {
    let session = args.of.connect.session().await?;
    let header = bid::open(&args.of.bid)?.header().clone();
    let context = header.context();
    let consortium = Consortium {
        members: args.member,
        paper: false,
    };
    let act = submission::act(&session, &header, &context.lot, &consortium).await?;
    let path = args
        .output
        .unwrap_or_else(|| files::beside(&args.of.bid, ".joint.json"));
    Joint::new(&context.project, act).write(&path)?;
    output.say(
        format!("已生成待签文件 {}。请交各成员签名(kaibiao bid consent),再用 bid submit --joint 递交。", path.display()),
        format!("Wrote {}. Pass it to each member to sign (kaibiao bid consent), then hand in with bid submit --joint.", path.display()),
    );
    output.result(&json!({ "file": path, "bid": header.digest() }))
}

/// A member signs the same act.
pub async fn consent(args: ConsentArgs, output: &Output) -> Outcome<()> {
    let mut joint = Joint::read(&args.file)?;
    let submit = joint.submit()?;
    output.say(
        format!(
            "项目 {} 标段 {},投标文件 {}。联合体成员:",
            joint.project, submit.lot, submit.bid
        ),
        format!(
            "Project {}, lot {}, bid {}. Members:",
            joint.project, submit.lot, submit.bid
        ),
    );
    for member in &submit.members {
        output.row(format!("{}  {}", member.organisation, member.name));
    }
    let session = args.connect.session().await?;
    joint.consent(&session)?;
    joint.write(&args.file)?;
    output.say(
        format!(
            "已签名并写入 {}({} / {})。",
            args.file.display(),
            joint.consents.len(),
            submit.members.len()
        ),
        format!(
            "Signed, in {} ({} of {}).",
            args.file.display(),
            joint.consents.len(),
            submit.members.len()
        ),
    );
    output.result(&json!({
        "file": args.file, "bid": submit.bid,
        "signed": joint.consents.len(), "members": submit.members.len(),
    }))
}

fn member(text: &str) -> Result<Named, String> {
    let (code, name) = text.split_once('=').ok_or("CODE=NAME")?;
    Ok(Named {
        organisation: code
            .parse()
            .map_err(|_| format!("{code}: not a unified social credit code"))?,
        name: name.to_owned(),
    })
}
