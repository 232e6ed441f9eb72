// Store conformance: appending, duplicates, records, and reading back.
#include "store_case.h"

static struct store_case c;

static void setup(void)
{
    case_init(&c);
}

static void teardown(void)
{
    case_clear(&c);
}

TestSuite(store, .init = setup, .fini = teardown);

Test(store, gives_back_the_bytes_that_it_was_given)
{
    struct message message = say(&c, "to-so.thon-8", "an-thanh-1/an-thuong/thong-bao");
    const uint64_t seq = append_one(&c, &message);
    cr_assert_eq(store_find_seq(c.reader, seq, remember, &c.seen, NULL), LT_DONE);
    cr_assert_eq(c.seen.count, 1);
    cr_assert_eq(c.seen.damaged, 0);
    cr_assert(lt_slice_equal(lt_buffer_slice(&c.seen.last), message.sealed.bytes));
    cr_assert_str_eq(c.seen.topics[0], "an-thanh-1/an-thuong/thong-bao");
    lt_buffer_clear(&message.bytes);
}

Test(store, numbers_what_it_stores_upwards)
{
    uint64_t before = store_end(c.store).seq;
    for (int i = 0; i < 5; i++) {
        const uint64_t seq = append_new(&c, "van-phong", "xa/a/thong-bao");
        cr_assert_gt(seq, before);
        before = seq;
    }
    const struct store_position end = store_end(c.store);
    cr_assert_eq(end.seq, before);
    cr_assert_eq(end.time, c.clock);
    cr_assert_neq(end.epoch, 0);
}

Test(store, knows_the_same_message_again_across_groups_and_in_another_seal)
{
    const struct lt_part part = draft(&c, "van-phong", "xa/a/thong-bao");
    struct message first = seal(&c, &part);
    const uint64_t seq = append_one(&c, &first);

    // The same part as one of a batch of two: other sealed bytes.
    const struct lt_part other = draft(&c, "van-phong", "xa/a/thong-bao");
    struct message second = seal(&c, &other);
    const struct lt_slice parts[] = {first.sealed.part.bytes, second.sealed.part.bytes};
    struct lt_buffer batch[2] = {{.max = 4096}, {.max = 4096}};
    cr_assert_eq(lt_seal_batch(c.signer, parts, 2, batch, NULL), LT_DONE);
    struct message again = {.bytes = batch[0]};
    cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&batch[0]), &again.sealed, NULL), LT_DONE);
    cr_assert_not(lt_slice_equal(again.sealed.bytes, first.sealed.bytes));

    struct store_put put = {0};
    cr_assert_eq(append(&c, &put, &again), LT_DONE);
    cr_assert_eq(put.outcome, LT_DONE_BEFORE);
    cr_assert_eq(put.seq, seq);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 1);
    lt_buffer_clear(&first.bytes);
    lt_buffer_clear(&second.bytes);
    lt_buffer_clear(&batch[0]);
    lt_buffer_clear(&batch[1]);
}

Test(store, knows_the_same_message_again_within_a_group)
{
    struct message message = say(&c, "van-phong", "xa/a/thong-bao");
    struct store_put puts[2] = {{.sealed = &message.sealed, .stored = NOW_MS},
                                {.sealed = &message.sealed, .stored = NOW_MS}};
    struct store_group group = {.puts = puts, .put_count = 2};
    cr_assert_eq(store_append(c.store, &group, NULL), LT_DONE);
    cr_assert_eq(puts[0].outcome, LT_DONE);
    cr_assert_eq(puts[1].outcome, LT_DONE_BEFORE);
    cr_assert_eq(puts[1].seq, puts[0].seq);
    lt_buffer_clear(&message.bytes);
}

Test(store, tells_that_an_id_is_taken_by_other_content)
{
    struct lt_part part = draft(&c, "van-phong", "xa/a/thong-bao");
    struct message first = seal(&c, &part);
    part.priority = LT_KHAN;
    struct message other = seal(&c, &part);
    struct store_put puts[2] = {{.sealed = &first.sealed, .stored = NOW_MS},
                                {.sealed = &other.sealed, .stored = NOW_MS}};
    struct store_group group = {.puts = puts, .put_count = 2};
    cr_assert_eq(store_append(c.store, &group, NULL), LT_DONE);
    cr_assert_eq(puts[0].outcome, LT_DONE);
    cr_assert_eq(puts[1].outcome, LT_ID_TAKEN);
    struct store_put later = {0};
    cr_assert_eq(append(&c, &later, &other), LT_DONE);
    cr_assert_eq(later.outcome, LT_ID_TAKEN);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 1);
    lt_buffer_clear(&first.bytes);
    lt_buffer_clear(&other.bytes);
}

Test(store, takes_the_same_id_from_another_sender)
{
    struct lt_part part = draft(&c, "van-phong", "xa/a/thong-bao");
    struct message first = seal(&c, &part);
    part.from = lt_slice_of("to-so.thon-8");
    struct message other = seal(&c, &part);
    const uint64_t seq = append_one(&c, &first);
    cr_assert_neq(append_one(&c, &other), seq);

    cr_assert_eq(store_find(c.reader, (struct lt_slice){0}, part.id, remember, &c.seen, NULL),
                 LT_DONE);
    cr_assert_eq(c.seen.count, 2);
    c.seen.count = 0;
    cr_assert_eq(store_find(c.reader, lt_slice_of("van-phong"), part.id, remember, &c.seen, NULL),
                 LT_DONE);
    cr_assert_eq(c.seen.count, 1);
    cr_assert_eq(c.seen.seqs[0], seq);
    lt_buffer_clear(&first.bytes);
    lt_buffer_clear(&other.bytes);
}

Test(store, says_so_when_there_is_no_such_message)
{
    struct lt_error error = {0};
    const struct lt_part part = draft(&c, "van-phong", "xa/a/thong-bao");
    cr_assert_eq(store_find(c.reader, part.from, part.id, remember, &c.seen, &error), LT_NOT_FOUND);
    cr_assert_eq(store_find_seq(c.reader, 77, remember, &c.seen, &error), LT_NOT_FOUND);
    cr_assert_neq(error.text[0], '\0');
}

Test(store, finds_an_origin_of_this_sender_under_this_topic)
{
    struct lt_part part = draft(&c, "bridge.zalo", "xa/phan-anh/zalo");
    part.origin = lt_slice_of("zalo:887");
    struct message message = seal(&c, &part);
    const uint64_t seq = append_one(&c, &message);
    uint64_t found = 0;
    const struct lt_slice from = part.from;
    const struct lt_slice any = {0};
    cr_assert_eq(store_find_origin(c.reader, from, part.topic, part.origin, &found, NULL), LT_DONE);
    cr_assert_eq(found, seq);
    cr_assert_eq(store_find_origin(c.reader, from, any, part.origin, &found, NULL), LT_DONE);
    const struct lt_slice elsewhere = lt_slice_of("xa/phan-anh/facebook");
    cr_assert_eq(store_find_origin(c.reader, from, elsewhere, part.origin, &found, NULL),
                 LT_NOT_FOUND);
    cr_assert_eq(
        store_find_origin(c.reader, lt_slice_of("bridge.facebook"), any, part.origin, &found, NULL),
        LT_NOT_FOUND);
    cr_assert_eq(store_find_origin(c.reader, from, any, lt_slice_of("zalo:88"), &found, NULL),
                 LT_NOT_FOUND);
    lt_buffer_clear(&message.bytes);
}

Test(store, finds_what_relates_to_a_message_oldest_first_in_slices)
{
    struct lt_part about = draft(&c, "van-phong", "xa/a/thong-bao");
    uint64_t expected[5];
    for (size_t i = 0; i < 5; i++) {
        struct lt_part part = draft(&c, "loa.a.01", "$lt/receipts/van-phong");
        part.relation = LT_ANSWERS;
        memcpy(part.re, about.id, LT_ID_SIZE);
        struct message receipt = seal(&c, &part);
        expected[i] = append_one(&c, &receipt);
        lt_buffer_clear(&receipt.bytes);
        (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    }
    uint64_t next = 0;
    do {
        cr_assert_eq(
            store_find_related(c.reader, about.id, next, 2, remember, &c.seen, &next, NULL),
            LT_DONE);
    } while (next != 0);
    cr_assert_eq(c.seen.count, 5);
    cr_assert_arr_eq(c.seen.seqs, expected, sizeof expected);
}

// --- walking ---

static void fill(size_t count)
{
    static const char *const topics[] = {"xa/a/thong-bao", "xa/b/thong-bao", "xa/a/loa/01",
                                         "$lt/time"};
    for (size_t i = 0; i < count; i++) {
        (void)append_new(&c, "van-phong", topics[i % 4]);
    }
}

Test(store, walks_forward_by_pattern_in_slices)
{
    fill(40);
    cr_assert_eq(scan_pattern(&c, "xa/+/thong-bao"), 20);
    cr_assert_eq(scan_pattern(&c, "xa/a/#"), 20);
    cr_assert_eq(scan_pattern(&c, "xa/#"), 30);
    cr_assert_eq(scan_pattern(&c, "#"), 30);
    cr_assert_eq(scan_pattern(&c, "$lt/#"), 10);
    cr_assert_eq(scan_pattern(&c, "xa/c/thong-bao"), 0);
    const struct lt_slice two[] = {lt_slice_of("xa/b/#"), lt_slice_of("$lt/time")};
    for (size_t limit = 1; limit < 50; limit += 8) {
        const struct store_scan scan = {.patterns = two, .pattern_count = 2, .limit = limit};
        cr_assert_eq(scan_all(&c, scan), 20);
        for (size_t i = 1; i < c.seen.count; i++) {
            cr_assert_gt(c.seen.seqs[i], c.seen.seqs[i - 1]);
        }
    }
}

Test(store, walks_backwards_and_between_two_places)
{
    fill(40);
    cr_assert_eq(scan_all(&c, (struct store_scan){.backwards = true, .limit = 7}), 40);
    const uint64_t end = store_end(c.store).seq;
    cr_assert_eq(c.seen.seqs[0], end);
    for (size_t i = 1; i < c.seen.count; i++) {
        cr_assert_lt(c.seen.seqs[i], c.seen.seqs[i - 1]);
    }
    const uint64_t after = c.seen.seqs[29];
    const uint64_t before = c.seen.seqs[9];
    cr_assert_eq(scan_all(&c, (struct store_scan){.after = after, .before = before, .limit = 3}),
                 19);
    cr_assert_eq(scan_all(&c,
                          (struct store_scan){
                              .after = after, .before = before, .limit = 3, .backwards = true}),
                 19);
}

Test(store, goes_on_behind_the_row_at_which_the_visitor_stopped)
{
    fill(8);
    uint64_t next = 0;
    c.seen.stop_at = 3;
    cr_assert_eq(store_scan(c.reader, &(struct store_scan){0}, remember, &c.seen, &next, NULL),
                 LT_DONE);
    cr_assert_eq(c.seen.count, 3);
    cr_assert_eq(next, c.seen.seqs[2]);
    c.seen.stop_at = 0;
    cr_assert_eq(
        store_scan(c.reader, &(struct store_scan){.after = next}, remember, &c.seen, &next, NULL),
        LT_DONE);
    cr_assert_eq(c.seen.count, 8);
    cr_assert_eq(next, 0);
}

Test(store, walks_by_the_time_of_storing_also_where_the_clock_was_put_back)
{
    static const uint64_t hours[] = {10, 11, 12, 9, 12, 13};
    struct store_put put = {0};
    for (size_t i = 0; i < 6; i++) {
        struct message message = say(&c, "van-phong", "xa/a/thong-bao");
        put.stored = hours[i] * 3600000;
        cr_assert_eq(append(&c, &put, &message), LT_DONE);
        lt_buffer_clear(&message.bytes);
    }
    const uint64_t hour = 3600000;
    cr_assert_eq(scan_all(&c, (struct store_scan){.since = 12 * hour}), 3);
    cr_assert_eq(scan_all(&c, (struct store_scan){.since = 12 * hour + 1}), 1);
    cr_assert_eq(scan_all(&c, (struct store_scan){.since = 11 * hour, .until = 13 * hour}), 3);
    cr_assert_eq(scan_all(&c, (struct store_scan){.until = 10 * hour + 1}), 2);
    cr_assert_eq(scan_all(&c, (struct store_scan){.since = 11 * hour, .backwards = true}), 4);
    cr_assert_eq(scan_all(&c, (struct store_scan){.since = 14 * hour}), 0);
}

// --- last values ---

static uint64_t retain(const char *topic, uint64_t created, bool clear, bool value)
{
    struct lt_part part = draft(&c, "van-phong", topic);
    part.created = created;
    lt_id_make(created, part.id);
    part.flags = value ? LT_RETAIN : 0;
    struct message message = seal(&c, &part);
    struct store_put put = {.retain = value, .clear_last = clear};
    cr_assert_eq(append(&c, &put, &message), LT_DONE);
    cr_assert_eq(put.outcome, LT_DONE);
    lt_buffer_clear(&message.bytes);
    return put.seq;
}

Test(store, keeps_of_each_topic_the_value_made_last_whichever_came_last)
{
    const uint64_t newer = retain("xa/a/den/1", NOW_MS + 2000, false, true);
    (void)retain("xa/a/den/1", NOW_MS + 1000, false, true);
    const uint64_t other = retain("xa/a/den/2", NOW_MS, false, true);
    (void)append_new(&c, "van-phong", "xa/a/den/1");
    cr_assert_eq(last_values(&c, "xa/a/den/+"), 2);
    cr_assert_eq(c.seen.seqs[0], newer);
    cr_assert_eq(c.seen.seqs[1], other);
    cr_assert_eq(last_values(&c, "xa/a/den/2"), 1);
    const uint64_t newest = retain("xa/a/den/1", NOW_MS + 3000, false, true);
    cr_assert_eq(last_values(&c, "xa/a/den/1"), 1);
    cr_assert_eq(c.seen.seqs[0], newest);
}

Test(store, clears_the_last_value_and_lets_a_replacement_take_its_place)
{
    (void)retain("xa/a/den/1", NOW_MS + 2000, false, true);
    const uint64_t replaced = retain("xa/a/den/1", NOW_MS + 1000, true, true);
    cr_assert_eq(last_values(&c, "xa/a/den/1"), 1);
    cr_assert_eq(c.seen.seqs[0], replaced);
    (void)retain("xa/a/den/1", NOW_MS + 3000, true, false);
    cr_assert_eq(last_values(&c, "xa/a/den/1"), 0);
}

Test(store, gives_many_last_values_in_slices)
{
    for (int i = 0; i < 25; i++) {
        char topic[32];
        (void)snprintf(topic, sizeof topic, "xa/a/den/%d", i);
        (void)retain(topic, NOW_MS + (uint64_t)i, false, true);
    }
    cr_assert_eq(last_values(&c, "xa/#"), 25);
    for (size_t i = 1; i < c.seen.count; i++) {
        cr_assert_gt(c.seen.seqs[i], c.seen.seqs[i - 1]);
    }
}

// --- the log ---

static void plain_root(uint8_t (*leaves)[32], size_t count, uint8_t root[32])
{
    uint8_t node[65] = {1};
    size_t left = 1;
    if (count == 1) {
        memcpy(root, leaves[0], 32);
        return;
    }
    while (left * 2 < count) {
        left *= 2;
    }
    plain_root(leaves, left, node + 1);
    plain_root(leaves + left, count - left, node + 33);
    (void)crypto_hash_sha256(root, node, sizeof node);
}

Test(store, keeps_the_log_as_the_tree_of_all_that_was_stored)
{
    static uint8_t leaves[21][32];
    for (size_t i = 0; i < 21; i++) {
        struct message message = say(&c, "van-phong", "xa/a/thong-bao");
        uint8_t inner[33] = {0};
        (void)append_one(&c, &message);
        (void)crypto_hash_sha256(inner + 1, message.sealed.bytes.data, message.sealed.bytes.size);
        (void)crypto_hash_sha256(leaves[i], inner, sizeof inner);
        lt_buffer_clear(&message.bytes);

        struct lt_tree tree;
        uint8_t root[32];
        uint8_t expected[32];
        store_tree(c.store, &tree);
        lt_tree_root(&tree, root);
        plain_root(leaves, i + 1, expected);
        cr_assert_eq(tree.size, i + 1);
        cr_assert_arr_eq(root, expected, 32);
        if (i % 5 == 0) { // the edge is kept, not made again
            case_close(&c);
            case_open(&c);
        }
    }
}

Test(store, is_told_from_a_store_made_anew_by_its_epoch)
{
    struct store_case other;
    case_init(&other);
    cr_assert_neq(store_end(c.store).epoch, store_end(other.store).epoch);
    case_clear(&other);
}
