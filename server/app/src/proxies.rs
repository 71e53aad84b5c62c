//! Reverse proxies before the service, and whose request it is that one of them
//! passes on.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The proxies that are believed when they say for whom they ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxies {
    /// Their addresses or networks. A request from anywhere else counts for the
    /// address that it comes from, whatever its header says.
    pub trusted: Vec<Network>,
    /// The header in which they say it. The other one is not read, since a client
    /// may have written it.
    pub header: ForwardedHeader,
}

/// The header in which a proxy says for whom it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, as most proxies write it.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// The addresses in a field's value, in their order; none for what is none.
    fn hops(self, value: &str) -> Vec<Option<IpAddr>> {
        let elements = value.split(',');
        match self {
            Self::XForwardedFor => elements.map(|it| address(it.trim())).collect(),
            Self::Forwarded => elements.map(forwarded_for).collect(),
        }
    }
}

/// One address, or a network in the notation of RFC 4632.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = text.parse().or_else(|_| text.parse().map(IpAddr::into));
        network
            .map(Self)
            .map_err(|_| format!("{text} is neither an address nor a network"))
    }
}

impl Network {
    /// Whether an address is in it.
    pub fn holds(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Proxies {
    /// Whether this is the address of one of them.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.holds(address))
    }

    /// Whose request it is that comes from `peer` with these values of the header,
    /// in their order: read from the right, the first address that is no proxy's.
    /// What stands to the left of it that client may have written itself.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        values: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut client = peer.to_canonical();
        let hops = values
            .rev()
            .flat_map(|value| self.header.hops(value).into_iter().rev());
        for hop in hops {
            if !self.trust(client) {
                break;
            }
            let Some(hop) = hop else { break };
            client = hop;
        }
        client
    }
}

/// An address with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| Some(rest.split_once(']')?.0));
    let alone = bare.unwrap_or(text).parse::<IpAddr>();
    let address = alone.or_else(|_| text.parse().map(|socket: std::net::SocketAddr| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("for");
        is_it.then(|| address(value.trim().trim_matches('"')))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: ForwardedHeader) -> Proxies {
        Proxies {
            trusted: vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()],
            header,
        }
    }

    fn client(header: ForwardedHeader, peer: &str, values: &[&str]) -> String {
        let peer = peer.parse().unwrap();
        let client = proxies(header).client(peer, values.iter().copied());
        client.to_string()
    }

    #[test]
    fn the_first_address_from_the_right_that_is_no_proxys_is_the_clients() {
        use ForwardedHeader::{Forwarded, XForwardedFor};
        for (header, peer, values, expected) in [
            (
                XForwardedFor,
                "127.0.0.1",
                &["198.51.100.7"][..],
                "198.51.100.7",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                &["1.1.1.1, 198.51.100.7, 10.2.3.4"],
                "198.51.100.7",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                &["1.1.1.1", "198.51.100.7"],
                "198.51.100.7",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                &["[2001:db8::1]:443"],
                "2001:db8::1",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                &["198.51.100.7:4711"],
                "198.51.100.7",
            ),
            (
                XForwardedFor,
                "::ffff:127.0.0.1",
                &["198.51.100.7"],
                "198.51.100.7",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                &["10.1.1.1, 10.2.2.2"],
                "10.1.1.1",
            ),
            (
                XForwardedFor,
                "127.0.0.1",
                &["198.51.100.7, unknown"],
                "127.0.0.1",
            ),
            (XForwardedFor, "127.0.0.1", &[], "127.0.0.1"),
            (XForwardedFor, "192.0.2.9", &["198.51.100.7"], "192.0.2.9"),
            (
                Forwarded,
                "127.0.0.1",
                &["for=1.1.1.1, For=\"[2001:db8::7]:1\";proto=https"],
                "2001:db8::7",
            ),
            (
                Forwarded,
                "10.9.9.9",
                &["proto=https;for=198.51.100.7"],
                "198.51.100.7",
            ),
            (Forwarded, "10.9.9.9", &["for=_hidden"], "10.9.9.9"),
        ] {
            assert_eq!(client(header, peer, values), expected, "{peer} {values:?}");
        }
    }

    #[test]
    fn a_network_is_an_address_or_has_a_length() {
        for right in ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"] {
            assert!(right.parse::<Network>().is_ok(), "{right}");
        }
        for wrong in ["", "10.0.0.0/33", "proxy.example", "10.0.0"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
