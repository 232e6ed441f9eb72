// Lines of the log.
#include "log.h"

#include <czmq.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

struct line {
    char *text;
    size_t size, room;
    bool is_full;
};

static void add(struct line *line, const char *bytes, size_t size)
{
    if (line->is_full || line->room - line->size <= size) {
        line->is_full = true;
        return;
    }
    memcpy(line->text + line->size, bytes, size);
    line->size += size;
}

static bool is_plain(struct lt_slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte >= 0x7F)
            return false;
    }
    return text.size > 0;
}

// Control characters, those of ISO 8859 (C2 80 to C2 9F) among them.
static bool is_control(const uint8_t *at, size_t left)
{
    return at[0] < ' ' || at[0] == 0x7F || (left > 1 && at[0] == 0xC2 && at[1] < 0xA0);
}

static void add_quoted(struct line *line, struct lt_slice text)
{
    add(line, "\"", 1);
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t *at = text.data + i;
        char escaped[8];
        if (*at == '"' || *at == '\\') {
            snprintf(escaped, sizeof escaped, "\\%c", *at);
        } else if (is_control(at, text.size - i)) {
            i += *at == 0xC2;
            snprintf(escaped, sizeof escaped, "\\x%02x", text.data[i]);
        } else {
            add(line, (const char *)at, 1);
            continue;
        }
        add(line, escaped, strlen(escaped));
    }
    add(line, "\"", 1);
}

static void add_field(struct line *line, const struct log_field *field)
{
    char number[24];
    add(line, " ", 1);
    add(line, field->key, strlen(field->key));
    add(line, "=", 1);
    if (!field->is_text) {
        snprintf(number, sizeof number, "%" PRId64, field->number);
        add(line, number, strlen(number));
    } else if (is_plain(field->text)) {
        add(line, (const char *)field->text.data, field->text.size);
    } else {
        add_quoted(line, field->text);
    }
}

void log_print(const char *event, const struct log_field *fields, char *text, size_t room)
{
    struct line line = {.text = text, .room = room};
    add(&line, event, strlen(event));
    for (; fields->key && !line.is_full; fields++) {
        size_t whole = line.size;
        add_field(&line, fields);
        if (line.is_full)
            line.size = whole;
    }
    text[line.size] = '\0';
}

// The journal of systemd wants the level as a number in front, and has the time and the name itself.
static bool goes_to_journal(void)
{
    char here[64];
    struct stat about;
    const char *journal = getenv("JOURNAL_STREAM");
    if (!journal || fstat(STDERR_FILENO, &about) != 0)
        return false;
    snprintf(here, sizeof here, "%ju:%ju", (uintmax_t)about.st_dev, (uintmax_t)about.st_ino);
    return strcmp(journal, here) == 0;
}

void log_line(enum log_level level, const char *event, const struct log_field *fields)
{
    static const char *const levels[] = {
        [LOG_IS_INFO] = SD_INFO, [LOG_IS_WARNING] = SD_WARNING, [LOG_IS_ERROR] = SD_ERR};
    char line[LINE_MAX_BYTES];
    log_print(event, fields, line, sizeof line);
    if (goes_to_journal())
        fprintf(stderr, "%s%s\n", levels[level], line);
    else if (level == LOG_IS_ERROR)
        zsys_error("%s", line);
    else if (level == LOG_IS_WARNING)
        zsys_warning("%s", line);
    else
        zsys_info("%s", line);
}

bool log_may(struct log_pace *pace, uint64_t tick, unsigned at_once, uint64_t ms)
{
    uint64_t earned = pace->since ? (tick - pace->since) / ms : at_once;
    if (earned >= pace->said)
        *pace = (struct log_pace){.since = tick, .left_out = pace->left_out};
    else
        *pace = (struct log_pace){pace->since + earned * ms, pace->left_out,
                                  pace->said - (unsigned)earned};
    if (pace->said < at_once) {
        pace->said++;
        return true;
    }
    pace->left_out++;
    return false;
}

uint64_t log_left_out(struct log_pace *pace)
{
    uint64_t count = pace->left_out;
    pace->left_out = 0;
    return count;
}
