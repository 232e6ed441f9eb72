// The microphone is closed when enough was taken down, so that others may use it.
#include "serve.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

#include "line.h"
#include "recognise.h"

enum { TURN_MS = 20, BUFFER_US = 500000, MOST = SOUND_RATE * 60 };

struct service {
    const char *name;
    snd_pcm_t *pcm; // NULL: nothing is taken down
    uint32_t of;
    size_t wanted; // samples
    struct sound chime, heard;
    bool has_chime, is_asked; // all of it; what it is to say of them is still to be said
};

static void say_nothing(const char *file, int line, const char *function, int code,
                        const char *format, ...)
{
    (void)file, (void)line, (void)function, (void)code, (void)format;
}

static void close_pcm(struct service *service)
{
    if (service->pcm)
        snd_pcm_close(service->pcm);
    service->pcm = NULL;
}

static void fail(struct service *service, int code)
{
    const char *why = snd_strerror(code);
    close_pcm(service);
    service->is_asked = false;
    (void)line_answer(LINE_FAILED, service->of, LT_IO, why, strlen(why));
}

static void begin(struct service *service, const struct line_message *message)
{
    close_pcm(service);
    service->of = message->of;
    service->wanted = message->number < MOST ? (size_t)message->number : MOST;
    service->has_chime = false;
    service->is_asked = true;
    sound_empty(&service->chime);
    sound_empty(&service->heard);
    int code = snd_pcm_open(&service->pcm, service->name, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK);
    if (code < 0)
        service->pcm = NULL;
    else
        code = snd_pcm_set_params(service->pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED,
                                  1, SOUND_RATE, 1, BUFFER_US);
    if (code >= 0)
        code = snd_pcm_start(service->pcm);
    if (code < 0)
        fail(service, code);
}

static void take_down(struct service *service)
{
    int16_t block[LINE_BLOCK];
    size_t before = service->heard.count, left;
    while (service->pcm && (left = service->wanted - service->heard.count) > 0) {
        snd_pcm_sframes_t count =
            snd_pcm_readi(service->pcm, block, left < LINE_BLOCK ? left : LINE_BLOCK);
        if (count == -EAGAIN || count == 0)
            break;
        if (count > 0 && !sound_add(&service->heard, block, (size_t)count))
            count = -ENOMEM;
        if (count < 0) {
            fail(service, (int)count);
            return;
        }
    }
    if (service->heard.count > before)
        (void)line_answer(LINE_GIVES, service->of, service->heard.count, NULL, 0);
    if (service->heard.count == service->wanted)
        close_pcm(service);
}

static void look_for_chime(struct service *service)
{
    const struct sound *chime = &service->chime, *heard = &service->heard;
    size_t within = heard->count > chime->count ? heard->count - chime->count : 0;
    service->is_asked = false;
    unsigned alike = recognise(chime->samples, chime->count, heard->samples, heard->count, within);
    (void)line_answer(LINE_ALIKE, service->of, alike, NULL, 0);
}

static void handle(struct service *service, const struct line_message *message)
{
    switch (message->kind) {
    case LINE_BEGIN:
        begin(service, message);
        break;
    case LINE_SAMPLES:
        if (!sound_add(&service->chime, message->samples, message->size / sizeof *message->samples))
            fail(service, -ENOMEM);
        break;
    case LINE_END:
        service->has_chime = true;
        break;
    case LINE_STOP:
        close_pcm(service);
        service->is_asked = false;
        break;
    default:
        break;
    }
}

enum lt_code serve_microphone(const char *name, struct lt_error *error)
{
    struct service service = {.name = name, .chime = {.max = MOST}, .heard = {.max = MOST}};
    enum line_came came = LINE_NOTHING;
    (void)error;
    snd_lib_error_set_handler(say_nothing); // the answer says it once
    signal(SIGTERM, SIG_IGN);
    while (came != LINE_ENDED) {
        struct line_message message;
        struct pollfd there = {.fd = STDIN_FILENO, .events = POLLIN};
        poll(&there, 1, service.pcm ? TURN_MS : -1);
        while ((came = line_ask(&message)) == LINE_MESSAGE)
            handle(&service, &message);
        take_down(&service);
        if (service.is_asked && service.has_chime && service.heard.count == service.wanted)
            look_for_chime(&service);
    }
    close_pcm(&service);
    sound_clear(&service.chime);
    sound_clear(&service.heard);
    snd_config_update_free_global();
    return LT_DONE;
}
