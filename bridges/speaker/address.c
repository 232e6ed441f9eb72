#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

// getaddrinfo would take 70000 for 4464, and blanks and signs too.
static bool read_port(const char *text, unsigned *port)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits])
        return false;
    *port = (unsigned)strtoul(text, NULL, 10);
    return *port <= UINT16_MAX;
}

bool address_read(const char *text, struct address *address)
{
    const char *colon = strrchr(text, ':');
    bool is_six = text[0] == '[';
    size_t length = colon ? (size_t)(colon - text) : 0;
    struct addrinfo *found = NULL;
    struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_family = is_six ? AF_INET6 : AF_INET,
                              .ai_socktype = SOCK_STREAM};
    *address = (struct address){0};
    if (length < 2 || length >= ADDRESS_HOST || !read_port(colon + 1, &address->port) ||
        (is_six && colon[-1] != ']'))
        return false;
    memcpy(address->host, text + is_six, length - 2 * (size_t)is_six);
    struct in_addr four; // getaddrinfo takes 10.1 for 10.0.0.1
    if (!is_six && inet_pton(AF_INET, address->host, &four) != 1)
        return false;
    if (getaddrinfo(address->host, colon + 1, &wanted, &found) != 0)
        return false;
    memcpy(&address->socket, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

enum lt_code address_check(const char *text, struct lt_error *error)
{
    struct address address;
    return address_read(text, &address)
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE,
                         "allowed: the numbers of an address and a port, 192.168.1.5:1883 or "
                         "[::1]:1883");
}
