// What the client library hands over, from a hub that a test holds in its hand: only what is genuine, once, and not
// before the grants that bear it.
#include "client_hub.h"

static const char SENDER[] = "van-phong";

static void subscribe(lt_client *client, const char *pattern, const char *durable)
{
    const struct lt_subscription wanted = {
        .patterns = &pattern, .pattern_count = 1, .durable = durable};
    struct lt_error error = {0};
    cr_assert_eq(lt_client_subscribe(client, &wanted, NULL, NULL, &error), LT_DONE, "%s",
                 error.text);
}

// The caller's subscription as the hub hears it.
static struct lt_ref expect_subscription(struct hub *hub)
{
    hub_expect(hub, LT_SUBSCRIBE);
    struct lt_ref sid = hub->frame.sid;
    hub_subscribed(hub, 0);
    return sid;
}

static void expect_ack(struct hub *hub, uint64_t seq, enum lt_outcome outcome, const char *detail)
{
    uint64_t sid = 0;
    do
        hub_expect(hub, LT_ACK);
    while (lt_ref_number(&hub->frame.sid, &sid) && sid < 16); // the engine's own
    struct lt_list list = lt_list_of(hub->frame.list);
    uint64_t found = 0;
    enum lt_outcome said = LT_ACK_WORKING;
    struct lt_slice text = {0};
    cr_assert(lt_list_settled(&list, &found, &said, &text));
    cr_assert_eq(found, seq);
    cr_assert_eq(said, outcome);
    char words[LT_TEXT_MAX + 1] = "";
    memcpy(words, text.size > 0 ? text.data : (const uint8_t *)"", text.size);
    cr_assert_not_null(strstr(words, detail ? detail : ""), "%s", words);
}

struct scene {
    struct hub hub;
    lt_client *client;
    struct lt_buffer grant;
    struct lt_ref sid;
    char path[64];
    int folder;
};

// A client with a subscription at a hub that knows the sender.
static void scene_begin(struct scene *scene, bool granted, const char *durable)
{
    hub_init(&scene->hub);
    scene->folder = case_folder(scene->path);
    scene->grant = hub_grant(&scene->hub, SENDER, scene->hub.sender, 1, false);
    scene->client = hub_client(&scene->hub, scene->path, 0);
    subscribe(scene->client, "xa/#", durable);
    struct lt_slice grant = lt_buffer_slice(&scene->grant);
    hub_receive_client(&scene->hub, &grant, granted ? 1 : 0);
    scene->sid = expect_subscription(&scene->hub);
}

static void scene_end(struct scene *scene)
{
    lt_client_destroy(&scene->client, 0);
    lt_buffer_clear(&scene->grant);
    hub_clear(&scene->hub);
    close(scene->folder);
    case_remove(scene->path);
}

static void deliver(struct scene *scene, uint64_t seq, const struct lt_buffer *sealed)
{
    hub_deliver(&scene->hub, &scene->sid, seq, 1, lt_buffer_slice(sealed));
}

Test(delivery, hands_over_what_is_genuine_and_acknowledges_it_when_it_is_settled)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 7, &sealed);
    struct lt_event *event = client_expect(scene.client, LT_EVENT_MESSAGE);
    cr_assert_eq(event->verdict, LT_DONE);
    cr_assert_eq(event->seq, 7);
    cr_assert(lt_slice_equal(event->message->bytes, lt_buffer_slice(&sealed)));
    cr_assert(lt_slice_is(event->message->part.from, SENDER));
    cr_assert_eq(
        lt_client_settle(scene.client, event->sid, event->seq, LT_ACK_GAVE_UP, "hỏng loa", NULL),
        LT_DONE);
    lt_event_destroy(&event);
    expect_ack(&scene.hub, 7, LT_ACK_GAVE_UP, "hỏng loa");
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, asks_for_the_grants_before_its_own_subscriptions)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    subscribe(client, "xa/#", NULL);
    hub_welcome(&hub);
    hub_expect(&hub, LT_SUBSCRIBE);
    struct lt_list list = lt_list_of(hub.frame.list);
    struct lt_slice pattern = {0};
    cr_assert(lt_list_pattern(&list, &pattern));
    cr_assert(lt_slice_is(pattern, "$lt/grants/#"));
    struct lt_frame grants = hub.frame;
    hub_expect(&hub, LT_SUBSCRIBE);
    hub_subscribed(&hub, 0);
    cr_assert(hub_hears_nothing(&hub, LT_SUBSCRIBE, 300));
    hub.frame = grants;
    hub_subscribed(&hub, 0);
    hub_expect(&hub, LT_SUBSCRIBE);
    list = lt_list_of(hub.frame.list);
    cr_assert(lt_list_pattern(&list, &pattern));
    cr_assert(lt_slice_is(pattern, "xa/#"));
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(delivery, keeps_what_comes_before_its_senders_grant)
{
    struct scene scene;
    scene_begin(&scene, false, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 7, &sealed);
    struct lt_ref grants = lt_ref_of(1);
    hub_deliver(&scene.hub, &grants, 8, 1, lt_buffer_slice(&scene.grant));
    struct lt_event *event = client_expect(scene.client, LT_EVENT_MESSAGE);
    cr_assert_eq(event->verdict, LT_DONE);
    lt_event_destroy(&event);
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, refuses_a_sender_whose_grant_never_comes)
{
    struct scene scene;
    scene_begin(&scene, false, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 7, &sealed);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_UNKNOWN_PRINCIPAL);
    expect_ack(&scene.hub, 7, LT_ACK_GAVE_UP, "unknown");
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, refuses_at_once_a_message_in_which_a_bit_was_changed)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    sealed.data[sealed.size - 1] ^= 1; // of the signature
    int64_t begin = zclock_mono();
    deliver(&scene, 7, &sealed);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_BAD_SEAL);
    cr_assert_lt(zclock_mono() - begin, 3000);
    expect_ack(&scene.hub, 7, LT_ACK_GAVE_UP, "seal");
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, refuses_what_the_hub_itself_has_made_up)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    lt_signer *forger = case_signer(66);
    struct lt_buffer sealed = hub_message(forger, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 7, &sealed);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_BAD_SEAL);
    struct lt_buffer outside = hub_message(scene.hub.sender, SENDER, "khac/tat-ca/thong-bao");
    deliver(&scene, 8, &outside);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_NOT_ALLOWED);
    const struct lt_buffer nonsense = {.data = (uint8_t *)(uintptr_t) "xyz", .size = 3};
    deliver(&scene, 9, &nonsense);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_MALFORMED);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&outside);
    lt_signer_destroy(&forger);
    scene_end(&scene);
}

Test(delivery, refuses_the_word_of_one_who_was_revoked_also_after_a_restart)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer revocation = hub_grant(&scene.hub, SENDER, scene.hub.sender, 2, true);
    struct lt_ref grants = lt_ref_of(1);
    hub_deliver(&scene.hub, &grants, 9, 1, lt_buffer_slice(&revocation));
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 10, &sealed);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_NOT_VALID);
    lt_client_destroy(&scene.client, 0);
    // The hub shows the old grant and keeps quiet about the revocation.
    hub_restart(&scene.hub);
    scene.client = hub_client(&scene.hub, scene.path, 0);
    subscribe(scene.client, "xa/#", "loa");
    struct lt_slice grant = lt_buffer_slice(&scene.grant);
    hub_receive_client(&scene.hub, &grant, 1);
    scene.sid = expect_subscription(&scene.hub);
    deliver(&scene, 11, &sealed);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_NOT_VALID);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&revocation);
    scene_end(&scene);
}

Test(delivery, hands_over_once_what_comes_again_after_a_lost_connection)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    struct lt_buffer next = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 7, &sealed);
    struct lt_event *event = client_expect(scene.client, LT_EVENT_MESSAGE);
    hub_restart(&scene.hub);
    struct lt_slice grant = lt_buffer_slice(&scene.grant);
    hub_receive_client(&scene.hub, &grant, 1);
    scene.sid = expect_subscription(&scene.hub);
    deliver(&scene, 7, &sealed);
    deliver(&scene, 8, &next);
    struct lt_event *second = client_expect(scene.client, LT_EVENT_MESSAGE);
    cr_assert_eq(second->seq, 8);
    lt_client_settle(scene.client, event->sid, 7, LT_ACK_DONE, NULL, NULL);
    expect_ack(&scene.hub, 7, LT_ACK_DONE, NULL);
    // The acknowledgement was lost with the hub: it is given again, and nothing handed over.
    deliver(&scene, 7, &sealed);
    expect_ack(&scene.hub, 7, LT_ACK_DONE, NULL);
    lt_event_destroy(&event);
    lt_event_destroy(&second);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&next);
    scene_end(&scene);
}

Test(delivery, hands_over_anew_a_dead_letter_that_is_delivered_again)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    for (uint64_t attempt = 1; attempt <= 2; attempt++) {
        hub_deliver(&scene.hub, &scene.sid, 7, attempt, lt_buffer_slice(&sealed));
        struct lt_event *event = client_expect(scene.client, LT_EVENT_MESSAGE);
        cr_assert_eq(event->attempt, attempt);
        cr_assert_eq(
            lt_client_settle(scene.client, event->sid, 7, LT_ACK_GAVE_UP, "hỏng loa", NULL),
            LT_DONE);
        lt_event_destroy(&event);
        expect_ack(&scene.hub, 7, LT_ACK_GAVE_UP, "hỏng loa");
    }
    // The same attempt: only its acknowledgement was lost.
    hub_deliver(&scene.hub, &scene.sid, 7, 2, lt_buffer_slice(&sealed));
    expect_ack(&scene.hub, 7, LT_ACK_GAVE_UP, "hỏng loa");
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, knows_after_a_restart_what_was_obeyed)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    struct lt_error error = {0};
    deliver(&scene, 7, &sealed);
    struct lt_event *event = client_expect(scene.client, LT_EVENT_MESSAGE);
    cr_assert_eq(lt_client_look(scene.client, event->message->bytes, &error), LT_DONE);
    cr_assert_eq(lt_client_obey(scene.client, event->message->bytes, &error), LT_DONE, "%s",
                 error.text);
    cr_assert_eq(lt_client_obey(scene.client, event->message->bytes, &error), LT_DONE_BEFORE);
    lt_event_destroy(&event);
    lt_client_destroy(&scene.client, 0);
    hub_restart(&scene.hub);
    scene.client = hub_client(&scene.hub, scene.path, 0);
    cr_assert_eq(lt_client_look(scene.client, lt_buffer_slice(&sealed), &error), LT_DONE_BEFORE,
                 "%s", error.text);
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

// As a full disk would have it.
Test(delivery, has_not_seen_what_could_not_be_written_down)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    struct lt_slice bytes = lt_buffer_slice(&sealed);
    struct lt_error error = {0};
    cr_assert_eq(lt_client_look(scene.client, bytes, &error), LT_DONE, "%s", error.text);
    case_let_files_grow(0);
    cr_assert_eq(lt_client_obey(scene.client, bytes, &error), LT_IO);
    cr_assert_not_null(strstr(error.text, "cannot be written"), "%s", error.text);
    cr_assert_eq(lt_client_look(scene.client, bytes, &error), LT_DONE);
    case_let_files_grow(RLIM_INFINITY);
    cr_assert_eq(lt_client_obey(scene.client, bytes, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(lt_client_obey(scene.client, bytes, &error), LT_DONE_BEFORE);
    lt_client_destroy(&scene.client, 0);
    hub_restart(&scene.hub);
    scene.client = hub_client(&scene.hub, scene.path, 0);
    cr_assert_eq(lt_client_look(scene.client, bytes, &error), LT_DONE_BEFORE, "%s", error.text);
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, knows_after_a_cut_what_was_obeyed_also_where_the_grant_is_heard_of_later)
{
    struct scene scene;
    char command[256], copy[80];
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 7, &sealed);
    client_expects(scene.client, LT_EVENT_MESSAGE, LT_DONE);
    cr_assert_eq(lt_client_obey(scene.client, lt_buffer_slice(&sealed), NULL), LT_DONE);
    // What the disk has at this moment is what kill -9 leaves.
    snprintf(copy, sizeof copy, "%s/copy", scene.path);
    snprintf(command, sizeof command, "mkdir '%s' && cp '%s/seen.log' '%s'", copy, scene.path,
             copy);
    cr_assert_eq(system(command), 0);
    lt_client *later = hub_client(&scene.hub, copy, 0);
    cr_assert_eq(lt_client_look(later, lt_buffer_slice(&sealed), NULL), LT_UNKNOWN_PRINCIPAL);
    cr_assert_eq(lt_client_learn(later, lt_buffer_slice(&scene.grant), NULL), LT_DONE);
    cr_assert_eq(lt_client_look(later, lt_buffer_slice(&sealed), NULL), LT_DONE_BEFORE);
    lt_client_destroy(&later, 0);
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, refuses_what_was_not_subscribed_to_however_genuine)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer wide = hub_grant_of(&scene.hub, SENDER, scene.hub.sender, 2, false, "#");
    struct lt_ref grants = lt_ref_of(1);
    hub_deliver(&scene.hub, &grants, 20, 1, lt_buffer_slice(&wide));
    struct lt_buffer other = hub_message(scene.hub.sender, SENDER, "xa-khac/coi/lenh");
    deliver(&scene, 21, &other);
    client_expects(scene.client, LT_EVENT_REFUSED, LT_NOT_ALLOWED);
    expect_ack(&scene.hub, 21, LT_ACK_GAVE_UP, "not what was subscribed to");
    lt_buffer_clear(&wide);
    lt_buffer_clear(&other);
    scene_end(&scene);
}

Test(delivery, does_not_take_a_participants_key_for_the_hubs_when_the_hub_says_that_it_is_one)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    client_expects(scene.client, LT_EVENT_UP, LT_DONE);
    lt_client_destroy(&scene.client, 0);
    hub_restart(&scene.hub);
    scene.client = hub_client(&scene.hub, scene.path, 0);
    hub_expect(&scene.hub, LT_HELLO);
    struct lt_frame welcome = {.op = LT_WELCOME,
                               .version = 1,
                               .hub = lt_slice_of(SENDER),
                               .now = (uint64_t)zclock_time(),
                               .limits = scene.hub.limits};
    hub_send(&scene.hub, &welcome, NULL, 0);
    client_expects(scene.client, LT_EVENT_UP, LT_DONE);
    lt_client_destroy(&scene.client, 0);
    hub_restart(&scene.hub);
    scene.client = hub_client(&scene.hub, scene.path, 0);
    hub_welcome(&scene.hub);
    struct lt_event *event = lt_client_next(scene.client, HUB_WAIT_MS);
    cr_assert_not_null(event);
    cr_assert_eq(event->kind, LT_EVENT_UP, "%s", event->text); // at the first try
    lt_event_destroy(&event);
    scene_end(&scene);
}

Test(delivery, takes_no_more_than_its_credit_from_a_hub_that_does_not_count)
{
    enum { MANY = 2000, MOST = 2 * (64 + 16) };
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    struct lt_buffer second = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    for (uint64_t seq = 1; seq <= MANY; seq++) {
        deliver(&scene, seq, &sealed);
        deliver(&scene, 1, seq % 2 ? &second : &sealed); // one number for two messages
    }
    struct lt_frame ping = {.op = LT_PING, .ref = lt_ref_of(5)};
    hub_send(&scene.hub, &ping, NULL, 0);
    hub_expect(&scene.hub, LT_PONG); // all before it has been read
    size_t count = 0;
    struct lt_event *event = NULL;
    while ((event = lt_client_next(scene.client, 0))) {
        count += event->kind == LT_EVENT_MESSAGE ? 1 : 0;
        lt_event_destroy(&event);
    }
    cr_assert_eq(count, MOST);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&second);
    scene_end(&scene);
}

Test(delivery, knows_after_a_restart_what_was_cancelled)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    struct lt_sealed original = {0};
    struct lt_error error = {0};
    cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&sealed), &original, NULL), LT_DONE);
    struct lt_part cancel = case_part(SENDER, "xa/tat-ca/thong-bao", (uint64_t)zclock_time());
    struct lt_buffer cancellation = {.max = 1 << 16};
    cancel.relation = LT_CANCELS;
    memcpy(cancel.re, original.part.id, LT_ID_SIZE);
    cr_assert_eq(lt_seal_part(scene.hub.sender, &cancel, &cancellation, &error), LT_DONE);
    deliver(&scene, 7, &cancellation);
    struct lt_event *event = client_expect(scene.client, LT_EVENT_MESSAGE);
    cr_assert_eq(event->verdict, LT_DONE);
    lt_event_destroy(&event);
    deliver(&scene, 8, &sealed);
    event = client_expect(scene.client, LT_EVENT_MESSAGE);
    cr_assert_eq(event->verdict, LT_CANCELLED);
    lt_event_destroy(&event);
    lt_client_destroy(&scene.client, 0);
    hub_restart(&scene.hub);
    scene.client = hub_client(&scene.hub, scene.path, 0);
    cr_assert_eq(lt_client_look(scene.client, lt_buffer_slice(&sealed), &error), LT_CANCELLED);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&cancellation);
    scene_end(&scene);
}

Test(delivery, ends_a_question_that_was_cut_off_and_asks_again_one_that_was_not_begun)
{
    struct hub hub;
    struct lt_error error = {0};
    uint64_t first = 0, second = 0;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    cr_assert_eq(lt_client_query(client, "stats", (struct lt_slice){0}, &first, &error), LT_DONE);
    hub_expect(&hub, LT_ASK);
    const uint8_t value[] = {0x80};
    struct lt_frame part = {
        .op = LT_RESULT, .ref = hub.frame.ref, .value = {value, sizeof value}, .flag = true};
    hub_send(&hub, &part, NULL, 0);
    struct lt_event *event = client_expect(client, LT_EVENT_RESULT);
    cr_assert(event->more);
    cr_assert_eq(event->value.size, sizeof value);
    lt_event_destroy(&event);
    cr_assert_eq(lt_client_query(client, "last", (struct lt_slice){0}, &second, &error), LT_DONE);
    hub_expect(&hub, LT_ASK);
    hub_restart(&hub);
    event = client_expect(client, LT_EVENT_RESULT);
    cr_assert_eq(event->token, first);
    cr_assert_eq(event->code, LT_CLOSED);
    cr_assert_not(event->more);
    lt_event_destroy(&event);
    hub_welcome(&hub);
    hub_expect(&hub, LT_ASK);
    cr_assert(lt_slice_is(hub.frame.name, "last"));
    struct lt_frame whole = {.op = LT_RESULT, .ref = hub.frame.ref, .value = {value, sizeof value}};
    hub_send(&hub, &whole, NULL, 0);
    event = client_expect(client, LT_EVENT_RESULT);
    cr_assert_eq(event->token, second);
    cr_assert_eq(event->code, LT_DONE);
    lt_event_destroy(&event);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(delivery, tells_of_a_subscription_that_is_refused_and_does_not_ask_for_it_again)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    subscribe(client, "xa/#", NULL);
    hub_receive_client(&hub, NULL, 0);
    hub_expect(&hub, LT_SUBSCRIBE);
    struct lt_frame no = {.op = LT_SUBSCRIBED,
                          .ref = hub.frame.ref,
                          .code = LT_NOT_ALLOWED,
                          .text = lt_slice_of("xa/# is not in the grant")};
    hub_send(&hub, &no, NULL, 0);
    struct lt_event *event = client_expect(client, LT_EVENT_SUBSCRIBED);
    cr_assert_eq(event->code, LT_NOT_ALLOWED);
    cr_assert_str_eq(event->text, "xa/# is not in the grant");
    lt_event_destroy(&event);
    hub_restart(&hub);
    hub_receive_client(&hub, NULL, 0);
    cr_assert(hub_hears_nothing(&hub, LT_SUBSCRIBE, 300));
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

// A newer connection has it: the hub says so, as the answer to the SUBSCRIBE of `subscribe`.
static void take_over(struct scene *scene, const struct lt_frame *subscribe)
{
    struct lt_frame taken = {.op = LT_SUBSCRIBED,
                             .ref = subscribe->ref,
                             .code = LT_TAKEN_OVER,
                             .text = lt_slice_of("from 192.0.2.7")};
    hub_send(&scene->hub, &taken, NULL, 0);
    struct lt_event *event = client_expect(scene->client, LT_EVENT_SUBSCRIBED);
    uint64_t sid = 0;
    cr_assert_eq(event->code, LT_TAKEN_OVER);
    cr_assert_str_eq(event->text, "from 192.0.2.7");
    cr_assert(lt_ref_number(&scene->sid, &sid));
    cr_assert_eq(event->sid, sid);
    lt_event_destroy(&event);
}

Test(delivery, tells_that_a_subscription_was_taken_over_and_asks_for_it_on_the_next_connection)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    const struct lt_frame subscribe = scene.hub.frame;
    client_expects(scene.client, LT_EVENT_SUBSCRIBED, LT_DONE);
    struct lt_buffer sealed = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 7, &sealed);
    struct lt_event *message = client_expect(scene.client, LT_EVENT_MESSAGE);
    take_over(&scene, &subscribe);
    lt_client_settle(scene.client, message->sid, 7, LT_ACK_DONE, NULL, NULL);
    lt_client_credit(scene.client, message->sid, 5, NULL);
    cr_assert(hub_hears_nothing(&scene.hub, LT_SUBSCRIBE, 300));
    hub_restart(&scene.hub);
    struct lt_slice grant = lt_buffer_slice(&scene.grant);
    hub_receive_client(&scene.hub, &grant, 1);
    struct lt_ref sid = expect_subscription(&scene.hub);
    cr_assert(lt_ref_equal(&sid, &scene.sid));
    client_expects(scene.client, LT_EVENT_SUBSCRIBED, LT_DONE);
    deliver(&scene, 7, &sealed); // it was settled, which the hub has not heard
    expect_ack(&scene.hub, 7, LT_ACK_DONE, NULL);
    lt_event_destroy(&message);
    lt_buffer_clear(&sealed);
    scene_end(&scene);
}

Test(delivery, asks_once_for_what_was_taken_over_and_is_wanted_again)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    const struct lt_frame before = scene.hub.frame;
    client_expects(scene.client, LT_EVENT_SUBSCRIBED, LT_DONE);
    take_over(&scene, &before);
    subscribe(scene.client, "xa/#", "loa");
    scene.sid = expect_subscription(&scene.hub);
    client_expects(scene.client, LT_EVENT_SUBSCRIBED, LT_DONE);
    hub_restart(&scene.hub);
    struct lt_slice grant = lt_buffer_slice(&scene.grant);
    hub_receive_client(&scene.hub, &grant, 1);
    struct lt_ref sid = expect_subscription(&scene.hub);
    cr_assert(lt_ref_equal(&sid, &scene.sid));
    cr_assert(hub_hears_nothing(&scene.hub, LT_SUBSCRIBE, 300));
    scene_end(&scene);
}

Test(delivery, goes_on_as_before_after_a_reconnect)
{
    struct scene scene;
    scene_begin(&scene, true, "loa");
    client_expects(scene.client, LT_EVENT_SUBSCRIBED, LT_DONE);
    hub_restart(&scene.hub);
    struct lt_slice grant = lt_buffer_slice(&scene.grant);
    hub_receive_client(&scene.hub, &grant, 1);
    hub_expect(&scene.hub, LT_SUBSCRIBE);
    cr_assert(lt_ref_equal(&scene.hub.frame.sid, &scene.sid));
    struct lt_slice durable = {0};
    cr_assert(lt_map_str(scene.hub.frame.args, "durable", &durable));
    cr_assert(lt_slice_is(durable, "loa"));
    scene_end(&scene);
}

Test(delivery, never_believes_a_time_below_the_highest_that_it_heard_sealed)
{
    struct scene scene;
    bool is_sealed = true;
    scene_begin(&scene, true, "loa");
    cr_assert_lt(lt_client_time(scene.client, &is_sealed), (uint64_t)zclock_time() + 1000);
    cr_assert_not(is_sealed);
    struct lt_buffer teller =
        hub_grant_of(&scene.hub, "hub", scene.hub.sender, 5, false, "$lt/time");
    uint64_t later = (uint64_t)zclock_time() + 30 * UINT64_C(60000);
    struct lt_part part = case_part("hub", "$lt/time", later);
    struct lt_buffer sealed = {.max = 1 << 16};
    part.type = lt_slice_of("time.v1");
    part.flags = LT_RETAIN;
    cr_assert_eq(lt_seal_part(scene.hub.sender, &part, &sealed, NULL), LT_DONE);
    struct lt_ref grants = lt_ref_of(1), time = lt_ref_of(2);
    hub_deliver(&scene.hub, &grants, 20, 1, lt_buffer_slice(&teller));
    hub_deliver(&scene.hub, &time, 21, 1, lt_buffer_slice(&sealed));
    // What is said behind it has been read when this is handed over.
    struct lt_buffer notice = hub_message(scene.hub.sender, SENDER, "xa/tat-ca/thong-bao");
    deliver(&scene, 22, &notice);
    client_expects(scene.client, LT_EVENT_MESSAGE, LT_DONE);
    cr_assert_geq(lt_client_time(scene.client, &is_sealed), later);
    cr_assert(is_sealed);
    lt_client_destroy(&scene.client, 0);
    hub_restart(&scene.hub);
    scene.client = hub_client(&scene.hub, scene.path, 0);
    cr_assert_geq(lt_client_time(scene.client, &is_sealed), later);
    cr_assert_not(is_sealed);
    lt_buffer_clear(&teller);
    lt_buffer_clear(&sealed);
    lt_buffer_clear(&notice);
    scene_end(&scene);
}

Test(delivery, names_the_file_of_its_state_that_is_damaged)
{
    struct scene scene;
    struct lt_error error = {0};
    uint8_t seed[LT_SEED_SIZE] = {3}, curve_secret[LT_KEY_SIZE] = {5};
    scene_begin(&scene, true, "loa");
    lt_client_destroy(&scene.client, 0);
    int file = openat(scene.folder, "seen", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(file, "abc", 3), 3);
    close(file);
    struct lt_client_config config = {.url = "tcp://127.0.0.1:1",
                                      .principal = "to-so.an-thuong",
                                      .seed = seed,
                                      .curve_secret = curve_secret,
                                      .state_folder = scene.path};
    cr_assert_eq(lt_client_new(&config, &scene.client, &error), LT_BAD_FILE);
    cr_assert_eq(strncmp(error.text, scene.path, strlen(scene.path)), 0, "%s", error.text);
    cr_assert_not_null(strstr(error.text, "/seen: "), "%s", error.text);
    cr_assert_not_null(strstr(error.text, "Move the file away"), "%s", error.text);
    scene_end(&scene);
}
