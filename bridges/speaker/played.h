// The play log: a line of JSON for each stretch that was heard without a break, in the instance's data folder. What was
// interrupted has a line for each of its parts.
#ifndef LT_SPEAKER_PLAYED_H
#define LT_SPEAKER_PLAYED_H

#include <lienthon/code.h>

#include <stddef.h>
#include <stdint.h>

// All strings are UTF-8, and lent.
struct played {
    const char *file;      // of the sound, without .wav; also the part's name
    const char *from, *id; // who ordered it, which message; empty: the loudspeaker's own words
    const char *zone;      // where: the name of its target
    const char *output;    // what was open to give it out, as in speaker-state.v1
    const char
        *how; // "whole", "not-heard", "interrupted", "cancelled", "replaced", "failed", "stopped"
    const char
        *why; // what was amiss at its outlets, in Vietnamese; empty: nothing, and it is left out
    unsigned priority;
    uint64_t arrived, begun, ended; // ms since 1970; begun: the first sample was given out
    uint64_t heard_ms;              // of sound
    size_t sentence, upto, of; // 1 …: the first and the last that were heard, of how many; 0: none
};

// Appends to PATH a whole line, or nothing: a part of a line that an earlier life left is ended first, and what the disk takes
// only in part is taken back. One that has grown to 1 MiB becomes PATH.1 first, in place of that. LT_IO, LT_NO_MEMORY: nothing
// is lost but the line.
enum lt_code played_write(const char *path, const struct played *played, struct lt_error *error);

#endif
