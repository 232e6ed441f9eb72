// RTP as it stands on the wire: headers against packets that others have sent, codecs against their tables, addresses.
#include <criterion/criterion.h>
#include <string.h>

#include "rtp_codec.h"
#include "rtp_outlet.h"
#include "rtp_sdp.h"

Test(rtp, headers_are_those_that_others_send)
{
    const uint8_t g722[RTP_HEADER] = {0x80, 0x09, 0x0b, 0x90, 0x98, 0xb0,
                                      0x7f, 0x54, 0x1b, 0x33, 0x34, 0x6e};
    const uint8_t first[RTP_HEADER] = {0x80, 0x80, 0, 1, 0, 0, 0, 0xa0, 0x11, 0x22, 0x33, 0x44};
    uint8_t bytes[RTP_HEADER];
    rtp_header_write(
        &(struct rtp_header){
            .type = 9, .sequence = 2960, .timestamp = 2561703764, .source = 0x1b33346e},
        bytes);
    cr_expect_arr_eq(bytes, g722, sizeof g722);
    rtp_header_write(
        &(struct rtp_header){
            .type = 0, .marker = true, .sequence = 1, .timestamp = 160, .source = 0x11223344},
        bytes);
    cr_expect_arr_eq(bytes, first, sizeof first);
}

static size_t encode(enum rtp_codec codec, int16_t value, uint8_t payload[RTP_PAYLOAD_MAX])
{
    int16_t samples[RTP_SAMPLES_MAX];
    struct rtp_encoder *encoder = rtp_encoder_new(codec);
    cr_assert(encoder);
    for (size_t i = 0; i < RTP_SAMPLES_MAX; i++)
        samples[i] = value;
    size_t size = rtp_encode(encoder, samples, payload);
    rtp_encoder_destroy(&encoder);
    return size;
}

Test(rtp, payloads_are_those_of_the_codecs_tables)
{
    uint8_t payload[RTP_PAYLOAD_MAX];
    cr_expect_eq(encode(RTP_PCMU, 0, payload), 160);
    cr_expect_eq(payload[0], 0xff);
    encode(RTP_PCMU, INT16_MAX, payload);
    cr_expect_eq(payload[159], 0x80);
    encode(RTP_PCMU, INT16_MIN, payload);
    cr_expect_eq(payload[0], 0x00);
    cr_expect_eq(encode(RTP_PCMA, 0, payload), 160);
    cr_expect_eq(payload[0], 0xd5);
    encode(RTP_PCMA, INT16_MAX, payload);
    cr_expect_eq(payload[0], 0xaa);
    cr_expect_eq(encode(RTP_G722, 0, payload), 160);
    cr_expect_eq(encode(RTP_L16, 0x1234, payload), 882);
    cr_expect(payload[0] == 0x12 && payload[1] == 0x34);
    encode(RTP_L16, -2, payload);
    cr_expect(payload[880] == 0xff && payload[881] == 0xfe);
}

Test(rtp, a_packet_lasts_as_long_as_its_timestamp_says)
{
    for (int codec = 0; rtp_codecs[codec]; codec++) {
        struct rtp_shape shape = rtp_shape((enum rtp_codec)codec);
        cr_expect_eq(shape.samples * 1000, shape.rate * shape.ms, "%s", rtp_codecs[codec]);
        cr_expect(shape.samples <= RTP_SAMPLES_MAX);
    }
    cr_expect_eq(rtp_shape(RTP_G722).ticks, 160, "of G.722 the clock is 8 kHz all the same");
}

Test(rtp, addresses_are_figures_and_an_even_port)
{
    struct lt_error error = {0};
    struct address address;
    cr_assert_eq(rtp_address_read("239.255.10.1:5004", &address, &error), LT_DONE);
    cr_expect(address.socket.ss_family == AF_INET && address.port == 5004);
    cr_expect(rtp_address_is_of_many(&address));
    cr_assert_eq(rtp_address_read("192.168.1.7:5004", &address, &error), LT_DONE);
    cr_expect_not(rtp_address_is_of_many(&address));
    cr_assert_eq(rtp_address_read("[ff15::1]:5004", &address, &error), LT_DONE);
    cr_expect(address.socket.ss_family == AF_INET6 && rtp_address_is_of_many(&address));
    cr_assert_eq(rtp_address_read("[fd00::1]:5004", &address, &error), LT_DONE);
    cr_expect_not(rtp_address_is_of_many(&address));
    const char *const wrong[] = {"239.255.10.1",
                                 "239.255.10.1:5005",
                                 "239.255.10.1:0",
                                 "239.255.10.1:70000",
                                 "239.255.10:5004",
                                 "loa.example:5004",
                                 "[ff15::1:5004",
                                 "239.255.10.1:5004 ",
                                 ":5004",
                                 "239.255.10.1:+5004",
                                 ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(rtp_address_read(wrong[i], &address, &error), LT_BAD_USE, "%s", wrong[i]);
    cr_expect_eq(rtp_check("239.255.10.1:5004,239.255.10.9:5004", &error), LT_DONE);
    cr_expect_eq(rtp_check("239.255.10.1:5004,239.255.10.1:5006", &error), LT_DONE);
    cr_expect_eq(rtp_check("239.255.10.1:5004,239.255.10.9", &error), LT_BAD_USE);
    cr_expect_eq(rtp_check("239.255.10.1:5004,239.255.10.1:5004", &error), LT_BAD_USE,
                 "two streams in one");
    cr_expect_eq(rtp_check_one("239.255.10.1:5004,239.255.10.9:5004", &error), LT_BAD_USE);
}

Test(rtp, an_interface_that_is_not_there_is_told_and_not_taken_for_another)
{
    struct lt_error error = {0};
    struct rtp_way way = {.interface = "khong-co", .ttl = 1, .dscp = 46};
    int fd = -1;
    cr_assert_eq(rtp_address_read("239.255.10.1:5004", &way.address, &error), LT_DONE);
    cr_expect_eq(rtp_way_open(&way, &fd, &error), LT_IO);
    cr_expect_eq(fd, -1);
    cr_expect(strstr(error.text, "khong-co"));
}

static void expect_described(const char *address, enum rtp_codec codec, const char *wanted)
{
    struct lt_error error = {0};
    struct rtp_way way = {.codec = codec, .ttl = 4};
    struct lt_buffer text = {.max = 2048};
    cr_assert_eq(rtp_address_read(address, &way.address, &error), LT_DONE, "%s", error.text);
    rtp_sdp_print(&way, "Loa ấp", 1796000000, &text);
    cr_assert(lt_buffer_add(&text, "", 1));
    cr_expect_str_eq((const char *)text.data, wanted);
    lt_buffer_clear(&text);
}

// RFC 4566, 5.7: an IPv4 address of many has its TTL behind it, an IPv6 one has none.
Test(rtp, a_stream_is_described_as_receivers_read_it)
{
    expect_described("239.255.10.1:5004", RTP_G722,
                     "v=0\r\no=- 1796000000 1796000000 IN IP4 127.0.0.1\r\ns=Loa ấp\r\n"
                     "c=IN IP4 239.255.10.1/4\r\nt=0 0\r\na=recvonly\r\n"
                     "m=audio 5004 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\na=ptime:20\r\n");
    expect_described("[ff12::1%lo]:5004", RTP_L16,
                     "v=0\r\no=- 1796000000 1796000000 IN IP4 127.0.0.1\r\ns=Loa ấp\r\n"
                     "c=IN IP6 ff12::1\r\nt=0 0\r\na=recvonly\r\n"
                     "m=audio 5004 RTP/AVP 11\r\na=rtpmap:11 L16/44100\r\na=ptime:10\r\n");
    expect_described("192.168.1.7:5004", RTP_PCMU,
                     "v=0\r\no=- 1796000000 1796000000 IN IP4 127.0.0.1\r\ns=Loa ấp\r\n"
                     "c=IN IP4 192.168.1.7\r\nt=0 0\r\na=recvonly\r\n"
                     "m=audio 5004 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n");
}
