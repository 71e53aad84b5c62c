//! The rules of an opening, told one by one, and held over arbitrary histories.

mod announcing;
mod bidding;
mod checking;
mod clock;
mod golden;
mod histories;
mod preparing;
mod properties;
mod releasing;
mod room;
mod unlocking;
mod world;
