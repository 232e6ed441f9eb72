// The tree of patterns: which values lie under a topic. Its cost grows with the topic's levels and
// the number of matches, not with the number of patterns.
#ifndef LT_PATTERNS_H
#define LT_PATTERNS_H

#include <lienthon/bytes.h>

struct patterns; // of void *, lent
struct patterns *patterns_new(void);
void patterns_destroy(struct patterns **patterns);
void patterns_add(struct patterns *patterns, struct lt_slice pattern, void *value);
void patterns_remove(struct patterns *patterns, struct lt_slice pattern, void *value);
// Calls visit for each value of each pattern that matches: as often as patterns of it match.
void patterns_match(const struct patterns *patterns, struct lt_slice topic,
                    void (*visit)(void *self, void *value), void *self);

#endif
