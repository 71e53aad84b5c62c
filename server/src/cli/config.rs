//! `kaibiao config`: what the service would run with.

use clap::Subcommand;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_os::trust::{Authorities, time_authorities};
use serde_json::json;

use super::output::Output;
use super::serve::ConfigArgs;

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// 检查配置与信任目录,不启动服务 · checks configuration and trust directory without serving
    #[command(
        after_help = "示例 · example:\n  kaibiao config check --data /srv/kaibiao --config kaibiao.toml"
    )]
    Check(ConfigArgs),
    /// 显示生效的配置(TOML,不含机密) · shows the configuration in force, without secrets
    Show(ConfigArgs),
}

pub fn run(command: ConfigCommand, output: &Output) -> Outcome<()> {
    match command {
        ConfigCommand::Check(args) => check(&args, output),
        ConfigCommand::Show(args) => {
            let config = args.read()?;
            let text = config.to_toml().map_err(Failure::unexpected)?;
            output.row(&text);
            output.result(&config)
        }
    }
}

fn check(args: &ConfigArgs, output: &Output) -> Outcome<()> {
    let config = args.read()?;
    let trust = config.trust();
    let authorities = Authorities::read(&trust).map_err(|error| {
        Failure::new(
            Kind::Input,
            "trust",
            format!("信任目录有误:{error}。请改正 trust.toml 或其中的文件。"),
            format!(
                "The trust directory is wrong: {error}. Mend trust.toml or the files it names."
            ),
        )
    })?;
    for fault in &authorities.faults {
        output.warn(
            format!("CA {fault}。该 CA 的证书暂不能使用;请改正。"),
            format!("authority {fault}. Its certificates cannot be used until this is mended."),
        );
    }
    if authorities.cas.is_empty() {
        output.warn(
            format!("{} 中没有受信任的 CA,任何人都无法登录。", trust.display()),
            format!("{} names no authority: nobody can log in.", trust.display()),
        );
    }
    let stamps = &config.timestamps;
    time_authorities(&stamps.roots, &stamps.intermediates, &stamps.lists).map_err(|error| {
        Failure::new(
            Kind::Input,
            "timestamps",
            format!("时间戳机构的证书有误:{error}。请改正 timestamps 或其中的文件。"),
            format!(
                "The certificates of the authority of time are wrong: {error}. Mend timestamps or \
                 the files it names."
            ),
        )
    })?;
    let cas: Vec<&str> = authorities.cas.iter().map(|ca| ca.id.as_str()).collect();
    output.say(
        format!(
            "配置可用。监听 {},数据 {},受信任的 CA:{}。",
            config.listen,
            config.data.display(),
            cas.join("、")
        ),
        format!(
            "The configuration is usable. Listens on {}, data in {}, authorities: {}.",
            config.listen,
            config.data.display(),
            cas.join(", ")
        ),
    );
    output.result(&json!({
        "listen": config.listen, "data": config.data, "secrets": config.secrets(),
        "trust": trust, "cas": cas, "encrypted": config.encrypted(),
    }))
}
