// A message on its way, and the answer that it is part of.
#include "passage.h"

#include <stdlib.h>
#include <string.h>

#include "state/must.h"

struct answer *answer_new(size_t count)
{
    struct answer *answer = must_calloc(1, sizeof *answer + count * sizeof answer->verdicts[0]);
    answer->count = answer->left = count;
    return answer;
}

void answer_destroy(struct answer **answer)
{
    if (!*answer)
        return;
    for (size_t i = 0; i < (*answer)->count; i++)
        free((*answer)->verdicts[i].text);
    free(*answer);
    *answer = NULL;
}

struct passage *passage_new(zmq_msg_t *frame)
{
    struct passage *passage = must_calloc(1, sizeof *passage);
    zmq_msg_init(&passage->frame);
    zmq_msg_move(&passage->frame, frame);
    return passage;
}

void passage_destroy(struct passage **gone)
{
    struct passage *passage = *gone;
    if (!passage)
        return;
    for (size_t i = 0; i < passage->other_count; i++)
        free(passage->others[i].bytes);
    free(passage->others);
    free(passage->targets);
    free(passage->last_from);
    zmq_msg_close(&passage->frame);
    free(passage);
    *gone = NULL;
}

bool passage_refuse(struct passage *passage, enum lt_code code, const char *format, ...)
{
    char text[LT_ERROR_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    lt_fail(&passage->refusal, code, "%s", text);
    return false;
}

bool passage_is_refused(const struct passage *passage)
{
    return passage->refusal.code != LT_DONE;
}
