//! The server that a command talks to, and the certificate that it logs in
//! with.

use std::path::{Path, PathBuf};

use clap::Args;
use kaibiao_api::ActReply;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::http::{Server, Session};
use kaibiao_client::identity::Identity;
use kaibiao_client::known::Known;
use kaibiao_core::act::Act;
use kaibiao_core::ids::Nonce;
use kaibiao_crypto::signer::Signer;

use super::output::Output;
use super::passphrase::PassphraseArgs;

/// The server's address.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// 平台地址 · the platform's address
    #[arg(
        long,
        value_name = "URL",
        env = "KAIBIAO_SERVER",
        default_value = "http://127.0.0.1:8080"
    )]
    pub server: String,
    /// 平台 TLS 证书的 CA(PEM),内网部署时使用 · authority of its TLS certificate, for an intranet
    #[arg(long, value_name = "PEM", env = "KAIBIAO_TLS_CA")]
    pub tls_ca: Option<PathBuf>,
    /// 本机记忆的文件夹:信任的平台、各招标人以往项目的各方;默认在用户的状态目录中
    /// · where this machine keeps which platforms it trusts and whom it has met; default: the user's state folder
    #[arg(long, value_name = "DIR", env = "KAIBIAO_STATE")]
    pub state_dir: Option<PathBuf>,
}

/// The server's address and the certificate to log in with.
#[derive(Debug, Clone, Args)]
pub struct Connect {
    #[command(flatten)]
    pub server: ServerArgs,
    /// 证书及私钥(.p12、PEM),或令牌的地址(pkcs11:…、skf:…)
    /// · certificate and private key (.p12, PEM), or a token's address (pkcs11:…, skf:…)
    #[arg(long, value_name = "FILE", env = "KAIBIAO_KEY")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

impl ServerArgs {
    pub fn connect(&self) -> Outcome<Server> {
        self.connect_to(&self.server)
    }

    /// The same for an address that was given otherwise.
    pub fn connect_to(&self, url: &str) -> Outcome<Server> {
        Ok(Server::new(url, self.tls_ca.as_deref())?.with(self.known()))
    }

    /// What this machine remembers.
    pub fn known(&self) -> Known {
        self.state_dir.clone().map_or_else(Known::usual, Known::at)
    }
}

impl Connect {
    /// The key file that was named.
    pub fn key_path(&self) -> Outcome<&Path> {
        self.key.as_deref().ok_or_else(|| {
            Failure::new(
                Kind::Usage,
                "key-needed",
                "此操作需要证书:请用 --key 指定 .p12 文件,或设置 KAIBIAO_KEY。",
                "This needs a certificate: name a .p12 with --key or set KAIBIAO_KEY.",
            )
        })
    }

    /// The signing certificate of the key file.
    pub fn signer(&self) -> Outcome<Box<dyn Signer + Send + Sync>> {
        let path = self.key_path()?;
        Identity::load(path, &|path| self.passphrase.existing(path))?.signer()
    }

    pub async fn session(&self) -> Outcome<Session> {
        let signer = self.signer()?;
        self.server.connect()?.login(signer).await
    }

    /// Logs in, performs one act, and tells what came of it.
    pub async fn perform(
        &self,
        project: &str,
        act: impl Into<Act>,
        output: &Output,
    ) -> Outcome<()> {
        let session = self.session().await?;
        let reply = session.act(project, &act.into(), Vec::new()).await?;
        tell(&reply, output)
    }
}

/// Says which events an act caused.
pub fn tell(reply: &ActReply, output: &Output) -> Outcome<()> {
    for event in &reply.events {
        match event.seq {
            Some(seq) => output.row(format!("✓ {} #{seq}", event.kind)),
            None => output.row(format!("✓ {}", event.kind)),
        }
    }
    output.result(reply)
}

/// A fresh nonce, which makes one signed body differ from every other.
pub fn nonce() -> Nonce {
    Nonce(kaibiao_os::random::bytes())
}
