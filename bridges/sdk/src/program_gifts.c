// What the program has in hand, and what waits for it. After a fall each that it had is tried alone, so that the one that it
// falls over is found and no other suffers for it.
#include "program_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/json.h>

#include "host.h"
#include "log.h"

enum { ROOM = 8 * 1024 * 1024, INNOCENT_MS = 60000, UNREAD_ENOUGH = 4 * 1024 * 1024 };

void gifts_drop(struct run *run, struct gift **gift)
{
    struct gift **link = &run->gifts;
    while (*link && *link != *gift)
        link = &(*link)->next;
    if (*link)
        *link = (*gift)->next;
    free((*gift)->key);
    free((*gift)->far_id);
    free(*gift);
    *gift = NULL;
}

struct gift *gifts_find(const struct run *run, const char *name)
{
    char own[24];
    for (struct gift *at = run->gifts; at; at = at->next) {
        snprintf(own, sizeof own, "%llu", (unsigned long long)at->number);
        if (at->told && strcmp(own, name) == 0)
            return at;
    }
    return NULL;
}

static size_t count_told(const struct run *run)
{
    size_t count = 0;
    for (const struct gift *at = run->gifts; at; at = at->next)
        count += at->told;
    return count;
}

bool gifts_any_told(const struct run *run)
{
    return count_told(run) > 0;
}

static bool any_suspect(const struct run *run)
{
    for (const struct gift *at = run->gifts; at; at = at->next)
        if (at->suspect)
            return true;
    return false;
}

// All but the message, which is written by json.h and takes the place of the closing brace.
static json_t *head_of(const struct gift *gift)
{
    char name[24];
    const lt_delivery *delivery = gift->delivery;
    snprintf(name, sizeof name, "%llu", (unsigned long long)gift->number);
    if (gift->resolves)
        return json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "do", "resolve", "delivery", name, "target",
                         lt_delivery_target(delivery), "key", gift->key, "far_id", gift->far_id);
    return json_pack("{s:s, s:s, s:s, s:I, s:b, s:s, s:s?}", "do", "deliver", "delivery", name,
                     "target", lt_delivery_target(delivery), "attempt",
                     (json_int_t)delivery->attempt + (json_int_t)delivery->failed, "cut_off",
                     lt_delivery_was_cut_off(delivery), "key", lt_delivery_key(delivery), "far_id",
                     lt_delivery_far_id(delivery));
}

static bool write_line(const struct gift *gift, struct lt_buffer *line, struct lt_error *error)
{
    json_t *head = head_of(gift);
    char *text = head ? json_dumps(head, JSON_COMPACT) : NULL;
    json_decref(head);
    bool whole = text && lt_buffer_add(line, text, strlen(text) - 1) &&
                 lt_buffer_print(line, ",\"message\":") &&
                 lt_json_from_part(gift->message, line, false, error) == LT_DONE;
    free(text);
    return lt_buffer_add(line, "}", 1) && whole;
}

static void give(struct run *run, struct gift *gift)
{
    struct lt_error error = {0};
    struct lt_buffer line = {.max = ROOM};
    lt_delivery *delivery = gift->delivery;
    if (write_line(gift, &line, &error)) {
        gift->told = true;
        gift->begun = false;
        gift->told_at = host_clock();
        if (count_told(run) == 1)
            run->progress_at = gift->told_at;
        run_tell_text(run, lt_buffer_slice(&line));
    } else {
        gifts_drop(run, &gift);
        lt_delivery_settle(&delivery, LT_GAVE_UP,
                           error.text[0] ? error.text : "it cannot be written as JSON");
    }
    lt_buffer_clear(&line);
}

static struct gift *next_to_give(const struct run *run)
{
    bool careful = any_suspect(run);
    if (count_told(run) >= (careful ? 1 : RUN_IN_HAND))
        return NULL;
    for (struct gift *at = run->gifts; at; at = at->next)
        if (!at->told && (at->suspect || !careful))
            return at;
    return NULL;
}

void gifts_give(struct run *run)
{
    struct gift *next;
    while (run->phase == RUN_OPEN && !run->condemned && run->child.unread.size < UNREAD_ENOUGH &&
           (next = next_to_give(run)))
        give(run, next);
}

static struct gift *append(struct run *run, lt_delivery *delivery, const struct lt_part *message)
{
    struct gift *gift = calloc(1, sizeof *gift);
    struct gift **last = &run->gifts;
    if (!gift)
        return NULL;
    *gift = (struct gift){.delivery = delivery, .message = message, .number = ++run->last_number};
    while (*last)
        last = &(*last)->next;
    *last = gift;
    return gift;
}

void gifts_add(struct run *run, lt_delivery *delivery, const struct lt_part *message)
{
    if (append(run, delivery, message))
        gifts_give(run);
    else
        lt_delivery_settle(&delivery, LT_AGAIN, "no memory for a delivery");
}

void gifts_add_unknown(struct run *run, lt_delivery *delivery, const struct lt_part *message,
                       const char *key, const char *far_id)
{
    struct gift *gift = append(run, delivery, message);
    if (gift) {
        gift->resolves = true;
        gift->key = key ? strdup(key) : NULL;
        gift->far_id = far_id ? strdup(far_id) : NULL;
    }
    if (gift && (gift->key || !key) && (gift->far_id || !far_id)) {
        gifts_give(run);
        return;
    }
    if (gift)
        gifts_drop(run, &gift);
    lt_delivery_settle(&delivery, LT_AGAIN, "no memory for a delivery");
}

void gifts_cancel(struct run *run, lt_delivery *delivery, const struct lt_part *by)
{
    struct gift *gift = run->gifts;
    char name[24];
    struct lt_buffer text = {.max = ROOM};
    while (gift && gift->delivery != delivery)
        gift = gift->next;
    if (!gift)
        return;
    snprintf(name, sizeof name, "%llu", (unsigned long long)gift->number);
    if (!gift->told) {
        gifts_drop(run, &gift);
        lt_delivery_settle(&delivery, LT_SKIPPED,
                           by->relation == LT_CANCELS ? "cancelled" : "replaced");
    } else if (lt_buffer_print(&text, "{\"do\":\"cancel\",\"delivery\":\"%s\",\"by\":", name) &&
               lt_json_from_part(by, &text, false, NULL) == LT_DONE &&
               lt_buffer_add(&text, "}", 1)) {
        run_tell_text(run, lt_buffer_slice(&text));
    } else { // what it is stopped by cannot be shown, that it is stopped can
        run_tell(run, json_pack("{s:s, s:s, s:n}", "do", "cancel", "delivery", name, "by"));
    }
    lt_buffer_clear(&text);
}

// What was intended may have happened: it is asked for, and not simply given again.
static void return_intended(struct run *run, struct gift *gift)
{
    lt_delivery *delivery = gift->delivery;
    gifts_drop(run, &gift);
    lt_delivery_settle(&delivery, LT_AGAIN, "the program ended in the middle");
}

static void return_crashed(struct run *run, struct gift *gift, const char *how)
{
    struct lt_error why = {0};
    lt_delivery *delivery = gift->delivery;
    lt_fail(&why, LT_IO, "the program %s", how);
    gifts_drop(run, &gift);
    lt_delivery_crashed(&delivery, why.text);
}

void gifts_fallen(struct run *run, const char *how)
{
    bool was_alone = count_told(run) == 1;
    uint64_t now = host_clock();
    struct gift *next = NULL;
    for (struct gift *at = run->gifts; at; at = next) {
        next = at->next;
        if (!at->told)
            continue;
        at->told = false;
        if (was_alone && now - at->told_at < INNOCENT_MS)
            return_crashed(run, at, how);
        else if (at->intended)
            return_intended(run, at);
        else
            at->suspect = true;
    }
}

void gifts_clear_suspects(struct run *run, uint64_t now)
{
    bool cleared = false;
    for (struct gift *at = run->gifts; at; at = at->next) {
        if (!at->told || !at->suspect || now - at->told_at < INNOCENT_MS)
            continue;
        at->suspect = false;
        cleared = true;
    }
    if (cleared)
        gifts_give(run);
}
