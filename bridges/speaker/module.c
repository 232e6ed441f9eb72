// The one symbol of speaker.so.
#include "speaker.h"

const struct lt_bridge *lt_bridge_entry(void)
{
    return &speaker_bridge;
}
