// TCP_INFO against our own counts.
#include "meter.h"

#include <linux/tcp.h> // netinet/tcp.h of Debian 12 ends before tcpi_bytes_received
#include <string.h>
#include <sys/socket.h>

enum {
    CURVE_BYTES = 33, // "\x07MESSAGE", the short nonce, the box's tag, and the flags inside it
    SHORT_FRAME = 255,
    SHORT_HEAD = 2,
    LONG_HEAD = 9,
};

static void peer_of(int fd, struct sockaddr_storage *peer)
{
    socklen_t size = sizeof *peer;
    memset(peer, 0, sizeof *peer);
    if (fd < 0 || getpeername(fd, (struct sockaddr *)peer, &size) != 0)
        memset(peer, 0, sizeof *peer);
}

void meter_open(struct meter *meter, int fd)
{
    memset(meter, 0, sizeof *meter);
    meter->fd = fd;
    peer_of(fd, &meter->peer);
}

size_t meter_frame(size_t size)
{
    size_t body = size + CURVE_BYTES;
    return body + (body > SHORT_FRAME ? LONG_HEAD : SHORT_HEAD);
}

void meter_read(struct meter *meter, size_t bytes)
{
    meter->read += bytes;
    meter->has_whole = true;
}

static bool ask(int fd, struct tcp_info *info)
{
    socklen_t size = sizeof *info;
    memset(info, 0, sizeof *info);
    return fd >= 0 && getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0 &&
           size >=
               offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info->tcpi_bytes_received;
}

bool meter_look(struct meter *meter, bool drained)
{
    struct tcp_info info;
    if (!ask(meter->fd, &info))
        return false;
    uint64_t received = info.tcpi_bytes_received, told = meter->read + meter->forgiven;
    meter->pending = received > told ? received - told : 0;
    // The handshake, PINGs of libzmq's own and the like are never read here. Behind a whole message there
    // is no more than what has come since the last look, and what the kernel still held then.
    uint64_t since = received - (meter->seen < received ? meter->seen : received) + METER_BUFFER;
    if (drained && meter->has_whole && meter->pending > since) {
        meter->forgiven += meter->pending - since;
        meter->pending = since;
    }
    if (drained)
        meter->has_whole = false;
    meter->seen = received;
    if (info.tcpi_bytes_acked > meter->given)
        meter->given = info.tcpi_bytes_acked;
    meter->unsent = meter->given - info.tcpi_bytes_acked;
    return true;
}

bool meter_cut(const struct meter *meter)
{
    struct sockaddr_storage peer;
    peer_of(meter->fd, &peer);
    if (!meter->peer.ss_family || memcmp(&peer, &meter->peer, sizeof peer) != 0)
        return false;
    // Reset when it is closed: nothing is kept for a peer that takes nothing, and it learns of it at once.
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(meter->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    shutdown(meter->fd, SHUT_RDWR);
    return true;
}
