// What every store conformance test needs: a store in a folder of its own, messages to put into it,
// and visitors that remember what they were shown. Written against store.h alone, so that the same
// tests run against any engine: link them with its library instead of lt_store.
#ifndef LT_STORE_CASE_H
#define LT_STORE_CASE_H

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

enum { NOW = 1000000 }; // seconds; the tests' clock stands at NOW * 1000
#define NOW_MS ((uint64_t)NOW * 1000000)

struct message {
    struct lt_buffer bytes;
    struct lt_sealed sealed;
};

struct seen { // of a walk
    uint64_t seqs[2048];
    char topics[2048][32];
    size_t count, stop_at, damaged;
    struct lt_buffer last; // the sealed bytes of the row seen last
};

struct store_case {
    char folder[64];
    struct store_settings settings;
    struct store *store;
    struct store_reader *reader;
    lt_signer *signer;
    struct seen seen;
    uint64_t clock; // ids and times are made from it; each message moves it on
};

static inline void case_open(struct store_case *c)
{
    struct lt_error error = {0};
    cr_assert_eq(store_open(&c->settings, &c->store, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(store_reader_open(&c->settings, &c->reader, &error), LT_DONE, "%s", error.text);
}

static inline void case_close(struct store_case *c)
{
    store_reader_close(&c->reader);
    store_close(&c->store);
}

static inline void case_init(struct store_case *c)
{
    static const uint8_t seed[LT_SEED_SIZE] = {7};
    memset(c, 0, sizeof *c);
    (void)snprintf(c->folder, sizeof c->folder, "/tmp/lt-store-XXXXXX");
    cr_assert_not_null(mkdtemp(c->folder));
    c->settings = (struct store_settings){.folder = c->folder, .busy_ms = 100};
    c->signer = lt_signer_new(seed);
    cr_assert_not_null(c->signer);
    c->clock = NOW_MS;
    c->seen.last.max = 1 << 20;
    case_open(c);
}

static inline void case_clear(struct store_case *c)
{
    char command[128];
    case_close(c);
    lt_signer_destroy(&c->signer);
    lt_buffer_clear(&c->seen.last);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", c->folder);
    cr_assert_eq(system(command), 0);
}

// A draft to be changed before it is sealed: its time and id are new.
static inline struct lt_part draft(struct store_case *c, const char *from, const char *topic)
{
    static const uint8_t body[] = {0x81, 0xA1, 't', 0xA3, 'm', 'o', 't'};
    struct lt_part part = {
        .from = lt_slice_of(from),
        .topic = lt_slice_of(topic),
        .type = lt_slice_of("notice.v1"),
        .created = ++c->clock,
        .body = {body, sizeof body},
    };
    lt_id_make(part.created, part.id);
    return part;
}

static inline struct message seal(struct store_case *c, const struct lt_part *part)
{
    struct lt_error error = {0};
    struct message message = {.bytes = {.max = 1 << 20}};
    cr_assert_eq(lt_seal_part(c->signer, part, &message.bytes, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&message.bytes), &message.sealed, &error),
                 LT_DONE, "%s", error.text);
    return message;
}

static inline struct message say(struct store_case *c, const char *from, const char *topic)
{
    const struct lt_part part = draft(c, from, topic);
    return seal(c, &part);
}

// The lent put is filled in and appended alone.
static inline enum lt_code append(struct store_case *c, struct store_put *put,
                                  const struct message *message)
{
    struct lt_error error = {0};
    put->sealed = &message->sealed;
    if (put->stored == 0) {
        put->stored = c->clock;
    }
    struct store_group group = {.puts = put, .put_count = 1};
    return store_append(c->store, &group, &error);
}

static inline uint64_t append_one(struct store_case *c, const struct message *message)
{
    struct store_put put = {0};
    cr_assert_eq(append(c, &put, message), LT_DONE);
    cr_assert_eq(put.outcome, LT_DONE);
    return put.seq;
}

static inline uint64_t append_new(struct store_case *c, const char *from, const char *topic)
{
    struct message message = say(c, from, topic);
    const uint64_t seq = append_one(c, &message);
    lt_buffer_clear(&message.bytes);
    return seq;
}

static inline enum lt_code write_record(struct store_case *c, const char *bucket, const char *key,
                                        const char *value, uint64_t expect)
{
    struct lt_error error = {0};
    const struct store_record record = {bucket, lt_slice_of(key), lt_slice_of(value), expect};
    struct store_group group = {.records = &record, .record_count = 1};
    return store_append(c->store, &group, &error);
}

// The value as a C string (static); "" when there is none.
static inline const char *read_record(struct store_case *c, const char *bucket, const char *key,
                                      uint64_t *version)
{
    static char text[256];
    struct lt_buffer value = {.max = sizeof text - 1};
    uint64_t ignored = 0;
    text[0] = '\0';
    if (store_record_get(c->reader, bucket, lt_slice_of(key), &value,
                         version == NULL ? &ignored : version, NULL) == LT_DONE) {
        memcpy(text, value.data, value.size);
        text[value.size] = '\0';
    }
    lt_buffer_clear(&value);
    return text;
}

static inline bool remember(void *self, const struct store_row *row)
{
    struct seen *seen = self;
    cr_assert_lt(seen->count, sizeof seen->seqs / sizeof *seen->seqs);
    const size_t size = row->topic.size < 31 ? row->topic.size : 31;
    memcpy(seen->topics[seen->count], row->topic.data, size);
    seen->topics[seen->count][size] = '\0';
    seen->seqs[seen->count++] = row->seq;
    seen->damaged += row->damaged;
    lt_buffer_empty(&seen->last);
    cr_assert(lt_buffer_add(&seen->last, row->sealed.data, row->sealed.size));
    return seen->count != seen->stop_at;
}

// Scans to the end, slice by slice.
static inline size_t scan_all(struct store_case *c, struct store_scan scan)
{
    struct lt_error error = {0};
    uint64_t next = 0;
    c->seen.count = 0;
    do {
        cr_assert_eq(store_scan(c->reader, &scan, remember, &c->seen, &next, &error), LT_DONE, "%s",
                     error.text);
        *(scan.backwards ? &scan.before : &scan.after) = next;
    } while (next != 0);
    return c->seen.count;
}

static inline size_t scan_pattern(struct store_case *c, const char *pattern)
{
    const struct lt_slice patterns[] = {lt_slice_of(pattern)};
    return scan_all(c, (struct store_scan){.patterns = patterns, .pattern_count = 1});
}

static inline size_t last_values(struct store_case *c, const char *pattern)
{
    const struct lt_slice patterns[] = {lt_slice_of(pattern)};
    struct lt_error error = {0};
    uint64_t next = 0;
    c->seen.count = 0;
    do {
        cr_assert_eq(store_last(c->reader, patterns, 1, next, 2, remember, &c->seen, &next, &error),
                     LT_DONE, "%s", error.text);
    } while (next != 0);
    return c->seen.count;
}

#endif
