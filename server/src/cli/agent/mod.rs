//! `kaibiao agent`: the token agent, which lets the page use keys of this machine
//! (docs/spec/token-agent.md). A custodian's unattended agent is another thing:
//! `kaibiao custodian serve-all`.

mod window;

use std::sync::Arc;

use clap::Args;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::http::Server;
use kaibiao_client::known::Platform;
use kaibiao_token::{Address, TokenProblem};
use kaibiao_token_agent::file::FileHolder;
use kaibiao_token_agent::holder::KeyHolder;
use kaibiao_token_agent::token::TokenHolder;
use kaibiao_token_agent::{Desk, PORT, Service};
use serde::Serialize;

use super::connect::Connect;
use super::output::Output;
use window::Window;

#[derive(Debug, Args)]
pub struct AgentArgs {
    #[command(flatten)]
    connect: Connect,
    /// 平台在浏览器中的地址,与 --server 不同时使用;可重复
    /// · the platform's address in the browser, where it is not that of --server; may be repeated
    #[arg(long, value_name = "URL")]
    page: Vec<String>,
    /// 监听的端口(仅本机) · the port, on this machine alone
    #[arg(long, default_value_t = PORT)]
    port: u16,
}

/// What `--json` tells once it listens.
#[derive(Serialize)]
struct Listening<'a> {
    port: u16,
    pages: Vec<&'a str>,
    platform: &'a str,
    holder: &'a str,
    label: &'a str,
}

pub async fn run(args: AgentArgs, output: &Output) -> Outcome<()> {
    let holder = holder(&args.connect)?;
    let server = args.connect.server.connect()?;
    let platform = platform(&server, output).await?;
    let pages = if args.page.is_empty() {
        vec![server.location()?]
    } else {
        let pages = args.page.iter();
        pages
            .map(|page| Server::new(page, None)?.location())
            .collect::<Outcome<_>>()?
    };
    let services = pages.into_iter().map(|page| Service {
        page,
        platform: platform.origin.clone(),
    });
    let services: Vec<Service> = services.collect();
    let listener = kaibiao_token_agent::listen(args.port);
    let listener = listener.await.map_err(|error| taken(args.port, &error))?;
    let port = listener.local_addr().map_err(Failure::unexpected)?.port();
    let (kind, label) = (holder.kind(), holder.label());
    let pages = services.iter().map(|service| service.page.as_str());
    let pages: Vec<&str> = pages.collect();
    greet(output, &pages, port, &label);
    output.result(&Listening {
        port,
        pages,
        platform: &platform.origin,
        holder: kind,
        label: &label,
    })?;
    // A passphrase that was given beforehand is a key file's, never a PIN that is tried
    // by itself.
    let given = (kind == "file").then(|| args.connect.passphrase.clone());
    let window = Window::new(given);
    let desk = Arc::new(Desk::new(services, holder, Box::new(window)));
    tokio::select! {
        ended = kaibiao_token_agent::serve(listener, desk) => ended.map_err(Failure::unexpected)?,
        _ = tokio::signal::ctrl_c() => {}
    }
    // A question that stands in the window would hold the runtime's end up.
    std::process::exit(0)
}

/// What `--key` names: a token by its address, which need not be plugged in yet, or a
/// key file.
fn holder(connect: &Connect) -> Outcome<Box<dyn KeyHolder>> {
    let path = connect.key_path()?;
    let text = path.to_string_lossy();
    if !Address::is_one(&text) {
        let holder = FileHolder::open(path, &|path| connect.passphrase.existing(path))?;
        return Ok(Box::new(holder));
    }
    let address = Address::parse(&text).map_err(|problem| unusable(&problem))?;
    let middleware = address.middleware().map_err(|problem| unusable(&problem))?;
    Ok(Box::new(TokenHolder::new(address, middleware)))
}

fn unusable(problem: &TokenProblem) -> Failure {
    Failure::new(Kind::Key, problem.code(), problem.zh(), problem.en())
}

/// Who the platform is: what answers there now, which must be what is pinned; what
/// is pinned alone, where nothing answers.
async fn platform(server: &Server, output: &Output) -> Outcome<Platform> {
    match server.identity().await {
        Err(failure) if failure.kind == Kind::Network => {
            let pinned = server.known().platforms()?.remove(&server.location()?);
            let pinned = pinned.ok_or(failure)?;
            output.warn(
                "平台现在没有应答,按本机以前记下的平台名称办理。",
                "The platform does not answer; what this machine remembers of it counts.",
            );
            Ok(pinned)
        }
        answered => answered,
    }
}

fn greet(output: &Output, pages: &[&str], port: u16, label: &str) {
    output.say(
        format!("证书助手已启动,使用 {label},端口 {port}。请保持本窗口打开。"),
        format!("The token agent is running with {label}, port {port}. Keep this window open."),
    );
    for page in pages {
        output.say(
            format!("在浏览器中打开 {page}/login,选择“令牌中的证书”。"),
            format!("Open {page}/login in the browser and choose “A certificate in a token”."),
        );
    }
    output.say("按 Ctrl-C 结束。", "Ctrl-C ends it.");
}

fn taken(port: u16, error: &std::io::Error) -> Failure {
    Failure::new(
        Kind::Usage,
        "port-taken",
        format!(
            "无法在本机端口 {port} 上监听({error});证书助手可能已在运行。请关闭它,或用 --port 换一个端口,并在网页中填写同一端口。"
        ),
        format!(
            "Cannot listen on port {port} ({error}); the token agent may be running already. Close it, or choose another --port and enter the same in the page."
        ),
    )
}
