// Publishes one message: lienthon-example-publish TOPIC TEXT
// It is a notice.v1 with a title and a text, urgent, valid for an hour; prints its id and what the hub said.
#include <stdio.h>
#include <string.h>

#include <lienthon/pack.h>

#include "settings.h"

enum { HOUR_MS = 3600 * 1000, PATIENCE_MS = 30000 };

static int publish(lt_client *client, const char *topic, const char *text)
{
    struct lt_buffer body = {.max = 65536};
    struct lt_error error = {0};
    uint64_t token = 0;
    uint8_t id[LT_ID_SIZE];
    char id_text[37];
    lt_pack_map(&body, 2);
    lt_pack_text(&body, "title");
    lt_pack_text(&body, "Thông báo");
    lt_pack_text(&body, "text");
    lt_pack_text(&body, text);
    struct lt_part draft = {.topic = lt_slice_of(topic),
                            .type = lt_slice_of("notice.v1"),
                            .priority = LT_KHAN,
                            .flags = LT_RECEIPT,
                            .expires = lt_client_time(client, NULL) + HOUR_MS,
                            .body = lt_buffer_slice(&body)};
    enum lt_code code = lt_client_publish(client, &draft, id, &token, &error);
    lt_buffer_clear(&body);
    if (code != LT_DONE) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    lt_id_print(id, id_text);
    struct lt_event *answer = settings_await(client, token, PATIENCE_MS);
    code = answer ? answer->code : LT_TIMED_OUT;
    printf("%s %s %s\n", id_text, lt_code_name(code), answer ? answer->text : "no answer yet");
    lt_event_destroy(&answer);
    return code == LT_DONE || code == LT_DONE_BEFORE ? 0 : 1;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: %s TOPIC TEXT\n", arguments[0]);
        return 2;
    }
    lt_client *client = settings_connect("lienthon-example-publish");
    if (!client)
        return 1;
    int status = publish(client, arguments[1], arguments[2]);
    lt_client_destroy(&client, 0);
    return status;
}
