// Who sends rubbish: faults by participant, or by address where nobody has to say who he is. They are
// forgiven with time. From so many on one is slowed, from ten times as many cut; a new connection does
// not begin anew. Knows no connection.
#ifndef LT_OFFENDERS_H
#define LT_OFFENDERS_H

#include <lienthon/code.h>

#include "table.h"

struct offenders {
    struct table by_name;
    uint64_t slow, forgiven; // faults from which on one is slowed; forgiven in a second
};
void offenders_clear(struct offenders *offenders);

enum offence { OFFENCE_NONE, OFFENCE_SLOW, OFFENCE_CUT };
// Faults that a refusal counts: 0 for what is nobody's fault.
unsigned offenders_faults(enum lt_code code);
// May whoever it is have something done that costs work? Who is slowed may once a second; each time in
// vain counts a quarter of a fault, so who does not wait either is cut in the end.
enum offence offenders_ask(struct offenders *offenders, struct lt_slice name, uint64_t tick);
// So many more at `tick` (monotonic, ms); what is to become of whoever it is. slow 0: nothing ever.
enum offence offenders_add(struct offenders *offenders, struct lt_slice name, unsigned faults,
                           uint64_t tick);
// Forgets who has been forgiven everything.
void offenders_sweep(struct offenders *offenders, uint64_t tick);

#endif
