// What has happened since the start.
#include "counts.h"

#include <stdlib.h>

#include "must.h"

void counts_clear(struct broker_counts *counts)
{
    table_clear(&counts->refusals, free);
}

// Whoever comes after the first hundred shares one row, so that no number of principals makes the
// page long.
static struct counts_refusals *refusals_of(struct broker_counts *counts, const char *principal)
{
    struct counts_refusals *found = table_find(&counts->refusals, lt_slice_of(principal));
    if (found || !principal[0])
        return found ? found : &counts->other_refusals;
    if (counts->refusals.count >= COUNTS_PRINCIPALS)
        return &counts->other_refusals;
    found = must_calloc(1, sizeof *found);
    table_put(&counts->refusals, lt_slice_of(principal), found);
    return found;
}

struct counts_refusals *counts_refuse(struct broker_counts *counts, const char *principal,
                                      enum lt_code code, uint64_t count)
{
    struct counts_refusals *refusals = refusals_of(counts, principal);
    counts->refused += count;
    if (code >= LT_MALFORMED && code <= LT_ID_TAKEN)
        refusals->codes[code - LT_MALFORMED] += count;
    return refusals;
}

void counts_time(struct histogram *histogram, int64_t took)
{
    histogram_observe(histogram, &histogram_seconds, (double)took / 1e6);
}
