#include "unit/status/made_up.h"

static const struct snapshot_run no_run = {.night = "",
                                           .result = "",
                                           .reason = "",
                                           .started_s = -1,
                                           .ended_s = -1,
                                           .n_rows = -1,
                                           .n_new = -1,
                                           .n_lost = -1,
                                           .nanousd = -1,
                                           .cap_nanousd = -1};

static void make_jobs(struct made_up *made_up)
{
    made_up->nights[0] = (struct snapshot_night){"2026-11-22", 100, 1, 2, 24000000};
    made_up->nights[1] = (struct snapshot_night){"2026-11-23", 101, -1, -1, -1};
    made_up->jobs[0] = (struct snapshot_job){
        .title = "links",
        .project = "default",
        .name = "links",
        .account = "default",
        .schedule = "15 2 * * *",
        .timezone = "Europe/Berlin",
        .next_s = 1000,
        .due_s = 900,
        .last_success_s = 800,
        .state = SNAPSHOT_RUNNING,
        .reason = "",
        .is_file_ok = true,
        .file = "jobs.d/a.yaml",
        .n_held = 0,
        .last = {.run_id = 7,
                 .night = "2026-11-23",
                 .started_s = 700,
                 .ended_s = 800,
                 .result = "complete",
                 .reason = "",
                 .n_rows = 101,
                 .n_new = 3,
                 .n_lost = 4,
                 .nanousd = 30000000,
                 .cap_nanousd = INT64_C(3000000000)},
        .progress = {.started_s = 950,
                     .n_items = 250,
                     .n_items_expected = 1000,
                     .n_in_flight = 5,
                     .n_calls = 6,
                     .nanousd = INT64_C(1500000000),
                     .budget_nanousd = INT64_C(3000000000),
                     .n_listings = 2,
                     .n_over = 1},
        .nights = made_up->nights,
        .n_nights = 2,
    };
    made_up->jobs[1] = (struct snapshot_job){.title = "acme/gap",
                                             .project = "acme",
                                             .name = "gap",
                                             .account = "gateway",
                                             .schedule = "",
                                             .timezone = "UTC",
                                             .next_s = -1,
                                             .due_s = -1,
                                             .last_success_s = -1,
                                             .state = SNAPSHOT_BLOCKED,
                                             .reason = "blocked: balance: <40210>",
                                             .file = "jobs.d/b \"c\"\\.yaml",
                                             .n_held = 2,
                                             .last = no_run};
}

static void make_accounts(struct made_up *made_up)
{
    made_up->accounts[0] = (struct snapshot_account){.name = "default",
                                                     .reason = "",
                                                     .balance_nanousd = INT64_C(12500000000),
                                                     .asked_at_s = 600,
                                                     .nights_left = 2.5,
                                                     .n_in_flight = 5,
                                                     .n_slots = 25,
                                                     .n_per_minute = 2000,
                                                     .waited_ms = {[SNAPSHOT_WAIT_SLOT] = 61005},
                                                     .n_unknown = 1,
                                                     .unknown_nanousd = 60000000,
                                                     .n_undelivered = 2,
                                                     .undelivered_nanousd = 20150000};
    made_up->accounts[1] = (struct snapshot_account){.name = "gateway",
                                                     .reason = "no money",
                                                     .balance_nanousd = -1,
                                                     .asked_at_s = -1,
                                                     .nights_left = -1,
                                                     .n_slots = 5,
                                                     .n_per_minute = 60,
                                                     .n_unknown = -1,
                                                     .unknown_nanousd = -1,
                                                     .n_undelivered = -1,
                                                     .undelivered_nanousd = -1};
    made_up->caps[0] = (struct snapshot_cap){"all", "", "day", INT64_C(25000000000), 1};
    made_up->caps[1] = (struct snapshot_cap){"job", "acme/gap", "month", 10, -5};
}

void made_up_begin(struct made_up *made_up)
{
    *made_up = (struct made_up){.meter = meter_new()};
    make_jobs(made_up);
    make_accounts(made_up);
    made_up->bad_files[0] = (struct snapshot_file){made_up->jobs[1].file, 1};
    made_up->errors[0] = (struct snapshot_error){990, "acme/gap", "it \"failed\""};
    made_up->snapshot = (struct snapshot){.version = "1.2.3",
                                          .config_file = "/etc/linkhaul/linkhaul.yaml",
                                          .now_s = 1000,
                                          .started_s = 100,
                                          .has_database = true,
                                          .database_away = "",
                                          .spent_today_nanousd = 240000000,
                                          .spool_bytes = 4096,
                                          .n_open_files = 20,
                                          .n_open_files_max = 1024,
                                          .resident_bytes = 1048576,
                                          .jobs = made_up->jobs,
                                          .n_jobs = 2,
                                          .accounts = made_up->accounts,
                                          .n_accounts = 2,
                                          .caps = made_up->caps,
                                          .n_caps = 2,
                                          .bad_files = made_up->bad_files,
                                          .n_bad_files = 1,
                                          .errors = made_up->errors,
                                          .n_errors = 1,
                                          .meter = made_up->meter};
}

void made_up_end(struct made_up *made_up)
{
    meter_destroy(made_up->meter);
}
