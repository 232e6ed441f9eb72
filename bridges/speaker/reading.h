// One announcement on its way to sound, sentence by sentence: the chime is there at once, the first sentence is heard
// while the next is made, and what was interrupted goes on at the beginning of its sentence. Does not block.
#ifndef LT_SPEAKER_READING_H
#define LT_SPEAKER_READING_H

#include "announcement.h"
#include "speech.h"

enum reading_state { READING_WORKS, READING_WHOLE, READING_FAILED };

struct reading_mark { // a sentence that is in the sound
    size_t from, end; // samples
    size_t sentence;  // 0 …
    unsigned round;   // 0 …: which of the repetitions
};

struct reading {
    struct sound sound; // what is heard; sound.more until it is whole
    struct reading_mark *marks;
    size_t mark_count, mark_room;
    struct lt_slice *sentences; // in the announcement's words
    size_t sentence_count;
    size_t count; // of these, or of the stretches of a recording
    size_t next;  // the sentence that is made next, in `round`
    unsigned round;
    struct speech *speech; // what is being made; NULL: nothing is
    unsigned percent;      // of what was levelled: the volume
    bool begun, by_command;
    // The recording's file, which may still be on its way until `wait_until`; empty: the words are said.
    char recording[4096];
    uint64_t wait_until, looked_at; // monotonic ms
    struct lt_error no_recording;   // why the words are said in its place; LT_DONE: they are not
    struct lt_error
        fell_back; // why espeak-ng speaks in place of the command; code LT_DONE: it does not
};

enum { READING_BELLS = CHIME_CLOSING + 1 };

// Makes the chimes at the style's loudness beforehand, so that an alarm is heard the sooner: bells[READING_BELLS], each to be
// cleared by the caller. false: no memory.
bool reading_bells(const struct render_style *style, struct sound *bells);
// Behind what is there, at that volume, and a moment of silence. false: too long, or no memory.
bool reading_ring(const struct render_style *style, enum chime chime, unsigned percent,
                  struct sound *out);
// The sentence for it, with its code.
enum lt_code reading_too_long(const struct render_style *style, struct lt_error *error);
// *reading is zero at first. Rings the chime into the sound. The announcement and its words stay as they are until
// reading_clear. LT_NO_MEMORY; LT_TOO_LARGE: style->longest is too short for the chime.
enum lt_code reading_start(struct reading *reading, const struct render_style *style,
                           const struct announcement *announcement, struct lt_error *error);
// Plays this file (copied) in place of the words, behind reading_start and before reading_turn. Where it is not there at
// wait_until (monotonic ms), or cannot be read, the words are said and `no_recording` says why.
void reading_play(struct reading *reading, const char *path, uint64_t wait_until);
// Goes on making it. now: a monotonic clock in ms. READING_FAILED: LT_TOO_LARGE, it is longer than style->longest; LT_IO,
// LT_TIMED_OUT: no voice speaks. A command that fails gives way to espeak-ng, and `fell_back` says why.
enum reading_state reading_turn(struct reading *reading, const struct render_style *style,
                                const struct announcement *announcement, uint64_t now,
                                struct lt_error *error);
int reading_fd(const struct reading *reading);            // as speech_fd; -1: nothing is made
uint64_t reading_deadline(const struct reading *reading); // monotonic ms; 0: nothing runs
// Ends what is being made; reading_turn begins that sentence again.
void reading_rest(struct reading *reading);
// It was interrupted when so many samples had been heard: the sound begins anew with a lead-in and that sentence.
// LT_NO_MEMORY, LT_TOO_LARGE: as it was.
enum lt_code reading_resume(struct reading *reading, const struct render_style *style, size_t heard,
                            struct lt_error *error);
// The sentence that is heard at that sample, 0 …; before the first it is the first.
size_t reading_sentence(const struct reading *reading, size_t heard);
// The last sentence of which something was heard, 0 ….
size_t reading_last(const struct reading *reading, size_t heard);
// Words have been heard, and not only the chime.
bool reading_has_words(const struct reading *reading, size_t heard);
// Nothing but silence is left.
bool reading_is_said(const struct reading *reading, size_t heard);
void reading_clear(struct reading *reading);

#endif
