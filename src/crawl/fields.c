#include "crawl/crawl_private.h"

/* What the crawl's lines of the log tell beside their texts. */

struct log_fields crawl_fields(const struct crawl *crawl)
{
    return crawl->n_runs == 1 ? crawl_run_fields(crawl->runs[0]) : LOG_PLAIN;
}

struct log_fields crawl_run_fields(const struct crawl_run *run)
{
    return (struct log_fields){.job = run->job, .run = run->run_id};
}

struct log_fields crawl_listing_fields(const struct crawl_listing *listing)
{
    struct log_fields fields = crawl_run_fields(listing->run);

    fields.listing = listing->listing_id;
    fields.target = listing->target;
    return fields;
}

struct log_fields crawl_page_fields(const struct crawl_page *page)
{
    static const char *const charges[] = {[VERDICT_CHARGE_KNOWN] = "settled",
                                          [VERDICT_CHARGE_FREE] = "void",
                                          [VERDICT_CHARGE_UNKNOWN] = "unknown"};
    struct log_fields fields = crawl_listing_fields(page->slice->listing);

    fields.page = &page->position;
    if (page->asked_ms == 0) /* no call for it was made here */
        return fields;
    fields.attempt = &page->attempt;
    fields.code = page->code;
    fields.http = page->http_status;
    fields.charge = charges[page->charge];
    fields.nanousd =
        page->charge == VERDICT_CHARGE_UNKNOWN ? &page->reserved_nanousd : &page->charged_nanousd;
    fields.ms = page->took_ms;
    return fields;
}
