#include "rtp_sdp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <lienthon/settings/file.h>

enum { SDP_MAX = 2048, PATH_MAX_BYTES = 4096 };

// A port of an interface (%eth0) is this machine's affair.
static void plain_host(const struct address *address, char host[ADDRESS_HOST])
{
    snprintf(host, ADDRESS_HOST, "%s", address->host);
    host[strcspn(host, "%")] = '\0';
}

void rtp_sdp_print(const struct rtp_way *way, const char *name, uint64_t version,
                   struct lt_buffer *out)
{
    const struct rtp_shape shape = rtp_shape(way->codec);
    bool is_v6 = way->address.socket.ss_family == AF_INET6;
    char host[ADDRESS_HOST], ttl[8] = "";
    plain_host(&way->address, host);
    if (!is_v6 && rtp_address_is_of_many(&way->address))
        snprintf(ttl, sizeof ttl, "/%u", way->ttl);
    lt_buffer_print(out, "v=0\r\no=- %llu %llu IN IP4 127.0.0.1\r\ns=%s\r\n",
                    (unsigned long long)version, (unsigned long long)version, name);
    lt_buffer_print(out, "c=IN %s %s%s\r\nt=0 0\r\na=recvonly\r\n", is_v6 ? "IP6" : "IP4", host,
                    ttl);
    lt_buffer_print(out, "m=audio %u RTP/AVP %u\r\na=rtpmap:%u %s/%u\r\na=ptime:%u\r\n",
                    way->address.port, shape.type, shape.type, shape.name,
                    shape.ticks * 1000 / shape.ms, shape.ms);
}

enum lt_code rtp_sdp_write(const struct rtp_way *way, const char *name, const char *folder,
                           struct lt_error *error)
{
    char path[PATH_MAX_BYTES], host[ADDRESS_HOST];
    plain_host(&way->address, host);
    for (char *at = host; (at = strchr(at, ':'));)
        *at = '_';
    int size = snprintf(path, sizeof path, "%s/rtp-%s-%u.sdp", folder, host, way->address.port);
    if (size < 0 || size >= (int)sizeof path)
        return lt_fail(error, LT_BAD_USE, "the name of the folder is too long");
    struct lt_buffer text = {.max = SDP_MAX};
    rtp_sdp_print(way, name, (uint64_t)time(NULL), &text);
    enum lt_code code = text.failed ? lt_fail(error, LT_NO_MEMORY, "no memory for an SDP file")
                                    : lt_file_write(path, lt_buffer_slice(&text), 0644, error);
    lt_buffer_clear(&text);
    return code;
}
