//! A proxy before a bucket that goes wrong when it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaibiao_store::Bucket;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It is answered with this status and goes no further.
    Refused(u16),
    /// It is done, and this status is answered.
    DoneBut(u16),
    /// It is done, and never answered.
    Lost,
    /// The connection ends before it is passed on.
    Dropped,
    /// It is done, and half of the answer arrives.
    Cut,
    /// It takes so long.
    Slow(Duration),
}

/// A method, a text that its request's path holds, and what happens to it.
type Planned = (&'static str, &'static str, Fault);

/// The faults to come, each for the next request that it fits.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<VecDeque<Planned>>>);

impl Faults {
    pub fn next(&self, method: &'static str, path: &'static str, fault: Fault) {
        self.0.lock().unwrap().push_back((method, path, fault));
    }

    /// How many have not happened yet.
    pub fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    fn take(&self, line: &str) -> Option<Fault> {
        let mut all = self.0.lock().unwrap();
        let fits = |(method, path, _): &(&str, &str, Fault)| {
            line.starts_with(&format!("{method} ")) && line.contains(path)
        };
        let at = all.iter().position(fits)?;
        all.remove(at).map(|(_, _, fault)| fault)
    }
}

/// The same bucket, seen through the proxy.
pub async fn before(bucket: &Bucket) -> (Bucket, Faults) {
    let faults = Faults::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = Bucket {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        patience: Duration::from_secs(2),
        ..bucket.clone()
    };
    let (to, told) = (bucket.endpoint.replace("http://", ""), faults.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, to.clone(), told.clone()));
        }
    });
    (through, faults)
}

/// Serves one request of a connection, and ends it.
async fn serve(mut client: TcpStream, to: String, faults: Faults) -> std::io::Result<()> {
    let request = request(&mut client).await?;
    let line = String::from_utf8_lossy(&request[..request.len().min(400)]).into_owned();
    let fault = faults.take(line.lines().next().unwrap_or_default());
    match fault {
        Some(Fault::Refused(status)) => return answer(&mut client, status).await,
        Some(Fault::Dropped) => return Ok(()),
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        _ => {}
    }
    let mut server = TcpStream::connect(to).await?;
    server.write_all(&request).await?;
    let mut reply = Vec::new();
    server.read_to_end(&mut reply).await?;
    match fault {
        Some(Fault::DoneBut(status)) => return answer(&mut client, status).await,
        Some(Fault::Lost) => tokio::time::sleep(Duration::from_secs(60)).await,
        Some(Fault::Cut) => reply.truncate(reply.len() - reply.len() / 3),
        _ => {}
    }
    client.write_all(&reply).await?;
    client.shutdown().await
}

async fn answer(client: &mut TcpStream, status: u16) -> std::io::Result<()> {
    let reply =
        format!("HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    client.write_all(reply.as_bytes()).await?;
    client.shutdown().await
}

/// A whole request, which asks for the end of its connection.
async fn request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    while bytes.len() < head + length.unwrap_or_default() {
        client.read_buf(&mut bytes).await?;
    }
    bytes.splice(head - 2..head - 2, *b"Connection: close\r\n");
    Ok(bytes)
}
