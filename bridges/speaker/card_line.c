// A sound card in the hands of a process of its own, which is told no more than a second ahead of what the card has, and says at
// every turn what that is. One that says nothing for HANG_MS is killed with what it has: the next sound has a new one.
#include "outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "line.h"

enum { HANG_MS = 3000, WAIT_MS = 100, AHEAD = SOUND_RATE };
// How often it is looked whether the card is there. While it is opened no alarm begins: one that takes long (a sound server far
// away), or hangs, is looked for seldom.
enum { LOOK_MS = 5000, LONG_MS = 200, LOOK_HUNG_MS = 10000, LOOK_SELDOM_MS = 30000 };

struct card_line {
    struct outlet outlet;
    char *card;
    struct line *line; // NULL: there is none now
    struct line *left; // was killed, and has not ended yet
    const struct sound *sound;
    uint32_t of;       // which sound it is
    size_t sent, has;  // samples of it: that were sent, that the card has
    bool ends, dies;   // it was told the end; what was stopped dies away
    bool looks;        // it was asked whether the card can be opened
    uint64_t heard_at; // monotonic ms: it said something, or had nothing to say
    uint64_t look_at;
    bool was_away; // it took nothing of the last sound
    unsigned returns;
    enum outlet_state said; // of the sound
    struct lt_error why;    // OUTLET_FAILED
    struct lt_error fault;  // what was found without sound
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool plays(const struct card_line *own)
{
    return own->sound && own->said == OUTLET_PLAYS;
}

static bool is_waited_for(const struct card_line *own)
{
    return plays(own) || own->dies || own->looks;
}

// Whatever it was to do, it does not.
static void lose(struct card_line *own, const struct lt_error *why)
{
    if (plays(own)) {
        own->said = OUTLET_FAILED;
        own->why = *why;
    }
    own->fault = *why;
    own->dies = own->looks = false;
    line_close(&own->line, &own->left);
}

static void lose_hung(struct card_line *own)
{
    struct lt_error why = {0};
    lt_fail(&why, LT_IO, "the sound card '%s' does not answer (does its sound server hang?)",
            own->card);
    lose(own, &why);
}

static void hear_failed(struct card_line *own, const struct line_message *message)
{
    struct lt_error error = {0};
    bool is_code = message->number > LT_DONE && message->number <= LT_CLOSED;
    lt_fail(&error, is_code ? (enum lt_code)message->number : LT_IO, "%s", message->text);
    if (message->of == 0) {
        own->looks = false;
        own->fault = error;
    } else if (plays(own)) {
        own->said = OUTLET_FAILED;
        own->why = error;
        own->was_away = own->has == 0;
    }
}

static void hear(struct card_line *own, const struct line_message *message)
{
    if (message->of != 0 && message->of != own->of) // of an earlier sound
        return;
    switch (message->kind) {
    case LINE_GIVES:
        if (own->sound)
            own->has = message->number < own->sent ? (size_t)message->number : own->sent;
        break;
    case LINE_DONE:
        if (plays(own))
            own->said = OUTLET_ENDED;
        break;
    case LINE_QUIET:
        own->dies = false;
        break;
    case LINE_WELL:
        own->looks = false;
        own->returns += own->fault.code != LT_DONE || own->was_away;
        own->was_away = false;
        own->fault = (struct lt_error){0};
        if (message->number > LONG_MS)
            own->look_at = own->heard_at + LOOK_SELDOM_MS;
        break;
    case LINE_FAILED:
        hear_failed(own, message);
        break;
    default:
        break;
    }
}

static void listen(struct card_line *own, uint64_t now)
{
    struct line_message message;
    struct lt_error why = {0};
    enum line_came came = LINE_NOTHING;
    while (own->line && (came = line_receive(own->line, &message)) == LINE_MESSAGE) {
        own->heard_at = now;
        hear(own, &message);
    }
    if (own->line && came == LINE_ENDED) {
        lt_fail(&why, LT_IO, "the sound card '%s' has lost the process that had it", own->card);
        lose(own, &why);
    } else if (!is_waited_for(own)) {
        own->heard_at = now;
    }
    if (own->line && now - own->heard_at > HANG_MS) {
        lose_hung(own);
        own->look_at = now + LOOK_HUNG_MS;
    }
}

static void feed(struct card_line *own)
{
    while (own->sent < own->sound->count && own->sent - own->has < AHEAD) {
        size_t count = 0;
        const int16_t *samples = sound_at(own->sound, own->sent, &count);
        count = count < LINE_BLOCK ? count : LINE_BLOCK;
        if (!line_send(own->line, LINE_SAMPLES, own->of, 0, samples, count * sizeof *samples))
            return;
        own->sent += count;
    }
    if (!own->ends && !own->sound->more && own->sent == own->sound->count)
        own->ends = line_send(own->line, LINE_END, own->of, 0, NULL, 0);
}

static enum lt_code reach(struct card_line *own, struct lt_error *error)
{
    return own->line ? LT_DONE
                     : line_open("--serve-card", own->card, &own->left, &own->line, error);
}

static enum lt_code start_line(struct outlet *outlet, const struct sound *sound,
                               const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    struct card_line *own = (struct card_line *)outlet;
    (void)cue;
    own->sound = NULL;
    own->dies = false;
    listen(own, now);
    if (!own->line) // the one that hung has just been found out: the next has its own time
        own->heard_at = now;
    own->of = own->of == UINT32_MAX ? 1 : own->of + 1;
    own->sent = own->has = 0;
    own->ends = false;
    own->said = OUTLET_PLAYS;
    enum lt_code code = reach(own, error);
    if (code != LT_DONE)
        return code;
    own->sound = sound;
    if (line_send(own->line, LINE_BEGIN, own->of, 0, NULL, 0))
        feed(own);
    else
        lose_hung(own);
    return LT_DONE;
}

static enum outlet_state turn_line(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct card_line *own = (struct card_line *)outlet;
    listen(own, now);
    if (plays(own)) {
        feed(own);
        return OUTLET_PLAYS;
    }
    if (own->said == OUTLET_FAILED)
        lt_fail(error, own->why.code, "%s", own->why.text);
    else
        own->sound = NULL;
    return own->said;
}

// One that cannot be told to stop would say what it has when it comes to itself.
static size_t stop_line(struct outlet *outlet)
{
    struct card_line *own = (struct card_line *)outlet;
    own->dies = plays(own) && line_send(own->line, LINE_STOP, own->of, 0, NULL, 0);
    if (plays(own) && !own->dies)
        lose_hung(own);
    own->sound = NULL;
    return own->has;
}

static enum outlet_state drain_line(struct outlet *outlet, uint64_t now)
{
    struct card_line *own = (struct card_line *)outlet;
    listen(own, now);
    return own->dies ? OUTLET_PLAYS : OUTLET_ENDED;
}

// While it plays, that tells.
static void look_line(struct outlet *outlet, uint64_t now)
{
    struct card_line *own = (struct card_line *)outlet;
    listen(own, now);
    if (plays(own) && own->has > 0)
        own->fault = (struct lt_error){0};
    if (plays(own) || own->dies || own->looks || now < own->look_at)
        return;
    own->look_at = now + LOOK_MS;
    if (reach(own, &own->fault) == LT_DONE)
        own->looks = line_send(own->line, LINE_TRY, 0, 0, NULL, 0);
}

// One that somebody else plays on is there.
static const char *fault_line(const struct outlet *outlet)
{
    const struct card_line *own = (const struct card_line *)outlet;
    return own->fault.code == LT_DONE || own->fault.code == LT_BUSY ? NULL : own->fault.text;
}

static unsigned returns_line(const struct outlet *outlet)
{
    return ((const struct card_line *)outlet)->returns;
}

static void destroy_line(struct outlet *outlet)
{
    struct card_line *own = (struct card_line *)outlet;
    line_close(&own->line, &own->left);
    line_forget(&own->left);
    free(own->card);
    free(own);
}

static const struct outlet_kind line_kind = {.start = start_line,
                                             .turn = turn_line,
                                             .stop = stop_line,
                                             .drain = drain_line,
                                             .look = look_line,
                                             .fault = fault_line,
                                             .returns = returns_line,
                                             .is_amplified = true,
                                             .destroy = destroy_line};

static enum lt_code make(const char *card, struct card_line **out, struct lt_error *error)
{
    struct card_line *own = calloc(1, sizeof *own);
    if (own)
        own->card = strdup(card);
    if (!own || !own->card) {
        free(own);
        return lt_fail(error, LT_NO_MEMORY, "no memory for the sound card");
    }
    own->outlet.kind = &line_kind;
    *out = own;
    return reach(own, error);
}

enum lt_code card_line_await(const char *card, struct outlet **outlet, struct lt_error *error)
{
    struct card_line *own = NULL;
    struct lt_error away = {0};
    enum lt_code code = make(card, &own, &away);
    if (!own)
        return lt_fail(error, code, "%s", away.text);
    *outlet = &own->outlet;
    return LT_DONE;
}

enum lt_code card_line_ask(const char *card, struct outlet **outlet, struct lt_error *error)
{
    struct card_line *own = NULL;
    enum lt_code code = make(card, &own, error);
    if (!own)
        return LT_NO_MEMORY;
    if (code == LT_DONE) {
        own->heard_at = clock_ms();
        own->looks = line_send(own->line, LINE_TRY, 0, 0, NULL, 0);
        *outlet = &own->outlet;
    } else {
        destroy_line(&own->outlet);
    }
    return code;
}

// The only place where they are waited for: nobody is heard yet.
void card_line_wait(struct outlet *const *cards, size_t count)
{
    struct card_line *one;
    do {
        one = NULL;
        for (size_t i = 0; i < count; i++) {
            struct card_line *own = (struct card_line *)cards[i];
            if (own && own->looks)
                listen(own, clock_ms());
            if (own && own->looks)
                one = own;
        }
        if (one)
            line_wait(one->line, WAIT_MS);
    } while (one);
}

enum lt_code card_line_found(const struct outlet *outlet, struct lt_error *error)
{
    const struct card_line *own = (const struct card_line *)outlet;
    return own->fault.code == LT_DONE ? LT_DONE
                                      : lt_fail(error, own->fault.code, "%s", own->fault.text);
}

enum lt_code card_line_new(const char *card, struct outlet **outlet, struct lt_error *error)
{
    struct outlet *made = NULL;
    enum lt_code code = card_line_ask(card, &made, error);
    if (code != LT_DONE)
        return code;
    card_line_wait(&made, 1);
    code = card_line_found(made, error);
    if (code == LT_DONE)
        *outlet = made;
    else
        outlet_destroy(&made);
    return code;
}
