// Have we had it, by id or by origin? Who never got the answer is told "done before", whatever has
// changed since. (1, 34)
#include "rooms.h"

static bool before(struct passage *passage, uint64_t seq)
{
    passage->seq = seq;
    return passage_refuse(passage, LT_DONE_BEFORE, "stored before");
}

static bool taken(struct passage *passage)
{
    return passage_refuse(passage, LT_ID_TAKEN,
                          "this sender has used the id for another message: make a new id");
}

bool recall(struct passage *passage, const struct memory *memory)
{
    const struct lt_part *part = &passage->sealed.part;
    uint64_t seq = 0;
    if (!passage->may_bear)
        return true; // authorise refuses it; its bearer learns nothing of what is stored
    enum memory_answer answer = memory_find(memory, part, passage->hash, &seq);
    if (answer == MEMORY_SAME)
        return before(passage, seq);
    if (answer == MEMORY_OTHER)
        return taken(passage);
    if (memory_find_origin(memory, part, &seq))
        return before(passage, seq);
    if (memory_is_pending(memory, part) || memory_is_pending_origin(memory, part)) {
        passage->is_twin = true;
        return passage_refuse(passage, LT_BUSY,
                              "the same message came just before and was not stored: try again");
    }
    if (passage->is_known && passage->known.code == LT_DONE_BEFORE)
        return before(passage, passage->known.seq);
    if (passage->is_known && passage->known.code == LT_ID_TAKEN)
        return taken(passage);
    return true;
}
