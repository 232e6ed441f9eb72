// The two ends of the corridor: what comes in by the door, what goes out, and the answers. The broker
// is made by hand, with a ROUTER that its peers reach inside the process.
#include "corridor_case.h"

#include "broker.h"
#include "corridor/deliver.h"
#include "state/must.h"

struct hub {
    struct commune commune;
    struct lt_commune settings;
    struct broker broker;
    zsock_t *router, *peer;
};

static void hub_open(struct hub *hub)
{
    memset(hub, 0, sizeof *hub);
    zsys_handler_set(NULL);
    hub->commune = commune_new();
    hub->router = zsock_new_router("@inproc://corridor-ends");
    hub->peer = zsock_new_dealer(">inproc://corridor-ends");
    zsock_set_rcvtimeo(hub->peer, 5000);
    struct broker *broker = &hub->broker;
    struct lt_error error = {0};
    cr_assert_eq(lt_options_defaults(lt_commune_options, &hub->settings, &error), LT_DONE);
    hub->settings.hub.limits.sessions = 10;
    hub->settings.hub.limits.attempts = 20;
    broker->commune = &hub->settings;
    broker->limits = hub->commune.limits;
    broker->limits.credit = 1024;
    broker->principal = "hub";
    broker->book = hub->commune.book;
    broker->types = hub->commune.types;
    broker->seals = hub->commune.seals;
    broker->now = NOW;
    broker->tick = 1000;
    broker->corridor.most = (size_t)hub->settings.hub.limits.intake;
    broker->messages = messages_new(1024 * 1024);
    broker->subscriptions = subscriptions_new(NOW);
    sessions_init(&broker->sessions, zsock_resolve(hub->router), zsock_resolve(hub->router));
}

static void hub_close(struct hub *hub)
{
    struct broker *broker = &hub->broker;
    for (struct corridor_group *group = broker->corridor.waiting; group; group = group->next) {
        for (size_t i = 0; i < group->count; i++)
            answer_destroy(&group->passages[i]->answer);
    }
    corridor_clear(&broker->corridor);
    sessions_clear(&broker->sessions);
    subscriptions_destroy(&broker->subscriptions);
    messages_destroy(&broker->messages);
    records_clear(&broker->notes);
    presence_clear(&broker->presence);
    counts_clear(&broker->counts);
    table_clear(&broker->connections, NULL);
    zsock_destroy(&hub->peer);
    zsock_destroy(&hub->router);
    commune_clear(&hub->commune);
    lt_commune_clear(&hub->settings);
}

static void say(struct hub *hub, const struct lt_frame *frame, const char *payload)
{
    struct lt_buffer head = {.max = LT_FRAME_MAX};
    void *peer = zsock_resolve(hub->peer);
    cr_assert(lt_frame_encode(frame, &head));
    zmq_send(peer, head.data, head.size, payload ? ZMQ_SNDMORE : 0);
    if (payload)
        zmq_send(peer, payload, strlen(payload), 0);
    lt_buffer_clear(&head);
    zmq_pollitem_t item = {.socket = zsock_resolve(hub->router), .events = ZMQ_POLLIN};
    cr_assert_eq(zmq_poll(&item, 1, 5000), 1);
    receive(&hub->broker, DOOR_HUB, 10);
}

struct heard {
    char *head;            // owned
    struct lt_frame frame; // looks into head
    size_t payload;        // frames
};

static struct heard hear(struct hub *hub)
{
    struct heard heard = {.payload = 0};
    void *peer = zsock_resolve(hub->peer);
    zmq_msg_t head;
    zmq_msg_init(&head);
    cr_assert_geq(zmq_msg_recv(&head, peer, 0), 0, "no answer");
    heard.head = must_copy(zmq_msg_data(&head), zmq_msg_size(&head));
    struct lt_slice bytes = {(uint8_t *)heard.head, zmq_msg_size(&head)};
    struct lt_error error = {0};
    cr_assert_eq(lt_frame_decode(bytes, &heard.frame, &error), LT_DONE, "%s", error.text);
    bool more = zmq_msg_more(&head);
    zmq_msg_close(&head);
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        zmq_msg_recv(&frame, peer, 0);
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
        heard.payload++;
    }
    return heard;
}

static bool is_silent(struct hub *hub)
{
    zmq_pollitem_t item = {.socket = zsock_resolve(hub->peer), .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, 0) == 0;
}

static struct session *greet(struct hub *hub, const char *principal)
{
    struct lt_frame hello = {.op = LT_HELLO, .version = 1, .agent = lt_slice_of("test")};
    say(hub, &hello, NULL);
    struct heard welcome = hear(hub);
    cr_assert_eq(welcome.frame.op, LT_WELCOME);
    free(welcome.head);
    struct session *session = sessions_find(&hub->broker.sessions, 1);
    snprintf(session->principal, sizeof session->principal, "%s",
             principal); // CURVE would have said so
    return session;
}

// --- receive ---

Test(receive, asks_for_hello_first_with_29)
{
    struct hub hub;
    hub_open(&hub);
    struct lt_frame publish = {.op = LT_PUBLISH, .ref = lt_ref_of(7)};
    say(&hub, &publish, "x");
    struct heard heard = hear(&hub);
    uint64_t code = 0, seq = 0;
    struct lt_slice text;
    struct lt_list list = lt_list_of(heard.frame.list);
    cr_assert_eq(heard.frame.op, LT_PUBLISHED);
    cr_assert(lt_list_published(&list, &code, &seq, &text));
    cr_assert_eq(code, LT_HELLO_FIRST);
    cr_assert_null(hub.broker.corridor.waiting);
    free(heard.head);
    hub_close(&hub);
}

Test(receive, answers_an_op_that_no_client_sends_with_bye_16)
{
    struct hub hub;
    hub_open(&hub);
    greet(&hub, "to-so.an-thuong");
    struct lt_frame odd = {.op = LT_WELCOME, .version = 1, .hub = lt_slice_of("x")};
    say(&hub, &odd, NULL);
    struct heard heard = hear(&hub);
    cr_assert_eq(heard.frame.op, LT_BYE);
    cr_assert_eq(heard.frame.code, LT_MALFORMED);
    free(heard.head);
    hub_close(&hub);
}

Test(receive, refuses_an_empty_publish_with_16)
{
    struct hub hub;
    hub_open(&hub);
    greet(&hub, "to-so.an-thuong");
    struct lt_frame publish = {.op = LT_PUBLISH, .ref = lt_ref_of(7)};
    say(&hub, &publish, NULL);
    struct heard heard = hear(&hub);
    uint64_t code = 0, seq = 0;
    struct lt_slice text;
    struct lt_list list = lt_list_of(heard.frame.list);
    cr_assert(lt_list_published(&list, &code, &seq, &text));
    cr_assert_eq(code, LT_MALFORMED);
    free(heard.head);
    hub_close(&hub);
}

Test(receive, refuses_what_is_no_message_without_letting_it_in)
{
    struct hub hub;
    hub_open(&hub);
    greet(&hub, "to-so.an-thuong");
    struct lt_frame publish = {.op = LT_PUBLISH, .ref = lt_ref_of(7)};
    say(&hub, &publish, "no message");
    struct heard heard = hear(&hub);
    cr_assert_eq(heard.frame.op, LT_PUBLISHED);
    cr_assert_null(hub.broker.corridor.waiting);
    free(heard.head);
    hub_close(&hub);
}

// --- deliver ---

static struct subscription *subscribe(struct hub *hub, struct session *session, const char *durable,
                                      uint64_t credit)
{
    char pattern[] = "xa/#";
    char *patterns[] = {pattern};
    struct era era = {.patterns = patterns, .pattern_count = 1};
    struct subscription *sub = subscriptions_add(
        hub->broker.subscriptions, lt_slice_of(session->principal), lt_slice_of(durable), &era, 0);
    session->subs = must_hold(session->subs, &session->sub_room, session->sub_count + 1,
                              sizeof(struct subscription *));
    session->subs[session->sub_count++] = sub;
    sub->session = session->number;
    sub->sid = lt_ref_of(1);
    sub->credit = credit;
    return sub;
}

// A message of the bridge's, stored and waiting for the subscription.
static void offer(struct hub *hub, struct subscription *sub, uint64_t seq, uint8_t priority,
                  uint64_t expires)
{
    struct draft draft = draft_notice("Họp");
    draft.part.from = lt_slice_of("bridge.zalo");
    draft.part.priority = priority;
    draft.part.expires = expires;
    struct passage *passage = passage_of(&draft, hub->commune.bridge, "bridge.zalo");
    struct offer one = {.seq = seq,
                        .order = seq,
                        .priority = priority,
                        .expires = expires,
                        .size = (uint32_t)zmq_msg_size(&passage->frame)};
    messages_put(hub->broker.messages, seq, NOW, &passage->frame);
    zmq_msg_init(&passage->frame);
    subscription_offer(sub, &one);
    hub->broker.subscriptions->end = seq;
    sessions_make_ready(&hub->broker.sessions, sessions_find(&hub->broker.sessions, sub->session));
    passage_destroy(&passage);
}

static size_t delivered(struct hub *hub, uint64_t *seqs, size_t room)
{
    size_t count = 0;
    while (!is_silent(hub)) {
        struct heard heard = hear(hub);
        struct lt_list list = lt_list_of(heard.frame.list);
        uint64_t seq = 0, attempt = 0;
        size_t marks = 0;
        for (; heard.frame.op == LT_DELIVER && lt_list_delivered(&list, &seq, &attempt); marks++) {
            cr_assert_lt(count, room);
            seqs[count++] = seq;
        }
        cr_assert_eq(marks, heard.payload);
        free(heard.head);
    }
    return count;
}

Test(deliver, sends_higher_priorities_first_and_then_by_seq)
{
    struct hub hub;
    uint64_t seqs[8];
    static const uint64_t expected[] = {4, 2, 1, 3};
    hub_open(&hub);
    struct subscription *sub = subscribe(&hub, greet(&hub, "bridge.zalo"), "loa", 64);
    offer(&hub, sub, 1, LT_THUONG, NOW + DAY);
    offer(&hub, sub, 2, LT_KHAN, NOW + DAY);
    offer(&hub, sub, 3, LT_THUONG, NOW + DAY);
    offer(&hub, sub, 4, LT_HOA_TOC, NOW + HOUR);
    deliver(&hub.broker);
    cr_assert_eq(delivered(&hub, seqs, 8), 4);
    cr_assert_arr_eq(seqs, expected, sizeof expected);
    hub_close(&hub);
}

Test(deliver, stops_where_credit_ends_but_for_emergencies)
{
    struct hub hub;
    uint64_t seqs[64];
    hub_open(&hub);
    struct subscription *sub = subscribe(&hub, greet(&hub, "bridge.zalo"), "loa", 2);
    for (uint64_t seq = 1; seq <= 5; seq++)
        offer(&hub, sub, seq, LT_THUONG, NOW + DAY);
    deliver(&hub.broker);
    cr_assert_eq(delivered(&hub, seqs, 64), 2);
    for (uint64_t seq = 6; seq <= 30; seq++)
        offer(&hub, sub, seq, LT_HOA_TOC, NOW + HOUR);
    deliver(&hub.broker);
    cr_assert_eq(delivered(&hub, seqs, 64), (size_t)SUBSCRIPTION_BEYOND_CREDIT);
    cr_assert_eq(seqs[0], 6);
    hub_close(&hub);
}

Test(deliver, has_at_most_so_many_in_flight_and_asks_what_has_arrived)
{
    struct hub hub;
    uint64_t seqs[200];
    hub_open(&hub);
    struct session *session = greet(&hub, "bridge.zalo");
    struct subscription *sub = subscribe(&hub, session, "loa", 1024);
    for (uint64_t seq = 1; seq <= 100; seq++)
        offer(&hub, sub, seq, LT_THUONG, NOW + DAY);
    deliver(&hub.broker);
    cr_assert_eq(delivered(&hub, seqs, 200), (size_t)SESSION_FLIGHT);
    cr_assert_neq(session->probe, 0);
    struct lt_frame pong = {.op = LT_PONG, .ref = lt_ref_of(session->probe), .now = NOW};
    say(&hub, &pong, NULL);
    deliver(&hub.broker);
    size_t more = delivered(&hub, seqs, 200);
    cr_assert_eq(more, 100 - (size_t)SESSION_FLIGHT, "%zu came", more);
    hub_close(&hub);
}

Test(deliver, passes_over_what_has_expired_and_writes_it_down_where_receipts_are_wanted)
{
    struct hub hub;
    uint64_t seqs[4];
    hub_open(&hub);
    struct subscription *sub = subscribe(&hub, greet(&hub, "bridge.zalo"), "loa", 64);
    offer(&hub, sub, 1, LT_THUONG, NOW + 1000);
    queue_find(&sub->queue, 1)->receipt = true;
    hub.broker.now = NOW + 1000;
    deliver(&hub.broker);
    cr_assert_eq(delivered(&hub, seqs, 4), 0);
    cr_assert_eq(hub.broker.notes.plain_count, 1);
    cr_assert_str_eq(hub.broker.notes.plain[0].bucket, DEAD_BUCKET);
    hub_close(&hub);
}

Test(deliver, makes_a_dead_letter_of_what_its_sender_may_no_longer_say)
{
    struct hub hub;
    uint64_t seqs[4];
    hub_open(&hub);
    struct subscription *sub = subscribe(&hub, greet(&hub, "to-so.an-thuong"), "loa", 64);
    offer(&hub, sub, 1, LT_THUONG, NOW + DAY);
    give(&hub.commune, hub.commune.bridge,
         &(struct given){"bridge.zalo", "xa/#", LT_HOA_TOC, 0, 2, 0, true});
    deliver(&hub.broker);
    cr_assert_eq(delivered(&hub, seqs, 4), 0);
    struct dead_letter dead;
    cr_assert_eq(hub.broker.notes.plain_count, 1);
    cr_assert(dead_letter_open(hub.broker.notes.plain[0].value, &dead));
    cr_assert_eq(dead.state, ROSTER_REVOKED);
    cr_assert(memcmp(dead.detail.data, "20: ", 4) == 0);
    hub_close(&hub);
}

Test(deliver, gives_nothing_to_whom_no_grant_covers_it)
{
    struct hub hub;
    uint64_t seqs[4];
    hub_open(&hub);
    struct subscription *sub = subscribe(&hub, greet(&hub, "nguoi.la"), "", 64);
    offer(&hub, sub, 1, LT_THUONG, NOW + DAY);
    deliver(&hub.broker);
    cr_assert_eq(delivered(&hub, seqs, 4), 0);
    hub_close(&hub);
}

// --- receipt ---

static void note_answer(struct broker *broker, struct answer *answer)
{
    size_t *told = answer->self;
    (void)broker;
    cr_assert_eq(answer->verdicts[0].code, LT_DONE);
    cr_assert_eq(answer->verdicts[0].seq, 41);
    cr_assert_eq(answer->verdicts[1].code, LT_NOT_ALLOWED);
    cr_assert_str_eq(answer->verdicts[1].text, "it may not");
    ++*told;
}

Test(receipt, answers_once_when_the_last_verdict_is_in)
{
    struct hub hub;
    size_t told = 0;
    hub_open(&hub);
    struct answer *answer = answer_new(2);
    answer->ready = note_answer;
    answer->self = &told;
    struct passage *passages[2];
    for (size_t i = 0; i < 2; i++) {
        struct draft draft = draft_notice("a");
        passages[i] = passage_of(&draft, hub.commune.team, "to-so.an-thuong");
        passages[i]->answer = answer;
        passages[i]->slot = i;
    }
    passages[0]->seq = 41;
    passage_refuse(passages[1], LT_NOT_ALLOWED, "it may not");
    receipt(&hub.broker, passages[1]);
    cr_assert_eq(told, 0);
    receipt(&hub.broker, passages[0]);
    cr_assert_eq(told, 1);
    passage_destroy(&passages[0]);
    passage_destroy(&passages[1]);
    hub_close(&hub);
}
