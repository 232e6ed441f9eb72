// Released, it comes from the hub, as a dead letter that is delivered again: so the hub, the status of the message and whoever
// reads them say the same as the bridge.
#include "quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>

#include "log.h"
#include "receipt.h"
#include "trial.h"
#include "turn.h"

enum { LOOK_MS = 1000, RETRY_MS = 5000, NAMES_MAX = 1024 * 1024 };

struct release { // asked of the hub, and not answered yet
    struct release *next;
    uint64_t token;
    const struct target *target;
    char name[LEDGER_NAME_SIZE];
};

static const char said_crashed[] =
    "cầu nối bị ngắt ba lần khi làm tin này, nên tin được để riêng, chờ người xem";
static const char said_unknown[] =
    "không biết đã làm hay chưa, nên tin được để riêng, chờ người xem";

static void say_aside(struct lt_delivery *delivery, enum aside_reason reason)
{
    delivery->is_aside = true;
    if (reason == ASIDE_CRASHED)
        delivery_close(&delivery, "failed", said_crashed, LT_ACK_GAVE_UP);
    else
        delivery_close(&delivery, "unknown", said_unknown, LT_ACK_GAVE_UP);
}

void quarantine_put(struct lt_delivery *delivery, enum aside_reason reason, const char *why)
{
    struct lt_bridge_host *host = delivery->host;
    struct aside_item item = {.reason = reason,
                              .at = lt_bridge_now(host),
                              .seq = delivery->seq,
                              .sealed = delivery->sealed};
    struct lt_error error = {0};
    char id[37];
    memcpy(item.name, delivery->name, sizeof item.name);
    snprintf(item.target, sizeof item.target, "%s", delivery->target->name);
    (void)lt_shorten(why && lt_utf8_valid(lt_slice_of(why)) ? why : "(it is no text in UTF-8)",
                     item.why, sizeof item.why);
    snprintf(item.key, sizeof item.key, "%s", delivery->entry.key);
    lt_id_print(delivery->sealed.part.id, id);
    aside_unask(host->aside_folder, item.name); // before: a wish of an earlier time is not for this
    if (aside_keep(host->aside_folder, &item, &error) != LT_DONE) {
        log_line(LOG_ERROR_LINE, "a message cannot be set aside, it waits id=%s why=%s", id,
                 error.text);
        turn_again(&delivery, RETRY_MS);
        return;
    }
    log_line(LOG_ERROR_LINE, "a message is set aside id=%s target=%s why=%s", id, item.target, why);
    lt_fail(&error, LT_DONE, "the message %s is set aside: %s", id, why);
    lt_bridge_ill(host, error.text);
    trial_end(host->trial_folder, item.name);
    delivery->target->figures.set_aside++;
    say_aside(delivery, reason);
}

bool quarantine_holds(struct lt_delivery *delivery)
{
    enum aside_wish wish = ASIDE_NONE;
    const char *folder = delivery->host->aside_folder;
    if (!folder || !aside_has(folder, delivery->name, &wish) || wish == ASIDE_AGAIN)
        return false;
    // Said again: the life that set it aside may have ended before its receipt was written.
    struct aside_item item;
    enum aside_reason reason = ASIDE_UNKNOWN;
    if (aside_read(folder, delivery->name, &item, NULL) == LT_DONE) {
        reason = item.reason;
        aside_clear(&item);
    }
    say_aside(delivery, reason);
    return true;
}

static struct target *target_of(struct lt_bridge_host *host, const char *name)
{
    for (size_t i = 0; i < host->target_count; i++)
        if (strcmp(host->targets[i].name, name) == 0)
            return &host->targets[i];
    return NULL;
}

static bool is_asked(const struct lt_bridge_host *host, const char *name)
{
    for (const struct lt_delivery *open = host->deliveries; open; open = open->next)
        if (strcmp(open->name, name) == 0)
            return true;
    const struct release *at = host->releases;
    while (at && strcmp(at->name, name) != 0)
        at = at->next;
    return at != NULL;
}

static void forget_entry(struct lt_bridge_host *host, const struct aside_item *item)
{
    ledger_end(&host->ledger, item->target, &item->sealed.part);
    trial_end(host->trial_folder, item->name);
}

static void release(struct lt_bridge_host *host, struct target *target,
                    const struct aside_item *item)
{
    struct lt_error error = {0};
    // Once: a later life must not forget what the new try has noted.
    if (item->wish == ASIDE_RELEASE) {
        forget_entry(host, item);
        if (!aside_begin_again(host->aside_folder, item->name))
            return; // looked at again
    }
    struct release *asked = calloc(1, sizeof *asked);
    if (!asked)
        return;
    memcpy(asked->name, item->name, sizeof asked->name);
    asked->target = target;
    if (lt_client_again(target->client, lt_bridge_principal(host), target->name, &item->seq, 1,
                        &asked->token, &error) != LT_DONE) {
        log_line(LOG_WARN_LINE, "a message cannot be asked for again why=%s", error.text);
        free(asked);
        return;
    }
    asked->next = host->releases;
    host->releases = asked;
}

static enum lt_code send_done(const struct target *target, const struct aside_item *item)
{
    struct receipt receipt;
    if (!receipt_wanted(&item->sealed.part))
        return LT_DONE;
    enum lt_code code =
        receipt_write(&item->sealed.part, "done", target->name,
                      lt_client_time(target->client, NULL), "người trực xác nhận", &receipt)
            ? lt_client_publish(target->client, &receipt.draft, NULL, NULL, NULL)
            : LT_NO_MEMORY;
    receipt_clear(&receipt);
    return code;
}

// A person has seen that it happened.
static void close_as_done(struct lt_bridge_host *host, const struct target *target,
                          const struct aside_item *item)
{
    struct lt_error error = {0};
    enum lt_code code = send_done(target, item);
    if (code == LT_DONE && lt_client_obey(target->client, item->sealed.bytes, &error) == LT_IO)
        code = LT_IO;
    if (code != LT_DONE)
        return; // looked at again
    forget_entry(host, item);
    aside_remove(host->aside_folder, item->name);
    log_line(LOG_INFO_LINE, "what was set aside is done, a person says target=%s", target->name);
    // It is no dead letter any more: delivered again, it counts as seen and is acknowledged.
    if (lt_client_again(target->client, lt_bridge_principal(host), target->name, &item->seq, 1,
                        NULL, &error) != LT_DONE)
        log_line(LOG_WARN_LINE, "it stays a dead letter why=%s", error.text);
}

static void look_at(struct lt_bridge_host *host, const char *name)
{
    struct aside_item item;
    struct lt_error error = {0};
    enum aside_wish wish = ASIDE_NONE;
    if (!aside_has(host->aside_folder, name, &wish) || wish == ASIDE_NONE || is_asked(host, name))
        return;
    if (aside_read(host->aside_folder, name, &item, &error) != LT_DONE) {
        log_line(LOG_ERROR_LINE, "what is set aside cannot be read why=%s", error.text);
        return;
    }
    struct target *target = target_of(host, item.target);
    if (!target) {
        log_line(LOG_ERROR_LINE, "what is set aside has no target any more target=%s", item.target);
        aside_unask(host->aside_folder, name);
    } else if (item.wish != ASIDE_DONE) {
        release(host, target, &item);
    } else {
        close_as_done(host, target, &item);
    }
    aside_clear(&item);
}

void quarantine_turn(struct lt_bridge_host *host, uint64_t now)
{
    struct lt_buffer names = {.max = NAMES_MAX};
    if (!host->aside_folder || now - host->aside_looked < LOOK_MS)
        return;
    host->aside_looked = now;
    if (aside_names(host->aside_folder, &names, NULL) == LT_DONE)
        for (size_t at = 0; at < names.size; at += LEDGER_NAME_SIZE)
            look_at(host, (const char *)names.data + at);
    lt_buffer_clear(&names);
}

// [[code, text]]: what the hub says of the one letter.
static bool comes_again(const struct lt_event *event, struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(event->value);
    uint32_t count;
    uint64_t code = LT_MALFORMED;
    struct lt_slice text = {0};
    if (event->code != LT_DONE) {
        lt_fail(error, event->code, "%s", event->text);
        return false;
    }
    bool whole = lt_cursor_array(&cursor, &count) && count == 1 &&
                 lt_cursor_array(&cursor, &count) && count == 2 &&
                 lt_cursor_uint(&cursor, UINT32_MAX, &code) && lt_cursor_str(&cursor, &text);
    lt_fail(error, whole ? (enum lt_code)code : LT_MALFORMED, "%.*s", (int)text.size,
            text.size ? (const char *)text.data : "");
    return whole && code <= LT_DONE_BEFORE;
}

// The hub has done with it: it was acknowledged before it was set aside, or is kept no longer.
static bool from_own_copy(struct lt_bridge_host *host, const char *name)
{
    struct aside_item item;
    if (aside_read(host->aside_folder, name, &item, NULL) != LT_DONE)
        return false;
    struct target *target = target_of(host, item.target);
    if (target)
        intake_release(host, target, &item.sealed);
    aside_clear(&item);
    return target != NULL;
}

void quarantine_answer(struct lt_bridge_host *host, const struct target *target,
                       const struct lt_event *event)
{
    struct release **link = &host->releases;
    struct lt_error error = {0};
    while (*link && ((*link)->target != target || (*link)->token != event->token))
        link = &(*link)->next;
    struct release *asked = *link;
    if (!asked)
        return;
    *link = asked->next;
    if (comes_again(event, &error)) {
        log_line(LOG_INFO_LINE, "a message is released target=%s", asked->target->name);
        aside_remove(host->aside_folder, asked->name);
    } else if (error.code == LT_NOT_FOUND && from_own_copy(host, asked->name)) {
        log_line(LOG_INFO_LINE, "a message is released from its own copy target=%s",
                 asked->target->name);
    } else {
        log_line(LOG_ERROR_LINE,
                 "a message stays set aside: the hub does not give it target=%s why=%s",
                 asked->target->name, error.text);
        aside_unask(host->aside_folder, asked->name);
    }
    free(asked);
}

void quarantine_close(struct lt_bridge_host *host)
{
    while (host->releases) {
        struct release *first = host->releases;
        host->releases = first->next;
        free(first);
    }
}
