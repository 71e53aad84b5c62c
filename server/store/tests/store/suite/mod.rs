//! What every adapter must do, as functions over a factory: an adapter's test
//! file makes a factory and lists the suite with [`conform!`].

pub mod beside;
pub mod decisions;
pub mod ledger;
pub mod streams;
pub mod uploads;

use kaibiao_store::{ManualHands, Store};

/// Makes one place for a store, and opens it again and again.
pub trait Factory: Send + Sync + 'static {
    /// A place with nothing in it, and a clock moved by hand.
    fn fresh() -> Self;
    fn open(&self) -> impl Future<Output = Store> + Send;
    /// Opens a backup.
    fn open_at(&self, copy: &std::path::Path) -> impl Future<Output = Store> + Send;
    fn hands(&self) -> &ManualHands;
}

/// Says that the test which calls it ends here, because this machine lacks what
/// it needs. Where every test must be tried, this is a failure.
pub fn skip(lacking: &str) {
    assert!(
        std::env::var_os("TESTS_REQUIRE_ALL").is_none(),
        "{lacking}, and TESTS_REQUIRE_ALL is set"
    );
    println!("skipped: {lacking}");
}

/// When the hands of every factory's clock start.
pub const START: i64 = 1_795_000_000_000;

#[macro_export]
macro_rules! conform {
    ($factory:ty: $($module:ident :: { $($test:ident),* $(,)? })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let factory = <$factory as $crate::suite::Factory>::fresh();
                $crate::suite::$module::$test(&factory).await;
            }
        )*)*
    };
}
