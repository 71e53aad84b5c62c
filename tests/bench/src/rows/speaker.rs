//! Whoever speaks in a room that a row is about: the host by the service, or others by
//! other programs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use kaibiao_client::http::Session;
use kaibiao_core::act::{Act, Clarify};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::crowd::{Door, mark};
use super::folder;
use crate::act;
use crate::measure::Contender;
use crate::peers::{Peer, free, nginx_module, tool};
use crate::process::Running;
use crate::town::{Town, nonce, said};

const NCHAN: &str = "nchan";
const WS: &str = "ws (node)";

/// Of an event, in bytes, where it is no act.
const FRAME: usize = 300;

/// nchan's module, where it is installed.
fn nchan_module() -> Option<std::path::PathBuf> {
    nginx_module("ngx_nchan_module.so")
}

/// nginx with nchan, which keeps a hundred events of a channel and hands out those after
/// the one that a watcher names.
fn nchan() -> Result<Peer> {
    let module = nchan_module().context("nchan is there")?;
    let locations = "
        location ~ ^/pub/(.+)$ {
            nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 100; nchan_message_timeout 10m;
        }
        location ~ ^/sub/(.+)$ {
            nchan_subscriber websocket; nchan_channel_id $1; nchan_subscriber_first_message newest;
            nchan_subscriber_last_message_id $arg_last;
        }";
    Peer::nginx(&[module], "nchan_shared_memory_size 256m;", locations)
}

/// A room by ws, on one core.
fn ws() -> Result<Peer> {
    let (folder, address) = (folder()?, free()?);
    let mut command = tool("bench-ws").context("it is there")?;
    command.arg(address.port().to_string());
    Peer::start(command, address, folder)
}

/// Other programs' rooms, of those that are installed.
#[derive(Default)]
pub struct Others {
    nchan: Option<Peer>,
    ws: Option<Peer>,
}

impl Others {
    pub fn contenders() -> [Contender; 2] {
        [
            Contender::peer(NCHAN, nchan_module().is_some()),
            Contender::peer(WS, tool("bench-ws").is_some()),
        ]
    }

    pub fn start(&mut self) -> Result<()> {
        if self.nchan.is_none() && nchan_module().is_some() {
            self.nchan = Some(nchan()?);
        }
        if self.ws.is_none() && tool("bench-ws").is_some() {
            self.ws = Some(ws()?);
        }
        Ok(())
    }

    /// A new channel of one of them.
    pub fn speaker(&self, name: &str) -> Result<Speaker> {
        let peer = if name == NCHAN { &self.nchan } else { &self.ws };
        Ok(Speaker::peer(peer.as_ref().context("it was started")?))
    }
}

pub enum Speaker {
    Host {
        session: Box<Session>,
        project: String,
        address: SocketAddr,
        processes: Vec<u32>,
    },
    Loop {
        child: Running,
        input: ChildStdin,
        address: SocketAddr,
    },
    Peer {
        address: SocketAddr,
        channel: String,
        processes: Vec<u32>,
    },
}

impl Speaker {
    /// The host of a new project, and its room.
    pub async fn host(town: &Town) -> Result<Self> {
        let officials = town.sessions().await?;
        let project = town.publish_by(&officials, 7200).await?.id;
        Ok(Self::Host {
            session: Box::new(officials.into_iter().next().context("a host")?),
            project,
            address: town.url.trim_start_matches("http://").parse()?,
            processes: town.processes(),
        })
    }

    /// The floor: this program, which writes to so many watchers in turn.
    pub fn bare_loop(watchers: usize) -> Result<Self> {
        let mut command = act::command("spread")?;
        let (child, port) = with_port(command.arg(watchers.to_string()))?;
        let mut child = child;
        let input = child.0.stdin.take().context("a pipe")?;
        Ok(Self::Loop {
            child,
            input,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        })
    }

    /// A new channel of another program.
    fn peer(peer: &Peer) -> Self {
        Self::Peer {
            address: peer.address,
            channel: format!("{:032x}", u128::from_be_bytes(kaibiao_os::random::bytes())),
            processes: peer.processes(),
        }
    }

    pub fn processes(&self) -> Vec<u32> {
        match self {
            Self::Host { processes, .. } | Self::Peer { processes, .. } => processes.clone(),
            Self::Loop { child, .. } => vec![child.0.id()],
        }
    }

    /// Where those watch who want what happens from now on.
    pub fn door(&self) -> Door {
        match self {
            Self::Host {
                project, address, ..
            } => Door {
                address: *address,
                path: format!("/api/v1/openings/{project}/live?after=1000000"),
                greeting: "hello",
            },
            Self::Loop { address, .. } => Door {
                address: *address,
                path: "/".to_owned(),
                greeting: "hello",
            },
            Self::Peer {
                address, channel, ..
            } => Door {
                address: *address,
                path: format!("/sub/{channel}"),
                greeting: "",
            },
        }
    }

    /// Says something with an event's mark in it; where those come back who have heard it
    /// and nothing after it.
    pub async fn say(&mut self, event: usize) -> Result<String> {
        match self {
            Self::Host {
                session, project, ..
            } => {
                let act: Act = Clarify {
                    nonce: nonce(),
                    title: mark(event),
                    text: "请按补充说明报价。".repeat(8),
                    attachments: Vec::new(),
                }
                .into();
                session.act(project, &act, Vec::new()).await.map_err(said)?;
                Ok(String::new())
            }
            Self::Loop { input, .. } => {
                writeln!(input, "{}", mark(event))?;
                Ok(String::new())
            }
            Self::Peer {
                address, channel, ..
            } => {
                let body = format!("{:.<FRAME$}", mark(event));
                let answer = post(*address, &format!("/pub/{channel}"), &body).await?;
                let answer: Value = serde_json::from_str(&answer)?;
                let last = answer["last_message_id"].as_str().context("an id")?;
                Ok(last.to_owned())
            }
        }
    }

    /// Where those come back who have heard everything so far, of which the last is named.
    pub async fn door_after(&self, last: &str) -> Result<Door> {
        let mut door = self.door();
        match self {
            Self::Host { project, .. } => {
                // The length of the feed stands in everybody's greeting.
                let greeting = door.greeting().await?;
                let length = greeting.split("\"length\":").nth(1).context("a length")?;
                let digits = length.bytes().take_while(u8::is_ascii_digit).count();
                let length = &length[..digits];
                door.path = format!("/api/v1/openings/{project}/live?after={length}");
            }
            Self::Peer { .. } => door.path = format!("{}?last={last}", door.path),
            Self::Loop { .. } => bail!("the loop remembers nothing"),
        }
        Ok(door)
    }
}

/// Starts this program's work that says its port first.
pub fn with_port(command: &mut Command) -> Result<(Running, u16)> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = Running(command.spawn()?);
    let mut port = String::new();
    let said = child.0.stdout.take().context("a pipe")?;
    BufReader::new(said).read_line(&mut port)?;
    Ok((child, port.trim().parse()?))
}

/// The body of the answer to a POST.
async fn post(address: SocketAddr, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept: text/json\r\n\
         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    if !head.starts_with("HTTP/1.1 2") {
        bail!("{path}: {answer}");
    }
    Ok(body.to_owned())
}
