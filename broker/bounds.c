// The bound of the hub's memory, line by line.
#include "bounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "desks/queries.h"
#include "log.h"

enum {
    KIB = 1024,
    MIB = 1024 * 1024,
    // Measured on Debian 12: the program and its libraries, body types, threads, and what the store's
    // connections keep of their pages.
    BASE_BYTES = 52 * MIB,
    // Measured too: of a connection in libzmq (engine, the pipes' first pieces, session, the ROUTER's
    // end) and here. Each delivery on its way has a place in the pipe beside the message's bytes.
    CONNECTION_BYTES = 42 * KIB,
    PLACE_BYTES = 64,
    REMEMBERED = 64,   // of an id or an origin, with its place in the index
    SEAL_BYTES = 112,  // of a signature that was checked
    ALLOCATED = 16,    // malloc's own, of a piece of memory
    LEVEL_BYTES = 304, // of a pattern: a node, a place in the one above, its text
    PAGE_BYTES = READER_PAGE + 128 * KIB, // of what is read, with the row that went over it
    PIECE_BYTES = LT_CHUNK_MAX + KIB,
    DUE_BYTES = 128,
    TAKER_BYTES = 512,
    OFFENDER_BYTES = 192,
    ADDRESS_BYTES = 160,
    // An unfinished message of tiny frames takes two and a half times its bytes.
    RECEIVED_TENTHS = 25,
    // What comes in between two looks, over a fast network.
    BETWEEN_LOOKS = 16 * MIB,
    ALLOCATOR_SHARE = 8, // an eighth more: what the allocator holds and does not give back
};

static uint64_t u(int64_t number)
{
    return number > 0 ? (uint64_t)number : 0;
}

static struct bounds_row row(const char *what, const char *keys, uint64_t count, uint64_t each)
{
    return (struct bounds_row){what, keys, count, each, count * each};
}

void bounds_rows(const struct lt_commune_limits *l, struct bounds_row rows[BOUNDS_ROWS])
{
    uint64_t passages = BOUNDS_INTAKE + (BOUNDS_IN_STORE + 1) * BOUNDS_GROUP;
    uint64_t connection = CONNECTION_BYTES + SESSION_FLIGHT_MOST * PLACE_BYTES;
    uint64_t entry = sizeof(struct entry) + ALLOCATED + 2 * sizeof(void *);
    const struct bounds_row all[BOUNDS_ROWS] = {
        row("program, threads, pages of the store", "", 1, BASE_BYTES),
        row("ids and origins remembered", "ids, origins", u(l->ids) + u(l->origins), REMEMBERED),
        row("checked signatures", "seals", u(l->seals), SEAL_BYTES),
        row("grants", "grants", 1, u(l->grants)),
        row("latest messages", "at-hand", 1, u(l->at_hand)),
        row("connections", "sessions, strangers", u(l->sessions) + u(l->strangers), connection),
        row("joiners", "joiners", u(l->joiners), connection),
        row("subscriptions", "all-subscriptions", u(l->all_subscriptions),
            sizeof(struct subscription) + 4 * ALLOCATED),
        row("their patterns", "levels", u(l->levels), LEVEL_BYTES),
        row("what they have at hand", "waiting, all-subscriptions",
            u(l->waiting) + u(l->all_subscriptions) * QUEUE_CLASSES * BOUNDS_FEW, entry),
        row("coming in, not whole or not read", "receiving", 1,
            u(l->receiving) / 10 * RECEIVED_TENTHS + BETWEEN_LOOKS),
        row("waiting to be checked and stored", "intake", 1,
            u(l->intake) + (BOUNDS_IN_STORE + 2) * (uint64_t)BOUNDS_GROUP_BYTES +
                passages * (sizeof(struct passage) + KIB)),
        row("going out", "sending", 2, u(l->sending)),
        row("queries and GETs", "questions", u(l->questions), PAGE_BYTES + sizeof(struct query)),
        row("subscriptions being filled", "pages", u(l->pages), PAGE_BYTES),
        row("dead letters asked for again", "", BOUNDS_AGAINS, PAGE_BYTES + LT_AGAIN_MAX * KIB),
        row("pieces of blobs", "pieces", u(l->pieces), PIECE_BYTES),
        row("deferred and cancelled", "deferred, cancellations", 1,
            u(l->deferred) * DUE_BYTES + 2 * u(l->cancellations) * TAKER_BYTES),
        row("addresses and faults counted", "", 1,
            BOUNDS_ADDRESSES * ADDRESS_BYTES + BOUNDS_OFFENDERS * OFFENDER_BYTES),
    };
    memcpy(rows, all, sizeof all);
}

static uint64_t sum_of(const struct bounds_row rows[BOUNDS_ROWS])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < BOUNDS_ROWS; i++)
        sum += rows[i].bytes;
    return sum;
}

uint64_t bounds_most(const struct lt_commune_limits *limits)
{
    struct bounds_row rows[BOUNDS_ROWS];
    bounds_rows(limits, rows);
    uint64_t sum = sum_of(rows);
    return sum + sum / ALLOCATOR_SHARE;
}

static uint64_t mib(uint64_t bytes)
{
    return (bytes + MIB - 1) / MIB;
}

static bool add(struct lt_buffer *out, const char *text)
{
    return lt_buffer_add(out, text, strlen(text));
}

static bool add_row(struct lt_buffer *out, const char *what, uint64_t bytes, const char *keys)
{
    char line[160];
    snprintf(line, sizeof line, "  %-38s %6" PRIu64 " MiB  %s\n", what, mib(bytes), keys);
    return add(out, line);
}

bool bounds_table(const struct lt_commune_limits *limits, struct lt_buffer *out)
{
    struct bounds_row rows[BOUNDS_ROWS];
    bounds_rows(limits, rows);
    uint64_t sum = sum_of(rows), bound = bounds_most(limits), machine = bounds_machine();
    bool added = add(out, "memory that the hub needs at most, by the keys hub.limits.*:\n");
    for (size_t i = 0; i < BOUNDS_ROWS; i++)
        added = added && add_row(out, rows[i].what, rows[i].bytes, rows[i].keys);
    added = added && add_row(out, "what the allocator holds", sum / ALLOCATOR_SHARE, "an eighth");
    added = added && add_row(out, "in all", bound, "");
    return added && (!machine || add_row(out, "this machine has", machine, ""));
}

// The number at the beginning of a line of a file that begins with `name`; 0: none, or no number.
static uint64_t number_in(const char *path, const char *name)
{
    FILE *file = fopen(path, "re");
    char line[256];
    uint64_t found = 0;
    size_t size = strlen(name);
    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, size) == 0)
            found = strtoull(line + size, NULL, 10);
    }
    if (file)
        fclose(file);
    return found;
}

// memory.max of the control group that this process is in; "max" is no number.
static uint64_t group_memory(void)
{
    char line[512], path[600];
    FILE *file = fopen("/proc/self/cgroup", "re");
    uint64_t bytes = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "0::", 3) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
        bytes = number_in(path, "");
    }
    if (file)
        fclose(file);
    return bytes;
}

uint64_t bounds_machine(void)
{
    uint64_t machine = number_in("/proc/meminfo", "MemTotal:") * KIB, group = group_memory();
    return group && (!machine || group < machine) ? group : machine;
}

enum lt_code bounds_check(const struct lt_commune_limits *limits, bool *warning,
                          struct lt_error *error)
{
    uint64_t bound = bounds_most(limits), machine = bounds_machine();
    *warning = machine && bound > machine;
    if (!limits->memory || bound <= u(limits->memory))
        return LT_DONE;
    return lt_fail(
        error, LT_BAD_FILE,
        "hub.limits.memory: by the other limits the hub needs up to %" PRIu64
        " MiB, this allows %" PRIu64
        ": lower some of them, or raise it (lienthond --check shows what takes how much)",
        mib(bound), u(limits->memory) / MIB);
}

void bounds_log(const struct lt_commune_limits *limits)
{
    struct lt_error error;
    bool is_much = false;
    bounds_check(limits, &is_much, &error);
    log_info("memory bound", LOG_NUMBER("bytes", bounds_most(limits)),
             LOG_NUMBER("machine", bounds_machine()));
    if (is_much)
        log_warning("memory bound above the machine's", LOG_NUMBER("bytes", bounds_most(limits)),
                    LOG_NUMBER("machine", bounds_machine()));
}

// --- what is in use ---

uint64_t bounds_used(const struct broker *broker)
{
    struct bounds_row rows[BOUNDS_ROWS];
    const struct lt_commune_limits *limits = &broker->commune->hub.limits;
    bounds_rows(limits, rows);
    const struct subscriptions *subscriptions = broker->subscriptions;
    uint64_t connections = broker->at_door[DOOR_HUB] + broker->at_door[DOOR_JOIN];
    uint64_t readings = reader_count(broker->reader), pieces = writer_count(broker->writer);
    uint64_t used = rows[0].bytes + rows[1].bytes + rows[2].bytes;
    used += lt_book_bytes(broker->book);
    used += frames_bytes(broker->frames);
    used += connections * rows[5].each;
    used += subscriptions->by_number.count * rows[7].each;
    used += subscriptions->levels * rows[8].each;
    used += subscriptions->entries * rows[9].each;
    used += broker->receiving / 10 * RECEIVED_TENTHS;
    used += broker->corridor.waiting_bytes +
            broker->corridor.answers * (sizeof(struct passage) + KIB) +
            broker->corridor.in_store * (uint64_t)BOUNDS_GROUP_BYTES;
    used += readings * rows[13].each + pieces * rows[16].each;
    used += broker->due.count * DUE_BYTES + broker->taken.count * TAKER_BYTES;
    used +=
        broker->addresses.count * ADDRESS_BYTES + broker->offenders.by_name.count * OFFENDER_BYTES;
    return used + used / ALLOCATOR_SHARE;
}
