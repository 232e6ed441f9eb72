// Values as JSON Schema sees them: equality, multiples, and how a sentence shows one.
#ifndef LT_SCHEMA_VALUE_H
#define LT_SCHEMA_VALUE_H

#include "lienthon/cursor.h"

// JSON's equality of two whole values: 1 is 1.0, the order of keys is nothing, true is not 1. Each value looked at costs
// one of *budget; at 0 it gives up with false.
bool value_equal(struct lt_slice a, struct lt_slice b, uint64_t *budget);

bool value_is_number(const struct lt_value *value);
double value_number(const struct lt_value *value); // of a number; exact within 2^53
bool value_is_whole(double number);
// Is number a multiple of step (> 0), both taken as the shortest decimals that mean them: 0.3 is one of 0.1.
bool value_is_multiple(double number, double step);

enum { VALUE_SHOWN = 64 };
// 'text', 12, a list …; long texts are cut.
void value_show_number(double number, char out[VALUE_SHOWN]);
void value_show(struct lt_slice value, char out[VALUE_SHOWN]);

#endif
