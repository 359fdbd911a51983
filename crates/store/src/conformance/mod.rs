//! What every store must do, as tests that know of no particular store.
//!
//! A store's own tests implement [`Harness`] and call [`conformance_tests!`](crate::conformance_tests), which makes a test of
//! each scenario here.

#![expect(clippy::unwrap_used, reason = "this is a test suite")]

mod account_model;
mod accounts;
mod batches;
mod failures;
mod groups;
mod histories;
mod histories_direct;
mod histories_groups;
mod histories_messages;
mod keyed;
mod messages;
mod model;
mod model_direct;
mod model_groups;
mod model_messages;
mod presence;
mod random;
mod reading;
mod recorder;
mod removal;
mod rulings;
mod sessions;
mod world;

use std::sync::Arc;

use async_trait::async_trait;
use chinwag_chat::Decide;

pub use accounts::*;
pub use batches::*;
pub use failures::*;
pub use groups::*;
pub use histories::*;
pub use keyed::*;
pub use messages::*;
pub use presence::*;
pub use reading::*;
pub use removal::*;
pub use rulings::*;
pub use sessions::*;

use crate::{Clock, Store, Tail};

/// Opens the store under test. Each test has a harness of its own, and so a database of its own.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens the harness's database: new the first time, later as it was left. What was opened before was closed, or dropped
    /// a moment ago.
    async fn open(&self, decide: Decide, clock: Clock, tail: Arc<dyn Tail>) -> Arc<dyn Store>;

    /// Makes the next [`Harness::open`] find a new database. What was opened before was closed.
    async fn renew(&self);

    /// How many random histories are tried where nobody says how many.
    fn histories(&self) -> u64 {
        60
    }
}

/// Makes a test of each scenario. `$harness` is an expression that makes a new [`Harness`].
#[macro_export]
macro_rules! conformance_tests {
    ($harness:expr) => {
        $crate::conformance_tests! { $harness;
            a_retry_gets_the_first_answer
            another_request_under_a_client_id_is_refused
            retries_in_one_batch_are_stored_once
            two_makers_of_one_room_in_one_batch
            a_leave_and_a_send_in_one_batch_count_in_their_order
            a_predecessor_counts_within_its_batch
            rows_are_numbered_without_gaps
            the_tail_has_every_position_once
            a_refusal_changes_nothing
            a_member_reads_from_its_joining_on
            a_page_is_in_order_and_within_its_limits
            what_is_missed_too_long_is_a_gap
            a_page_of_several_accounts_has_each_event_once
            a_deletion_empties_the_row_everywhere
            history_has_edges
            history_begins_where_it_is_visible
            sync_pages_by_last_activity
            recent_events_fit_into_the_budget
            a_session_ends_with_its_device
            an_idempotency_key_is_kept_for_a_day
            places_never_move_back
            an_epoch_outlives_a_restart
            an_account_is_found_by_its_user_name
            two_of_one_user_name_in_one_batch
            a_changed_profile_shows_in_all_that_is_read
            a_verified_password_counts_only_until_it_is_changed
            a_recovery_code_is_good_once
            signing_out_one_device_leaves_the_others
            one_device_too_many_ends_the_one_unseen_longest
            an_unseen_device_expires_unless_it_was_seen
            numbers_beyond_all_bounds_find_nothing
            a_closed_store_refuses
            a_dropped_store_opens_right
            a_tail_that_panics_gets_it_again
            a_group_is_made_once
            members_of_a_group_are_added_and_removed
            a_join_and_a_removal_in_one_batch_count_in_their_order
            a_new_member_sees_what_the_group_shows
            bans_outlive_leaving_and_restarts
            an_owner_hands_over_before_leaving
            settings_are_replayed_as_they_were
            mutes_and_the_slow_mode_are_kept
            members_are_read_in_pages
            listed_rooms_are_read_in_pages
            a_deleted_account_is_no_more
            much_is_emptied_in_steps_and_told_once
            an_unseen_guest_goes_and_what_they_wrote_stays
            accounts_of_programs_do_not_expire
            the_operator_deletes_accounts
            a_ruling_holds_until_it_is_lifted
            a_ban_signs_out_and_keeps_out
            entrances_are_closed_and_opened
            a_closed_room_lets_nobody_in
            those_who_run_the_server_see_all_of_it
            an_operator_deletes_and_hands_over
            a_program_makes_accounts_and_signs_them_in
            there_are_so_many_keys
            a_device_ends_when_its_time_is_over
            an_edit_gives_one_text_everywhere
            a_deletion_takes_the_text_of_edits
            an_edit_of_who_is_blocked_hides_the_message
            a_message_keeps_what_it_came_with
            reactions_and_pins_are_kept_until_the_deletion
            a_deleted_account_takes_its_reactions_back
            presence_is_seen_by_those_who_share_a_group_or_a_chat
            what_is_kept_of_presence_never_goes_back
            who_types_and_who_is_present_is_told_to_members
            of_a_key_the_latest_is_read
            events_of_a_key_in_one_batch_follow_each_other
            rows_of_replaced_events_go
            markers_count_what_is_unread
            ones_own_messages_move_the_marker
            a_conversation_is_marked_as_unread
            mentions_are_counted_as_they_are_now
            keyed_events_go_with_their_account
            receipts_are_for_those_who_give_them
            what_was_received_is_found_by_places
            settings_and_drafts_are_kept
            random_histories_match_the_model
        }
    };
    ($harness:expr; $($scenario:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                $crate::conformance::$scenario(&$harness).await;
            }
        )*
    };
}
