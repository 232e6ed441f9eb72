// libsndfile reads from memory and writes through a descriptor of ours, so that we can sync it.
#include "wav.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>

#include "resample.h"

struct memory {
    struct lt_slice bytes;
    sf_count_t at;
};

static sf_count_t memory_length(void *user)
{
    return (sf_count_t)((struct memory *)user)->bytes.size;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *user)
{
    struct memory *memory = user;
    sf_count_t size = (sf_count_t)memory->bytes.size;
    if (offset < -size || offset > size) // a length that a stranger has declared
        return -1;
    sf_count_t at = whence == SEEK_SET   ? offset
                    : whence == SEEK_CUR ? memory->at + offset
                                         : size + offset;
    if (at < 0 || at > size)
        return -1;
    memory->at = at;
    return at;
}

static sf_count_t memory_read(void *to, sf_count_t count, void *user)
{
    struct memory *memory = user;
    sf_count_t left = (sf_count_t)memory->bytes.size - memory->at;
    if (count > left)
        count = left;
    if (count > 0)
        memcpy(to, memory->bytes.data + memory->at, (size_t)count);
    memory->at += count;
    return count;
}

static sf_count_t memory_tell(void *user)
{
    return ((struct memory *)user)->at;
}

enum { BLOCK = 512, CHANNELS_MOST = 8 };

// As floats, because libsndfile reads the samples of a file of floats as nothing but 0 and 1 where whole numbers are asked for.
// Mixed to one channel, -1 to 1: what a file has that is louder, or is no number, is held there.
static size_t read_mono(SNDFILE *file, int channels, float mono[BLOCK])
{
    float frames[CHANNELS_MOST * BLOCK];
    sf_count_t count = sf_readf_float(file, frames, BLOCK);
    size_t found = count > 0 ? (size_t)count : 0;
    for (size_t i = 0; i < found; i++) {
        float sum = 0;
        for (size_t c = 0; c < (size_t)channels; c++)
            sum += frames[i * (size_t)channels + c];
        sum /= (float)channels;
        mono[i] = isnan(sum) ? 0 : fmaxf(-1, fminf(1, sum));
    }
    return found;
}

static enum lt_code too_long(const struct sound *out, struct lt_error *error)
{
    return lt_fail(error, LT_TOO_LARGE, "the sound is longer than %llu s",
                   (unsigned long long)(sound_ms(out->max) / 1000));
}

static enum lt_code read_as_it_is(SNDFILE *file, struct sound *out, struct lt_error *error)
{
    float mono[BLOCK];
    int16_t block[BLOCK];
    size_t count;
    while ((count = read_mono(file, 1, mono)) > 0) {
        for (size_t i = 0; i < count; i++)
            block[i] = (int16_t)lrintf(fminf(mono[i] * 32768.0F, INT16_MAX));
        if (!sound_add(out, block, count))
            return too_long(out, error);
    }
    return LT_DONE;
}

static enum lt_code read_turned(SNDFILE *file, const SF_INFO *info, struct sound *out,
                                struct lt_error *error)
{
    float mono[BLOCK];
    struct resampler *resampler = resampler_new((unsigned)info->samplerate);
    if (!resampler)
        return lt_fail(error, LT_NO_MEMORY, "no memory to turn the sound into another rate");
    enum lt_code code = LT_DONE;
    size_t count = BLOCK;
    while (code == LT_DONE && count > 0) {
        count = read_mono(file, info->channels, mono);
        if (!resampler_add(resampler, mono, count, count == 0, out))
            code = too_long(out, error);
    }
    resampler_destroy(&resampler);
    return code;
}

static enum lt_code open_bytes(struct memory *memory, SF_INFO *info, SNDFILE **file,
                               struct lt_error *error)
{
    SF_VIRTUAL_IO io = {.get_filelen = memory_length,
                        .seek = memory_seek,
                        .read = memory_read,
                        .tell = memory_tell};
    *file = sf_open_virtual(&io, SFM_READ, info, memory);
    if (!*file)
        return lt_fail(error, LT_MALFORMED, "it is no sound that can be read: %s",
                       sf_strerror(NULL));
    if (info->channels >= 1 && info->channels <= CHANNELS_MOST && info->samplerate >= 4000 &&
        info->samplerate <= 192000)
        return LT_DONE;
    sf_close(*file);
    return lt_fail(error, LT_MALFORMED,
                   "%d channels at %d Hz: at most 8 channels, 4,000 to 192,000 Hz", info->channels,
                   info->samplerate);
}

enum lt_code wav_read(struct lt_slice bytes, struct sound *out, struct lt_error *error)
{
    struct memory memory = {.bytes = bytes};
    SF_INFO info = {0};
    SNDFILE *file = NULL;
    enum lt_code code = open_bytes(&memory, &info, &file, error);
    if (code != LT_DONE)
        return code;
    if (info.channels == 1 && info.samplerate == SOUND_RATE)
        code = read_as_it_is(file, out, error);
    else
        code = read_turned(file, &info, out, error);
    sf_close(file);
    return code;
}

enum lt_code wav_length(struct lt_slice bytes, uint64_t longest_ms, uint64_t *ms,
                        struct lt_error *error)
{
    struct memory memory = {.bytes = bytes};
    SF_INFO info = {0};
    SNDFILE *file = NULL;
    float mono[BLOCK];
    uint64_t frames = 0;
    enum lt_code code = open_bytes(&memory, &info, &file, error);
    if (code != LT_DONE)
        return code;
    *ms = 0;
    for (size_t count; *ms <= longest_ms && (count = read_mono(file, info.channels, mono)) > 0;) {
        frames += count;
        *ms = frames * 1000 / (uint64_t)info.samplerate;
    }
    sf_close(file);
    return *ms <= longest_ms ? LT_DONE
                             : lt_fail(error, LT_TOO_LARGE, "the sound is longer than %llu s",
                                       (unsigned long long)(longest_ms / 1000));
}

struct wav_file {
    char *path, *part;
    int fd;
    SNDFILE *file;
};

static void wav_free(struct wav_file **file)
{
    if ((*file)->file)
        sf_close((*file)->file);
    if ((*file)->fd >= 0)
        close((*file)->fd);
    free((*file)->path);
    free((*file)->part);
    free(*file);
    *file = NULL;
}

void wav_discard(struct wav_file **file)
{
    if (!*file)
        return;
    if ((*file)->part && (*file)->fd >= 0)
        unlink((*file)->part);
    wav_free(file);
}

// The lock may come a moment after the file was opened, and another have removed or finished it in that moment.
static bool is_still(int fd, const char *path)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

// Locked as long as it is written, so that nobody takes it for one that a power cut left behind.
static enum lt_code open_part(struct wav_file *file, struct lt_error *error)
{
    int fd = open(file->part, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    bool busy = fd >= 0 && (locked ? !is_still(fd, file->part) : errno == EWOULDBLOCK);
    if (locked && !busy && ftruncate(fd, 0) == 0) {
        file->fd = fd;
        return LT_DONE;
    }
    enum lt_code code =
        busy ? lt_fail(error, LT_BUSY, "%s is being written by another", file->part)
             : lt_fail(error, LT_IO, "cannot write %s: %s", file->part, strerror(errno));
    if (fd >= 0)
        close(fd);
    return code;
}

bool wav_part_remove(const char *path)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool left = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (left)
        left = unlink(path) == 0;
    if (fd >= 0)
        close(fd);
    return left;
}

enum lt_code wav_open(const char *path, struct wav_file **out, struct lt_error *error)
{
    struct wav_file *file = calloc(1, sizeof *file);
    if (!file)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a sound file");
    file->fd = -1;
    size_t room = strlen(path) + sizeof ".part";
    file->path = strdup(path);
    file->part = malloc(room);
    enum lt_code code = LT_DONE;
    if (!file->path || !file->part) {
        code = lt_fail(error, LT_NO_MEMORY, "no memory for a sound file");
    } else {
        snprintf(file->part, room, "%s.part", path);
        code = open_part(file, error);
    }
    SF_INFO info = {
        .samplerate = SOUND_RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    if (code == LT_DONE && !(file->file = sf_open_fd(file->fd, SFM_WRITE, &info, SF_FALSE)))
        code = lt_fail(error, LT_IO, "cannot write %s: %s", file->part, sf_strerror(NULL));
    if (code != LT_DONE) {
        wav_discard(&file);
        return code;
    }
    *out = file;
    return LT_DONE;
}

enum lt_code wav_add(struct wav_file *file, const int16_t *samples, size_t count,
                     struct lt_error *error)
{
    if (sf_write_short(file->file, samples, (sf_count_t)count) != (sf_count_t)count)
        return lt_fail(error, LT_IO, "cannot write %s: %s", file->part, sf_strerror(file->file));
    return LT_DONE;
}

enum lt_code wav_finish(struct wav_file **file, struct lt_error *error)
{
    struct wav_file *own = *file;
    int failed = sf_close(own->file); // writes the real length into the head
    own->file = NULL;
    if (failed || fsync(own->fd) != 0 || rename(own->part, own->path) != 0) {
        enum lt_code code =
            lt_fail(error, LT_IO, "cannot finish %s: %s", own->part, strerror(errno));
        wav_discard(file);
        return code;
    }
    wav_free(file);
    return LT_DONE;
}

enum lt_code wav_cut(struct wav_file **file, struct lt_error *error)
{
    struct wav_file *own = *file;
    char path[4096];
    size_t size = strlen(own->path);
    size_t stem = size > 4 && strcmp(own->path + size - 4, ".wav") == 0 ? size - 4 : size;
    int written = snprintf(path, sizeof path, "%.*s.cut.wav", (int)stem, own->path);
    int failed = sf_close(own->file);
    own->file = NULL;
    if (failed || written < 0 || (size_t)written >= sizeof path || rename(own->part, path) != 0) {
        enum lt_code code =
            lt_fail(error, LT_IO, "cannot finish %s: %s", own->part, strerror(errno));
        wav_discard(file);
        return code;
    }
    wav_free(file);
    return LT_DONE;
}

static void put(uint8_t *at, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void wav_head(uint8_t head[WAV_HEAD], uint32_t bytes)
{
    memcpy(head, "RIFF....WAVEfmt ....................data....", WAV_HEAD);
    put(head + 4, bytes > UINT32_MAX - 36 ? UINT32_MAX : bytes + 36, 4);
    put(head + 16, 16, 4);
    put(head + 20, 1, 2); // PCM
    put(head + 22, 1, 2); // channels
    put(head + 24, SOUND_RATE, 4);
    put(head + 28, SOUND_RATE * sizeof(int16_t), 4);
    put(head + 32, sizeof(int16_t), 2);
    put(head + 34, 16, 2);
    put(head + 40, bytes, 4);
}
