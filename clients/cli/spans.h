// All that the hub has stored under a pattern, however much: by spans of time that one answer can hold.
#ifndef CLI_SPANS_H
#define CLI_SPANS_H

#include "session.h"

enum { SPANS_PAGE = 1000 }; // what one question is answered at most

// One span's answer: `count` sealed messages, the latest first. What is taken from `values` (left empty) is yours.
typedef enum lt_code spans_take(void *self, struct lt_buffer *values, size_t count);

// The earliest span first; since inclusive, until exclusive, ms of storing. A millisecond with more than a page cannot be told
// apart: of it the latest are given, and *crowded is that time (else 0).
enum lt_code spans_each(struct session *session, const char *pattern, uint64_t since,
                        uint64_t until, spans_take *take, void *self, uint64_t *crowded);

#endif
