// Store conformance: blobs, and what is swept away when.
#include "store_case.h"

enum { DAY_MS = 86400000 };

static struct store_case c;
static uint8_t content[3000];
static uint8_t sha256[32];

static void setup(void)
{
    case_init(&c);
    for (size_t i = 0; i < sizeof content; i++) {
        content[i] = (uint8_t)(i * 7 + i / 256);
    }
    (void)crypto_hash_sha256(sha256, content, sizeof content);
}

static void teardown(void)
{
    case_clear(&c);
}

TestSuite(store_blob, .init = setup, .fini = teardown);

static enum lt_code put(const char *principal, uint64_t offset, size_t size, uint64_t now,
                        uint64_t *have)
{
    struct lt_error error = {0};
    const struct lt_slice bytes = {size == 0 ? NULL : content + offset, size};
    return store_blob_put(c.store, lt_slice_of(principal), sha256, sizeof content, offset, bytes,
                          now, have, &error);
}

static void put_whole(uint64_t now)
{
    uint64_t have = 0;
    cr_assert_eq(put("van-phong", 0, sizeof content, now, &have), LT_DONE);
    cr_assert_eq(have, sizeof content);
}

static bool has_blob(void)
{
    struct lt_buffer out = {.max = 8192};
    uint64_t whole = 0;
    const enum lt_code code = store_blob_get(c.reader, sha256, 0, 1, &out, &whole, NULL);
    lt_buffer_clear(&out);
    cr_assert(code == LT_DONE || code == LT_NOT_FOUND);
    return code == LT_DONE;
}

static size_t sweep(uint64_t now)
{
    size_t all = 0;
    size_t swept = 0;
    do {
        struct lt_error error = {0};
        cr_assert_eq(store_sweep(c.store, now, 3, &swept, &error), LT_DONE, "%s", error.text);
        cr_assert_leq(swept, 3);
        all += swept;
    } while (swept == 3);
    return all;
}

// Stores a message that names the blob and is kept until then.
static uint64_t name_blob(uint64_t keep_until)
{
    struct message message = say(&c, "van-phong", "xa/a/thong-bao");
    struct store_put put_it = {.keep_until = keep_until, .blobs = &sha256, .blob_count = 1};
    cr_assert_eq(append(&c, &put_it, &message), LT_DONE);
    cr_assert_eq(put_it.outcome, LT_DONE);
    lt_buffer_clear(&message.bytes);
    return put_it.seq;
}

static uint64_t keep(const char *topic, uint64_t keep_until, uint64_t expires, bool retain)
{
    struct lt_part part = draft(&c, "van-phong", topic);
    part.expires = expires;
    part.flags = retain ? LT_RETAIN : 0;
    struct message message = seal(&c, &part);
    struct store_put put_it = {.keep_until = keep_until, .retain = retain};
    cr_assert_eq(append(&c, &put_it, &message), LT_DONE);
    lt_buffer_clear(&message.bytes);
    return put_it.seq;
}

Test(store_blob, gives_any_range_of_what_was_put_in_pieces)
{
    uint64_t have = 0;
    for (size_t at = 0; at < sizeof content; at += 700) {
        const size_t left = sizeof content - at;
        cr_assert_not(has_blob());
        cr_assert_eq(put("van-phong", at, left < 700 ? left : 700, NOW_MS, &have), LT_DONE);
    }
    cr_assert_eq(have, sizeof content);
    for (size_t at = 0; at <= sizeof content; at += 350) {
        for (size_t length = 0; length < 2000; length += 333) {
            struct lt_buffer out = {.max = 4096};
            uint64_t whole = 0;
            const size_t left = sizeof content - at;
            cr_assert_eq(store_blob_get(c.reader, sha256, at, length, &out, &whole, NULL), LT_DONE);
            cr_assert_eq(whole, sizeof content);
            cr_assert_eq(out.size, length < left ? length : left);
            cr_assert(out.size == 0 || memcmp(out.data, content + at, out.size) == 0);
            lt_buffer_clear(&out);
        }
    }
}

Test(store_blob, resumes_where_it_was_also_after_a_restart)
{
    uint64_t have = 0;
    cr_assert_eq(put("van-phong", 0, 1000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, 1000);
    case_close(&c);
    case_open(&c);
    cr_assert_eq(put("van-phong", 0, 0, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, 1000);
    cr_assert_eq(put("van-phong", 500, 1000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, 1000, "an offset elsewhere writes nothing");
    cr_assert_eq(put("van-phong", 2000, 1000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, 1000);
    cr_assert_eq(put("van-phong", 1000, 2000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, sizeof content);
    cr_assert(has_blob());
}

Test(store_blob, keeps_what_is_unfinished_to_its_principal)
{
    uint64_t have = 0;
    cr_assert_eq(put("van-phong", 0, 1000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(put("to-so.thon-8", 0, 0, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, 0);
    cr_assert_eq(put("to-so.thon-8", 1000, 2000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, 0, "nobody goes on with another's");
    cr_assert_eq(put("to-so.thon-8", 0, sizeof content, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, sizeof content);
    cr_assert_eq(put("van-phong", 0, 0, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, sizeof content, "whole for everybody, whoever put it");
    uint64_t mine = 0;
    uint64_t all = 0;
    cr_assert_eq(store_blob_used(c.store, lt_slice_of("van-phong"), &mine, &all), LT_DONE);
    cr_assert_eq(mine, 0);
    cr_assert_eq(all, sizeof content);
}

Test(store_blob, begins_again_when_the_hash_is_another)
{
    uint64_t have = 0;
    struct lt_error error = {0};
    uint8_t wrong[32];
    memcpy(wrong, sha256, sizeof wrong);
    wrong[0] ^= 1;
    const struct lt_slice bytes = {content, sizeof content};
    cr_assert_eq(store_blob_put(c.store, lt_slice_of("van-phong"), wrong, sizeof content, 0, bytes,
                                NOW_MS, &have, &error),
                 LT_BODY_WRONG);
    cr_assert_eq(have, 0);
    cr_assert_neq(error.text[0], '\0');
    struct lt_buffer out = {.max = 8192};
    uint64_t whole = 0;
    cr_assert_eq(store_blob_get(c.reader, wrong, 0, 1, &out, &whole, NULL), LT_NOT_FOUND);
    uint64_t mine = 1;
    uint64_t all = 1;
    cr_assert_eq(store_blob_used(c.store, lt_slice_of("van-phong"), &mine, &all), LT_DONE);
    cr_assert_eq(mine, 0);
    cr_assert_eq(all, 0);
}

Test(store_blob, refuses_bytes_beyond_the_size_and_another_size_of_what_is_here)
{
    uint64_t have = 0;
    const struct lt_slice bytes = {content, sizeof content};
    const struct lt_slice who = lt_slice_of("van-phong");
    cr_assert_eq(store_blob_put(c.store, who, sha256, 10, 0, bytes, NOW_MS, &have, NULL),
                 LT_MALFORMED);
    cr_assert_eq(store_blob_put(c.store, who, sha256, 10, UINT64_MAX, bytes, NOW_MS, &have, NULL),
                 LT_MALFORMED);
    put_whole(NOW_MS);
    cr_assert_eq(
        store_blob_put(c.store, who, sha256, 10, 0, (struct lt_slice){0}, NOW_MS, &have, NULL),
        LT_BODY_WRONG);
    cr_assert_eq(have, sizeof content);
}

Test(store_blob, holds_the_empty_blob)
{
    uint64_t have = 1;
    uint8_t empty[32];
    struct lt_buffer out = {.max = 16};
    uint64_t whole = 1;
    (void)crypto_hash_sha256(empty, content, 0);
    cr_assert_eq(store_blob_put(c.store, lt_slice_of("van-phong"), empty, 0, 0,
                                (struct lt_slice){0}, NOW_MS, &have, NULL),
                 LT_DONE);
    cr_assert_eq(have, 0);
    cr_assert_eq(store_blob_get(c.reader, empty, 0, 16, &out, &whole, NULL), LT_DONE);
    cr_assert_eq(whole, 0);
    cr_assert_eq(out.size, 0);
}

Test(store_blob, counts_what_is_used)
{
    uint64_t have = 0;
    uint64_t mine = 0;
    uint64_t all = 0;
    cr_assert_eq(put("van-phong", 0, 1000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(store_blob_used(c.store, lt_slice_of("van-phong"), &mine, &all), LT_DONE);
    cr_assert_eq(mine, 4096, "a small piece costs a page");
    cr_assert_eq(all, 1000);
    case_close(&c);
    case_open(&c);
    cr_assert_eq(store_blob_used(c.store, lt_slice_of("to-so.thon-8"), &mine, &all), LT_DONE);
    cr_assert_eq(mine, 0);
    cr_assert_eq(all, 1000);
}

Test(store_blob, lives_as_long_as_a_message_that_names_it_and_a_day)
{
    put_whole(NOW_MS);
    (void)name_blob(NOW_MS + DAY_MS);
    (void)name_blob(NOW_MS + (uint64_t)5 * DAY_MS);
    cr_assert_eq(sweep(NOW_MS + (uint64_t)4 * DAY_MS), 1);
    cr_assert(has_blob(), "another message still names it");
    const uint64_t gone = NOW_MS + (uint64_t)5 * DAY_MS;
    cr_assert_eq(sweep(gone), 1);
    cr_assert_eq(sweep(gone + DAY_MS - 1), 0);
    cr_assert(has_blob());
    cr_assert_eq(sweep(gone + DAY_MS), 1);
    cr_assert_not(has_blob());
    uint64_t mine = 0;
    uint64_t all = 1;
    cr_assert_eq(store_blob_used(c.store, lt_slice_of("van-phong"), &mine, &all), LT_DONE);
    cr_assert_eq(all, 0);
}

Test(store_blob, goes_after_a_day_when_nothing_ever_named_it)
{
    put_whole(NOW_MS);
    cr_assert_eq(sweep(NOW_MS + DAY_MS - 1), 0);
    uint64_t have = 0;
    cr_assert_eq(put("van-phong", 0, 0, NOW_MS + DAY_MS - 1, &have), LT_DONE);
    cr_assert_eq(sweep(NOW_MS + DAY_MS), 0, "who asks for it may be about to name it");
    cr_assert_eq(sweep(NOW_MS + (uint64_t)2 * DAY_MS), 1);
    cr_assert_not(has_blob());
}

Test(store_blob, stays_when_it_came_after_the_message_that_names_it)
{
    (void)name_blob(0);
    put_whole(NOW_MS);
    cr_assert_eq(sweep(NOW_MS + (uint64_t)30 * DAY_MS), 0);
    cr_assert(has_blob());
}

Test(store_blob, loses_what_nobody_went_on_with_for_a_day)
{
    uint64_t have = 0;
    cr_assert_eq(put("van-phong", 0, 1000, NOW_MS, &have), LT_DONE);
    cr_assert_eq(put("van-phong", 1000, 500, NOW_MS + 1000, &have), LT_DONE);
    cr_assert_eq(sweep(NOW_MS + DAY_MS), 0);
    cr_assert_eq(sweep(NOW_MS + DAY_MS + 1000), 1);
    cr_assert_eq(put("van-phong", 0, 0, NOW_MS, &have), LT_DONE);
    cr_assert_eq(have, 0);
}

Test(store_blob, sweeps_messages_whose_time_has_passed_and_no_other)
{
    for (uint64_t i = 0; i < 10; i++) {
        (void)keep("xa/a/thong-bao", NOW_MS + i * 1000, 0, false);
    }
    const uint64_t kept = keep("xa/a/thong-bao", 0, 0, false);
    const uint64_t size = store_end(c.store).seq;
    cr_assert_eq(sweep(NOW_MS - 1), 0);
    cr_assert_eq(sweep(NOW_MS + 4000), 5);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 6);
    cr_assert_eq(sweep(NOW_MS + (uint64_t)1000 * DAY_MS), 5);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 1);
    cr_assert_eq(c.seen.seqs[0], kept);
    cr_assert_eq(c.seen.damaged, 0);
    struct lt_tree tree;
    struct store_health health;
    store_tree(c.store, &tree);
    cr_assert_eq(tree.size, 11, "what was stored stays in the log");
    cr_assert_eq(store_end(c.store).seq, size);
    cr_assert_eq(store_health(c.reader, &health, NULL), LT_DONE);
    cr_assert_eq(health.messages, 1);
}

Test(store_blob, keeps_a_last_value_until_it_has_expired_or_another_took_its_place)
{
    const uint64_t late = NOW_MS + (uint64_t)10 * DAY_MS;
    (void)keep("xa/a/den/1", NOW_MS + 1, 0, true);
    (void)keep("xa/a/den/2", NOW_MS + 1, late, true);
    cr_assert_eq(sweep(NOW_MS + DAY_MS), 0);
    cr_assert_eq(last_values(&c, "xa/a/den/+"), 2);
    cr_assert_eq(sweep(late), 1);
    cr_assert_eq(last_values(&c, "xa/a/den/+"), 1);
    cr_assert_str_eq(c.seen.topics[0], "xa/a/den/1");
    (void)keep("xa/a/den/1", 0, 0, true);
    cr_assert_eq(sweep(late), 1);
    cr_assert_eq(last_values(&c, "xa/a/den/+"), 1);
}

Test(store_blob, takes_a_swept_message_for_new)
{
    struct message message = say(&c, "van-phong", "xa/a/thong-bao");
    struct store_put put_it = {.keep_until = NOW_MS + 1};
    cr_assert_eq(append(&c, &put_it, &message), LT_DONE);
    cr_assert_eq(sweep(NOW_MS + DAY_MS), 1);
    cr_assert_gt(append_one(&c, &message), put_it.seq);
    lt_buffer_clear(&message.bytes);
}
