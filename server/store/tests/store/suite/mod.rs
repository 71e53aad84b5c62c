//! What a store must do on every engine. An engine's test file names the function
//! that opens a store on it, and [`conform!`] runs the suite.

pub mod beside;
pub mod decisions;
pub mod erasing;
pub mod files;
pub mod ledger;
pub mod log;
pub mod streams;
pub mod timestamps;
pub mod uploads;

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use kaibiao_store::{Clock, ManualHands, Options, RootSecret, Store};

/// Opens the store in a directory, making it if it is not there.
pub type Opening =
    for<'a> fn(&'a Path, Options) -> Pin<Box<dyn Future<Output = Store> + Send + 'a>>;

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

/// One place for a store, which is opened there again and again.
pub struct Factory {
    dir: tempfile::TempDir,
    hands: ManualHands,
    opening: Opening,
}

impl Factory {
    /// A place with nothing in it, and a clock moved by hand.
    pub fn new(opening: Opening) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            hands: ManualHands::at(START),
            opening,
        }
    }

    pub async fn open(&self) -> Store {
        self.open_at(&self.place()).await
    }

    /// Where [`Factory::open`] opens it.
    pub fn place(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Opens a backup.
    pub async fn open_at(&self, dir: &Path) -> Store {
        let mut options = Options::new(RootSecret::from_bytes([42; 32]));
        options.clock = Clock::new(self.hands.clone());
        options.beat = Duration::from_secs(3_600);
        options.cached_streams = 4;
        (self.opening)(dir, options).await
    }

    pub fn hands(&self) -> &ManualHands {
        &self.hands
    }
}

/// Makes a test of every case, on the engine that a function opens.
#[macro_export]
macro_rules! conform {
    // What a store of one process does beside.
    (alone: $opening:path) => {
        $crate::conform!(shared: $opening);
        $crate::conform! { $opening:
            streams::{
                a_backup_taken_under_load_verifies_elsewhere,
            }
            beside::{
                the_next_start_tells_how_long_the_service_was_away,
                the_first_decision_after_a_stall_is_told_of_it,
                a_clock_that_is_behind_at_a_start_dates_nothing_back_or_ahead,
            }
        }
    };
    (shared: $opening:path) => {
        $crate::conform! { $opening:
            streams::{
                concurrent_appends_to_one_stream_are_contiguous_and_none_is_lost,
                concurrent_appends_to_many_streams_do_not_disturb_each_other,
                event_times_never_decrease_and_an_unsteady_clock_is_told,
                events_of_one_commit_share_their_time_and_follow_each_other,
                a_stream_reads_the_same_after_the_store_is_opened_again,
                events_are_read_in_pages_from_any_place,
                proofs_from_the_stored_leaves_hold_for_every_head,
                a_stream_of_one_kind_is_not_read_as_another,
                lists_and_timers_follow_the_streams,
                watchers_are_woken_after_what_they_can_read,
                readers_never_see_less_than_was_answered,
            }
            decisions::{
                a_decision_sees_everything_appended_before_it,
                a_refusal_changes_nothing_and_spoils_nobody_elses_append,
                an_unlawful_or_panicking_decision_fails_alone,
                a_caller_that_goes_away_harms_nobody,
                an_external_id_is_used_once_whoever_comes_first,
            }
            erasing::{
                erased_details_are_gone_and_all_else_stays,
                what_is_erased_is_on_record_in_the_same_transaction_or_not_at_all,
            }
            beside::{
                secrets_come_and_go_with_their_events,
                nothing_lies_beside_a_stream_without_events,
                messages_stay_in_the_outbox_until_delivered_or_given_up,
                a_session_lives_until_it_ends_or_expires_also_across_a_restart,
                sessions_are_listed_by_names_that_end_them_and_open_nothing,
                a_login_challenge_is_answered_once_and_in_time,
                contacts_are_replaced_and_removed,
                an_alert_is_put_once_and_sent_until_it_has_left,
            }
            log::{
                anchors_commit_to_the_tree_at_their_place_among_the_appends,
                entries_follow_each_other_and_a_smaller_checkpoint_is_never_kept,
            }
            timestamps::{
                a_checkpoint_waits_for_its_stamp_and_keeps_the_first_one,
            }
            uploads::{
                an_upload_goes_on_where_it_was_durable_after_a_restart,
                an_upload_takes_no_more_and_gives_no_less_than_announced,
                one_upload_has_one_writer,
                expired_uploads_are_swept,
                an_upload_that_went_back_goes_on_from_there,
            }
            files::{
                blobs_and_lists_are_found_under_their_digest_and_nowhere_else,
                documents_of_every_size_are_read_back_at_any_place,
                a_document_that_is_not_finished_is_not_there,
                a_blob_that_was_uploaded_is_read_at_any_place,
            }
        }
    };
    ($opening:path: $($module:ident :: { $($test:ident),* $(,)? })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let factory = $crate::suite::Factory::new($opening);
                $crate::suite::$module::$test(&factory).await;
            }
        )*)*
    };
}
