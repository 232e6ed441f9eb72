// Several outlets at once: one that fails, one that nobody hears, and what is said of them.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"

enum { SAMPLES = 1000 };

// Takes ten samples a ms, fails at `fails_at`, and has what is set spoken against it.
struct fake {
    struct outlet outlet;
    size_t fails_at; // SIZE_MAX: never
    bool fails_to_start;
    const char *doubt;
    const struct sound *sound;
    uint64_t begun;
    size_t at;
    unsigned starts, stops, drains;
};

static struct fake *fake_of(struct outlet *outlet)
{
    return (struct fake *)outlet;
}

static enum lt_code start_fake(struct outlet *outlet, const struct sound *sound,
                               const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    struct fake *own = fake_of(outlet);
    (void)cue;
    own->starts++;
    own->sound = sound;
    own->begun = now;
    own->at = 0;
    return own->fails_to_start ? lt_fail(error, LT_IO, "it is away") : LT_DONE;
}

static enum outlet_state turn_fake(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct fake *own = fake_of(outlet);
    size_t due = (size_t)(now - own->begun) * 10;
    own->at = due < own->sound->count ? due : own->sound->count;
    if (own->at >= own->fails_at) {
        own->at = own->fails_at;
        lt_fail(error, LT_IO, "it has gone");
        return OUTLET_FAILED;
    }
    return own->at == own->sound->count ? OUTLET_ENDED : OUTLET_PLAYS;
}

static size_t stop_fake(struct outlet *outlet)
{
    fake_of(outlet)->stops++;
    return fake_of(outlet)->at;
}

static enum outlet_state drain_fake(struct outlet *outlet, uint64_t now)
{
    (void)now;
    return ++fake_of(outlet)->drains < 2 ? OUTLET_PLAYS : OUTLET_ENDED;
}

static const char *doubt_fake(const struct outlet *outlet)
{
    return ((const struct fake *)outlet)->doubt;
}

static void destroy_fake(struct outlet *outlet)
{
    (void)outlet;
}

static const struct outlet_kind heard_kind = {.start = start_fake,
                                              .turn = turn_fake,
                                              .stop = stop_fake,
                                              .drain = drain_fake,
                                              .doubt = doubt_fake,
                                              .destroy = destroy_fake};
static const struct outlet_kind amplified_kind = {.start = start_fake,
                                                  .turn = turn_fake,
                                                  .stop = stop_fake,
                                                  .drain = drain_fake,
                                                  .is_amplified = true,
                                                  .destroy = destroy_fake};
static const struct outlet_kind record_kind = {.start = start_fake,
                                               .turn = turn_fake,
                                               .stop = stop_fake,
                                               .drain = drain_fake,
                                               .is_record = true,
                                               .destroy = destroy_fake};

static struct fake fake(const struct outlet_kind *kind)
{
    return (struct fake){.outlet.kind = kind, .fails_at = SIZE_MAX};
}

static void add(struct player *player, struct fake *fake, const char *name)
{
    struct outlet *outlet = &fake->outlet;
    player_add(player, &outlet, name);
    cr_assert_null(outlet);
}

static enum lt_code start(struct player *player, const struct sound *sound, struct lt_error *error)
{
    return player_start(player, sound, &(struct outlet_cue){.name = "one"}, 1000, error);
}

static const struct sound sound = {.count = SAMPLES};

Test(player, goes_on_where_one_outlet_fails_and_names_it)
{
    struct player player = {0};
    struct fake good = fake(&heard_kind), bad = fake(&heard_kind);
    char why[PLAYER_TEXT];
    bad.fails_at = 300;
    add(&player, &bad, "rtp");
    add(&player, &good, "card");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1050, NULL), OUTLET_PLAYS);
    cr_expect_eq(player_turn(&player, 1060, NULL), OUTLET_PLAYS);
    cr_expect_eq(bad.stops, 1, "it is stopped");
    cr_expect_eq(good.stops, 0, "the other is not");
    cr_expect(player.drains);
    player_drain(&player, 1070);
    player_drain(&player, 1080);
    cr_expect_eq(bad.drains, 2, "until it is silent");
    cr_expect_eq(good.drains, 0);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect_eq(player.heard, SAMPLES);
    cr_expect(player_was_heard(&player, why));
    cr_expect_str_eq(why, "không phát được qua rtp: it has gone");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(bad.starts, 2, "the next sound tries it again");
    bad.fails_at = SIZE_MAX;
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect(player_was_heard(&player, why));
    cr_expect_str_empty(why);
    player_clear(&player);
}

Test(player, fails_when_every_outlet_has_failed)
{
    struct player player = {0};
    struct lt_error error = {0};
    struct fake first = fake(&heard_kind), second = fake(&heard_kind);
    char why[PLAYER_TEXT];
    first.fails_at = 300;
    second.fails_at = 600;
    add(&player, &first, "card");
    add(&player, &second, "rtp");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1040, &error), OUTLET_PLAYS);
    cr_expect_eq(player_turn(&player, 1070, &error), OUTLET_FAILED);
    cr_expect_eq(error.code, LT_IO);
    cr_expect_eq(player.heard, 600, "the longest of what was heard");
    cr_expect_not(player_was_heard(&player, why));
    cr_expect_str_eq(why,
                     "không phát được qua card: it has gone; không phát được qua rtp: it has gone");
    player_clear(&player);
}

Test(player, fails_at_once_only_when_no_outlet_begins)
{
    struct player player = {0};
    struct lt_error error = {0};
    struct fake away = fake(&heard_kind), there = fake(&heard_kind);
    away.fails_to_start = true;
    add(&player, &away, "card");
    cr_expect_eq(start(&player, &sound, &error), LT_IO);
    cr_expect_str_eq(error.text, "it is away");
    cr_expect_not(player.plays);
    add(&player, &there, "rtp");
    cr_expect_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1050, NULL), OUTLET_PLAYS);
    player_stop(&player);
    cr_expect_eq(player.heard, 500);
    cr_expect_eq(away.stops, 0, "what has not begun is not stopped");
    player_clear(&player);
}

Test(player, a_record_does_not_stand_for_what_people_hear)
{
    struct player player = {0};
    struct fake card = fake(&heard_kind), file = fake(&record_kind);
    struct lt_error error = {0};
    char why[PLAYER_TEXT];
    card.fails_at = 300;
    add(&player, &card, "card");
    add(&player, &file, "file");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1050, &error), OUTLET_FAILED);
    cr_expect_eq(player.heard, 300);
    cr_expect_eq(file.stops, 1);
    card.fails_at = SIZE_MAX;
    file.fails_at = 300;
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1050, NULL), OUTLET_PLAYS, "without the record it goes on");
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect(player_was_heard(&player, why));
    cr_expect_str_eq(why, "không phát được qua file: it has gone");
    player_clear(&player);
}

Test(player, a_record_alone_is_all_there_is)
{
    struct player player = {0};
    struct fake file = fake(&record_kind);
    char why[PLAYER_TEXT];
    add(&player, &file, "file");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect(player_was_heard(&player, why));
    file.fails_at = 300;
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_FAILED);
    player_clear(&player);
}

Test(player, what_all_outlets_doubt_was_not_heard)
{
    struct player player = {0};
    struct fake stream = fake(&heard_kind), card = fake(&heard_kind), file = fake(&record_kind);
    char why[PLAYER_TEXT];
    stream.doubt = "không có ai nghe luồng";
    add(&player, &stream, "icecast");
    add(&player, &file, "file");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect_not(player_was_heard(&player, why));
    cr_expect_str_eq(why, "icecast: không có ai nghe luồng");
    add(&player, &card, "card");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect(player_was_heard(&player, why), "somebody has heard it at the card");
    cr_expect_str_eq(why, "icecast: không có ai nghe luồng");
    card.fails_at = 10;
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect_not(player_was_heard(&player, why));
    player_clear(&player);
}

Test(player, what_the_station_has_not_heard_says_nothing_of_a_stream)
{
    struct player player = {0};
    struct fake card = fake(&amplified_kind), stream = fake(&heard_kind), file = fake(&record_kind);
    char why[PLAYER_TEXT];
    add(&player, &card, "card");
    add(&player, &file, "file");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    player_doubt(&player, "ampli đang tắt tiếng");
    cr_expect_not(player_was_heard(&player, why));
    cr_expect_str_eq(why, "card: ampli đang tắt tiếng");
    add(&player, &stream, "icecast");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect(player_was_heard(&player, why), "each sound anew");
    cr_expect_str_empty(why);
    player_doubt(&player, "ampli đang tắt tiếng");
    cr_expect(player_was_heard(&player, why));
    cr_expect_str_eq(why, "card: ampli đang tắt tiếng");
    player_clear(&player);
}

Test(player, where_nothing_is_amplified_the_station_stands_for_all)
{
    struct player player = {0};
    struct fake stream = fake(&heard_kind);
    char why[PLAYER_TEXT];
    add(&player, &stream, "rtp");
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    player_doubt(&player, "ampli đang tắt tiếng");
    cr_expect_not(player_was_heard(&player, why));
    player_clear(&player);
}

Test(player, goes_on_later_where_the_longest_was)
{
    struct player player = {0};
    struct fake late = fake(&heard_kind), card = fake(&heard_kind), bad = fake(&heard_kind);
    add(&player, &late, "icecast");
    add(&player, &card, "card");
    add(&player, &bad, "rtp");
    bad.fails_at = 900;
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    late.begun = 1080; // it had to connect anew
    cr_expect_eq(player_turn(&player, 1095, NULL), OUTLET_PLAYS);
    player_stop(&player);
    cr_expect_eq(player.heard, 950);
    player_clear(&player);
}

Test(player, holds_eight_outlets_and_says_what_is_wrong_with_each)
{
    struct player player = {0};
    struct fake fakes[PLAYER_OUTLETS];
    char why[PLAYER_TEXT];
    for (size_t i = 0; i < PLAYER_OUTLETS; i++) {
        fakes[i] = fake(&heard_kind);
        fakes[i].doubt = "loa đã bị tắt tiếng từ sáng, không một ai trong ấp nghe được gì cả; gọi "
                         "cho ông Tám ở trạm";
        add(&player, &fakes[i], "mqtt:an-thanh-1/an-thuong/loa/mot-cai-ten-dai-hon-cho-cua-no/x/y");
        cr_expect_lt(strlen(player.outlets[i].name), PLAYER_NAME);
    }
    cr_assert_eq(start(&player, &sound, NULL), LT_DONE);
    cr_expect_eq(player_turn(&player, 1100, NULL), OUTLET_ENDED);
    cr_expect_not(player_was_heard(&player, why));
    cr_expect_gt(strlen(why), PLAYER_TEXT - 5, "cut, and no more");
    cr_expect(lt_utf8_valid(lt_slice_of(why)), "not within a character");
    player_clear(&player);
}
