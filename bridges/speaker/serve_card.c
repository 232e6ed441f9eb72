// What comes is handled before the card has its turn, so that a sound begins with samples and a stop is not behind them.
#include "serve.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "line.h"
#include "outlet.h"

enum { TURN_MS = 20, FORGET = SOUND_RATE * 10, SAMPLES_MOST = SOUND_RATE * 60 };

struct service {
    const char *card;
    struct outlet *outlet;
    struct sound sound; // what has come of it, without what was forgotten
    size_t forgotten;
    uint32_t of;
    bool begins, plays, dies;
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void answer_failed(uint32_t of, const struct lt_error *error)
{
    (void)line_answer(LINE_FAILED, of, (uint64_t)error->code, error->text, strlen(error->text));
}

// Behind the last of what was stopped, if there is any.
static void begin(struct service *service, const struct line_message *message)
{
    if (service->plays)
        service->outlet->kind->stop(service->outlet);
    sound_empty(&service->sound);
    service->sound.more = true;
    service->forgotten = 0;
    service->of = message->of;
    service->begins = true;
    service->plays = service->dies = false;
}

static void stop(struct service *service)
{
    if (service->plays)
        service->outlet->kind->stop(service->outlet);
    service->dies = service->plays;
    service->begins = service->plays = false;
    if (!service->dies)
        (void)line_answer(LINE_QUIET, service->of, 0, NULL, 0);
}

static void try_card(const struct service *service)
{
    struct lt_error error = {0};
    uint64_t begun = clock_ms();
    if (service->plays || service->dies || card_outlet_try(service->card, &error) == LT_DONE)
        (void)line_answer(LINE_WELL, 0, clock_ms() - begun, NULL, 0);
    else
        answer_failed(0, &error);
}

static void handle(struct service *service, const struct line_message *message)
{
    switch (message->kind) {
    case LINE_BEGIN:
        begin(service, message);
        break;
    case LINE_SAMPLES: // without memory the rest is missing, and the sound ends there
        (void)sound_add(&service->sound, message->samples,
                        message->size / sizeof *message->samples);
        break;
    case LINE_END:
        service->sound.more = false;
        break;
    case LINE_STOP:
        stop(service);
        break;
    case LINE_TRY:
        try_card(service);
        break;
    default:
        break;
    }
}

static void start(struct service *service)
{
    static const struct outlet_cue cue = {.name = ""};
    struct lt_error error = {0};
    service->begins = false;
    service->plays = service->outlet->kind->start(service->outlet, &service->sound, &cue,
                                                  clock_ms(), &error) == LT_DONE;
    if (!service->plays)
        answer_failed(service->of, &error);
}

static void say_has(const struct service *service, enum line_kind kind)
{
    size_t has = service->forgotten + card_outlet_has(service->outlet);
    (void)line_answer(kind, service->of, has, NULL, 0);
}

// Of a long sound what the card has stays no longer in memory than it must.
static void forget(struct service *service)
{
    struct sound *sound = &service->sound;
    size_t has = card_outlet_has(service->outlet);
    if (has < FORGET)
        return;
    memmove(sound->samples, sound->samples + has, (sound->count - has) * sizeof *sound->samples);
    sound->count -= has;
    service->forgotten += has;
    card_outlet_forget(service->outlet, has);
}

static void play(struct service *service)
{
    struct lt_error error = {0};
    enum outlet_state state = service->outlet->kind->turn(service->outlet, clock_ms(), &error);
    if (state == OUTLET_PLAYS && service->sound.failed)
        state = OUTLET_FAILED;
    service->plays = state == OUTLET_PLAYS;
    say_has(service, LINE_GIVES);
    if (state == OUTLET_PLAYS)
        forget(service);
    if (state == OUTLET_ENDED)
        (void)line_answer(LINE_DONE, service->of, 0, NULL, 0);
    if (state == OUTLET_FAILED) {
        if (error.code == LT_DONE)
            lt_fail(&error, LT_NO_MEMORY, "no memory for the sound");
        answer_failed(service->of, &error);
    }
}

static void turn(struct service *service)
{
    if (service->begins && (service->sound.count || !service->sound.more))
        start(service);
    if (service->plays)
        play(service);
    if (service->dies) {
        service->dies = service->outlet->kind->drain(service->outlet, clock_ms()) == OUTLET_PLAYS;
        say_has(service, service->dies ? LINE_GIVES : LINE_QUIET);
    }
}

// It is the other end that says when it is over, also where the service manager says it to all.
enum lt_code serve_card(const char *card, struct lt_error *error)
{
    struct service service = {.card = card, .sound = {.max = SAMPLES_MOST}};
    enum line_came came = LINE_NOTHING;
    enum lt_code code = card_outlet_await(card, &service.outlet, error);
    signal(SIGTERM, SIG_IGN);
    while (code == LT_DONE && came != LINE_ENDED) {
        struct line_message message;
        struct pollfd there = {.fd = STDIN_FILENO, .events = POLLIN};
        bool busy = service.begins || service.plays || service.dies;
        poll(&there, 1, busy ? TURN_MS : -1);
        while ((came = line_ask(&message)) == LINE_MESSAGE)
            handle(&service, &message);
        turn(&service);
    }
    if (service.outlet)
        outlet_destroy(&service.outlet);
    sound_clear(&service.sound);
    return code;
}
