//! A line between client and service on which answers get lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes on what is asked and answered. Where `loses` tells a time of what is asked, its
/// last byte is passed on after that time, and the answer gets lost with its connection.
pub async fn losing(
    listener: TcpListener,
    service: SocketAddr,
    loses: impl Fn(&[u8]) -> Option<Duration> + Send + Sync + 'static,
) {
    let loses = Arc::new(loses);
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(service).await.unwrap();
        let loses = Arc::clone(&loses);
        tokio::spawn(async move { pass(client, server, &*loses).await });
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    loses: &(impl Fn(&[u8]) -> Option<Duration> + Sync),
) {
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut is_lost = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let read = read.unwrap_or(0);
                if read == 0 {
                    return;
                }
                let mut rest = &asked[..read];
                if let Some(wait) = loses(rest) {
                    is_lost = true;
                    let (begun, last) = rest.split_at(read - 1);
                    server.write_all(begun).await.unwrap();
                    tokio::time::sleep(wait).await;
                    rest = last;
                }
                server.write_all(rest).await.unwrap();
            }
            read = server.read(&mut answered) => {
                let read = read.unwrap_or(0);
                // It was carried out.
                if read == 0 || is_lost {
                    return;
                }
                client.write_all(&answered[..read]).await.unwrap();
            }
        }
    }
}
