//! The suite on SQLite.

use std::path::Path;
use std::pin::Pin;

use kaibiao_store::{Options, Store};

fn open(dir: &Path, options: Options) -> Pin<Box<dyn Future<Output = Store> + Send + '_>> {
    Box::pin(async move { Store::open(dir, options).await.unwrap() })
}

crate::conform!(open);
