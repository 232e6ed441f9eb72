// The microphone is closed when enough was taken down, so that others may use it.
#include "serve.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

#include "line.h"

enum { TURN_MS = 20, BUFFER_US = 500000 };

struct service {
    const char *name;
    snd_pcm_t *pcm; // NULL: nothing is taken down
    uint32_t of;
    size_t left; // samples
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
    (void)line_answer(LINE_FAILED, service->of, LT_IO, why, strlen(why));
}

static void begin(struct service *service, const struct line_message *message)
{
    close_pcm(service);
    service->of = message->of;
    service->left = (size_t)message->number;
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

static void turn(struct service *service)
{
    int16_t block[LINE_BLOCK];
    while (service->pcm && service->left > 0) {
        snd_pcm_sframes_t count = snd_pcm_readi(
            service->pcm, block, service->left < LINE_BLOCK ? service->left : LINE_BLOCK);
        if (count == -EAGAIN || count == 0)
            return;
        if (count < 0) {
            fail(service, (int)count);
            return;
        }
        service->left -= (size_t)count;
        (void)line_answer(LINE_SAMPLES, service->of, 0, block, (size_t)count * sizeof *block);
    }
    close_pcm(service);
}

enum lt_code serve_microphone(const char *name, struct lt_error *error)
{
    struct service service = {.name = name};
    enum line_came came = LINE_NOTHING;
    (void)error;
    snd_lib_error_set_handler(say_nothing); // the answer says it once
    signal(SIGTERM, SIG_IGN);
    while (came != LINE_ENDED) {
        struct line_message message;
        struct pollfd there = {.fd = STDIN_FILENO, .events = POLLIN};
        poll(&there, 1, service.pcm ? TURN_MS : -1);
        while ((came = line_ask(&message)) == LINE_MESSAGE) {
            if (message.kind == LINE_BEGIN)
                begin(&service, &message);
            else if (message.kind == LINE_STOP)
                close_pcm(&service);
        }
        turn(&service);
    }
    close_pcm(&service);
    snd_config_update_free_global();
    return LT_DONE;
}
