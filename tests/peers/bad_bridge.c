// A bridge that is wrong in the one way that BAD_BRIDGE names, for tests/system/test_conformance.py; without it, in none. Each
// thing that it does is a line in the file `happened` of its folder, so that doing it twice shows.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lienthon/bridge.h>
#include <lienthon/pickup.h>

enum {
    HELD_MAX = 512,
    QUEUE = 16,
    BATCH = 4,
    HUGE_BODY = 10000,
    LEAK = 128 * 1024,
    HOUR_MS = 3600000
};

struct held {
    lt_delivery *delivery; // NULL: settled already
    uint8_t id[LT_ID_SIZE];
    uint8_t priority;
    bool stopped;
};

struct bad {
    char *folder, *token; // the options
    const char *mode;
    lt_bridge_host *host;
    struct held held[HELD_MAX];
    size_t count;
    uint64_t newest;
    void *lost; // what it never gives back, so that no compiler leaves it out
};

static const struct lt_option options[] = {
    LT_OPTION_TEXT("folder", struct bad, folder, LT_REQUIRED, "Where it is written what happened"),
    LT_OPTION_TEXT("token", struct bad, token, NULL, "A secret"), LT_OPTION_END};

static const char *mode_of_run(void)
{
    const char *mode = getenv("BAD_BRIDGE");
    return mode ? mode : "";
}

static bool is(const struct bad *bad, const char *mode)
{
    return strcmp(bad->mode, mode) == 0;
}

static enum lt_code act(const char *folder, const char *target, const uint8_t id[LT_ID_SIZE])
{
    char path[PATH_MAX], line[128], name[37];
    lt_id_print(id, name);
    snprintf(line, sizeof line, "%s %s\n", name, target);
    snprintf(path, sizeof path, "%s/happened", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return LT_IO;
    bool written = write(fd, line, strlen(line)) == (ssize_t)strlen(line) && fsync(fd) == 0;
    close(fd);
    return written ? LT_DONE : LT_IO;
}

// Notes what it wants to do, and where the note is there already takes it for done.
static bool guesses(const struct bad *bad, const uint8_t id[LT_ID_SIZE], char path[PATH_MAX])
{
    char name[37];
    lt_id_print(id, name);
    snprintf(path, PATH_MAX, "%s/note.%s", bad->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == EEXIST;
}

static void finish(struct bad *bad, lt_delivery **delivery, const uint8_t id[LT_ID_SIZE])
{
    char note[PATH_MAX];
    bool notes = is(bad, "kill");
    if (notes && guesses(bad, id, note)) {
        lt_delivery_settle(delivery, LT_DELIVERED, NULL);
        return;
    }
    const char *target = lt_delivery_target(*delivery);
    bool forgets = is(bad, "targets") && strcmp(target, lt_bridge_target(bad->host, 0)) != 0;
    enum lt_code code = forgets ? LT_DONE : act(bad->folder, target, id);
    if (code != LT_DONE && notes)
        unlink(note);
    if (is(bad, "grows")) {
        void **lost = malloc(LEAK);
        if (lost) {
            memset(lost, 1, LEAK);
            *lost = bad->lost;
            bad->lost = lost;
        }
    }
    if (code != LT_DONE && is(bad, "far"))
        lt_delivery_settle(delivery, LT_GAVE_UP, "nothing to be done");
    else
        lt_delivery_conclude(delivery, code, code == LT_DONE ? "did it" : "cannot do it");
}

static int64_t delay(const struct bad *bad)
{
    return is(bad, "expired")                            ? 2500
           : is(bad, "credit")                           ? 1500
           : is(bad, "cancelled") || is(bad, "replaced") ? 600
           : is(bad, "flood")                            ? 20
           : is(bad, "priority")                         ? 30
                                                         : 0;
}

static void hold(struct bad *bad, lt_delivery *delivery, const struct lt_part *message)
{
    if (bad->count == (is(bad, "flood") ? (size_t)QUEUE : (size_t)HELD_MAX))
        return; // forgotten: it is never settled
    struct held *held = &bad->held[bad->count++];
    *held = (struct held){.delivery = delivery, .priority = message->priority};
    memcpy(held->id, message->id, LT_ID_SIZE);
    if (bad->count == 1)
        lt_bridge_wake_in(bad->host, delay(bad));
    else if (is(bad, "credit") && bad->count == BATCH)
        lt_bridge_wake_in(bad->host, 0);
}

static bool refuses(struct bad *bad, const struct lt_part *message)
{
    int64_t off = (int64_t)message->created - (int64_t)time(NULL) * 1000;
    bool older = message->created < bad->newest;
    if (!older)
        bad->newest = message->created;
    return (is(bad, "reorder") && older) || (is(bad, "clock") && (off > HOUR_MS || off < -HOUR_MS));
}

static bool is_full(const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/room", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == ENOSPC;
}

static void deliver(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    struct bad *bad = state;
    uint8_t id[LT_ID_SIZE];
    memcpy(id, message->id, LT_ID_SIZE);
    if (is(bad, "huge") && message->body.size > HUGE_BODY)
        abort();
    if ((is(bad, "disk") && is_full(bad->folder)) ||
        (is(bad, "delivers") && message->priority == LT_HOA_TOC)) {
        lt_delivery_settle(&delivery, LT_DELIVERED, NULL);
        return;
    }
    bool may = is(bad, "once") ? lt_delivery_intend(&delivery, NULL) : lt_delivery_begin(&delivery);
    if (!may)
        return;
    if (refuses(bad, message))
        lt_delivery_settle(&delivery, LT_SKIPPED, "too old");
    else if (delay(bad))
        hold(bad, delivery, message);
    else
        finish(bad, &delivery, id);
}

// The first; where what is urgent waits for what is routine, the least urgent.
static size_t next_of(const struct bad *bad)
{
    size_t next = 0;
    for (size_t i = 1; is(bad, "priority") && i < bad->count; i++)
        if (bad->held[i].priority < bad->held[next].priority)
            next = i;
    return next;
}

static void wake(void *state, int fd)
{
    struct bad *bad = state;
    (void)fd;
    do {
        size_t next = next_of(bad);
        struct held held = bad->held[next];
        memmove(&bad->held[next], &bad->held[next + 1], (--bad->count - next) * sizeof *bad->held);
        if (held.stopped)
            lt_delivery_settle(&held.delivery, LT_SKIPPED, "stopped");
        else
            finish(bad, &held.delivery, held.id);
    } while (bad->count > 0 && !is(bad, "priority") && !is(bad, "flood"));
    if (bad->count > 0)
        lt_bridge_wake_in(bad->host, delay(bad));
}

static void cancel(void *state, lt_delivery *delivery, const struct lt_part *by)
{
    struct bad *bad = state;
    for (size_t i = 0; i < bad->count; i++)
        if (bad->held[i].delivery == delivery)
            bad->held[i].stopped = !is(bad, by->relation == LT_CANCELS ? "cancelled" : "replaced");
}

static bool describe(const void *state, const char *target, const struct lt_part *message,
                     struct lt_buffer *out)
{
    const struct bad *bad = state;
    if (strcmp(mode_of_run(), "dry-run") == 0)
        act(bad->folder, target, message->id);
    return lt_buffer_print(out, "a line in %s/happened", bad->folder);
}

// What is said under no origin is another message when it is said again.
static enum lt_code take(void *state, struct lt_slice bytes, const char *origin, uint64_t *token,
                         struct lt_error *error)
{
    const struct bad *bad = state;
    return lt_bridge_publish_json(bad->host, bytes, is(bad, "publishes") ? NULL : origin, token,
                                  error);
}

static enum lt_code open_bad(void *state, lt_bridge_host *host, struct lt_error *error)
{
    struct bad *bad = state;
    char line[256];
    char send[PATH_MAX], sent[PATH_MAX];
    bad->host = host;
    bad->mode = mode_of_run();
    snprintf(line, sizeof line, "opened token=%s", bad->token ? bad->token : "");
    if (is(bad, "secrets"))
        lt_bridge_log(host, line);
    if (is(bad, "starts"))
        lt_bridge_ill(host, "there is always something");
    snprintf(send, sizeof send, "%s/send", bad->folder);
    snprintf(sent, sizeof sent, "%s/sent", bad->folder);
    return lt_pickup_open(host, send, sent, ".json", take, error);
}

static void close_bad(void *state)
{
    const struct bad *bad = state;
    if (is(bad, "stops"))
        poll(NULL, 0, 6000);
}

// Guesses where it should ask.
static void resolve(void *state, lt_delivery *delivery, const struct lt_part *message,
                    const char *key, const char *far_id)
{
    (void)state, (void)message, (void)key, (void)far_id;
    lt_delivery_report(delivery, LT_SEEN_UNKNOWN, "will do it again");
    lt_delivery_undone(&delivery, "it cannot have happened");
}

static const struct lt_bridge bad_bridge = {
    .abi = LT_BRIDGE_ABI,
    .name = "bad",
    .about = "Wrong in one way",
    .options = options,
    .state_size = sizeof(struct bad),
    .open = open_bad,
    .deliver = deliver,
    .cancel = cancel,
    .wake = wake,
    .describe = describe,
    .close = close_bad,
};

// In one mode with a far side that it says can be asked.
const struct lt_bridge *lt_bridge_entry(void)
{
    static struct lt_bridge asking;
    if (strcmp(mode_of_run(), "once") != 0)
        return &bad_bridge;
    asking = bad_bridge;
    asking.resolve = resolve;
    return &asking;
}
