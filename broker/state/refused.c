// Refusals.
#include "refused.h"

#include <string.h>

#include "broker.h"
#include "log.h"

enum { LINES_AT_ONCE = 20, LINE_MS = 10000 }; // of one principal

static bool may_tell(struct broker *broker, struct counts_refusals *refusals)
{
    return log_may(&refusals->pace, broker->tick, LINES_AT_ONCE, LINE_MS);
}

// Of a body that is wrong the path says where; the sentence could quote what people have written.
static struct lt_slice shown(enum lt_code code, const char *reason)
{
    struct lt_slice text = lt_slice_of(reason);
    const char *colon = code == LT_BODY_WRONG ? strchr(reason, ':') : NULL;
    if (colon)
        text.size = (size_t)(colon - reason);
    return text;
}

void refused_message(struct broker *broker, const char *principal, const struct lt_part *part,
                     enum lt_code code, const char *reason)
{
    struct counts_refusals *refusals = counts_refuse(&broker->counts, principal, code, 1);
    char id[37] = "";
    if (!may_tell(broker, refusals))
        return;
    // Nothing of secret matter is kept, here neither; and what is malformed could be that.
    bool is_whole = code != LT_MALFORMED && code != LT_TOO_LARGE && code != LT_VERSION;
    bool is_shown = is_whole && part->label < LT_MAT;
    if (is_shown)
        lt_id_print(part->id, id);
    log_info("message refused", LOG_TEXT("principal", principal),
             LOG_TEXT("code", lt_code_name(code)), LOG_TEXT("id", id),
             LOG_SLICE("topic", is_shown ? part->topic : lt_slice_of("")),
             LOG_SLICE("type", is_shown ? part->type : lt_slice_of("")),
             LOG_SLICE("reason", shown(code, reason)),
             LOG_NUMBER("left_out", log_left_out(&refusals->pace)));
}

void refused_request(struct broker *broker, const char *principal, unsigned op, uint64_t count,
                     enum lt_code code, const char *reason)
{
    struct counts_refusals *refusals = counts_refuse(&broker->counts, principal, code, count);
    if (!may_tell(broker, refusals))
        return;
    log_info("request refused", LOG_TEXT("principal", principal), LOG_NUMBER("op", op),
             LOG_TEXT("code", lt_code_name(code)), LOG_TEXT("reason", reason),
             LOG_NUMBER("left_out", log_left_out(&refusals->pace)));
}
