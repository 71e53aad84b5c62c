//! From where a request comes, also through proxies.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use kaibiao_api::problem::Problem;
use kaibiao_app::App;

use crate::Rejected;

/// Where a client asks from.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its address, as far as trusted proxies tell it.
    pub address: IpAddr,
    /// Whether it is on this machine and no proxy passed the request on.
    pub local: bool,
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
        // There is no address where the connection is gone already.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let proxies = &app.config.proxies;
        let values: Vec<&str> = headers
            .get_all(proxies.header.name())
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        let forwarded = FORWARDING.iter().any(|name| headers.contains_key(*name));
        Self {
            address: proxies.client(peer, values.into_iter()),
            local: peer.to_canonical().is_loopback() && !forwarded && !proxies.trust(peer),
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
