// A WAV file a sound, in real time: what a machine without a card has instead of hearing it, and
// what a test can measure. What was cut off keeps its file too. Keeps the newest of its own and
// removes the rest.
#include "outlet.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <lienthon/settings/folder.h>

#include "file_name.h"
#include "wav.h"

enum {
    SAME_MOMENT = 64
}; // loudspeakers that may begin the same in one folder within a millisecond

struct file_outlet {
    struct outlet outlet;
    char *folder;
    unsigned speed;
    size_t keep;
    struct wav_file *file;
    const struct sound *sound;
    size_t at;      // samples of the sound that are written
    size_t written; // with the silence in which a card would have waited for more
    uint64_t begun;
    struct lt_error fault; // what was found when it was last looked at
};

enum { ROOM_LEAST = 1 << 20 }; // bytes: some 20 s

static void remove_file(const char *folder, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return;
    if (file_name_is(name, ".wav.part"))
        wav_part_remove(path);
    else
        unlink(path);
}

static int is_part(const struct dirent *entry)
{
    return file_name_is(entry->d_name, ".wav.part");
}

static int is_wav(const struct dirent *entry)
{
    return file_name_is(entry->d_name, ".wav");
}

// The order of names is that of age. keep 0 removes all.
static void prune(const char *folder, int (*which)(const struct dirent *), size_t keep)
{
    struct dirent **found = NULL;
    int count = scandir(folder, &found, which, alphasort);
    for (int i = 0; i < count; i++) {
        if ((size_t)(count - i) > keep)
            remove_file(folder, found[i]->d_name);
        free(found[i]);
    }
    free(found);
}

static enum lt_code open_file(struct file_outlet *own, const char *name, struct lt_error *error)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.wav", own->folder, name) >= (int)sizeof path)
        return lt_fail(error, LT_BAD_USE, "the path of the sound folder is too long");
    enum lt_code code = wav_open(path, &own->file, error);
    if (code != LT_DONE || access(path, F_OK) != 0)
        return code;
    wav_discard(&own->file);
    return lt_fail(error, LT_BUSY, "%s is there already", path);
}

// Another loudspeaker may write into the same folder, and begin the same at the same moment.
static enum lt_code start_file(struct outlet *outlet, const struct sound *sound,
                               const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    struct file_outlet *own = (struct file_outlet *)outlet;
    char name[FILE_NAME];
    if (snprintf(name, sizeof name, "%s", cue->name) >= (int)sizeof name)
        return lt_fail(error, LT_BAD_USE, "the name of the sound is too long");
    enum lt_code code = open_file(own, name, error);
    for (int i = 0; code == LT_BUSY && i < SAME_MOMENT && file_name_later(name); i++)
        code = open_file(own, name, error);
    if (code != LT_DONE)
        return code;
    own->sound = sound;
    own->at = own->written = 0;
    own->begun = now;
    return LT_DONE;
}

static enum lt_code write_upto(struct file_outlet *own, size_t due, struct lt_error *error)
{
    static const int16_t silence[SOUND_RATE / 10] = {0};
    const struct sound *sound = own->sound;
    while (own->written < due) {
        size_t left = 0;
        const int16_t *samples = sound_at(sound, own->at, &left);
        size_t most = left ? left : sizeof silence / sizeof *silence;
        size_t count = due - own->written < most ? due - own->written : most;
        if (!left && !sound->more)
            break;
        enum lt_code code = wav_add(own->file, left ? samples : silence, count, error);
        if (code != LT_DONE)
            return code;
        own->at += left ? count : 0;
        own->written += count;
    }
    return LT_DONE;
}

// Faster than real time nobody listens, and waiting for more is no silence.
static size_t due_at(struct file_outlet *own, uint64_t now)
{
    size_t due = (size_t)((now - own->begun) * SOUND_RATE / 1000 * own->speed / 100);
    size_t there = own->written + (own->sound->count - own->at);
    if (own->speed <= 100 || !own->sound->more || due <= there)
        return due;
    own->begun = now - (uint64_t)there * 100000 / SOUND_RATE / own->speed;
    return there;
}

static enum outlet_state turn_file(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct file_outlet *own = (struct file_outlet *)outlet;
    if (write_upto(own, due_at(own, now), error) != LT_DONE)
        return OUTLET_FAILED;
    if (own->at < own->sound->count || own->sound->more)
        return OUTLET_PLAYS;
    if (wav_finish(&own->file, error) != LT_DONE)
        return OUTLET_FAILED;
    prune(own->folder, is_wav, own->keep);
    return OUTLET_ENDED;
}

// The file of what was heard stays; a disk that takes the end of it no more loses only that.
static size_t stop_file(struct outlet *outlet)
{
    struct file_outlet *own = (struct file_outlet *)outlet;
    int16_t tail[SOUND_FADE];
    if (!own->file)
        return own->at;
    size_t count = own->at ? sound_tail(own->sound, own->at, tail) : 0;
    if (own->written == 0 || wav_add(own->file, tail, count, NULL) != LT_DONE)
        wav_discard(&own->file);
    else
        wav_cut(&own->file, NULL);
    prune(own->folder, is_wav, own->keep);
    return own->at;
}

static enum outlet_state drain_file(struct outlet *outlet, uint64_t now)
{
    (void)outlet, (void)now;
    return OUTLET_ENDED;
}

static void look_file(struct outlet *outlet, uint64_t now)
{
    struct file_outlet *own = (struct file_outlet *)outlet;
    struct statvfs disk;
    (void)now;
    own->fault = (struct lt_error){0};
    if (access(own->folder, W_OK) != 0 || statvfs(own->folder, &disk) != 0)
        lt_fail(&own->fault, LT_IO, "cannot write into %s: %s", own->folder, strerror(errno));
    else if ((uint64_t)disk.f_bavail * disk.f_frsize < ROOM_LEAST)
        lt_fail(&own->fault, LT_IO, "less than 1 MiB is left for %s", own->folder);
}

static const char *fault_file(const struct outlet *outlet)
{
    const struct file_outlet *own = (const struct file_outlet *)outlet;
    return own->fault.code == LT_DONE ? NULL : own->fault.text;
}

static void destroy_file(struct outlet *outlet)
{
    struct file_outlet *own = (struct file_outlet *)outlet;
    stop_file(outlet);
    free(own->folder);
    free(own);
}

static const struct outlet_kind file_kind = {.start = start_file,
                                             .turn = turn_file,
                                             .stop = stop_file,
                                             .drain = drain_file,
                                             .look = look_file,
                                             .fault = fault_file,
                                             .is_record = true,
                                             .destroy = destroy_file};

enum lt_code file_outlet_new(const char *folder, unsigned speed, size_t keep,
                             struct outlet **outlet, struct lt_error *error)
{
    enum lt_code code = lt_folder_make(folder, 0755, error);
    if (code != LT_DONE)
        return code;
    struct file_outlet *own = calloc(1, sizeof *own);
    if (own)
        own->folder = strdup(folder);
    if (!own || !own->folder) {
        free(own);
        return lt_fail(error, LT_NO_MEMORY, "no memory for the sound folder");
    }
    own->outlet.kind = &file_kind;
    own->speed = speed;
    own->keep = keep;
    prune(folder, is_part, 0);
    *outlet = &own->outlet;
    return LT_DONE;
}

void outlet_destroy(struct outlet **outlet)
{
    if (*outlet)
        (*outlet)->kind->destroy(*outlet);
    *outlet = NULL;
}
