// `lienthon status`: who was to get a message, who has it, what is missing and why.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "original.h"
#include "past.h"
#include "roster.h"
#include "say.h"
#include "series.h"
#include "show.h"
#include "view.h"
#include "when.h"
#include "tongue.h"
#include "unaware.h"

enum {
    LINE_MAX_SIZE = 4096,
    ASK_AGAIN_MS = 2000, // where no receipt tells of a change
    GRACE_MS = 10000,    // for the receipt of who has acknowledged already
};

struct watch {
    struct cli *cli;
    struct session session;
    lt_book *book;
    struct lt_buffer args;
    struct roster roster;
    struct lt_buffer values; // holds the message
    struct lt_sealed message;
    bool is_kept;
    struct lt_error doubt; // code LT_DONE: it is genuine
    bool has_series;       // it is said again and again, and nothing has taken it back
    bool needs_second;     // its sender may say it only together with another person
    struct seen {
        char *name, *line;
        uint64_t settled; // (cli_now) since when it is acknowledged without a last word
    } * seen;
    size_t seen_count;
    struct past *past; // NULL: every receipt is genuine under today's grants
};

static enum lt_code fetch(struct watch *watch)
{
    struct lt_error *error = &watch->cli->error;
    struct lt_buffer answer = {.max = SESSION_ANSWER_MAX};
    enum lt_code code =
        session_ask(&watch->session, "status", lt_buffer_slice(&watch->args), &answer);
    if (code == LT_DONE && watch->book == NULL) {
        code = view_load(&watch->session, &watch->book);
    }
    for (int attempt = 0; code == LT_DONE && attempt < 2; attempt++) {
        roster_clear(&watch->roster);
        code = roster_read_past(lt_buffer_slice(&answer), watch->book, watch->past, &watch->roster,
                                error);
        if (code != LT_DONE || !roster_lacks_grants(&watch->roster) || attempt == 1) {
            break;
        }
        lt_book_destroy(&watch->book); // somebody has joined, has new keys, or has been revoked
        past_destroy(&watch->past);
        code = view_load(&watch->session, &watch->book);
        if (code == LT_DONE) {
            code = past_load(&watch->session, &watch->past);
        }
    }
    lt_buffer_clear(&answer);
    return code == LT_DONE ? unaware_mark(&watch->session, watch->book, &watch->roster) : code;
}

static void print_row(const struct roster_row *row)
{
    struct lt_buffer line = {.max = LINE_MAX_SIZE};
    roster_print(row, cli_now(), &line);
    say_line(lt_buffer_slice(&line));
    putchar('\n');
    lt_buffer_clear(&line);
}

// The message itself, where it is still kept: people know it by its words, not by its id.
static void find_message(struct watch *watch)
{
    const struct arguments *arguments = &watch->cli->arguments;
    watch->is_kept =
        original_find(&watch->session, arguments->words[0], arguments_value(arguments, "from"),
                      &watch->values, &watch->message) == LT_DONE;
    if (watch->is_kept) {
        const uint64_t created = watch->message.part.created;
        const enum lt_code code =
            lt_book_authorise(watch->book, &watch->message, created, false, NULL, &watch->doubt);
        watch->doubt.code = code == LT_ONE_HAND ? LT_DONE : code;
        watch->needs_second = code == LT_ONE_HAND;
        if (watch->doubt.code != LT_DONE && watch->past == NULL) {
            past_load(&watch->session, &watch->past);
        }
        if (watch->doubt.code != LT_DONE && watch->past != NULL &&
            past_holds(watch->past, &watch->message)) {
            watch->doubt.code = LT_DONE; // its sender has been revoked or has new keys since
        }
    }
    watch->has_series = watch->is_kept && watch->doubt.code == LT_DONE &&
                        series_has(&watch->message.part) &&
                        !unaware_is_taken_back(&watch->session, watch->book, &watch->roster);
    watch->cli->error = (struct lt_error){0};
}

// When it is said, as far as can be known here.
static void print_series(const struct watch *watch)
{
    struct lt_buffer words = {.max = LINE_MAX_SIZE};
    series_tell(watch->cli, &watch->message.part, &words);
    say_lines(lt_buffer_slice(&words));
    lt_buffer_clear(&words);
}

static void print_head(const struct watch *watch)
{
    const struct roster *roster = &watch->roster;
    const struct lt_part *part = &watch->message.part;
    const uint64_t now = cli_now();
    char at[WHEN_SIZE];
    when_short(roster->stored, now, at);
    struct lt_buffer head = {.max = LINE_MAX_SIZE};
    lt_buffer_print(&head, tongue("%s\n%s from %s, sent at %s"), roster->id, roster->topic,
                    roster->from, at);
    if (watch->is_kept && part->deliver_at > now) {
        when_short(part->deliver_at, now, at);
        lt_buffer_print(&head, tongue(", to be delivered at %s"), at);
    }
    say_lines(lt_buffer_slice(&head));
    lt_buffer_clear(&head);
    putchar('\n');
    if (watch->is_kept && watch->doubt.code != LT_DONE) {
        fputs(tongue("the message is not genuine: "), stdout);
        say_sentence(watch->doubt.text);
        putchar('\n');
    } else if (watch->is_kept) {
        show_body(part);
        putchar('\n');
        if (watch->has_series) {
            print_series(watch);
        }
    }
    putchar('\n');
}

// Nobody has said that it is acting on it: the second person is missing, or has only just spoken.
static void print_second(const struct watch *watch)
{
    const struct roster *roster = &watch->roster;
    bool acts = !watch->needs_second;
    for (size_t i = 0; i < roster->count && !acts; i++) {
        acts = roster->rows[i].outcome != NULL;
    }
    if (!acts) {
        printf(
            tongue("nobody acts on it before a second person has said yes: lienthon approve %s\n"),
            roster->id);
    }
}

static void print_sum(const struct roster *roster)
{
    size_t wanted = 0;
    size_t done = 0;
    for (size_t i = 0; i < roster->count; i++) {
        if (roster->rows[i].expected && !roster_is_apart(&roster->rows[i])) {
            wanted++;
            done += roster_is_done(&roster->rows[i]);
        }
    }
    if (wanted == 0) {
        puts(tongue("nobody subscribed to this topic when the message was sent"));
    } else {
        printf(tongue("%zu of %zu done\n"), done, wanted);
    }
}

static void print_roster(const struct watch *watch)
{
    const struct roster *roster = &watch->roster;
    bool any = false;
    print_head(watch);
    for (size_t i = 0; i < roster->count; i++) {
        if (!roster_is_apart(&roster->rows[i])) {
            print_row(&roster->rows[i]);
            any = true;
        }
    }
    if (any) {
        putchar('\n');
    }
    print_second(watch);
    print_sum(roster);
}

static struct seen *seen_of(struct watch *watch, const struct roster_row *row)
{
    char name[2 * LT_PRINCIPAL_MAX + 256];
    snprintf(name, sizeof name, "%s %s", row->principal, row->target);
    for (size_t i = 0; i < watch->seen_count; i++) {
        if (strcmp(watch->seen[i].name, name) == 0) {
            return &watch->seen[i];
        }
    }
    struct seen *seen = cli_alloc((watch->seen_count + 1) * sizeof *seen);
    if (watch->seen_count > 0) {
        memcpy(seen, watch->seen, watch->seen_count * sizeof *seen);
    }
    free(watch->seen);
    watch->seen = seen;
    seen += watch->seen_count++;
    seen->name = cli_copy(lt_slice_of(name));
    return seen;
}

// Prints what has changed since the last look. true: each row has its last word.
static bool print_changes(struct watch *watch)
{
    bool all_final = true;
    for (size_t i = 0; i < watch->roster.count; i++) {
        const struct roster_row *row = &watch->roster.rows[i];
        struct seen *seen = seen_of(watch, row);
        struct lt_buffer line = {.max = LINE_MAX_SIZE};
        roster_print(row, cli_now(), &line);
        if (seen->line == NULL || !lt_slice_is(lt_buffer_slice(&line), seen->line)) {
            free(seen->line);
            seen->line = cli_copy(lt_buffer_slice(&line));
            if (!watch->cli->json && !roster_is_apart(row)) {
                print_row(row);
            }
        }
        lt_buffer_clear(&line);
        const bool acknowledged = row->state != NULL && strcmp(row->state, "done") == 0;
        if (acknowledged && seen->settled == 0) {
            seen->settled = cli_now();
        }
        all_final = all_final && (roster_is_final(row) ||
                                  (acknowledged && cli_now() - seen->settled >= GRACE_MS));
    }
    fflush(stdout);
    return all_final;
}

// A receipt for this identity, or the time for another look; false: Ctrl-C.
static bool wait_for_change(struct watch *watch)
{
    const uint64_t until = cli_now() + ASK_AGAIN_MS;
    struct lt_event *event = session_next(&watch->session, until);
    while (event != NULL) {
        const bool is_message = event->kind == LT_EVENT_MESSAGE;
        if (is_message) {
            lt_client_settle(watch->session.client, event->sid, event->seq, LT_ACK_DONE, NULL,
                             NULL);
        }
        lt_event_destroy(&event);
        event = session_next(&watch->session,
                             is_message ? 0 : until); // a burst of receipts is one look
    }
    return !watch->session.stopped;
}

// Receipts come to the sender's own topic; who may not read there asks again and again instead.
static void listen_to_receipts(struct watch *watch)
{
    char topic[LT_TOPIC_MAX + 1];
    lt_principal_topic("$lt/receipts/", lt_slice_of(watch->session.identity.principal), topic);
    const char *const patterns[] = {topic};
    const struct lt_subscription subscription = {
        .patterns = patterns, .pattern_count = 1, .from = LT_FROM_NEW};
    uint64_t sid = 0;
    lt_client_subscribe(watch->session.client, &subscription, &sid, NULL, NULL);
}

static enum lt_code follow(struct watch *watch)
{
    listen_to_receipts(watch);
    if (!watch->cli->json) {
        print_head(watch);
        print_second(watch);
    }
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && !print_changes(watch) && wait_for_change(watch)) {
        code = fetch(watch);
        while (code == LT_TIMED_OUT && !watch->session.stopped) { // the hub is away: it comes back
            say_aside("%s", watch->cli->error.text);
            code = fetch(watch);
        }
    }
    if (watch->session.stopped) {
        code = LT_DONE;
    }
    if (code == LT_DONE && !watch->cli->json) {
        print_sum(&watch->roster);
    }
    return code;
}

static enum lt_code run(struct watch *watch)
{
    struct cli *cli = watch->cli;
    const bool follows = arguments_has(&cli->arguments, "watch");
    enum lt_code code =
        original_args(cli->arguments.words[0], arguments_value(&cli->arguments, "from"),
                      &watch->args, &cli->error);
    if (code == LT_DONE) {
        code = session_open(cli, follows ? SESSION_FOLLOWS : SESSION_READS, &watch->session);
    }
    if (code == LT_DONE) {
        code = session_up(&watch->session);
    }
    if (code == LT_DONE) {
        code = fetch(watch);
    }
    if (code == LT_DONE) {
        find_message(watch);
    }
    if (code == LT_DONE && follows) {
        code = follow(watch);
    } else if (code == LT_DONE && !cli->json) {
        print_roster(watch);
    }
    if (code == LT_DONE && cli->json) {
        json_t *json = roster_json(&watch->roster);
        if (watch->is_kept) {
            json_object_set_new(json, "message",
                                show_json(&watch->message.part,
                                          watch->doubt.code != LT_DONE ? watch->doubt.text : NULL));
        }
        if (watch->has_series) {
            json_object_set_new(json, "next", series_json(cli, &watch->message.part));
        }
        say_json(json);
    }
    return code;
}

int cli_status(struct cli *cli)
{
    struct watch watch = {.cli = cli, .session = SESSION_CLOSED};
    const enum lt_code code = run(&watch);
    for (size_t i = 0; i < watch.seen_count; i++) {
        free(watch.seen[i].name);
        free(watch.seen[i].line);
    }
    free(watch.seen);
    roster_clear(&watch.roster);
    lt_book_destroy(&watch.book);
    past_destroy(&watch.past);
    lt_buffer_clear(&watch.args);
    lt_buffer_clear(&watch.values);
    session_close(&watch.session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
