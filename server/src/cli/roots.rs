//! The user's own trusted roots: what a server says about trust is never asked.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_os::trust::Authorities;

#[derive(Debug, Clone, Args)]
pub struct RootsArgs {
    /// 信任目录(trust.toml、根证书、吊销列表) · one's own trust directory
    #[arg(long, value_name = "DIR", env = "KAIBIAO_CA")]
    pub roots: Option<PathBuf>,
}

impl RootsArgs {
    pub fn read(&self) -> Outcome<Arc<Authorities>> {
        match self.optional()? {
            Some(authorities) => Ok(authorities),
            None => Err(Failure::new(
                Kind::Usage,
                "roots-needed",
                "需要信任目录:请用 --roots 指定(其中有 trust.toml 和 CA 根证书),或设置 KAIBIAO_CA。",
                "A trust directory is needed: name it with --roots (it holds trust.toml and the CA's root), or set KAIBIAO_CA.",
            )),
        }
    }

    pub fn optional(&self) -> Outcome<Option<Arc<Authorities>>> {
        let Some(directory) = &self.roots else {
            return Ok(None);
        };
        let unusable = |reason: String| {
            Failure::new(
                Kind::Input,
                "roots-unusable",
                format!("信任目录 {} 不可用:{reason}。", directory.display()),
                format!(
                    "The trust directory {} cannot be used: {reason}.",
                    directory.display()
                ),
            )
        };
        let authorities =
            Authorities::read(directory).map_err(|error| unusable(error.to_string()))?;
        if let Some(fault) = authorities.faults.first() {
            return Err(unusable(fault.to_string()));
        }
        if authorities.cas.is_empty() {
            return Err(unusable(
                "trust.toml 中没有 CA / no authority in trust.toml".to_owned(),
            ));
        }
        Ok(Some(Arc::new(authorities)))
    }
}

/// This machine's clock, UTC milliseconds.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
