//! A real nginx for tests, by the configuration that operators are given
//! (docs/ops/deploy/nginx.conf). It is included where it is used.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = "nginx";

pub struct Nginx(Child);

impl Nginx {
    /// Listens there, without TLS, for these nodes, which speak none. What it writes lies in
    /// the folder.
    pub fn start(folder: &Path, listen: SocketAddr, nodes: &[SocketAddr]) -> Self {
        fs::create_dir_all(folder).unwrap();
        let file = folder.join("nginx.conf");
        fs::write(&file, whole(folder, &site(listen, nodes))).unwrap();
        let child = command(folder, &file)
            .args(["-g", "daemon off;"])
            .stdin(Stdio::null())
            .spawn()
            .expect("scripts/prepare cluster installs nginx");
        Self(child)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM ends its workers too.
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.0.wait();
    }
}

fn command(folder: &Path, file: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("-p").arg(folder).arg("-c").arg(file);
    command.arg("-e").arg(folder.join("error.log"));
    command
}

/// The configuration that operators are given.
pub fn given() -> String {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut files = above.map(|folder| folder.join("docs/ops/deploy/nginx.conf"));
    let file: PathBuf = files.find(|it| it.exists()).unwrap();
    fs::read_to_string(file).unwrap()
}

/// The same with this machine's addresses and without TLS.
fn site(listen: SocketAddr, nodes: &[SocketAddr]) -> String {
    let mut nodes = nodes.iter();
    let mut site = String::new();
    for line in given().lines() {
        let word = line.split_whitespace().next().unwrap_or_default();
        let line = match word {
            "server" if line.contains(":8443") => {
                let (_, options) = line.split_once(":8443").unwrap();
                let node = nodes.next().expect("as many nodes as in the file");
                format!("    server {node}{options}")
            }
            "listen" => format!("    listen {listen};"),
            "proxy_pass" => line.replace("https://", "http://"),
            "error_log" => "    error_log error.log error;".to_owned(),
            _ if word.starts_with("ssl_") || word.starts_with("proxy_ssl_") => continue,
            _ => line.to_owned(),
        };
        writeln!(site, "{line}").unwrap();
    }
    assert!(nodes.next().is_none(), "more nodes than in the file");
    site
}

/// A site with what stands around it.
fn whole(folder: &Path, site: &str) -> String {
    let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let kept = kept.map(|it| format!("{it}_temp_path {}/{it};\n", folder.display()));
    // The workers of a server that root starts are somebody's who may not read the folder.
    let user = Command::new("id").arg("-u").output().unwrap().stdout;
    let user = if user == b"0\n" { "user root;\n" } else { "" };
    format!(
        "{user}worker_processes 2;\npid {folder}/pid;\nevents {{ worker_connections 4096; }}\n\
         http {{\n{kept}\n{site}}}\n",
        folder = folder.display(),
        kept = kept.concat(),
    )
}

/// What nginx says to a site as it is given, with files of certificates that there are.
pub fn checked(folder: &Path, certificate: &Path, key: &Path) -> Result<(), String> {
    let mut site = given();
    for node in ["node1", "node2", "node3"] {
        // Names that nobody knows here.
        site = site.replace(&format!("{node}.internal"), "127.0.0.1");
    }
    let site = site
        .replace("/etc/nginx/kaibiao.pem", &certificate.display().to_string())
        .replace(
            "/etc/nginx/kaibiao-nodes-ca.pem",
            &certificate.display().to_string(),
        )
        .replace("/etc/nginx/kaibiao.key", &key.display().to_string())
        .replace("/var/log/nginx/", &format!("{}/", folder.display()));
    let file = folder.join("given.conf");
    fs::write(&file, whole(folder, &site)).unwrap();
    let said = command(folder, &file).arg("-t").output().unwrap();
    if said.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&said.stderr).into_owned())
    }
}
