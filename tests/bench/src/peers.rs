//! Other programs' servers, on loopback, for as long as a turn or a row wants them.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::{family, is_there, must};
use crate::rows::folder;

/// A server that is no part of the project.
pub struct Peer {
    child: Child,
    pub address: SocketAddr,
    pub folder: tempfile::TempDir,
}

/// Something that scripts/peers has made, where it has.
pub fn tool(name: &str) -> Option<Command> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let path = std::path::absolute(target)
        .ok()?
        .join("tools/peers/bin")
        .join(name);
    path.is_file().then(|| Command::new(path))
}

/// A module of nginx's, where it is installed.
pub fn nginx_module(name: &str) -> Option<PathBuf> {
    let path = Path::new("/usr/lib/nginx/modules").join(name);
    (is_there("nginx") && path.is_file()).then_some(path)
}

impl Peer {
    /// nginx with a worker for each core, these modules, and these locations of one server.
    pub fn nginx(modules: &[PathBuf], around: &str, locations: &str) -> Result<Self> {
        let (folder, address) = (folder()?, free()?);
        let root = folder.path().display();
        let modules = modules
            .iter()
            .map(|it| format!("load_module {};\n", it.display()));
        let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let kept = kept.map(|it| format!("{it}_temp_path {root}/{it};\n"));
        // The workers of a server that root starts are somebody's who may not read the folder.
        let user = must(Command::new("id").arg("-u"))?;
        let user = if user.trim() == "0" {
            "user root;\n"
        } else {
            ""
        };
        let config = format!(
            "{modules}{user}daemon off;\npid {root}/pid;\nworker_processes auto;\nworker_rlimit_nofile 20000;\n\
             events {{ worker_connections 19000; }}\n\
             http {{\naccess_log off;\n{kept}{around}\n\
             server {{ listen {address} backlog=4096;\n{locations}\n}} }}\n",
            modules = modules.collect::<String>(),
            kept = kept.concat(),
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config)?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file);
        command.arg("-e").arg(folder.path().join("error.log"));
        Self::start(command, address, folder)
    }

    /// Starts it, until it answers.
    pub fn start(
        mut command: Command,
        address: SocketAddr,
        folder: tempfile::TempDir,
    ) -> Result<Self> {
        let log = std::fs::File::create(folder.path().join("log"))?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command.spawn().with_context(|| format!("{command:?}"))?;
        let mut peer = Self {
            child,
            address,
            folder,
        };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > Duration::from_secs(20) || peer.child.try_wait()?.is_some() {
                let read = |name: &str| std::fs::read_to_string(peer.folder.path().join(name));
                let (said, errors) = (read("log")?, read("error.log").unwrap_or_default());
                bail!("{command:?} does not answer: {said}{errors}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(peer)
    }

    /// It and what it has started.
    pub fn processes(&self) -> Vec<u32> {
        family(self.child.id())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // SIGTERM ends workers too.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

/// An address that was free a moment ago.
pub fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
