//! A real Redis for tests, which ends with what holds it. It is included where it is used.

use std::process::{Child, Command, Stdio};

pub struct Redis {
    pub port: u16,
    child: Child,
}

impl Redis {
    /// One at a free port.
    pub fn anywhere() -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self::start(port)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn start(port: u16) -> Self {
        let mut server = Command::new("redis-server");
        server
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null());
        let child = server.spawn().expect("apt-get install redis-server");
        Self { port, child }
    }

    pub fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
