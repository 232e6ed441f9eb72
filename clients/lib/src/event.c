// Events on their way from the engine to the caller.
#include "event.h"

#include <stdlib.h>
#include <string.h>

static void set_text(struct event *event, struct lt_slice text)
{
    size_t length = text.size < LT_TEXT_MAX ? text.size : LT_TEXT_MAX;
    if (length > 0)
        memcpy(event->text, text.data, length);
    event->text[length] = '\0';
}

struct event *event_new(enum lt_event_kind kind, struct lt_slice bytes, struct lt_slice text)
{
    struct event *made = malloc(sizeof *made + bytes.size);
    if (!made)
        return NULL;
    memset(made, 0, sizeof *made);
    made->told.kind = kind;
    made->told.text = made->text;
    set_text(made, text);
    made->size = bytes.size;
    if (bytes.size > 0)
        memcpy(made->bytes, bytes.data, bytes.size);
    return made;
}

void event_say(struct event *event, enum lt_code code, struct lt_slice text)
{
    event->told.code = code;
    set_text(event, text);
}

void event_destroy(struct event **event)
{
    free(*event);
    *event = NULL;
}

void lt_event_destroy(struct lt_event **event)
{
    free(*event);
    *event = NULL;
}
