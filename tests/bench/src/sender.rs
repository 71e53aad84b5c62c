//! Files sent to other programs' servers, by whatever costs the client least: a connection,
//! and pieces of a file written to it.

use std::fs::File;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Bytes of one PATCH, as the program's own client sends them.
const PIECE: u64 = 4 << 20;
/// Bytes read at a time.
const BUFFER: usize = 1 << 20;

struct Connection {
    stream: TcpStream,
    address: SocketAddr,
}

impl Connection {
    fn to(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address })
    }

    /// One request; the head of its answer, whose body has to be empty or short.
    fn request(
        &mut self,
        line: &str,
        headers: &str,
        body: &mut impl Read,
        length: u64,
    ) -> Result<String> {
        let address = self.address;
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes())?;
        let mut buffer = vec![0; BUFFER];
        let mut body = body.take(length);
        loop {
            let read = body.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            self.stream.write_all(&buffer[..read])?;
        }
        let mut answer = Vec::new();
        while !answer.windows(4).any(|it| it == b"\r\n\r\n") {
            let read = self.stream.read(&mut buffer)?;
            if read == 0 {
                bail!("{line}: the connection has ended");
            }
            answer.extend_from_slice(&buffer[..read]);
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if !answer.starts_with("HTTP/1.1 2") {
            bail!("{line}: {answer}");
        }
        Ok(answer)
    }
}

/// By one PUT.
pub fn put(to: SocketAddr, path: &str, file: &Path) -> Result<()> {
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    let line = format!("PUT {path}");
    Connection::to(to)?.request(&line, "", &mut file, length)?;
    Ok(())
}

/// By tus 1.0: an upload is made, and pieces follow one another.
pub fn tus(to: SocketAddr, path: &str, file: &Path) -> Result<()> {
    const VERSION: &str = "Tus-Resumable: 1.0.0\r\n";
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    let mut connection = Connection::to(to)?;
    let made = format!("{VERSION}Upload-Length: {length}\r\nUpload-Metadata: filename YQ==\r\n");
    let made = connection.request(&format!("POST {path}"), &made, &mut std::io::empty(), 0)?;
    let place = made.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("location")
            .then_some(value.trim())
    });
    let place = place.context("a location")?;
    // It may be an address or a path.
    let place = place.split_once("://").map_or(place, |(_, rest)| {
        rest.find('/').map_or("/", |at| &rest[at..])
    });
    let mut offset = 0;
    while offset < length {
        let piece = PIECE.min(length - offset);
        let headers = format!(
            "{VERSION}Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n"
        );
        connection.request(&format!("PATCH {place}"), &headers, &mut file, piece)?;
        offset += piece;
    }
    Ok(())
}
