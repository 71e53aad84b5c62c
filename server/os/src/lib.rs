//! What is asked of the operating system, by the service and by a party's own
//! program alike: random bytes, small files that are there whole or not at
//! all, and the directory of trusted authorities.

pub mod files;
pub mod random;
pub mod trust;
