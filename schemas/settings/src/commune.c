// commune.yaml: the commune, its hamlets, its hub.
#include "lienthon/settings/folder.h"
#include "hours.h"

#include <lienthon/name.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMUNE_FILE_MAX = 1024 * 1024 };

#define KIB INT64_C(1024)
#define MIB (INT64_C(1024) * 1024)
#define GIB (INT64_C(1024) * 1024 * 1024)

const struct lt_option lt_commune_options[] = {
    LT_OPTION_TEXT("name", struct lt_commune, name, LT_REQUIRED,
                   "The commune's name, for people, as \"Xã An Thạnh 1\""),
    LT_OPTION_TEXT("xa", struct lt_commune, xa, LT_REQUIRED,
                   "The first level of its topics, as an-thanh-1"),
    LT_OPTION_KEY("root", struct lt_commune, root, LT_REQUIRED, "The root's public key"),
    LT_OPTION_TEXT("timezone", struct lt_commune, timezone, "Asia/Ho_Chi_Minh",
                   "In which the hours that people type are meant"),
    LT_OPTION_MAP("hamlets", struct lt_commune, hamlets, "Topic level and name of each hamlet"),
    LT_OPTION_MAP_CHECKED(
        "loudspeakers.programmes", struct lt_commune, loudspeakers.programmes,
        lt_hours_check_programme,
        "Programme and its hour, length at most and days: sang: \"05:00, 30m, days 1-6\"; "
        "for one hamlet an-lac/sang; unless given sang 05:00 and chieu 17:00"),
    LT_OPTION_MAP_CHECKED(
        "loudspeakers.day", struct lt_commune, loudspeakers.day, lt_hours_check_span,
        "When what is urgent is said at once: tat-ca (or a hamlet): \"06:00-21:00\""),
    LT_OPTION_MAP_CHECKED(
        "loudspeakers.quiet", struct lt_commune, loudspeakers.quiet, lt_hours_check_span,
        "When only what is very urgent is said: tat-ca (or a hamlet): \"21:30-04:30\""),
    LT_OPTION_MAP_CHECKED(
        "loudspeakers.volume", struct lt_commune, loudspeakers.volume, lt_hours_check_volume,
        "Percent by the hour: tat-ca (or a hamlet): \"05:00-06:00 60, 11:30-13:30 50\""),
    LT_OPTION_DURATION("loudspeakers.repeat", struct lt_commune, loudspeakers.repeat_ms, "15m", 0,
                       86400000,
                       "After how long what concerns life and property is said again, until it is "
                       "over; 0m: once"),
    LT_OPTION_TEXT("hub.principal", struct lt_commune, hub.principal, "hub", "The hub's own name"),
    LT_OPTION_KEY("hub.curve", struct lt_commune, hub.curve, LT_REQUIRED,
                  "The hub's public key for connections"),
    LT_OPTION_TEXT("hub.listen", struct lt_commune, hub.listen, "tcp://127.0.0.1:7370",
                   "Where the hub waits for participants"),
    LT_OPTION_TEXT("hub.join", struct lt_commune, hub.join, "tcp://127.0.0.1:7371",
                   "Where it waits for those who join with an invitation"),
    LT_OPTION_TEXT("hub.address", struct lt_commune, hub.address, NULL,
                   "The host that devices are told to connect to, where it is not that of listen"),
    LT_OPTION_TEXT("hub.metrics", struct lt_commune, hub.metrics, NULL,
                   "Where its figures are told (OpenMetrics), as 127.0.0.1:5772; not set: nowhere"),
    LT_OPTION_TEXT("hub.data", struct lt_commune, hub.data, "data/hub", "Folder of its store"),
    LT_OPTION_NUMBER("hub.limits.message", struct lt_commune, hub.limits.message, "262144", KIB,
                     MIB, "Bytes of one sealed message"),
    LT_OPTION_NUMBER("hub.limits.blob", struct lt_commune, hub.limits.blob, "67108864", KIB, GIB,
                     "Bytes of one blob"),
    LT_OPTION_NUMBER("hub.limits.quota", struct lt_commune, hub.limits.quota, "268435456", KIB,
                     16 * GIB, "Bytes of one participant's unfinished blobs"),
    LT_OPTION_NUMBER("hub.limits.batch", struct lt_commune, hub.limits.batch, "256", 1, 256,
                     "Messages in one PUBLISH"),
    LT_OPTION_NUMBER("hub.limits.credit", struct lt_commune, hub.limits.credit, "1024", 1, 65536,
                     "Messages that one subscription may hold unacknowledged"),
    LT_OPTION_NUMBER("hub.limits.sessions", struct lt_commune, hub.limits.sessions, "1000", 1,
                     100000, "Connections at a time"),
    LT_OPTION_NUMBER("hub.limits.own-sessions", struct lt_commune, hub.limits.own_sessions, "128",
                     1, 100000, "Connections of one participant at a time"),
    LT_OPTION_NUMBER("hub.limits.blobs", struct lt_commune, hub.limits.blobs, "4294967296", MIB,
                     1024 * GIB, "Bytes of all blobs on disk"),
    LT_OPTION_NUMBER("hub.limits.subscriptions", struct lt_commune, hub.limits.subscriptions, "256",
                     1, 4096, "Subscriptions of one connection"),
    LT_OPTION_NUMBER("hub.limits.durables", struct lt_commune, hub.limits.durables, "1024", 1,
                     65536, "Durable subscriptions of one participant"),
    LT_OPTION_NUMBER("hub.limits.all-subscriptions", struct lt_commune,
                     hub.limits.all_subscriptions, "8192", 1, 1000000,
                     "Subscriptions of everybody"),
    LT_OPTION_NUMBER("hub.limits.patterns", struct lt_commune, hub.limits.patterns, "64", 1, 64,
                     "Patterns of one subscription"),
    LT_OPTION_NUMBER("hub.limits.levels", struct lt_commune, hub.limits.levels, "32768", 64,
                     16777216, "Levels of the patterns of everybody: xa/+/loa has three"),
    LT_OPTION_NUMBER("hub.limits.window", struct lt_commune, hub.limits.window, "1024", 16, 65536,
                     "Messages of one priority that a subscription has at hand; more lie in the "
                     "store"),
    LT_OPTION_NUMBER("hub.limits.waiting", struct lt_commune, hub.limits.waiting, "65536", 1024,
                     16777216, "Messages that all subscriptions together have at hand"),
    LT_OPTION_NUMBER("hub.limits.deferred", struct lt_commune, hub.limits.deferred, "32768", 16,
                     4194304, "Messages that are not due"),
    LT_OPTION_NUMBER("hub.limits.cancellations", struct lt_commune, hub.limits.cancellations,
                     "8192", 16, 4194304, "Cancellations and replacements that are remembered"),
    LT_OPTION_NUMBER("hub.limits.grants", struct lt_commune, hub.limits.grants, "16777216", MIB,
                     GIB, "Bytes of all grants in memory; beyond it no new participant is taken"),
    LT_OPTION_NUMBER("hub.limits.joiners", struct lt_commune, hub.limits.joiners, "128", 1, 65536,
                     "Connections at a time on the port for joining"),
    LT_OPTION_NUMBER("hub.limits.strangers", struct lt_commune, hub.limits.strangers, "128", 1,
                     65536, "Connections at a time that have not said who they are"),
    LT_OPTION_NUMBER("hub.limits.inbox", struct lt_commune, hub.limits.inbox, "64", 1, 10000,
                     "Protocol messages that one connection may be ahead of the hub"),
    LT_OPTION_NUMBER("hub.limits.outbox", struct lt_commune, hub.limits.outbox, "2048", 64, 100000,
                     "Protocol messages that wait to be sent to one connection; then it is cut"),
    LT_OPTION_NUMBER("hub.limits.unfinished", struct lt_commune, hub.limits.unfinished, "8388608",
                     8 * MIB, GIB, "Bytes from one connection that are not yet whole, or not read"),
    LT_OPTION_NUMBER("hub.limits.receiving", struct lt_commune, hub.limits.receiving, "16777216",
                     8 * MIB, 64 * GIB, "The same of all connections together"),
    LT_OPTION_NUMBER("hub.limits.intake", struct lt_commune, hub.limits.intake, "8388608", 5 * MIB,
                     GIB, "Bytes of messages that wait to be checked and stored"),
    LT_OPTION_NUMBER("hub.limits.flight", struct lt_commune, hub.limits.flight, "262144", KIB,
                     64 * MIB, "Bytes of deliveries on their way to one connection"),
    LT_OPTION_NUMBER("hub.limits.unread", struct lt_commune, hub.limits.unread, "16777216", MIB,
                     GIB,
                     "Bytes sent to one connection and not read by it; at twice that it is cut"),
    LT_OPTION_NUMBER("hub.limits.sending", struct lt_commune, hub.limits.sending, "16777216",
                     4 * MIB, 64 * GIB, "Bytes on their way to all connections together"),
    LT_OPTION_NUMBER("hub.limits.asking", struct lt_commune, hub.limits.asking, "64", 1, 4096,
                     "Queries, GETs and PUTs of one connection at a time"),
    LT_OPTION_NUMBER("hub.limits.questions", struct lt_commune, hub.limits.questions, "48", 1,
                     65536, "Queries and GETs of everybody at a time"),
    LT_OPTION_NUMBER("hub.limits.pages", struct lt_commune, hub.limits.pages, "24", 1, 65536,
                     "Subscriptions that are filled from the store at a time"),
    LT_OPTION_NUMBER("hub.limits.pieces", struct lt_commune, hub.limits.pieces, "32", 1, 65536,
                     "Pieces of blobs that wait to be written"),
    LT_OPTION_NUMBER("hub.limits.at-hand", struct lt_commune, hub.limits.at_hand, "12582912",
                     4 * MIB, 64 * GIB, "Bytes of the latest messages that are kept in memory"),
    LT_OPTION_NUMBER("hub.limits.ids", struct lt_commune, hub.limits.ids, "131072", 1024, 16777216,
                     "Ids of messages that are remembered in memory"),
    LT_OPTION_NUMBER("hub.limits.origins", struct lt_commune, hub.limits.origins, "65536", 1024,
                     16777216, "Origins of messages that are remembered in memory"),
    LT_OPTION_NUMBER("hub.limits.seals", struct lt_commune, hub.limits.seals, "4096", 64, 1048576,
                     "Signatures that were checked and are remembered"),
    LT_OPTION_NUMBER("hub.limits.faults", struct lt_commune, hub.limits.faults, "400", 16, 1000000,
                     "Faults from which on a participant is slowed; at ten times that it is cut"),
    LT_OPTION_NUMBER("hub.limits.forgiven", struct lt_commune, hub.limits.forgiven, "16", 1, 100000,
                     "Faults that are forgiven in a second"),
    LT_OPTION_NUMBER("hub.limits.memory", struct lt_commune, hub.limits.memory, "0", 0, 1024 * GIB,
                     "Bytes of memory that the hub may need by these limits, else it does not "
                     "start; 0: as they are"),
    LT_OPTION_NUMBER("hub.limits.attempts", struct lt_commune, hub.limits.attempts, "20", 1, 1000,
                     "Redeliveries after \"again\" before the hub gives up"),
    LT_OPTION_NUMBER("hub.limits.joins", struct lt_commune, hub.limits.joins, "60", 1, 100000,
                     "Asks to join that one address may make in a minute"),
    LT_OPTION_NUMBER("hub.limits.heartbeat", struct lt_commune, hub.limits.heartbeat, "15", 1, 3600,
                     "Seconds of silence before a PING"),
    LT_OPTION_NUMBER("hub.limits.age", struct lt_commune, hub.limits.age, "604800", 60, 31536000,
                     "Seconds after which a message is too old to be taken"),
    LT_OPTION_NUMBER("hub.limits.ahead", struct lt_commune, hub.limits.ahead, "120", 1, 86400,
                     "Seconds that a sender's clock may be ahead"),
    LT_OPTION_NUMBER("hub.limits.reserve", struct lt_commune, hub.limits.reserve, "67108864", 0,
                     1024 * GIB, "Bytes of the disk that are kept for what is urgent"),
    LT_OPTION_MAP("hub.keep", struct lt_commune, hub.keep,
                  "How long the messages of a type are kept, as notice.v1: \"365d\""),
    LT_OPTION_END};

static const char *const not_hamlets[] = {"tat-ca", "van-ban", "phan-anh", "khao-sat", "suc-khoe"};

static bool is_level(const char *text)
{
    return lt_topic_valid(lt_slice_of(text)) && strchr(text, '/') == NULL;
}

static enum lt_code check_hamlet(const char *path, const char *slug, struct lt_error *error)
{
    if (!is_level(slug) || slug[0] == '$') {
        return lt_fail_whole(error, LT_BAD_FILE,
                             "%s: hamlets: '%s' is no topic level; allowed: a-z 0-9 - _", path,
                             slug);
    }
    for (size_t i = 0; i < sizeof not_hamlets / sizeof not_hamlets[0]; i++) {
        if (strcmp(slug, not_hamlets[i]) == 0) {
            return lt_fail_whole(error, LT_BAD_FILE, "%s: hamlets: no hamlet may be called '%s'",
                                 path, slug);
        }
    }
    return LT_DONE;
}

static enum lt_code check_keep(const char *path, const struct lt_option_pair *pair,
                               struct lt_error *error)
{
    int64_t ms = 0;
    if (!lt_type_valid(lt_slice_of(pair->name)) || !lt_duration_parse(pair->text, &ms)) {
        return lt_fail_whole(error, LT_BAD_FILE,
                             "%s: hub.keep: '%s: %s' is wrong; allowed: a type and a duration, as "
                             "notice.v1: \"365d\"",
                             path, pair->name, pair->text);
    }
    return LT_DONE;
}

// "tcp://HOST:PORT" with a port that there is.
static enum lt_code check_address(const char *path, const char *key, const char *text,
                                  struct lt_error *error)
{
    const char *port = text != NULL ? strrchr(text, ':') : NULL;
    char *end = NULL;
    const bool begins = port != NULL && strncmp(text, "tcp://", 6) == 0 && port > text + 6;
    const long number = begins && port[1] >= '0' && port[1] <= '9' ? strtol(port + 1, &end, 10) : 0;
    if (number < 1 || number > 65535 || *end != '\0') {
        return lt_fail_whole(
            error, LT_BAD_FILE,
            "%s: %s: '%s' is no address; allowed: tcp://HOST:PORT, with a port from 1 "
            "to 65535",
            path, key, text != NULL ? text : "");
    }
    return LT_DONE;
}

bool lt_loopback_parse(const char *text, char *host, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] < '1' || colon[1] > '9') {
        return false;
    }
    char *end = NULL;
    const long number = strtol(colon + 1, &end, 10);
    const bool is_six = text[0] == '[' && colon[-1] == ']';
    const char *from = text + is_six;
    const size_t size = (size_t)(colon - from) - is_six;
    if (number > UINT16_MAX || *end != '\0' || size > LT_LOOPBACK_MAX) {
        return false;
    }
    memcpy(host, from, size);
    host[size] = '\0';
    *port = (uint16_t)number;
    struct in_addr four;
    struct in6_addr six;
    if (is_six) {
        return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
    }
    return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

static enum lt_code check_metrics(const char *path, const char *text, struct lt_error *error)
{
    char host[LT_LOOPBACK_MAX + 1];
    uint16_t port = 0;
    if (text == NULL || text[0] == '\0' || lt_loopback_parse(text, host, &port)) {
        return LT_DONE;
    }
    return lt_fail_whole(
        error, LT_BAD_FILE,
        "%s: hub.metrics: '%s' is not taken: the figures name everybody and are told "
        "without encryption, so only to this machine; allowed: 127.0.0.1:PORT or "
        "[::1]:PORT",
        path, text);
}

// What the option table cannot say. Also before writing, so that init makes nothing that it cannot read.
static enum lt_code check(const char *path, const struct lt_commune *commune,
                          struct lt_error *error)
{
    if (commune->xa == NULL || commune->name == NULL || commune->hub.principal == NULL) {
        return lt_fail(error, LT_BAD_USE, "%s: name, xa and hub.principal must be set", path);
    }
    if (!is_level(commune->xa) || commune->xa[0] == '$') {
        return lt_fail_whole(error, LT_BAD_FILE,
                             "%s: xa: '%s' is no topic level; allowed: a-z 0-9 - _", path,
                             commune->xa);
    }
    if (!lt_principal_valid(lt_slice_of(commune->hub.principal))) {
        return lt_fail_whole(error, LT_BAD_FILE, "%s: hub.principal: '%s' is no principal", path,
                             commune->hub.principal);
    }
    enum lt_code code = check_address(path, "hub.listen", commune->hub.listen, error);
    if (code == LT_DONE) {
        code = check_address(path, "hub.join", commune->hub.join, error);
    }
    if (code == LT_DONE) {
        code = check_metrics(path, commune->hub.metrics, error);
    }
    for (size_t i = 0; code == LT_DONE && i < commune->hamlets.count; i++) {
        code = check_hamlet(path, commune->hamlets.items[i].name, error);
    }
    for (size_t i = 0; code == LT_DONE && i < commune->hub.keep.count; i++) {
        code = check_keep(path, &commune->hub.keep.items[i], error);
    }
    if (code == LT_DONE) {
        code = lt_hours_pack(&commune->loudspeakers, &commune->hamlets, 0, path, NULL, error);
    }
    return code;
}

void lt_commune_clear(struct lt_commune *commune)
{
    lt_options_clear(lt_commune_options, commune);
}

enum lt_code lt_commune_load(const char *folder, struct lt_commune *commune, struct lt_error *error)
{
    *commune = (struct lt_commune){0};
    char *path = NULL;
    enum lt_code code = lt_folder_path(folder, "commune.yaml", &path, error);
    if (code != LT_DONE) {
        return code;
    }
    const struct lt_option_set set = {lt_commune_options, commune};
    if (access(path, F_OK) != 0) {
        code = lt_fail(error, LT_NOT_FOUND,
                       "%s is no commune's folder (no commune.yaml); make one with lienthon init, "
                       "or say where it is: -C DIR or LIENTHON_DIR",
                       folder);
    } else {
        code = lt_options_load(path, &set, 1, error);
    }
    if (code == LT_DONE) {
        code = check(path, commune, error);
    }
    if (code != LT_DONE) {
        lt_commune_clear(commune);
    }
    free(path);
    return code;
}

enum lt_code lt_commune_check(const struct lt_commune *commune, struct lt_error *error)
{
    return check("commune.yaml", commune, error);
}

enum lt_code lt_commune_save(const char *folder, const struct lt_commune *commune,
                             struct lt_error *error)
{
    char *path = NULL;
    enum lt_code code = lt_folder_path(folder, "commune.yaml", &path, error);
    if (code == LT_DONE) {
        code = check(path, commune, error);
    }
    if (code == LT_DONE) {
        struct lt_buffer text = {.max = COMMUNE_FILE_MAX};
        lt_options_write(lt_commune_options, commune, &text);
        code = text.failed ? lt_fail(error, LT_NO_MEMORY, "no memory to write %s", path)
                           : lt_file_write(path, lt_buffer_slice(&text), 0644, error);
        lt_buffer_clear(&text);
    }
    free(path);
    return code;
}

enum lt_code lt_commune_url(const struct lt_commune *commune, bool join, char **url,
                            struct lt_error *error)
{
    const char *bound = join ? commune->hub.join : commune->hub.listen;
    const char *port = strrchr(bound, ':');
    if (strncmp(bound, "tcp://", 6) != 0 || port == NULL || port < bound + 6) {
        return lt_fail_whole(error, LT_BAD_FILE,
                             "commune.yaml: hub.%s: '%s' is no address; allowed: tcp://HOST:PORT",
                             join ? "join" : "listen", bound);
    }
    const char *host = bound + 6;
    size_t host_size = (size_t)(port - host);
    if (commune->hub.address != NULL) {
        host = commune->hub.address;
        host_size = strlen(host);
    } else if ((host_size == 1 && host[0] == '*') ||
               (host_size == 7 && strncmp(host, "0.0.0.0", 7) == 0)) {
        host = "127.0.0.1";
        host_size = 9;
    }
    const size_t room = 6 + host_size + strlen(port) + 1;
    *url = malloc(room);
    if (*url == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for an address");
    }
    snprintf(*url, room, "tcp://%.*s%s", (int)host_size, host, port);
    return LT_DONE;
}
