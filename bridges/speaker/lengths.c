// A ring of what is known. What cannot be measured is not tried again: it would not be played either.
#include "lengths.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 120000 };

static void stop(struct lengths *lengths)
{
    if (lengths->watched >= 0)
        lt_watch_end(lengths->host, lengths->watched);
    lengths->watched = -1;
    voice_end(&lengths->voice);
    lt_timer_set(lengths->limit, -1);
}

static void know(struct lengths *lengths, uint64_t ms)
{
    struct length *length = &lengths->known[lengths->count++ % LENGTHS_KEPT];
    stop(lengths);
    memcpy(length->sha256, lengths->sha256, sizeof length->sha256);
    length->ms = ms;
    lengths->found(lengths->user);
}

static uint64_t read_ms(struct lt_slice text)
{
    char digits[32] = "";
    if (text.size == 0 || text.size >= sizeof digits)
        return 0;
    memcpy(digits, text.data, text.size);
    return strtoull(digits, NULL, 10);
}

static void ready(void *user, int fd, unsigned how);

// Where its output has ended it is its end that is waited for. false: that cannot be.
static bool watch(struct lengths *lengths)
{
    int fd = voice_fd(lengths->voice);
    if (fd < 0)
        fd = voice_exit_fd(lengths->voice);
    if (fd == lengths->watched)
        return true;
    if (lengths->watched >= 0)
        lt_watch_end(lengths->host, lengths->watched);
    lengths->watched = fd;
    return lt_watch(lengths->host, fd, LT_WATCH_READ, ready, lengths) == LT_DONE;
}

static void ready(void *user, int fd, unsigned how)
{
    struct lengths *lengths = user;
    struct lt_error error = {0};
    (void)fd;
    (void)how;
    enum voice_state state = voice_turn(lengths->voice, &error);
    if (state == VOICE_DONE)
        know(lengths, read_ms(voice_wav(lengths->voice)));
    else if (state == VOICE_FAILED || !watch(lengths))
        know(lengths, 0);
}

static void give_up(void *user)
{
    struct lengths *lengths = user;
    if (lengths->voice)
        know(lengths, 0);
}

enum lt_code lengths_open(struct lengths *lengths, lt_bridge_host *host,
                          const struct render_style *style, lengths_found *found, void *user,
                          struct lt_error *error)
{
    lengths->host = host;
    lengths->style = style;
    lengths->found = found;
    lengths->user = user;
    lengths->watched = -1;
    lengths->limit = lt_timer_new(host, give_up, lengths);
    return lengths->limit ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no memory for a timer");
}

void lengths_close(struct lengths *lengths)
{
    if (lengths->limit) {
        stop(lengths);
        lt_timer_destroy(&lengths->limit);
    }
}

bool lengths_find(const struct lengths *lengths, const uint8_t sha256[32], uint64_t *ms)
{
    size_t count = lengths->count < LENGTHS_KEPT ? lengths->count : LENGTHS_KEPT;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(lengths->known[i].sha256, sha256, sizeof lengths->known[i].sha256) != 0)
            continue;
        *ms = lengths->known[i].ms;
        return true;
    }
    return false;
}

void lengths_measure(struct lengths *lengths, const char *path, const uint8_t sha256[32])
{
    struct lt_error error = {0};
    if (lengths->voice || !lengths->limit)
        return;
    memcpy(lengths->sha256, sha256, sizeof lengths->sha256);
    if (render_measure(lengths->style, path, sha256, &lengths->voice, &error) != LT_DONE ||
        !watch(lengths)) {
        lt_bridge_log(lengths->host, error.text);
        stop(lengths);
        return; // it is tried again
    }
    lt_timer_set(lengths->limit, LIMIT_MS);
}
