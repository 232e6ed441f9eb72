// A mount's sound in its time, on a server that takes nothing for a while: what has not arrived was not given out.
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "icecast_mount.h"

enum { LONGEST_MS = 20000, SMALL_ROOM = 2048, TURN_MS = 10 };

struct station {
    struct lt_bridge_host host;
    struct mount_place place;
    struct mount *mount;
    struct sound sound;
    struct lt_error error;
    enum outlet_state state;
    char server[64], password[64];
    int door, fd; // fd -1: nobody has come
    bool takes, welcomed;
};

static void open_door(struct station *station)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int room = SMALL_ROOM;
    station->door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(station->door, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    cr_assert_eq(bind(station->door, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(station->door, 4), 0);
    cr_assert_eq(getsockname(station->door, (struct sockaddr *)&at, &size), 0);
    snprintf(station->server, sizeof station->server, "http://127.0.0.1:%u", ntohs(at.sin_port));
}

static void open_station(struct station *station, unsigned seconds)
{
    *station = (struct station){.host = {.watches.epoll = -1},
                                .fd = -1,
                                .takes = true,
                                .state = OUTLET_PLAYS,
                                .sound = {.max = (size_t)seconds * SOUND_RATE}};
    open_door(station);
    snprintf(station->password, sizeof station->password, "file:/tmp/lt-mount-test-XXXXXX");
    int file = mkstemp(station->password + strlen("file:"));
    cr_assert(file >= 0 && write(file, "nguon\n", 6) == 6);
    close(file);
    for (size_t i = 0; i < station->sound.max; i++) {
        int16_t value = (int16_t)(i % 50 * 400 - 10000);
        cr_assert(sound_add(&station->sound, &value, 1));
    }
    station->place = (struct mount_place){.server = station->server,
                                          .path = "/thuong.mp3",
                                          .user = "source",
                                          .password = station->password,
                                          .bitrate = 48,
                                          .stays = true};
    cr_assert_eq(mount_new(&station->host, &station->place, &station->mount, &station->error),
                 LT_DONE, "%s", station->error.text);
}

static void close_station(struct station *station)
{
    mount_destroy(&station->mount);
    watches_close(&station->host.watches);
    sound_clear(&station->sound);
    if (station->fd >= 0)
        close(station->fd);
    close(station->door);
    unlink(station->password + strlen("file:"));
}

static void serve(struct station *station)
{
    static const char welcome[] = "HTTP/1.1 100 Continue\r\n\r\n";
    char bytes[4096];
    if (station->fd < 0) {
        station->fd = accept4(station->door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        station->welcomed = false;
    }
    if (station->fd < 0 || (!station->takes && station->welcomed))
        return;
    while (recv(station->fd, bytes, sizeof bytes, 0) > 0)
        if (!station->welcomed)
            station->welcomed = send(station->fd, welcome, strlen(welcome), MSG_NOSIGNAL) > 0;
}

static void turn(struct station *station)
{
    uint64_t now = host_clock(), next = watches_next(&station->host.watches, now + TURN_MS);
    struct pollfd waits = {.fd = station->fd < 0 ? station->door : station->fd,
                           .events = station->takes ? POLLIN : POLLRDHUP};
    poll(&waits, 1, next > now ? (int)(next - now) : 0);
    serve(station);
    watches_tick(&station->host.watches, host_clock());
    if (station->state == OUTLET_PLAYS)
        station->state = mount_turn(station->mount, host_clock(), &station->error);
}

static void pass(struct station *station, uint64_t ms)
{
    for (uint64_t end = host_clock() + ms; host_clock() < end;)
        turn(station);
}

static void begin(struct station *station)
{
    uint64_t now = host_clock();
    while (!mount_is_up(station->mount)) {
        cr_assert(host_clock() < now + LONGEST_MS, "it does not come up");
        turn(station);
    }
    mount_start(station->mount, &station->sound, host_clock());
    station->state = OUTLET_PLAYS;
}

static void until_ended(struct station *station)
{
    uint64_t now = host_clock();
    while (station->state == OUTLET_PLAYS) {
        cr_assert(host_clock() < now + LONGEST_MS, "it never ends");
        turn(station);
    }
    cr_expect_eq(station->state, OUTLET_ENDED, "%s", station->error.text);
}

Test(mount, what_has_not_arrived_at_the_server_has_not_been_given_out, .timeout = 60)
{
    struct station station;
    open_station(&station, 2);
    begin(&station);
    station.takes = false;
    pass(&station, 4000);
    cr_expect_eq(station.state, OUTLET_PLAYS, "its buffers are full of it");
    station.takes = true;
    until_ended(&station);
    cr_expect_eq(mount_lost_ms(station.mount), 0);
    close_station(&station);
}

Test(mount, what_was_on_its_way_when_the_server_went_was_lost, .timeout = 60)
{
    struct station station;
    open_station(&station, 6);
    begin(&station);
    pass(&station, 500);
    station.takes = false;
    pass(&station, 3000);
    station.takes = true;
    cr_assert(station.fd >= 0);
    close(station.fd); // with what it has not read: a reset
    station.fd = -1;
    until_ended(&station);
    uint64_t lost = mount_lost_ms(station.mount);
    cr_expect(lost > 2000 && lost < 5500, "%llu ms", (unsigned long long)lost);
    close_station(&station);
}

Test(mount, of_what_is_stopped_only_that_was_heard_which_has_arrived, .timeout = 60)
{
    struct station station;
    open_station(&station, 4);
    begin(&station);
    pass(&station, 700);
    station.takes = false;
    pass(&station, 2500);
    cr_expect_lt(mount_stop(station.mount), 2 * (size_t)SOUND_RATE, "it hung in the middle");
    close_station(&station);
}
