// What is wrong with outlets that make no sound, and what the amplifier's contact says: health and state. The host, its timer and
// the publishing of the state are the test's own.
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "turns.h"
#include "zone.h"

struct lt_timer {
    lt_timer_due *due;
    void *user;
};

static char health[1024], state[32];
static unsigned states;
static struct lt_timer timer;

void lt_bridge_well(lt_bridge_host *host, const char *what)
{
    (void)host, (void)what;
    snprintf(health, sizeof health, "well");
}

void lt_bridge_ill(lt_bridge_host *host, const char *what)
{
    (void)host;
    snprintf(health, sizeof health, "%s", what);
}

static unsigned backs;

void lt_bridge_is_back(lt_bridge_host *host, const char *target, const char *why)
{
    (void)host;
    cr_expect_str_eq(target, "san-dinh");
    cr_expect_not_null(why);
    backs++;
}

lt_timer *lt_timer_new(lt_bridge_host *host, lt_timer_due *due, void *user)
{
    (void)host;
    timer = (struct lt_timer){due, user};
    return &timer;
}

void lt_timer_set(lt_timer *own, int64_t ms)
{
    cr_assert(own == &timer && ms > 0 && ms <= 2000, "about once a second");
}

void lt_timer_destroy(lt_timer **own)
{
    *own = NULL;
}

void turns_tell_state(struct zone *zone, const char *to)
{
    zone->state.state = to;
    snprintf(state, sizeof state, "%s", to);
    states++;
}

struct fake {
    struct outlet outlet;
    const char *fault, *doubt;
    unsigned returns;
    bool fails;
};

static enum lt_code start_fake(struct outlet *outlet, const struct sound *sound,
                               const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    (void)sound, (void)cue, (void)now;
    return ((struct fake *)outlet)->fails ? lt_fail(error, LT_IO, "it has gone") : LT_DONE;
}

static enum outlet_state turn_fake(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    (void)outlet, (void)now, (void)error;
    return OUTLET_ENDED;
}

static size_t stop_fake(struct outlet *outlet)
{
    (void)outlet;
    return 0;
}

static enum outlet_state drain_fake(struct outlet *outlet, uint64_t now)
{
    (void)outlet, (void)now;
    return OUTLET_ENDED;
}

static const char *fault_fake(const struct outlet *outlet)
{
    return ((const struct fake *)outlet)->fault;
}

static const char *doubt_fake(const struct outlet *outlet)
{
    return ((const struct fake *)outlet)->doubt;
}

static unsigned returns_fake(const struct outlet *outlet)
{
    return ((const struct fake *)outlet)->returns;
}

static void destroy_fake(struct outlet *outlet)
{
    (void)outlet;
}

#define KIND(...)                                                                                  \
    {                                                                                              \
        .start = start_fake, .turn = turn_fake, .stop = stop_fake, .drain = drain_fake,            \
        .fault = fault_fake, .doubt = doubt_fake, .destroy = destroy_fake, __VA_ARGS__             \
    }
static const struct outlet_kind card_kind = KIND(.is_amplified = true, .returns = returns_fake);
static const struct outlet_kind stream_kind = KIND(.is_amplified = false);
static const struct outlet_kind file_kind = KIND(.is_record = true);

static struct fake card, stream, file;
static struct speaker speaker;
static struct zone zone;

static void add(struct fake *fake, const struct outlet_kind *kind, const char *name)
{
    struct outlet *outlet = &fake->outlet;
    outlet->kind = kind;
    player_add(&zone.player, &outlet, name);
}

static void open_zone(void)
{
    speaker.zone_count = 1;
    zone = (struct zone){.speaker = &speaker, .name = "san-dinh", .state.state = "idle"};
    cr_assert_eq(faults_open(&zone, NULL), LT_DONE);
}

static void close_zone(void)
{
    faults_close(&zone);
    player_clear(&zone.player);
}

static void second(void)
{
    timer.due(timer.user);
}

static void play(void)
{
    static const struct sound sound = {.count = 100};
    if (player_start(&zone.player, &sound, &(struct outlet_cue){.name = "one"}, 0, NULL) == LT_DONE)
        (void)player_turn(&zone.player, 1, NULL);
    faults_of_sound(&zone);
    second();
}

TestSuite(faults, .init = open_zone, .fini = close_zone);

Test(faults, of_the_only_outlet_are_told_and_their_end_too)
{
    add(&card, &card_kind, "card");
    second();
    cr_expect_eq(states, 0, "nothing is new");
    card.fault = "it is away";
    second();
    cr_expect_str_eq(health, "card: it is away");
    cr_expect_str_eq(state, "fault");
    second();
    cr_expect_eq(states, 1, "once");
    card.fault = NULL;
    second();
    cr_expect_str_eq(health, "well");
    cr_expect_str_eq(state, "idle");
}

Test(faults, of_one_among_several_leave_it_speaking)
{
    add(&card, &card_kind, "card");
    add(&stream, &stream_kind, "icecast");
    card.fault = "it is away";
    second();
    cr_expect_str_eq(health, "card: it is away");
    cr_expect_str_eq(state, "idle");
    stream.fault = "the password is refused";
    second();
    cr_expect_str_eq(health, "card: it is away; icecast: the password is refused");
    cr_expect_str_eq(state, "fault");
}

Test(faults, of_a_record_are_told_behind_those_that_people_hear)
{
    add(&file, &file_kind, "file");
    add(&card, &card_kind, "card");
    file.fault = "the disk is full";
    second();
    cr_expect_str_eq(state, "idle");
    card.fault = "it is away";
    second();
    cr_expect_str_eq(health, "card: it is away; file: the disk is full");
}

Test(faults, of_the_last_sound_stay_until_it_plays_again)
{
    add(&card, &card_kind, "card");
    card.fails = true;
    play();
    cr_expect_str_eq(health, "card: it has gone");
    cr_expect_str_eq(state, "fault");
    second();
    cr_expect_str_eq(health, "card: it has gone", "its silence is no evidence");
    card.fails = false;
    card.doubt = "không ai nghe";
    play();
    cr_expect_str_eq(health, "card: không ai nghe");
    card.doubt = NULL;
    play();
    cr_expect_str_eq(health, "well");
    cr_expect_str_eq(state, "idle");
}

Test(faults, what_was_away_and_is_back_is_well)
{
    add(&card, &card_kind, "card");
    card.fails = true;
    play();
    card.fault = "it is away";
    second();
    card.fault = NULL;
    second();
    cr_expect_str_eq(health, "well");
    cr_expect_str_eq(state, "idle");
}

// What waits for it in the host is then given at once.
Test(faults, the_host_hears_once_of_each_return)
{
    add(&stream, &stream_kind, "rtp");
    add(&file, &file_kind, "file");
    second();
    second();
    cr_expect_eq(backs, 0, "it was there all the time");
    stream.fault = file.fault = "it is away";
    second();
    second();
    file.fault = NULL;
    second();
    cr_expect_eq(backs, 0, "nobody hears a record");
    stream.fault = NULL;
    second();
    second();
    cr_expect_eq(backs, 1);
}

Test(faults, of_a_return_that_an_outlet_knows_better_it_is_the_judge)
{
    add(&card, &card_kind, "card");
    card.fault = "it is away";
    second();
    card.fault = NULL;
    second();
    cr_expect_eq(backs, 0, "nobody would hear it yet");
    card.returns++;
    second();
    second();
    cr_expect_eq(backs, 1);
    faults_contact(&zone, CONTACT_MUTED);
    card.returns++;
    second();
    cr_expect_eq(backs, 1, "it is there, but nobody would hear it");
    faults_contact(&zone, CONTACT_LOUD);
    cr_expect_eq(backs, 2);
    faults_contact(&zone, CONTACT_LOUD);
    second();
    cr_expect_eq(backs, 2);
}

Test(faults, a_muted_amplifier_is_told_until_it_is_loud)
{
    add(&card, &card_kind, "card");
    faults_contact(&zone, CONTACT_MUTED);
    second();
    cr_expect_str_eq(health, "ampli: đang tắt tiếng");
    cr_expect_str_eq(state, "fault");
    cr_expect(zone.state.muted);
    player_doubt(&zone.player, "ampli tắt tiếng");
    zone.player.outlets[0].heard = 1;
    faults_of_sound(&zone);
    cr_expect_str_eq(health, "ampli: đang tắt tiếng; card: ampli tắt tiếng");
    faults_contact(&zone, CONTACT_LOUD);
    second();
    cr_expect_str_eq(health, "well", "it needs no next sound for that");
    cr_expect_str_eq(state, "idle");
    cr_expect_not(zone.state.muted);
}

Test(faults, a_muted_amplifier_does_not_silence_a_stream)
{
    add(&card, &card_kind, "card");
    add(&stream, &stream_kind, "icecast");
    faults_contact(&zone, CONTACT_MUTED);
    second();
    cr_expect_str_eq(state, "idle");
    faults_contact(&zone, CONTACT_UNKNOWN);
    second();
    cr_expect_str_eq(health, "well", "what does not speak is not muted");
}

Test(faults, one_health_of_several_zones_names_them)
{
    speaker.zone_count = 2;
    add(&card, &card_kind, "card");
    card.fault = "it is away";
    second();
    cr_expect_str_eq(health, "san-dinh, card: it is away");
}

Test(faults, are_told_again_in_time_where_another_has_said_that_all_is_well)
{
    add(&card, &card_kind, "card");
    card.fault = "it is away";
    second();
    lt_bridge_well(NULL, "the grant is in force again");
    for (int i = 0; i < 10; i++)
        second();
    cr_expect_str_eq(health, "card: it is away");
}
