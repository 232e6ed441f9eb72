// The n-th allocation fails, for every n: the library says so or copes, loses nothing that it accepted, and does
// not crash. The linker puts these functions before those of libc for our own code (--wrap).
#include <stdatomic.h>

#include <lienthon/ask.h>
#include <lienthon/blob.h>

#include "client_hub.h"

static atomic_long allocations_left; // until one fails; below 0: none does
static atomic_bool failed;
static _Thread_local bool is_caller;
static atomic_bool caller_fails;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

static bool fails_now(void)
{
    if (is_caller != atomic_load(&caller_fails) || atomic_load(&allocations_left) < 0)
        return false;
    if (atomic_fetch_sub(&allocations_left, 1) != 0)
        return false;
    atomic_store(&failed, true);
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails_now() ? NULL : __real_strndup(text, size);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

static void arm(long allocation, bool caller)
{
    atomic_store(&failed, false);
    atomic_store(&caller_fails, caller);
    atomic_store(&allocations_left, allocation);
}

static bool disarm(void)
{
    atomic_store(&allocations_left, -1);
    return atomic_load(&failed);
}

static enum lt_code publish(lt_client *client)
{
    static const uint8_t empty_map[] = {0x80};
    struct lt_part draft = {.topic = lt_slice_of("xa/a"),
                            .type = lt_slice_of("notice.v1"),
                            .body = {empty_map, sizeof empty_map}};
    return lt_client_publish(client, &draft, NULL, NULL, NULL);
}

static void says_so(enum lt_code code)
{
    cr_assert(code == LT_DONE || code == LT_NO_MEMORY, "%s", lt_code_name(code));
}

static void use_blobs(lt_client *client, const char *state)
{
    char path[128];
    uint64_t token = 0;
    const struct lt_blob unknown = {.size = 5};
    snprintf(path, sizeof path, "%s/anh.jpg", state);
    says_so(lt_client_fetch_file(client, &unknown, path, &token, NULL));
    says_so(lt_client_stop_blob(client, token, NULL));
    says_so(lt_client_send_bytes(client, lt_slice_of("Mời bà con họp"), NULL, NULL, NULL));
    snprintf(path, sizeof path, "%s/pid", state);
    says_so(lt_client_send_file(client, path, NULL, NULL, NULL));
}

// What a program does while there is no hub. Returns how many messages were accepted.
static size_t use(const struct hub *hub, const char *state)
{
    uint8_t seed[LT_SEED_SIZE] = {3}, curve_secret[LT_KEY_SIZE] = {5};
    struct lt_client_config config = {.url = "tcp://127.0.0.1:1",
                                      .principal = "to-so.an-thuong",
                                      .seed = seed,
                                      .curve_secret = curve_secret,
                                      .state_folder = state};
    memcpy(config.root, lt_signer_key(hub->root), LT_KEY_SIZE);
    const char *pattern = "xa/#";
    struct lt_subscription wanted = {.patterns = &pattern, .pattern_count = 1, .durable = "loa"};
    lt_client *client = NULL;
    size_t accepted = 0;
    enum lt_code code = lt_client_new(&config, &client, NULL);
    says_so(code);
    cr_assert_eq(client == NULL, code != LT_DONE);
    if (!client)
        return 0;
    for (int i = 0; i < 3; i++) {
        code = publish(client);
        says_so(code);
        accepted += code == LT_DONE ? 1 : 0;
    }
    says_so(lt_client_subscribe(client, &wanted, NULL, NULL, NULL));
    says_so(lt_client_settle(client, 17, 1, LT_ACK_GAVE_UP, "hỏng loa", NULL));
    says_so(lt_client_query(client, "stats", (struct lt_slice){0}, NULL, NULL));
    use_blobs(client, state);
    says_so(lt_client_ask_status(client, (const uint8_t[LT_ID_SIZE]){1}, NULL, NULL, NULL));
    lt_client_destroy(&client, 0);
    return accepted;
}

Test(memory, a_call_that_finds_none_says_so_and_nothing_of_it_stays, .timeout = 240)
{
    struct hub hub;
    is_caller = true;
    disarm();
    hub_init(&hub);
    bool any = true;
    for (long allocation = 0; any; allocation++) {
        char path[64];
        int folder = case_folder(path);
        arm(allocation, true);
        size_t accepted = use(&hub, path);
        any = disarm();
        lt_client *client = hub_client(&hub, path, 0);
        cr_assert_eq(lt_client_unconfirmed(client), accepted, "allocation %ld", allocation);
        lt_client_destroy(&client, 0);
        close(folder);
        case_remove(path);
        cr_assert_lt(allocation, 5000);
    }
    hub_clear(&hub);
}

// Answers whatever the client sends.
static void serve(struct hub *hub, int ms)
{
    zpoller_t *poller = zpoller_new(hub->router, NULL);
    while (zpoller_wait(poller, ms)) {
        zmsg_destroy(&hub->message);
        zframe_destroy(&hub->peer);
        hub->message = zmsg_recv(hub->router);
        hub->peer = zmsg_pop(hub->message);
        zframe_t *first = zmsg_first(hub->message);
        struct lt_slice bytes = {zframe_data(first), zframe_size(first)};
        cr_assert_eq(lt_frame_decode(bytes, &hub->frame, NULL), LT_DONE);
        struct lt_frame welcome = {.op = LT_WELCOME,
                                   .version = 1,
                                   .hub = lt_slice_of("hub"),
                                   .now = (uint64_t)zclock_time(),
                                   .limits = hub->limits};
        if (hub->frame.op == LT_HELLO)
            hub_send(hub, &welcome, NULL, 0);
        if (hub->frame.op == LT_SUBSCRIBE)
            hub_subscribed(hub, 0);
        if (hub->frame.op == LT_PUBLISH)
            hub_published(hub, LT_DONE);
        if (hub->frame.op == LT_PUT) {
            struct lt_frame chunk = {.op = LT_CHUNK,
                                     .ref = hub->frame.ref,
                                     .size = hub->frame.offset + hub_payload(hub, 0).size};
            hub_send(hub, &chunk, NULL, 0);
        }
    }
    zpoller_destroy(&poller);
}

// A blob that the engine has no memory for ends with that, and the client lives on.
Test(memory, a_blob_is_sent_or_said_to_fail, .timeout = 240)
{
    is_caller = true;
    disarm();
    size_t failures = 0;
    for (long allocation = 0; allocation < 30; allocation++) {
        struct hub hub;
        uint64_t token = 0;
        hub_init(&hub);
        lt_client *client = hub_client(&hub, NULL, 0);
        arm(allocation, false);
        cr_assert_eq(
            lt_client_send_bytes(client, lt_slice_of("Mời bà con họp"), NULL, &token, NULL),
            LT_DONE);
        struct lt_event *event = NULL;
        int64_t until = zclock_mono() + HUB_WAIT_MS;
        while (!event) {
            serve(&hub, 5);
            event = lt_client_next(client, 0);
            if (event && (event->kind != LT_EVENT_BLOB || event->more))
                lt_event_destroy(&event);
            cr_assert_lt(zclock_mono(), until, "allocation %ld", allocation);
        }
        cr_assert(event->code == LT_DONE || event->code == LT_NO_MEMORY, "%s", event->text);
        failures += event->code == LT_NO_MEMORY ? 1 : 0;
        lt_event_destroy(&event);
        disarm();
        lt_client_destroy(&client, 0);
        hub_clear(&hub);
    }
    cr_assert_gt(failures, 0);
}

Test(memory, the_engine_copes_and_delivers_what_was_accepted, .timeout = 240)
{
    is_caller = true;
    disarm();
    for (long allocation = 0; allocation < 60; allocation++) {
        struct hub hub;
        hub_init(&hub);
        lt_client *client = hub_client(&hub, NULL, 0);
        arm(allocation, false);
        for (int i = 0; i < 3; i++)
            cr_assert_eq(publish(client), LT_DONE);
        int64_t until = zclock_mono() + HUB_WAIT_MS;
        while (lt_client_unconfirmed(client) > 0) {
            serve(&hub, 5);
            cr_assert_lt(zclock_mono(), until, "allocation %ld", allocation);
        }
        disarm();
        lt_client_destroy(&client, 0);
        hub_clear(&hub);
    }
}
