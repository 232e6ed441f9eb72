// What was said of a message that is said again and again, on disk: so that each of its times is said once, whatever is cut
// off. A file each in a folder of the instance's own.
#ifndef LT_SPEAKER_MEMORY_H
#define LT_SPEAKER_MEMORY_H

#include <lienthon/message.h>

struct memory {
    uint64_t last; // ms since 1970: the time that was settled last; 0: none
    uint64_t said; // how often it was said
};

enum { MEMORY_NAME = 40 };
// The file's name within the instance's folder. false: no memory.
// zone: of which it is remembered; NULL: there is only one.
bool memory_name(const struct lt_part *message, const char *zone, char name[MEMORY_NAME]);
// folder: the instance's. What cannot be read is as if nothing had been said.
void memory_load(const char *folder, const char *name, struct memory *memory);
enum lt_code memory_save(const char *folder, const char *name, const struct memory *memory,
                         struct lt_error *error);
void memory_forget(const char *folder, const char *name);

#endif
