#include "rtp_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 63 };

static bool read_port(const char *text, uint16_t *port)
{
    char *end = NULL;
    if (text[0] < '1' || text[0] > '9')
        return false;
    unsigned long value = strtoul(text, &end, 10);
    *port = (uint16_t)value;
    return *end == '\0' && value <= 65534 && value % 2 == 0;
}

static bool read_host(const char *text, size_t size, uint16_t port, struct rtp_address *address)
{
    char host[TEXT_MAX + 1] = "";
    bool is_v6 = size > 2 && text[0] == '[' && text[size - 1] == ']';
    if (size == 0 || size > TEXT_MAX)
        return false;
    memcpy(host, is_v6 ? text + 1 : text, is_v6 ? size - 2 : size);
    *address = (struct rtp_address){0};
    if (is_v6) {
        address->to.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        address->size = sizeof address->to.v6;
        return inet_pton(AF_INET6, host, &address->to.v6.sin6_addr) == 1;
    }
    address->to.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    address->size = sizeof address->to.v4;
    return inet_pton(AF_INET, host, &address->to.v4.sin_addr) == 1;
}

enum lt_code rtp_address_read(const char *text, struct rtp_address *address, struct lt_error *error)
{
    const char *colon = strrchr(text, ':');
    uint16_t port = 0;
    if (!colon || !read_port(colon + 1, &port) ||
        !read_host(text, (size_t)(colon - text), port, address))
        return lt_fail(error, LT_BAD_USE,
                       "allowed: an address in figures and an even port, as 239.255.10.1:5004 or "
                       "[ff05::1]:5004");
    return LT_DONE;
}

// 0, or errno.
static int choose_v4(int fd, const char *interface)
{
    struct ip_mreqn choice = {0};
    if (inet_pton(AF_INET, interface, &choice.imr_address) != 1)
        choice.imr_ifindex = (int)if_nametoindex(interface);
    if (choice.imr_ifindex == 0 && choice.imr_address.s_addr == 0)
        return ENODEV;
    return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &choice, sizeof choice) == 0 ? 0 : errno;
}

static int choose_v6(int fd, const char *interface)
{
    unsigned index = if_nametoindex(interface);
    if (index == 0)
        return ENODEV;
    return setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) == 0 ? 0 : errno;
}

static int set_up(int fd, const struct rtp_address *address, const char *interface, unsigned ttl,
                  unsigned dscp)
{
    int hops = (int)ttl, class = (int)(dscp << 2);
    bool is_v6 = address->to.any.sa_family == AF_INET6;
    int level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    if (setsockopt(fd, level, is_v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, &hops, sizeof hops) !=
            0 ||
        setsockopt(fd, level, is_v6 ? IPV6_TCLASS : IP_TOS, &class, sizeof class) != 0)
        return errno;
    int failed = !interface ? 0 : is_v6 ? choose_v6(fd, interface) : choose_v4(fd, interface);
    if (failed)
        return failed;
    return connect(fd, &address->to.any, address->size) == 0 ? 0 : errno;
}

enum lt_code rtp_socket(const struct rtp_address *address, const char *interface, unsigned ttl,
                        unsigned dscp, int *fd, struct lt_error *error)
{
    *fd = socket(address->to.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failed = *fd < 0 ? errno : set_up(*fd, address, interface, ttl, dscp);
    if (failed == 0)
        return LT_DONE;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return lt_fail(error, LT_IO, "nothing can be sent through %s: %s; look at rtp-interface",
                   interface ? interface : "any interface", strerror(failed));
}
