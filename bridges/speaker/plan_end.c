// What its receipt says at the end, and what is forgotten with it.
#include "plan_end.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan_again.h"
#include "zone.h"

void end_forget(struct plan *plan, struct entry **entry)
{
    struct entry **at = &plan->entries;
    while (*at && *at != *entry)
        at = &(*at)->next;
    if (*at)
        *at = (*entry)->next;
    programme_drop(&plan->programme, &(*entry)->item);
    free(*entry);
    *entry = NULL;
}

void end_settle(struct zone *zone, struct entry **entry, enum lt_settled outcome, const char *why)
{
    struct entry *own = *entry;
    lt_delivery *delivery = own->delivery;
    if (outcome != LT_AGAIN)
        corrections_drop(&zone->corrections, own->message->id);
    end_forget(&zone->plan, entry);
    lt_delivery_settle(&delivery, outcome, why);
}

void end_stopped(struct zone *zone, struct entry **entry, const char *outcome, const char *why)
{
    char text[PLAN_TEXT];
    if ((*entry)->memory.said == 0) {
        end_settle(zone, entry, LT_SKIPPED, outcome);
        return;
    }
    snprintf(text, sizeof text, "đã phát %llu lần; thôi phát vì %s",
             (unsigned long long)(*entry)->memory.said, why);
    end_settle(zone, entry, LT_DELIVERED, text);
}

void end_over(struct zone *zone, struct entry **entry, const char *outcome, const char *why)
{
    char text[PLAN_TEXT];
    if ((*entry)->memory.said > 0 || !((*entry)->in_vain || (*entry)->tries > 0)) {
        end_stopped(zone, entry, outcome, why);
        return;
    }
    snprintf(text, sizeof text, "chưa lần nào phát được; thôi phát vì %s", why);
    end_settle(zone, entry, LT_GAVE_UP, text);
}

static bool is_expired(const struct entry *entry, uint64_t now)
{
    return entry->message->expires && entry->message->expires <= now;
}

static bool is_late(const struct zone *zone, const struct entry *entry, uint64_t now)
{
    return programme_is_late(&zone->plan.hours, &entry->item, now,
                             (uint64_t)zone->speaker->late_after_ms);
}

static bool has_jumped(const struct plan *plan)
{
    return plan->steady < plan->ends_from;
}

bool end_is_held(const struct zone *zone, const struct entry *entry, uint64_t now)
{
    bool minds_late = entry->is_series || entry->item.drops_late;
    return has_jumped(&zone->plan) &&
           (is_expired(entry, now) || (minds_late && is_late(zone, entry, now)));
}

bool end_by_itself(struct zone *zone, struct entry *entry, uint64_t now)
{
    if (has_jumped(&zone->plan))
        return false;
    if (is_expired(entry, now))
        end_over(zone, &entry, "expired", "đã hết hạn");
    else if (!entry->is_series && entry->item.drops_late && is_late(zone, entry, now))
        end_settle(zone, &entry, LT_SKIPPED, "không phát: thông báo đến muộn");
    else if (entry->is_series && !again_place(zone, entry, now))
        end_over(zone, &entry, "không phát: đã qua giờ phát", "đã hết lịch phát");
    else if (entry->repeats && entry->memory.said > 0 && zone->plan.hours.repeat_minutes == 0)
        end_over(zone, &entry, "", "xã không cho phát lại nữa");
    else
        return false;
    return true;
}
