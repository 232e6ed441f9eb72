// The page that a scraper reads: every figure of the hub, with its name, unit and help.
#ifndef LT_PAGE_H
#define LT_PAGE_H

#include "exposition.h"
#include "figures.h"

#define PAGE_OTHERS "(other)" // no principal and no durable name can be that

// out: empty, its max set. false: it does not fit, or there is no memory.
bool page_print(const struct broker *broker, const struct figures *figures,
                const struct figures_grants *grants, bool is_openmetrics, struct lt_buffer *out);

void page_subscriptions(struct exposition *page, const struct subscriptions *all);

#endif
