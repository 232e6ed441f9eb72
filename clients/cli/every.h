// "thứ hai, thứ năm", "rằm, mồng một": on which days something is done again and again, as officers say it.
#ifndef CLI_EVERY_H
#define CLI_EVERY_H

#include <stdint.h>

#include <jansson.h>

#include <lienthon/code.h>

enum every_kind { EVERY_DAY, EVERY_WEEKDAY, EVERY_MONTH_DAY, EVERY_LUNAR_DAY };

struct every {
    enum every_kind kind;
    uint32_t days; // weekdays: bits 1 (Monday) to 7; days of a month: bits 1 to 31, bit 0 its last
};

// With or without diacritics, hyphens and capitals; several of one kind with commas. LT_BAD_USE: the sentence says what is
// allowed, and what was meant where that can be seen.
enum lt_code every_read(const char *words, struct every *every, struct lt_error *error);

// `repeat` of a schedule (notice.v1), without its hours. Yours.
json_t *every_repeat(const struct every *every);

// The words of a kind, ends with NULL: for completion, and the nearest of them.
extern const char *const every_words[];

#endif
