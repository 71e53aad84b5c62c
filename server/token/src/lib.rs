//! Keys that live in a token: a smart card, a USB key, a security module.
//!
//! A [`Middleware`] is one maker's library. It lists [`Token`]s and what certificates
//! they hold, and opens a [`Session`] with a PIN. Of a session come [`TokenKey`]s, which
//! sign acts ([`kaibiao_crypto::signer::Signer`]) and open wraps
//! ([`kaibiao_crypto::held::HeldKey`]) while the private key stays where it is.
//!
//! A PIN is tried once for each call of [`Middleware::open`], never by itself again: a
//! token locks after a few wrong ones. One session serves a whole batch.
//!
//! A service's own key, for which no person is there to be asked, is kept by a [`Keeper`].

mod address;
mod keeper;
mod key;
mod pkcs11;
mod problem;
mod skf;
mod token;

pub use address::{Address, Interface};
pub use keeper::{Keeper, KeeperProblem, KeptKey, Pins};
pub use key::TokenKey;
pub use problem::{Outcome, TokenProblem};
pub use token::{BareKey, Entry, KeyId, Middleware, Pin, Session, Token, TokenId, Tries};
