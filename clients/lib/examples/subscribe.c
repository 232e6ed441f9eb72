// Follows a pattern, durably: lienthon-example-subscribe PATTERN COUNT [DURABLE]
// Prints a line a message, acts on it once, sends the receipt that its sender wants, and acknowledges it; ends after COUNT of
// them, or when its standard input is closed: a program's own loop polls the client's descriptor beside others.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/types.h>

#include "settings.h"

static void show(const struct lt_event *event)
{
    char id[37];
    const struct lt_part *part = &event->message->part;
    lt_id_print(part->id, id);
    printf("%s %.*s %.*s %s\n", id, (int)part->from.size, (const char *)part->from.data,
           (int)part->topic.size, (const char *)part->topic.data, lt_code_name(event->verdict));
    fflush(stdout);
}

static enum lt_code send_receipt(lt_client *client, const struct lt_part *part,
                                 struct lt_error *error)
{
    char topic[LT_TOPIC_MAX + 1];
    struct lt_buffer body = {.max = 4096};
    struct lt_receipt receipt = {.outcome = LT_RECEIPT_OUTCOME_DONE,
                                 .target = lt_slice_of("man-hinh"),
                                 .at = lt_client_time(client, NULL)};
    struct lt_part draft = {.type = lt_slice_of("receipt.v1"), .relation = LT_ANSWERS};
    memcpy(draft.re, part->id, LT_ID_SIZE);
    lt_principal_topic("$lt/receipts/", part->from, topic);
    draft.topic = lt_slice_of(topic);
    enum lt_code code = lt_receipt_encode(&receipt, &body, error);
    draft.body = lt_buffer_slice(&body);
    if (code == LT_DONE)
        code = lt_client_publish(client, &draft, NULL, NULL, error);
    lt_buffer_clear(&body);
    return code;
}

// First it is remembered that it is acted on, then it is, then the hub is told: whatever is cut off in between, it happens once.
static void act(lt_client *client, const struct lt_event *event)
{
    struct lt_error error = {0};
    const struct lt_part *part = &event->message->part;
    show(event);
    enum lt_code code = event->verdict;
    if (code == LT_DONE)
        code = lt_client_obey(client, event->message->bytes, &error);
    if (code == LT_DONE && (part->flags & LT_RECEIPT))
        code = send_receipt(client, part, &error);
    if (code == LT_DONE || code == LT_DONE_BEFORE)
        lt_client_settle(client, event->sid, event->seq, LT_ACK_DONE, NULL, &error);
    else if (code == LT_NOT_DUE || code == LT_ONE_HAND)
        lt_client_settle(client, event->sid, event->seq, LT_ACK_AGAIN, NULL, &error);
    else
        lt_client_settle(client, event->sid, event->seq, LT_ACK_GAVE_UP, lt_code_name(code),
                         &error);
    if (error.code != LT_DONE)
        fprintf(stderr, "%s\n", error.text);
}

// true: it was a message.
static bool take(lt_client *client, const struct lt_event *event)
{
    switch (event->kind) {
    case LT_EVENT_MESSAGE:
        act(client, event);
        return true;
    case LT_EVENT_REFUSED:
        printf("refused: %s\n", event->text);
        return false;
    case LT_EVENT_SUBSCRIBED:
        fprintf(stderr, "subscribed: %s %s\n", lt_code_name(event->code), event->text);
        return false;
    case LT_EVENT_DOWN:
        fprintf(stderr, "%s\n", event->text);
        return false;
    default:
        return false;
    }
}

// The client's descriptor is edge-triggered: before each wait all is read.
static void follow(lt_client *client, long left)
{
    struct pollfd ready[2] = {{.fd = lt_client_fd(client), .events = POLLIN},
                              {.fd = STDIN_FILENO, .events = POLLIN}};
    char typed[256];
    bool goes_on = true;
    while (goes_on) {
        struct lt_event *event = lt_client_next(client, 0);
        while (event) {
            left -= take(client, event) ? 1 : 0;
            lt_event_destroy(&event);
            event = left > 0 ? lt_client_next(client, 0) : NULL;
        }
        goes_on = left > 0 && poll(ready, 2, -1) > 0;
        if (goes_on && ready[1].revents && read(STDIN_FILENO, typed, sizeof typed) <= 0) {
            fprintf(stderr, "ends: its input has ended\n");
            goes_on = false;
        }
    }
}

int main(int count, char **arguments)
{
    if (count != 3 && count != 4) {
        fprintf(stderr, "usage: %s PATTERN COUNT [DURABLE]\n", arguments[0]);
        return 2;
    }
    lt_client *client = settings_connect("lienthon-example-subscribe");
    if (!client)
        return 1;
    const char *pattern = arguments[1];
    struct lt_subscription wanted = {
        .patterns = &pattern, .pattern_count = 1, .durable = count == 4 ? arguments[3] : NULL};
    struct lt_error error = {0};
    if (lt_client_subscribe(client, &wanted, NULL, NULL, &error) == LT_DONE)
        follow(client, strtol(arguments[2], NULL, 10));
    else
        fprintf(stderr, "%s\n", error.text);
    lt_client_destroy(&client, 5000);
    return error.code == LT_DONE ? 0 : 1;
}
