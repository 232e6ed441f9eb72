// Does a notice or an alert concern this receiver: `hamlets` and `channels` in the body narrow it
// (wire.md section 1). Pure.
#ifndef LT_BRIDGES_APPLIES_H
#define LT_BRIDGES_APPLIES_H

#include <lienthon/message.h>

enum { APPLIES_HAMLETS = 64 };

struct applies {
    struct lt_slice hamlets[APPLIES_HAMLETS]; // those that it serves; none: all
    size_t count;
    const char *channel; // "loa"; NULL: whatever the channel
};

// Learns the hamlets from patterns: `<xa>/<ap>/…` serves <ap>. Patterns are lent.
void applies_learn(struct applies *applies, struct lt_slice xa, struct lt_slice pattern);
bool applies_to_us(const struct applies *applies, const struct lt_part *message);

#endif
