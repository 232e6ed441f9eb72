// The built-in types' schemas as text; type_texts.c is generated from schemas/types/*.json.
#ifndef LT_TYPE_TEXTS_H
#define LT_TYPE_TEXTS_H

#include <stddef.h>

struct type_text {
    const char *name; // "notice.v1"
    const char *file; // "types/notice.v1.json"
    const char *json;
};

extern const struct type_text type_texts[];
extern const size_t type_text_count;

#endif
