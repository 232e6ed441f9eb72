// Events on their way from the engine to the caller.
#include "event.h"

#include <stdlib.h>
#include <string.h>

struct event *event_new(enum lt_event_kind kind, struct lt_slice bytes, struct lt_slice text)
{
    struct event *made = malloc(sizeof *made + bytes.size);
    if (!made)
        return NULL;
    memset(made, 0, sizeof *made);
    made->told.kind = kind;
    made->told.text = made->text;
    size_t length = text.size < LT_TEXT_MAX ? text.size : LT_TEXT_MAX;
    if (length > 0)
        memcpy(made->text, text.data, length);
    made->size = bytes.size;
    if (bytes.size > 0)
        memcpy(made->bytes, bytes.data, bytes.size);
    return made;
}

void lt_event_destroy(struct lt_event **event)
{
    free(*event);
    *event = NULL;
}
