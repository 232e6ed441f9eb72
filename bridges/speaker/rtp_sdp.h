// What an RTP stream is, as an SDP file (RFC 4566) that a receiver can be given in place of typing it in.
#ifndef LT_SPEAKER_RTP_SDP_H
#define LT_SPEAKER_RTP_SDP_H

#include "rtp_way.h"

// name: of the session, UTF-8, one line. version: a number that is larger where the file is another, seconds since 1970.
// A failed buffer: no memory.
void rtp_sdp_print(const struct rtp_way *way, const char *name, uint64_t version,
                   struct lt_buffer *out);
// Writes it as rtp-ADDRESS-PORT.sdp into the folder. LT_IO and others of lt_file_write, LT_NO_MEMORY.
enum lt_code rtp_sdp_write(const struct rtp_way *way, const char *name, const char *folder,
                           struct lt_error *error);

#endif
