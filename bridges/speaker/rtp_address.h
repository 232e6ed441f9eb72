// Where an RTP stream goes: "239.255.10.1:5004", "[ff05::1]:5004", and through which of this machine's interfaces.
#ifndef LT_SPEAKER_RTP_ADDRESS_H
#define LT_SPEAKER_RTP_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <lienthon/bytes.h>

struct rtp_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    socklen_t size;
};

// LT_BAD_USE what is allowed: an address in figures and an even port.
enum lt_code rtp_address_read(const char *text, struct rtp_address *address,
                              struct lt_error *error);
// A socket that sends there. interface: its name or an address of it; NULL: as the machine's routes say. LT_IO: why not (now: an
// interface may come later).
enum lt_code rtp_socket(const struct rtp_address *address, const char *interface, unsigned ttl,
                        unsigned dscp, int *fd, struct lt_error *error);

#endif
