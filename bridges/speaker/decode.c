// The file is in memory before the limits are set: the decoder works from there.
#include "decode.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/settings/folder.h>

#include "loudness.h"
#include "wav.h"

enum {
    FILE_MOST = 64 << 20,
    PROCESSOR_S = 60,
    SILENT = 33,
    NICE = 10
}; // no sample above it: -60 dB

static enum lt_code check(struct lt_slice bytes, const char *sha256, struct lt_error *error)
{
    uint8_t found[crypto_hash_sha256_BYTES];
    char hash[2 * crypto_hash_sha256_BYTES + 1];
    crypto_hash_sha256(found, bytes.data, bytes.size);
    lt_hex_encode((struct lt_slice){found, sizeof found}, hash);
    return strcmp(hash, sha256) == 0
               ? LT_DONE
               : lt_fail(error, LT_BODY_WRONG, "the recording is not the one that was meant");
}

static enum lt_code give_away(struct lt_error *error)
{
    const struct rlimit nothing = {0, 0}, minute = {PROCESSOR_S, PROCESSOR_S};
    signal(SIGXFSZ,
           SIG_IGN); // where standard error is a file, what is said there is lost and nothing else
    if (setrlimit(RLIMIT_FSIZE, &nothing) != 0 || setrlimit(RLIMIT_NOFILE, &nothing) != 0 ||
        setrlimit(RLIMIT_NPROC, &nothing) != 0 || setrlimit(RLIMIT_CPU, &minute) != 0)
        return lt_fail(error, LT_IO, "cannot limit the decoder: %s", strerror(errno));
    return LT_DONE;
}

static bool write_all(const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, at, size);
        if (n < 0 && errno != EINTR)
            return false;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

// Into a pipe, which libsndfile cannot write to.
static bool write_wav(const struct sound *sound)
{
    uint8_t head[WAV_HEAD];
    uint32_t size = (uint32_t)(sound->count * sizeof *sound->samples);
    wav_head(head, size);
    return write_all(head, sizeof head) && write_all(sound->samples, size);
}

// To play it would be `done` and nobody would have heard a word.
static bool is_silent(const struct sound *sound)
{
    for (size_t i = 0; i < sound->count; i++)
        if (sound->samples[i] > SILENT || sound->samples[i] < -SILENT)
            return false;
    return true;
}

static enum lt_code open_recording(const char *path, const char *sha256, struct lt_buffer *bytes,
                                   struct lt_error *error)
{
    enum lt_code code = lt_file_read(path, bytes, error);
    if (code == LT_DONE)
        code = check(lt_buffer_slice(bytes), sha256, error);
    return code == LT_DONE ? give_away(error) : code;
}

enum lt_code decode_recording(const char *path, const char *sha256, int lufs, size_t longest,
                              struct lt_error *error)
{
    struct lt_buffer bytes = {.max = FILE_MOST};
    struct sound sound = {.max = longest};
    enum lt_code code = open_recording(path, sha256, &bytes, error);
    if (code == LT_DONE)
        code = wav_read(lt_buffer_slice(&bytes), &sound, error);
    if (code == LT_DONE && is_silent(&sound))
        code = lt_fail(error, LT_NOT_FOUND, "nothing is to be heard in the recording");
    if (code == LT_DONE && !loudness_level(&sound, 0, lufs))
        code = lt_fail(error, LT_NO_MEMORY, "no memory to measure the recording");
    if (code == LT_DONE && !write_wav(&sound))
        code = lt_fail(error, LT_IO, "cannot write the sound: %s", strerror(errno));
    sound_clear(&sound);
    lt_buffer_clear(&bytes);
    return code;
}

enum lt_code decode_length(const char *path, const char *sha256, uint64_t longest_ms,
                           struct lt_error *error)
{
    struct lt_buffer bytes = {.max = FILE_MOST};
    char text[32];
    uint64_t ms = 0;
    (void)setpriority(PRIO_PROCESS, 0, NICE); // nobody waits for it
    enum lt_code code = open_recording(path, sha256, &bytes, error);
    if (code == LT_DONE)
        code = wav_length(lt_buffer_slice(&bytes), longest_ms, &ms, error);
    int size = snprintf(text, sizeof text, "%" PRIu64 "\n", ms);
    if (code == LT_DONE && !write_all(text, (size_t)size))
        code = lt_fail(error, LT_IO, "cannot write the length: %s", strerror(errno));
    lt_buffer_clear(&bytes);
    return code;
}

enum lt_code decode_hash(const char *path, uint8_t sha256[32], struct lt_error *error)
{
    struct lt_buffer bytes = {.max = FILE_MOST};
    enum lt_code code = lt_file_read(path, &bytes, error);
    if (code == LT_DONE)
        crypto_hash_sha256(sha256, bytes.data, bytes.size);
    lt_buffer_clear(&bytes);
    return code;
}

int decode_status(enum lt_code code)
{
    switch (code) {
    case LT_DONE:
        return 0;
    case LT_TOO_LARGE:
        return DECODE_TOO_LONG;
    case LT_NOT_FOUND:
        return DECODE_SILENT;
    default:
        return 1;
    }
}
