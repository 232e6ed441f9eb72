// The metrics: the door, the page behind it, and the figures that are looked up for it.
#include "metrics.h"

#include <stdlib.h>

#include "broker.h"
#include "scrape.h"
#include "log.h"
#include "page.h"
#include "state/must.h"

enum { LOOK_MS = 2000, OPEN_AGAIN_MS = 2000 };

struct metrics {
    struct broker *broker;
    struct scrape *scrape; // NULL: it could not be opened
    struct figures figures;
    struct figures_grants grants;
    uint64_t tried, asked; // monotonic, ms
    bool is_asked, has_more, has_failed;
};

static bool print(void *self, bool is_openmetrics, struct lt_buffer *out)
{
    struct metrics *metrics = self;
    figures_sum_grants(metrics->broker, &metrics->grants);
    return page_print(metrics->broker, &metrics->figures, &metrics->grants, is_openmetrics, out);
}

static void open_door(struct metrics *metrics)
{
    const struct broker *broker = metrics->broker;
    struct lt_error error = {0};
    metrics->tried = broker->tick;
    if (scrape_open(broker->commune->hub.metrics, print, metrics, &metrics->scrape, &error) ==
        LT_DONE)
        log_info("metrics served", LOG_TEXT("address", broker->commune->hub.metrics));
    else if (!metrics->has_failed)
        log_error("metrics not served", LOG_TEXT("address", broker->commune->hub.metrics),
                  LOG_TEXT("reason", error.text));
    metrics->has_failed = !metrics->scrape;
}

static void looked(void *core, struct reading **reading)
{
    struct broker *broker = core;
    struct metrics *metrics = broker->metrics;
    metrics->is_asked = false;
    if (!figures_take(*reading, broker->now, &metrics->figures))
        disk_unread(broker, "metrics", "", &(*reading)->error);
    reading_destroy(reading);
}

static void ask(struct metrics *metrics)
{
    metrics->asked = metrics->broker->tick;
    metrics->is_asked = true;
    figures_ask(metrics->broker, looked);
}

struct metrics *metrics_new(struct broker *broker)
{
    if (!broker->commune->hub.metrics || !broker->commune->hub.metrics[0])
        return NULL;
    struct metrics *metrics = must_calloc(1, sizeof *metrics);
    metrics->broker = broker;
    open_door(metrics);
    ask(metrics);
    return metrics;
}

void metrics_destroy(struct metrics **metrics)
{
    if (!*metrics)
        return;
    scrape_close(&(*metrics)->scrape);
    free(*metrics);
    *metrics = NULL;
}

int metrics_descriptor(const struct metrics *metrics, uint64_t tick)
{
    return metrics && metrics->scrape ? scrape_descriptor(metrics->scrape, tick) : -1;
}

bool metrics_has_more(const struct metrics *metrics)
{
    return metrics && metrics->has_more;
}

void metrics_serve(struct metrics *metrics)
{
    metrics->has_more = scrape_serve(metrics->scrape, metrics->broker->tick);
}

void metrics_look(struct metrics *metrics)
{
    if (!metrics)
        return;
    uint64_t tick = metrics->broker->tick;
    if (metrics->scrape)
        scrape_look(metrics->scrape, tick);
    else if (tick - metrics->tried >= OPEN_AGAIN_MS)
        open_door(metrics);
    if (!metrics->is_asked && tick - metrics->asked >= LOOK_MS)
        ask(metrics);
}
