//! `kaibiao serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use kaibiao_app::config::{Config, Overrides};
use kaibiao_client::failure::{Failure, Kind, Outcome};

/// Where the service keeps its data and listens.
#[derive(Debug, Args)]
#[command(after_help = "示例 · examples:
  kaibiao serve --data /srv/kaibiao
  kaibiao serve --data ./data --listen 0.0.0.0:8443 --config kaibiao.toml")]
pub struct Serve {
    #[command(flatten)]
    pub at: ConfigArgs,
}

/// What the command line says about the configuration.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// 数据目录 · the data directory
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// 监听地址,默认 127.0.0.1:8080;非本机地址一律启用 HTTPS
    /// · address to listen on; always HTTPS on anything but loopback
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// 配置文件(TOML) · configuration file
    #[arg(long, value_name = "FILE", env = "KAIBIAO_CONFIG")]
    pub config: Option<PathBuf>,
}

impl ConfigArgs {
    /// Defaults, file, environment, then these arguments.
    pub fn read(&self) -> Outcome<Config> {
        let overrides = Overrides {
            data: self.data.clone(),
            listen: self.listen,
        };
        Config::read(self.config.as_deref(), &overrides).map_err(|error| {
            Failure::new(
                Kind::Input,
                "config",
                format!("{error}。请改正后重试;可用 kaibiao config check 检查。"),
                format!("{error}. Mend it and try again; `kaibiao config check` looks at it."),
            )
        })
    }
}

pub async fn run(args: Serve) -> Outcome<()> {
    let config = args.at.read()?;
    crate::serve::start_logging(&config.log).map_err(|error| stopped(&error))?;
    crate::serve::run(config)
        .await
        .map_err(|error| stopped(&format!("{error:#}")))
}

fn stopped(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Kind::Unexpected,
        "serve",
        format!("服务未能启动或异常停止:{error}。"),
        format!("The service did not start, or stopped: {error}."),
    )
}
