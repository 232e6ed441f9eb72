// What it gives is a little late: the card that plays has a buffer, and so has this one. To look for the chime takes a small machine
// a good part of a second, in which an alarm must not wait: so that too is done over there.
#include "microphone.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "line.h"

enum {
    LATE_MS = 1500, // so much later than it was given out the chime may begin
    HANG_MS = 3000,
    ALIKE = 30, // percent; a room and a horn leave that much of it, and nothing else has it
};

struct microphone {
    char *name;
    struct line *line;         // NULL: there is none now
    struct line *left;         // was killed, and has not ended yet
    uint32_t of;               // the how many-th
    const struct sound *chime; // NULL: nothing is to be heard
    size_t sent;               // samples of it
    bool ends;                 // it was told that these are all
    bool listens;              // and has not said yet what it found
    bool has_all;              // it has taken down as much as it is to
    bool knows;
    uint64_t alike;    // percent, once it knows
    uint64_t heard_at; // monotonic ms
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

enum lt_code microphone_new(const char *name, struct microphone **out, struct lt_error *error)
{
    struct microphone *microphone = calloc(1, sizeof *microphone);
    char *copy = strdup(name);
    *out = NULL;
    if (!microphone || !copy) {
        free(microphone);
        free(copy);
        return lt_fail(error, LT_NO_MEMORY, "no memory for a microphone");
    }
    microphone->name = copy;
    // Begun before it is wanted: the chime does not wait for it. What is wrong with it is told when it is.
    (void)line_open("--serve-microphone", name, &microphone->left, &microphone->line, NULL);
    *out = microphone;
    return LT_DONE;
}

static enum lt_code fail(struct microphone *microphone, const char *why, struct lt_error *error)
{
    microphone->listens = false;
    microphone->chime = NULL;
    return lt_fail(error, LT_IO, "micrô '%s': %s", microphone->name, why);
}

// And whatever process has it.
static enum lt_code lose(struct microphone *microphone, const char *why, struct lt_error *error)
{
    line_close(&microphone->line, &microphone->left);
    return fail(microphone, why, error);
}

void microphone_destroy(struct microphone **microphone)
{
    struct microphone *own = *microphone;
    if (!own)
        return;
    *microphone = NULL;
    line_close(&own->line, &own->left);
    line_forget(&own->left);
    free(own->name);
    free(own);
}

static size_t wanted(const struct microphone *microphone)
{
    return microphone->chime->count + (size_t)LATE_MS * SOUND_RATE / 1000;
}

static void rest(struct microphone *microphone)
{
    if (microphone->listens && microphone->line &&
        !line_send(microphone->line, LINE_STOP, microphone->of, 0, NULL, 0))
        line_close(&microphone->line, &microphone->left);
    microphone->listens = false;
}

static void feed(struct microphone *microphone)
{
    const struct sound *chime = microphone->chime;
    while (microphone->sent < chime->count) {
        size_t count = 0;
        const int16_t *samples = sound_at(chime, microphone->sent, &count);
        count = count < LINE_BLOCK ? count : LINE_BLOCK;
        if (!line_send(microphone->line, LINE_SAMPLES, microphone->of, 0, samples,
                       count * sizeof *samples))
            return;
        microphone->sent += count;
    }
    if (!microphone->ends)
        microphone->ends = line_send(microphone->line, LINE_END, microphone->of, 0, NULL, 0);
}

// A process that has ended since the last time makes room for another.
static void look_at_line(struct microphone *microphone)
{
    struct line_message message;
    enum line_came came = LINE_NOTHING;
    while (microphone->line && (came = line_receive(microphone->line, &message)) == LINE_MESSAGE)
        continue;
    if (came == LINE_ENDED)
        line_close(&microphone->line, &microphone->left);
}

enum lt_code microphone_begin(struct microphone *microphone, const struct sound *chime,
                              struct lt_error *error)
{
    struct lt_error away = {0};
    rest(microphone);
    microphone->chime = chime;
    microphone->sent = 0;
    microphone->ends = microphone->has_all = microphone->knows = false;
    if (!chime)
        return LT_DONE;
    look_at_line(microphone);
    if (!microphone->line && line_open("--serve-microphone", microphone->name, &microphone->left,
                                       &microphone->line, &away) != LT_DONE)
        return fail(microphone, away.text, error);
    microphone->of++;
    microphone->heard_at = clock_ms();
    microphone->listens =
        line_send(microphone->line, LINE_BEGIN, microphone->of, wanted(microphone), NULL, 0);
    if (!microphone->listens)
        return lose(microphone, "không trả lời", error);
    feed(microphone);
    return LT_DONE;
}

static enum lt_code hear(struct microphone *microphone, const struct line_message *message,
                         struct lt_error *error)
{
    microphone->heard_at = clock_ms();
    if (message->of != microphone->of)
        return LT_DONE;
    if (message->kind == LINE_FAILED)
        return fail(microphone, message->text, error);
    if (message->kind == LINE_GIVES)
        microphone->has_all = message->number >= wanted(microphone);
    if (message->kind == LINE_ALIKE) {
        microphone->alike = message->number;
        microphone->knows = true;
        microphone->listens = false;
    }
    return LT_DONE;
}

enum lt_code microphone_turn(struct microphone *microphone, struct lt_error *error)
{
    struct line_message message;
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && microphone->listens) {
        enum line_came came = line_receive(microphone->line, &message);
        if (came == LINE_MESSAGE) {
            code = hear(microphone, &message, error);
            continue;
        }
        if (came == LINE_ENDED)
            return lose(microphone, "tiến trình thu đã dừng", error);
        if (!microphone->has_all && clock_ms() - microphone->heard_at > HANG_MS)
            return lose(microphone, "không trả lời", error);
        feed(microphone);
        break;
    }
    return code;
}

// It has listened for as long as the chime may be late; else the end of it was still on its way, or it is not known yet.
enum microphone_verdict microphone_end(struct microphone *microphone, size_t heard)
{
    bool whole = microphone->chime && heard >= microphone->chime->count;
    rest(microphone);
    microphone->chime = NULL;
    if (!whole || !microphone->knows)
        return MICROPHONE_KNOWS_NOTHING;
    return microphone->alike >= ALIKE ? MICROPHONE_HEARS : MICROPHONE_HEARS_NOTHING;
}
