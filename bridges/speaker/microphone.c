// It is in the hands of a process of its own, as a card is (card_line.c). What it gives is a little late: the card that plays has a
// buffer, and so has this one.
#include "microphone.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "line.h"
#include "recognise.h"

enum {
    LATE_MS = 1500, // so much later than it was given out the chime may begin
    HANG_MS = 3000,
    ALIKE = 30, // percent; a room and a horn leave that much of it, and nothing else has it
};

struct microphone {
    char *name;
    struct line *line; // NULL: there is none now
    uint32_t of;       // the how many-th
    bool listens;
    uint64_t heard_at; // monotonic ms
    struct sound sound;
    size_t chime_count; // 0: nothing is to be heard
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
    (void)line_open("--serve-microphone", name, &microphone->line, NULL);
    *out = microphone;
    return LT_DONE;
}

static enum lt_code fail(struct microphone *microphone, const char *why, struct lt_error *error)
{
    microphone->listens = false;
    microphone->chime_count = 0;
    return lt_fail(error, LT_IO, "micrô '%s': %s", microphone->name, why);
}

// And whatever process has it.
static enum lt_code lose(struct microphone *microphone, const char *why, struct lt_error *error)
{
    line_close(&microphone->line);
    return fail(microphone, why, error);
}

void microphone_destroy(struct microphone **microphone)
{
    struct microphone *own = *microphone;
    if (!own)
        return;
    *microphone = NULL;
    line_close(&own->line);
    sound_clear(&own->sound);
    free(own->name);
    free(own);
}

static size_t wanted(const struct microphone *microphone)
{
    return microphone->chime_count + (size_t)LATE_MS * SOUND_RATE / 1000;
}

static void rest(struct microphone *microphone)
{
    if (microphone->listens && microphone->line &&
        !line_send(microphone->line, LINE_STOP, microphone->of, 0, NULL, 0))
        line_close(&microphone->line);
    microphone->listens = false;
}

enum lt_code microphone_begin(struct microphone *microphone, size_t chime_count,
                              struct lt_error *error)
{
    struct lt_error away = {0};
    rest(microphone);
    microphone->chime_count = chime_count;
    sound_empty(&microphone->sound);
    microphone->sound.max = wanted(microphone);
    if (chime_count == 0)
        return LT_DONE;
    if (!microphone->line &&
        line_open("--serve-microphone", microphone->name, &microphone->line, &away) != LT_DONE)
        return fail(microphone, away.text, error);
    microphone->of++;
    microphone->heard_at = clock_ms();
    microphone->listens =
        line_send(microphone->line, LINE_BEGIN, microphone->of, wanted(microphone), NULL, 0);
    return microphone->listens ? LT_DONE : lose(microphone, "không trả lời", error);
}

static enum lt_code hear(struct microphone *microphone, const struct line_message *message,
                         struct lt_error *error)
{
    microphone->heard_at = clock_ms();
    if (message->of != microphone->of)
        return LT_DONE;
    if (message->kind == LINE_FAILED)
        return fail(microphone, message->text, error);
    size_t count = message->size / sizeof *message->samples;
    if (message->kind == LINE_SAMPLES && !sound_add(&microphone->sound, message->samples, count))
        return fail(microphone, "không đủ bộ nhớ", error);
    if (microphone->sound.count >= wanted(microphone))
        microphone->listens = false;
    return LT_DONE;
}

enum lt_code microphone_turn(struct microphone *microphone, struct lt_error *error)
{
    struct line_message message;
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && microphone->listens) {
        enum line_came came = line_receive(microphone->line, &message);
        if (came == LINE_MESSAGE)
            code = hear(microphone, &message, error);
        else if (came == LINE_ENDED)
            code = lose(microphone, "tiến trình thu đã dừng", error);
        else if (clock_ms() - microphone->heard_at > HANG_MS)
            code = lose(microphone, "không trả lời", error);
        else
            break;
    }
    return code;
}

enum microphone_verdict microphone_end(struct microphone *microphone, const int16_t *chime,
                                       size_t heard)
{
    size_t count = microphone->chime_count, all = wanted(microphone);
    struct sound *sound = &microphone->sound;
    rest(microphone);
    microphone->chime_count = 0;
    if (count == 0 || heard < count || sound->count < count)
        return MICROPHONE_KNOWS_NOTHING;
    unsigned alike = recognise(chime, count, sound->samples, sound->count, sound->count - count);
    if (alike >= ALIKE)
        return MICROPHONE_HEARS;
    // As late as it may come it has to have listened, or the end of it was still on its way.
    return sound->count < all ? MICROPHONE_KNOWS_NOTHING : MICROPHONE_HEARS_NOTHING;
}
