//! What a page wants signed, read strictly and made fit to be shown
//! (docs/spec/token-agent.md, 4).

use kaibiao_crypto::act::SignedAct;
use kaibiao_crypto::signature::Asked;
use kaibiao_crypto::text::is_hidden;
use kaibiao_crypto::{Digest, canonical};
use serde_json::Value;

use crate::Service;
use crate::problem::Code;

/// A member of a body is shown up to so many characters.
const SHOWN: usize = 200;
/// A locker's wrap is no longer, bytes.
const LOCKER: usize = 1024;
const LOCKER_PURPOSE: &str = "locker";

/// What is asked for, and may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The page's own session, or its store: nobody is asked.
    Login,
    Locker,
    /// The person is asked.
    Act(Box<Act>),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Act {
    pub purpose: String,
    pub project: String,
    /// Members of the body but `act` and `nonce`, in its order.
    pub members: Vec<(String, String)>,
    /// The bid that an `unlock` names.
    pub bid: Option<Digest>,
}

impl Wanted {
    /// Reads a message that a page of this service wants signed by a certificate.
    pub fn read(message: &[u8], service: &Service, certificate: &[u8]) -> Result<Self, Code> {
        let asked = Asked::read(message).ok_or(Code::MessageMalformed)?;
        if asked.purpose == LOCKER_PURPOSE {
            let own = asked.origin.is_empty()
                && asked.project == owner(certificate)
                && asked.body.len() <= LOCKER;
            return own.then_some(Self::Locker).ok_or(Code::MessageMalformed);
        }
        if asked.origin != service.platform {
            return Err(Code::MessageOtherOrigin);
        }
        if !(asked.project.is_empty() || is_project(asked.project)) {
            return Err(Code::MessageMalformed);
        }
        let body = std::str::from_utf8(asked.body).map_err(|_| Code::MessageMalformed)?;
        let act = SignedAct {
            body: body.to_owned(),
            signature: None,
            secrets: Vec::new(),
        };
        let envelope = act.envelope().map_err(|_| Code::MessageMalformed)?;
        if envelope.act != asked.purpose {
            return Err(Code::MessageMalformed);
        }
        let Ok(Value::Object(body)) = canonical::from_bytes(asked.body) else {
            return Err(Code::MessageMalformed);
        };
        if asked.purpose == kaibiao_api::LOGIN {
            let address = body.get("address").and_then(Value::as_str);
            let here = address == Some(&service.page) && asked.project.is_empty();
            return here.then_some(Self::Login).ok_or(Code::MessageOtherAddress);
        }
        let members = body
            .iter()
            .filter(|(name, _)| *name != "act" && *name != "nonce")
            .map(|(name, value)| (shown(name), shown_value(value)))
            .collect();
        let bid = body.get("bid").and_then(Value::as_str);
        Ok(Self::Act(Box::new(Act {
            purpose: asked.purpose.to_owned(),
            project: asked.project.to_owned(),
            members,
            bid: bid
                .filter(|_| asked.purpose == "unlock")
                .and_then(|bid| bid.parse().ok()),
        })))
    }
}

/// Whose locker it is, by the certificate's DER.
pub(crate) fn owner(certificate: &[u8]) -> String {
    Digest::labelled("kaibiao/1 locker owner", &[certificate]).to_string()
}

/// A lowercase UUID.
fn is_project(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn shown_value(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text),
        other => shown(&other.to_string()),
    }
}

/// Text of somebody else's, fit for a terminal: one line, nothing that moves a cursor
/// or cannot be seen, no longer than is read.
pub(crate) fn shown(text: &str) -> String {
    let visible = |it: char| {
        if it.is_control() || is_hidden(it) {
            '\u{fffd}'
        } else {
            it
        }
    };
    let length = text.chars().count();
    let start: String = text.chars().take(SHOWN).map(visible).collect();
    if length <= SHOWN {
        start
    } else {
        format!("{start}… ({length})")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use kaibiao_crypto::signature::message;

    use super::*;

    const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
    const PROJECT: &str = "01935b7e-8f00-7000-8000-000000000001";

    fn service() -> Service {
        Service {
            page: "https://kb.example".to_owned(),
            platform: "kb.example".to_owned(),
        }
    }

    fn read(message: &[u8]) -> Result<Wanted, Code> {
        Wanted::read(message, &service(), b"der")
    }

    #[test]
    fn an_act_is_shown_with_all_it_says_and_no_trick_of_the_terminal() {
        let long = "长".repeat(201);
        let body = format!(
            r#"{{"act":"object","lot":"1","nonce":"{NONCE}","text":"{long}","words":"a\u001b[2Jb\u202ec"}}"#
        )
        .replace("\\u202e", "\u{202e}");
        let Wanted::Act(act) =
            read(&message("object", "kb.example", PROJECT, body.as_bytes())).unwrap()
        else {
            panic!("it is an act");
        };
        assert_eq!(act.purpose, "object");
        assert_eq!(act.project, PROJECT);
        assert_eq!(act.members[0], ("lot".to_owned(), "1".to_owned()));
        assert!(act.members[1].1.ends_with("… (201)"));
        assert_eq!(act.members[2].1, "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(act.members.len(), 3);
    }

    #[test]
    fn what_is_for_another_platform_or_no_message_is_refused() {
        let body = format!(r#"{{"act":"withdraw","lot":"1","nonce":"{NONCE}"}}"#);
        let body = body.as_bytes();
        let good = message("withdraw", "kb.example", PROJECT, body);
        assert!(read(&good).is_ok());
        let code = |message: &[u8]| read(message).unwrap_err();
        assert_eq!(
            code(&message("withdraw", "kb2.example", PROJECT, body)),
            Code::MessageOtherOrigin
        );
        for (purpose, project, body) in [
            ("submit", PROJECT, body),
            ("withdraw", "project", body),
            ("withdraw", &PROJECT.to_uppercase(), body),
            ("withdraw", PROJECT, &b"{}"[..]),
            ("withdraw", PROJECT, &b"{ \"act\":\"withdraw\"}"[..]),
            ("withdraw", PROJECT, &[0xff][..]),
        ] {
            assert_eq!(
                code(&message(purpose, "kb.example", project, body)),
                Code::MessageMalformed
            );
        }
        assert_eq!(code(b""), Code::MessageMalformed);
        assert_eq!(code(&good[1..]), Code::MessageMalformed);
        assert_eq!(code(&[&good[..], b"0"].concat()), Code::MessageMalformed);
    }

    #[test]
    fn a_login_names_the_address_of_the_page_that_asks() {
        let login = |address: &str| {
            let body = format!(
                r#"{{"act":"login","address":"{address}","challenge":"c","nonce":"{NONCE}"}}"#
            );
            read(&message("login", "kb.example", "", body.as_bytes()))
        };
        assert_eq!(login("https://kb.example"), Ok(Wanted::Login));
        assert_eq!(
            login("https://kb.example.evil"),
            Err(Code::MessageOtherAddress)
        );
    }

    #[test]
    fn a_locker_is_the_certificates_own_and_small() {
        let own = owner(b"der");
        assert_eq!(
            read(&message("locker", "", &own, b"wrap")),
            Ok(Wanted::Locker)
        );
        let malformed = Err(Code::MessageMalformed);
        assert_eq!(
            read(&message("locker", "", &owner(b"other"), b"wrap")),
            malformed
        );
        assert_eq!(
            read(&message("locker", "kb.example", &own, b"wrap")),
            malformed
        );
        assert_eq!(
            read(&message("locker", "", &own, &[0; LOCKER + 1])),
            malformed
        );
    }
}
