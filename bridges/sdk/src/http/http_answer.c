// What an answer says beside its body.
#include "http_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY_S = 24 * 60 * 60 };

bool http_fields_add(struct lt_http_fields *fields, const char *line, size_t size)
{
    // A new status line: what came before was of a 100, or of a try that the connection did not survive.
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
        lt_buffer_empty(&fields->lines);
    return lt_buffer_add(&fields->lines, line, size);
}

static struct lt_slice trimmed(const uint8_t *from, const uint8_t *end)
{
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && isspace(end[-1]))
        end--;
    return (struct lt_slice){from, (size_t)(end - from)};
}

struct lt_slice http_fields_find(const struct lt_http_fields *fields, const char *name)
{
    struct lt_slice found = {0};
    const uint8_t *at = fields->lines.data;
    const uint8_t *end = at ? at + fields->lines.size : NULL;
    size_t size = strlen(name);
    while (at && at < end) {
        const uint8_t *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        if ((size_t)(line_end - at) > size && at[size] == ':' &&
            strncasecmp((const char *)at, name, size) == 0)
            found = trimmed(at + size + 1, line_end);
        at = line_end < end ? line_end + 1 : end;
    }
    return found;
}

static time_t date_of(struct lt_slice text)
{
    char date[64];
    if (!text.data || text.size >= sizeof date)
        return -1;
    memcpy(date, text.data, text.size);
    date[text.size] = '\0';
    return curl_getdate(date, NULL);
}

int64_t http_fields_retry_after(const struct lt_http_fields *fields, int64_t now_s)
{
    struct lt_slice wish = http_fields_find(fields, "Retry-After");
    int64_t seconds = 0;
    size_t digits = 0;
    for (; digits < wish.size && isdigit(wish.data[digits]); digits++)
        seconds = seconds > DAY_S ? seconds : seconds * 10 + (wish.data[digits] - '0');
    if (!wish.size)
        return -1;
    if (digits < wish.size) {
        time_t then = date_of(wish);
        time_t theirs = date_of(http_fields_find(fields, "Date"));
        if (then < 0)
            return -1;
        seconds = (int64_t)then - (theirs >= 0 ? (int64_t)theirs : now_s);
    }
    return 1000 * (seconds < 0 ? 0 : seconds > DAY_S ? DAY_S : seconds);
}

bool http_answer_did_nothing(const struct lt_http_answer *answer)
{
    return answer->state == LT_HTTP_NOT_SENT || answer->status == 401 || answer->status == 407 ||
           answer->status == 425 || answer->status == 429 || answer->status == 503;
}

bool http_answer_may_try(const struct lt_http_answer *answer)
{
    if (answer->state == LT_HTTP_NOT_SENT)
        return true;
    if (answer->state == LT_HTTP_UNKNOWN)
        return answer->repeatable;
    switch (answer->status) {
    case 425:
    case 429: // the request was refused, not begun
        return true;
    case 408:
    case 409:
    case 500:
    case 502:
    case 503:
    case 504:
        return answer->repeatable;
    default:
        return false;
    }
}

struct lt_slice lt_http_header(const struct lt_http_answer *answer, const char *name)
{
    return http_fields_find(answer->fields, name);
}
