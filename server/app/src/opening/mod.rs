//! Unlocking, releasing and opening: keys come in, are checked against the
//! headers' commitments, and open a lot's bids all at once (docs/spec/sealed-bid.md, 15).

mod envelope;
mod evidence;
mod lot;
mod secrets;
mod unlocking;

pub use envelope::{NotOpened, ciphertext};
pub use evidence::{Evidence, Kept, Opening};
pub use lot::{Tried, Try, keys_of, open_lot};
pub use secrets::{header, secret};
pub use unlocking::{Prepared, combine_rescue, prepare, reply};
