// What the run says: a line a check as it goes, the line for a README at the end; or all of it as JSON.
#ifndef LT_CONFORMANCE_REPORT_H
#define LT_CONFORMANCE_REPORT_H

#include <jansson.h>

#include "suite.h"

struct report {
    bool as_json;
    json_t *checks;
    unsigned counts[3]; // by verdict
};

enum lt_code report_begin(struct report *report, bool as_json, struct lt_error *error);
void report_check(struct report *report, const struct check *check, const struct suite *suite,
                  int64_t took_ms);
// file: the shared object or program whose hash is told; version: the bridge's, may be NULL. whole: every check was run.
void report_end(struct report *report, const char *bridge, const char *version, const char *file,
                bool whole);
void report_list(bool as_json);
void report_clear(struct report *report);

#endif
