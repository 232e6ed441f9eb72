// A leaky bucket a name.
#include "offenders.h"

#include <stdlib.h>

#include "bounds.h"
#include "must.h"

enum { CUT_TIMES = 10, SECOND_MS = 1000, IN_VAIN = 250 };

struct offender {
    uint64_t faults, at; // thousandths of a fault, as of then
    uint64_t served;     // while it is slowed: when last
};

void offenders_clear(struct offenders *offenders)
{
    table_clear(&offenders->by_name, free);
}

unsigned offenders_faults(enum lt_code code)
{
    switch (code) {
    case LT_MALFORMED:
    case LT_BAD_SEAL:
        return 4; // nobody who means well sends these, or a signature was checked for nothing
    case LT_TOO_LARGE:
    case LT_UNKNOWN_PRINCIPAL:
    case LT_NOT_ALLOWED:
    case LT_BODY_WRONG:
    case LT_UNKNOWN_TYPE:
    case LT_HELLO_FIRST:
    case LT_SECRET:
    case LT_ID_TAKEN:
        return 1;
    default:
        return 0; // the hub is busy, a clock is wrong, a grant has ended, it was stored before
    }
}

static void forgive(const struct offenders *offenders, struct offender *offender, uint64_t tick)
{
    uint64_t forgiven = (tick - offender->at) * offenders->forgiven;
    offender->faults = offender->faults > forgiven ? offender->faults - forgiven : 0;
    offender->at = tick;
}

static struct offender *offender_of(struct offenders *offenders, struct lt_slice name,
                                    uint64_t tick)
{
    struct offender *offender = table_find(&offenders->by_name, name);
    if (offender)
        return offender;
    if (offenders->by_name.count >= BOUNDS_OFFENDERS)
        offenders_sweep(offenders, tick);
    if (offenders->by_name.count >= BOUNDS_OFFENDERS)
        offenders_clear(offenders); // a flood from everywhere: begin to count anew
    offender = must_calloc(1, sizeof *offender);
    offender->at = tick;
    table_put(&offenders->by_name, name, offender);
    return offender;
}

static enum offence charge(const struct offenders *offenders, struct offender *offender,
                           uint64_t thousandths)
{
    uint64_t slow = offenders->slow * SECOND_MS, cut = slow * CUT_TIMES;
    offender->faults += thousandths;
    if (offender->faults >= cut) {
        offender->faults = cut; // so that it ends some time
        return OFFENCE_CUT;
    }
    return offender->faults >= slow ? OFFENCE_SLOW : OFFENCE_NONE;
}

enum offence offenders_add(struct offenders *offenders, struct lt_slice name, unsigned faults,
                           uint64_t tick)
{
    if (!offenders->slow)
        return OFFENCE_NONE;
    struct offender *offender = offender_of(offenders, name, tick);
    forgive(offenders, offender, tick);
    return charge(offenders, offender, (uint64_t)faults * SECOND_MS);
}

enum offence offenders_ask(struct offenders *offenders, struct lt_slice name, uint64_t tick)
{
    struct offender *offender = table_find(&offenders->by_name, name);
    if (!offender)
        return OFFENCE_NONE;
    forgive(offenders, offender, tick);
    if (charge(offenders, offender, 0) == OFFENCE_NONE)
        return OFFENCE_NONE;
    if (tick - offender->served >= SECOND_MS) {
        offender->served = tick;
        return OFFENCE_NONE;
    }
    return charge(offenders, offender, IN_VAIN);
}

void offenders_sweep(struct offenders *offenders, uint64_t tick)
{
    for (struct table_walk walk = {0}; table_next(&offenders->by_name, &walk);) {
        struct offender *offender = walk.node->value;
        struct lt_slice name = {walk.node->key, walk.node->size};
        forgive(offenders, offender, tick);
        if (!offender->faults)
            free(table_take(&offenders->by_name, name));
    }
}
