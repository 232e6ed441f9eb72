// A line of text, "LAST SAID"; the file's name is a hash of sender and id.
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/settings/file.h>

enum { NAME_BYTES = 16, FILE_MOST = 128 };

static const char folder_name[] = "said/";

bool memory_name(const struct lt_part *message, const char *zone, char name[MEMORY_NAME])
{
    uint8_t hash[LT_HASH_SIZE];
    struct lt_buffer text = {.max = 256};
    lt_buffer_add(&text, message->from.data, message->from.size);
    lt_buffer_add(&text, "", 1);
    bool whole = lt_buffer_add(&text, message->id, LT_ID_SIZE) &&
                 (!zone || lt_buffer_add(&text, zone, strlen(zone)));
    if (whole) {
        snprintf(name, MEMORY_NAME, "%s", folder_name);
        lt_hash(lt_buffer_slice(&text), hash);
        lt_hex_encode((struct lt_slice){hash, NAME_BYTES}, name + strlen(folder_name));
    }
    lt_buffer_clear(&text);
    return whole;
}

// NULL: no memory; else yours.
static char *path_of(const char *folder, const char *name)
{
    char *path = NULL;
    (void)lt_folder_path(folder, name, &path, NULL);
    return path;
}

static void read_numbers(const char *text, struct memory *memory)
{
    char *after = NULL, *end = NULL;
    struct memory read = {.last = strtoull(text, &after, 10)};
    read.said = strtoull(after, &end, 10);
    if (after != text && end != after)
        *memory = read;
}

void memory_load(const char *folder, const char *name, struct memory *memory)
{
    char *path = path_of(folder, name);
    struct lt_buffer text = {.max = FILE_MOST};
    *memory = (struct memory){0};
    if (path && access(path, F_OK) == 0 && lt_file_read(path, &text, NULL) == LT_DONE &&
        lt_buffer_add(&text, "", 1))
        read_numbers((const char *)text.data, memory);
    lt_buffer_clear(&text);
    free(path);
}

enum lt_code memory_save(const char *folder, const char *name, const struct memory *memory,
                         struct lt_error *error)
{
    char text[FILE_MOST], *said = NULL, *path = path_of(folder, name);
    snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 "\n", memory->last, memory->said);
    enum lt_code code = path ? lt_folder_path(folder, folder_name, &said, error)
                             : lt_fail(error, LT_NO_MEMORY, "no memory for what was said");
    if (code == LT_DONE)
        code = lt_folder_make(said, 0700, error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_slice_of(text), 0600, error);
    free(said);
    free(path);
    return code;
}

void memory_forget(const char *folder, const char *name)
{
    char *path = path_of(folder, name);
    if (path)
        unlink(path);
    free(path);
}
