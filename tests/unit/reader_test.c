// The read thread: pages of stored messages, recall, and that nobody waits for another's long walk.
#include <stdatomic.h>
#include <zmq.h>

#include <lienthon/pack.h>

#include "reader.h"
#include "store_case.h"

enum { WAIT_MS = 20000 };

static struct store_case c;
static struct reader *reader;

static void setup(void)
{
    struct lt_error error = {0};
    case_init(&c);
    cr_assert_eq(reader_new(&c.settings, &reader, &error), LT_DONE, "%s", error.text);
}

static void teardown(void)
{
    reader_destroy(&reader);
    case_clear(&c);
}

TestSuite(reader, .init = setup, .fini = teardown);

static struct reading *wait_for_one(void)
{
    zmq_pollitem_t item = {.socket = reader_socket(reader), .events = ZMQ_POLLIN};
    struct reading *reading = reader_take(reader);
    if (reading == NULL) {
        cr_assert_eq(zmq_poll(&item, 1, WAIT_MS), 1, "nothing came back");
        reading = reader_take(reader);
    }
    cr_assert_not_null(reading);
    return reading;
}

static struct reading_messages *ask(struct reading_messages *page)
{
    struct reading *reading = &page->base;
    reader_ask(reader, &reading);
    cr_assert_null(reading);
    reading = wait_for_one();
    cr_assert_eq(reading->code, LT_DONE, "%s", reading->error.text);
    return (struct reading_messages *)reading;
}

static void give_up(struct reading_messages *page)
{
    struct reading *reading = &page->base;
    reading_destroy(&reading);
    cr_assert_null(reading);
}

static uint64_t store_as(const char *topic, const char *type, uint8_t priority, size_t body_size)
{
    struct lt_part part = draft(&c, "van-phong", topic);
    uint8_t *body = calloc(1, body_size + 16);
    struct lt_buffer packed = {.max = body_size + 64};
    lt_pack_map(&packed, 1);
    lt_pack_text(&packed, "t");
    lt_pack_bin(&packed, body, body_size);
    part.type = lt_slice_of(type);
    part.priority = priority;
    part.expires = part.created + 3600000; // priority 3 must
    part.body = lt_buffer_slice(&packed);
    struct message message = seal(&c, &part);
    const uint64_t seq = append_one(&c, &message);
    lt_buffer_clear(&message.bytes);
    lt_buffer_clear(&packed);
    free(body);
    return seq;
}

Test(reader, gives_everything_that_matches_page_by_page)
{
    for (int i = 0; i < 700; i++) {
        (void)append_new(&c, "van-phong", i % 2 == 0 ? "xa/a/thong-bao" : "xa/b/thong-bao");
    }
    const struct lt_slice pattern = lt_slice_of("xa/a/#");
    const struct reading_wish wish = {.patterns = &pattern, .pattern_count = 1, .after = 100};
    struct reading_messages *page = ask(reading_scan_new(&wish));
    size_t count = 0;
    size_t pages = 1;
    uint64_t last = 100;
    for (;;) {
        for (size_t i = 0; i < page->row_count; i++) {
            cr_assert_gt(page->rows[i].seq, last);
            last = page->rows[i].seq;
            cr_assert(page->rows[i].readable);
            cr_assert(lt_slice_is(page->rows[i].sealed.part.topic, "xa/a/thong-bao"));
            cr_assert(lt_slice_is(page->rows[i].from, "van-phong"));
        }
        count += page->row_count;
        cr_assert_leq(page->row_count, READER_SLICE_ROWS);
        cr_assert_geq(page->next, last);
        if (!page->base.more) {
            break;
        }
        page = ask(page);
        pages++;
    }
    cr_assert_eq(count, 300);
    cr_assert_eq(pages, 2);
    give_up(page);
}

Test(reader, ends_a_walk_just_before_the_place_it_was_told)
{
    for (int i = 0; i < 10; i++) {
        (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    }
    const struct lt_slice pattern = lt_slice_of("xa/b/#");
    const struct reading_wish wish = {.patterns = &pattern, .pattern_count = 1, .before = 8};
    struct reading_messages *page = ask(reading_scan_new(&wish));
    cr_assert_eq(page->row_count, 0);
    cr_assert_not(page->base.more);
    cr_assert_eq(page->next, 7, "all up to there has been looked at");
    give_up(page);
}

Test(reader, gives_only_the_types_and_priorities_that_are_wished_for)
{
    (void)store_as("xa/a/x", "notice.v1", 0, 5);
    const uint64_t wanted = store_as("xa/a/x", "alert.v1", 2, 5);
    (void)store_as("xa/a/x", "alert.v1", 1, 5);
    (void)store_as("xa/a/x", "health.v1", 3, 5);
    const struct lt_slice types[] = {lt_slice_of("alert.v1"), lt_slice_of("notice.v1")};
    const struct reading_wish wish = {.types = types, .type_count = 2, .min_priority = 2};
    struct reading_messages *page = ask(reading_scan_new(&wish));
    cr_assert_eq(page->row_count, 1);
    cr_assert_eq(page->rows[0].seq, wanted);
    give_up(page);
}

Test(reader, ends_a_page_by_its_bytes_and_lets_rows_be_kept)
{
    for (int i = 0; i < 12; i++) {
        (void)store_as("xa/a/x", "notice.v1", 0, 100000);
    }
    const struct reading_wish all = {0};
    struct reading_messages *page = ask(reading_scan_new(&all));
    cr_assert(page->base.more);
    cr_assert_eq(page->row_count, 6, "512 KiB and the one that went beyond");
    uint8_t *kept = page->rows[0].bytes;
    const struct lt_sealed sealed = page->rows[0].sealed;
    page->rows[0].bytes = NULL;
    page = ask(page);
    cr_assert_eq(page->row_count, 6);
    give_up(page);
    cr_assert_eq(lt_seal_verify(&sealed, lt_signer_key(c.signer), NULL, NULL), LT_DONE);
    free(kept);
}

Test(reader, gives_messages_by_seq_in_the_order_asked_and_leaves_out_what_is_gone)
{
    uint64_t seqs[4];
    for (size_t i = 0; i < 3; i++) {
        seqs[i] = append_new(&c, "van-phong", "xa/a/thong-bao");
    }
    const uint64_t asked[] = {seqs[2], 4711, seqs[0]};
    struct reading_messages *page = ask(reading_seqs_new(asked, 3));
    cr_assert_eq(page->row_count, 2);
    cr_assert_eq(page->rows[0].seq, seqs[2]);
    cr_assert_eq(page->rows[1].seq, seqs[0]);
    cr_assert_not(page->base.more);
    give_up(page);
}

Test(reader, gives_the_last_values)
{
    for (int i = 0; i < 300; i++) {
        char topic[32];
        (void)snprintf(topic, sizeof topic, "xa/a/den/%d", i);
        struct message message = say(&c, "van-phong", topic);
        struct store_put put = {.retain = true};
        cr_assert_eq(append(&c, &put, &message), LT_DONE);
        lt_buffer_clear(&message.bytes);
    }
    const struct lt_slice pattern = lt_slice_of("xa/a/den/+");
    const struct reading_wish wish = {.patterns = &pattern, .pattern_count = 1};
    struct reading_messages *page = ask(reading_last_new(&wish));
    cr_assert_eq(page->row_count, READER_SLICE_ROWS);
    cr_assert(page->base.more);
    page = ask(page);
    cr_assert_eq(page->row_count, 300 - READER_SLICE_ROWS);
    cr_assert_not(page->base.more);
    give_up(page);
}

// --- recall ---

static void fill_in(struct reading_known *known, const struct lt_part *part,
                    const struct message *message)
{
    memcpy(known->from, part->from.data, part->from.size);
    memcpy(known->topic, part->topic.data, part->topic.size);
    if (part->origin.size > 0) {
        memcpy(known->origin, part->origin.data, part->origin.size);
    }
    memcpy(known->id, part->id, LT_ID_SIZE);
    lt_hash(message->sealed.part.bytes, known->hash);
}

Test(reader, recalls_what_was_stored_by_id_and_by_origin)
{
    struct lt_part part = draft(&c, "bridge.zalo", "xa/phan-anh/zalo");
    part.origin = lt_slice_of("zalo:1");
    struct message old = seal(&c, &part);
    const uint64_t seq = append_one(&c, &old);
    struct reading_recall *recall = reading_recall_new(6);
    fill_in(&recall->known[0], &part, &old);

    struct lt_part other = part;
    other.priority = 1;
    struct message taken = seal(&c, &other);
    fill_in(&recall->known[1], &other, &taken);

    struct lt_part again = draft(&c, "bridge.zalo", "xa/phan-anh/zalo");
    again.origin = lt_slice_of("zalo:1");
    struct message copy = seal(&c, &again);
    fill_in(&recall->known[2], &again, &copy);

    struct lt_part elsewhere = draft(&c, "bridge.zalo", "xa/khao-sat/zalo");
    elsewhere.origin = lt_slice_of("zalo:1");
    struct message fresh = seal(&c, &elsewhere);
    fill_in(&recall->known[3], &elsewhere, &fresh);

    char back[40] = "lt:";
    lt_hex_encode((struct lt_slice){part.id, LT_ID_SIZE}, back + 3);
    struct lt_part returned = draft(&c, "bridge.facebook", "xa/phan-anh/facebook");
    returned.origin = lt_slice_of(back);
    struct message looped = seal(&c, &returned);
    fill_in(&recall->known[4], &returned, &looped);

    returned = draft(&c, "bridge.facebook", "xa/phan-anh/facebook");
    struct message unknown = seal(&c, &returned);
    fill_in(&recall->known[5], &returned, &unknown);

    struct reading *reading = &recall->base;
    reader_ask(reader, &reading);
    reading = wait_for_one();
    cr_assert_eq(reading->code, LT_DONE);
    static const enum lt_code codes[] = {LT_DONE_BEFORE, LT_ID_TAKEN,    LT_DONE_BEFORE,
                                         LT_NOT_FOUND,   LT_DONE_BEFORE, LT_NOT_FOUND};
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(recall->known[i].code, codes[i], "question %zu: %d", i, recall->known[i].code);
        if (codes[i] == LT_DONE_BEFORE) {
            cr_assert_eq(recall->known[i].seq, seq);
        }
    }
    reading_destroy(&reading);
    struct message *all[] = {&old, &taken, &copy, &fresh, &looped, &unknown};
    for (size_t i = 0; i < 6; i++) {
        lt_buffer_clear(&all[i]->bytes);
    }
}

Test(reader, recalls_more_than_fits_a_slice)
{
    struct reading_recall *recall = reading_recall_new(3000);
    for (size_t i = 0; i < recall->count; i++) {
        memcpy(recall->known[i].from, "ai", 3);
        recall->known[i].code = LT_UNKNOWN;
    }
    struct reading *reading = &recall->base;
    reader_ask(reader, &reading);
    reading = wait_for_one();
    for (size_t i = 0; i < recall->count; i++) {
        cr_assert_eq(recall->known[i].code, LT_NOT_FOUND);
    }
    reading_destroy(&reading);
}

// --- turns ---

struct endless {
    struct reading base;
    atomic_bool stop;
};

static bool go_on(struct reading *reading, struct store_reader *store)
{
    (void)store;
    return atomic_load(&((struct endless *)reading)->stop);
}

static void free_endless(struct reading *reading)
{
    free(reading);
}

static struct endless *ask_endless(void)
{
    struct endless *endless = calloc(1, sizeof *endless);
    cr_assert_not_null(endless);
    endless->base.slice = go_on;
    endless->base.destroy = free_endless;
    struct reading *reading = &endless->base;
    reader_ask(reader, &reading);
    return endless;
}

Test(reader, lets_a_long_reading_delay_nobody)
{
    struct endless *endless = ask_endless();
    const uint64_t seq = append_new(&c, "van-phong", "xa/a/thong-bao");
    for (int i = 0; i < 20; i++) {
        struct reading_messages *page = ask(reading_seqs_new(&seq, 1));
        cr_assert_eq(page->row_count, 1);
        give_up(page);
    }
    cr_assert_eq(reader_count(reader), 1);
    atomic_store(&endless->stop, true);
    struct reading *reading = wait_for_one();
    cr_assert_eq(reading, &endless->base);
    reading_destroy(&reading);
    cr_assert_null(reader_take(reader));
    cr_assert_eq(reader_count(reader), 0);
}

Test(reader, ends_with_readings_in_its_hands)
{
    (void)ask_endless();
    (void)ask_endless();
    reader_destroy(&reader);
    cr_assert_null(reader);
}

Test(reader, takes_more_questions_at_once_than_a_pipe_would_hold)
{
    for (int i = 0; i < 5000; i++) {
        const uint64_t seq = 1;
        struct reading *reading = &reading_seqs_new(&seq, 1)->base;
        reader_ask(reader, &reading);
    }
    for (int i = 0; i < 5000; i++) {
        struct reading *reading = wait_for_one();
        reading_destroy(&reading);
    }
    cr_assert_eq(reader_count(reader), 0);
}
