// What a bridge says of a delivery (bridge.h), and what the host makes of it.
#include "delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "log.h"
#include "quarantine.h"
#include "trial.h"
#include "turn.h"

enum { RETRY_FIRST_MS = 1000, RETRY_MOST_MS = 300000, DISK_MS = 5000, AGAIN_MOST_MS = 86400000 };

static bool may_be_acted_on(lt_delivery **delivery)
{
    struct lt_delivery *own = *delivery;
    struct lt_error error = {0};
    if (own->host->out_of_force) {
        turn_over(own, TURN_SAYS_NOTHING, NULL);
        delivery_close(delivery, NULL, NULL, LT_ACK_AGAIN);
        return false;
    }
    enum lt_code verdict = delivery_look(own, &error);
    if (verdict == LT_DONE)
        return true;
    turn_over(own, TURN_SAYS_NOTHING, NULL);
    switch (verdict) {
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
    return false;
}

// Cut off in the middle, a later life would not know of it, and do it twice without a word. What is very urgent is rather
// heard twice than not at all.
static bool goes_unnoted(struct lt_delivery *own, const struct lt_error *why)
{
    log_line(LOG_ERROR_LINE, "the ledger could not be written why=%s", why->text);
    lt_bridge_ill(own->host, why->text);
    return own->sealed.part.priority >= LT_THUONG_KHAN;
}

bool lt_delivery_begin(lt_delivery **delivery)
{
    struct lt_delivery *own = *delivery;
    struct lt_error error = {0};
    if (!may_be_acted_on(delivery))
        return false;
    if (own->begun)
        return true;
    if (ledger_begin(&own->host->ledger, own->target->name, &own->sealed.part, &own->cut_off,
                     &error) != LT_DONE &&
        !goes_unnoted(own, &error)) {
        turn_over(own, TURN_SAYS_NOTHING, NULL);
        turn_again(delivery, DISK_MS);
        return false;
    }
    own->begun = true;
    return true;
}

static uint64_t back_off(const struct lt_delivery *own)
{
    return lt_backoff(own->failed, RETRY_FIRST_MS, RETRY_MOST_MS, randombytes_random());
}

static bool is_spent(const struct lt_delivery *own)
{
    return own->attempt + own->failed > (uint64_t)own->host->instance.settings.attempts;
}

static bool note(struct lt_delivery *own, const struct ledger_entry *entry)
{
    struct lt_error error = {0};
    if (ledger_write(&own->host->ledger, own->target->name, &own->sealed.part, entry, &error) !=
        LT_DONE) {
        log_line(LOG_ERROR_LINE, "the ledger could not be written why=%s", error.text);
        return false;
    }
    own->entry = *entry;
    return true;
}

// Cut at a character where it is too long.
static void keep_text(char out[LEDGER_TEXT + 1], const char *text)
{
    (void)lt_shorten(text, out, LEDGER_TEXT + 1);
}

bool lt_delivery_intend(lt_delivery **delivery, const char *key)
{
    struct lt_delivery *own = *delivery;
    struct ledger_entry entry = {.state = LEDGER_INTENDED};
    if (!may_be_acted_on(delivery))
        return false;
    if (key && (strlen(key) > LEDGER_TEXT || !lt_utf8_valid(lt_slice_of(key)))) {
        lt_delivery_conclude(
            delivery, LT_BAD_USE,
            "its key is more than 255 bytes, or no text, so nobody could ask by it");
        return false;
    }
    keep_text(entry.key, key ? key : own->name);
    own->cut_off = own->cut_off || own->entry.state == LEDGER_BEGUN;
    if (note(own, &entry))
        return true;
    // Not noted, not done: and no attempt of the far side's.
    turn_over(own, TURN_SAYS_NOTHING, NULL);
    turn_again(delivery, DISK_MS);
    return false;
}

const char *lt_delivery_key(const lt_delivery *delivery)
{
    return delivery->name;
}

void lt_delivery_sent(lt_delivery *delivery, const char *far_id)
{
    struct ledger_entry entry = delivery->entry;
    entry.state = LEDGER_SENT;
    // By a part of it another would be asked for, or nothing, and what happened would happen again.
    const bool fits = strlen(far_id) <= LEDGER_TEXT && lt_utf8_valid(lt_slice_of(far_id));
    keep_text(entry.far_id, fits ? far_id : "");
    if (!note(delivery, &entry)) // in this life it is known all the same
        delivery->entry = entry;
}

const char *lt_delivery_far_id(const lt_delivery *delivery)
{
    return delivery->entry.far_id[0] ? delivery->entry.far_id : NULL;
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

static void give_up(lt_delivery **delivery, const char *why)
{
    log_line(LOG_WARN_LINE, "a delivery was given up attempt=%" PRIu64 " why=%s",
             (*delivery)->attempt + (*delivery)->failed, why ? why : "");
    delivery_close(delivery, "failed", why && *why ? why : "gave up", LT_ACK_GAVE_UP);
}

// Nobody knows whether it happened: where nobody can be asked for so long, a person must say.
static void ask_later(lt_delivery **delivery, const char *why)
{
    struct lt_delivery *own = *delivery;
    log_line(LOG_WARN_LINE,
             "it is not known whether a delivery happened attempt=%" PRIu64 " why=%s",
             own->attempt + own->failed, why ? why : "");
    if (is_spent(own)) {
        *delivery = NULL;
        quarantine_put(own, ASIDE_UNKNOWN,
                       "the far side could not be asked whether it has it, however often");
        return;
    }
    turn_again(delivery, back_off(own));
}

static void try_again(lt_delivery **delivery, const char *why)
{
    struct lt_delivery *own = *delivery;
    turn_over(own, TURN_ILL, why);
    own->failed++;
    own->target->figures.again++;
    if (own->entry.state >= LEDGER_INTENDED) {
        ask_later(delivery, why);
        return;
    }
    if (is_spent(own)) {
        give_up(delivery, why);
        return;
    }
    log_line(LOG_WARN_LINE, "a delivery failed and comes again attempt=%llu why=%s",
             (unsigned long long)(own->attempt + own->failed - 1), why ? why : "");
    own->backs_off = true;
    turn_again(delivery, back_off(own));
}

void lt_delivery_settle(lt_delivery **delivery, enum lt_settled outcome, const char *why)
{
    switch (outcome) {
    case LT_DELIVERED:
        turn_over(*delivery, TURN_WELL, NULL);
        settle_done(delivery, why);
        break;
    case LT_AGAIN:
        try_again(delivery, why);
        break;
    case LT_GAVE_UP:
        turn_over(*delivery, TURN_SAYS_NOTHING, NULL);
        give_up(delivery, why);
        break;
    case LT_SKIPPED:
        turn_over(*delivery, TURN_SAYS_NOTHING, NULL);
        delivery_close(delivery, "skipped", why, LT_ACK_DONE);
        break;
    }
}

// Back to where nothing was intended. Where the disk does not take that, it stays an open question: the far side is asked.
static void take_back(struct lt_delivery *own)
{
    const struct ledger_entry nothing = {.state = LEDGER_BEGUN};
    if (own->entry.state >= LEDGER_INTENDED && note(own, &nothing))
        own->begun = true;
}

void lt_delivery_undone(lt_delivery **delivery, const char *why)
{
    struct lt_delivery *own = *delivery;
    take_back(own);
    if (!own->resolves) {
        try_again(delivery, why);
        return;
    }
    turn_over(own, TURN_WELL, NULL);
    turn_again(delivery, 0);
}

void lt_delivery_again_in(lt_delivery **delivery, int64_t ms, const char *why)
{
    struct lt_delivery *own = *delivery;
    if (!own->resolves)
        take_back(own);
    uint64_t wait = ms < 1 ? 1 : ms > AGAIN_MOST_MS ? AGAIN_MOST_MS : (uint64_t)ms;
    log_line(LOG_INFO_LINE, "the far side asks to wait ms=%llu why=%s", (unsigned long long)wait,
             why ? why : "");
    lt_bridge_ill(own->host, why ? why : "the far side asks to wait");
    turn_over(own, TURN_SAYS_NOTHING, NULL);
    own->target->figures.again++;
    turn_again(delivery, wait);
}

void lt_delivery_unknown(lt_delivery **delivery, const char *why)
{
    struct lt_delivery *own = *delivery;
    *delivery = NULL;
    turn_over(own, TURN_SAYS_NOTHING, NULL);
    quarantine_put(own, ASIDE_UNKNOWN, why);
}

void lt_delivery_crashed(lt_delivery **delivery, const char *why)
{
    struct lt_delivery *own = *delivery;
    own->deaths++;
    trial_count(own->host->trial_folder, own->name, own->deaths);
    log_line(LOG_ERROR_LINE, "what acts on messages has died of one times=%u why=%s", own->deaths,
             why);
    lt_bridge_ill(own->host, why);
    turn_over(own, TURN_SAYS_NOTHING, NULL);
    own->failed++;
    if (own->deaths < TRIAL_DEATHS) {
        turn_again(delivery, back_off(own));
        return;
    }
    *delivery = NULL;
    quarantine_put(own, ASIDE_CRASHED, why);
}

void lt_bridge_pause(lt_bridge_host *host, const char *target, int64_t ms)
{
    uint64_t until = host_clock() + (ms < 0               ? 0
                                     : ms > AGAIN_MOST_MS ? AGAIN_MOST_MS
                                                          : (uint64_t)ms);
    for (size_t i = 0; i < host->target_count; i++)
        if (!target || strcmp(host->targets[i].name, target) == 0)
            lt_pace_close(&host->targets[i].pace, until);
}

void lt_bridge_is_back(lt_bridge_host *host, const char *target, const char *why)
{
    for (size_t i = 0; i < host->target_count; i++)
        if (!target || strcmp(host->targets[i].name, target) == 0)
            turn_back(host, &host->targets[i], why);
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
    (void)delivery_send_receipt(delivery, outcomes[seen], detail);
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
