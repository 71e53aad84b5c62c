//! Asks an authority of time for a stamp (RFC 3161) and believes the answer only
//! when it verifies (docs/spec/timestamps.md).

use std::time::Duration;

use kaibiao_crypto::certificate::TimeAuthorities;
use kaibiao_crypto::timestamp::{
    MAX_RESPONSE, Rejection, Request, Response, Timestamp, TimestampProblem, normal_form, verify,
};
use kaibiao_crypto::{Digest, Verified};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};

use crate::outgoing;

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// An authority of time: where it answers, and under which roots it is believed.
pub struct Tsa {
    client: reqwest::Client,
    url: String,
    authorities: TimeAuthorities,
}

/// A stamp, and what it proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The token, DER in normal form: what is kept and shown.
    pub token: Vec<u8>,
    /// What it says.
    pub stamp: Verified<Timestamp>,
}

/// Why there is no stamp.
#[derive(Debug, thiserror::Error)]
pub enum TsaFault {
    /// No answer, or not all of it, within the time given.
    #[error("the authority of time did not answer: {0}")]
    Silent(#[source] reqwest::Error),
    /// An answer that is none: the HTTP status is not 200.
    #[error("the authority of time answered with HTTP status {0}")]
    Status(u16),
    /// An answer of another content type.
    #[error("the authority of time answered with something that is no time stamp")]
    Kind,
    /// An answer longer than any time stamp.
    #[error("the authority of time answered at too great a length")]
    Length,
    /// It gives no stamp.
    #[error("the authority of time gave no stamp ({}): {}", .0.status, told(.0))]
    Rejected(Rejection),
    /// It gave one that does not verify.
    #[error("the authority of time gave a stamp that does not hold: {0}")]
    Unproved(#[from] TimestampProblem),
}

fn told(rejection: &Rejection) -> String {
    let reasons = rejection.reasons.iter().map(ToString::to_string);
    // The authority's own words go into logs and onto screens.
    let words = rejection.words.iter().map(|it| it.escape_debug().collect());
    reasons.chain(words).collect::<Vec<String>>().join("; ")
}

impl Tsa {
    /// An authority that answers at `url` within `patience`.
    ///
    /// # Errors
    /// When no client can be built.
    pub fn open(
        url: &str,
        authorities: TimeAuthorities,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            client: outgoing::client(patience)?,
            url: url.to_owned(),
            authorities,
        })
    }

    /// Has a digest stamped. `nonce` is random: by it a stamp that was given
    /// before is told from one that is given now.
    ///
    /// # Errors
    /// [`TsaFault`]: there is no stamp, and asking again may bring one.
    pub async fn stamp(&self, imprint: Digest, nonce: u64) -> Result<Stamped, TsaFault> {
        let answer = self.ask(Request { imprint, nonce }).await?;
        let token = match Response::read(&answer)? {
            Response::Granted(token) => token,
            Response::Rejected(rejection) => return Err(TsaFault::Rejected(rejection)),
        };
        let stamp = verify(&token, imprint, Some(nonce), &self.authorities)?;
        let token = normal_form(&token, imprint, &self.authorities)?;
        Ok(Stamped { token, stamp })
    }

    async fn ask(&self, request: Request) -> Result<Vec<u8>, TsaFault> {
        let asked = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, QUERY)
            .header(ACCEPT, REPLY)
            .body(request.to_der());
        let mut reply = asked.send().await.map_err(TsaFault::Silent)?;
        if reply.status() != reqwest::StatusCode::OK {
            return Err(TsaFault::Status(reply.status().as_u16()));
        }
        if !reply.headers().get(CONTENT_TYPE).is_some_and(is_reply) {
            return Err(TsaFault::Kind);
        }
        let mut answer = Vec::new();
        while let Some(piece) = reply.chunk().await.map_err(TsaFault::Silent)? {
            if answer.len() + piece.len() > MAX_RESPONSE {
                return Err(TsaFault::Length);
            }
            answer.extend_from_slice(&piece);
        }
        Ok(answer)
    }
}

/// Whether a content type is that of an answer, whatever its parameters.
fn is_reply(value: &HeaderValue) -> bool {
    let text = value.to_str().unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case(REPLY)
}
