// A process of its own that has a sound card or a microphone in its hands (lienthon-say --serve-card, --serve-microphone): ALSA waits for a
// sound server that hangs, and there nobody else waits with it. Both ends of the way to it; nothing here waits but what says so.
#ifndef LT_SPEAKER_LINE_H
#define LT_SPEAKER_LINE_H

#include <lienthon/bytes.h>

#include "sound.h"

enum { LINE_BLOCK = 4096 }; // samples of a message, at most

enum line_kind {
    LINE_BEGIN = 1, // to it: a sound begins; a microphone is to take down `number` samples
    LINE_SAMPLES,   // to it: of the sound; of the chime that is looked for
    LINE_END,       // to it: there are no more
    LINE_STOP,      // to it: it dies away; a microphone is closed
    LINE_TRY,       // to it: can the card be opened?
    LINE_GIVES,     // from it: the card has `number` samples of the sound; so many were taken down
    LINE_DONE,      // the card has played the last
    LINE_QUIET,     // what was stopped has died away
    LINE_WELL,      // the card can be opened; it took `number` ms
    LINE_ALIKE,     // what was taken down is like the chime by `number` percent
    LINE_FAILED,    // number: an lt_code, and a sentence
};

struct line_message {
    enum line_kind kind;
    uint32_t of; // which sound; 0: none
    uint64_t number;
    size_t size; // bytes
    union {
        int16_t samples[LINE_BLOCK];
        char text[LT_TEXT_MAX]; // ends with a zero
    };
};

enum line_came { LINE_NOTHING, LINE_MESSAGE, LINE_ENDED };

struct line;

// what: "--serve-card" or "--serve-microphone"; name: ALSA's. left: what line_close has put there, NULL at first. LT_IO, also as long
// as that has not ended; LT_NO_MEMORY.
enum lt_code line_open(const char *what, const char *name, struct line **left, struct line **line,
                       struct lt_error *error);
// It is killed. One that is in the kernel's hands (a driver hangs) ends only when it comes out of them, and is put into *left then.
void line_close(struct line **line, struct line **left);
void line_forget(struct line **left); // it is no longer seen to that it ends
// data: size bytes, at most a block of samples. false: not now, or not any more.
bool line_send(struct line *line, enum line_kind kind, uint32_t of, uint64_t number,
               const void *data, size_t size);
enum line_came line_receive(struct line *line, struct line_message *message);
// Waits until there is something to receive, ms at most.
void line_wait(struct line *line, int ms);

// The other end, on its standard input; waits with what must not be lost.
bool line_answer(enum line_kind kind, uint32_t of, uint64_t number, const void *data, size_t size);
enum line_came line_ask(struct line_message *message);

#endif
