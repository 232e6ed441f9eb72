// What became of it? A verdict for the answer that the message is part of.
#include <string.h>

#include "broker.h"
#include "rooms.h"
#include "state/must.h"

void receipt(struct broker *broker, struct passage *passage)
{
    struct answer *answer = passage->answer;
    struct verdict *verdict = &answer->verdicts[passage->slot];
    const char *text = passage->refusal.text;
    verdict->code = passage->refusal.code;
    verdict->seq = passage->seq;
    if (verdict->code >= LT_MALFORMED) {
        verdict->text = must_copy(text, strlen(text));
        broker->counts.refused++;
    }
    passage->answer = NULL;
    broker->corridor.answers--;
    if (--answer->left > 0)
        return;
    answer->ready(broker, answer);
    answer_destroy(&answer);
}
