//! Who carries letters: a mail relay, and a gateway for short messages that is spoken
//! to as webhooks are.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use kaibiao_api::Channel;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use reqwest::Url;
use serde_json::json;

use super::letter::Letter;
use crate::App;
use crate::config::{Config, Mail};
use crate::outbox::receiver::Receiver;

/// How long a relay may take for each of its answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// Those who carry letters for this platform.
pub struct Carriers {
    mail: Option<MailRelay>,
    phone: Option<Receiver>,
}

struct MailRelay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Carriers {
    /// Those that are configured.
    ///
    /// # Errors
    /// A file with a password or secret cannot be read.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let sms = &config.sms;
        let gateway = |url: &String| Receiver::open(url, sms.secret_file.as_deref());
        Ok(Self {
            mail: MailRelay::open(&config.mail)?,
            phone: sms.url.as_ref().map(gateway).transpose()?,
        })
    }

    /// Hands a letter over once, with those that go in it. Carriers tell repetitions by
    /// its id, 1 to 64 of `a-z0-9`.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn carry(
        &self,
        app: &App,
        id: &str,
        letter: &Letter,
        others: &[&Letter],
    ) -> anyhow::Result<()> {
        let address = app.config.public_url.as_deref();
        let written = letter.written(others, address.unwrap_or_default());
        match letter.channel {
            Channel::Mail => {
                let relay = self.mail.as_ref().context("no mail relay is configured")?;
                relay
                    .send(
                        id,
                        letter,
                        written.subject,
                        written.sentences.join("\n\n") + "\n",
                    )
                    .await
            }
            Channel::Phone => {
                let gateway = self.phone.as_ref().context("no gateway is configured")?;
                let body = json!({
                    "type": "sms",
                    "timestamp": app.now(),
                    "data": {
                        "to": letter.address,
                        "language": letter.language,
                        "text": format!("{} {}", written.subject, written.sentences.join(" ")),
                    },
                });
                gateway.post(app, id, serde_json::to_vec(&body)?).await
            }
        }
    }
}

impl MailRelay {
    fn open(config: &Mail) -> anyhow::Result<Option<Self>> {
        let (Some(url), Some(from)) = (&config.url, &config.from) else {
            return Ok(None);
        };
        let mut relay = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .context("mail.url")?
            .timeout(Some(PATIENCE));
        if let (Some(user), Some(file)) = (&config.user, &config.password_file) {
            let password = read(file)?;
            relay = relay.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Some(Self {
            transport: relay.build(),
            from: from.parse().context("mail.from")?,
        }))
    }

    async fn send(
        &self,
        id: &str,
        letter: &Letter,
        subject: String,
        body: String,
    ) -> anyhow::Result<()> {
        let address: Address = letter.address.parse()?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body)?;
        self.transport.send(message).await?;
        Ok(())
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whether letters may go to a relay at this address: encrypted, or on this machine.
pub fn is_relay(url: &str) -> bool {
    let Ok(parsed) = Url::parse(url) else {
        return false;
    };
    let host = parsed
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']']);
    let ip = host.parse::<std::net::IpAddr>().ok();
    let is_here = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    let is_encrypted = match parsed.scheme() {
        "smtps" => true,
        "smtp" => parsed
            .query_pairs()
            .any(|(key, value)| key == "tls" && value == "required"),
        _ => return false,
    };
    (is_encrypted || is_here) && AsyncSmtpTransport::<Tokio1Executor>::from_url(url).is_ok()
}

/// Whether letters can come from this sender, `name <address>` or the address alone.
pub fn is_sender(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

/// A mail address as it is kept, where it is one that every relay carries: without
/// quoted parts and address literals (RFC 5321, 4.1.2, 4.1.3), at a host that has a
/// domain (RFC 1123, 2.1).
pub fn mail_address(text: &str) -> Option<String> {
    let address: Address = text.parse().ok()?;
    let of_a_label = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    let is_label = |it: &str| {
        !it.starts_with('-') && !it.ends_with('-') && it.bytes().all(of_a_label) && !it.is_empty()
    };
    let domain = address.domain();
    let is_carried = domain.contains('.') && domain.split('.').all(is_label);
    let plain = text.len() <= 254 && text.is_ascii() && !text.contains(['"', '\\', ' ']);
    (plain && is_carried).then(|| address.to_string())
}

/// A telephone number as it is kept: 5 to 20 digits, with or without the country's.
pub fn telephone(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let digits = plain.strip_prefix('+').unwrap_or(&plain);
    let is_number =
        (5..=20).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    is_number.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_leave_encrypted_or_stay_on_this_machine() {
        for url in [
            "smtps://mail.example.org",
            "smtp://mail.example.org:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
        ] {
            assert!(is_relay(url), "{url}");
        }
        for url in [
            "smtp://mail.example.org",
            "smtp://mail.example.org?tls=opportunistic",
            "https://mail.example.org",
            "mail.example.org",
            "",
        ] {
            assert!(!is_relay(url), "{url}");
        }
    }

    #[test]
    fn an_address_carries_no_header_and_no_second_address() {
        for text in [
            "a@example.org\r\nBcc: b@example.org",
            "a@example.org, b@example.org",
            "a@example.org\0",
            "张三 <a@example.org>",
            "\"a b\"@example.org",
            "a@[127.0.0.1]",
            "a@localhost",
            "a@ex_ample.org",
            "a@-example.org",
            "a@example..org",
            "a",
            "",
        ] {
            assert_eq!(mail_address(text), None, "{text:?}");
        }
        assert_eq!(
            mail_address("a.b+c@example.org").as_deref(),
            Some("a.b+c@example.org")
        );
        assert_eq!(
            telephone("+86 138-0000-0000").as_deref(),
            Some("+8613800000000")
        );
        for text in [
            "1380000",
            "13800000000;rm",
            "１３８００００００００",
            "+",
            "1234",
        ] {
            assert_eq!(telephone(text).is_some(), text == "1380000", "{text}");
        }
    }
}
