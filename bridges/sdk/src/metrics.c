// One page, made of what each target has counted.
#include "metrics.h"

#include <stdlib.h>

#include "exposition.h"
#include "log.h"
#include "scrape.h"

enum { LOOK_MS = 1000 };

struct metrics {
    struct lt_bridge_host *host;
    struct scrape *scrape;
    lt_timer *timer;
};

static void print_outcomes(struct exposition *page, const struct lt_bridge_host *host)
{
    static const struct exposition_family family = {
        .name = "lienthon_bridge_deliveries",
        .type = EXPOSITION_COUNTER,
        .help = "Deliveries by what became of them.",
    };
    exposition_open(page, &family);
    for (size_t i = 0; i < host->target_count; i++) {
        const struct figures *figures = &host->targets[i].figures;
        const struct {
            const char *outcome;
            uint64_t count;
        } rows[] = {{"done", figures->done},       {"skipped", figures->skipped},
                    {"failed", figures->failed},   {"unknown", figures->unknown},
                    {"refused", figures->refused}, {"again", figures->again},
                    {"aside", figures->set_aside}, {"done-before", figures->done_before}};
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            const struct exposition_label labels[] = {{"target", host->targets[i].name},
                                                      {"outcome", rows[k].outcome}};
            exposition_number(page, labels, 2, rows[k].count);
        }
    }
}

static uint64_t waiting_of(const struct lt_bridge_host *host, const struct target *target)
{
    uint64_t count = 0;
    for (const struct lt_delivery *at = host->deliveries; at; at = at->next)
        count += at->target == target;
    return count;
}

static void print_state(struct exposition *page, const struct lt_bridge_host *host, size_t kind)
{
    static const struct exposition_family families[] = {
        {"lienthon_bridge_waiting", EXPOSITION_GAUGE, NULL, "Deliveries that are not settled."},
        {"lienthon_bridge_breaker_state", EXPOSITION_GAUGE, NULL,
         "0 closed, 1 open, 2 one is let through to try."},
        {"lienthon_bridge_last_done_timestamp_seconds", EXPOSITION_GAUGE, "seconds",
         "When a delivery was last done; 0: none in this run."},
        {"lienthon_bridge_rate_waits", EXPOSITION_COUNTER, NULL,
         "Deliveries that the rate has held back."},
    };
    exposition_open(page, &families[kind]);
    for (size_t i = 0; i < host->target_count; i++) {
        const struct target *target = &host->targets[i];
        const uint64_t values[] = {waiting_of(host, target), target->breaker.state,
                                   target->figures.done_at / 1000, target->figures.rate_waits};
        const struct exposition_label label = {"target", target->name};
        exposition_number(page, &label, 1, values[kind]);
    }
}

// Of all targets together: who wants them apart gives each an instance.
static void print_answers(struct exposition *page, const struct lt_bridge_host *host)
{
    static const struct exposition_family family = {
        "lienthon_bridge_answer_seconds", EXPOSITION_HISTOGRAM, "seconds",
        "How long the bridge had a delivery until it said what became of it."};
    struct histogram all = {0};
    for (size_t i = 0; i < host->target_count; i++) {
        const struct histogram *one = &host->targets[i].figures.answers;
        for (size_t k = 0; k < histogram_seconds.count; k++)
            all.buckets[k] += one->buckets[k];
        all.count += one->count;
        all.sum += one->sum;
    }
    exposition_open(page, &family);
    exposition_histogram(page, &all, &histogram_seconds);
}

static void print_credentials(struct exposition *page, const struct lt_bridge_host *host)
{
    static const struct exposition_family family = {
        "lienthon_bridge_credential_end_timestamp_seconds", EXPOSITION_GAUGE, "seconds",
        "When a credential ends; 0: it has ended, or there is none."};
    exposition_open(page, &family);
    for (size_t i = 0; i < HEALTH_CREDENTIALS; i++) {
        const struct health_credential *at = &host->health.credentials[i];
        const struct exposition_label label = {"credential", at->name};
        if (at->name[0])
            exposition_number(page, &label, 1, at->until / 1000);
    }
}

static bool print(void *self, bool is_openmetrics, struct lt_buffer *out)
{
    const struct metrics *metrics = self;
    struct exposition page = {.out = *out, .is_openmetrics = is_openmetrics};
    page.out.max = 1024 * 1024;
    print_outcomes(&page, metrics->host);
    for (size_t kind = 0; kind < 4; kind++)
        print_state(&page, metrics->host, kind);
    print_answers(&page, metrics->host);
    print_credentials(&page, metrics->host);
    bool whole = exposition_end(&page);
    *out = page.out;
    return whole;
}

static void serve(void *user, int fd, unsigned ready)
{
    struct metrics *metrics = user;
    (void)fd, (void)ready;
    if (scrape_serve(metrics->scrape, host_clock()))
        lt_timer_set(metrics->timer, 0);
}

static void look(void *user)
{
    struct metrics *metrics = user;
    scrape_look(metrics->scrape, host_clock());
    bool more = scrape_serve(metrics->scrape, host_clock());
    lt_timer_set(metrics->timer, more ? 0 : LOOK_MS);
}

struct metrics *metrics_open(struct lt_bridge_host *host)
{
    const char *address = host->instance.settings.metrics;
    struct lt_error error = {0};
    struct metrics *metrics = address && *address ? calloc(1, sizeof *metrics) : NULL;
    if (!metrics)
        return NULL;
    metrics->host = host;
    metrics->timer = lt_timer_new(host, look, metrics);
    if (!metrics->timer ||
        scrape_open(address, print, metrics, &metrics->scrape, &error) != LT_DONE ||
        lt_watch(host, scrape_descriptor(metrics->scrape, host_clock()), LT_WATCH_READ, serve,
                 metrics) != LT_DONE) {
        log_line(LOG_ERROR_LINE, "metrics are not served address=%s why=%s", address, error.text);
        metrics_close(&metrics);
        return NULL;
    }
    lt_timer_set(metrics->timer, LOOK_MS);
    log_line(LOG_INFO_LINE, "metrics served address=%s", address);
    return metrics;
}

void metrics_close(struct metrics **metrics)
{
    struct metrics *own = *metrics;
    if (!own)
        return;
    if (own->scrape)
        lt_watch_end(own->host, scrape_descriptor(own->scrape, host_clock()));
    scrape_close(&own->scrape);
    lt_timer_destroy(&own->timer);
    free(own);
    *metrics = NULL;
}
