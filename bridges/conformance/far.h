// conformance.yaml: what the suite is told of a bridge's far side, so that it can give it one and see what has happened there.
#ifndef LT_CONFORMANCE_FAR_H
#define LT_CONFORMANCE_FAR_H

#include <lienthon/settings/option.h>

#include "hub.h"
#include "life.h"

struct far_settings { // as the file has them
    char *version, *message, *far, *effects, *down, *up, *brings;
    struct lt_option_map options, publishes, targets; // options: only that there are some
    struct lt_option_list secrets;
    int64_t flood, patience_ms, window;
};

struct far {
    struct far_settings settings;
    char *path;               // of the file, or NULL: there is none
    struct lt_buffer options; // the text below `options:` as it stands in the file
    struct lt_buffer room;    // of the draft
    struct lt_part draft;     // what a message is
    // Of a check
    char folder[4096]; // FAR
    int port, listen;  // PORT, LISTEN
    struct life life, bringer;
};

extern const struct lt_option far_options[];

// Reads it; path NULL: the defaults. Clear it with far_clear.
enum lt_code far_load(const char *path, struct far *far, struct lt_error *error);
// Makes the folder, starts `far` and waits until PORT, where it names it, takes connections.
enum lt_code far_start(struct far *far, const char *folder, struct lt_error *error);
void far_stop(struct far *far);
void far_clear(struct far *far);
// Appends the `targets:` of bridges/NAME.yaml; nothing where there are none.
bool far_write_targets(const struct far *far, struct lt_buffer *out);
// Appends the `options:` of bridges/NAME.yaml, with FAR and PORT put in; nothing where there are none.
bool far_write_options(const struct far *far, struct lt_buffer *out);
bool far_is_seen(const struct far *far); // `effects` is given
bool far_can_go(const struct far *far);  // `down` and `up` are
// Starts `brings` with that WORD; what is left of the one before is ended. far->bringer is its life.
enum lt_code far_bring(struct far *far, const char *word, struct lt_error *error);
// Runs `effects` and counts, for each letter of the hub, the lines that name it and its target.
enum lt_code far_look(struct far *far, struct hub *hub, struct lt_error *error);
enum lt_code far_go(struct far *far, bool away, struct lt_error *error); // `down`, `up`

#endif
