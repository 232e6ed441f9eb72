// The host's watching beyond one timer and reading (watch.h): the loop's own steps, with real descriptors.
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

struct seen {
    struct lt_bridge_host *host;
    int fd, count;
    unsigned ready;
    lt_timer *other;
};

static void note(void *user, int fd, unsigned ready)
{
    struct seen *seen = user;
    seen->fd = fd;
    seen->ready = ready;
    seen->count++;
}

static void end_the_other(void *user, int fd, unsigned ready)
{
    struct seen *seen = user;
    (void)ready;
    seen->count++;
    lt_watch_end(seen->host, fd == seen->fd ? fd + 1 : seen->fd);
}

static void count_due(void *user)
{
    struct seen *seen = user;
    seen->count++;
    lt_timer_destroy(&seen->other);
}

static void pair(int sockets[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
}

Test(host_watch, tells_reading_and_writing_apart_and_the_last_wish_counts)
{
    struct lt_bridge_host host = {.watches.epoll = -1};
    struct seen seen = {.host = &host};
    int sockets[2];
    pair(sockets);
    watches_turn(&host.watches);
    cr_expect_eq(lt_watch(&host, sockets[0], LT_WATCH_READ, note, &seen), LT_DONE);
    watches_turn(&host.watches);
    cr_expect_eq(seen.count, 0, "there is nothing to read");
    cr_assert_eq(write(sockets[1], "x", 1), 1);
    watches_turn(&host.watches);
    cr_expect(seen.count == 1 && seen.fd == sockets[0] && seen.ready == LT_WATCH_READ);
    cr_expect_eq(lt_watch(&host, sockets[0], LT_WATCH_WRITE, note, &seen), LT_DONE);
    watches_turn(&host.watches);
    cr_expect(seen.count == 2 && seen.ready == LT_WATCH_WRITE);
    close(sockets[1]);
    watches_turn(&host.watches);
    cr_expect_eq(seen.ready, LT_WATCH_READ | LT_WATCH_WRITE, "a peer that has gone");
    lt_watch_end(&host, sockets[0]);
    lt_watch_end(&host, sockets[0]);
    watches_turn(&host.watches);
    cr_expect_eq(seen.count, 3);
    close(sockets[0]);
    watches_close(&host.watches);
}

Test(host_watch, one_that_was_ended_by_another_is_not_called)
{
    struct lt_bridge_host host = {.watches.epoll = -1};
    struct seen seen = {.host = &host};
    int sockets[2];
    pair(sockets);
    seen.fd = sockets[0] < sockets[1] ? sockets[0] : sockets[1];
    cr_assert_eq(lt_watch(&host, sockets[0], LT_WATCH_WRITE, end_the_other, &seen), LT_DONE);
    cr_assert_eq(lt_watch(&host, sockets[1], LT_WATCH_WRITE, end_the_other, &seen), LT_DONE);
    watches_turn(&host.watches);
    cr_expect_eq(seen.count, 1);
    close(sockets[0]);
    close(sockets[1]);
    watches_close(&host.watches);
}

Test(host_watch, a_number_that_was_opened_anew_is_watched_again)
{
    struct lt_bridge_host host = {.watches.epoll = -1};
    struct seen seen = {.host = &host};
    int first[2], second[2];
    pair(first);
    cr_assert_eq(lt_watch(&host, first[0], LT_WATCH_WRITE, note, &seen), LT_DONE);
    close(first[0]); // without lt_watch_end, as a careless library does
    pair(second);
    cr_assert(second[0] == first[0]);
    cr_expect_eq(lt_watch(&host, second[0], LT_WATCH_WRITE, note, &seen), LT_DONE);
    watches_turn(&host.watches);
    cr_expect_eq(seen.count, 1);
    cr_expect_eq(lt_watch(&host, 9999, LT_WATCH_READ, note, &seen), LT_IO, "no descriptor");
    close(first[1]);
    close(second[0]);
    close(second[1]);
    watches_close(&host.watches);
}

Test(host_watch, timers_are_due_once_and_may_end_each_other)
{
    struct lt_bridge_host host = {.watches.epoll = -1};
    struct seen seen = {.host = &host};
    lt_timer *timer = lt_timer_new(&host, count_due, &seen);
    seen.other = lt_timer_new(&host, count_due, &seen);
    uint64_t now = host_clock();
    cr_assert(timer && seen.other);
    cr_expect_eq(watches_next(&host.watches, now + 1000), now + 1000, "none is set");
    lt_timer_set(timer, 100);
    lt_timer_set(seen.other, 50);
    uint64_t next = watches_next(&host.watches, now + 1000);
    cr_expect(next >= now + 50 && next < now + 100);
    watches_tick(&host.watches, now + 10);
    cr_expect_eq(seen.count, 0);
    lt_timer_set(seen.other, -1);
    watches_tick(&host.watches, now + 500);
    watches_tick(&host.watches, now + 600);
    cr_expect_eq(seen.count, 1);
    cr_expect_null(seen.other);
    lt_timer_destroy(&timer);
    watches_close(&host.watches);
}
