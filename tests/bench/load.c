// One participant of a measurement: publishes or receives as fast as the hub lets it, and says how long that took.
//
//   lienthon-load publish FOLDER TOPIC COUNT BYTES WINDOW     at most WINDOW unconfirmed; prints the seconds
//   lienthon-load receive FOLDER PATTERN COUNT DURABLE|-      acknowledges each; prints "ready", then the seconds from the
//                                                             first to the last
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lienthon/client.h>
#include <lienthon/pack.h>
#include <lienthon/settings/folder.h>
#include <sodium.h>

enum { PATIENCE_MS = 60000, BODY_MAX = 65536 };

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static enum lt_code connect_as(const char *folder, lt_client **client, struct lt_error *error)
{
    struct lt_identity identity = {0};
    uint8_t seed[LT_SEED_SIZE], curve[LT_KEY_SIZE];
    enum lt_code code = lt_identity_load(folder, NULL, &identity, error);
    if (code == LT_DONE)
        code = lt_keys_load(folder, &identity, seed, curve, error);
    if (code == LT_DONE) {
        struct lt_client_config config = {.url = identity.hub,
                                          .principal = identity.principal,
                                          .seed = seed,
                                          .curve_secret = curve,
                                          .agent = "lienthon-load"};
        memcpy(config.hub_curve, identity.hub_curve, sizeof config.hub_curve);
        memcpy(config.root, identity.root, sizeof config.root);
        code = lt_client_new(&config, client, error);
    }
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(curve, sizeof curve);
    lt_identity_clear(&identity);
    return code;
}

static bool make_body(size_t bytes, struct lt_buffer *body)
{
    char text[BODY_MAX] = "";
    memset(text, 'a', bytes < sizeof text - 1 ? bytes : sizeof text - 1);
    body->max = BODY_MAX + 64;
    lt_pack_map(body, 1);
    lt_pack_text(body, "text");
    lt_pack_text(body, text);
    return !body->failed;
}

// Takes in what has come; the number of messages that the hub has confirmed, or -1: one was refused.
static long take_answers(lt_client *client, int64_t wait_ms)
{
    long confirmed = 0;
    struct lt_event *event;
    while ((event = lt_client_next(client, confirmed ? 0 : wait_ms))) {
        bool refused = event->kind == LT_EVENT_STALE ||
                       (event->kind == LT_EVENT_PUBLISHED && event->code > LT_DONE_BEFORE);
        if (refused)
            fprintf(stderr, "refused: %s\n", event->text);
        confirmed += event->kind == LT_EVENT_PUBLISHED;
        lt_event_destroy(&event);
        if (refused)
            return -1;
    }
    return confirmed;
}

static int publish(lt_client *client, char **words, struct lt_error *error)
{
    long count = strtol(words[1], NULL, 10), window = strtol(words[3], NULL, 10), sent = 0,
         confirmed = 0;
    struct lt_buffer body = {0};
    if (!make_body(strtoul(words[2], NULL, 10), &body))
        return 1;
    struct lt_part draft = {.topic = lt_slice_of(words[0]),
                            .type = lt_slice_of("notice.v1"),
                            .body = lt_buffer_slice(&body)};
    double from = now();
    while (confirmed < count) {
        while (sent < count && sent - confirmed < window) {
            if (lt_client_publish(client, &draft, NULL, NULL, error) != LT_DONE) {
                fprintf(stderr, "%s\n", error->text);
                return 1;
            }
            sent++;
        }
        long more = take_answers(client, PATIENCE_MS);
        if (more <= 0)
            return 1;
        confirmed += more;
    }
    printf("%.6f\n", now() - from);
    lt_buffer_clear(&body);
    return 0;
}

static int receive(lt_client *client, char **words, struct lt_error *error)
{
    const char *pattern = words[0];
    long count = strtol(words[1], NULL, 10), got = 0;
    struct lt_subscription wish = {.patterns = &pattern,
                                   .pattern_count = 1,
                                   .credit = 1024,
                                   .durable = strcmp(words[2], "-") == 0 ? NULL : words[2]};
    uint64_t sid = 0;
    double from = 0;
    if (lt_client_subscribe(client, &wish, &sid, NULL, error) != LT_DONE)
        return 1;
    while (got < count) {
        struct lt_event *event = lt_client_next(client, PATIENCE_MS);
        if (!event)
            return 1;
        if (event->kind == LT_EVENT_SUBSCRIBED) {
            puts(event->code == LT_DONE ? "ready" : event->text);
            fflush(stdout);
        }
        if (event->kind == LT_EVENT_MESSAGE) {
            if (!got++)
                from = now();
            lt_client_settle(client, event->sid, event->seq, LT_ACK_DONE, NULL, error);
        }
        lt_event_destroy(&event);
    }
    printf("%.6f\n", now() - from);
    return 0;
}

int main(int count, char **words)
{
    struct lt_error error = {0};
    lt_client *client = NULL;
    bool publishes = count == 7 && strcmp(words[1], "publish") == 0;
    bool receives = count == 6 && strcmp(words[1], "receive") == 0;
    if (sodium_init() < 0 || (!publishes && !receives)) {
        fprintf(stderr,
                "usage: %s publish FOLDER TOPIC COUNT BYTES WINDOW\n"
                "       %s receive FOLDER PATTERN COUNT DURABLE|-\n",
                words[0], words[0]);
        return 2;
    }
    if (connect_as(words[2], &client, &error) != LT_DONE) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    int status =
        publishes ? publish(client, words + 3, &error) : receive(client, words + 3, &error);
    lt_client_destroy(&client, 5000);
    return status;
}
