// The text goes in as a file in memory, so that nothing has to be fed; only the output is read.
#include "voice.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

enum { BLOCKS_A_TURN = 16 };

struct voice {
    pid_t pid; // 0: reaped
    int out, exit_fd;
    int status; // -1: none is known
    struct lt_buffer wav;
};

static int text_file(struct lt_slice text)
{
    int fd = memfd_create("speech", MFD_CLOEXEC);
    size_t at = 0;
    while (fd >= 0 && at < text.size) {
        ssize_t n = write(fd, text.data + at, text.size - at);
        if (n < 0 && errno != EINTR) {
            close(fd);
            return -1;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static enum lt_code begin(struct voice *voice, const char *const *argv, struct lt_slice text,
                          struct lt_error *error)
{
    int pipes[2] = {-1, -1};
    int in = text_file(text);
    int failed = in < 0 || pipe2(pipes, O_CLOEXEC) != 0 ? errno : 0;
    voice->out = pipes[0];
    if (!failed && fcntl(voice->out, F_SETFL, O_NONBLOCK) != 0)
        failed = errno;
    if (!failed)
        failed = process_start(&voice->pid, argv, in, pipes[1], PROCESS_GOES_FIRST);
    if (!failed) {
        voice->exit_fd = pidfd_open(voice->pid, 0);
        if (voice->exit_fd < 0)
            failed = errno;
    } else {
        voice->pid = 0;
    }
    if (in >= 0)
        close(in);
    if (pipes[1] >= 0)
        close(pipes[1]);
    if (failed)
        return lt_fail(
            error, LT_IO,
            "cannot run %s: %s; install it (apt install espeak-ng) or set options.command", argv[0],
            strerror(failed));
    return LT_DONE;
}

enum lt_code voice_start(const char *const *argv, struct lt_slice text, size_t sound_max,
                         struct voice **out, struct lt_error *error)
{
    struct voice *voice = calloc(1, sizeof *voice);
    if (!voice)
        return lt_fail(error, LT_NO_MEMORY, "no memory for speech");
    voice->out = voice->exit_fd = voice->status = -1;
    voice->wav.max = sound_max;
    enum lt_code code = begin(voice, argv, text, error);
    if (code != LT_DONE) {
        voice_end(&voice);
        return code;
    }
    *out = voice;
    return LT_DONE;
}

int voice_fd(const struct voice *voice)
{
    return voice->out;
}

int voice_exit_fd(const struct voice *voice)
{
    return voice->exit_fd;
}

static enum voice_state reap(struct voice *voice, struct lt_error *error)
{
    int status = 0;
    siginfo_t about = {0};
    // The number is the group's as long as it is not reaped.
    if (waitid(P_PID, (id_t)voice->pid, &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        about.si_pid == 0)
        return VOICE_WORKS;
    kill(-voice->pid, SIGKILL);
    pid_t ended = waitpid(voice->pid, &status, 0);
    voice->pid = 0;
    if (ended > 0 && WIFEXITED(status))
        voice->status = WEXITSTATUS(status);
    if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        lt_fail(error, LT_IO, "the synthesis command ended with %s %d: is the voice there?",
                WIFSIGNALED(status) ? "signal" : "status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        return VOICE_FAILED;
    }
    return VOICE_DONE;
}

enum voice_state voice_turn(struct voice *voice, struct lt_error *error)
{
    uint8_t block[16 * 1024];
    // What gives without a pause must not keep an alarm waiting.
    for (int i = 0; voice->out >= 0; i++) {
        if (i == BLOCKS_A_TURN)
            return VOICE_WORKS;
        ssize_t n = read(voice->out, block, sizeof block);
        if (n > 0 && !lt_buffer_add(&voice->wav, block, (size_t)n)) {
            lt_fail(error, LT_TOO_LARGE, "the speech is too long, more than %zu bytes of sound",
                    voice->wav.max);
            return VOICE_FAILED;
        }
        if (n < 0 && errno == EAGAIN)
            return VOICE_WORKS;
        if (n == 0 || (n < 0 && errno != EINTR)) {
            close(voice->out);
            voice->out = -1;
        }
    }
    return voice->pid ? reap(voice, error) : VOICE_DONE;
}

int voice_status(const struct voice *voice)
{
    return voice->status;
}

struct lt_slice voice_wav(const struct voice *voice)
{
    return lt_buffer_slice(&voice->wav);
}

void voice_end(struct voice **voice)
{
    struct voice *own = *voice;
    if (!own)
        return;
    if (own->pid > 0) {
        kill(-own->pid, SIGKILL);
        waitpid(own->pid, NULL, 0);
    }
    if (own->out >= 0)
        close(own->out);
    if (own->exit_fd >= 0)
        close(own->exit_fd);
    lt_buffer_clear(&own->wav);
    free(own);
    *voice = NULL;
}
