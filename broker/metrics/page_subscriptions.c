// The page's rows of subscriptions: durable ones by name, as many as are shown, all others together.
#include "page.h"

enum { SUB_LABELS = 2 };

typedef void print_sub(struct exposition *page, const struct exposition_label labels[SUB_LABELS],
                       const struct subscription *sub);

static void each_sub(struct exposition *page, const struct subscriptions *all, print_sub *print)
{
    for (struct table_walk walk = {0}; table_next(&all->by_name, &walk);) {
        const struct subscription *sub = walk.node->value;
        const struct exposition_label labels[] = {{"principal", sub->principal},
                                                  {"durable", sub->durable}};
        if (sub->is_shown)
            print(page, labels, sub);
    }
}

static const struct exposition_label others[] = {{"principal", PAGE_OTHERS},
                                                 {"durable", PAGE_OTHERS}};

static void print_waiting(struct exposition *page, const struct exposition_label *labels,
                          const struct subscription *sub)
{
    exposition_number(page, labels, SUB_LABELS, subscription_waiting(sub));
}

static void print_deferred(struct exposition *page, const struct exposition_label *labels,
                           const struct subscription *sub)
{
    exposition_number(page, labels, SUB_LABELS, sub->deferred);
}

static void print_connected(struct exposition *page, const struct exposition_label *labels,
                            const struct subscription *sub)
{
    exposition_number(page, labels, SUB_LABELS, sub->session != 0);
}

static void print_settled(struct exposition *page, const struct exposition_label *labels,
                          const struct subscription *sub)
{
    exposition_number(page, labels, SUB_LABELS, sub->counts.settled);
}

static void endings(struct exposition *page, const struct exposition_label *labels,
                    const struct subscription_counts *counts)
{
    const struct {
        enum roster_state state;
        uint64_t count;
    } rows[] = {
        {ROSTER_GAVE_UP, counts->gave_up},
        {ROSTER_EXPIRED, counts->expired},
        {ROSTER_CANCELLED, counts->cancelled},
        {ROSTER_REVOKED, counts->revoked},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct exposition_label all[] = {
            labels[0], labels[1], {"state", roster_state_name(rows[i].state)}};
        exposition_number(page, all, SUB_LABELS + 1, rows[i].count);
    }
}

static void print_endings(struct exposition *page, const struct exposition_label *labels,
                          const struct subscription *sub)
{
    endings(page, labels, &sub->counts);
}

struct totals {
    uint64_t waiting, deferred; // of those without a row
    uint64_t behind, reading;   // of all
};

static struct totals total(const struct subscriptions *all)
{
    struct totals totals = {0};
    for (struct table_walk walk = {0}; table_next(&all->by_number, &walk);) {
        const struct subscription *sub = walk.node->value;
        totals.behind += subscription_is_behind(sub);
        totals.reading += sub->filling || sub->fetching || sub->counting;
        totals.waiting += sub->is_shown ? 0 : subscription_waiting(sub);
        totals.deferred += sub->is_shown ? 0 : sub->deferred;
    }
    return totals;
}

static void each(struct exposition *page, const struct subscriptions *all, const char *name,
                 const char *help, print_sub *print, uint64_t of_others)
{
    const struct exposition_family family = {name, EXPOSITION_GAUGE, NULL, help};
    exposition_open(page, &family);
    each_sub(page, all, print);
    exposition_number(page, others, SUB_LABELS, of_others);
}

void page_subscriptions(struct exposition *page, const struct subscriptions *all)
{
    static const struct exposition_family connected = {
        "lienthon_subscription_connected", EXPOSITION_GAUGE, NULL,
        "Whether a durable subscription is on a connection."};
    static const struct exposition_family settled = {
        "lienthon_subscription_settled", EXPOSITION_COUNTER, NULL,
        "Deliveries of a durable subscription that came to an end, however."};
    static const struct exposition_family ended = {
        "lienthon_subscription_ended", EXPOSITION_COUNTER, NULL,
        "Deliveries of a durable subscription that ended otherwise than done."};
    struct totals totals = total(all);
    exposition_gauge(page, "lienthon_subscriptions", NULL, "Subscriptions.", all->by_number.count);
    exposition_gauge(page, "lienthon_durable_subscriptions", NULL,
                     "Subscriptions that outlive connections.", all->by_name.count);
    exposition_gauge(page, "lienthon_subscriptions_behind", NULL,
                     "Subscriptions of which some messages wait in the store alone.",
                     totals.behind);
    exposition_gauge(page, "lienthon_subscriptions_reading", NULL,
                     "Subscriptions for which the read thread is at work.", totals.reading);
    each(page, all, "lienthon_subscription_waiting",
         "Messages that wait for a durable subscription, deferred ones among them.", print_waiting,
         totals.waiting);
    each(page, all, "lienthon_subscription_deferred",
         "Messages for a durable subscription that are not due.", print_deferred, totals.deferred);
    exposition_open(page, &connected);
    each_sub(page, all, print_connected);
    exposition_open(page, &settled);
    each_sub(page, all, print_settled);
    exposition_number(page, others, SUB_LABELS, all->others.settled);
    exposition_open(page, &ended);
    each_sub(page, all, print_endings);
    endings(page, others, &all->others);
}
