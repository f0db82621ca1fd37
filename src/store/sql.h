/* The files of sql/, as they are built into the binary; sql/embed.cmake writes the source. */
#pragma once

struct sql_migration {
    int number; /* from 1 on, without a gap */
    const char *name;
    const char *sql;
};

/* In order; ended by number 0. */
extern const struct sql_migration sql_migrations[];

/* The statements of sql/queries; each file tells at its head what its parameters are. */
extern const char sql_accept[];
extern const char sql_account_facts[];
extern const char sql_begin_replay[];
extern const char sql_begin_retention[];
extern const char sql_begin_run[];
extern const char sql_begin_slice[];
extern const char sql_book[];
extern const char sql_book_page[];
extern const char sql_book_replayed[];
extern const char sql_cap_facts[];
extern const char sql_close_finished_run[];
extern const char sql_close_stale_listings[];
extern const char sql_close_stale_run[];
extern const char sql_compare_feeds[];
extern const char sql_count_known[];
extern const char sql_count_replayed[];
extern const char sql_cut_slice[];
extern const char sql_end_replayed[];
extern const char sql_end_retention[];
extern const char sql_end_run[];
extern const char sql_end_scratch[];
extern const char sql_find_closing[];
extern const char sql_find_lost_runs[];
extern const char sql_find_run[];
extern const char sql_get_account[];
extern const char sql_grant_reader[];
extern const char sql_job_facts[];
extern const char sql_last_scheduled[];
extern const char sql_make_partitions[];
extern const char sql_make_replay_partitions[];
extern const char sql_make_scratch[];
extern const char sql_memo_run[];
extern const char sql_memo_slices[];
extern const char sql_migration_state[];
extern const char sql_name_feed[];
extern const char sql_note_scheduled[];
extern const char sql_over_partitions[];
extern const char sql_pass_feed[];
extern const char sql_plan_feeds[];
extern const char sql_publish[];
extern const char sql_put_account[];
extern const char sql_read_attempt_ids[];
extern const char sql_read_listings[];
extern const char sql_read_open_attempts[];
extern const char sql_read_over_runs[];
extern const char sql_read_pages[];
extern const char sql_read_parts[];
extern const char sql_read_replay[];
extern const char sql_read_replay_listings[];
extern const char sql_read_replay_pages[];
extern const char sql_read_run[];
extern const char sql_read_slices[];
extern const char sql_read_spent[];
extern const char sql_read_stops[];
extern const char sql_read_sync[];
extern const char sql_read_unknown[];
extern const char sql_recent_calls[];
extern const char sql_reconcile[];
extern const char sql_record_migration[];
extern const char sql_record_missed[];
extern const char sql_rename_job[];
extern const char sql_reserve[];
extern const char sql_restart_slice[];
extern const char sql_restore_attempts[];
extern const char sql_restore_run[];
extern const char sql_restore_slices[];
extern const char sql_retake_place[];
extern const char sql_schema_exists[];
extern const char sql_schema_version[];
extern const char sql_set_caps[];
extern const char sql_set_project[];
extern const char sql_settle_listings[];
extern const char sql_sizes[];
extern const char sql_spent_today[];
extern const char sql_status[];
extern const char sql_stop[];
extern const char sql_sum_costs[];
extern const char sql_sum_up[];
extern const char sql_suspend[];
extern const char sql_take_lock[];
extern const char sql_take_place[];
extern const char sql_take_seat[];
extern const char sql_take_up[];
extern const char sql_wait_for_left[];
extern const char sql_who_holds_lock[];
