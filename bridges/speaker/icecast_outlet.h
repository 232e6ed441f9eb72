// A stream on an Icecast server, which loudspeakers pull.
#ifndef LT_SPEAKER_ICECAST_OUTLET_H
#define LT_SPEAKER_ICECAST_OUTLET_H

#include <lienthon/bridge.h>

#include "outlet.h"

struct icecast_options { // as the bridge's options name them, icecast-…
    char *server, *ca, *user, *password, *urgent;
    int64_t bitrate;
    bool stay;
};

// mounts: "/thuong.mp3", or "/thuong.mp3,/khan.mp3" where the second takes the place of the option `urgent`. Options are lent for the life of the outlet. It connects later, by itself. LT_BAD_USE what is missing
// or wrong among them; LT_NO_MEMORY; those of lt_secret_open.
enum lt_code icecast_outlet_new(lt_bridge_host *host, const struct icecast_options *options,
                                const char *mounts, struct outlet **outlet, struct lt_error *error);
// Whether all that it needs is given, and fits. LT_BAD_USE, and *option is the one to be changed; NULL: that which named the mounts.
enum lt_code icecast_fits(const struct icecast_options *options, const char *mounts,
                          const char **option, struct lt_error *error);
// For the options' rows. LT_BAD_USE what is allowed.
enum lt_code icecast_check_server(const char *text, struct lt_error *error);
enum lt_code icecast_check_path(const char *text, struct lt_error *error);
enum lt_code icecast_check_mounts(const char *text,
                                  struct lt_error *error); // one or two; "": that of the default

#endif
