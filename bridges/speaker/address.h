// The numbers of an address and a port: "192.168.1.5:8090", "[::1]:8090". Names are none: looked up, they would keep an alarm
// waiting.
#ifndef LT_SPEAKER_ADDRESS_H
#define LT_SPEAKER_ADDRESS_H

#include <lienthon/bytes.h>

#include <sys/socket.h>

enum { ADDRESS_HOST = 64 };

struct address {
    char host[ADDRESS_HOST]; // without brackets
    unsigned port;
    struct sockaddr_storage socket;
    socklen_t size;
};

bool address_read(const char *text, struct address *address);
// For an option's row: LT_BAD_USE what is allowed.
enum lt_code address_check(const char *text, struct lt_error *error);

#endif
