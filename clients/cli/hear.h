// Hearing a notice before it is sent, as a loudspeaker would say it.
#ifndef CLI_HEAR_H
#define CLI_HEAR_H

#include <lienthon/message.h>

#include "cli.h"

// recording: the file that is played in place of the words; NULL: none.
// With --hear (through the sound card), --hear-to FILE or --hear-like BRIDGE (with the own words of that loudspeaker): shows the words that are said, has them spoken by lienthon-say, and
// asks whether the notice is to be sent. Without them LT_DONE at once. LT_NOT_ALLOWED: it is not; LT_BAD_USE: nobody can be
// asked and --yes was not given, or there is no such loudspeaker; LT_IO: it could not be heard. Nothing was sent then.
enum lt_code hear_first(struct cli *cli, const struct lt_part *notice, const char *recording);

#endif
