// What became of it? A verdict for the answer that the message is part of.
#include <string.h>

#include "broker.h"
#include "rooms.h"
#include "state/must.h"
#include "state/refused.h"

// Who is to blame: never whom the message itself names. A joiner is nobody yet.
static const char *bearer_of(const struct broker *broker, const struct passage *passage)
{
    if (passage->is_own)
        return broker->principal;
    return passage->is_joining ? "" : passage->bearer;
}

void receipt(struct broker *broker, struct passage *passage)
{
    struct answer *answer = passage->answer;
    struct verdict *verdict = &answer->verdicts[passage->slot];
    const char *text = passage->refusal.text;
    verdict->code = passage->refusal.code;
    verdict->seq = passage->seq;
    if (verdict->code >= LT_MALFORMED) {
        verdict->text = must_copy(text, strlen(text));
        refused_message(broker, bearer_of(broker, passage), &passage->sealed.part, verdict->code,
                        text);
    }
    broker->counts.known += verdict->code == LT_DONE_BEFORE;
    passage->answer = NULL;
    broker->corridor.answers--;
    if (--answer->left > 0)
        return;
    answer->ready(broker, answer);
    answer_destroy(&answer);
}
