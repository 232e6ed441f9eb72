#include <lienthon/breaker.h>

void lt_breaker_init(struct lt_breaker *breaker, const struct lt_breaker_limit *limit)
{
    *breaker = (struct lt_breaker){.limit = *limit, .rest_ms = limit->rest_ms};
}

uint64_t lt_breaker_wait(const struct lt_breaker *breaker, uint64_t now)
{
    return breaker->state != LT_BREAKER_CLOSED && breaker->until > now ? breaker->until - now : 0;
}

uint64_t lt_breaker_ask(struct lt_breaker *breaker, uint64_t now)
{
    uint64_t wait = lt_breaker_wait(breaker, now);
    if (wait || breaker->state == LT_BREAKER_CLOSED)
        return wait;
    breaker->state = LT_BREAKER_TRYING;
    breaker->until = now + breaker->limit.try_ms;
    return 0;
}

void lt_breaker_well(struct lt_breaker *breaker)
{
    breaker->state = LT_BREAKER_CLOSED;
    breaker->failed = 0;
    breaker->until = 0;
    breaker->rest_ms = breaker->limit.rest_ms;
}

void lt_breaker_back(struct lt_breaker *breaker)
{
    if (breaker->state == LT_BREAKER_CLOSED)
        return;
    breaker->state = LT_BREAKER_CLOSED;
    breaker->failed = breaker->limit.failures > 0 ? breaker->limit.failures - 1 : 0;
    breaker->until = 0;
}

static void open_again(struct lt_breaker *breaker, uint64_t now)
{
    breaker->state = LT_BREAKER_OPEN;
    breaker->until = now + breaker->rest_ms;
    breaker->opened++;
}

void lt_breaker_ill(struct lt_breaker *breaker, uint64_t now)
{
    uint64_t most = breaker->limit.most_ms;
    if (breaker->failed < UINT32_MAX)
        breaker->failed++;
    switch (breaker->state) {
    case LT_BREAKER_CLOSED:
        if (breaker->limit.failures && breaker->failed >= breaker->limit.failures)
            open_again(breaker, now);
        break;
    case LT_BREAKER_TRYING:
        breaker->rest_ms = breaker->rest_ms > most / 2 ? most : breaker->rest_ms * 2;
        open_again(breaker, now);
        break;
    case LT_BREAKER_OPEN: // of one that was let through before
        break;
    }
}

void lt_breaker_pass(struct lt_breaker *breaker)
{
    if (breaker->state == LT_BREAKER_TRYING)
        breaker->until = 0;
}

const char *lt_breaker_name(const struct lt_breaker *breaker)
{
    static const char *const names[] = {"closed", "open", "trying"};
    return names[breaker->state];
}
