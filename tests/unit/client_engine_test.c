// The client library against a hub that a test holds in its hand: what is sent again, what is handed over, and what
// it says when the hub is not there, is another, or lies.
#include "client_hub.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t publish(lt_client *client, const char *topic)
{
    static const uint8_t empty_map[] = {0x80};
    struct lt_part draft = {.topic = lt_slice_of(topic),
                            .type = lt_slice_of("notice.v1"),
                            .body = {empty_map, sizeof empty_map}};
    struct lt_error error = {0};
    uint64_t token = 0;
    cr_assert_eq(lt_client_publish(client, &draft, NULL, &token, &error), LT_DONE, "%s",
                 error.text);
    return token;
}

static void expect_topic(const struct hub *hub, size_t index, const char *topic)
{
    struct lt_sealed sealed = {0};
    cr_assert_eq(lt_sealed_decode(hub_payload(hub, index), &sealed, NULL), LT_DONE);
    cr_assert(lt_slice_is(sealed.part.topic, topic), "%.*s", (int)sealed.part.topic.size,
              (const char *)sealed.part.topic.data);
    cr_assert_eq(lt_seal_verify(&sealed, lt_signer_key(hub->self), NULL, NULL), LT_DONE);
}

// What it says when it cannot connect.

// A port on which nobody listens and that no other test can take: bound, and no more. The descriptor.
static int hold_port(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(held, 0);
    cr_assert_eq(bind(held, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(getsockname(held, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return held;
}

Test(engine, says_that_nothing_answers)
{
    struct hub hub;
    hub_init(&hub);
    hub_close(&hub);
    int held = hold_port(&hub.port);
    lt_client *client = hub_client(&hub, NULL, 0);
    struct lt_event *event = client_expect(client, LT_EVENT_DOWN);
    cr_assert_eq(event->code, LT_CLOSED);
    cr_assert_not_null(strstr(event->text, "nothing answers at tcp://127.0.0.1"), "%s",
                       event->text);
    lt_event_destroy(&event);
    lt_client_destroy(&client, 0);
    close(held);
    hub_clear(&hub);
}

Test(engine, says_that_the_hub_has_another_key_than_the_one_written_down)
{
    struct hub hub;
    hub_init(&hub);
    uint8_t right[LT_KEY_SIZE];
    memcpy(right, hub.curve, sizeof right);
    hub.curve[3] ^= 1;
    lt_client *client = hub_client(&hub, NULL, 0);
    struct lt_event *event = client_expect(client, LT_EVENT_DOWN);
    cr_assert_eq(event->code, LT_BAD_SEAL);
    cr_assert_not_null(strstr(event->text, "does not have the hub's key"), "%s", event->text);
    lt_event_destroy(&event);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, says_that_the_hub_does_not_know_its_key)
{
    struct hub hub;
    char path[64];
    int folder = case_folder(path);
    zactor_t *doorman = zactor_new(zauth, NULL);
    zstr_sendx(doorman, "CURVE", path, NULL);
    zsock_wait(doorman);
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    struct lt_event *event = client_expect(client, LT_EVENT_DOWN);
    cr_assert_eq(event->code, LT_UNKNOWN_PRINCIPAL, "%s", event->text);
    cr_assert_not_null(strstr(event->text, "does not know this key"), "%s", event->text);
    lt_event_destroy(&event);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
    zactor_destroy(&doorman);
    close(folder);
    case_remove(path);
}

Test(engine, passes_on_what_the_hub_says_at_the_end)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    struct lt_event *up = client_expect(client, LT_EVENT_UP);
    cr_assert_str_eq(up->text, "hub");
    cr_assert_eq(up->limits.credit, 1024);
    lt_event_destroy(&up);
    struct lt_frame bye = {
        .op = LT_BYE, .code = LT_NOT_VALID, .text = lt_slice_of("the grant was revoked")};
    hub_send(&hub, &bye, NULL, 0);
    struct lt_event *down = client_expect(client, LT_EVENT_DOWN);
    cr_assert_eq(down->code, LT_NOT_VALID);
    cr_assert_str_eq(down->text, "the grant was revoked");
    lt_event_destroy(&down);
    hub_receive_client(&hub, NULL, 0); // and it tries again
    client_expects(client, LT_EVENT_UP, LT_DONE);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, says_once_with_both_times_that_a_clock_is_wrong)
{
    struct hub hub;
    hub_init(&hub);
    hub.limits.ahead = 120;
    hub.ahead = -100000; // within what the hub lets pass
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    struct lt_event *up = client_expect(client, LT_EVENT_UP);
    lt_event_destroy(&up);
    for (int i = 0; i < 2; i++) {
        hub.ahead = INT64_C(-3) * 86400000;
        hub_restart(&hub);
        hub_receive_client(&hub, NULL, 0);
    }
    struct lt_event *event = client_expect(client, LT_EVENT_CLOCK);
    cr_assert_lt(event->now + 2 * UINT64_C(86400000), (uint64_t)zclock_time());
    const char *here = strstr(event->text, "here says 20"),
               *there = strstr(event->text, "hub's 20");
    cr_assert(here && there && strncmp(here + 10, there + 6, 10) > 0, "%s", event->text);
    lt_event_destroy(&event);
    while ((event = lt_client_next(client, 0))) {
        cr_assert_neq(event->kind, LT_EVENT_CLOCK, "told once");
        lt_event_destroy(&event);
    }
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, notices_a_hub_that_has_gone_silent)
{
    struct hub hub;
    hub_init(&hub);
    hub.limits.heartbeat = 1;
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    hub_expect(&hub, LT_PING);
    struct lt_event *down = client_expect(client, LT_EVENT_DOWN);
    cr_assert_eq(down->code, LT_TIMED_OUT);
    cr_assert_not_null(strstr(down->text, "3 seconds"), "%s", down->text);
    lt_event_destroy(&down);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, begins_again_when_the_hub_sends_nonsense)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    const uint8_t nonsense[] = {0x92, 4}, unknown[] = {0x92, 99, 1};
    zmsg_t *message = zmsg_new();
    zmsg_addmem(message, zframe_data(hub.peer), zframe_size(hub.peer));
    zmsg_addmem(message, unknown, sizeof unknown); // an op of a later version is passed over
    zmsg_send(&message, hub.router);
    message = zmsg_new();
    zmsg_addmem(message, zframe_data(hub.peer), zframe_size(hub.peer));
    zmsg_addmem(message, nonsense, sizeof nonsense);
    zmsg_send(&message, hub.router);
    client_expects(client, LT_EVENT_UP, LT_DONE);
    client_expects(client, LT_EVENT_DOWN, LT_MALFORMED);
    hub_welcome(&hub);
    client_expects(client, LT_EVENT_UP, LT_DONE);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

// Publishing.

Test(engine, seals_a_lone_message_alone_and_what_waited_together)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    for (int i = 0; i < 100; i++)
        publish(client, "xa/tat-ca/thong-bao");
    cr_assert_eq(lt_client_unconfirmed(client), 100);
    hub_receive_client(&hub, NULL, 0);
    hub_expect(&hub, LT_PUBLISH);
    struct lt_sealed sealed = {0};
    cr_assert_eq(hub_payloads(&hub), 100);
    cr_assert_eq(lt_sealed_decode(hub_payload(&hub, 41), &sealed, NULL), LT_DONE);
    cr_assert_eq(sealed.seal.count, 100);
    cr_assert_eq(sealed.seal.index, 41);
    hub_published(&hub, LT_DONE);
    for (int i = 0; i < 100; i++)
        client_expects(client, LT_EVENT_PUBLISHED, LT_DONE);
    cr_assert_eq(lt_client_unconfirmed(client), 0);
    publish(client, "xa/tat-ca/thong-bao");
    hub_expect(&hub, LT_PUBLISH);
    cr_assert_eq(hub_payloads(&hub), 1);
    cr_assert_eq(lt_sealed_decode(hub_payload(&hub, 0), &sealed, NULL), LT_DONE);
    cr_assert_eq(sealed.seal.count, 1);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, sends_the_same_bytes_again_in_order_after_a_lost_connection)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    publish(client, "xa/a");
    hub_expect(&hub, LT_PUBLISH);
    struct lt_slice sent = hub_payload(&hub, 0);
    uint8_t *first = malloc(sent.size);
    size_t size = sent.size;
    memcpy(first, sent.data, size);
    publish(client, "xa/b");
    hub_expect(&hub, LT_PUBLISH);
    hub_restart(&hub);
    publish(client, "xa/c");
    hub_receive_client(&hub, NULL, 0);
    hub_expect(&hub, LT_PUBLISH);
    cr_assert_eq(hub_payloads(&hub), 3);
    cr_assert(lt_slice_equal(hub_payload(&hub, 0), (struct lt_slice){first, size}));
    expect_topic(&hub, 0, "xa/a");
    expect_topic(&hub, 1, "xa/b");
    expect_topic(&hub, 2, "xa/c");
    free(first);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, asks_again_when_the_hub_is_busy)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    publish(client, "xa/a");
    hub_expect(&hub, LT_PUBLISH);
    hub_published(&hub, LT_BUSY);
    hub_expect(&hub, LT_PUBLISH);
    expect_topic(&hub, 0, "xa/a");
    hub_published(&hub, LT_STORAGE_FAILED);
    hub_expect(&hub, LT_PUBLISH);
    hub_published(&hub, LT_DONE);
    client_expects(client, LT_EVENT_PUBLISHED, LT_DONE);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, passes_a_refusal_on_and_keeps_nothing_of_it)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    uint64_t token = publish(client, "xa/a");
    hub_expect(&hub, LT_PUBLISH);
    hub_published(&hub, LT_NOT_ALLOWED);
    struct lt_event *event = client_expect(client, LT_EVENT_PUBLISHED);
    cr_assert_eq(event->code, LT_NOT_ALLOWED);
    cr_assert_str_eq(event->text, "the hub says no");
    cr_assert_eq(event->token, token);
    lt_event_destroy(&event);
    cr_assert_eq(lt_client_unconfirmed(client), 0);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, does_not_send_what_the_hub_would_cut_the_connection_for)
{
    struct hub hub;
    hub_init(&hub);
    hub.limits.message = 1000;
    lt_client *client = hub_client(&hub, NULL, 0);
    struct lt_buffer body = {.max = 4096};
    uint8_t text[2000];
    memset(text, 'a', sizeof text);
    lt_pack_map(&body, 1);
    lt_pack_text(&body, "text");
    lt_pack_str(&body, (struct lt_slice){text, sizeof text});
    struct lt_part draft = {.topic = lt_slice_of("xa/a"),
                            .type = lt_slice_of("notice.v1"),
                            .body = lt_buffer_slice(&body)};
    cr_assert_eq(lt_client_publish(client, &draft, NULL, NULL, NULL), LT_DONE);
    publish(client, "xa/b");
    hub_receive_client(&hub, NULL, 0);
    hub_expect(&hub, LT_PUBLISH);
    cr_assert_eq(hub_payloads(&hub), 1);
    expect_topic(&hub, 0, "xa/b");
    client_expects(client, LT_EVENT_PUBLISHED, LT_TOO_LARGE);
    lt_buffer_clear(&body);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, tells_of_what_has_grown_too_old_in_the_outbox)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    static const uint8_t empty_map[] = {0x80};
    struct lt_part draft = {.topic = lt_slice_of("xa/a"),
                            .type = lt_slice_of("notice.v1"),
                            .created = (uint64_t)zclock_time() - 8 * UINT64_C(86400000),
                            .body = {empty_map, sizeof empty_map}};
    cr_assert_eq(lt_client_publish(client, &draft, NULL, NULL, NULL), LT_DONE);
    struct lt_event *event = client_expect(client, LT_EVENT_STALE);
    cr_assert_eq(event->code, LT_STALE);
    cr_assert_not_null(strstr(event->text, "168 hours"), "%s", event->text);
    lt_event_destroy(&event);
    cr_assert_eq(lt_client_unconfirmed(client), 0);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, says_when_the_outbox_is_full)
{
    struct hub hub;
    struct lt_error error = {0};
    static const uint8_t empty_map[] = {0x80};
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 3);
    for (int i = 0; i < 3; i++)
        publish(client, "xa/a");
    struct lt_part draft = {.topic = lt_slice_of("xa/a"),
                            .type = lt_slice_of("notice.v1"),
                            .body = {empty_map, sizeof empty_map}};
    cr_assert_eq(lt_client_publish(client, &draft, NULL, NULL, &error), LT_BUSY);
    cr_assert_not_null(strstr(error.text, "3 messages"), "%s", error.text);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, refuses_a_draft_in_anothers_name_and_one_that_breaks_the_format)
{
    struct hub hub;
    struct lt_error error = {0};
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    static const uint8_t empty_map[] = {0x80};
    struct lt_part draft = {.from = lt_slice_of("van-phong"),
                            .topic = lt_slice_of("xa/a"),
                            .type = lt_slice_of("notice.v1"),
                            .body = {empty_map, sizeof empty_map}};
    cr_assert_eq(lt_client_publish(client, &draft, NULL, NULL, &error), LT_BAD_USE);
    draft.from = (struct lt_slice){0};
    draft.topic = lt_slice_of("Xã/Ấp");
    cr_assert_eq(lt_client_publish(client, &draft, NULL, NULL, &error), LT_MALFORMED);
    cr_assert_neq(error.text[0], '\0');
    cr_assert_eq(lt_client_unconfirmed(client), 0);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

Test(engine, publishes_after_a_restart_what_an_earlier_run_left_on_disk)
{
    struct hub hub;
    char path[64];
    int folder = case_folder(path);
    hub_init(&hub);
    lt_client *client = hub_client(&hub, path, 0);
    publish(client, "xa/a");
    publish(client, "xa/b");
    lt_client_destroy(&client, 0);
    hub_restart(&hub);
    client = hub_client(&hub, path, 0);
    cr_assert_eq(lt_client_unconfirmed(client), 2);
    hub_receive_client(&hub, NULL, 0);
    hub_expect(&hub, LT_PUBLISH);
    expect_topic(&hub, 0, "xa/a");
    expect_topic(&hub, 1, "xa/b");
    hub_published(&hub, LT_DONE);
    struct lt_event *event = client_expect(client, LT_EVENT_PUBLISHED);
    cr_assert_eq(event->token, 0);
    lt_event_destroy(&event);
    client_expects(client, LT_EVENT_PUBLISHED, LT_DONE);
    lt_client_destroy(&client, 0);
    client = hub_client(&hub, path, 0);
    cr_assert_eq(lt_client_unconfirmed(client), 0);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
    close(folder);
    case_remove(path);
}

Test(engine, says_who_has_its_state_folder)
{
    struct hub hub;
    struct lt_error error = {0};
    char path[64];
    int folder = case_folder(path);
    hub_init(&hub);
    lt_client *client = hub_client(&hub, path, 0), *second = NULL;
    uint8_t seed[LT_SEED_SIZE] = {3}, curve_secret[LT_KEY_SIZE] = {5};
    struct lt_client_config config = {.url = "tcp://127.0.0.1:1",
                                      .principal = "to-so.an-thuong",
                                      .seed = seed,
                                      .curve_secret = curve_secret,
                                      .state_folder = path};
    cr_assert_eq(lt_client_new(&config, &second, &error), LT_BAD_FILE);
    cr_assert_null(second);
    cr_assert_not_null(strstr(error.text, "another program"), "%s", error.text);
    lt_client_destroy(&client, 0);
    cr_assert_eq(lt_client_new(&config, &second, &error), LT_DONE, "%s", error.text);
    lt_client_destroy(&second, 0);
    hub_clear(&hub);
    close(folder);
    case_remove(path);
}

// Answers the PING with which a client that lingers makes sure that all before it was read.
static void answer_farewell(zsock_t *pipe, void *argument)
{
    struct hub *hub = argument;
    zsock_signal(pipe, 0);
    hub_expect(hub, LT_PING);
    struct lt_frame pong = {.op = LT_PONG, .ref = hub->frame.ref, .now = 1};
    hub_send(hub, &pong, NULL, 0);
}

Test(engine, lingers_until_the_hub_has_answered)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    publish(client, "xa/a");
    hub_expect(&hub, LT_PUBLISH);
    hub_published(&hub, LT_DONE);
    zactor_t *answerer = zactor_new(answer_farewell, &hub);
    int64_t begin = zclock_mono();
    lt_client_destroy(&client, HUB_WAIT_MS);
    cr_assert_lt(zclock_mono() - begin, HUB_WAIT_MS / 2);
    zactor_destroy(&answerer);
    hub_expect(&hub, LT_BYE);
    hub_clear(&hub);
}
