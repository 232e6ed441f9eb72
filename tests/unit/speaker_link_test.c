// The connection to an Icecast server, against servers that are odd, hostile or dying, played by the test itself.
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "icecast_link.h"
#include "silent_name.h"

enum { TURNS_MAX = 5000, READ_MAX = 65536 };

struct far {
    int door, fd; // fd -1: nobody has come
    bool hears;   // the request has not come yet
    char server[64], password[64];
    struct mount_place place;
    struct link *link;
    struct lt_error error;
    uint64_t now;
    char read[READ_MAX];
    size_t count;
};

static void open_far(struct far *far, int room)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    *far = (struct far){.fd = -1, .now = 1000};
    far->door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (room)
        setsockopt(far->door, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    cr_assert_eq(bind(far->door, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(far->door, 4), 0);
    cr_assert_eq(getsockname(far->door, (struct sockaddr *)&at, &size), 0);
    snprintf(far->server, sizeof far->server, "http://127.0.0.1:%u", ntohs(at.sin_port));
    snprintf(far->password, sizeof far->password, "file:/tmp/lt-link-test-XXXXXX");
    int file = mkstemp(far->password + strlen("file:"));
    cr_assert(file >= 0 && write(file, "nguon\n", 6) == 6);
    close(file);
    far->place = (struct mount_place){.server = far->server,
                                      .path = "/thuong.mp3",
                                      .user = "source",
                                      .password = far->password,
                                      .bitrate = 48};
    far->link = link_new(&far->place);
    cr_assert(far->link);
}

static void close_far(struct far *far)
{
    link_destroy(&far->link);
    cr_expect_null(far->link);
    if (far->fd >= 0)
        close(far->fd);
    close(far->door);
    unlink(far->password + strlen("file:"));
}

static enum link_state turn(struct far *far)
{
    enum link_state state = link_turn(far->link, far->now, &far->error);
    struct pollfd waits = {.fd = far->fd < 0 ? far->door : far->fd,
                           .events = far->fd < 0 || far->hears ? POLLIN : POLLRDHUP};
    poll(&waits, 1, 1);
    if (far->fd < 0)
        far->fd = accept4(far->door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return state;
}

static void until(struct far *far, enum link_state wanted)
{
    int turns = 0;
    while (turn(far) != wanted)
        cr_assert(++turns < TURNS_MAX, "state %d never comes: %s", wanted, far->error.text);
}

static void hear_request(struct far *far)
{
    for (int turns = 0; !strstr(far->read, "\r\n\r\n"); turns++) {
        cr_assert(turns < TURNS_MAX, "no request");
        turn(far);
        ssize_t got =
            far->fd < 0 ? 0 : read(far->fd, far->read + far->count, READ_MAX - 1 - far->count);
        far->count += got > 0 ? (size_t)got : 0;
    }
}

static void say(const struct far *far, const char *text)
{
    cr_assert_eq(send(far->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void begin(struct far *far, int room)
{
    open_far(far, room);
    cr_assert_eq(link_connect(far->link, far->now, &far->error), LT_DONE, "%s", far->error.text);
    far->hears = true;
    hear_request(far);
    far->hears = false;
}

static void begin_well(struct far *far, int room)
{
    begin(far, room);
    say(far, "HTTP/1.1 100 Continue\r\n\r\n");
    until(far, LINK_UP);
}

static void expect_told(struct far *far, const char *words)
{
    until(far, LINK_DOWN);
    cr_expect(strstr(far->error.text, words), "\"%s\" is not in \"%s\"", words, far->error.text);
}

Test(link, what_is_written_has_arrived_when_the_other_machine_has_it, .timeout = 30)
{
    static const uint8_t bytes[3000] = {0};
    struct far far;
    begin_well(&far, 0);
    cr_expect(strncmp(far.read, "PUT /thuong.mp3 HTTP/1.1\r\n", 26) == 0);
    cr_assert(link_write(far.link, bytes, sizeof bytes));
    cr_expect_eq(link_written(far.link), sizeof bytes);
    cr_expect_eq(link_arrived(far.link), 0);
    for (int turns = 0; link_arrived(far.link) < sizeof bytes; turns++) {
        cr_assert(turns < TURNS_MAX, "it never arrives");
        cr_assert_eq(turn(&far), LINK_UP);
    }
    cr_expect_eq(link_arrived(far.link), sizeof bytes);
    close_far(&far);
}

Test(link, what_the_server_does_not_take_has_not_arrived_and_ends_it, .timeout = 30)
{
    static const uint8_t bytes[60000] = {0};
    struct far far;
    begin_well(&far, 2048);
    cr_assert(link_write(far.link, bytes, sizeof bytes));
    for (int turns = 0; turns < 200; turns++)
        cr_assert_eq(turn(&far), LINK_UP);
    cr_expect_lt(link_arrived(far.link), sizeof bytes / 2, "its machine has no room for that");
    far.now += 9000;
    cr_assert_eq(turn(&far), LINK_UP);
    far.now += 2000;
    expect_told(&far, "has taken nothing for long");
    cr_expect_eq(link_written(far.link), sizeof bytes);
    close_far(&far);
}

Test(link, a_server_that_never_answers_is_given_up, .timeout = 30)
{
    struct far far;
    begin(&far, 0);
    cr_assert_eq(turn(&far), LINK_CONNECTS);
    far.now += 10000;
    expect_told(&far, "does not answer");
    close_far(&far);
}

Test(link, a_redirect_is_told_and_not_followed, .timeout = 30)
{
    struct far far;
    char answer[256];
    begin(&far, 0);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/khac.mp3\r\nContent-Length: "
             "0\r\n\r\n",
             far.server);
    say(&far, answer);
    expect_told(&far, "does not take /thuong.mp3: 307");
    cr_expect_lt(accept(far.door, NULL, NULL), 0, "the password goes nowhere else");
    close_far(&far);
}

Test(link, a_refusal_whose_page_does_not_end_is_told_all_the_same, .timeout = 30)
{
    struct far far;
    char page[4096];
    begin(&far, 0);
    say(&far, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<p>Mountpoint in use</p>");
    memset(page, ' ', sizeof page);
    for (int turns = 0; turn(&far) != LINK_DOWN; turns++) {
        cr_assert(turns < TURNS_MAX, "it reads for ever");
        (void)!send(far.fd, page, sizeof page, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    expect_told(&far, "403 Mountpoint in use");
    close_far(&far);
}

Test(link, a_refusal_that_stops_in_the_middle_is_told_after_a_while, .timeout = 30)
{
    struct far far;
    begin(&far, 0);
    say(&far, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nNo");
    for (int turns = 0; turns < 50; turns++)
        turn(&far);
    far.now += 10000;
    expect_told(&far, "refuses the password");
    close_far(&far);
}

Test(link, headers_without_an_end_are_not_read_for_ever, .timeout = 30)
{
    struct far far;
    begin_well(&far, 0);
    for (int turns = 0; turn(&far) != LINK_DOWN; turns++) {
        cr_assert(turns < TURNS_MAX, "it reads for ever");
        (void)!send(far.fd, "HTTP/1.1 100 Continue\r\nX-A: bbbbbbbbbbbb\r\n\r\n", 44,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    cr_expect(strstr(far.error.text, "says more than"), "%s", far.error.text);
    close_far(&far);
}

Test(link, one_that_closes_in_the_middle_was_cut_off_and_can_be_begun_anew, .timeout = 30)
{
    struct far far;
    begin_well(&far, 0);
    close(far.fd);
    far.fd = -1;
    for (int turns = 0; turn(&far) != LINK_DOWN; turns++)
        cr_assert(turns < TURNS_MAX && link_write(far.link, (const uint8_t *)"x", 1));
    cr_expect(strstr(far.error.text, "was cut off"), "%s", far.error.text);
    cr_assert_eq(link_connect(far.link, far.now, &far.error), LT_DONE);
    cr_expect_eq(link_written(far.link), 0);
    close_far(&far);
}

Test(link, one_that_is_not_reached_is_told_with_the_same_words_each_time, .timeout = 30)
{
    struct far far;
    char wanted[128];
    open_far(&far, 0);
    shutdown(far.door, SHUT_RDWR);
    snprintf(wanted, sizeof wanted, "%s/thuong.mp3 cannot be begun: Connection refused",
             far.server);
    cr_assert_eq(link_connect(far.link, far.now, &far.error), LT_DONE);
    for (int turns = 0; link_turn(far.link, far.now, &far.error) != LINK_DOWN; turns++)
        cr_assert(turns < 1000000, "it is reached");
    cr_expect(strstr(far.error.text, wanted), "%s", far.error.text);
    cr_expect_eq(strlen(strstr(far.error.text, "cannot")),
                 strlen("cannot be begun: Connection refused"));
    close_far(&far);
}

Test(link, a_name_server_that_does_not_answer_keeps_nobody_waiting, .timeout = 30)
{
    struct far far;
    open_far(&far, 0);
    silent_begin();
    far.place.server = "http://" SILENT_NAME ":8000";
    cr_assert_eq(link_connect(far.link, far.now, &far.error), LT_DONE);
    for (int turns = 0; silent_count() == 0; turns++) {
        cr_assert(turns < TURNS_MAX, "nothing is looked up");
        cr_assert_eq(turn(&far), LINK_CONNECTS);
    }
    link_cut(far.link);
    silent_end(); // only now the look-up may end
    close_far(&far);
}
