#define _GNU_SOURCE // memmem
// The host's pure parts: who is meant, receipts, health, and what was begun and not ended.
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>
#include <lienthon/type.h>

#include "applies.h"
#include "health.h"
#include "ledger.h"
#include "receipt.h"

static struct lt_part notice(struct lt_buffer *body, const char *key, const char *first,
                             const char *second)
{
    *body = (struct lt_buffer){.max = 4096};
    lt_pack_map(body, key ? 2 : 1);
    lt_pack_text(body, "text");
    lt_pack_text(body, "Mời họp");
    if (key) {
        lt_pack_text(body, key);
        lt_pack_array(body, second ? 2 : 1);
        lt_pack_text(body, first);
        if (second)
            lt_pack_text(body, second);
    }
    return (struct lt_part){.from = lt_slice_of("to-so.an-thuong"),
                            .topic = lt_slice_of("an-thanh-1/tat-ca/thong-bao"),
                            .type = lt_slice_of("notice.v1"),
                            .id = {1, 2, 3},
                            .flags = LT_RECEIPT,
                            .body = lt_buffer_slice(body)};
}

static bool applies_with(const struct applies *applies, const char *key, const char *first,
                         const char *second)
{
    struct lt_buffer body;
    struct lt_part part = notice(&body, key, first, second);
    bool yes = applies_to_us(applies, &part);
    lt_buffer_clear(&body);
    return yes;
}

static void fits_its_type(const char *type, struct lt_slice body)
{
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    cr_assert(types, "%s", error.text);
    const struct lt_type *found = lt_types_find(types, lt_slice_of(type));
    cr_assert(found);
    cr_expect_eq(lt_body_check(body, &error), LT_DONE, "%s", error.text);
    cr_expect_eq(lt_schema_check(found->schema, body, &error), LT_DONE, "%s", error.text);
    lt_types_destroy(&types);
}

Test(applies, learns_the_hamlets_from_the_topics_that_are_received)
{
    struct applies applies = {0};
    struct lt_slice xa = lt_slice_of("an-thanh-1");
    applies_learn(&applies, xa, lt_slice_of("an-thanh-1/an-thuong/thong-bao"));
    applies_learn(&applies, xa, lt_slice_of("an-thanh-1/an-thuong/canh-bao"));
    applies_learn(&applies, xa, lt_slice_of("an-thanh-1/tat-ca/thong-bao"));
    applies_learn(&applies, xa, lt_slice_of("an-thanh-1/+/thong-bao"));
    applies_learn(&applies, xa, lt_slice_of("an-thanh-1/#"));
    applies_learn(&applies, xa, lt_slice_of("an-thanh-10/an-lac/thong-bao"));
    cr_assert_eq(applies.count, 1);
    cr_expect(lt_slice_is(applies.hamlets[0], "an-thuong"));
}

Test(applies, leaves_a_notice_for_other_hamlets_to_them)
{
    struct applies applies = {.count = 1, .hamlets = {lt_slice_of("an-thuong")}, .channel = "loa"};
    cr_expect(applies_with(&applies, NULL, NULL, NULL));
    cr_expect(applies_with(&applies, "hamlets", "an-thuong", NULL));
    cr_expect(applies_with(&applies, "hamlets", "an-lac", "an-thuong"));
    cr_expect_not(applies_with(&applies, "hamlets", "an-lac", "an-hoa"));
}

Test(applies, leaves_a_notice_for_other_channels_to_them)
{
    struct applies applies = {.channel = "loa"}, any = {0};
    cr_expect(applies_with(&applies, "channels", "loa", NULL));
    cr_expect(applies_with(&applies, "channels", "zalo", "loa"));
    cr_expect_not(applies_with(&applies, "channels", "zalo", "facebook"));
    cr_expect(applies_with(&any, "channels", "zalo", NULL));
    cr_expect(applies_with(&applies, "hamlets", "an-lac", NULL), "who serves no hamlet serves all");
}

Test(receipt, names_the_message_the_target_and_the_outcome_and_fits_its_type)
{
    struct lt_buffer body;
    struct lt_part part = notice(&body, NULL, NULL, NULL);
    struct receipt receipt;
    struct lt_slice value;
    uint64_t at;
    part.priority = LT_HOA_TOC;
    part.label = LT_NOI_BO;
    part.flags |= LT_DRILL;
    cr_assert(receipt_wanted(&part));
    cr_assert(receipt_write(&part, "done", "loa.an-thuong.01", 1234, "đã phát 3,2 giây", &receipt));
    cr_expect(lt_slice_is(receipt.draft.topic, "$lt/receipts/to-so/an-thuong"));
    cr_expect(lt_slice_is(receipt.draft.type, "receipt.v1"));
    cr_expect_eq(receipt.draft.priority, LT_KHAN);
    cr_expect_eq(receipt.draft.label, LT_NOI_BO);
    cr_expect_eq(receipt.draft.relation, LT_ANSWERS);
    cr_expect_eq(receipt.draft.flags, LT_DRILL);
    cr_expect_arr_eq(receipt.draft.re, part.id, LT_ID_SIZE);
    cr_expect(lt_map_str(receipt.draft.body, "outcome", &value) && lt_slice_is(value, "done"));
    cr_expect(lt_map_str(receipt.draft.body, "target", &value) &&
              lt_slice_is(value, "loa.an-thuong.01"));
    cr_expect(lt_map_str(receipt.draft.body, "detail", &value) &&
              lt_slice_is(value, "đã phát 3,2 giây"));
    cr_expect(lt_map_uint(receipt.draft.body, "at", &at) && at == 1234);
    fits_its_type("receipt.v1", receipt.draft.body);
    receipt_clear(&receipt);
    lt_buffer_clear(&body);
}

Test(receipt, is_not_written_where_nobody_asked_for_one)
{
    struct lt_part part = {.flags = LT_RETAIN};
    cr_expect_not(receipt_wanted(&part));
}

Test(receipt, leaves_the_detail_out_where_there_is_none_and_cuts_a_long_one)
{
    struct lt_buffer body;
    struct lt_part part = notice(&body, NULL, NULL, NULL);
    struct receipt receipt;
    struct lt_slice value;
    char text[600];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_assert(receipt_write(&part, "received", "t", 1, NULL, &receipt));
    cr_expect_not(lt_map_str(receipt.draft.body, "detail", &value));
    receipt_clear(&receipt);
    cr_assert(receipt_write(&part, "failed", "t", 1, text, &receipt));
    cr_expect(lt_map_str(receipt.draft.body, "detail", &value) && value.size <= 255);
    receipt_clear(&receipt);
    lt_buffer_clear(&body);
}

Test(health, turns_with_the_evidence_and_tells_only_a_turn)
{
    struct health health = {0};
    health_well(&health, "speaks", 10);
    cr_expect_not(health.changed);
    cr_expect(health_ill(&health, "no card", 20));
    cr_expect(health.changed && health.is_ill);
    health.changed = false;
    cr_expect_not(health_ill(&health, "no card", 30), "it is no news");
    cr_expect(health_ill(&health, "no voice", 30));
    health_ill(&health, "no card", 30);
    cr_expect_not(health.changed);
    health_well(&health, "speaks", 40);
    cr_expect(health.changed && !health.is_ill);
}

Test(health, fits_its_type_at_the_start_when_well_ill_and_stopped)
{
    struct health health = {0};
    struct health_frame frame = {
        .now = 50, .since = 5, .every = 300, .waiting = 2, .agent = "lienthon-bridge 0.1.0"};
    const char *states[] = {"well", "well", "ill", "stopped"};
    for (int i = 0; i < 4; i++) {
        struct lt_buffer body = {.max = 4096};
        struct lt_slice state;
        if (i == 1)
            health_well(&health, "đã phát", 10);
        if (i == 2)
            health_ill(&health, "không có thẻ âm thanh", 20);
        health.stopped = i == 3;
        cr_assert(health_write(&health, &frame, &body));
        cr_expect(lt_map_str(lt_buffer_slice(&body), "state", &state) &&
                  lt_slice_is(state, states[i]));
        fits_its_type("health.v1", lt_buffer_slice(&body));
        lt_buffer_clear(&body);
    }
}

Test(ledger, knows_in_a_later_life_what_was_begun_and_not_ended)
{
    char folder[64] = "/tmp/lt-ledger-XXXXXX", inside[80];
    struct lt_buffer body;
    struct lt_part part = notice(&body, NULL, NULL, NULL), other = part;
    struct ledger ledger = {.folder = -1};
    bool again = true;
    other.id[0] = 9;
    cr_assert(mkdtemp(folder));
    snprintf(inside, sizeof inside, "%s/begun", folder);
    cr_assert_eq(ledger_open(inside, &ledger, NULL), LT_DONE);
    cr_expect_eq(ledger_begin(&ledger, "a", &part, &again, NULL), LT_DONE);
    cr_expect_not(again);
    cr_expect_eq(ledger_begin(&ledger, "a", &other, &again, NULL), LT_DONE);
    cr_expect_not(again);
    cr_expect_eq(ledger_begin(&ledger, "b", &part, &again, NULL), LT_DONE);
    cr_expect_not(again, "another target is another deed");
    ledger_end(&ledger, "a", &other);
    ledger_end(&ledger, "b", &part);
    ledger_close(&ledger);
    cr_assert_eq(ledger_open(inside, &ledger, NULL), LT_DONE);
    cr_expect_eq(ledger_begin(&ledger, "a", &part, &again, NULL), LT_DONE);
    cr_expect(again);
    cr_expect_eq(ledger_begin(&ledger, "a", &other, &again, NULL), LT_DONE);
    cr_expect_not(again);
    ledger_end(&ledger, "a", &part);
    ledger_end(&ledger, "a", &other);
    ledger_close(&ledger);
    cr_expect_eq(rmdir(inside), 0, "what is ended leaves nothing behind");
    rmdir(folder);
    lt_buffer_clear(&body);
}

Test(ledger, sweeps_what_a_life_that_was_cut_off_has_left_half_written)
{
    static const char *const tails[] = {".a1B2c3", ".unfinished-a1B2c3"};
    char folder[64] = "/tmp/lt-ledger-XXXXXX", inside[80], half[160];
    struct lt_buffer body;
    struct lt_part part = notice(&body, NULL, NULL, NULL);
    const struct ledger_entry written = {.state = LEDGER_INTENDED, .key = "k"};
    struct ledger_entry entry;
    struct ledger ledger = {.folder = -1};
    cr_assert(mkdtemp(folder));
    snprintf(inside, sizeof inside, "%s/begun", folder);
    cr_assert_eq(ledger_open(inside, &ledger, NULL), LT_DONE);
    cr_assert_eq(ledger_write(&ledger, "a", &part, &written, NULL), LT_DONE);
    ledger_close(&ledger);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(half, sizeof half, "%s/%032d%s", inside, 7, tails[i]);
        FILE *file = fopen(half, "w");
        cr_assert(file);
        fclose(file);
    }
    cr_assert_eq(ledger_open(inside, &ledger, NULL), LT_DONE);
    cr_assert_eq(ledger_read(&ledger, "a", &part, &entry, NULL), LT_DONE);
    cr_expect(entry.state == LEDGER_INTENDED && strcmp(entry.key, "k") == 0);
    ledger_end(&ledger, "a", &part);
    ledger_close(&ledger);
    cr_expect_eq(rmdir(inside), 0, "nothing half written is left");
    rmdir(folder);
    lt_buffer_clear(&body);
}

Test(health, is_ill_for_a_day_once_the_hub_has_lied_whatever_works_after_it)
{
    enum { HOUR = 3600000 };
    struct health health = {0};
    struct health_frame frame = {.now = 3 * HOUR, .since = 5, .every = 300, .agent = "a"};
    struct lt_slice state;
    health_doubt(&health, "a broken seal", 2 * HOUR);
    cr_expect(health.changed);
    health.changed = false;
    health_doubt(&health, "another", 3 * HOUR);
    cr_expect_not(health.changed, "more of the same is told in time");
    health_well(&health, "speaks", 3 * HOUR);
    for (uint64_t day = 0; day < 2; day++) {
        struct lt_buffer body = {.max = 4096};
        frame.now = (4 + day * 24) * (uint64_t)HOUR;
        cr_assert(health_write(&health, &frame, &body));
        cr_assert(lt_map_str(lt_buffer_slice(&body), "state", &state));
        cr_expect(lt_slice_is(state, day ? "well" : "ill"));
        lt_buffer_clear(&body);
    }
}

Test(health, counts_the_hours_of_a_credential_and_is_ill_before_it_ends)
{
    struct health health = {0};
    char text[HEALTH_TEXT];
    const uint64_t hour = 3600000, now = 1000 * hour;
    health_credential(&health, "token", now + 30 * hour, 24 * hour);
    health_credential(&health, "No Name", now, 0);
    cr_expect_not(health_ends(&health, now, text));
    cr_expect(health_ends(&health, now + 10 * hour, text));
    cr_expect_str_eq(text, "the credential token ends in 20 hours");
    cr_expect(health_ends(&health, now + 31 * hour, text));
    health_credential(&health, "token", now + 90 * hour, 24 * hour); // renewed
    cr_expect_not(health_ends(&health, now + 31 * hour, text));
    struct health_frame frame = {.now = now, .every = 300, .agent = "a", .has_grant = true};
    struct lt_buffer body = {.max = 4096};
    cr_assert(health_write(&health, &frame, &body));
    fits_its_type("health.v1", lt_buffer_slice(&body));
    cr_expect(memmem(body.data, body.size, "token-hours", 11) != NULL);
    lt_buffer_clear(&body);
}
