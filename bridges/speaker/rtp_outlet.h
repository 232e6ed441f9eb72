// RTP packets in the local network, for IP loudspeakers and telephones that listen to an address of many.
#ifndef LT_SPEAKER_RTP_OUTLET_H
#define LT_SPEAKER_RTP_OUTLET_H

#include <lienthon/bridge.h>

#include "outlet.h"

struct rtp_options { // as the bridge's options name them, rtp-…
    int codec;       // enum rtp_codec, an index into rtp_codecs
    int64_t ttl, dscp, lead_ms;
    char *interface, *urgent;
};

extern const char *const rtp_codecs[]; // ends with NULL

// addresses: "239.255.10.1:5004", or "239.255.10.1:5004,239.255.10.9:5004" where the second takes the place of the option
// `urgent`. Options are lent for the life of the outlet. A network that is away is no error, but a fault. What receivers are to
// be told is written into the instance's folder (rtp_sdp.h). LT_BAD_USE, LT_NO_MEMORY.
enum lt_code rtp_outlet_new(lt_bridge_host *host, const struct rtp_options *options,
                            const char *addresses, struct outlet **outlet, struct lt_error *error);
// Whether addresses and options go together. LT_BAD_USE, and *option is the one to be changed; NULL: that which named the addresses.
enum lt_code rtp_fits(const struct rtp_options *options, const char *addresses, const char **option,
                      struct lt_error *error);
// For the options' rows. LT_BAD_USE what is allowed.
enum lt_code rtp_check(const char *addresses, struct lt_error *error); // one, or two with a comma
enum lt_code rtp_check_one(const char *address, struct lt_error *error);

#endif
