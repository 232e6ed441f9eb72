// What a sender is told: the hub's roster and the receipts, each judged under the book of grants.
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include <issue.h>
#include <lienthon/pack.h>
#include <roster.h>
#include <when.h>

struct commune {
    lt_signer *root, *speaker, *stranger;
    lt_book *book;
    uint8_t id[LT_ID_SIZE];
    struct lt_buffer receipts, rows;
    size_t receipt_count, row_count;
};

static lt_signer *signer(uint8_t first)
{
    uint8_t seed[LT_SEED_SIZE] = {first};
    lt_signer *made = lt_signer_new(seed);
    cr_assert_not_null(made);
    return made;
}

static void enrol(struct commune *commune, const char *principal, const lt_signer *key)
{
    struct lt_buffer sealed = {.max = ISSUE_SEALED_MAX};
    struct lt_error error = {0};
    struct lt_may_subscribe may = {.topics = {.item = {lt_slice_of("xa/#")}, .count = 1}};
    struct lt_grant grant = {
        .principal = lt_slice_of(principal),
        .name = lt_slice_of("Cụm loa"),
        .role = lt_slice_of("speaker"),
        .serial = 1,
        .not_before = 1,
        .expires = LT_INT_MAX,
        .powers = {.subscribe = &may, .subscribe_count = 1},
    };
    memcpy(grant.key, lt_signer_key(key), LT_KEY_SIZE);
    grant.curve[0] = lt_signer_key(key)[0];
    cr_assert_eq(issue_seal(commune->root, lt_slice_of("root"), &grant, cli_now(), &sealed, &error),
                 LT_DONE, "%s", error.text);
    cr_assert_eq(lt_book_learn(commune->book, lt_buffer_slice(&sealed), &error), LT_DONE, "%s",
                 error.text);
    lt_buffer_clear(&sealed);
}

static struct commune begin(void)
{
    cr_assert_geq(sodium_init(), 0);
    when_zone("Asia/Ho_Chi_Minh");
    struct commune commune = {.root = signer(1), .speaker = signer(2), .stranger = signer(3)};
    commune.book = lt_book_new(lt_signer_key(commune.root));
    commune.receipts.max = commune.rows.max = 65536;
    lt_id_make(cli_now(), commune.id);
    enrol(&commune, "loa.an-thuong.01", commune.speaker);
    return commune;
}

static void end(struct commune *commune)
{
    lt_signer_destroy(&commune->root);
    lt_signer_destroy(&commune->speaker);
    lt_signer_destroy(&commune->stranger);
    lt_book_destroy(&commune->book);
    lt_buffer_clear(&commune->receipts);
    lt_buffer_clear(&commune->rows);
}

static void add_row(struct commune *commune, const char *principal, const char *durable,
                    const char *state)
{
    lt_pack_map(&commune->rows, 4);
    lt_pack_text(&commune->rows, "principal");
    lt_pack_text(&commune->rows, principal);
    lt_pack_text(&commune->rows, "durable");
    lt_pack_text(&commune->rows, durable);
    lt_pack_text(&commune->rows, "state");
    lt_pack_text(&commune->rows, state);
    lt_pack_text(&commune->rows, "detail");
    lt_pack_text(&commune->rows, "mất điện");
    commune->row_count++;
}

static void add_receipt(struct commune *commune, const lt_signer *key, const char *target,
                        const char *outcome, uint64_t created)
{
    struct lt_buffer body = {.max = 1024};
    struct lt_buffer sealed = {.max = 8192};
    struct lt_error error = {0};
    lt_pack_map(&body, 3);
    lt_pack_text(&body, "outcome");
    lt_pack_text(&body, outcome);
    lt_pack_text(&body, "target");
    lt_pack_text(&body, target);
    lt_pack_text(&body, "at");
    lt_pack_uint(&body, created);
    struct lt_part part = {
        .from = lt_slice_of("loa.an-thuong.01"),
        .topic = lt_slice_of("$lt/receipts/van-phong"),
        .type = lt_slice_of("receipt.v1"),
        .created = created,
        .relation = LT_ANSWERS,
        .body = lt_buffer_slice(&body),
    };
    lt_id_make(created, part.id);
    memcpy(part.re, commune->id, LT_ID_SIZE);
    cr_assert_eq(lt_seal_part(key, &part, &sealed, &error), LT_DONE, "%s", error.text);
    lt_pack_bin(&commune->receipts, sealed.data, sealed.size);
    commune->receipt_count++;
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&body);
}

static struct roster read(const struct commune *commune)
{
    struct lt_buffer answer = {.max = 1 << 20};
    struct roster roster;
    struct lt_error error = {0};
    lt_pack_map(&answer, 6);
    lt_pack_text(&answer, "id");
    lt_pack_bin(&answer, commune->id, LT_ID_SIZE);
    lt_pack_text(&answer, "from");
    lt_pack_text(&answer, "van-phong");
    lt_pack_text(&answer, "topic");
    lt_pack_text(&answer, "xa/an-thuong/thong-bao");
    lt_pack_text(&answer, "stored");
    lt_pack_uint(&answer, cli_now());
    lt_pack_text(&answer, "roster");
    lt_pack_array(&answer, commune->row_count);
    lt_pack_raw(&answer, lt_buffer_slice(&commune->rows));
    lt_pack_text(&answer, "receipts");
    lt_pack_array(&answer, commune->receipt_count);
    lt_pack_raw(&answer, lt_buffer_slice(&commune->receipts));
    cr_assert_eq(roster_read(lt_buffer_slice(&answer), commune->book, &roster, &error), LT_DONE,
                 "%s", error.text);
    lt_buffer_clear(&answer);
    return roster;
}

static bool line_has(const struct roster_row *row, const char *text)
{
    setenv("LC_ALL", "C", 1); // whoever runs the tests
    struct lt_buffer line = {.max = 4096};
    roster_print(row, cli_now(), &line);
    lt_buffer_add(&line, "", 1);
    const bool has = strstr((const char *)line.data, text) != NULL;
    lt_buffer_clear(&line);
    return has;
}

Test(roster, a_speaker_that_played_it_is_named_with_the_time)
{
    struct commune commune = begin();
    char at[WHEN_SIZE];
    const uint64_t now = cli_now();
    add_row(&commune, "loa.an-thuong.01", "loa.an-thuong.01", "done");
    add_receipt(&commune, commune.speaker, "loa.an-thuong.01", "done", now);
    struct roster roster = read(&commune);
    when_short(now, now, at);
    cr_assert_eq(roster.count, 1);
    cr_assert(roster_is_done(&roster.rows[0]) && roster_is_final(&roster.rows[0]));
    cr_assert(line_has(&roster.rows[0], "loa.an-thuong.01 … played "));
    cr_assert(line_has(&roster.rows[0], at));
    roster_clear(&roster);
    end(&commune);
}

Test(roster, the_latest_receipt_counts_whatever_the_order)
{
    struct commune commune = begin();
    const uint64_t now = cli_now();
    add_row(&commune, "loa.an-thuong.01", "loa.an-thuong.01", "done");
    add_receipt(&commune, commune.speaker, "loa.an-thuong.01", "done", now);
    add_receipt(&commune, commune.speaker, "loa.an-thuong.01", "received", now - 1000);
    struct roster roster = read(&commune);
    cr_assert_str_eq(roster.rows[0].outcome, "done");
    roster_clear(&roster);
    end(&commune);
}

Test(roster, a_receipt_whose_seal_is_anothers_does_not_count)
{
    struct commune commune = begin();
    const uint64_t now = cli_now();
    add_row(&commune, "loa.an-thuong.01", "loa.an-thuong.01", "delivered");
    add_receipt(&commune, commune.stranger, "loa.an-thuong.01", "done", now);
    struct roster roster = read(&commune);
    cr_assert_neq(roster.rows[0].seal, LT_DONE);
    cr_assert_not(roster_is_done(&roster.rows[0]));
    cr_assert_not(roster_is_final(&roster.rows[0]));
    cr_assert(line_has(&roster.rows[0], "whose seal does not hold"));
    roster_clear(&roster);
    end(&commune);
}

Test(roster, a_forged_receipt_never_hides_a_genuine_one)
{
    struct commune commune = begin();
    const uint64_t now = cli_now();
    add_row(&commune, "loa.an-thuong.01", "loa.an-thuong.01", "done");
    add_receipt(&commune, commune.speaker, "loa.an-thuong.01", "done", now - 1000);
    add_receipt(&commune, commune.stranger, "loa.an-thuong.01", "failed", now);
    struct roster roster = read(&commune);
    cr_assert_str_eq(roster.rows[0].outcome, "done");
    cr_assert_eq(roster.rows[0].seal, LT_DONE);
    roster_clear(&roster);
    end(&commune);
}

Test(roster, who_is_not_on_it_is_shown_apart)
{
    struct commune commune = begin();
    add_row(&commune, "loa.an-thuong.01", "khu-a", "done");
    add_receipt(&commune, commune.speaker, "khu-b", "done", cli_now());
    struct roster roster = read(&commune);
    cr_assert_eq(roster.count, 2);
    cr_assert(roster.rows[0].expected && roster.rows[0].outcome == NULL);
    cr_assert_not(roster.rows[1].expected);
    cr_assert(line_has(&roster.rows[1], "not on the roster"));
    roster_clear(&roster);
    end(&commune);
}

Test(roster, what_the_hub_gave_up_is_told_with_its_reason)
{
    struct commune commune = begin();
    add_row(&commune, "loa.an-thuong.01", "loa.an-thuong.01", "gave-up");
    add_receipt(&commune, commune.speaker, "loa.an-thuong.01", "received", cli_now());
    struct roster roster = read(&commune);
    cr_assert(roster_is_final(&roster.rows[0]));
    cr_assert(line_has(&roster.rows[0], "given up (mất điện)"));
    roster_clear(&roster);
    end(&commune);
}

Test(roster, an_answer_that_is_none_is_refused)
{
    struct commune commune = begin();
    struct roster roster;
    static const uint8_t empty[] = {0x80};
    cr_assert_eq(roster_read((struct lt_slice){empty, 1}, commune.book, &roster, NULL),
                 LT_MALFORMED);
    roster_clear(&roster);
    end(&commune);
}
