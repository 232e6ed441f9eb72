// May they say that there, now? (20, 21; for a grant what the book says)
#include "rooms.h"

// What it replaces or cancels must be such that it may; what is not known is no error.
static bool may_take_places(struct passage *passage)
{
    const struct lt_part *part = &passage->sealed.part;
    bool may = passage->other_count == 0;
    for (size_t i = 0; i < passage->other_count && !may; i++)
        may = lt_part_takes_place(part, &passage->others[i].sealed.part);
    if (may)
        return true;
    return passage_refuse(passage, LT_NOT_ALLOWED,
                          "it may not %s that message: same topic, type and drill bit are needed, "
                          "and from another sender a higher priority",
                          part->relation == LT_CANCELS ? "cancel" : "replace");
}

bool authorise(struct passage *passage, lt_book *book, uint64_t now)
{
    const struct lt_part *part = &passage->sealed.part;
    struct lt_error error = {0};
    enum lt_code code = LT_DONE;
    if (!passage->may_bear)
        return passage_refuse(passage, LT_NOT_ALLOWED,
                              "%s may not carry what %.*s has sealed: that needs the right relay",
                              passage->bearer, (int)part->from.size, (const char *)part->from.data);
    if (lt_slice_is(part->type, "grant.v1"))
        code = lt_book_take(book, passage->sealed.bytes, &error);
    else
        code = lt_book_authorise(book, &passage->sealed, now, true, NULL, &error);
    if (code != LT_DONE && code != LT_ONE_HAND)
        return passage_refuse(passage, code, "%s", error.text);
    return part->relation < LT_REPLACES || may_take_places(passage);
}
