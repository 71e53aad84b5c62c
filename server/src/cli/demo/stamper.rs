//! An authority of time for the demonstration: a listener that has openssl stamp, where
//! this machine has openssl.

use std::path::{Path, PathBuf};

use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_client::files::{self, Readers};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use super::stage::Stage;

const SETTINGS: &str = include_str!("tsa.cnf");
/// A request with more bytes is none.
const LONGEST: usize = 16 << 10;

/// A running authority.
pub struct Stamper {
    address: String,
    /// Its root certificate, which whoever checks a stamp names.
    pub root: PathBuf,
}

impl Stamper {
    /// Starts one; none where openssl is missing, or makes no such certificates.
    pub async fn start(stage: &Stage) -> Outcome<Option<Self>> {
        let folder = stage.folder.join("tsa");
        files::directory(&folder)?;
        let write = |name: &str, text: &str| {
            files::write(&folder.join(name), text.as_bytes(), Readers::Owner)
        };
        write("tsa.cnf", SETTINGS)?;
        write("serial", "01")?;
        let certify = async |name: &str, more: &str| {
            let words = format!(
                "req -x509 -config tsa.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
                 -days 30 -subj /CN={name} -keyout {name}.key -out {name}.pem {more}"
            );
            openssl(&folder, &words).await
        };
        let certified = certify("root", "-extensions ca").await
            && certify("tsa", "-extensions stamper -CA root.pem -CAkey root.key").await;
        if !certified {
            stage.tell(
                "本机没有可用的 openssl,本次演示没有时间戳",
                "no openssl here that serves, so nothing is time-stamped",
            );
            return Ok(None);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.map_err(Failure::unexpected)?;
        let address = listener.local_addr().map_err(Failure::unexpected)?;
        let root = folder.join("root.pem");
        tokio::spawn(async move {
            // One after the other: they share their files.
            while let Ok((stream, _)) = listener.accept().await {
                let _ = answer(stream, &folder).await;
            }
        });
        stage.tell(
            "时间戳机构(openssl ts)为公开日志加盖时间戳",
            "an authority of time (openssl ts) stamps the public log",
        );
        let address = address.to_string();
        Ok(Some(Self { address, root }))
    }

    /// What the platform's configuration says of it.
    pub fn config(&self) -> String {
        format!(
            "\n[timestamps]\nurl = \"http://{}/\"\nroots = [{:?}]\n",
            self.address, self.root
        )
    }
}

/// Whether openssl did so.
async fn openssl(folder: &Path, words: &str) -> bool {
    let done = Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(folder)
        .output();
    done.await.is_ok_and(|done| done.status.success())
}

/// Answers one request (RFC 3161, 3.4).
async fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut heard = Vec::new();
    let request = loop {
        if stream.read_buf(&mut heard).await? == 0 || heard.len() > LONGEST {
            return Ok(());
        }
        if let Some(body) = whole(&heard) {
            break body;
        }
    };
    tokio::fs::write(folder.join("request.tsq"), request).await?;
    let words = "ts -reply -config tsa.cnf -queryfile request.tsq -signer tsa.pem \
        -inkey tsa.key -out answer.tsr";
    if !openssl(folder, words).await {
        return Ok(());
    }
    let answer = tokio::fs::read(folder.join("answer.tsr")).await?;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    stream.write_all(&[head.as_bytes(), &answer].concat()).await
}

/// The body, once a request has all the bytes that its head announces.
fn whole(request: &[u8]) -> Option<Vec<u8>> {
    let at = request.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&request[..at]).to_lowercase();
    let (_, length) = head.split_once("content-length: ")?;
    let length: usize = length.lines().next()?.trim().parse().ok()?;
    let body = request.get(at + 4..at + 4 + length)?;
    Some(body.to_vec())
}
