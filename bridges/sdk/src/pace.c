// Each bucket is the time at which its next token would be due (GCRA): no counter to fill, no timer.
#include <lienthon/pace.h>

#include <string.h>

enum { US_PER_MS = 1000 };

static const uint64_t longest_us = UINT64_C(366) * 24 * 3600 * 1000 * US_PER_MS;

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

void lt_pace_init(struct lt_pace *pace, const struct lt_pace_limit *limit)
{
    *pace = (struct lt_pace){0};
    if (!limit->count || !limit->period_ms)
        return;
    uint64_t burst = limit->burst ? limit->burst : 1;
    uint64_t share = 100 - at_most(limit->reserved, 99);
    uint64_t period_us = at_most(limit->period_ms, longest_us / US_PER_MS) * US_PER_MS;
    uint64_t every = at_most(period_us / limit->count, longest_us);
    pace->every_us = every ? every : 1;
    pace->routine_every_us = at_most(pace->every_us * 100 / share, longest_us);
    uint64_t routine_burst = at_most(burst, longest_us) * share / 100;
    pace->room_us = at_most(burst - 1, longest_us / pace->every_us) * pace->every_us;
    pace->routine_room_us =
        at_most(routine_burst ? routine_burst - 1 : 0, longest_us / pace->routine_every_us) *
        pace->routine_every_us;
}

static uint64_t until_ms(uint64_t next_us, uint64_t room_us, uint64_t now_us)
{
    if (next_us <= now_us + room_us)
        return 0;
    return (next_us - room_us - now_us + US_PER_MS - 1) / US_PER_MS;
}

uint64_t lt_pace_wait(const struct lt_pace *pace, unsigned priority, uint64_t now)
{
    uint64_t wait = pace->closed_until > now ? pace->closed_until - now : 0;
    if (!pace->every_us)
        return wait;
    uint64_t all = until_ms(pace->next_us, pace->room_us, now * US_PER_MS);
    uint64_t routine = priority < LT_PACE_URGENT
                           ? until_ms(pace->routine_next_us, pace->routine_room_us, now * US_PER_MS)
                           : 0;
    wait = all > wait ? all : wait;
    return routine > wait ? routine : wait;
}

static void count(uint64_t *next_us, uint64_t every_us, uint64_t now_us)
{
    *next_us = (*next_us > now_us ? *next_us : now_us) + every_us;
}

uint64_t lt_pace_take(struct lt_pace *pace, unsigned priority, uint64_t now)
{
    uint64_t wait = lt_pace_wait(pace, priority, now);
    if (wait || !pace->every_us)
        return wait;
    count(&pace->next_us, pace->every_us, now * US_PER_MS);
    if (priority < LT_PACE_URGENT)
        count(&pace->routine_next_us, pace->routine_every_us, now * US_PER_MS);
    return 0;
}

void lt_pace_close(struct lt_pace *pace, uint64_t until)
{
    if (until > pace->closed_until)
        pace->closed_until = until;
}

// Digits alone, from 1 to a billion; 0: none.
static uint64_t number_of(const char **text)
{
    uint64_t number = 0;
    while (**text >= '0' && **text <= '9' && number <= 1000000000)
        number = number * 10 + (uint64_t)(*(*text)++ - '0');
    return number <= 1000000000 ? number : 0;
}

static uint64_t unit_of(const char *text)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text, units[i].name) == 0)
            return units[i].ms;
    return 0;
}

bool lt_pace_parse(const char *text, struct lt_pace_limit *limit)
{
    uint64_t count_of = number_of(&text);
    if (!count_of || *text++ != '/')
        return false;
    uint64_t times = *text >= '0' && *text <= '9' ? number_of(&text) : 1;
    uint64_t period = times * unit_of(text);
    if (!period || period > longest_us / US_PER_MS)
        return false;
    limit->count = count_of;
    limit->period_ms = period;
    return true;
}

uint64_t lt_backoff(unsigned failed, uint64_t first_ms, uint64_t most_ms, uint32_t chance)
{
    uint64_t longest = first_ms < most_ms ? first_ms : most_ms;
    for (unsigned i = 1; i < failed && longest < most_ms; i++)
        longest = longest > most_ms / 2 ? most_ms : longest * 2;
    longest = at_most(longest, UINT32_MAX);
    return longest ? 1 + (longest * chance >> 32) : 1;
}
