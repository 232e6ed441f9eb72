// The log: an event in plain words that never changes, then what is known of it as key=value, so that
// it can be searched and read by programs. A value that is empty, or holds more than plain characters,
// stands in quotes, and what could begin a line of its own is escaped: peers have their words in it.
//
//     log_warning("delivery given up", LOG_NUMBER("seq", seq), LOG_TEXT("principal", principal));
//
// error: somebody must act. warning: we coped. info: connections, grants, refusals. No bodies.
#ifndef LT_LOG_H
#define LT_LOG_H

#include <stdint.h>

#include <lienthon/bytes.h>

enum log_level { LOG_IS_INFO, LOG_IS_WARNING, LOG_IS_ERROR };
struct log_field {
    const char *key; // NULL ends them
    bool is_text;
    struct lt_slice text;
    int64_t number; // unless it is text
};
void log_line(enum log_level level, const char *event, const struct log_field *fields);
// The line as it stands, with its NUL; what does not fit into `room` is left out from the end.
void log_print(const char *event, const struct log_field *fields, char *line, size_t room);

#define LOG_TEXT(name, value)                                                                      \
    (struct log_field)                                                                             \
    {                                                                                              \
        .key = (name), .is_text = true, .text = lt_slice_of(value)                                 \
    }
#define LOG_SLICE(name, value)                                                                     \
    (struct log_field)                                                                             \
    {                                                                                              \
        .key = (name), .is_text = true, .text = (value)                                            \
    }
#define LOG_NUMBER(name, value)                                                                    \
    (struct log_field)                                                                             \
    {                                                                                              \
        .key = (name), .number = (int64_t)(value)                                                  \
    }
#define LOG_FIELDS(...)                                                                            \
    (const struct log_field[])                                                                     \
    {                                                                                              \
        __VA_ARGS__, (struct log_field)                                                            \
        {                                                                                          \
            .key = NULL                                                                            \
        }                                                                                          \
    }
#define log_info(event, ...)    log_line(LOG_IS_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warning(event, ...) log_line(LOG_IS_WARNING, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...)   log_line(LOG_IS_ERROR, event, LOG_FIELDS(__VA_ARGS__))

// How often something may be said: so many at once, then one each interval; what is left out is
// counted and told with the next.
struct log_pace { // begins zeroed
    uint64_t since, left_out;
    unsigned said;
};
// ms: how long until one more may be said. true: say it.
bool log_may(struct log_pace *pace, uint64_t tick, unsigned at_once, uint64_t ms);
uint64_t log_left_out(struct log_pace *pace); // since the last line; from now on 0

#endif
