#include "rtp_way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

// A socket's address as what it is.
union name {
    struct sockaddr any;
    struct sockaddr_storage storage;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

// RFC 3550, 11: an even port; the one above it is RTCP's.
enum lt_code rtp_address_read(const char *text, struct address *address, struct lt_error *error)
{
    return address_read(text, address) && address->port > 0 && address->port % 2 == 0
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE,
                         "allowed: an address in figures and an even port, as 239.255.10.1:5004 or "
                         "[ff15::1]:5004");
}

bool rtp_address_is_of_many(const struct address *address)
{
    const union name name = {.storage = address->socket};
    return name.any.sa_family == AF_INET6 ? IN6_IS_ADDR_MULTICAST(&name.v6.sin6_addr)
                                          : IN_MULTICAST(ntohl(name.v4.sin_addr.s_addr));
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

static int set_up(int fd, const struct rtp_way *way)
{
    int hops = (int)way->ttl, class = (int)(way->dscp << 2);
    const union name to = {.storage = way->address.socket};
    bool is_v6 = to.any.sa_family == AF_INET6;
    int level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    if (setsockopt(fd, level, is_v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, &hops, sizeof hops) !=
            0 ||
        setsockopt(fd, level, is_v6 ? IPV6_TCLASS : IP_TOS, &class, sizeof class) != 0)
        return errno;
    int failed = !way->interface ? 0
                 : is_v6         ? choose_v6(fd, way->interface)
                                 : choose_v4(fd, way->interface);
    if (failed)
        return failed;
    return connect(fd, &to.any, way->address.size) == 0 ? 0 : errno;
}

enum lt_code rtp_way_open(const struct rtp_way *way, int *fd, struct lt_error *error)
{
    *fd = socket(way->address.socket.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failed = *fd < 0 ? errno : set_up(*fd, way);
    if (failed == 0)
        return LT_DONE;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return lt_fail(error, LT_IO, "nothing can be sent through %s: %s (look at rtp-interface)",
                   way->interface ? way->interface : "any interface", strerror(failed));
}

static bool is_same(const union name *a, const struct sockaddr *b)
{
    if (!b || b->sa_family != a->any.sa_family)
        return false;
    union name other = {.any = {0}};
    memcpy(&other, b, b->sa_family == AF_INET6 ? sizeof other.v6 : sizeof other.v4);
    if (b->sa_family == AF_INET6)
        return memcmp(&a->v6.sin6_addr, &other.v6.sin6_addr, sizeof other.v6.sin6_addr) == 0;
    return b->sa_family == AF_INET && a->v4.sin_addr.s_addr == other.v4.sin_addr.s_addr;
}

// Of an interface that is not found nothing is said.
enum lt_code rtp_way_look(const struct rtp_way *way, int fd, struct lt_error *error)
{
    const unsigned needed = IFF_UP | IFF_RUNNING;
    union name from = {.any = {0}};
    socklen_t size = sizeof from;
    struct ifaddrs *all = NULL;
    enum lt_code code = LT_DONE;
    if (getsockname(fd, &from.any, &size) != 0 || getifaddrs(&all) != 0)
        return LT_DONE;
    for (const struct ifaddrs *one = all; one && code == LT_DONE; one = one->ifa_next) {
        bool is_it = (way->interface && strcmp(way->interface, one->ifa_name) == 0) ||
                     is_same(&from, one->ifa_addr);
        if (is_it && (one->ifa_flags & needed) != needed)
            code = lt_fail(error, LT_IO, "nothing leaves through %s: %s", one->ifa_name,
                           one->ifa_flags & IFF_UP ? "it has no carrier (its cable, or the switch)"
                                                   : "it is down");
    }
    freeifaddrs(all);
    return code;
}

bool rtp_way_is_same(int a, int b)
{
    union name first = {.any = {0}}, second = {.any = {0}};
    socklen_t size = sizeof first, other = sizeof second;
    return getsockname(a, &first.any, &size) == 0 && getsockname(b, &second.any, &other) == 0 &&
           is_same(&first, &second.any);
}
