/*
 * What the files of the rig share: rig.c (a process, and time), rig_disk.c (what outlives it),
 * rig_ports.c (what is asked for), rig_events.c (the answers), rig_ledger.c (money, and the
 * vendor's list), rig_server.c (the calls), rig_expect.c (what tests look at).
 */
#pragma once

#include "unit/crawl/rig.h"

extern const struct crawl_ports rig_ports;

/* Commits what `event` is about, or tells the crawl of it. */
void rig_play_event(struct rig_event event);

/* --- rig_server.c ---------------------------------------------------------------------------- */

bool rig_fault_is_unknown(enum rig_fault fault);
int64_t rig_fault_wait_ms(enum rig_fault fault);
bool rig_fault_was_sent(enum rig_fault fault);
bool rig_fault_is_whole(enum rig_fault fault);

/* What the answer says that it cost, and what it costs where it never comes. */
int64_t rig_charge(const struct rig_attempt *attempt);
int64_t rig_charge_undelivered(const struct rig_attempt *attempt);

/* The call goes out: what it will run into, and what the vendor makes of it. */
void rig_serve(struct rig_attempt *attempt);

/* The answer to a call, as the crawl is told it. `token` has room for 24. */
struct crawl_answer rig_answer(const struct rig_attempt *attempt, char *token);

/* --- rig_ledger.c ---------------------------------------------------------------------------- */

/* Reserves, or says which cap it does not fit. */
void rig_reserve(struct rig_event *event, struct rig_attempt *attempt);

/* The attempt is over. */
void rig_book(struct rig_attempt *attempt, const struct crawl_page *page);

/* The sums of the ledger are those of its attempts, and within the caps. */
void rig_check_caps(void);

/* Books what the list says. */
void rig_reconcile(const struct rig_event *event);

/* Out of budget: nothing of it can still make room, and a call that it wants does not fit. */
void rig_check_out_of_budget(const struct rig_listing *owner);

/* When the call may have reached the server at the earliest. */
int64_t rig_since_ms(const struct rig_attempt *attempt);

/* --- rig_disk.c ------------------------------------------------------------------------------ */

struct rig_slice *rig_slice_of(const struct rig_attempt *attempt);
void rig_begin_slice(struct rig_listing *listing, const struct crawl_slice *slice);
void rig_land(struct rig_attempt *attempt, struct rig_event *event);

/* Ends a slice and records the one that goes on behind it. */
void rig_restart(struct rig_listing *listing, struct rig_slice *slice,
                 const struct rig_event *event);

/* Narrows a slice and records those that begin at the points. */
void rig_cut(struct rig_listing *listing, const struct crawl_slice *slice,
             const struct rig_event *event);

/* Adds all that is on the disk to the new crawl. */
void rig_restore(void);

/* After a kill: what was neither booked nor received may have been charged. */
void rig_forget_open(void);

/* All that it should have has landed. */
void rig_check_rows(const struct rig_listing *listing);
