#include "far.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <yaml.h>

#include <lienthon/json.h>
#include <lienthon/settings/file.h>

enum { FILE_MAX = 256 * 1024, SEEN_MAX = 4 * 1024 * 1024, COMMAND_MS = 10000, READY_MS = 5000 };

static const char usual_message[] =
    "{\"type\": \"notice.v1\", \"topic\": \"" TOWN_TOPIC "\", \"body\": {\"text\": \"Thử.\"}}";

const struct lt_option far_options[] = {
    LT_OPTION_TEXT("version", struct far_settings, version, NULL,
                   "Of the bridge, for the line that says what passed"),
    LT_OPTION_MAP(
        "options", struct far_settings, options,
        "`options:` of the instance that is tried; $FAR and $PORT stand for the far side"),
    LT_OPTION_MAP("targets", struct far_settings, targets,
                  "Several targets of the instance, as in its file; each must take the message's "
                  "topic, and is named in the lines of `effects`"),
    LT_OPTION_TEXT("message", struct far_settings, message, usual_message,
                   "A message that the bridge acts on, as JSON; topics of the commune begin with "
                   "an-thanh-1/an-thuong/"),
    LT_OPTION_MAP("publishes", struct far_settings, publishes,
                  "What it publishes besides health and notices: type: topic below the commune's"),
    LT_OPTION_TEXT(
        "far", struct far_settings, far, NULL,
        "A shell command that is the far side: started before the bridge, stopped after "
        "it. FAR is a folder of its own, PORT and LISTEN are free ports of this machine"),
    LT_OPTION_TEXT(
        "effects", struct far_settings, effects, NULL,
        "A shell command that prints a line for each thing that has happened outside, with "
        "the id of its message in it"),
    LT_OPTION_TEXT("down", struct far_settings, down, NULL,
                   "A shell command that makes the far side fail"),
    LT_OPTION_TEXT("up", struct far_settings, up, NULL, "And one that puts it right again"),
    LT_OPTION_TEXT("brings", struct far_settings, brings, NULL,
                   "A shell command by which something comes up on the far side that the bridge is "
                   "to publish, with $WORD among its texts; it ends when the far side need not try "
                   "again"),
    LT_OPTION_LIST("secrets", struct far_settings, secrets,
                   "Values among the options that must be seen nowhere"),
    LT_OPTION_NUMBER("flood", struct far_settings, flood, "200", 10, 10000,
                     "How many messages are many"),
    LT_OPTION_NUMBER("window", struct far_settings, window, "8", 1, 1000,
                     "How many it is given at once while it is seen which comes first"),
    LT_OPTION_DURATION("patience", struct far_settings, patience_ms, "10s", 1000, 600000,
                       "How long one message may take"),
    LT_OPTION_END};

// A mark of libyaml counts letters, and a byte order mark not at all; this is where its byte stands.
static size_t place_of(struct lt_slice file, size_t letters)
{
    static const uint8_t order[] = {0xEF, 0xBB, 0xBF};
    bool has_order = file.size >= sizeof order && memcmp(file.data, order, sizeof order) == 0;
    size_t at = has_order ? sizeof order : 0;
    for (; at < file.size; at++)
        if ((file.data[at] & 0xC0) != 0x80 && letters-- == 0)
            break;
    return at;
}

// The text below the key, as it stands: from its mark to its end.
static bool keep_text(struct lt_slice file, const yaml_node_t *node, struct lt_buffer *out)
{
    size_t begin = place_of(file, node->start_mark.index);
    size_t end = place_of(file, node->end_mark.index);
    bool in_lines = node->data.mapping.style == YAML_BLOCK_MAPPING_STYLE;
    if (begin > end || end > file.size)
        return false;
    while (in_lines && begin > 0 && file.data[begin - 1] != '\n')
        begin--;
    return lt_buffer_add(out, in_lines ? "\n" : " ", 1) &&
           lt_buffer_add(out, file.data + begin, end - begin) && lt_buffer_add(out, "\n", 1);
}

static bool find_options(struct lt_slice file, struct lt_buffer *out)
{
    yaml_parser_t parser;
    yaml_document_t document;
    bool whole = true;
    if (!yaml_parser_initialize(&parser))
        return false;
    yaml_parser_set_input_string(&parser, file.size ? file.data : (const uint8_t *)"", file.size);
    if (yaml_parser_load(&parser, &document)) {
        yaml_node_t *root = yaml_document_get_root_node(&document);
        yaml_node_pair_t *pair = root ? root->data.mapping.pairs.start : NULL;
        for (; pair && pair < root->data.mapping.pairs.top; pair++) {
            const yaml_node_t *key = yaml_document_get_node(&document, pair->key);
            const yaml_node_t *value = yaml_document_get_node(&document, pair->value);
            if (strcmp((const char *)key->data.scalar.value, "options") == 0 &&
                value->type == YAML_MAPPING_NODE)
                whole = keep_text(file, value, out);
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return whole;
}

static enum lt_code read_draft(struct far *far, struct lt_error *error)
{
    struct lt_error why = {0};
    const char *text = far->settings.message;
    enum lt_code code = lt_json_to_part(lt_slice_of(text), NULL, &far->draft, &far->room, &why);
    if (code == LT_DONE && !far->draft.topic.data)
        far->draft.topic = lt_slice_of(TOWN_TOPIC);
    return code == LT_DONE ? LT_DONE
                           : lt_fail(error, LT_BAD_FILE, "%s: message: %s",
                                     far->path ? far->path : "conformance.yaml", why.text);
}

enum lt_code far_load(const char *path, struct far *far, struct lt_error *error)
{
    struct lt_option_set set = {far_options, &far->settings};
    struct lt_buffer text = {.max = FILE_MAX};
    *far = (struct far){.life.pidfd = -1,
                        .bringer.pidfd = -1,
                        .options.max = FILE_MAX,
                        .room.max = LT_MESSAGE_LIMIT};
    far->path = path ? strdup(path) : NULL;
    enum lt_code code = path ? lt_file_read(path, &text, error) : LT_DONE;
    if (code == LT_DONE)
        code = lt_options_parse(lt_buffer_slice(&text), path ? path : "", &set, 1, error);
    if (code == LT_DONE && path && !find_options(lt_buffer_slice(&text), &far->options))
        code = lt_fail(error, LT_NO_MEMORY, "no memory for the options");
    if (code == LT_DONE)
        code = read_draft(far, error);
    lt_buffer_clear(&text);
    if (code != LT_DONE)
        far_clear(far);
    return code;
}

static int bound(struct sockaddr_in *address, int type)
{
    socklen_t size = sizeof *address;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)address, size) != 0 ||
                    getsockname(fd, (struct sockaddr *)address, &size) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool takes_connections(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool taken = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return taken;
}

static enum lt_code start(struct far *far, struct life *life, const char *command, const char *log,
                          const char *word, struct lt_error *error)
{
    char folder[sizeof far->folder + 8], port[32], listen_at[32], brought[128];
    const char *words[] = {"sh", "-c", command, NULL};
    const char *set[] = {folder, port, listen_at, brought, NULL};
    snprintf(listen_at, sizeof listen_at, "LISTEN=%d", far->listen);
    snprintf(brought, sizeof brought, "WORD=%s", word);
    snprintf(folder, sizeof folder, "FAR=%s", far->folder);
    snprintf(port, sizeof port, "PORT=%d", far->port);
    return life_start(life, words, set, far->folder, log, error);
}

static enum lt_code find_ports(struct far *far, struct lt_error *error)
{
    struct sockaddr_in one, other;
    int first = bound(&one, SOCK_STREAM), second = bound(&other, SOCK_STREAM);
    bool found = first >= 0 && second >= 0;
    if (first >= 0)
        close(first);
    if (second >= 0)
        close(second);
    if (!found)
        return lt_fail(error, LT_IO, "no free port of this machine");
    far->port = ntohs(one.sin_port);
    far->listen = ntohs(other.sin_port);
    return LT_DONE;
}

enum lt_code far_start(struct far *far, const char *folder, struct lt_error *error)
{
    char log[sizeof far->folder + 8];
    int64_t until = zclock_mono() + READY_MS;
    if (snprintf(far->folder, sizeof far->folder, "%s", folder) >= (int)sizeof far->folder)
        return lt_fail(error, LT_BAD_USE, "the path of the far side's folder is too long");
    enum lt_code code = lt_folder_make(folder, 0700, error);
    if (code == LT_DONE)
        code = find_ports(far, error);
    if (code != LT_DONE)
        return code;
    if (!far->settings.far)
        return LT_DONE;
    snprintf(log, sizeof log, "%s.log", folder);
    code = start(far, &far->life, far->settings.far, log, "", error);
    while (code == LT_DONE && strstr(far->settings.far, "PORT") && !takes_connections(far->port)) {
        if (!life_runs(&far->life) || zclock_mono() > until)
            return lt_fail(error, LT_IO, "the far side does not answer at port %d: %s", far->port,
                           far->settings.far);
        poll(NULL, 0, 20);
    }
    return code;
}

void far_stop(struct far *far)
{
    life_kill(&far->life);
    life_kill(&far->bringer);
}

enum lt_code far_bring(struct far *far, const char *word, struct lt_error *error)
{
    char log[sizeof far->folder + 16];
    snprintf(log, sizeof log, "%s.brings", far->folder);
    life_kill(&far->bringer);
    return start(far, &far->bringer, far->settings.brings, log, word, error);
}

void far_clear(struct far *far)
{
    far_stop(far);
    lt_options_clear(far_options, &far->settings);
    lt_buffer_clear(&far->options);
    lt_buffer_clear(&far->room);
    free(far->path);
    *far = (struct far){.life.pidfd = -1, .bringer.pidfd = -1};
}

static bool begins(const char *text, size_t left, const char *word)
{
    size_t size = strlen(word);
    return left >= size && memcmp(text, word, size) == 0;
}

bool far_write_targets(const struct far *far, struct lt_buffer *out)
{
    const struct lt_option_map *targets = &far->settings.targets;
    bool whole = targets->count == 0 || lt_buffer_print(out, "targets:\n");
    for (size_t i = 0; whole && i < targets->count; i++)
        whole =
            lt_buffer_print(out, "  %s: \"%s\"\n", targets->items[i].name, targets->items[i].text);
    return whole;
}

bool far_write_options(const struct far *far, struct lt_buffer *out)
{
    const char *at = (const char *)far->options.data;
    size_t left = far->options.size;
    bool whole = left == 0 || lt_buffer_print(out, "options:");
    while (whole && left > 0) {
        size_t step = 1;
        if (begins(at, left, "$FAR")) {
            step = 4;
            whole = lt_buffer_print(out, "%s", far->folder);
        } else if (begins(at, left, "$PORT")) {
            step = 5;
            whole = lt_buffer_print(out, "%d", far->port);
        } else if (begins(at, left, "$LISTEN")) {
            step = 7;
            whole = lt_buffer_print(out, "%d", far->listen);
        } else {
            whole = lt_buffer_add(out, at, 1);
        }
        at += step;
        left -= step;
    }
    return whole;
}

bool far_is_seen(const struct far *far)
{
    return far->settings.effects != NULL;
}

bool far_can_go(const struct far *far)
{
    return far->settings.down && far->settings.up;
}

// To its end; what it has said is in the file `log`.
static enum lt_code run(struct far *far, const char *command, const char *log,
                        struct lt_error *error)
{
    struct life life = {.pidfd = -1};
    char how[128];
    enum lt_code code = start(far, &life, command, log, "", error);
    if (code != LT_DONE)
        return code;
    struct pollfd ended = {.fd = life.pidfd, .events = POLLIN};
    poll(&ended, 1, COMMAND_MS);
    if (life_runs(&life)) {
        life_kill(&life);
        return lt_fail(error, LT_TIMED_OUT,
                       "a command of conformance.yaml took longer than %d s: %s", COMMAND_MS / 1000,
                       command);
    }
    life_how(&life, how, sizeof how);
    return life_ended_well(&life)
               ? LT_DONE
               : lt_fail(error, LT_IO, "a command of conformance.yaml failed (%s): %s", how,
                         command);
}

// The first id in a line. false: there is none.
static bool id_in(const char *line, size_t size, uint8_t id[LT_ID_SIZE])
{
    char text[37];
    for (size_t i = 0; i + 36 <= size; i++) {
        memcpy(text, line + i, 36);
        text[36] = '\0';
        if (text[8] == '-' && text[13] == '-' && lt_id_parse(text, id))
            return true;
    }
    for (size_t i = 0; i + 32 <= size; i++) {
        memcpy(text, line + i, 32);
        text[32] = '\0';
        if (!memchr(text, '-', 32) && lt_id_parse(text, id))
            return true;
    }
    return false;
}

// The target with the longest name in the line; without names the only one.
static struct letter *named_in(const char *line, size_t size, struct letter *letter)
{
    struct letter *found = letter && !letter->target ? letter : NULL;
    for (; letter && letter->target; letter = letter->twin)
        if (memmem(line, size, letter->target, strlen(letter->target)) &&
            (!found || strlen(letter->target) > strlen(found->target)))
            found = letter;
    return found;
}

// false: it has the id of one of ours, and no target's name.
static bool count_line(struct hub *hub, const char *line, size_t size)
{
    uint8_t id[LT_ID_SIZE];
    struct letter *ours = id_in(line, size, id) ? hub_find(hub, id) : NULL;
    struct letter *letter = named_in(line, size, ours);
    if (letter)
        letter->effects++;
    return letter || !ours;
}

enum lt_code far_look(struct far *far, struct hub *hub, struct lt_error *error)
{
    char log[sizeof far->folder + 16];
    struct lt_buffer text = {.max = SEEN_MAX};
    for (struct letter *at = hub->letters; at; at = at->next)
        at->effects = 0;
    if (!far_is_seen(far))
        return LT_DONE;
    snprintf(log, sizeof log, "%s.effects", far->folder);
    unlink(log);
    enum lt_code code = run(far, far->settings.effects, log, error);
    if (code == LT_DONE)
        code = lt_file_read(log, &text, error);
    const char *at = (const char *)text.data;
    for (size_t left = text.size; code == LT_DONE && left > 0;) {
        const char *end = memchr(at, '\n', left);
        size_t size = end ? (size_t)(end - at) : left;
        if (!count_line(hub, at, size))
            code = lt_fail(error, LT_BAD_FILE,
                           "%s: effects: the line '%.*s' names none of the targets",
                           far->path ? far->path : "conformance.yaml", (int)size, at);
        left -= size + (end ? 1 : 0);
        at += size + (end ? 1 : 0);
    }
    lt_buffer_clear(&text);
    return code;
}

enum lt_code far_go(struct far *far, bool away, struct lt_error *error)
{
    char log[sizeof far->folder + 16];
    snprintf(log, sizeof log, "%s.log", far->folder);
    return run(far, away ? far->settings.down : far->settings.up, log, error);
}
