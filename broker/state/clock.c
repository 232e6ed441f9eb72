// The wall clock against the monotonic one.
#include "clock.h"

#include <stdio.h>
#include <time.h>

#include "broker.h"
#include "log.h"

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

enum { JUMP_MS = 1000, UNSURE_MINUTES = 10 };

void clock_text(uint64_t ms, char text[CLOCK_TEXT])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm when;
    if (!gmtime_r(&seconds, &when) || !strftime(text, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &when))
        snprintf(text, CLOCK_TEXT, "?");
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

// From here on another time holds, or a wrong one begins: which, nobody here can say.
static void doubt(struct broker *broker, uint64_t expected)
{
    struct clock *clock = &broker->clock;
    clock->unsure_until = broker->tick + UNSURE_MINUTES * MINUTE_MS;
    if (broker->now > expected + DAY_MS)
        clock->sweeps_from = broker->tick + DAY_MS;
}

void clock_look(struct broker *broker)
{
    uint64_t before = broker->now, tick = broker->tick;
    char was[CLOCK_TEXT], is[CLOCK_TEXT];
    broker->tick = (uint64_t)zclock_mono();
    broker->now = broker->clock.read(broker->clock.self);
    uint64_t expected = before + (broker->tick - tick);
    if (!before || distance(broker->now, expected) < JUMP_MS)
        return;
    broker->counts.clock_jumps++;
    clock_text(expected, was);
    clock_text(broker->now, is);
    if (broker_may_log(broker))
        log_warning("clock jumped", LOG_NUMBER("by_ms", broker->now - expected),
                    LOG_TEXT("should_be", was), LOG_TEXT("says", is));
    if (distance(broker->now, expected) >= MINUTE_MS)
        doubt(broker, expected);
}

void clock_begin(struct broker *broker, uint64_t stored)
{
    char then[CLOCK_TEXT], is[CLOCK_TEXT];
    uint64_t ahead = broker->limits.ahead * 1000;
    clock_text(stored, then);
    clock_text(broker->now, is);
    if (stored > broker->now + ahead)
        log_warning("clock is behind", LOG_TEXT("says", is), LOG_TEXT("last_stored", then));
    if (stored && distance(broker->now, stored) > HOUR_MS)
        doubt(broker, stored);
}

bool clock_is_sure(const struct broker *broker)
{
    return broker->tick >= broker->clock.unsure_until;
}

bool clock_has_passed(const struct broker *broker, uint64_t time)
{
    return time && time <= broker->now && clock_is_sure(broker);
}

bool clock_lets_sweep(const struct broker *broker)
{
    return broker->tick >= broker->clock.sweeps_from;
}
