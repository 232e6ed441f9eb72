// Posts a notice and follows what becomes of it: lienthon-example-publish TOPIC TEXT RECEIPTS
// Prints its id, each receipt as it comes (callbacks), and after so many of them, or half a minute, the roster: who was to get
// it, and how it stands.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/ask.h>
#include <lienthon/types.h>

#include "settings.h"

enum { HOUR_MS = 3600 * 1000, PATIENCE_MS = 30 * 1000 };

struct notice {
    uint8_t id[LT_ID_SIZE];
    uint64_t published, asked; // tokens
    unsigned long wanted;      // receipts
    uint64_t until;            // ms: nothing more is waited for
    bool stored, ended;
    struct lt_error error;
};

static void was_published(void *user, lt_client *client, const struct lt_event *event)
{
    struct notice *notice = user;
    (void)client;
    if (event->token != notice->published)
        return;
    printf("published %s %s\n", lt_code_name(event->code), event->text);
    notice->stored = event->code <= LT_DONE_BEFORE;
    notice->ended = !notice->stored; // refused: the text says why
}

// Whoever plays, posts or shows it seals a receipt to its sender.
static void got_receipt(void *user, lt_client *client, const struct lt_event *event)
{
    struct notice *notice = user;
    const struct lt_part *part = &event->message->part;
    struct lt_receipt receipt;
    if (memcmp(part->re, notice->id, LT_ID_SIZE) == 0 &&
        lt_receipt_decode(part->body, &receipt, NULL) == LT_DONE) {
        notice->wanted -= notice->wanted > 0 ? 1 : 0;
        printf("receipt %.*s %.*s %s\n", (int)part->from.size, (const char *)part->from.data,
               (int)receipt.target.size, (const char *)receipt.target.data,
               lt_receipt_outcome_name(receipt.outcome));
    }
    lt_client_settle(client, event->sid, event->seq, LT_ACK_DONE, NULL, NULL);
}

static void got_roster(void *user, lt_client *client, const struct lt_event *event)
{
    struct notice *notice = user;
    struct lt_status status;
    struct lt_receiver row;
    (void)client;
    if (event->token != notice->asked)
        return;
    if (event->code != LT_DONE)
        printf("status %s\n", event->text);
    else if (lt_status_read(event->value, &status, &notice->error) == LT_DONE)
        while (lt_rows_receiver(&status.roster, &row))
            printf("roster %.*s %.*s %s\n", (int)row.principal.size,
                   (const char *)row.principal.data, (int)row.durable.size,
                   (const char *)row.durable.data, lt_delivery_state_name(row.state));
    notice->ended = !event->more;
}

static void is_down(void *user, lt_client *client, const struct lt_event *event)
{
    (void)user;
    (void)client;
    fprintf(stderr, "%s\n", event->text); // the library goes on trying
}

static enum lt_code subscribe_to_receipts(lt_client *client, struct lt_error *error)
{
    char topic[LT_TOPIC_MAX + 1];
    const char *pattern = topic;
    struct lt_subscription wanted = {.patterns = &pattern, .pattern_count = 1};
    lt_principal_topic("$lt/receipts/", lt_slice_of(getenv("LIENTHON_PRINCIPAL")), topic);
    return lt_client_subscribe(client, &wanted, NULL, NULL, error);
}

static enum lt_code publish(lt_client *client, const char *topic, const char *text,
                            struct notice *posted)
{
    struct lt_notice notice = {.title = lt_slice_of("Thông báo"), .text = lt_slice_of(text)};
    struct lt_buffer body = {.max = 65536};
    enum lt_code code = lt_notice_encode(&notice, &body, &posted->error);
    struct lt_part draft = {.topic = lt_slice_of(topic),
                            .type = lt_slice_of("notice.v1"),
                            .priority = LT_KHAN,
                            .flags = LT_RECEIPT,
                            .expires = lt_client_time(client, NULL) + HOUR_MS,
                            .body = lt_buffer_slice(&body)};
    if (code == LT_DONE)
        code = lt_client_publish(client, &draft, posted->id, &posted->published, &posted->error);
    lt_buffer_clear(&body);
    return code;
}

static enum lt_code follow(lt_client *client, struct notice *notice)
{
    const struct lt_handlers handlers = {.user = notice,
                                         .published = was_published,
                                         .stale = was_published,
                                         .message = got_receipt,
                                         .result = got_roster,
                                         .down = is_down};
    enum lt_code code = LT_DONE;
    while (!notice->ended && code == LT_DONE) {
        uint64_t now = lt_client_time(client, NULL);
        bool enough = notice->stored && notice->wanted == 0;
        bool due = notice->asked == 0 && (enough || now >= notice->until);
        if (due)
            code = lt_client_ask_status(client, notice->id, NULL, &notice->asked, &notice->error);
        lt_client_dispatch(client, &handlers,
                           notice->asked == 0 ? (int64_t)(notice->until - now) : -1);
        fflush(stdout);
    }
    return code;
}

int main(int count, char **arguments)
{
    struct notice notice = {0};
    char id[37];
    if (count != 4) {
        fprintf(stderr, "usage: %s TOPIC TEXT RECEIPTS\n", arguments[0]);
        return 2;
    }
    lt_client *client = settings_connect("lienthon-example-publish");
    if (!client)
        return 1;
    notice.wanted = strtoul(arguments[3], NULL, 10);
    notice.until = lt_client_time(client, NULL) + PATIENCE_MS;
    enum lt_code code = subscribe_to_receipts(client, &notice.error);
    if (code == LT_DONE)
        code = publish(client, arguments[1], arguments[2], &notice);
    if (code == LT_DONE) {
        lt_id_print(notice.id, id);
        printf("id %s\n", id);
        code = follow(client, &notice);
    }
    if (code != LT_DONE)
        fprintf(stderr, "%s: %s\n", lt_code_text(code), notice.error.text);
    lt_client_destroy(&client, 1000);
    return code == LT_DONE ? 0 : 1;
}
