//! The live room of an opening, followed across broken connections.

use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use kaibiao_api::RoomMessage;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

use super::failure::{Failure, Kind, Outcome};
use super::http::Server;

/// The server sends its clock every few seconds, so a longer silence means that
/// the connection is cut.
const SILENCE: Duration = Duration::from_secs(40);
const PAUSES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// One connection to a room.
pub struct Room {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Room {
    /// Joins after item `after` of the caller's own feed (0: from the start).
    pub async fn join(server: &Server, project: &str, after: u64) -> Outcome<Self> {
        let address = server.address(&format!("openings/{project}/live?after={after}"));
        // http becomes ws, https becomes wss.
        let address = address.replacen("http", "ws", 1);
        let mut request = address
            .as_str()
            .into_client_request()
            .map_err(Failure::unexpected)?;
        if let Some(cookie) = server.cookie() {
            let cookie = HeaderValue::from_str(cookie).map_err(Failure::unexpected)?;
            request.headers_mut().insert("cookie", cookie);
        }
        let connector = if address.starts_with("wss:") {
            Connector::Rustls(server.tls()?)
        } else {
            Connector::Plain
        };
        let joined =
            tokio_tungstenite::connect_async_tls_with_config(request, None, true, Some(connector))
                .await;
        match joined {
            Ok((stream, _)) => Ok(Room { stream }),
            Err(tungstenite::Error::Http(response)) => Err(super::http::refusal(
                response.status(),
                response.body().as_deref().unwrap_or_default(),
            )),
            Err(error) => Err(match super::http::untrusted(&error) {
                Some(reason) => super::http::not_trusted(&reason),
                None => cut(&error),
            }),
        }
    }

    /// The next message; a failure of kind `Network` when the connection is cut.
    pub async fn next(&mut self) -> Outcome<RoomMessage> {
        loop {
            let frame = tokio::time::timeout(SILENCE, self.stream.next())
                .await
                .map_err(|_| cut(&"silence"))?;
            match frame {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(|error| {
                        Failure::new(
                            Kind::Unexpected,
                            "not-understood",
                            format!("无法理解现场消息:{error}。请升级客户端。"),
                            format!("Cannot understand a message of the room: {error}. Update this program."),
                        )
                    });
                }
                Some(Ok(Message::Ping(payload))) => {
                    self.stream
                        .send(Message::Pong(payload))
                        .await
                        .map_err(|error| cut(&error))?;
                }
                Some(Ok(Message::Close(_))) | None => return Err(cut(&"closed")),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(cut(&error)),
            }
        }
    }
}

/// Follows a room until `each` says to stop, joining again where it was when
/// the connection is cut. The first join must succeed.
pub async fn follow<T>(
    server: &Server,
    project: &str,
    after: u64,
    mut each: impl FnMut(RoomMessage) -> Outcome<ControlFlow<T>>,
) -> Outcome<T> {
    let mut seen = after;
    let mut room = Room::join(server, project, seen).await?;
    loop {
        match room.next().await {
            Ok(message) => {
                if let RoomMessage::Item(item) = &message {
                    seen = seen.max(item.n);
                }
                if let ControlFlow::Break(result) = each(message)? {
                    return Ok(result);
                }
            }
            Err(failure) if failure.kind == Kind::Network => {
                room = rejoin(server, project, seen).await?;
            }
            Err(failure) => return Err(failure),
        }
    }
}

async fn rejoin(server: &Server, project: &str, after: u64) -> Outcome<Room> {
    let mut pauses = PAUSES.iter().chain(std::iter::repeat_n(&PAUSES[4], 120));
    loop {
        match Room::join(server, project, after).await {
            Err(failure) if failure.kind == Kind::Network => match pauses.next() {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => return Err(failure),
            },
            other => return other,
        }
    }
}

fn cut(reason: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Kind::Network,
        "room-cut",
        format!("现场连接中断:{reason}。正在重连;若持续失败请检查网络。"),
        format!(
            "The room's connection was cut: {reason}. Joining again; check the network if it goes on."
        ),
    )
}
