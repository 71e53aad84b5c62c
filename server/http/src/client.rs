//! From where a request comes, also through proxies.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use kaibiao_api::problem::Problem;
use kaibiao_app::App;
use kaibiao_app::config::Config;

use crate::Rejected;

/// Where a client asks from.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its address, as far as trusted proxies tell it.
    pub address: IpAddr,
    /// Whether it is on this machine and no proxy passed the request on.
    pub local: bool,
    /// Whether it may collect metrics: it is on this machine, or a collector, and no proxy
    /// passed the request on.
    pub collects: bool,
}

/// Headers that proxies add.
const FORWARDING: &[&str] = &[
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
];

impl Client {
    /// The client whose connection comes from `peer`.
    pub fn of(app: &App, peer: Option<IpAddr>, headers: &HeaderMap) -> Self {
        Self::by(&app.config, peer, headers)
    }

    fn by(config: &Config, peer: Option<IpAddr>, headers: &HeaderMap) -> Self {
        // There is no address where the connection is gone already.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let proxies = &config.proxies;
        let values: Vec<&str> = headers
            .get_all(proxies.header.name())
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        let forwarded = FORWARDING.iter().any(|name| headers.contains_key(*name));
        let direct = !forwarded && !proxies.trust(peer);
        let local = direct && peer.to_canonical().is_loopback();
        let collectors = &config.metrics.collectors;
        let is_collector = direct && collectors.iter().any(|it| it.holds(peer));
        Self {
            address: proxies.client(peer, values.into_iter()),
            local,
            collects: local || is_collector,
        }
    }
}

impl FromRequest for Client {
    type Error = Rejected;
    type Future = Ready<Result<Self, Rejected>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<Data<App>>();
        let app = app.ok_or_else(|| Rejected(Problem::internal("no app")));
        let peer = request.peer_addr().map(|peer| peer.ip());
        ready(app.map(|app| Self::of(app, peer, request.headers())))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn metrics_are_collected_from_this_machine_and_by_collectors_and_never_through_a_proxy() {
        let mut config = Config::default();
        config.metrics.collectors =
            vec!["10.1.0.9".parse().unwrap(), "10.2.0.0/24".parse().unwrap()];
        config.proxies.trusted = vec!["10.2.0.1".parse().unwrap()];
        let plain = HeaderMap::new();
        let by = |peer: &str, headers| {
            let client = Client::by(&config, Some(peer.parse().unwrap()), headers);
            (client.local, client.collects)
        };
        assert_eq!(by("127.0.0.1", &plain), (true, true));
        assert_eq!(by("10.1.0.9", &plain), (false, true));
        assert_eq!(by("::ffff:10.2.0.7", &plain), (false, true));
        assert_eq!(by("10.1.0.8", &plain), (false, false));
        // A proxy stands for everybody, also where its network was named.
        assert_eq!(by("10.2.0.1", &plain), (false, false));
        let mut passed_on = HeaderMap::new();
        let name = HeaderName::from_static("x-forwarded-for");
        passed_on.insert(name, HeaderValue::from_static("10.1.0.9"));
        for peer in ["127.0.0.1", "10.1.0.9"] {
            assert_eq!(by(peer, &passed_on), (false, false), "{peer}");
        }
    }
}
