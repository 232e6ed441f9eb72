// Asks who was to get a message: lienthon-example-status ID
// Prints the roster: principal, its subscription, and what became of it.
#include <stdio.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "settings.h"

enum { PATIENCE_MS = 30000 };

static void show_field(struct lt_slice row, const char *name)
{
    struct lt_slice text = {0};
    lt_map_str(row, name, &text);
    printf(" %.*s", (int)text.size, (const char *)text.data);
}

static void show(struct lt_slice value)
{
    struct lt_slice roster = {0}, row = {0};
    uint32_t count = 0;
    if (!lt_map_find(value, "roster", &roster))
        return;
    struct lt_cursor cursor = lt_cursor_of(roster);
    if (!lt_cursor_array(&cursor, &count))
        return;
    for (uint32_t i = 0; i < count && lt_cursor_skip(&cursor, &row); i++) {
        show_field(row, "principal");
        show_field(row, "durable");
        show_field(row, "state");
        show_field(row, "detail");
        printf("\n");
    }
}

static int ask(lt_client *client, const uint8_t id[LT_ID_SIZE])
{
    struct lt_buffer args = {.max = 1024};
    struct lt_error error = {0};
    uint64_t token = 0;
    lt_pack_map(&args, 1);
    lt_pack_text(&args, "id");
    lt_pack_bin(&args, id, LT_ID_SIZE);
    enum lt_code code = lt_client_query(client, "status", lt_buffer_slice(&args), &token, &error);
    lt_buffer_clear(&args);
    struct lt_event *answer = code == LT_DONE ? settings_await(client, token, PATIENCE_MS) : NULL;
    if (answer && answer->code == LT_DONE)
        show(answer->value);
    else
        fprintf(stderr, "%s\n", answer ? answer->text : error.text);
    int status = answer && answer->code == LT_DONE ? 0 : 1;
    lt_event_destroy(&answer);
    return status;
}

int main(int count, char **arguments)
{
    uint8_t id[LT_ID_SIZE];
    if (count != 2 || !lt_id_parse(arguments[1], id)) {
        fprintf(stderr, "usage: %s ID\n", arguments[0]);
        return 2;
    }
    lt_client *client = settings_connect("lienthon-example-status");
    if (!client)
        return 1;
    int status = ask(client, id);
    lt_client_destroy(&client, 0);
    return status;
}
