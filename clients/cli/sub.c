// `lienthon sub`: messages as they come. What has been printed is acknowledged.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/pack.h>

#include "compose.h"
#include "say.h"
#include "show.h"
#include "when.h"
#include "words.h"
#include "tongue.h"

enum { TYPES_MAX = 64 };

struct reader {
    struct cli *cli;
    struct session session;
    struct lt_subscription wanted;
    char type_names[TYPES_MAX][LT_TYPE_MAX + 1];
    const char *types[TYPES_MAX];
    uint64_t token, sid;
    long count, left; // count 0: without end
};

static enum lt_code read_from(struct cli *cli, struct lt_subscription *wanted)
{
    const char *from = arguments_value(&cli->arguments, "from");
    if (from == NULL || strcmp(from, "new") == 0) {
        wanted->from = LT_FROM_NEW;
    } else if (strcmp(from, "retained") == 0) {
        wanted->from = LT_FROM_RETAINED;
    } else if (strcmp(from, "all") == 0) {
        wanted->from = LT_FROM_ALL;
    } else {
        // "17:00" is today's here, or yesterday's: what is read back lies in the past.
        const uint64_t now = cli_now();
        wanted->from = LT_FROM_TIME;
        if (when_past(from, now, &wanted->from_time, &cli->error) != LT_DONE) {
            return cli->error.code;
        }
    }
    return LT_DONE;
}

static enum lt_code read_types(struct reader *reader)
{
    const char *list = arguments_value(&reader->cli->arguments, "type");
    size_t count = 0;
    if (list != NULL && words_check_list(list, "type", LT_TYPE_MAX + 1, TYPES_MAX,
                                         &reader->cli->error) != LT_DONE) {
        return reader->cli->error.code;
    }
    while (list != NULL && count < TYPES_MAX &&
           words_next(&list, reader->type_names[count], LT_TYPE_MAX + 1)) {
        if (!lt_type_valid(lt_slice_of(reader->type_names[count]))) {
            return lt_fail(&reader->cli->error, LT_BAD_USE,
                           "'%s' is no type; one looks like notice.v1", reader->type_names[count]);
        }
        reader->types[count] = reader->type_names[count];
        count++;
    }
    reader->wanted.types = reader->types;
    reader->wanted.type_count = count;
    return LT_DONE;
}

static enum lt_code read_wanted(struct reader *reader)
{
    struct cli *cli = reader->cli;
    struct lt_subscription *wanted = &reader->wanted;
    wanted->patterns = cli->arguments.words;
    wanted->pattern_count = cli->arguments.word_count;
    wanted->durable = arguments_value(&cli->arguments, "durable");
    for (size_t i = 0; i < wanted->pattern_count; i++) {
        if (!lt_pattern_valid(lt_slice_of(wanted->patterns[i]))) {
            return lt_fail(&cli->error, LT_BAD_USE,
                           "'%s' is no pattern; one looks like 'an-thanh-1/+/thong-bao' or "
                           "'an-thanh-1/#'",
                           wanted->patterns[i]);
        }
    }
    if (wanted->durable != NULL && !lt_durable_valid(lt_slice_of(wanted->durable))) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "--durable %s: a-z, 0-9, dot, - and _ are allowed, at most 64 of them",
                       wanted->durable);
    }
    if (arguments_has(&cli->arguments, "forget") && wanted->durable == NULL) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "--forget wants --durable NAME: which one is to be ended?");
    }
    if (read_types(reader) != LT_DONE || read_from(cli, wanted) != LT_DONE ||
        compose_urgency(arguments_value(&cli->arguments, "urgency"), &wanted->min_priority,
                        &cli->error) != LT_DONE ||
        arguments_number(&cli->arguments, "count", 1, 1000000000, 0, &reader->count, &cli->error) !=
            LT_DONE) {
        return cli->error.code;
    }
    reader->left = reader->count;
    wanted->credit = reader->count > 0 && reader->count < 64 ? (uint64_t)reader->count : 0;
    return LT_DONE;
}

// Whoever asks for receipts hears that it is here; more than that a terminal cannot say.
static void send_receipt(struct reader *reader, const struct lt_part *message)
{
    char topic[LT_TOPIC_MAX + 1];
    const char *self = reader->session.identity.principal;
    const char *target = reader->wanted.durable != NULL ? reader->wanted.durable : self;
    struct lt_buffer body = {.max = 512};
    if ((message->flags & LT_RECEIPT) == 0 || lt_slice_is(message->from, self) ||
        lt_principal_topic("$lt/receipts/", message->from, topic) == 0) {
        return;
    }
    lt_pack_map(&body, 3);
    lt_pack_text(&body, "outcome");
    lt_pack_text(&body, "received");
    lt_pack_text(&body, "target");
    lt_pack_text(&body, target);
    lt_pack_text(&body, "at");
    lt_pack_uint(&body, cli_now());
    struct lt_part receipt = {
        .topic = lt_slice_of(topic),
        .type = lt_slice_of("receipt.v1"),
        .label = message->label > LT_NOI_BO ? LT_NOI_BO : message->label,
        .relation = LT_ANSWERS,
        .flags = message->flags & LT_DRILL,
        .body = lt_buffer_slice(&body),
    };
    memcpy(receipt.re, message->id, LT_ID_SIZE);
    lt_client_publish(reader->session.client, &receipt, NULL, NULL, NULL);
    lt_buffer_clear(&body);
}

static const char *verdict_words(enum lt_code verdict)
{
    switch (verdict) {
    case LT_DONE_BEFORE:
        return tongue("seen before");
    case LT_NOT_DUE:
        return tongue("not due yet");
    case LT_CANCELLED:
        return tongue("cancelled or replaced");
    case LT_ONE_HAND:
        return tongue("waits for a second person");
    case LT_STALE:
        return tongue("too old, or from the future");
    case LT_EXPIRED:
        return tongue("expired");
    default:
        return lt_code_name(verdict);
    }
}

// false: it cannot be printed, so it does not count as received.
static bool on_message(struct reader *reader, const struct lt_event *event)
{
    const struct lt_part *part = &event->message->part;
    if (reader->cli->json) {
        json_t *json = show_json(part, NULL);
        json_object_set_new(json, "seq", json_integer((json_int_t)event->seq));
        json_object_set_new(json, "attempt", json_integer((json_int_t)event->attempt));
        json_object_set_new(json, "verdict", json_string(lt_code_name(event->verdict)));
        say_json(json);
    } else {
        if (event->verdict != LT_DONE) {
            printf("(%s) ", verdict_words(event->verdict));
        }
        show_line(part, NULL);
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) { // main says so
        return false;
    }
    send_receipt(reader, part);
    lt_client_settle(reader->session.client, event->sid, event->seq, LT_ACK_DONE, NULL, NULL);
    return true;
}

// What was delivered and is not what it says: told, and on stdout too for programs.
static void on_refused(struct reader *reader, const struct lt_event *event)
{
    say_aside("a delivery was refused here: seq=%llu code=%d (%s) %s",
              (unsigned long long)event->seq, (int)event->code, lt_code_name(event->code),
              event->text);
    if (reader->cli->json) {
        say_json(json_pack("{s:s, s:s, s:i, s:I}", "refused", event->text, "code",
                           lt_code_name(event->code), "number", (int)event->code, "seq",
                           (json_int_t)event->seq));
    }
}

// true: there is nothing more to read.
static bool take(struct reader *reader, const struct lt_event *event)
{
    struct cli *cli = reader->cli;
    if (event->kind == LT_EVENT_SUBSCRIBED && event->code != LT_DONE) {
        lt_fail(&cli->error, event->code, "%s", event->text);
        return true;
    }
    if (event->sid != reader->sid) {
        return false;
    }
    if (event->kind == LT_EVENT_MESSAGE) {
        if (!on_message(reader, event)) {
            return true;
        }
    } else if (event->kind == LT_EVENT_REFUSED) {
        on_refused(reader, event);
    } else {
        return false;
    }
    return reader->count > 0 && --reader->left == 0;
}

static enum lt_code read_all(struct reader *reader)
{
    struct session *session = &reader->session;
    struct lt_error *error = &reader->cli->error;
    if (lt_client_subscribe(session->client, &reader->wanted, &reader->sid, &reader->token,
                            error) != LT_DONE) {
        return error->code;
    }
    struct lt_event *event = NULL;
    bool ended = false;
    while (!ended && (event = session_next(session, UINT64_MAX)) != NULL) {
        ended = take(reader, event);
        lt_event_destroy(&event);
    }
    if (!ended && !session->stopped) { // revoked meanwhile
        return session_no_hub(session);
    }
    return error->code;
}

static enum lt_code forget(struct reader *reader)
{
    struct session *session = &reader->session;
    struct lt_error *error = &reader->cli->error;
    uint64_t token = 0;
    enum lt_code code =
        lt_client_subscribe(session->client, &reader->wanted, &reader->sid, &token, error);
    if (code == LT_DONE) {
        code = lt_client_unsubscribe(session->client, reader->sid, true, &token, error);
    }
    const uint64_t until = cli_now() + session->wait_ms;
    struct lt_event *event = NULL;
    bool answered = false;
    while (code == LT_DONE && !answered && (event = session_next(session, until)) != NULL) {
        answered = event->kind == LT_EVENT_SUBSCRIBED && event->token == token;
        if (answered && event->code != LT_DONE) {
            code = lt_fail(error, event->code, "%s", event->text);
        }
        lt_event_destroy(&event);
    }
    if (code == LT_DONE && !answered) {
        return lt_fail(error, LT_TIMED_OUT, "the hub has not answered");
    }
    if (code == LT_DONE && reader->cli->json) {
        say_json(json_pack("{s:s}", "forgotten", reader->wanted.durable));
    }
    return code;
}

int cli_sub(struct cli *cli)
{
    struct reader reader = {.cli = cli, .session = SESSION_CLOSED};
    enum lt_code code = read_wanted(&reader);
    if (code == LT_DONE) {
        code = session_open(cli, SESSION_FOLLOWS, &reader.session);
    }
    if (code == LT_DONE) {
        code = session_up(&reader.session);
    }
    if (code == LT_DONE) {
        code = arguments_has(&cli->arguments, "forget") ? forget(&reader) : read_all(&reader);
    }
    session_close(&reader.session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
