// Told by its first bytes: a telephone names its files as it likes.
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "program.h"
#include "say.h"
#include "words.h"

enum {
    HEAD = 64, // bytes that tell what it is
    NAME_MOST = 255,
    BLOCK = 64 * 1024,
    SAID_MOST = 4096,
    NOT_STARTED = 127,
    SIGNALLED = 128, // and the signal's number
};
#define SIZE_MOST (UINT64_C(64) << 20) // what a loudspeaker fetches
#define HOURS_24  "86400000"
#define LONGEST   (UINT64_C(15) * 60000) // a loudspeaker's `longest`, where it has no other

struct kind {
    size_t at; // where the mark stands
    const char *mark;
    size_t size;
    const char *name; // the media type, or what is not played is called
};

// An MPEG frame of layer III, for what begins without a head.
static bool is_mp3(const uint8_t *head)
{
    return head[0] == 0xFF && (head[1] & 0xE6) == 0xE2 && (head[2] & 0xF0) != 0xF0 &&
           (head[2] & 0xF0) != 0 && (head[2] & 0x0C) != 0x0C;
}

static const char *find(const struct kind *kinds, size_t count, const uint8_t *head)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(head + kinds[i].at, kinds[i].mark, kinds[i].size) == 0) {
            return kinds[i].name;
        }
    }
    return NULL;
}

// Of an Ogg file the first packet tells what is in it.
static bool is_sound_in_ogg(const uint8_t *head)
{
    static const char *const marks[] = {"OpusHead", "\x01vorbis",
                                        ("\x7F"
                                         "FLAC")};
    const size_t at = 27 + (size_t)head[26];
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const size_t size = strlen(marks[i]);
        if (at + size <= HEAD && memcmp(head + at, marks[i], size) == 0) {
            return true;
        }
    }
    return false;
}

static const char *media_of(const uint8_t *head)
{
    static const struct kind kinds[] = {{8, "WAVE", 4, "audio/wav"},
                                        {0, "OggS", 4, "audio/ogg"},
                                        {0, "ID3", 3, "audio/mpeg"},
                                        {0, "fLaC", 4, "audio/flac"}};
    const char *media = find(kinds, sizeof kinds / sizeof kinds[0], head);
    if (media == NULL) {
        return is_mp3(head) ? "audio/mpeg" : NULL;
    }
    const bool is_whole = media != kinds[0].name || memcmp(head, "RIFF", 4) == 0;
    return is_whole && (media != kinds[1].name || is_sound_in_ogg(head)) ? media : NULL;
}

// What officers have on their telephones and desks.
static enum lt_code not_played(const char *path, const uint8_t *head, struct lt_error *error)
{
    static const struct kind kinds[] = {{4, "ftyp3gp", 7, "3GP"}, // before what it is one of
                                        {4, "ftyp", 4, "M4A or MP4 (AAC)"},
                                        {0, "#!AMR", 5, "AMR"},
                                        {0, "\x30\x26\xB2\x75", 4, "WMA"},
                                        {0, "%PDF", 4, "a PDF file"},
                                        {0, "OggS", 4, "Ogg without sound"},
                                        {0, "PK\x03\x04", 4, "a ZIP archive"}};
    const char *name = find(kinds, sizeof kinds / sizeof kinds[0], head);
    return name != NULL
               ? lt_fail(error, LT_BAD_USE,
                         "--recording %s: this is %s; "
                         "a loudspeaker plays WAV, Ogg (Opus), MP3 or FLAC of at most 64 MiB"
                         ": turn it into one of these first, as with ffmpeg",
                         path, name)
               : lt_fail(error, LT_BAD_USE,
                         "--recording %s: this is no sound; "
                         "a loudspeaker plays WAV, Ogg (Opus), MP3 or FLAC of at most 64 MiB",
                         path);
}

static enum lt_code open_it(const char *path, int *fd, struct recording *recording,
                            struct lt_error *error)
{
    struct stat found;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0 && errno == ENOENT) {
        return lt_fail(error, LT_NOT_FOUND, "--recording %s: there is no such file", path);
    }
    if (*fd < 0 || fstat(*fd, &found) != 0) {
        return lt_fail(error, LT_IO, "--recording %s: it cannot be read: %s", path,
                       strerror(errno));
    }
    if (!S_ISREG(found.st_mode)) {
        return lt_fail(error, LT_BAD_USE, "--recording %s: this is no file", path);
    }
    recording->size = (uint64_t)found.st_size;
    if (recording->size == 0) {
        return lt_fail(error, LT_BAD_USE, "--recording %s: the file is empty", path);
    }
    return recording->size <= SIZE_MOST
               ? LT_DONE
               : lt_fail(error, LT_TOO_LARGE,
                         "--recording %s: it has %zu MiB; "
                         "a loudspeaker plays WAV, Ogg (Opus), MP3 or FLAC of at most 64 MiB",
                         path, (size_t)((recording->size + (1 << 20) - 1) >> 20));
}

// To its end: the hash of all of it, and its first bytes.
static enum lt_code read_it(int fd, struct recording *recording, uint8_t head[HEAD],
                            struct lt_error *error)
{
    uint8_t *block = cli_alloc(BLOCK);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    uint64_t size = 0;
    ssize_t got = 0;
    memset(head, 0, HEAD);
    while ((got = read(fd, block, BLOCK)) > 0 || (got < 0 && errno == EINTR)) {
        const size_t count = got > 0 ? (size_t)got : 0;
        if (size == 0) {
            memcpy(head, block, count < HEAD ? count : HEAD);
        }
        crypto_hash_sha256_update(&state, block, count);
        size += count;
    }
    crypto_hash_sha256_final(&state, recording->sha256);
    free(block);
    if (got < 0) {
        return lt_fail(error, LT_IO, "--recording %s: it cannot be read: %s", recording->path,
                       strerror(errno));
    }
    return size == recording->size
               ? LT_DONE
               : lt_fail(error, LT_IO,
                         "--recording %s: it is still being written; wait for its end",
                         recording->path);
}

// Its name for people: without its folder, and without what a name in a message must not have.
static void name_it(struct recording *recording)
{
    const char *slash = strrchr(recording->path, '/');
    json_t *clean = say_string(slash != NULL ? slash + 1 : recording->path);
    char *nfc = NULL;
    struct lt_error error = {0};
    const char *name = json_is_string(clean) ? json_string_value(clean) : "";
    if (words_nfc(name, "recording", &nfc, &error) != LT_DONE || strlen(nfc) > NAME_MOST ||
        nfc[0] == '\0') {
        free(nfc);
        nfc = cli_copy(lt_slice_of("ghi-am"));
    }
    for (char *at = nfc; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == '\\') {
            *at = '_';
        }
    }
    json_decref(clean);
    recording->name = nfc;
}

// The loudspeaker's own program decodes it to its end, in a process that can do nothing else.
static enum lt_code measure(struct recording *recording, struct lt_error *error)
{
    static const char own_name[] = "lienthon-say: ";
    char hash[65];
    lt_hex_encode((struct lt_slice){recording->sha256, sizeof recording->sha256}, hash);
    const char *const asked[] = {"--measure", recording->path, hash, HOURS_24, NULL};
    struct lt_buffer said = {.max = SAID_MOST};
    struct lt_error why = {0};
    int status = 0;
    enum lt_code code = program_ask("lienthon-say", asked, &said, &status, &why);
    if (code == LT_DONE && status == 0) {
        char *text = cli_copy(lt_buffer_slice(&said));
        recording->ms = strtoull(text, NULL, 10);
        free(text);
    } else if (code == LT_DONE && status > SIGNALLED) { // it has its limits there too
        code = lt_fail(error, LT_BAD_USE,
                       "--recording %s: a loudspeaker cannot play it: it takes too long, or too "
                       "much memory, to decode",
                       recording->path);
    } else if (code == LT_DONE && status != NOT_STARTED) {
        const bool named = strncmp(why.text, own_name, sizeof own_name - 1) == 0;
        code = lt_fail(error, LT_BAD_USE, "--recording %s: a loudspeaker cannot play it: %s",
                       recording->path, why.text + (named ? sizeof own_name - 1 : 0));
    } else {
        code = LT_DONE; // not installed here; a loudspeaker that cannot read it says the words
    }
    if (code == LT_DONE && recording->ms > LONGEST) {
        say_aside("the recording lasts %zu"
                  " minutes; a loudspeaker plays at most 15, and says "
                  "the words instead, unless `longest` in its file allows more",
                  (size_t)((recording->ms + 59999) / 60000));
    }
    lt_buffer_clear(&said);
    return code;
}

enum lt_code recording_look(const char *path, struct recording *recording, struct lt_error *error)
{
    uint8_t head[HEAD];
    int fd = -1;
    *recording = (struct recording){.path = path};
    enum lt_code code = open_it(path, &fd, recording, error);
    if (code == LT_DONE) {
        code = read_it(fd, recording, head, error);
    }
    if (code == LT_DONE) {
        recording->media = media_of(head);
        code = recording->media != NULL ? LT_DONE : not_played(path, head, error);
    }
    if (code == LT_DONE) {
        name_it(recording);
        code = measure(recording, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    return code;
}

void recording_clear(struct recording *recording)
{
    free(recording->name);
    *recording = (struct recording){0};
}

json_t *recording_body(const struct recording *recording)
{
    char hash[sodium_base64_ENCODED_LEN(sizeof recording->sha256, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(hash, sizeof hash, recording->sha256, sizeof recording->sha256,
                      sodium_base64_VARIANT_ORIGINAL);
    return json_pack("{s:s, s:I, s:s, s:s}", "sha256", hash, "size", (json_int_t)recording->size,
                     "media", recording->media, "name", recording->name);
}

json_t *recording_json(const struct recording *recording)
{
    json_t *json = recording_body(recording);
    if (json != NULL && recording->ms > 0) {
        json_object_set_new(json, "ms", json_integer((json_int_t)recording->ms));
    }
    return json;
}
