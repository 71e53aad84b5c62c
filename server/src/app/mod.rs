//! Use cases, and what they stand on.

use std::sync::Arc;

use crate::config::Config;

pub mod documents;
pub mod files;
pub mod keys;
pub mod opening;
pub mod random;
pub mod record;
pub mod statements;
pub mod submission;
pub mod trust;

/// The service: every use case is given this, and nothing is global.
pub struct App {
    pub config: Config,
    /// The platform's own keys.
    pub keys: keys::PlatformKeys,
}

/// As handlers and jobs hold it.
pub type Shared = Arc<App>;
