// What the host gives its bridge and what it holds back, from a hub that a test holds in its hand.
#include "client_hub.h"

#include <poll.h>

#include "host.h"
#include "turn.h"

static const char SENDER[] = "van-phong";

// A bridge that only counts what it is given.
static size_t given_count;
static lt_delivery *given;
static char given_topic[LT_TOPIC_MAX + 1];

static void count_given(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    (void)state;
    given = delivery;
    given_count++;
    memcpy(given_topic, message->topic.data, message->topic.size);
    given_topic[message->topic.size] = '\0';
}

static const struct lt_bridge counting = {.deliver = count_given};

struct stage {
    struct hub hub;
    struct target target;
    struct lt_bridge_host host;
    struct lt_buffer grant;
    struct lt_ref sid;
};

static void stage_begin_in(struct stage *stage, bool clockless, const char *folder)
{
    *stage = (struct stage){0};
    given_count = 0;
    hub_init(&stage->hub);
    stage->grant = hub_grant(&stage->hub, SENDER, stage->hub.sender, 1, false);
    stage->target =
        (struct target){.name = (char *)"loa", .client = hub_client(&stage->hub, folder, 0)};
    stage->host.instance.bridge = &counting;
    stage->host.instance.identity.principal = (char *)"loa.xa.01";
    stage->host.types = lt_types_new(NULL);
    cr_assert_not_null(stage->host.types);
    stage->host.instance.settings.clockless = clockless;
    stage->host.targets = &stage->target;
    stage->host.target_count = 1;
    const char *pattern = "xa/#";
    const struct lt_subscription wanted = {
        .patterns = &pattern, .pattern_count = 1, .durable = "loa"};
    cr_assert_eq(lt_client_subscribe(stage->target.client, &wanted, &stage->target.sid, NULL, NULL),
                 LT_DONE);
    struct lt_slice grant = lt_buffer_slice(&stage->grant);
    hub_receive_client(&stage->hub, &grant, 1);
    hub_expect(&stage->hub, LT_SUBSCRIBE);
    stage->sid = stage->hub.frame.sid;
    hub_subscribed(&stage->hub, 0);
}

static void stage_begin(struct stage *stage, bool clockless)
{
    stage_begin_in(stage, clockless, NULL);
}

static void stage_end(struct stage *stage)
{
    while (stage->host.deliveries) {
        struct lt_delivery *first = stage->host.deliveries;
        delivery_free(&first);
    }
    lt_client_destroy(&stage->target.client, 0);
    lt_types_destroy(&stage->host.types);
    lt_buffer_clear(&stage->grant);
    hub_clear(&stage->hub);
}

// Delivered by the hub, and taken in by the host.
static void say_body(struct stage *stage, uint64_t seq, const char *topic, uint8_t priority,
                     const char *body)
{
    struct lt_part part = case_part(SENDER, topic, (uint64_t)zclock_time());
    struct lt_buffer sealed = {.max = 1 << 16};
    part.priority = priority;
    if (priority == LT_HOA_TOC)
        part.expires = part.created + 3600000;
    part.body = lt_slice_of(body);
    cr_assert_eq(lt_seal_part(stage->hub.sender, &part, &sealed, NULL), LT_DONE);
    hub_deliver(&stage->hub, &stage->sid, seq, 1, lt_buffer_slice(&sealed));
    struct lt_event *event = client_expect(stage->target.client, LT_EVENT_MESSAGE);
    intake_message(&stage->host, &stage->target, event);
    lt_event_destroy(&event);
    lt_buffer_clear(&sealed);
}

static void say(struct stage *stage, uint64_t seq, const char *topic, uint8_t priority)
{
    say_body(stage, seq, topic, priority, "\x81\xa4text\xa2ok");
}

static void tell_time(struct stage *stage)
{
    struct lt_buffer teller =
        hub_grant_of(&stage->hub, "hub", stage->hub.sender, 5, false, "$lt/time");
    struct lt_part part = case_part("hub", "$lt/time", (uint64_t)zclock_time());
    struct lt_buffer sealed = {.max = 1 << 16};
    part.type = lt_slice_of("time.v1");
    part.flags = LT_RETAIN;
    cr_assert_eq(lt_seal_part(stage->hub.sender, &part, &sealed, NULL), LT_DONE);
    struct lt_ref grants = lt_ref_of(1), time = lt_ref_of(2);
    hub_deliver(&stage->hub, &grants, 20, 1, lt_buffer_slice(&teller));
    hub_deliver(&stage->hub, &time, 21, 1, lt_buffer_slice(&sealed));
    lt_buffer_clear(&teller);
    lt_buffer_clear(&sealed);
}

Test(intake, gives_a_device_with_a_clock_its_messages_at_once)
{
    struct stage stage;
    stage_begin(&stage, false);
    say(&stage, 1, "xa/thong-bao", LT_THUONG);
    cr_assert_eq(given_count, 1);
    stage_end(&stage);
}

static void expect_outcome(struct stage *stage, uint64_t wanted_seq, enum lt_outcome wanted)
{
    uint64_t seq = 0;
    enum lt_outcome outcome = LT_ACK_WORKING;
    struct lt_slice detail;
    do
        hub_expect(&stage->hub, LT_ACK);
    while (!lt_ref_equal(&stage->hub.frame.sid, &stage->sid));
    struct lt_list list = lt_list_of(stage->hub.frame.list);
    cr_assert(lt_list_settled(&list, &seq, &outcome, &detail));
    cr_assert_eq(seq, wanted_seq);
    cr_assert_eq(outcome, wanted);
}

// What is tried again comes within its back-off, which is by chance.
static void wait_until_given(struct stage *stage, size_t count)
{
    uint64_t until = host_clock() + 20000;
    while (given_count < count && host_clock() < until) {
        intake_ask_again(&stage->host, host_clock());
        poll(NULL, 0, 5);
    }
    cr_assert_eq(given_count, count);
}

Test(intake, acknowledges_nothing_that_a_full_disk_keeps_it_from_noting)
{
    struct stage stage;
    char path[64];
    int folder = case_folder(path);
    stage_begin_in(&stage, false, path);
    stage.host.instance.settings.attempts = 5;
    say(&stage, 1, "xa/thong-bao", LT_THUONG);
    cr_assert_eq(given_count, 1);
    case_let_files_grow(0);
    lt_delivery_settle(&given, LT_DELIVERED, NULL);
    cr_assert_not_null(stage.host.deliveries, "it is not done with");
    say(&stage, 2, "xa/thong-bao", LT_THUONG); // life goes on
    cr_assert_eq(given_count, 2);
    lt_delivery_settle(&given, LT_AGAIN, NULL); // of this nothing is to be noted
    uint64_t later = host_clock() + HOST_CLOSE_MS;
    delivery_close_again(&stage.host, later);
    cr_assert_not_null(stage.host.deliveries, "there is no room yet");
    wait_until_given(&stage, 3); // the second one, tried again here: the first was done once
    cr_assert_str_eq(given_topic, "xa/thong-bao");
    case_let_files_grow(RLIM_INFINITY);
    delivery_close_again(&stage.host, later + HOST_CLOSE_MS);
    expect_outcome(&stage, 1, LT_ACK_DONE);
    lt_delivery_settle(&given, LT_DELIVERED, NULL);
    expect_outcome(&stage, 2, LT_ACK_DONE);
    cr_assert_null(stage.host.deliveries);
    cr_assert_eq(given_count, 3);
    stage_end(&stage);
    close(folder);
    case_remove(path);
}

Test(intake, what_cannot_be_noted_as_begun_waits_unless_it_is_an_alarm)
{
    struct stage stage;
    char path[64];
    int folder = case_folder(path);
    stage_begin_in(&stage, false, path);
    stage.host.ledger.folder = -1; // its disk is gone
    say(&stage, 1, "xa/thong-bao", LT_THUONG);
    cr_assert_eq(given_count, 1);
    cr_expect_not(lt_delivery_begin(&given));
    cr_expect_null(given);
    cr_assert_not_null(stage.host.deliveries, "it waits");
    say(&stage, 2, "xa/canh-bao", LT_HOA_TOC);
    cr_assert_eq(given_count, 2);
    cr_expect(lt_delivery_begin(&given));
    lt_delivery_settle(&given, LT_DELIVERED, NULL);
    expect_outcome(&stage, 2, LT_ACK_DONE);
    char ledger[80];
    snprintf(ledger, sizeof ledger, "%s/ledger", path);
    cr_assert_eq(ledger_open(ledger, &stage.host.ledger, NULL), LT_DONE);
    cr_assert_gt(stage.host.deliveries->not_before, host_clock());
    stage.host.deliveries->not_before = host_clock();
    wait_until_given(&stage, 3);
    cr_expect(lt_delivery_begin(&given));
    cr_expect_not(lt_delivery_was_cut_off(given));
    lt_delivery_settle(&given, LT_DELIVERED, NULL);
    expect_outcome(&stage, 1, LT_ACK_DONE);
    ledger_close(&stage.host.ledger);
    cr_expect_eq(rmdir(ledger), 0, "what is done is ended in it");
    stage_end(&stage);
    close(folder);
    case_remove(path);
}

Test(intake, gives_up_what_does_not_fit_its_type_whatever_the_hub_let_through)
{
    struct stage stage;
    uint64_t seq;
    enum lt_outcome outcome;
    struct lt_slice detail;
    stage_begin(&stage, false);
    say_body(&stage, 1, "xa/thong-bao", LT_THUONG, "\x81\xa4text\x07");
    cr_assert_eq(given_count, 0);
    do // the grant's own acknowledgement comes first
        hub_expect(&stage.hub, LT_ACK);
    while (!lt_ref_equal(&stage.hub.frame.sid, &stage.sid));
    struct lt_list list = lt_list_of(stage.hub.frame.list);
    cr_assert(lt_list_settled(&list, &seq, &outcome, &detail));
    cr_assert_eq(seq, 1);
    cr_assert_eq(outcome, LT_ACK_GAVE_UP);
    cr_assert(detail.size >= 9 && memcmp(detail.data, "body.text", 9) == 0);
    stage_end(&stage);
}

Test(intake, without_a_clock_holds_what_is_routine_until_the_time_is_heard_and_obeys_what_is_urgent)
{
    struct stage stage;
    stage_begin(&stage, true);
    say(&stage, 1, "xa/thong-bao", LT_THUONG);
    cr_assert_eq(given_count, 0);
    say(&stage, 2, "xa/canh-bao", LT_KHAN);
    cr_assert_eq(given_count, 1);
    cr_assert_str_eq(given_topic, "xa/canh-bao");
    intake_ask_again(&stage.host, host_clock() + 2 * HOST_ASK_MS);
    cr_assert_eq(given_count, 1);
    tell_time(&stage);
    say(&stage, 3, "xa/sau", LT_THUONG); // what is said before it has been read
    cr_assert_eq(given_count, 2);
    intake_ask_again(&stage.host, host_clock() + 2 * HOST_ASK_MS);
    cr_assert_eq(given_count, 3);
    cr_assert_str_eq(given_topic, "xa/thong-bao");
    stage_end(&stage);
}

Test(intake, what_is_held_leaves_credit_for_the_others)
{
    struct stage stage;
    stage_begin(&stage, true);
    for (uint64_t seq = 1; seq <= HOST_HOLD + 8; seq++)
        say(&stage, seq, "xa/thong-bao", LT_THUONG);
    size_t held = 0;
    for (const struct lt_delivery *at = stage.host.deliveries; at; at = at->next)
        held++;
    cr_assert_eq(held, HOST_HOLD);
    stage_end(&stage);
}

Test(intake, tries_again_here_and_gives_up_when_its_attempts_are_used_up)
{
    struct stage stage;
    stage_begin(&stage, false);
    stage.host.instance.settings.attempts = 2;
    say(&stage, 1, "xa/thong-bao", LT_THUONG);
    lt_delivery_settle(&given, LT_AGAIN, "not now");
    wait_until_given(&stage, 2);
    lt_delivery_settle(&given, LT_AGAIN, "not now");
    expect_outcome(&stage, 1, LT_ACK_GAVE_UP);
    cr_assert_null(stage.host.deliveries);
    stage_end(&stage);
}

Test(intake, what_the_far_side_asks_to_wait_for_uses_up_no_attempt)
{
    struct stage stage;
    stage_begin(&stage, false);
    stage.host.instance.settings.attempts = 1;
    say(&stage, 1, "xa/thong-bao", LT_THUONG);
    for (size_t count = 2; count <= 5; count++) {
        uint64_t asked = host_clock();
        lt_delivery_again_in(&given, 30, "429");
        wait_until_given(&stage, count);
        cr_assert_geq(host_clock(), asked + 30);
    }
    lt_delivery_settle(&given, LT_DELIVERED, NULL);
    expect_outcome(&stage, 1, LT_ACK_DONE);
    stage_end(&stage);
}

Test(intake, a_rate_holds_what_is_routine_back_and_lets_the_most_urgent_go_first)
{
    struct stage stage;
    stage_begin(&stage, false);
    lt_pace_init(&stage.target.pace,
                 &(struct lt_pace_limit){.count = 1, .period_ms = 400, .burst = 1});
    say(&stage, 1, "xa/mot", LT_THUONG);
    cr_assert_eq(given_count, 1);
    say(&stage, 2, "xa/hai", LT_THUONG);
    say(&stage, 3, "xa/ba", LT_HOA_TOC);
    cr_assert_eq(given_count, 1);
    cr_assert_leq(turn_next(&stage.host, UINT64_MAX), host_clock() + 400);
    wait_until_given(&stage, 2);
    cr_assert_str_eq(given_topic, "xa/ba");
    wait_until_given(&stage, 3);
    cr_assert_str_eq(given_topic, "xa/hai");
    cr_assert_eq(stage.target.figures.rate_waits, 2);
    stage_end(&stage);
}

Test(intake, while_the_breaker_is_open_nothing_is_given_and_no_attempt_is_used_up)
{
    struct stage stage;
    stage_begin(&stage, false);
    stage.host.instance.settings.attempts = 1;
    lt_breaker_init(
        &stage.target.breaker,
        &(struct lt_breaker_limit){.failures = 1, .rest_ms = 300, .most_ms = 300, .try_ms = 60000});
    say(&stage, 1, "xa/mot", LT_THUONG);
    lt_delivery_settle(&given, LT_AGAIN, "nobody there"); // its only attempt
    expect_outcome(&stage, 1, LT_ACK_GAVE_UP);
    uint64_t opened = host_clock();
    say(&stage, 2, "xa/hai", LT_THUONG_KHAN);
    say(&stage, 3, "xa/ba", LT_THUONG);
    cr_assert_eq(given_count, 1);
    wait_until_given(&stage, 2); // one alone, to try
    cr_assert_geq(host_clock(), opened + 290);
    cr_assert_str_eq(given_topic, "xa/hai");
    intake_ask_again(&stage.host, host_clock());
    cr_assert_eq(given_count, 2);
    lt_delivery_settle(&given, LT_DELIVERED, NULL);
    wait_until_given(&stage, 3);
    cr_assert_str_eq(stage.host.health.ill[0] ? "told" : "", "told");
    stage_end(&stage);
}

// A card that failed all night was put right a moment ago.
Test(intake, life_and_property_is_tried_at_once_though_the_breaker_is_open)
{
    struct stage stage;
    stage_begin(&stage, false);
    lt_breaker_init(&stage.target.breaker,
                    &(struct lt_breaker_limit){
                        .failures = 1, .rest_ms = 600000, .most_ms = 600000, .try_ms = 60000});
    stage.host.instance.settings.attempts = 1;
    say(&stage, 1, "xa/mot", LT_THUONG);
    lt_delivery_settle(&given, LT_AGAIN, "nobody there");
    say(&stage, 2, "xa/hai", LT_THUONG);
    cr_assert_eq(given_count, 1);
    say(&stage, 3, "xa/ba", LT_HOA_TOC);
    cr_assert_eq(given_count, 2);
    cr_assert_str_eq(given_topic, "xa/ba");
    lt_delivery_settle(&given, LT_DELIVERED, NULL); // it is there: the others need not wait either
    wait_until_given(&stage, 3);
    cr_assert_str_eq(given_topic, "xa/hai");
    stage_end(&stage);
}

static void rests_for_ten_minutes(struct stage *stage)
{
    lt_breaker_init(&stage->target.breaker,
                    &(struct lt_breaker_limit){
                        .failures = 1, .rest_ms = 600000, .most_ms = 600000, .try_ms = 60000});
    say(stage, 1, "xa/mot", LT_THUONG);
    lt_delivery_settle(&given, LT_AGAIN, "nobody there");
    cr_assert_eq(stage->target.breaker.state, LT_BREAKER_OPEN);
}

// The card was away for an hour, and answers again.
Test(intake, what_rests_is_given_at_once_when_the_far_side_is_seen_to_be_back)
{
    struct stage stage;
    stage_begin(&stage, false);
    stage.host.instance.settings.attempts = 1;
    rests_for_ten_minutes(&stage);
    say(&stage, 2, "xa/hai", LT_THUONG_KHAN);
    intake_ask_again(&stage.host, host_clock());
    cr_assert_eq(given_count, 1, "it rests");
    lt_bridge_is_back(&stage.host, "somebody else", "he is there");
    intake_ask_again(&stage.host, host_clock());
    cr_assert_eq(given_count, 1);
    lt_bridge_is_back(&stage.host, stage.target.name, "it answers");
    cr_assert_leq(turn_next(&stage.host, UINT64_MAX), host_clock(), "the loop does not sleep");
    intake_ask_again(&stage.host, host_clock());
    cr_assert_eq(given_count, 2);
    cr_assert_str_eq(given_topic, "xa/hai");
    lt_delivery_settle(&given, LT_DELIVERED, NULL);
    stage_end(&stage);
}

Test(intake, what_is_urgent_waits_for_no_back_off_then_but_keeps_its_last_attempt)
{
    struct stage stage;
    stage_begin(&stage, false);
    stage.host.instance.settings.attempts = 3;
    for (unsigned priority = LT_THUONG; priority <= LT_THUONG_KHAN; priority += 2) {
        say(&stage, (uint8_t)(priority + 1), "xa/mot", (uint8_t)priority);
        lt_delivery_settle(&given, LT_AGAIN, "nobody there");
    }
    struct lt_delivery *routine = stage.host.deliveries, *urgent = routine->next;
    if (routine->sealed.part.priority != LT_THUONG) {
        urgent = routine;
        routine = urgent->next;
    }
    routine->not_before = urgent->not_before = host_clock() + 600000;
    lt_bridge_is_back(&stage.host, NULL, "it answers");
    intake_ask_again(&stage.host, host_clock());
    cr_assert_eq(given_count, 3);
    cr_assert_eq(given, urgent);
    cr_expect_gt(routine->not_before, host_clock());
    lt_delivery_settle(&given, LT_AGAIN, "nobody there");
    urgent->not_before = host_clock() + 600000;
    lt_bridge_is_back(&stage.host, NULL, "it answers");
    intake_ask_again(&stage.host, host_clock());
    cr_expect_eq(given_count, 3, "what comes and goes does not use up all attempts");
    stage_end(&stage);
}

// A card that dies in the flood: the alarm is heard all the same.
Test(intake, where_the_disk_cannot_be_read_what_is_routine_waits_and_an_alarm_does_not)
{
    struct stage stage;
    stage_begin(&stage, false);
    stage.host.ledger.path = (char *)"/dev/null/ledger";
    say(&stage, 1, "xa/mot", LT_THUONG);
    cr_assert_eq(given_count, 0);
    say(&stage, 2, "xa/hai", LT_HOA_TOC);
    cr_assert_eq(given_count, 1);
    cr_assert_str_eq(given_topic, "xa/hai");
    cr_assert(stage.host.health.is_ill);
    stage_end(&stage);
}
