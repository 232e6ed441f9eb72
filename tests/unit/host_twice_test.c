// An identity that runs twice, as its host takes the hub's word of it: ill, and asking again later and later.
#include "client_hub.h"

#include <poll.h>

#include "host.h"

static const struct lt_bridge silent = {0};

struct stage {
    struct hub hub;
    struct lt_bridge_host host;
    struct target target;
    const char *pattern;
};

static void stage_begin(struct stage *stage, int64_t health_every_ms)
{
    *stage = (struct stage){.pattern = "xa/#"};
    stage->target.name = (char *)"loa";
    stage->target.patterns = (struct lt_option_list){.items = (char **)&stage->pattern, .count = 1};
    stage->host.instance.bridge = &silent;
    stage->host.instance.settings.health_every_ms = health_every_ms;
    stage->host.targets = &stage->target;
    stage->host.target_count = 1;
}

// Half of the wait at least, and the whole at most.
static void expect_wait(struct stage *stage, uint64_t wait)
{
    uint64_t before = host_clock();
    twice_taken(&stage->host, &stage->target, "this identity runs twice: from 192.0.2.7");
    cr_expect_geq(stage->target.twice.ask_at, before + wait / 2);
    cr_expect_leq(stage->target.twice.ask_at, host_clock() + wait);
}

Test(twice, is_asked_for_after_30_s_at_first_and_every_5_minutes_at_last)
{
    struct stage stage;
    stage_begin(&stage, 300000);
    expect_wait(&stage, 30000);
    expect_wait(&stage, 60000);
    expect_wait(&stage, 120000);
    expect_wait(&stage, 240000);
    for (int i = 0; i < 300; i++)
        expect_wait(&stage, 300000);
    stage_begin(&stage, 86400000); // whoever tells its health once a day hears again as soon
    expect_wait(&stage, 30000);
}

Test(twice, is_ill_until_nobody_has_taken_it_for_longer_than_the_other_waits)
{
    struct stage stage;
    stage_begin(&stage, 300000);
    twice_back(&stage.host, &stage.target); // as at each start
    cr_expect_eq(stage.target.twice.why.code, LT_DONE);
    cr_expect_eq(stage.target.twice.calm_at, 0);
    expect_wait(&stage, 30000);
    twice_back(&stage.host, &stage.target);
    uint64_t calm_at = stage.target.twice.calm_at;
    cr_expect_gt(calm_at, host_clock() + 300000);
    twice_turn(&stage.host, calm_at - 1);
    cr_expect_eq(stage.target.twice.why.code, LT_TAKEN_OVER);
    expect_wait(&stage, 60000); // taken again meanwhile: later
    cr_expect_eq(stage.target.twice.calm_at, 0);
    twice_back(&stage.host, &stage.target);
    stage.host.health.changed = false;
    twice_turn(&stage.host, stage.target.twice.calm_at);
    cr_expect_eq(stage.target.twice.why.code, LT_DONE);
    cr_expect(stage.host.health.changed);
    expect_wait(&stage, 30000); // another time
}

static void expect_asked(struct stage *stage)
{
    struct lt_slice durable = {0};
    hub_expect(&stage->hub, LT_SUBSCRIBE);
    cr_assert(lt_map_str(stage->hub.frame.args, "durable", &durable));
    cr_assert(lt_slice_is(durable, "loa"));
    hub_subscribed(&stage->hub, 0);
}

static void wait_for_events(struct stage *stage, const bool *wanted, bool value)
{
    int64_t until = zclock_mono() + HUB_WAIT_MS;
    while (*wanted != value && zclock_mono() < until) {
        struct pollfd wait = {.fd = lt_client_fd(stage->target.client), .events = POLLIN};
        (void)events_take(&stage->host);
        if (*wanted != value)
            (void)poll(&wait, 1, 20);
    }
    cr_assert_eq(*wanted, value);
}

Test(twice, asks_the_hub_when_the_time_has_come_and_not_before)
{
    struct stage stage;
    stage_begin(&stage, 300000);
    hub_init(&stage.hub);
    stage.target.client = hub_client(&stage.hub, NULL, 0);
    cr_assert_eq(host_subscribe(&stage.host, &stage.target, NULL), LT_DONE);
    hub_receive_client(&stage.hub, NULL, 0);
    expect_asked(&stage);
    struct lt_frame taken = {.op = LT_SUBSCRIBED,
                             .ref = stage.hub.frame.ref,
                             .code = LT_TAKEN_OVER,
                             .text = lt_slice_of("this identity runs twice")};
    wait_for_events(&stage, &stage.target.subscribed, true);
    hub_send(&stage.hub, &taken, NULL, 0);
    wait_for_events(&stage, &stage.target.subscribed, false);
    cr_expect_not(stage.target.refused);
    uint64_t ask_at = stage.target.twice.ask_at;
    twice_turn(&stage.host, ask_at - 1);
    cr_assert(hub_hears_nothing(&stage.hub, LT_SUBSCRIBE, 200));
    twice_turn(&stage.host, ask_at);
    expect_asked(&stage);
    wait_for_events(&stage, &stage.target.subscribed, true);
    cr_expect_neq(stage.target.twice.calm_at, 0);
    cr_expect_eq(stage.target.twice.ask_at, 0);
    lt_client_destroy(&stage.target.client, 0);
    hub_clear(&stage.hub);
}
