// Requests to a far side (http.h), against a peer in the same loop that does what it is told: answers, hangs, cuts off.
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "silent_name.h"

#include <lienthon/http.h>

enum { PEERS = 16, REQUEST_MAX = 65536, PATIENCE_MS = 20000 };

struct connection {
    struct peer *peer;
    int fd;
    char text[REQUEST_MAX];
    size_t size;
};

// answers: one a request, in order, the last again and again. NULL: hangs; "": closes without a word.
struct peer {
    struct lt_bridge_host *host;
    int listens;
    unsigned port;
    const char *const *answers;
    size_t answer, requests, connected;
    char last[REQUEST_MAX];
    struct connection *connections[PEERS];
};

struct outcome {
    bool done;
    enum lt_http_state state;
    int status;
    bool cut, repeatable, may_have_arrived;
    int64_t again_ms;
    unsigned tries;
    char body[256], why[300], header[64];
};

static void hang_up(struct connection *connection)
{
    lt_watch_end(connection->peer->host, connection->fd);
    close(connection->fd);
    for (size_t i = 0; i < PEERS; i++)
        if (connection->peer->connections[i] == connection)
            connection->peer->connections[i] = NULL;
    free(connection);
}

static size_t length_of(const struct connection *connection, const char *end)
{
    const char *found = strcasestr(connection->text, "content-length:");
    return found && found < end ? strtoul(found + 15, NULL, 10) : 0;
}

static void read_request(void *user, int fd, unsigned ready)
{
    struct connection *connection = user;
    struct peer *peer = connection->peer;
    (void)ready;
    ssize_t got = read(fd, connection->text + connection->size,
                       sizeof connection->text - 1 - connection->size);
    if (got <= 0) {
        hang_up(connection);
        return;
    }
    connection->size += (size_t)got;
    connection->text[connection->size] = '\0';
    char *end = strstr(connection->text, "\r\n\r\n");
    if (!end ||
        connection->size < (size_t)(end + 4 - connection->text) + length_of(connection, end))
        return;
    memcpy(peer->last, connection->text, connection->size + 1);
    peer->requests++;
    connection->size = 0;
    const char *answer = peer->answers[peer->answer];
    if (answer && peer->answers[peer->answer + 1])
        peer->answer++;
    if (!answer)
        return;
    if (!*answer) {
        hang_up(connection);
        return;
    }
    cr_assert_eq(write(fd, answer, strlen(answer)), (ssize_t)strlen(answer));
    if (strstr(answer, "Connection: close"))
        hang_up(connection);
}

static void take_connection(void *user, int fd, unsigned ready)
{
    struct peer *peer = user;
    struct connection *made = calloc(1, sizeof *made);
    (void)ready;
    cr_assert(made);
    made->peer = peer;
    made->fd = accept(fd, NULL, NULL);
    peer->connections[peer->connected++ % PEERS] = made;
    cr_assert_eq(lt_watch(peer->host, made->fd, LT_WATCH_READ, read_request, made), LT_DONE);
}

static void peer_open(struct peer *peer, struct lt_bridge_host *host, const char *const *answers)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    *peer = (struct peer){.host = host, .answers = answers};
    peer->listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(peer->listens, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(peer->listens, 16), 0);
    getsockname(peer->listens, (struct sockaddr *)&at, &size);
    peer->port = ntohs(at.sin_port);
    cr_assert_eq(lt_watch(host, peer->listens, LT_WATCH_READ, take_connection, peer), LT_DONE);
}

static void peer_close(struct peer *peer)
{
    for (size_t i = 0; i < PEERS; i++)
        if (peer->connections[i])
            hang_up(peer->connections[i]);
    lt_watch_end(peer->host, peer->listens);
    close(peer->listens);
}

static void note(void *user, const struct lt_http_answer *answer)
{
    struct outcome *outcome = user;
    struct lt_slice header = lt_http_header(answer, "x-thing");
    *outcome = (struct outcome){.done = true,
                                .state = answer->state,
                                .status = answer->status,
                                .cut = answer->cut,
                                .repeatable = answer->repeatable,
                                .may_have_arrived = answer->may_have_arrived,
                                .again_ms = answer->again_ms,
                                .tries = answer->tries};
    snprintf(outcome->body, sizeof outcome->body, "%.*s", (int)answer->body.size,
             answer->body.data ? (const char *)answer->body.data : "");
    snprintf(outcome->why, sizeof outcome->why, "%s", answer->why);
    snprintf(outcome->header, sizeof outcome->header, "%.*s", (int)header.size,
             header.data ? (const char *)header.data : "");
}

static void turn(struct lt_bridge_host *host)
{
    struct pollfd wait = {.fd = watches_descriptor(&host->watches), .events = POLLIN};
    uint64_t now = host_clock(), next = watches_next(&host->watches, now + 1000);
    poll(&wait, 1, next > now ? (int)(next - now) : 0);
    watches_turn(&host->watches);
    watches_tick(&host->watches, host_clock());
}

static void wait_for(struct lt_bridge_host *host, const struct outcome *outcome)
{
    uint64_t until = host_clock() + PATIENCE_MS;
    while (!outcome->done && host_clock() < until)
        turn(host);
    cr_assert(outcome->done, "no answer came");
}

static struct lt_http_request post(char url[80], const struct peer *peer)
{
    static const struct lt_slice parts[] = {{(const uint8_t *)"Mời ", 6},
                                            {(const uint8_t *)"họp", 5}};
    snprintf(url, 80, "http://127.0.0.1:%u/bot-token/send", peer->port);
    return (struct lt_http_request){.method = "POST", .url = url, .parts = parts, .part_count = 2};
}

struct scene {
    struct lt_bridge_host host;
    struct peer peer;
    lt_http *http;
    char url[80];
    struct lt_http_request request;
    struct outcome outcome;
};

static void begin(struct scene *scene, const char *const *answers,
                  const struct lt_http_config *more)
{
    struct lt_http_config config = more ? *more : (struct lt_http_config){0};
    struct lt_error error = {0};
    *scene = (struct scene){.host.watches.epoll = -1};
    if (!config.first_ms)
        config.first_ms = config.most_ms = 5;
    peer_open(&scene->peer, &scene->host, answers);
    cr_assert_eq(lt_http_new(&scene->host, &config, &scene->http, &error), LT_DONE, "%s",
                 error.text);
    scene->request = post(scene->url, &scene->peer);
}

static void ask(struct scene *scene)
{
    struct lt_error error = {0};
    scene->outcome.done = false;
    cr_assert_eq(lt_http_send(scene->http, &scene->request, note, &scene->outcome, NULL, &error),
                 LT_DONE, "%s", error.text);
    wait_for(&scene->host, &scene->outcome);
}

static void end(struct scene *scene)
{
    lt_http_destroy(&scene->http);
    peer_close(&scene->peer);
    watches_close(&scene->host.watches);
}

#define OK    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Thing:  a b \r\n\r\nok"
#define BUSY  "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
#define OFTEN "HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"

Test(host_http, sends_the_body_in_parts_and_gives_the_answer_back)
{
    static const char *const answers[] = {OK, OK, NULL};
    const struct lt_http_header header = {"X-Token", lt_slice_of("bí mật")};
    struct scene scene;
    begin(&scene, answers, NULL);
    scene.request.headers = &header;
    scene.request.header_count = 1;
    scene.request.idempotency_key = "khoa-1";
    ask(&scene);
    cr_expect(scene.outcome.state == LT_HTTP_ANSWERED && scene.outcome.status == 200);
    cr_expect_str_eq(scene.outcome.body, "ok");
    cr_expect_str_eq(scene.outcome.header, "a b");
    cr_expect(scene.outcome.tries == 1 && scene.outcome.again_ms == -1);
    cr_expect(strstr(scene.peer.last, "POST /bot-token/send HTTP/1.1\r\n"));
    cr_expect(strstr(scene.peer.last, "X-Token: bí mật\r\n"));
    cr_expect(strstr(scene.peer.last, "Idempotency-Key: khoa-1\r\n"));
    cr_expect(strstr(scene.peer.last, "\r\n\r\nMời họp"));
    cr_expect(!strcasestr(scene.peer.last, "Expect:") &&
              !strcasestr(scene.peer.last, "Content-Type:"));
    ask(&scene);
    cr_expect_eq(scene.peer.connected, 1, "the connection is used again");
    end(&scene);
}

Test(host_http, what_did_not_reach_anybody_is_told_from_what_may_have)
{
    static const char *const cut_off[] = {"", "", NULL};
    const struct lt_http_config config = {.breaker.failures = 100};
    struct scene scene;
    begin(&scene, cut_off, &config);
    ask(&scene);
    cr_expect_eq(scene.outcome.state, LT_HTTP_UNKNOWN);
    cr_expect(scene.outcome.tries == 1 && !scene.outcome.repeatable);
    cr_expect_eq(scene.peer.requests, 1, "a message is not said twice by guessing");
    cr_expect(!strstr(scene.outcome.why, "bot-token"), "%s", scene.outcome.why);
    scene.request.idempotency_key = "khoa";
    ask(&scene);
    cr_expect(scene.outcome.state == LT_HTTP_UNKNOWN && scene.outcome.tries == 3);
    peer_close(&scene.peer);
    ask(&scene);
    cr_expect(scene.outcome.state == LT_HTTP_NOT_SENT, "%s", scene.outcome.why);
    cr_expect(strstr(scene.outcome.why, "was not reached"));
    scene.peer.listens = -1;
    lt_http_destroy(&scene.http);
    watches_close(&scene.host.watches);
}

Test(host_http, on_a_used_connection_that_dies_nothing_is_repeated_in_silence)
{
    static const char *const answers[] = {OK, "", OK, NULL};
    struct scene scene;
    begin(&scene, answers, NULL);
    ask(&scene);
    ask(&scene);
    cr_expect_eq(scene.outcome.state, LT_HTTP_UNKNOWN);
    cr_expect_eq(scene.peer.requests, 2);
    end(&scene);
}

Test(host_http, one_that_hangs_is_unknown_when_its_time_is_over)
{
    static const char *const hangs[] = {NULL, NULL};
    struct scene scene;
    begin(&scene, hangs, NULL);
    scene.request.deadline_ms = 200;
    ask(&scene);
    cr_expect_eq(scene.outcome.state, LT_HTTP_UNKNOWN);
    end(&scene);
}

Test(host_http, a_half_answer_is_none)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{\"er", NULL};
    struct scene scene;
    begin(&scene, answers, NULL);
    ask(&scene);
    cr_expect(scene.outcome.state == LT_HTTP_UNKNOWN && scene.outcome.status == 200);
    end(&scene);
}

Test(host_http, what_is_busy_is_tried_again_only_where_it_may_be)
{
    static const char *const answers[] = {BUSY, BUSY, OK, OK, NULL};
    static const char *const slow[] = {"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", OK, NULL};
    struct scene scene;
    begin(&scene, answers, NULL);
    ask(&scene);
    cr_expect(scene.outcome.status == 503 && scene.outcome.tries == 1);
    scene.request.idempotency_key = "khoa";
    ask(&scene);
    cr_expect(scene.outcome.status == 200 && scene.outcome.tries == 2);
    end(&scene);
    begin(&scene, slow, NULL);
    ask(&scene);
    cr_expect(scene.outcome.status == 200 && scene.outcome.tries == 2,
              "what is refused was not begun");
    end(&scene);
}

Test(host_http, a_refusal_says_nothing_of_the_try_before_it)
{
    static const char *const first[] = {"", "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", BUSY};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        const char *const answers[] = {first[i], OFTEN, NULL};
        struct scene scene;
        begin(&scene, answers, NULL);
        scene.request.idempotency_key = "khoa";
        ask(&scene);
        cr_expect(scene.outcome.status == 429 && scene.outcome.tries == 2, "%zu", i);
        cr_expect_eq(scene.outcome.may_have_arrived, i < 2, "%zu", i);
        end(&scene);
    }
}

Test(host_http, the_far_sides_wish_is_kept_by_all_that_follow)
{
    static const char *const answers[] = {OFTEN, OFTEN, NULL};
    struct scene scene;
    begin(&scene, answers, NULL);
    ask(&scene);
    cr_expect(scene.outcome.status == 429 && scene.outcome.again_ms == 3600000);
    ask(&scene);
    cr_expect_eq(scene.outcome.state, LT_HTTP_NOT_SENT);
    cr_expect(scene.outcome.again_ms > 3500000 && scene.outcome.tries == 0);
    cr_expect_eq(scene.peer.requests, 1);
    end(&scene);
}

Test(host_http, a_wish_may_be_a_date_by_the_far_sides_own_clock)
{
    static const char *const answers[] = {
        "HTTP/1.1 503 Busy\r\nDate: Tue, 06 Jan 2015 08:00:00 GMT\r\n"
        "Retry-After: Tue, 06 Jan 2015 08:02:00 GMT\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 400 Bad\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", NULL};
    struct scene scene;
    begin(&scene, answers, NULL);
    ask(&scene);
    cr_expect_eq(scene.outcome.again_ms, 120000);
    end(&scene);
    begin(&scene, answers + 1, NULL);
    ask(&scene);
    cr_expect_eq(scene.outcome.again_ms, -1);
    end(&scene);
}

Test(host_http, a_wish_beyond_all_measure_is_a_day_and_not_none)
{
    static const struct {
        const char *answer;
        int64_t ms;
    } rows[] = {
        {"HTTP/1.1 429 Slow\r\nRetry-After: 315360000\r\nContent-Length: 0\r\n\r\n", 86400000},
        {"HTTP/1.1 429 Slow\r\nRetry-After: 31536000000\r\nContent-Length: 0\r\n\r\n", 86400000},
        {"HTTP/1.1 429 Slow\r\nRetry-After: 99999999999999999999999\r\n"
         "Content-Length: 0\r\n\r\n",
         86400000},
        {"HTTP/1.1 429 Slow\r\nRetry-After: 00000000000060\r\nContent-Length: 0\r\n\r\n", 60000},
        {"HTTP/1.1 400 Bad\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n", -1},
        {"HTTP/1.1 400 Bad\r\nRetry-After: 60s\r\nContent-Length: 0\r\n\r\n", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const answers[] = {rows[i].answer, NULL};
        struct scene scene;
        begin(&scene, answers, NULL);
        ask(&scene);
        cr_expect_eq(scene.outcome.again_ms, rows[i].ms, "%zu: %lld", i,
                     (long long)scene.outcome.again_ms);
        end(&scene);
    }
}

Test(host_http, after_failures_in_a_row_nothing_more_is_sent_until_one_works)
{
    static const char *const answers[] = {"", "", OK, OK, NULL};
    const struct lt_http_config config = {
        .breaker = {.failures = 2, .rest_ms = 300, .most_ms = 1000, .try_ms = 1000}};
    struct scene scene;
    begin(&scene, answers, &config);
    ask(&scene);
    ask(&scene);
    cr_expect_eq(lt_http_breaker(scene.http, scene.url)->state, LT_BREAKER_OPEN);
    scene.request.deadline_ms = 100;
    ask(&scene);
    cr_expect(scene.outcome.state == LT_HTTP_NOT_SENT && scene.peer.requests == 2);
    cr_expect(scene.outcome.again_ms > 0 && strstr(scene.outcome.why, "failed too often"));
    scene.request.deadline_ms = 0;
    ask(&scene);
    cr_expect_eq(scene.outcome.status, 200, "it has waited for the breaker");
    cr_expect_eq(lt_http_breaker(scene.http, scene.url)->state, LT_BREAKER_CLOSED);
    cr_expect_null(lt_http_breaker(scene.http, "https://nobody.example/"));
    end(&scene);
}

Test(host_http, a_redirect_never_leads_elsewhere)
{
    static const char *const elsewhere[] = {
        "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.2:9/x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.2:9/x\r\nContent-Length: 0\r\n\r\n", NULL};
    static const char *const here[] = {
        "HTTP/1.1 302 Go\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", OK, OK, NULL};
    struct scene scene;
    begin(&scene, elsewhere, NULL);
    scene.request.method = "GET";
    scene.request.part_count = 0;
    ask(&scene);
    cr_expect(scene.outcome.status == 302 && strstr(scene.outcome.why, "another origin"));
    end(&scene);
    begin(&scene, here, NULL);
    ask(&scene);
    cr_expect(scene.outcome.status == 302 && strstr(scene.outcome.why, "not followed"), "a POST");
    scene.peer.answer = 0;
    scene.request.method = "GET";
    scene.request.part_count = 0;
    ask(&scene);
    cr_expect(scene.outcome.status == 200 && strstr(scene.peer.last, "GET /there "));
    cr_expect_eq(scene.outcome.tries, 1);
    end(&scene);
}

Test(host_http, an_answer_is_as_large_as_was_agreed)
{
    static const char *const answers[] = {OK, OK, NULL};
    struct scene scene;
    begin(&scene, answers, NULL);
    scene.request.answer_max = 1;
    ask(&scene);
    cr_expect(scene.outcome.state == LT_HTTP_ANSWERED && scene.outcome.cut);
    cr_expect_str_eq(scene.outcome.body, "o");
    end(&scene);
}

Test(host_http, what_is_cancelled_is_not_heard_of_and_what_is_wrong_is_refused)
{
    static const char *const hangs[] = {NULL, NULL};
    static const struct {
        const char *method, *url, *name, *value;
    } wrong[] = {
        {"POST", "ftp://127.0.0.1/", "A", "b"},
        {"POST", "http://a:b@127.0.0.1/", "A", "b"},
        {"POST", "http://", "A", "b"},
        {"PO ST", "http://127.0.0.1/", "A", "b"},
        {"POST", "http://127.0.0.1/", "A", "b\r\nC: d"},
        {"POST", "http://127.0.0.1/", "A:", "b"},
    };
    struct scene scene;
    lt_http_call *call = NULL;
    begin(&scene, hangs, NULL);
    cr_assert_eq(lt_http_send(scene.http, &scene.request, note, &scene.outcome, &call, NULL),
                 LT_DONE);
    uint64_t until = host_clock() + PATIENCE_MS;
    while (!scene.peer.requests && host_clock() < until)
        turn(&scene.host);
    lt_http_cancel(&call);
    cr_expect_null(call);
    turn(&scene.host);
    cr_expect_not(scene.outcome.done);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct lt_http_header header = {wrong[i].name, lt_slice_of(wrong[i].value)};
        const struct lt_http_request request = {
            .method = wrong[i].method, .url = wrong[i].url, .headers = &header, .header_count = 1};
        cr_expect_eq(lt_http_send(scene.http, &request, note, NULL, NULL, NULL), LT_BAD_USE, "%zu",
                     i);
    }
    cr_assert_eq(lt_http_send(scene.http, &scene.request, note, &scene.outcome, &call, NULL),
                 LT_DONE);
    end(&scene); // with one under way
}

Test(host_http, a_name_server_that_does_not_answer_keeps_nobody_waiting, .timeout = 30)
{
    static const char *const answers[] = {OK, NULL};
    struct scene scene;
    begin(&scene, answers, NULL);
    silent_begin();
    scene.request.url = "http://" SILENT_NAME ":8000/";
    scene.request.tries = 1;
    scene.request.deadline_ms = 300;
    ask(&scene);
    cr_expect_eq(scene.outcome.state, LT_HTTP_NOT_SENT, "%s", scene.outcome.why);
    cr_expect_eq(silent_count(), 1);
    end(&scene);
    silent_end(); // only now the look-up may end
}
