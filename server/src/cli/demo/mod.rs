//! `kaibiao demo`: one complete opening, carried out by real processes over
//! the real interface, on a server with nothing installed or configured.

mod bidding;
mod cast;
mod evidence;
mod hall;
mod opening;
mod papers;
mod stage;
mod stamper;
mod stop;
mod tender;
mod witnesses;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use kaibiao_client::failure::{Failure, Outcome};
use tokio::process::Child;

use self::cast::{Cast, path};
use self::hall::Hall;
use self::stage::Stage;
use super::output::Output;
use super::suite::SuiteArgs;

/// 演示一次完整的开标 · one complete opening
#[derive(Debug, Args)]
#[command(after_help = "示例 · examples:
  kaibiao demo            演示后保持运行,可亲自参与第二个项目 · stays up with a second project to take part in
  kaibiao demo --once     演示完即结束 · ends after the story
  kaibiao demo --suite gm 全程国密:各方证书、密封、解密都用 SM2/SM3/SM4 · the same with SM2, SM3 and SM4")]
pub struct DemoArgs {
    /// 演示完即结束,成功时退出码为 0 · end after the story; exit code 0 when all went well
    #[arg(long)]
    once: bool,
    /// 演示数据目录(必须为空),默认新建临时目录 · where everything is kept; must be empty
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 监听地址 · address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// 各方访问平台的地址,默认为监听地址;其前有负载均衡或其他节点时使用
    /// · where participants reach it, if something stands before it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// 最大一份文件的大小(MB) · size of the largest document
    #[arg(long, default_value_t = 300)]
    large: u64,
    #[command(flatten)]
    suite: SuiteArgs,
}

pub async fn run(args: DemoArgs, output: &Output) -> Outcome<()> {
    let staying = tokio::select! {
        staying = story(args, output) => staying?,
        // What was started ends with what is dropped here.
        () = stop::told() => return Err(stop::stopped()),
    };
    match staying {
        Some((hall, _agents)) => hall.stay().await,
        None => Ok(()),
    }
}

/// The whole story; afterwards the platform, and the agents, that stay up for
/// whoever wants to take part.
async fn story(args: DemoArgs, output: &Output) -> Outcome<Option<(Hall, Vec<Child>)>> {
    let folder = folder(args.data)?;
    let url = args.url.clone();
    let url = url.unwrap_or_else(|| format!("http://{}", args.listen));
    let stage = Stage::new(folder, url, args.large, args.suite.asked(), output.json())?;
    stage.print(&format!(
        "开标演示 · Kaibiao demonstration\n数据目录 · data: {}",
        stage.folder.display()
    ));

    stage.scene(
        "认证机构与各方证书",
        "A certificate authority, and a certificate for everybody",
    );
    if !stage.suite.is_intl() {
        stage.tell(
            "国密套件:各方证书、投标密封与解密都用 SM2、SM3、SM4",
            "suite gm: everybody's certificates, sealing and opening are of SM2, SM3 and SM4",
        );
    }
    let cast = Cast::gather(&stage).await?;

    stage.scene("启动平台", "The platform starts");
    let prepared = Hall::prepare(&stage, &args.listen.to_string()).await?;
    stage
        .run(
            &cast.administrator,
            &[
                "account",
                "admin",
                "--data",
                path(&prepared.data),
                "--config",
                path(&prepared.config),
                "--cert",
                path(&cast.administrator.folder.join("key.cert.pem")),
            ],
        )
        .await?;
    let mut hall = prepared.start(&stage).await?;
    stage.tell(
        format!("已监听 {},API 文档 {}/docs", stage.url, stage.url),
        "listening; API documents at /docs",
    );
    cast.bind_roles(&stage).await?;

    let tender = bidding::bidding(&stage, &cast, &hall).await?;
    let record = opening::opening(&stage, &cast, &mut hall, &tender).await?;

    if args.once {
        stage.print("\n演示完成 · done");
        hall.stop().await?;
        output.result(&serde_json::json!({
            "ok": true,
            "project": tender.project,
            "steps": stage.steps(),
            "seconds": stage.seconds(),
            "acts": stage.acts(),
            "record": record,
            "data": stage.folder,
        }))?;
        return Ok(None);
    }
    let agents = bidding::invite(&stage, &cast, &hall).await?;
    Ok(Some((hall, agents)))
}

/// An empty folder: the one named, or a new one.
fn folder(named: Option<PathBuf>) -> Outcome<PathBuf> {
    let folder = match named {
        Some(folder) => {
            std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
            folder
        }
        // Kept, for whoever wants to look at what is there.
        None => tempfile::Builder::new()
            .prefix("kaibiao-demo-")
            .tempdir()
            .map_err(Failure::unexpected)?
            .keep(),
    };
    let folder = folder
        .canonicalize()
        .map_err(|error| Failure::file(&folder, &error))?;
    let mut inside = std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))?;
    if inside.next().is_some() {
        return Err(Failure::new(
            kaibiao_client::Kind::Usage,
            "folder-not-empty",
            format!("{} 不是空目录,请另选一个。", folder.display()),
            format!("{} is not empty; choose another.", folder.display()),
        ));
    }
    Ok(folder)
}
