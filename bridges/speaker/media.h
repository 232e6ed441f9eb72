// A small web server for sounds: each under a name that nobody can guess, for as long as it is offered. A sound that is still
// being made is given out as it grows. On the host's one thread.
#ifndef LT_SPEAKER_MEDIA_H
#define LT_SPEAKER_MEDIA_H

#include <lienthon/watch.h>

#include "sound.h"

enum { MEDIA_URL = 256, MEDIA_NAME = 33 };

struct media;
struct media_offer;

// For the option's row: LT_BAD_USE what a base may be.
enum lt_code media_check_base(const char *base, struct lt_error *error);
// listen: numbers and a port, "192.168.1.5:8090" (port 0: any). base: what stands before a sound's name for those who fetch it,
// "http://192.168.1.5:8090"; NULL: made of `listen`, which is one address then. LT_BAD_USE, LT_IO (it cannot be listened on), LT_NO_MEMORY.
enum lt_code media_new(lt_bridge_host *host, const char *listen, const char *base,
                       struct media **media, struct lt_error *error);
void media_destroy(struct media **media); // whatever is being given out is cut off
// The sound is lent until media_withdraw. url: where it is. NULL: no memory.
struct media_offer *media_offer(struct media *media, const struct sound *sound,
                                char url[MEDIA_URL]);
// The sound has grown, or is whole.
void media_grown(struct media_offer *offer);
// How many samples have been given out, at most: to whoever fetched the most of it.
size_t media_given(const struct media_offer *offer);
void media_withdraw(struct media_offer **offer);

#endif
