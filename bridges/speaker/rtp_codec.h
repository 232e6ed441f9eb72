// What a packet of an RTP stream carries: sound of SOUND_RATE as one of the codecs that IP loudspeakers and telephones know, and
// the twelve bytes before it (RFC 3550, 3551).
#ifndef LT_SPEAKER_RTP_CODEC_H
#define LT_SPEAKER_RTP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rtp_codec { RTP_PCMU, RTP_PCMA, RTP_G722, RTP_L16 };

enum { RTP_HEADER = 12, RTP_SAMPLES_MAX = 441, RTP_PAYLOAD_MAX = 2 * RTP_SAMPLES_MAX };

struct rtp_shape {
    const char *name; // as RFC 3551 has it
    uint8_t type;     // of the payload
    unsigned rate;    // samples a second
    unsigned samples; // in a packet
    unsigned ms;      // that a packet lasts
    unsigned ticks;   // by which the timestamp grows; of G.722 as if it were 8 kHz
};

struct rtp_shape rtp_shape(enum rtp_codec codec);

struct rtp_encoder;
struct rtp_encoder *rtp_encoder_new(enum rtp_codec codec); // NULL: no memory
void rtp_encoder_destroy(struct rtp_encoder **encoder);
// A packet's samples, at its rate. How many bytes of payload were written, at most RTP_PAYLOAD_MAX.
size_t rtp_encode(struct rtp_encoder *encoder, const int16_t *samples, uint8_t *payload);

struct rtp_header {
    uint8_t type;
    bool marker; // the first of a talkspurt
    uint16_t sequence;
    uint32_t timestamp, source;
};

void rtp_header_write(const struct rtp_header *header, uint8_t bytes[RTP_HEADER]);

#endif
