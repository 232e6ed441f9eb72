// A recording that a loudspeaker plays in place of the words: looked at here, and brought to the hub.
#ifndef CLI_RECORDING_H
#define CLI_RECORDING_H

#include <jansson.h>

#include "session.h"

struct recording {
    const char *path; // lent
    uint8_t sha256[32];
    uint64_t size;     // bytes
    const char *media; // "audio/ogg": what its bytes are, whatever its name says
    uint64_t ms;       // how long it lasts; 0: lienthon-say is not here to say it
    char *name;        // for people
};

// Reads the file: is it a sound that a loudspeaker plays. Where lienthon-say is installed, that decodes it too. *recording is
// yours (recording_clear), also after a failure. LT_NOT_FOUND, LT_IO, LT_TOO_LARGE; LT_BAD_USE: it is something else.
enum lt_code recording_look(const char *path, struct recording *recording, struct lt_error *error);
void recording_clear(struct recording *recording);

// What a body says of it (`blob` in notice.v1), and what is printed of it. Yours.
json_t *recording_body(const struct recording *recording);
json_t *recording_json(const struct recording *recording);

// Brings it to the hub, which may have it, or a part of it, already; waits at most --wait without anything going on. Where it
// fails nothing else has been sent, and the sentence says so. LT_TIMED_OUT: the next call goes on where it was.
enum lt_code recording_send(struct session *session, const struct recording *recording);

#endif
