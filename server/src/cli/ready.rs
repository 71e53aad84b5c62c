//! `kaibiao ready`: asks a service whether it can do its work, for containers, units and
//! rolling updates.

use std::time::{Duration, Instant};

use clap::Args;
use kaibiao_api::ReadyView;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use reqwest::Method;

use super::connect::ServerArgs;
use super::output::Output;

/// How long between two questions.
const EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
#[command(after_help = "示例 · examples:
  kaibiao ready --server https://127.0.0.1:8443 --tls-ca /var/lib/kaibiao/data/tls-ca.pem
  kaibiao ready --server https://node2:8443 --tls-ca tls-ca.pem --wait 60")]
pub struct ReadyArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// 最多等待的秒数 · how many seconds it is waited for at most
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

pub async fn run(args: ReadyArgs, output: &Output) -> Outcome<()> {
    let until = Instant::now() + Duration::from_secs(args.wait);
    loop {
        match ask(&args.server).await {
            Ok(view) => {
                output.say("服务已就绪。", "The service is ready.");
                return output.result(&view);
            }
            Err(failure) if Instant::now() >= until => return Err(failure),
            Err(_) => tokio::time::sleep(EVERY).await,
        }
    }
}

async fn ask(server: &ServerArgs) -> Outcome<ReadyView> {
    let server = server.connect()?;
    let reply = server.request(Method::GET, "/readyz").send().await;
    let reply = reply.map_err(|error| not_ready(&error))?;
    let view: ReadyView = reply.json().await.map_err(|error| not_ready(&error))?;
    if view.ready {
        return Ok(view);
    }
    let failed = view.checks.iter().filter(|(_, is_well)| !**is_well);
    let failed: Vec<_> = failed.map(|(check, _)| check.as_str()).collect();
    Err(not_ready(&format!("/readyz 503 {}", failed.join(" "))))
}

fn not_ready(what: &dyn std::fmt::Display) -> Failure {
    let what = what.to_string();
    let what = what.trim_end();
    Failure::new(
        Kind::Network,
        "not-ready",
        format!("服务未就绪:{what}。请查看服务日志。"),
        format!("The service is not ready: {what}. Its log says why."),
    )
}
