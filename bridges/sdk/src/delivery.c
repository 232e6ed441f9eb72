// One message for one target, from its coming to its settling.
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "aside.h"
#include "delivery.h"
#include "log.h"
#include "receipt.h"
#include "trial.h"

struct lt_delivery *delivery_new(struct lt_bridge_host *host, struct target *target,
                                 const struct lt_sealed *message, uint64_t seq, uint64_t attempt)
{
    struct lt_delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        return NULL;
    struct lt_slice bytes = message->bytes;
    delivery->host = host;
    delivery->target = target;
    delivery->seq = seq;
    delivery->attempt = attempt;
    delivery->ours = seq == 0;
    delivery->said_at = host_clock();
    delivery->bytes.max = bytes.size;
    if (!lt_buffer_add(&delivery->bytes, bytes.data, bytes.size) ||
        lt_sealed_decode(lt_buffer_slice(&delivery->bytes), &delivery->sealed, NULL) != LT_DONE ||
        !ledger_name(target->name, &delivery->sealed.part, delivery->name)) {
        lt_buffer_clear(&delivery->bytes);
        free(delivery);
        return NULL;
    }
    delivery->deaths = trial_deaths(host->trial_folder, delivery->name);
    struct lt_delivery **last = &host->deliveries;
    while (*last)
        last = &(*last)->next;
    *last = delivery;
    return delivery;
}

void delivery_free(struct lt_delivery **delivery)
{
    struct lt_delivery **at = &(*delivery)->host->deliveries;
    while (*at && *at != *delivery)
        at = &(*at)->next;
    if (*at)
        *at = (*delivery)->next;
    const char *trials = (*delivery)->host->trial_folder;
    if ((*delivery)->deaths && !(*delivery)->is_over)
        trial_count(trials, (*delivery)->name, (*delivery)->deaths);
    else if ((*delivery)->given || (*delivery)->deaths)
        trial_end(trials, (*delivery)->name);
    lt_buffer_clear(&(*delivery)->bytes);
    free((*delivery)->detail);
    free(*delivery);
    *delivery = NULL;
}

void delivery_say_working(struct lt_bridge_host *host, uint64_t now)
{
    for (struct lt_delivery *delivery = host->deliveries; delivery; delivery = delivery->next) {
        if (delivery->ours || now - delivery->said_at < HOST_WORKING_MS)
            continue;
        delivery->said_at = now;
        lt_client_settle(delivery->target->client, delivery->target->sid, delivery->seq,
                         LT_ACK_WORKING, NULL, NULL);
    }
}

enum lt_code delivery_send_receipt(const struct lt_delivery *delivery, const char *outcome,
                                   const char *detail)
{
    struct receipt receipt;
    struct lt_error error = {0};
    struct target *target = delivery->target;
    if (!receipt_wanted(&delivery->sealed.part))
        return LT_DONE;
    bool written = receipt_write(&delivery->sealed.part, outcome, target->name,
                                 lt_client_time(target->client, NULL), detail, &receipt);
    enum lt_code code = written
                            ? lt_client_publish(target->client, &receipt.draft, NULL, NULL, &error)
                            : lt_fail(&error, LT_NO_MEMORY, "it could not be written");
    if (code != LT_DONE && !delivery->close_at)
        log_line(LOG_WARN_LINE, "a receipt could not be published outcome=%s why=%s", outcome,
                 error.text);
    receipt_clear(&receipt);
    return code;
}

// Its disk takes nothing, or its outbox is full: as it is, until there is room.
static bool waits(enum lt_code code)
{
    return code == LT_IO || code == LT_BUSY;
}

static void say_once(const struct lt_delivery *own, const char *why)
{
    if (!own->close_at)
        log_line(LOG_ERROR_LINE, "what was done cannot be noted, it is tried again seq=%llu why=%s",
                 (unsigned long long)own->seq, why);
}

// What was intended and has happened: from here on nobody asks the far side again.
static bool note_seen(struct lt_delivery *own)
{
    struct lt_error error = {0};
    struct ledger_entry seen = own->entry;
    seen.state = LEDGER_SEEN;
    if (!own->outcome || strcmp(own->outcome, "done") != 0 || own->entry.state < LEDGER_INTENDED ||
        own->entry.state == LEDGER_SEEN)
        return true;
    if (ledger_write(&own->host->ledger, own->target->name, &own->sealed.part, &seen, &error) !=
        LT_DONE) {
        say_once(own, error.text);
        return false;
    }
    own->entry = seen;
    return true;
}

static bool write_down(struct lt_delivery *own)
{
    struct lt_error error = {0};
    if (!note_seen(own))
        return false;
    if (own->outcome && !own->receipted) {
        if (waits(delivery_send_receipt(own, own->outcome, own->detail)))
            return false;
        own->receipted = true;
    }
    // What was given up has not been obeyed: as a dead letter it may be delivered again.
    if (own->ack != LT_ACK_DONE ||
        lt_client_obey(own->target->client, own->sealed.bytes, &error) != LT_IO)
        return true;
    say_once(own, error.text);
    return false;
}

enum lt_code delivery_look(const struct lt_delivery *delivery, struct lt_error *error)
{
    enum lt_code code = lt_client_look(delivery->target->client, delivery->sealed.bytes, error);
    return code == LT_STALE && delivery->kept ? LT_DONE : code;
}

// What is kept is tried again here: by the hub it may be done with, or the hub is away.
static void stay_here(struct lt_delivery *own)
{
    uint64_t wait = HOST_RETRY_MS;
    for (uint64_t i = 1; i < own->attempt && wait < HOST_RETRY_MOST_MS; i++)
        wait *= 2;
    own->attempt++;
    own->ask_at = host_clock() + (wait < HOST_RETRY_MOST_MS ? wait : HOST_RETRY_MOST_MS);
    own->given = own->stopped = false;
    own->user = NULL;
    free(own->detail);
    own->detail = NULL;
}

static void count(struct figures *figures, const char *outcome, enum lt_outcome ack, uint64_t now)
{
    if (!outcome)
        return;
    figures->done += strcmp(outcome, "done") == 0;
    figures->skipped += strcmp(outcome, "skipped") == 0;
    figures->failed += strcmp(outcome, "failed") == 0;
    figures->unknown += strcmp(outcome, "unknown") == 0;
    if (strcmp(outcome, "done") == 0 && ack == LT_ACK_DONE)
        figures->done_at = now;
}

// Of what was refused as it came the bridge knows nothing, whatever it calls itself.
static void tell_over(const struct lt_delivery *own)
{
    const struct lt_bridge *bridge = own->host->instance.bridge;
    bool was_ours = own->given || own->kept || own->ack == LT_ACK_DONE;
    if (bridge->over && own->host->opened && was_ours && own->is_over && !own->is_aside)
        bridge->over(own->host->instance.state, own->target->name, &own->sealed.part);
}

static void finish(struct lt_delivery *own)
{
    struct target *target = own->target;
    struct lt_error error = {0};
    const char *detail = own->ack == LT_ACK_GAVE_UP ? own->detail : NULL;
    // Done: an earlier life may have begun it and been cut off when all but this was written down.
    bool is_noted = own->begun || own->entry.state != LEDGER_NOTHING || own->ack == LT_ACK_DONE;
    bool is_open = own->ack == LT_ACK_AGAIN && own->entry.state >= LEDGER_INTENDED;
    if (is_noted && !own->is_aside && !is_open)
        ledger_end(&own->host->ledger, target->name, &own->sealed.part);
    count(&target->figures, own->outcome, own->ack, lt_client_time(target->client, NULL));
    if (own->kept)
        kept_drop(&own->host->kept, target->name, &own->sealed.part);
    if (!own->ours && lt_client_settle(target->client, target->sid, own->seq, own->ack, detail,
                                       &error) != LT_DONE)
        log_line(LOG_WARN_LINE, "a delivery could not be acknowledged seq=%llu why=%s",
                 (unsigned long long)own->seq, error.text);
    own->is_over = own->ack != LT_ACK_AGAIN;
    tell_over(own);
    if (own->is_released && !own->is_aside && own->is_over)
        aside_remove(own->host->aside_folder, own->name);
    delivery_free(&own);
}

static void close_or_wait(struct lt_delivery *own)
{
    if ((own->kept || own->is_released) && own->ack == LT_ACK_AGAIN)
        stay_here(own);
    else if (write_down(own))
        finish(own);
    else
        own->close_at = host_clock() + HOST_CLOSE_MS;
}

// As the hub takes it: UTF-8, and no more. NULL: none, or no memory.
static char *keep_detail(const char *detail)
{
    char text[LT_TEXT_MAX + 1];
    if (!detail)
        return NULL;
    if (!lt_utf8_valid(lt_slice_of(detail)))
        detail = "(it is no text in UTF-8)";
    return strdup(lt_shorten(detail, text, sizeof text));
}

// The receipt is in the outbox before the message counts as seen, and that before the hub hears of
// it: whatever is cut off in between happens again, and nothing is lost.
void delivery_close(struct lt_delivery **delivery, const char *outcome, const char *detail,
                    enum lt_outcome ack)
{
    struct lt_delivery *own = *delivery;
    *delivery = NULL;
    own->outcome = outcome;
    own->detail = keep_detail(detail);
    own->ack = ack;
    own->stopped = true; // nothing takes its place any more
    own->in_line = false;
    own->ask_at = 0;
    close_or_wait(own);
}

void delivery_close_again(struct lt_bridge_host *host, uint64_t now)
{
    struct lt_delivery *next = NULL;
    for (struct lt_delivery *at = host->deliveries; at; at = next) {
        next = at->next;
        if (at->close_at && at->close_at <= now)
            close_or_wait(at);
    }
}
