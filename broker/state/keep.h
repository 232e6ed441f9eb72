// Retention: how long messages of a type are kept.
#ifndef LT_KEEP_H
#define LT_KEEP_H

#include <lienthon/message.h>
#include <lienthon/settings/folder.h>
#include <lienthon/type.h>

// Until when (ms) the hub keeps a message stored now; 0: for ever. Never shorter than it could come
// back, or than a durable subscription may wait for it.
uint64_t keep_until(const struct lt_commune *commune, const struct lt_part *part, uint64_t now);

// What commune.yaml says under hub.keep: LT_BAD_FILE when a type or a time there is none.
enum lt_code keep_check(const struct lt_commune *commune, const lt_types *types,
                        struct lt_error *error);

#endif
