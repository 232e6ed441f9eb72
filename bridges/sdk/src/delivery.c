// One message for one target, from its coming to its settling.
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "receipt.h"

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
        lt_sealed_decode(lt_buffer_slice(&delivery->bytes), &delivery->sealed, NULL) != LT_DONE) {
        lt_buffer_clear(&delivery->bytes);
        free(delivery);
        return NULL;
    }
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

static enum lt_code send_receipt(const struct lt_delivery *delivery, const char *outcome,
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

static bool write_down(struct lt_delivery *own)
{
    struct lt_error error = {0};
    if (own->outcome && !own->receipted) {
        if (waits(send_receipt(own, own->outcome, own->detail)))
            return false;
        own->receipted = true;
    }
    // What was given up has not been obeyed: as a dead letter it may be delivered again.
    if (own->ack != LT_ACK_DONE ||
        lt_client_obey(own->target->client, own->sealed.bytes, &error) != LT_IO)
        return true;
    if (!own->close_at)
        log_line(LOG_ERROR_LINE, "what was done cannot be noted, it is tried again seq=%llu why=%s",
                 (unsigned long long)own->seq, error.text);
    return false;
}

enum lt_code delivery_look(const struct lt_delivery *delivery, struct lt_error *error)
{
    enum lt_code code = lt_client_look(delivery->target->client, delivery->sealed.bytes, error);
    return code == LT_STALE && delivery->kept ? LT_DONE : code;
}

// What is kept is tried again here: by the hub it may be done with, or the hub is away.
static void try_again(struct lt_delivery *own)
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

static void finish(struct lt_delivery *own)
{
    struct target *target = own->target;
    struct lt_error error = {0};
    const char *detail = own->ack == LT_ACK_GAVE_UP ? own->detail : NULL;
    if (own->begun)
        ledger_end(&own->host->ledger, target->name, &own->sealed.part);
    if (own->kept)
        kept_drop(&own->host->kept, target->name, &own->sealed.part);
    if (!own->ours && lt_client_settle(target->client, target->sid, own->seq, own->ack, detail,
                                       &error) != LT_DONE)
        log_line(LOG_WARN_LINE, "a delivery could not be acknowledged seq=%llu why=%s",
                 (unsigned long long)own->seq, error.text);
    delivery_free(&own);
}

static void close_or_wait(struct lt_delivery *own)
{
    if (own->kept && own->ack == LT_ACK_AGAIN)
        try_again(own);
    else if (write_down(own))
        finish(own);
    else
        own->close_at = host_clock() + HOST_CLOSE_MS;
}

// The receipt is in the outbox before the message counts as seen, and that before the hub hears of
// it: whatever is cut off in between happens again, and nothing is lost.
void delivery_close(struct lt_delivery **delivery, const char *outcome, const char *detail,
                    enum lt_outcome ack)
{
    struct lt_delivery *own = *delivery;
    *delivery = NULL;
    own->outcome = outcome;
    own->detail = detail ? strdup(detail) : NULL;
    own->ack = ack;
    own->stopped = true; // nothing takes its place any more
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

bool lt_delivery_begin(lt_delivery **delivery)
{
    struct lt_delivery *own = *delivery;
    struct lt_error error = {0};
    if (own->host->out_of_force) {
        delivery_close(delivery, NULL, NULL, LT_ACK_AGAIN);
        return false;
    }
    switch (delivery_look(own, &error)) {
    case LT_DONE:
        break;
    case LT_DONE_BEFORE:
        delivery_close(delivery, NULL, NULL, LT_ACK_DONE);
        return false;
    case LT_CANCELLED:
        delivery_close(delivery, "skipped", "cancelled", LT_ACK_DONE);
        return false;
    case LT_EXPIRED:
        delivery_close(delivery, "skipped", "expired", LT_ACK_DONE);
        return false;
    default:
        log_line(LOG_WARN_LINE, "what waited is not obeyed any more code=%d why=%s",
                 (int)error.code, error.text);
        lt_bridge_ill(own->host, error.text);
        delivery_close(delivery, own->kept ? "failed" : NULL, error.text, LT_ACK_GAVE_UP);
        return false;
    }
    if (own->begun)
        return true;
    if (ledger_begin(&own->host->ledger, own->target->name, &own->sealed.part, &own->cut_off,
                     &error) != LT_DONE)
        log_line(LOG_WARN_LINE, "the ledger could not be written why=%s", error.text);
    own->begun = true;
    return true;
}

static void settle_done(lt_delivery **delivery, const char *why)
{
    struct lt_error detail = {0};
    if ((*delivery)->cut_off)
        lt_fail(&detail, LT_DONE, "%s%slàm lại từ đầu vì lần trước bị ngắt", why ? why : "",
                why ? "; " : "");
    else if (why)
        lt_fail(&detail, LT_DONE, "%s", why);
    delivery_close(delivery, "done", detail.text, LT_ACK_DONE);
}

void lt_delivery_settle(lt_delivery **delivery, enum lt_settled outcome, const char *why)
{
    if (outcome == LT_AGAIN &&
        (*delivery)->attempt >= (uint64_t)(*delivery)->host->instance.settings.attempts)
        outcome = LT_GAVE_UP;
    switch (outcome) {
    case LT_DELIVERED:
        settle_done(delivery, why);
        break;
    case LT_AGAIN:
        log_line(LOG_WARN_LINE, "a delivery failed and comes again attempt=%llu why=%s",
                 (unsigned long long)(*delivery)->attempt, why ? why : "");
        delivery_close(delivery, NULL, NULL, LT_ACK_AGAIN);
        break;
    case LT_GAVE_UP:
        log_line(LOG_WARN_LINE, "a delivery was given up attempt=%llu why=%s",
                 (unsigned long long)(*delivery)->attempt, why ? why : "");
        delivery_close(delivery, "failed", why ? why : "gave up", LT_ACK_GAVE_UP);
        break;
    case LT_SKIPPED:
        delivery_close(delivery, "skipped", why, LT_ACK_DONE);
        break;
    }
}

void lt_delivery_conclude(lt_delivery **delivery, enum lt_code code, const char *what)
{
    lt_bridge_host *host = (*delivery)->host;
    if (code == LT_DONE)
        lt_bridge_well(host, what);
    else
        lt_bridge_ill(host, what);
    lt_delivery_settle(delivery,
                       code == LT_DONE          ? LT_DELIVERED
                       : lt_code_may_pass(code) ? LT_AGAIN
                                                : LT_GAVE_UP,
                       code == LT_DONE ? NULL : what);
}

void lt_delivery_report(lt_delivery *delivery, enum lt_seen seen, const char *detail)
{
    static const char *const outcomes[] = {"received", "handed-over", "unknown", "done", "failed"};
    (void)send_receipt(delivery, outcomes[seen], detail);
}

void lt_delivery_keep(lt_delivery *delivery)
{
    if (!delivery->kept)
        return;
    delivery->put_by = true;
    if (delivery->ours)
        return;
    (void)lt_client_settle(delivery->target->client, delivery->target->sid, delivery->seq,
                           LT_ACK_DONE, NULL, NULL);
    delivery->ours = true;
}

void lt_delivery_rest(lt_delivery *delivery)
{
    if (delivery->begun)
        ledger_end(&delivery->host->ledger, delivery->target->name, &delivery->sealed.part);
    delivery->begun = delivery->cut_off = false;
}

bool lt_delivery_was_cut_off(const lt_delivery *delivery)
{
    return delivery->cut_off;
}

const char *lt_delivery_target(const lt_delivery *delivery)
{
    return delivery->target->name;
}

void lt_delivery_set_user(lt_delivery *delivery, void *user)
{
    delivery->user = user;
}

void *lt_delivery_user(const lt_delivery *delivery)
{
    return delivery->user;
}
