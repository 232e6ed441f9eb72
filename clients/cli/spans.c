// The hub's history by spans of time.
#include "spans.h"

#include <lienthon/pack.h>

#include "walk.h"

enum { DEPTH = 66 }; // a span of 64 bits can be halved so often

static enum lt_code ask_span(struct session *session, const char *pattern, uint64_t since,
                             uint64_t until, struct lt_buffer *values)
{
    struct lt_buffer args = {.max = 1024};
    *values = (struct lt_buffer){.max = SESSION_ANSWER_MAX};
    lt_pack_map(&args, 4);
    lt_pack_text(&args, "pattern");
    lt_pack_text(&args, pattern);
    lt_pack_text(&args, "since");
    lt_pack_uint(&args, since);
    lt_pack_text(&args, "until");
    lt_pack_uint(&args, until);
    lt_pack_text(&args, "limit");
    lt_pack_uint(&args, SPANS_PAGE);
    const enum lt_code code = session_ask(session, "history", lt_buffer_slice(&args), values);
    lt_buffer_clear(&args);
    return code;
}

static size_t count_values(const struct lt_buffer *values)
{
    struct walk walk = walk_of(values);
    struct lt_slice value;
    size_t count = 0;
    while (walk_value(&walk, &value)) {
        count++;
    }
    return count;
}

// A span with more than one answer can hold is taken in two halves, the earlier first.
enum lt_code spans_each(struct session *session, const char *pattern, uint64_t since,
                        uint64_t until, spans_take *take, void *self, uint64_t *crowded)
{
    struct span {
        uint64_t since, until;
    } open[DEPTH] = {{since, until}};
    size_t depth = 1;
    enum lt_code code = LT_DONE;
    *crowded = 0;
    while (code == LT_DONE && depth > 0) {
        const struct span span = open[--depth];
        struct lt_buffer values;
        code = ask_span(session, pattern, span.since, span.until, &values);
        const size_t count = count_values(&values);
        const bool is_full = code == LT_DONE && count >= SPANS_PAGE;
        if (is_full && span.until - span.since > 1) {
            const uint64_t middle = span.since + (span.until - span.since) / 2;
            open[depth++] = (struct span){middle, span.until};
            open[depth++] = (struct span){span.since, middle};
        } else if (code == LT_DONE) {
            *crowded = is_full ? span.since : *crowded;
            code = take(self, &values, count);
        }
        lt_buffer_clear(&values);
    }
    return code;
}
