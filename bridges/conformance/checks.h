// The checks, a function each; their names and sentences are in checks.c.
#ifndef LT_CONFORMANCE_CHECKS_H
#define LT_CONFORMANCE_CHECKS_H

#include "suite.h"

void check_config(struct suite *suite);
void check_starts(struct suite *suite);
void check_stops(struct suite *suite);
void check_dry_run(struct suite *suite);
void check_secrets(struct suite *suite);
void check_grows(struct suite *suite);

void check_delivers(struct suite *suite);
void check_replay(struct suite *suite);
void check_reorder(struct suite *suite);
void check_expired(struct suite *suite);
void check_cancelled(struct suite *suite);
void check_replaced(struct suite *suite);
void check_drill(struct suite *suite);
void check_forged(struct suite *suite);
void check_huge(struct suite *suite);

void check_flood(struct suite *suite);
void check_credit(struct suite *suite);
void check_priority(struct suite *suite);
void check_reconnect(struct suite *suite);

void check_kill(struct suite *suite);
void check_publishes(struct suite *suite);
void check_once(struct suite *suite);
void check_quarantine(struct suite *suite);
void check_disk(struct suite *suite);
void check_clock(struct suite *suite);
void check_far(struct suite *suite);

#endif
