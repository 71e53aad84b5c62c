//! What tokens are plugged in, and what they hold: asked without a PIN.

use clap::Subcommand;
use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_crypto::certificate::Certificate;
use kaibiao_token::{Address, Entry, Token};
use serde_json::{Value, json};

use super::output::Output;

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// 列出令牌及其中的证书,不需要 PIN · lists tokens and their certificates, without a PIN
    #[command(
        after_help = "示例 · example:\n  kaibiao token list pkcs11:?module-path=/usr/lib/softhsm/libsofthsm2.so\n  kaibiao token list 'skf:?module-path=/opt/vendor/libskf.so'"
    )]
    List {
        /// 令牌的地址:接口及驱动文件,可加标签等 · the interface and the maker's library; label and the like narrow it
        #[arg(value_name = "ADDRESS", env = "KAIBIAO_TOKEN")]
        address: String,
    },
}

pub fn run(command: TokenCommand, output: &Output) -> Outcome<()> {
    let TokenCommand::List { address } = command;
    let told = |problem: kaibiao_token::TokenProblem| Failure::token(&problem);
    let address = Address::parse(&address).map_err(told)?;
    let middleware = address.middleware().map_err(told)?;
    let mut tokens = middleware.tokens().map_err(told)?;
    tokens.retain(|token| address.is_of(token));
    let mut listed = Vec::new();
    for token in &tokens {
        let entries = middleware.certificates(&token.id).map_err(told)?;
        show(token, &entries, output);
        listed.push(tell(token, &entries));
    }
    if tokens.is_empty() {
        output.say("没有插入令牌。", "No token is plugged in.");
    }
    output.result(&json!({ "tokens": listed }))
}

fn show(token: &Token, entries: &[Entry], output: &Output) {
    output.row(format!(
        "{}  {}  {}  {}",
        token.label, token.serial, token.manufacturer, token.model
    ));
    output.row(format!(
        "  PIN: {} · {}",
        token.tries.zh(),
        token.tries.en()
    ));
    for entry in entries {
        let uses = match (entry.signs, entry.decrypts) {
            (true, true) => "签名、解密 signs, decrypts",
            (true, false) => "签名 signs",
            (false, true) => "解密 decrypts",
            (false, false) => "—",
        };
        output.row(format!(
            "  {} [{}]  {uses}  {}",
            entry.label,
            entry.key.0,
            subject(entry)
        ));
    }
}

fn tell(token: &Token, entries: &[Entry]) -> Value {
    let certificates: Vec<Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "id": entry.key.0,
                "label": entry.label,
                "subject": subject(entry),
                "signs": entry.signs,
                "decrypts": entry.decrypts,
            })
        })
        .collect();
    json!({
        "label": token.label,
        "serial": token.serial,
        "manufacturer": token.manufacturer,
        "model": token.model,
        "tries": token.tries.en(),
        "certificates": certificates,
    })
}

fn subject(entry: &Entry) -> String {
    Certificate::parse(&entry.certificate).map_or_else(
        |_| String::new(),
        |certificate| certificate.subject().to_owned(),
    )
}
