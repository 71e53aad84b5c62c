//! How a person names a token: a URI of RFC 7512, `pkcs11:token=LABEL;serial=NUMBER?module-path=LIBRARY`,
//! and its like for GM/T 0016, `skf:token=LABEL;serial=NUMBER?module-path=LIBRARY`. Any
//! part may be left out; values are percent-encoded.

use std::path::PathBuf;

use crate::pkcs11::Pkcs11Middleware;
use crate::problem::{Outcome, TokenProblem};
use crate::skf::SkfMiddleware;
use crate::token::{Entry, Middleware, Token};

/// Names the maker's library where an address does not.
const VARIABLE: &str = "KAIBIAO_TOKEN_MODULE";

/// By which interface a token is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// PKCS #11 (OASIS), version 2.20 and later.
    Pkcs11,
    /// GM/T 0016.
    Skf,
}

/// Which token is meant, and which of its certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    interface: Interface,
    module: Option<PathBuf>,
    label: Option<String>,
    serial: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    object: Option<String>,
    id: Option<String>,
}

impl Address {
    /// Whether a text that may be a file's name is meant as a token's address.
    pub fn is_one(text: &str) -> bool {
        text.starts_with("pkcs11:") || text.starts_with("skf:")
    }

    /// Reads an address.
    ///
    /// # Errors
    /// [`TokenProblem::Address`]: another scheme, an unknown or repeated part, a PIN in the
    /// address.
    pub fn parse(text: &str) -> Outcome<Self> {
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        let interface = match scheme {
            "pkcs11" => Interface::Pkcs11,
            "skf" => Interface::Skf,
            _ => return Err(wrong("pkcs11: / skf:")),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut address = Self {
            interface,
            module: None,
            label: None,
            serial: None,
            manufacturer: None,
            model: None,
            object: None,
            id: None,
        };
        for part in path.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = read(part)?;
            let place = match name {
                "token" => &mut address.label,
                "serial" => &mut address.serial,
                "manufacturer" => &mut address.manufacturer,
                "model" => &mut address.model,
                "object" => &mut address.object,
                "id" => {
                    put(&mut address.id, hex(&value), part)?;
                    continue;
                }
                "type" => continue,
                _ => return Err(wrong(name)),
            };
            let value = String::from_utf8(value).map_err(|_| wrong(part))?;
            put(place, value, part)?;
        }
        let mut module = None;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = read(part)?;
            match name {
                "module-path" => {
                    let value = String::from_utf8(value).map_err(|_| wrong(part))?;
                    put(&mut module, value, part)?;
                }
                // Every program on the machine can read another's arguments.
                "pin-value" | "pin-source" => return Err(wrong(name)),
                _ => return Err(wrong(name)),
            }
        }
        address.module = module.map(PathBuf::from);
        Ok(address)
    }

    /// By which interface the token is spoken to.
    pub fn interface(&self) -> Interface {
        self.interface
    }

    /// Whether it names one key or certificate of its token.
    pub fn names_a_key(&self) -> bool {
        self.object.is_some() || self.id.is_some()
    }

    /// Loads the maker's library, which the address names, or else the environment
    /// variable `KAIBIAO_TOKEN_MODULE`. A library stays loaded as long as the program runs.
    ///
    /// # Errors
    /// [`TokenProblem::MiddlewareUnnamed`], [`TokenProblem::MiddlewareMissing`],
    /// [`TokenProblem::MiddlewareBroken`].
    pub fn middleware(&self) -> Outcome<Box<dyn Middleware>> {
        let named = self.module.clone();
        let path = named
            .or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from))
            .ok_or(TokenProblem::MiddlewareUnnamed)?;
        if !path.is_file() {
            return Err(TokenProblem::MiddlewareMissing { path });
        }
        Ok(match self.interface {
            Interface::Pkcs11 => Box::new(Pkcs11Middleware::load(&path)?),
            Interface::Skf => Box::new(SkfMiddleware::load(&path)?),
        })
    }

    /// The one token that is meant.
    ///
    /// # Errors
    /// [`TokenProblem::NoToken`], [`TokenProblem::SeveralTokens`], and what listing says.
    pub fn find(&self, middleware: &dyn Middleware) -> Outcome<Token> {
        let mut found = middleware.tokens()?;
        found.retain(|token| self.is_of(token));
        match found.len() {
            0 => Err(TokenProblem::NoToken),
            1 => Ok(found.remove(0)),
            _ => Err(TokenProblem::SeveralTokens(
                found
                    .iter()
                    .map(|token| format!("{} {}", token.label, token.serial))
                    .collect(),
            )),
        }
    }

    /// Whether this certificate is meant; all are where the address names none.
    pub fn means(&self, entry: &Entry) -> bool {
        let fits = |wanted: &Option<String>, has: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == has)
        };
        fits(&self.object, &entry.label) && fits(&self.id, &entry.key.0)
    }

    /// Whether this token is meant; all are where the address names none.
    pub fn is_of(&self, token: &Token) -> bool {
        let fits = |wanted: &Option<String>, has: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == has)
        };
        fits(&self.label, &token.label)
            && fits(&self.serial, &token.serial)
            && fits(&self.manufacturer, &token.manufacturer)
            && fits(&self.model, &token.model)
    }
}

fn put(place: &mut Option<String>, value: String, part: &str) -> Outcome<()> {
    if place.replace(value).is_some() {
        return Err(wrong(part));
    }
    Ok(())
}

/// `name=value`, the value percent-decoded (RFC 3986, 2.1).
fn read(part: &str) -> Outcome<(&str, Vec<u8>)> {
    let (name, value) = part.split_once('=').ok_or_else(|| wrong(part))?;
    let mut decoded = Vec::new();
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit(), digit());
        let (Some(high), Some(low)) = (high, low) else {
            return Err(wrong(part));
        };
        decoded.push(u8::try_from(high * 16 + low).map_err(|_| wrong(part))?);
    }
    Ok((name, decoded))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn wrong(part: &str) -> TokenProblem {
    TokenProblem::Address(part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_rfc_7512_is_read() {
        let read = Address::parse(
            "pkcs11:token=%E5%8D%95%E4%BD%8D%20A;serial=1;object=k;id=%01%ff;type=private?module-path=/lib/a%20b.so",
        )
        .unwrap();
        assert_eq!(read.label.as_deref(), Some("单位 A"));
        assert_eq!(read.id.as_deref(), Some("01ff"));
        assert_eq!(read.module, Some(PathBuf::from("/lib/a b.so")));
        assert_eq!(read.interface(), Interface::Pkcs11);
        let skf = Address::parse("skf:").unwrap();
        assert_eq!((skf.interface(), skf.module), (Interface::Skf, None));
    }

    #[test]
    fn what_is_not_understood_is_no_address() {
        for text in [
            "file:x",
            "pkcs11:slot=1",
            "pkcs11:token",
            "pkcs11:token=%4",
            "pkcs11:token=%zz",
            "pkcs11:token=%+1",
            "pkcs11:token=%ff",
            "pkcs11:token=a;token=b",
            "pkcs11:?pin-value=1234",
            "skf:?pin-source=/x",
            "skf:?module-path=a&module-path=b",
        ] {
            let problem = Address::parse(text).unwrap_err();
            assert_eq!(problem.code(), "token-address", "{text}");
        }
        assert!(Address::is_one("pkcs11:") && Address::is_one("skf:"));
        assert!(!Address::is_one("key.p12") && !Address::is_one("pkcs11"));
    }

    #[test]
    fn a_library_that_is_not_there_is_named() {
        let address = Address::parse("pkcs11:?module-path=/nowhere/lib.so").unwrap();
        let problem = address.middleware().err().unwrap();
        assert_eq!(problem.code(), "token-middleware-missing");
        assert!(problem.zh().contains("/nowhere/lib.so"));
        assert!(problem.en().contains("/nowhere/lib.so"));
    }
}
