//! How many files and connections may be open at once.

#[cfg(unix)]
use std::os::fd::AsFd;

/// Raises the limit of open files as far as the system lets this process, and
/// answers how many there may be then. The usual soft limit of 1,024 is meant for
/// programs that use `select`.
#[cfg(unix)]
pub fn raise() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised,
        Err(_) => limit,
    };
    limit.current.unwrap_or(u64::MAX)
}

/// Ends a connection at once, whatever its owner still means to do with it.
#[cfg(unix)]
pub fn hang_up(connection: &impl AsFd) {
    // A connection that is gone already needs no end.
    let _ = rustix::net::shutdown(connection, rustix::net::Shutdown::Both);
}

/// This system has no such limit.
#[cfg(not(unix))]
pub fn raise() -> u64 {
    u64::MAX
}

/// Here the connection ends when its owner has waited for a request long enough.
#[cfg(not(unix))]
pub fn hang_up<T>(_: &T) {}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::net::{TcpListener, TcpStream};

    use rustix::process::{Resource, getrlimit};

    use super::*;

    #[test]
    fn the_limit_is_as_high_as_it_may_be() {
        let most = raise();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current.unwrap_or(u64::MAX), most);
        assert_eq!(limit.current, limit.maximum);
    }

    #[test]
    fn who_is_hung_up_on_hears_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        hang_up(&server);
        assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    }
}
