// An RTP stream in a network of the test's own, whose cable it pulls out; and its clock over several sounds.
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "rtp_line.h"

enum { HEARD_MAX = 1000, PACKET_MAX = 1500, LONGEST_MS = 15000 };

struct heard {
    bool marker;
    uint16_t sequence;
    uint32_t timestamp, source;
    uint64_t at; // ms
};

struct station {
    struct lt_bridge_host host;
    struct rtp_way way;
    struct rtp_line *line;
    struct sound sound;
    struct lt_error error;
    int ear;
    struct heard heard[HEARD_MAX];
    size_t count;
};

static void shell(const char *command)
{
    cr_assert_eq(system(command), 0, "%s", command);
}

// tram0 is the station's, loa0 the other end of its cable.
static void enter_own_network(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        cr_skip_test("a network of its own takes root: run tests/run as root");
    shell("ip link set lo up && ip link add tram0 type veth peer name loa0 &&"
          "ip link set tram0 up && ip link set loa0 up &&"
          "ip addr add 10.9.8.1/24 dev tram0 && ip -6 addr add fd09::1/64 dev tram0 nodad");
}

union name {
    struct sockaddr any;
    struct sockaddr_storage storage;
    struct sockaddr_in6 v6;
};

static int open_ear(const union name *at, socklen_t size)
{
    int fd = socket(at->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(fd, &at->any, size) == 0)
        return fd;
    close(fd);
    return -1;
}

// address without its port, which is chosen here; the group is joined on tram0.
static void listen_at(struct station *station, const char *address)
{
    char text[80];
    unsigned index = if_nametoindex("tram0");
    struct address *to = &station->way.address;
    union name at;
    station->ear = -1;
    for (unsigned port = 20000; station->ear < 0; port += 2) {
        cr_assert(port < 30000, "no free port");
        snprintf(text, sizeof text, "%s:%u", address, port);
        cr_assert_eq(rtp_address_read(text, to, &station->error), LT_DONE);
        at.storage = to->socket;
        if (at.any.sa_family == AF_INET6)
            at.v6.sin6_scope_id = index;
        station->ear = open_ear(&at, to->size);
    }
    const struct group_req group = {.gr_interface = index, .gr_group = at.storage};
    int level = at.any.sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    if (rtp_address_is_of_many(to))
        cr_assert_eq(setsockopt(station->ear, level, MCAST_JOIN_GROUP, &group, sizeof group), 0);
}

static void open_station(struct station *station, const char *address, const char *interface)
{
    *station = (struct station){
        .host = {.watches.epoll = -1},
        .way = {.codec = RTP_PCMU, .interface = interface, .ttl = 1, .dscp = 46, .lead_ms = 0},
        .sound = {.max = SOUND_RATE}};
    listen_at(station, address);
    for (int i = 0; i < SOUND_RATE / 5; i++) {
        int16_t value = (int16_t)(i % 50 * 400 - 10000);
        cr_assert(sound_add(&station->sound, &value, 1));
    }
    cr_assert_eq(rtp_line_new(&station->host, &station->way, &station->line, &station->error),
                 LT_DONE);
}

static void close_station(struct station *station)
{
    rtp_line_destroy(&station->line);
    watches_close(&station->host.watches);
    sound_clear(&station->sound);
    close(station->ear);
}

static uint32_t big(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void hear(struct station *station)
{
    uint8_t packet[PACKET_MAX];
    while (recv(station->ear, packet, sizeof packet, 0) > RTP_HEADER) {
        cr_assert(station->count < HEARD_MAX);
        station->heard[station->count++] =
            (struct heard){.marker = packet[1] >> 7,
                           .sequence = (uint16_t)(packet[2] << 8 | packet[3]),
                           .timestamp = big(packet + 4),
                           .source = big(packet + 8),
                           .at = host_clock()};
    }
}

// deaf: after so many ms nobody is there any more; 0: somebody is to the end.
static enum outlet_state play_until(struct station *station, uint64_t deaf)
{
    enum outlet_state state = OUTLET_PLAYS;
    uint64_t begun = host_clock();
    rtp_line_start(station->line, &station->sound);
    while (state == OUTLET_PLAYS) {
        uint64_t now = host_clock();
        cr_assert(now < begun + LONGEST_MS, "it never ends");
        if (deaf && now >= begun + deaf) {
            close(station->ear);
            station->ear = -1;
        }
        uint64_t next = watches_next(&station->host.watches, now + 20);
        struct pollfd ear = {.fd = station->ear, .events = POLLIN};
        poll(&ear, 1, next > now ? (int)(next - now) : 0);
        hear(station);
        watches_tick(&station->host.watches, host_clock());
        state = rtp_line_turn(station->line, &station->error);
    }
    hear(station);
    return state;
}

static enum outlet_state play(struct station *station)
{
    return play_until(station, 0);
}

static bool is_told(const char *fault, const char *words)
{
    return words ? fault && strstr(fault, words) : !fault;
}

// words: NULL: that all is well. The kernel takes its time to notice a cable.
static void expect_fault(struct station *station, const char *words)
{
    const char *fault = NULL;
    uint64_t begun = host_clock();
    do {
        poll(NULL, 0, 10);
        rtp_line_look(station->line);
        fault = rtp_line_fault(station->line);
    } while (!is_told(fault, words) && host_clock() < begun + LONGEST_MS);
    cr_assert(is_told(fault, words), "\"%s\" is not in \"%s\"", words ? words : "(none)",
              fault ? fault : "(none)");
}

Test(rtp_line, an_address_of_many_is_reached_by_both_internet_protocols, .timeout = 60)
{
    enter_own_network();
    const char *const addresses[] = {"239.255.77.5", "[ff15::4c54:1]", "[ff02::4c54]"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct station station;
        open_station(&station, addresses[i], "tram0");
        expect_fault(&station, NULL);
        cr_expect_eq(play(&station), OUTLET_ENDED, "%s: %s", addresses[i], station.error.text);
        cr_expect(station.count >= 20, "%s: %zu packets", addresses[i], station.count);
        cr_expect_eq(rtp_line_lost_ms(station.line), 0);
        close_station(&station);
    }
}

Test(rtp_line, over_several_sounds_its_numbers_have_no_hole_and_its_clock_does_not_drift,
     .timeout = 60)
{
    enum { SOUNDS = 8 };
    struct station station;
    open_station(&station, "127.0.0.1", NULL);
    for (int i = 0; i < SOUNDS; i++)
        cr_assert_eq(play(&station), OUTLET_ENDED, "%s", station.error.text);
    const struct heard *first = station.heard, *last = first + station.count - 1;
    size_t marked = 0;
    for (size_t i = 0; i < station.count; i++) {
        marked += station.heard[i].marker;
        cr_assert_eq(station.heard[i].sequence, (uint16_t)(first->sequence + i));
        cr_assert_eq(station.heard[i].source, first->source);
    }
    cr_expect(first->marker);
    cr_expect_eq(marked, SOUNDS, "each sound out of silence is marked, and nothing else");
    int64_t told = (uint32_t)(last->timestamp - first->timestamp) / 8;
    int64_t passed = (int64_t)(last->at - first->at);
    cr_expect(llabs(told - passed) < 60, "%lld ms by its clock, %lld passed", (long long)told,
              (long long)passed);
    close_station(&station);
}

Test(rtp_line, a_cable_that_is_out_is_told_and_nothing_is_done, .timeout = 60)
{
    struct station station;
    enter_own_network();
    open_station(&station, "239.255.77.5", "tram0");
    expect_fault(&station, NULL);
    shell("ip link set loa0 down");
    expect_fault(&station, "tram0: it has no carrier");
    cr_expect_eq(play(&station), OUTLET_FAILED);
    cr_expect(strstr(station.error.text, "no carrier"), "%s", station.error.text);
    shell("ip link set loa0 up");
    expect_fault(&station, NULL);
    cr_expect_eq(play(&station), OUTLET_ENDED, "%s", station.error.text);
    close_station(&station);
}

Test(rtp_line, an_interface_that_went_and_came_back_is_another_source, .timeout = 60)
{
    struct station station;
    enter_own_network();
    open_station(&station, "239.255.77.5", "tram0");
    expect_fault(&station, NULL);
    cr_expect_eq(play(&station), OUTLET_ENDED);
    shell("ip link set tram0 down");
    expect_fault(&station, "tram0");
    shell("ip link set tram0 up && ip addr replace 10.9.8.1/24 dev tram0");
    expect_fault(&station, NULL);
    uint32_t before = station.heard[station.count - 1].source;
    cr_expect_eq(play(&station), OUTLET_ENDED, "%s", station.error.text);
    cr_expect_neq(station.heard[station.count - 1].source, before);
    close_station(&station);
}

Test(rtp_line, without_a_route_it_is_told_before_anything_is_to_be_said, .timeout = 60)
{
    struct station station;
    enter_own_network();
    open_station(&station, "239.255.77.5", NULL);
    expect_fault(&station, "unreachable (look at rtp-interface)");
    cr_expect_eq(play(&station), OUTLET_FAILED);
    shell("ip route add 239.0.0.0/8 dev tram0");
    expect_fault(&station, NULL);
    cr_expect_eq(play(&station), OUTLET_ENDED, "%s", station.error.text);
    shell("ip route del 239.0.0.0/8 dev tram0");
    expect_fault(&station, "unreachable");
    close_station(&station);
}

Test(rtp_line, of_what_is_missing_only_sound_counts, .timeout = 60)
{
    struct station station;
    open_station(&station, "127.0.0.2", NULL);
    cr_expect_eq(play_until(&station, 300), OUTLET_ENDED, "only the silence behind it is missing");
    cr_expect_eq(rtp_line_lost_ms(station.line), 0);
    close_station(&station);
    open_station(&station, "127.0.0.2", NULL);
    cr_expect_eq(play_until(&station, 60), OUTLET_FAILED, "its end is missing");
    cr_expect(rtp_line_lost_ms(station.line) > 60);
    close_station(&station);
}
