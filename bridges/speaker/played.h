// The play log: a line of JSON for each stretch that was heard without a break, in the instance's data folder. What was
// interrupted has a line for each of its parts.
#ifndef LT_SPEAKER_PLAYED_H
#define LT_SPEAKER_PLAYED_H

#include <lienthon/code.h>

#include <stddef.h>
#include <stdint.h>

struct played {
    const char *file;      // of the sound, without .wav; also the part's name
    const char *from, *id; // who ordered it, which message; empty: the loudspeaker's own words
    const char *how;       // "whole", "interrupted", "cancelled", "replaced", "failed", "stopped"
    unsigned priority;
    uint64_t arrived, begun, ended; // ms since 1970; begun: the first sample was given out
    uint64_t heard_ms;              // of sound
    size_t sentence, upto, of; // 1 …: the first and the last that were heard, of how many; 0: none
};

// Appends to PATH; one that has grown to 1 MiB becomes PATH.1 first. LT_IO, LT_NO_MEMORY: nothing is lost but the line.
enum lt_code played_write(const char *path, const struct played *played, struct lt_error *error);

#endif
