// Messages as files in a folder, both ways. The bridge to copy: it only translates, the host does all else.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <lienthon/bridge.h>
#include <lienthon/json.h>
#include <lienthon/pickup.h>
#include <lienthon/settings/file.h>

enum { TEXT_MAX = 4 * 1024 * 1024 };

struct filedrop {
    char *folder; // the option
    char *received;
    lt_bridge_host *host;
};

static const struct lt_option options[] = {
    LT_OPTION_TEXT("folder", struct filedrop, folder, LT_REQUIRED,
                   "Holds received/ (from the hub), send/ (to the hub) and sent/ (the hub has it)"),
    LT_OPTION_END};

// A name that sorts by time and is safe: an id has hexadecimal digits, a principal a-z 0-9 . and -
static void name_of(const struct lt_part *message, char name[NAME_MAX])
{
    char id[37];
    lt_id_print(message->id, id);
    snprintf(name, NAME_MAX, "%s.%.*s.json", id, (int)message->from.size,
             (const char *)message->from.data);
}

static enum lt_code write_file(const struct filedrop *drop, const struct lt_part *message,
                               struct lt_error *error)
{
    struct lt_buffer text = {.max = TEXT_MAX};
    char name[NAME_MAX], *path = NULL;
    name_of(message, name);
    enum lt_code code = lt_folder_path(drop->received, name, &path, error);
    if (code == LT_DONE)
        code = lt_json_from_part(message, &text, true, error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_buffer_slice(&text), 0640, error);
    lt_buffer_clear(&text);
    free(path);
    return code;
}

// From the hub: a file a message, there whole or not at all.
static void deliver(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    struct lt_error error = {0};
    if (!lt_delivery_begin(&delivery))
        return;
    enum lt_code code = write_file(state, message, &error);
    lt_delivery_conclude(&delivery, code, code == LT_DONE ? "wrote into received/" : error.text);
}

// To the hub: what is wrong with the file is told beside it, and what the hub has moves to sent/.
static enum lt_code send_file(void *state, struct lt_slice text, const char *origin,
                              uint64_t *token, struct lt_error *error)
{
    const struct filedrop *drop = state;
    return lt_bridge_publish_json(drop->host, text, origin, token, error);
}

static bool describe(const void *state, const char *target, const struct lt_part *message,
                     struct lt_buffer *out)
{
    const struct filedrop *drop = state;
    char name[NAME_MAX];
    (void)target;
    name_of(message, name);
    return lt_buffer_print(out, "the file %s/received/%s:\n", drop->folder, name) &&
           lt_json_from_part(message, out, true, NULL) == LT_DONE;
}

static enum lt_code open_folder(void *state, lt_bridge_host *host, struct lt_error *error)
{
    struct filedrop *drop = state;
    char *send = NULL, *sent = NULL;
    drop->host = host;
    enum lt_code code = lt_folder_path(drop->folder, "received", &drop->received, error);
    if (code == LT_DONE)
        code = lt_folder_make(drop->received, 0770, error);
    if (code == LT_DONE)
        code = lt_folder_path(drop->folder, "send", &send, error);
    if (code == LT_DONE)
        code = lt_folder_path(drop->folder, "sent", &sent, error);
    if (code == LT_DONE)
        code = lt_pickup_open(host, send, sent, ".json", send_file, error);
    free(send);
    free(sent);
    return code;
}

static void close_folder(void *state)
{
    struct filedrop *drop = state;
    free(drop->received);
}

static const struct lt_bridge filedrop = {
    .abi = LT_BRIDGE_ABI,
    .name = "filedrop",
    .about = "Messages as files in a folder, both ways",
    .options = options,
    .state_size = sizeof(struct filedrop),
    .open = open_folder,
    .deliver = deliver,
    .describe = describe,
    .close = close_folder,
};

const struct lt_bridge *lt_bridge_entry(void)
{
    return &filedrop;
}
