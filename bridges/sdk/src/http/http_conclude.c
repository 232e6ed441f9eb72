// What an answer means for a delivery.
#include <lienthon/http.h>

#include <stdio.h>

#include "../host.h"

static bool passes(const struct lt_http_answer *answer)
{
    switch (answer->status) {
    case 408:
    case 425:
    case 429:
    case 401:
    case 407:
        return true;
    case 409:
        return answer->repeatable;
    case 501:
    case 505:
        return false;
    default:
        return answer->status >= 500;
    }
}

// A wish to wait uses no attempt up. Of what was intended before, or tried before, a refusal now says nothing.
static void settle_again(lt_delivery **delivery, const struct lt_http_answer *answer,
                         const char *why)
{
    const bool refused = !answer->may_have_arrived;
    const bool asked_to_wait = refused && answer->status != 401 && answer->status != 407;
    if (asked_to_wait && answer->again_ms > 0)
        lt_delivery_again_in(delivery, answer->again_ms, why);
    else if (refused && !(*delivery)->resolves)
        lt_delivery_undone(delivery, why);
    else
        lt_delivery_settle(delivery, LT_AGAIN, why);
}

static void conclude_answered(lt_delivery **delivery, const struct lt_http_answer *answer,
                              const char *what)
{
    lt_bridge_host *host = (*delivery)->host;
    struct lt_error health = {0}, receipt = {0};
    if (answer->status >= 200 && answer->status < 300) {
        lt_bridge_well(host, what);
        lt_delivery_settle(delivery, LT_DELIVERED, NULL);
        return;
    }
    const char *more =
        answer->status == 401 || answer->status == 407 ? ": the credential is to be put right" : "";
    lt_fail(&health, LT_IO, "%s answers %d%s%s%s", answer->origin, answer->status, more,
            answer->why[0] ? "; " : "", answer->why);
    lt_fail(&receipt, LT_IO, "%s trả lời mã %d", answer->origin, answer->status);
    lt_bridge_ill(host, health.text);
    if (passes(answer))
        settle_again(delivery, answer, receipt.text);
    else
        lt_delivery_settle(delivery, LT_GAVE_UP, receipt.text);
}

void lt_http_conclude(lt_delivery **delivery, const struct lt_http_answer *answer, const char *what)
{
    struct lt_error receipt = {0};
    if (answer->state == LT_HTTP_ANSWERED) {
        conclude_answered(delivery, answer, what);
        return;
    }
    lt_bridge_ill((*delivery)->host, answer->why);
    if (answer->state == LT_HTTP_NOT_SENT) {
        lt_fail(&receipt, LT_IO, "không tới được %s", answer->origin);
        settle_again(delivery, answer, receipt.text);
        return;
    }
    lt_fail(&receipt, LT_UNKNOWN, "đã gửi tới %s nhưng không rõ bên kia đã nhận hay chưa",
            answer->origin);
    if (answer->repeatable || (*delivery)->entry.state >= LEDGER_INTENDED) {
        settle_again(delivery, answer, receipt.text);
        return;
    }
    lt_delivery_report(*delivery, LT_SEEN_UNKNOWN, receipt.text);
    lt_delivery_settle(delivery, LT_GAVE_UP, receipt.text);
}
