// The same judgement and the same ruling as in earnest; only the end is words.
#include "rehearsal.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <lienthon/bundle.h>
#include <lienthon/json.h>

#include "log.h"
#include "plain.h"
#include "rehearsal_say.h"
#include "ruling.h"
#include "setup.h"

enum { FILE_MAX = 8 * 1024 * 1024, ANSWER_MS = 30000, EARLIER_MS = 120000 };

struct rehearsal {
    struct lt_bridge_host *host;
    struct lt_buffer file; // a bundle to be judged when the grants are there
    uint8_t id[LT_ID_SIZE];
    bool as_json, wants_id, ends; // ends: when what was asked for has been said
    size_t said, answered;
    uint64_t waiting;          // messages that the hub has for us and that have not come yet
    char why[LT_TEXT_MAX + 1]; // there is no connection
};

// What was closed by itself is closed again for the same reason, which says more than that it is done.
static struct ruling rule(struct rehearsal *rehearsal, const struct target *target,
                          const struct lt_part *part, enum lt_code verdict, const char *text,
                          bool has_time)
{
    struct ruling ruling = ruling_of(rehearsal->host, target, part, verdict, text, has_time);
    if (verdict != LT_DONE_BEFORE)
        return ruling;
    struct ruling anew = ruling_of(rehearsal->host, target, part, LT_DONE, "", has_time);
    bool is_same = anew.kind == RULING_CLOSE && strcmp(anew.outcome, "skipped") == 0;
    return is_same ? anew : ruling;
}

static void say(struct rehearsal *rehearsal, const struct target *target,
                const struct lt_part *part, enum lt_code verdict, const char *text, bool has_time)
{
    struct ruling ruling = rule(rehearsal, target, part, verdict, text, has_time);
    rehearsal_say(rehearsal->host, target, part, &ruling, rehearsal->as_json);
    fflush(stdout);
    rehearsal->said++;
}

static bool concerns(const struct target *target, const struct lt_part *part)
{
    for (size_t i = 0; i < target->patterns.count; i++)
        if (lt_pattern_matches(lt_slice_of(target->patterns.items[i]), part->topic))
            return true;
    return false;
}

// A draft has no seal: it is taken for genuine, and nobody is asked.
static enum lt_code say_draft(struct rehearsal *rehearsal, const char *path, struct lt_error *error)
{
    struct lt_bridge_host *host = rehearsal->host;
    struct lt_buffer room = {.max = LT_MESSAGE_LIMIT};
    struct lt_part part;
    struct lt_error why = {0};
    struct timespec now;
    enum lt_code code =
        lt_json_to_part(lt_buffer_slice(&rehearsal->file), host->types, &part, &room, &why);
    if (code != LT_DONE)
        lt_fail(error, code, "%s:%s", path, why.text);
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t at = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    if (!part.created)
        part.created = at;
    enum lt_code verdict = part.expires && at >= part.expires ? LT_EXPIRED
                           : at < part.deliver_at             ? LT_NOT_DUE
                                                              : LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < host->target_count; i++)
        if (concerns(&host->targets[i], &part))
            say(rehearsal, &host->targets[i], &part, verdict, "", true);
    if (code == LT_DONE && !rehearsal->said && !rehearsal->as_json)
        printf("It would reach no target: none has a topic that matches %.*s\n",
               (int)part.topic.size, part.topic.size ? (const char *)part.topic.data : "");
    lt_buffer_clear(&room);
    return code;
}

static void say_bundle(struct rehearsal *rehearsal)
{
    struct lt_bundle bundle;
    struct lt_slice bytes;
    if (lt_bundle_open(lt_buffer_slice(&rehearsal->file), &bundle, NULL) != LT_DONE)
        return;
    while (lt_bundle_next(&bundle, &bytes, NULL) == LT_DONE) {
        struct lt_sealed sealed;
        if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE ||
            lt_slice_is(sealed.part.type, "grant.v1"))
            continue;
        for (size_t i = 0; i < rehearsal->host->target_count; i++) {
            struct target *target = &rehearsal->host->targets[i];
            struct lt_error error = {0};
            if (concerns(target, &sealed.part))
                say(rehearsal, target, &sealed.part, lt_client_look(target->client, bytes, &error),
                    error.text, true);
        }
    }
    rehearsal->ends = true;
}

static void take_message(struct rehearsal *rehearsal, struct target *target,
                         const struct lt_event *event)
{
    bool has_time = false;
    (void)lt_client_time(target->client, &has_time);
    bool is_wanted = !rehearsal->wants_id || memcmp(event->id, rehearsal->id, LT_ID_SIZE) == 0;
    if (is_wanted && event->kind == LT_EVENT_MESSAGE)
        say(rehearsal, target, &event->message->part, event->verdict, event->text, has_time);
    else if (is_wanted) {
        char id[37];
        lt_id_print(event->id, id);
        json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "target", target->name, "outcome",
                                "refused", "why", event->text);
        char *text = row && rehearsal->as_json ? json_dumps(row, JSON_COMPACT) : NULL;
        if (text)
            puts(text);
        else {
            printf("%s, target %s\n  would be refused: ", id, target->name);
            plain_print(lt_slice_of(event->text), NULL);
            putchar('\n');
        }
        free(text);
        json_decref(row);
        rehearsal->said++;
    }
    // Of a subscription that is not durable this only makes room for the next.
    if (event->kind == LT_EVENT_MESSAGE)
        lt_client_settle(target->client, target->sid, event->seq, LT_ACK_DONE, NULL, NULL);
    rehearsal->waiting -= rehearsal->waiting > 0;
}

static enum lt_code take_event(struct rehearsal *rehearsal, struct target *target,
                               const struct lt_event *event, struct lt_error *error)
{
    switch (event->kind) {
    case LT_EVENT_UP:
        log_line(LOG_INFO_LINE, "dry run, connected target=%s hub=%s", target->name, event->text);
        break;
    case LT_EVENT_DOWN:
        snprintf(rehearsal->why, sizeof rehearsal->why, "%s", event->text);
        log_line(LOG_WARN_LINE, "not connected target=%s why=%s", target->name, event->text);
        break;
    case LT_EVENT_SUBSCRIBED:
        if (event->code != LT_DONE)
            return lt_fail(error, event->code, "target %s: %s", target->name, event->text);
        if (!target->subscribed)
            rehearsal->answered++;
        target->subscribed = true;
        rehearsal->waiting += event->number;
        log_line(LOG_INFO_LINE, "dry run, subscribed target=%s", target->name);
        break;
    case LT_EVENT_MESSAGE:
    case LT_EVENT_REFUSED:
        take_message(rehearsal, target, event);
        break;
    default:
        break;
    }
    return LT_DONE;
}

static enum lt_code take_events(struct rehearsal *rehearsal, struct lt_error *error)
{
    struct lt_bridge_host *host = rehearsal->host;
    enum lt_code code = LT_DONE;
    for (size_t i = 0; i < host->target_count; i++) {
        struct lt_event *event;
        while (code == LT_DONE && (event = lt_client_next(host->targets[i].client, 0))) {
            code = take_event(rehearsal, &host->targets[i], event, error);
            lt_event_destroy(&event);
        }
    }
    if (code != LT_DONE || rehearsal->answered < host->target_count)
        return code;
    if (rehearsal->file.size)
        say_bundle(rehearsal);
    else if (rehearsal->wants_id && !rehearsal->waiting)
        rehearsal->ends = true;
    return code;
}

static enum lt_code listen(struct rehearsal *rehearsal, struct lt_error *error)
{
    struct lt_bridge_host *host = rehearsal->host;
    bool has_end = rehearsal->wants_id || rehearsal->file.size;
    uint64_t until = host_clock() + ANSWER_MS;
    struct pollfd *wait = calloc(1 + host->target_count, sizeof *wait);
    if (!wait)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the loop");
    enum lt_code code = take_events(rehearsal, error);
    while (code == LT_DONE && !rehearsal->ends && !host->stops) {
        wait[0] = (struct pollfd){.fd = host->signals, .events = POLLIN};
        for (size_t i = 0; i < host->target_count; i++)
            wait[1 + i] =
                (struct pollfd){.fd = lt_client_fd(host->targets[i].client), .events = POLLIN};
        if (poll(wait, 1 + host->target_count, 1000) < 0 && errno != EINTR)
            code = lt_fail(error, LT_IO, "cannot wait: %s", strerror(errno));
        host->stops = (wait[0].revents & POLLIN) != 0;
        if (code == LT_DONE)
            code = take_events(rehearsal, error);
        if (code == LT_DONE && has_end && !rehearsal->ends && host_clock() > until)
            code = lt_fail(error, LT_TIMED_OUT, "the hub has not answered within %d seconds%s%s",
                           ANSWER_MS / 1000, rehearsal->why[0] ? ": " : "", rehearsal->why);
    }
    free(wait);
    return code;
}

static enum lt_code rehearse_file(struct rehearsal *rehearsal, const char *path,
                                  struct lt_error *error)
{
    struct lt_bundle bundle;
    rehearsal->file.max = FILE_MAX;
    enum lt_code code = lt_file_read(path, &rehearsal->file, error);
    if (code != LT_DONE)
        return code;
    if (lt_bundle_open(lt_buffer_slice(&rehearsal->file), &bundle, NULL) != LT_DONE)
        return say_draft(rehearsal, path, error);
    code = host_connect(rehearsal->host, error);
    return code == LT_DONE ? listen(rehearsal, error) : code;
}

static enum lt_code rehearse_hub(struct rehearsal *rehearsal, const char *id,
                                 struct lt_error *error)
{
    struct lt_bridge_host *host = rehearsal->host;
    if (id) {
        rehearsal->wants_id = true;
        host->rehearse_since = lt_id_time(rehearsal->id);
        host->rehearse_since -= host->rehearse_since > EARLIER_MS ? EARLIER_MS : 0;
    }
    enum lt_code code = host_connect(host, error);
    if (code == LT_DONE)
        code = listen(rehearsal, error);
    if (code == LT_DONE && id && !rehearsal->said && !host->stops)
        code =
            lt_fail(error, LT_NOT_FOUND,
                    "the hub has no message %s for this instance: is it on one of its topics, may "
                    "its grant receive it, is it over? `lienthon why` tells",
                    id);
    return code;
}

enum lt_code rehearse(struct instance *instance, const char *what, bool as_json, bool remembers,
                      struct lt_error *error)
{
    struct lt_bridge_host *host = NULL;
    enum lt_code code = host_prepare(instance, true, &host, error);
    if (code != LT_DONE)
        return code;
    struct rehearsal rehearsal = {.host = host, .as_json = as_json};
    host->rehearses_memory = remembers;
    if (what && access(what, F_OK) == 0)
        code = rehearse_file(&rehearsal, what, error);
    else if (!what || lt_id_parse(what, rehearsal.id))
        code = rehearse_hub(&rehearsal, what, error);
    else
        code = lt_fail(error, LT_BAD_USE, "%s is neither a file nor the id of a message", what);
    lt_buffer_clear(&rehearsal.file);
    host_destroy(&host);
    return code;
}
