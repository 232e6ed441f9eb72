#include "rtp_codec.h"

#include <stdlib.h>

#include <spandsp.h>

struct rtp_encoder {
    enum rtp_codec codec;
    g722_encode_state_t *g722;
};

// A packet of L16 at 44.1 kHz lasts half as long: 20 ms of it do not fit into an Ethernet frame.
struct rtp_shape rtp_shape(enum rtp_codec codec)
{
    static const struct rtp_shape shapes[] = {
        [RTP_PCMU] =
            {.name = "PCMU", .type = 0, .rate = 8000, .samples = 160, .ms = 20, .ticks = 160},
        [RTP_PCMA] =
            {.name = "PCMA", .type = 8, .rate = 8000, .samples = 160, .ms = 20, .ticks = 160},
        [RTP_G722] =
            {.name = "G722", .type = 9, .rate = 16000, .samples = 320, .ms = 20, .ticks = 160},
        [RTP_L16] =
            {.name = "L16", .type = 11, .rate = 44100, .samples = 441, .ms = 10, .ticks = 441},
    };
    return shapes[codec];
}

struct rtp_encoder *rtp_encoder_new(enum rtp_codec codec)
{
    struct rtp_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return NULL;
    encoder->codec = codec;
    if (codec == RTP_G722)
        encoder->g722 = g722_encode_init(NULL, 64000, 0);
    if (codec == RTP_G722 && !encoder->g722)
        rtp_encoder_destroy(&encoder);
    return encoder;
}

void rtp_encoder_destroy(struct rtp_encoder **encoder)
{
    if (*encoder && (*encoder)->g722)
        g722_encode_free((*encoder)->g722);
    free(*encoder);
    *encoder = NULL;
}

size_t rtp_encode(struct rtp_encoder *encoder, const int16_t *samples, uint8_t *payload)
{
    size_t count = rtp_shape(encoder->codec).samples;
    if (encoder->codec == RTP_G722)
        return (size_t)g722_encode(encoder->g722, payload, samples, (int)count);
    for (size_t i = 0; i < count; i++) {
        uint16_t value = (uint16_t)samples[i];
        if (encoder->codec == RTP_PCMU)
            payload[i] = linear_to_ulaw(samples[i]);
        else if (encoder->codec == RTP_PCMA)
            payload[i] = linear_to_alaw(samples[i]);
        else {
            payload[2 * i] = (uint8_t)(value >> 8);
            payload[2 * i + 1] = (uint8_t)value;
        }
    }
    return encoder->codec == RTP_L16 ? 2 * count : count;
}

static void write_big(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

void rtp_header_write(const struct rtp_header *header, uint8_t bytes[RTP_HEADER])
{
    bytes[0] = 0x80; // version 2
    bytes[1] = (uint8_t)((header->marker ? 0x80 : 0) | header->type);
    bytes[2] = (uint8_t)(header->sequence >> 8);
    bytes[3] = (uint8_t)header->sequence;
    write_big(bytes + 4, header->timestamp);
    write_big(bytes + 8, header->source);
}
