// A user of the library for the system tests: commands on standard input, one a line, what happens on standard
// output, one a line. It knows of the connection only what a program's main loop would: two descriptors to poll.
//
//   publish TOPIC TYPE PRIORITY FLAGS EXPIRES_MS BODY   (hex; EXPIRES_MS from now, 0: never)
//   subscribe DURABLE|- new|retained|all CREDIT PATTERN
//   unsubscribe SID forget|keep      settle SID SEQ OUTCOME [DETAIL]
//   obey SID SEQ      look SID SEQ   (of a message that was handed over and is not settled)
//   query NAME ARGS   relay SEALED   (hex)
//   put SHA256 SIZE OFFSET BYTES     get SHA256 OFFSET LENGTH   (hex and numbers)
//   send FILE         fetch SHA256 SIZE FILE      (a blob whole)
//   unconfirmed       time           quit LINGER_MS
//
// As `lienthon-client-driver join LIMIT_MS` it joins with the code on its standard input, with the keys of LIENTHON_SEED
// and LIENTHON_CURVE, and says what came of it.
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/blob.h>

#include "../examples/settings.h"

enum { WORDS = 8, LINE_MAX_SIZE = 1 << 20, KEPT = 1024 };

struct driver {
    lt_client *client;
    struct lt_event *kept[KEPT]; // handed over, not settled
    char line[LINE_MAX_SIZE];
    size_t filled;
    bool ended;
    uint64_t linger;
};

static void print_hex(struct lt_slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", bytes.data[i]);
}

static const char *kind_name(enum lt_event_kind kind)
{
    static const char *const names[] = {"up",      "down",    "published", "stale", "subscribed",
                                        "message", "refused", "result",    "chunk", "clock",
                                        "blob",    "grant",   "held"};
    return names[kind];
}

static void show(struct driver *driver, struct lt_event **event)
{
    const struct lt_event *e = *event;
    char id[37];
    lt_id_print(e->id, id);
    printf("event %s code=%d token=%" PRIu64 " sid=%" PRIu64 " seq=%" PRIu64 " attempt=%" PRIu64
           " size=%" PRIu64 " offset=%" PRIu64 " number=%" PRIu64
           " verdict=%d id=%s more=%d value=",
           kind_name(e->kind), (int)e->code, e->token, e->sid, e->seq, e->attempt, e->size,
           e->offset, e->number, (int)e->verdict, id, (int)e->more);
    print_hex(e->kind == LT_EVENT_MESSAGE ? e->message->bytes : e->value);
    printf(" text=%s\n", e->text);
    for (size_t i = 0; e->kind == LT_EVENT_MESSAGE && i < KEPT && *event; i++) {
        if (!driver->kept[i]) {
            driver->kept[i] = *event;
            *event = NULL;
        }
    }
    lt_event_destroy(event);
}

static struct lt_event **find(struct driver *driver, const char *sid, const char *seq)
{
    static struct lt_event *none;
    for (size_t i = 0; i < KEPT; i++) {
        struct lt_event *event = driver->kept[i];
        if (event && event->sid == strtoull(sid, NULL, 10) && event->seq == strtoull(seq, NULL, 10))
            return &driver->kept[i];
    }
    none = NULL;
    return &none;
}

static uint8_t *from_hex(const char *text, size_t *size)
{
    *size = strlen(text) / 2;
    uint8_t *bytes = malloc(*size + 1);
    if (bytes && lt_hex_decode(lt_slice_of(text), bytes, *size))
        return bytes;
    free(bytes);
    *size = 0;
    return NULL;
}

static enum lt_code publish(struct driver *driver, char **words, uint64_t *token,
                            struct lt_error *error)
{
    size_t size = 0;
    uint8_t *body = from_hex(words[6], &size);
    uint64_t life = strtoull(words[5], NULL, 10);
    struct lt_part draft = {.topic = lt_slice_of(words[1]),
                            .type = lt_slice_of(words[2]),
                            .priority = (uint8_t)strtoul(words[3], NULL, 10),
                            .flags = (uint8_t)strtoul(words[4], NULL, 10),
                            .body = {body, size}};
    if (life > 0)
        draft.expires = lt_client_time(driver->client, NULL) + life;
    uint8_t id[LT_ID_SIZE];
    char text[37];
    enum lt_code code = lt_client_publish(driver->client, &draft, id, token, error);
    free(body);
    if (code == LT_DONE) {
        lt_id_print(id, text);
        printf("id %s\n", text);
    }
    return code;
}

static enum lt_code subscribe(struct driver *driver, char **words, uint64_t *token,
                              struct lt_error *error)
{
    const char *pattern = words[4];
    uint64_t sid = 0;
    struct lt_subscription wanted = {.patterns = &pattern, .pattern_count = 1};
    wanted.durable = strcmp(words[1], "-") == 0 ? NULL : words[1];
    wanted.from = strcmp(words[2], "all") == 0        ? LT_FROM_ALL
                  : strcmp(words[2], "retained") == 0 ? LT_FROM_RETAINED
                                                      : LT_FROM_NEW;
    wanted.credit = strtoull(words[3], NULL, 10);
    enum lt_code code = lt_client_subscribe(driver->client, &wanted, &sid, token, error);
    printf("sid %" PRIu64 "\n", sid);
    return code;
}

static enum lt_code settle(struct driver *driver, char **words, struct lt_error *error)
{
    struct lt_event **event = find(driver, words[1], words[2]);
    lt_event_destroy(event);
    return lt_client_settle(
        driver->client, strtoull(words[1], NULL, 10), strtoull(words[2], NULL, 10),
        (enum lt_outcome)strtoul(words[3], NULL, 10), words[4][0] ? words[4] : NULL, error);
}

static enum lt_code obey(struct driver *driver, char **words, struct lt_error *error)
{
    struct lt_event **event = find(driver, words[1], words[2]);
    if (!*event)
        return lt_fail(error, LT_NOT_FOUND, "no such message is open");
    struct lt_slice bytes = (*event)->message->bytes;
    return strcmp(words[0], "obey") == 0 ? lt_client_obey(driver->client, bytes, error)
                                         : lt_client_look(driver->client, bytes, error);
}

static enum lt_code ask(struct driver *driver, char **words, uint64_t *token,
                        struct lt_error *error)
{
    bool query = strcmp(words[0], "query") == 0;
    size_t size = 0;
    uint8_t *bytes = from_hex(words[query ? 2 : 1], &size);
    struct lt_slice given = {bytes, size};
    enum lt_code code = query ? lt_client_query(driver->client, words[1], given, token, error)
                              : lt_client_relay(driver->client, given, token, error);
    free(bytes);
    return code;
}

static enum lt_code blob(struct driver *driver, char **words, uint64_t *token,
                         struct lt_error *error)
{
    uint8_t sha256[32];
    uint64_t first = strtoull(words[2], NULL, 10), second = strtoull(words[3], NULL, 10);
    size_t size = 0;
    if (!lt_hex_decode(lt_slice_of(words[1]), sha256, sizeof sha256))
        return LT_BAD_USE;
    if (strcmp(words[0], "get") == 0)
        return lt_client_get(driver->client, sha256, first, second, token, error);
    uint8_t *bytes = from_hex(words[4], &size);
    struct lt_slice given = {bytes, size};
    enum lt_code code = lt_client_put(driver->client, sha256, first, second, given, token, error);
    free(bytes);
    return code;
}

static enum lt_code carry(struct driver *driver, char **words, uint64_t *token,
                          struct lt_error *error)
{
    struct lt_blob blob = {.size = strtoull(words[2], NULL, 10)};
    if (strcmp(words[0], "send") == 0) {
        enum lt_code code = lt_client_send_file(driver->client, words[1], &blob, token, error);
        printf("size %" PRIu64 "\n", blob.size);
        return code;
    }
    if (!lt_hex_decode(lt_slice_of(words[1]), blob.sha256, sizeof blob.sha256))
        return LT_BAD_USE;
    return lt_client_fetch_file(driver->client, &blob, words[3], token, error);
}

static enum lt_code look_around(struct driver *driver, char **words)
{
    bool sealed = false;
    if (strcmp(words[0], "unconfirmed") == 0) {
        printf("unconfirmed %zu\n", lt_client_unconfirmed(driver->client));
    } else if (strcmp(words[0], "time") == 0) {
        uint64_t now = lt_client_time(driver->client, &sealed);
        printf("time %" PRIu64 " sealed=%d\n", now, (int)sealed);
    } else if (strcmp(words[0], "quit") == 0) {
        driver->ended = true;
        driver->linger = strtoull(words[1], NULL, 10);
    } else {
        return LT_BAD_USE;
    }
    return LT_DONE;
}

static void obey_line(struct driver *driver, char *line)
{
    static char none[] = "";
    char *words[WORDS] = {none, none, none, none, none, none, none, none}, *rest = NULL;
    struct lt_error error = {0};
    uint64_t token = 0;
    size_t count = 0;
    for (char *word = strtok_r(line, " ", &rest); word && count + 1 < WORDS;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (count == 0)
        return;
    const char *verb = words[0];
    enum lt_code code = LT_BAD_USE;
    if (strcmp(verb, "publish") == 0 && count == 7)
        code = publish(driver, words, &token, &error);
    else if (strcmp(verb, "subscribe") == 0 && count == 5)
        code = subscribe(driver, words, &token, &error);
    else if (strcmp(verb, "unsubscribe") == 0 && count == 3)
        code = lt_client_unsubscribe(driver->client, strtoull(words[1], NULL, 10),
                                     strcmp(words[2], "forget") == 0, &token, &error);
    else if (strcmp(verb, "settle") == 0 && count >= 4)
        code = settle(driver, words, &error);
    else if ((strcmp(verb, "obey") == 0 || strcmp(verb, "look") == 0) && count == 3)
        code = obey(driver, words, &error);
    else if ((strcmp(verb, "query") == 0 && count == 3) ||
             (strcmp(verb, "relay") == 0 && count == 2))
        code = ask(driver, words, &token, &error);
    else if ((strcmp(verb, "put") == 0 && count == 5) || (strcmp(verb, "get") == 0 && count == 4))
        code = blob(driver, words, &token, &error);
    else if ((strcmp(verb, "send") == 0 && count == 2) ||
             (strcmp(verb, "fetch") == 0 && count == 4))
        code = carry(driver, words, &token, &error);
    else
        code = look_around(driver, words);
    printf("did code=%d token=%" PRIu64 " text=%s\n", (int)code, token, error.text);
}

static void read_lines(struct driver *driver)
{
    ssize_t got =
        read(STDIN_FILENO, driver->line + driver->filled, sizeof driver->line - driver->filled - 1);
    if (got <= 0) {
        driver->ended = true;
        return;
    }
    driver->filled += (size_t)got;
    driver->line[driver->filled] = '\0';
    char *begin = driver->line, *end = strchr(begin, '\n');
    while (end && !driver->ended) {
        *end = '\0';
        obey_line(driver, begin);
        begin = end + 1;
        end = strchr(begin, '\n');
    }
    driver->filled -= (size_t)(begin - driver->line);
    memmove(driver->line, begin, driver->filled);
}

static void drain(struct driver *driver)
{
    struct lt_event *event = lt_client_next(driver->client, 0);
    while (event) {
        show(driver, &event);
        event = lt_client_next(driver->client, 0);
    }
}

static int join(const char *limit)
{
    char code[4096] = "";
    struct settings settings = {0};
    struct lt_joined joined = {0};
    struct lt_error error = {0};
    if (!settings_keys(&settings) || !fgets(code, sizeof code, stdin))
        return 1;
    code[strcspn(code, "\n")] = '\0';
    enum lt_code result = lt_join(lt_slice_of(code), settings.seed, settings.curve,
                                  strtoull(limit, NULL, 10), &joined, &error);
    printf("joined code=%d url=%s hub=%s grants=", (int)result, joined.url, joined.hub);
    print_hex(lt_buffer_slice(&joined.grants));
    printf(" text=%s\n", error.text);
    lt_joined_clear(&joined);
    return 0;
}

int main(int count, char **arguments)
{
    static struct driver driver;
    if (count == 3 && strcmp(arguments[1], "join") == 0)
        return join(arguments[2]);
    driver.client = settings_connect("lienthon-client-driver");
    if (!driver.client)
        return 1;
    while (!driver.ended) {
        struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                  {.fd = lt_client_fd(driver.client), .events = POLLIN}};
        drain(&driver);
        fflush(stdout);
        if (poll(ready, 2, -1) > 0 && (ready[0].revents & (POLLIN | POLLHUP)))
            read_lines(&driver);
    }
    lt_client_destroy(&driver.client, driver.linger);
    for (size_t i = 0; i < KEPT; i++)
        lt_event_destroy(&driver.kept[i]);
    printf("ended\n");
    return 0;
}
