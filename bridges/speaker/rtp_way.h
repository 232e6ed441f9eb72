// Where an RTP stream goes: "239.255.10.1:5004", "[ff15::1]:5004", and through which of this machine's interfaces.
#ifndef LT_SPEAKER_RTP_WAY_H
#define LT_SPEAKER_RTP_WAY_H

#include "address.h"
#include "rtp_codec.h"

struct rtp_way {
    struct address address;
    enum rtp_codec codec;
    const char *interface; // its name, or an IPv4 address of it; NULL: as the machine's routes say
    unsigned ttl, dscp, lead_ms;
};

// LT_BAD_USE what is allowed: an address in figures and an even port.
enum lt_code rtp_address_read(const char *text, struct address *address, struct lt_error *error);
bool rtp_address_is_of_many(const struct address *address);
// A socket that sends there. LT_IO: why not (now: an interface may come later).
enum lt_code rtp_way_open(const struct rtp_way *way, int *fd, struct lt_error *error);
// LT_IO: the interface through which it sends is down or has no carrier, so that nothing leaves the machine though the kernel
// takes it.
enum lt_code rtp_way_look(const struct rtp_way *way, int fd, struct lt_error *error);
// Whether two of its sockets send from the same address of this machine.
bool rtp_way_is_same(int a, int b);

#endif
