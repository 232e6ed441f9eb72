// Follows a pattern: lienthon-example-subscribe PATTERN COUNT [DURABLE]
// Prints a line a message and acknowledges it; ends after COUNT of them.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static bool take(lt_client *client, const struct lt_event *event)
{
    struct lt_error error = {0};
    switch (event->kind) {
    case LT_EVENT_MESSAGE:
        show(event);
        if (event->verdict == LT_DONE)
            lt_client_obey(client, event->message->bytes, &error);
        lt_client_settle(client, event->sid, event->seq, LT_ACK_DONE, NULL, &error);
        return true;
    case LT_EVENT_REFUSED:
        printf("refused: %s\n", event->text);
        fflush(stdout);
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
    long left = strtol(arguments[2], NULL, 10);
    if (lt_client_subscribe(client, &wanted, NULL, NULL, &error) != LT_DONE) {
        fprintf(stderr, "%s\n", error.text);
        left = 0;
    }
    while (left > 0) {
        struct lt_event *event = lt_client_next(client, -1);
        if (event && take(client, event))
            left--;
        lt_event_destroy(&event);
    }
    lt_client_destroy(&client, 1000);
    return error.code == LT_DONE ? 0 : 1;
}
