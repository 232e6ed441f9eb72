// The door for others' requests (webhook.h), what came before (replay.h) and signatures (signature.h).
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "host.h"

#include <lienthon/replay.h>
#include <lienthon/signature.h>
#include <lienthon/webhook.h>

enum { PATIENCE_MS = 20000, SAID_MAX = 65536 };

struct scene {
    struct lt_bridge_host host;
    struct lt_webhook_config config;
    lt_webhook *webhook;
    char listen[32], body[SAID_MAX], said[SAID_MAX];
    size_t taken, said_size;
    bool later, closed;
    lt_webhook_request *held;
    int fd;
};

static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    getsockname(fd, (struct sockaddr *)&at, &size);
    close(fd);
    return ntohs(at.sin_port);
}

static void take(void *user, lt_webhook_request *request)
{
    struct scene *scene = user;
    struct lt_slice body = lt_webhook_body(request);
    scene->taken++;
    if (lt_webhook_challenge(&request, lt_slice_of("mã của xã")))
        return;
    snprintf(scene->body, sizeof scene->body, "%.*s", (int)body.size, (const char *)body.data);
    if (scene->later)
        scene->held = request;
    else
        lt_webhook_answer(&request, 202, NULL, "nhận\n");
}

static void begin(struct scene *scene, const struct lt_webhook_config *more)
{
    static const char *const paths[] = {"/hook", NULL};
    static const char *const methods[] = {"POST", "GET", NULL};
    struct lt_error error = {0};
    *scene = (struct scene){.host.watches.epoll = -1, .fd = -1};
    snprintf(scene->listen, sizeof scene->listen, "127.0.0.1:%u", free_port());
    scene->config = more ? *more : (struct lt_webhook_config){0};
    scene->config.listen = scene->listen;
    scene->config.paths = paths;
    scene->config.methods = methods;
    cr_assert_eq(
        lt_webhook_open(&scene->host, &scene->config, take, scene, &scene->webhook, &error),
        LT_DONE, "%s", error.text);
}

static void end(struct scene *scene)
{
    if (scene->fd >= 0)
        close(scene->fd);
    lt_webhook_close(&scene->webhook);
    watches_close(&scene->host.watches);
}

static void call(struct scene *scene)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons((uint16_t)strtoul(strchr(scene->listen, ':') + 1, NULL, 10));
    if (scene->fd >= 0)
        close(scene->fd);
    scene->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(scene->fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(fcntl(scene->fd, F_SETFL, O_NONBLOCK), 0);
    scene->said_size = 0;
    scene->said[0] = '\0';
    scene->closed = false;
}

static void turn(struct scene *scene)
{
    struct watches *watches = &scene->host.watches;
    struct pollfd wait[2] = {{.fd = watches_descriptor(watches), .events = POLLIN},
                             {.fd = scene->closed ? -1 : scene->fd, .events = POLLIN}};
    uint64_t now = host_clock(), next = watches_next(watches, now + 100);
    poll(wait, 2, next > now ? (int)(next - now) : 0);
    watches_turn(watches);
    watches_tick(watches, host_clock());
    ssize_t got = recv(scene->fd, scene->said + scene->said_size,
                       sizeof scene->said - 1 - scene->said_size, 0);
    scene->closed = scene->closed || got == 0;
    scene->said_size += got > 0 ? (size_t)got : 0;
    scene->said[scene->said_size] = '\0';
}

#define UNTIL(scene, condition)                                                                    \
    for (uint64_t until_ = host_clock() + PATIENCE_MS; !(condition);) {                            \
        cr_assert(host_clock() < until_, "not yet: %s; said: %s", #condition, (scene)->said);      \
        turn(scene);                                                                               \
    }

static void say(struct scene *scene, const char *text)
{
    cr_assert_eq(send(scene->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void post(struct scene *scene, const char *path, const char *body)
{
    char text[1024];
    snprintf(text, sizeof text, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
             path, strlen(body), body);
    say(scene, text);
}

Test(host_webhook, gives_the_raw_body_and_takes_the_answer)
{
    struct scene scene;
    begin(&scene, NULL);
    call(&scene);
    post(&scene, "/hook", "{\"a\": \"\\u1ea5p\" }\n");
    UNTIL(&scene, strstr(scene.said, "nhận\n"));
    cr_expect(strstr(scene.said, "HTTP/1.1 202 "));
    cr_expect_str_eq(scene.body, "{\"a\": \"\\u1ea5p\" }\n");
    scene.said_size = 0;
    scene.said[0] = '\0';
    post(&scene, "/hook", "hai");
    UNTIL(&scene, strstr(scene.said, "nhận\n"));
    cr_expect(scene.taken == 2 && strcmp(scene.body, "hai") == 0, "on the same connection");
    end(&scene);
}

Test(host_webhook, refuses_what_is_not_for_it)
{
    const struct lt_webhook_config config = {.body_max = 8};
    struct scene scene;
    begin(&scene, &config);
    call(&scene);
    post(&scene, "/other", "a");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 404 "));
    call(&scene);
    say(&scene, "DELETE /hook HTTP/1.1\r\nHost: a\r\n\r\n");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 405 ") && strstr(scene.said, "\r\n\r\n"));
    cr_expect(strstr(scene.said, "Allow: POST, GET\r\n"), "%s", scene.said);
    call(&scene);
    post(&scene, "/hook", "123456789");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 413 "));
    call(&scene);
    say(&scene, "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 413 "));
    call(&scene);
    say(&scene, "POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                "9\r\n123456789\r\n0\r\n\r\n");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 413 "));
    cr_expect_eq(scene.taken, 0);
    call(&scene);
    post(&scene, "/hook", "12345678");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 202 "));
    end(&scene);
}

Test(host_webhook, tells_who_comes_too_often_when_to_come_again)
{
    const struct lt_webhook_config config = {.pace = {.count = 2, .period_ms = 60000, .burst = 2}};
    struct scene scene;
    begin(&scene, &config);
    for (int i = 0; i < 2; i++) {
        call(&scene);
        post(&scene, "/hook", "a");
        UNTIL(&scene, strstr(scene.said, "HTTP/1.1 202 "));
    }
    call(&scene);
    post(&scene, "/hook", "a");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 429 "));
    char *wish = strstr(scene.said, "Retry-After: ");
    cr_assert(wish);
    cr_expect(strtol(wish + 13, NULL, 10) >= 1 && strtol(wish + 13, NULL, 10) <= 30);
    cr_expect_eq(scene.taken, 2);
    end(&scene);
}

Test(host_webhook, who_sends_a_byte_now_and_then_is_cut)
{
    const struct lt_webhook_config config = {.read_ms = 400};
    struct scene scene;
    begin(&scene, &config);
    call(&scene);
    say(&scene, "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    uint64_t until = host_clock() + PATIENCE_MS;
    while (!scene.closed && host_clock() < until) {
        if (send(scene.fd, "x", 1, MSG_NOSIGNAL) < 0)
            break;
        turn(&scene);
    }
    UNTIL(&scene, scene.closed);
    cr_expect_eq(scene.taken, 0);
    end(&scene);
}

Test(host_webhook, who_fills_the_door_and_does_nothing_does_not_shut_it_for_good)
{
    const struct lt_webhook_config config = {.read_ms = 300, .connections = 1};
    struct scene scene;
    begin(&scene, &config);
    for (int i = 0; i < 2; i++) {
        call(&scene);
        UNTIL(&scene, scene.closed);
    }
    call(&scene);
    post(&scene, "/hook", "a");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 202 "));
    end(&scene);
}

Test(host_webhook, an_answer_may_come_later_or_the_door_gives_one)
{
    const struct lt_webhook_config config = {.answer_ms = 300};
    struct scene scene;
    begin(&scene, &config);
    scene.later = true;
    call(&scene);
    post(&scene, "/hook", "a");
    UNTIL(&scene, scene.held);
    lt_webhook_answer(&scene.held, 200, "application/json", "{}");
    UNTIL(&scene, strstr(scene.said, "{}"));
    cr_expect(strstr(scene.said, "Content-Type: application/json\r\n"));
    scene.said_size = 0;
    scene.said[0] = '\0';
    post(&scene, "/hook", "b");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 503 "));
    cr_expect(strstr(scene.said, "Retry-After: 1\r\n"));
    cr_assert(scene.held);
    cr_expect(lt_slice_is(lt_webhook_body(scene.held), "b"));
    lt_webhook_answer(&scene.held, 200, NULL, NULL); // too late, and harmless
    end(&scene);
}

Test(host_webhook, who_has_gone_is_no_harm_and_the_end_frees_what_is_held)
{
    struct scene scene;
    begin(&scene, NULL);
    scene.later = true;
    call(&scene);
    post(&scene, "/hook", "a");
    UNTIL(&scene, scene.held);
    lt_webhook_request *first = scene.held;
    scene.held = NULL;
    call(&scene); // the first connection is closed
    post(&scene, "/hook", "b");
    UNTIL(&scene, scene.held);
    lt_webhook_answer(&first, 200, NULL, "too late");
    turn(&scene);
    end(&scene); // the second is still held
}

Test(host_webhook, the_question_whose_door_it_is_is_answered_with_the_token_alone)
{
    struct scene scene;
    begin(&scene, NULL);
    call(&scene);
    say(&scene, "GET /hook?hub.mode=subscribe&hub.verify_token=m%C3%A3%20c%E1%BB%A7a%20x%C3%A3&"
                "hub.challenge=1158201444 HTTP/1.1\r\nHost: a\r\n\r\n");
    UNTIL(&scene, strstr(scene.said, "\r\n\r\n1158201444"));
    call(&scene);
    say(&scene, "GET /hook?hub.mode=subscribe&hub.verify_token=m&hub.challenge=1 HTTP/1.1\r\nHost: "
                "a\r\n\r\n");
    UNTIL(&scene, strstr(scene.said, "HTTP/1.1 403 "));
    end(&scene);
}

Test(host_webhook, an_address_has_one_door)
{
    struct scene scene;
    struct lt_error error = {0};
    lt_webhook *second = NULL;
    begin(&scene, NULL);
    cr_expect_eq(lt_webhook_open(&scene.host, &scene.config, take, &scene, &second, &error), LT_IO);
    cr_expect(strstr(error.text, "Address already in use"), "%s", error.text);
    cr_expect_null(second);
    lt_webhook_close(&second);
    end(&scene);
}

Test(host_webhook, an_address_is_numbers_and_a_port)
{
    static const char *const wrong[] = {"",
                                        "8081",
                                        "localhost:8081",
                                        "127.0.0.1:",
                                        "[::1:8081",
                                        "127.0.0.1:http",
                                        "127.0.0.1:0",
                                        "127.0.0.1:80810",
                                        "127.0.0.1:+81",
                                        "127.0.0.1:81 ",
                                        NULL};
    static const char *const paths[] = {"/", NULL};
    struct lt_bridge_host host = {.watches.epoll = -1};
    struct lt_error error = {0};
    lt_webhook *webhook = NULL;
    for (size_t i = 0; wrong[i]; i++) {
        struct lt_webhook_config config = {.listen = wrong[i], .paths = paths};
        cr_expect_eq(lt_webhook_open(&host, &config, take, NULL, &webhook, &error), LT_BAD_USE,
                     "%s", wrong[i]);
        cr_expect_null(webhook);
        cr_expect_not(lt_webhook_is_address(wrong[i]), "%s", wrong[i]);
    }
    cr_expect(lt_webhook_is_address("127.0.0.1:8081") && lt_webhook_is_address("[::1]:65535"));
    watches_close(&host.watches);
}

// --- signatures ---

Test(host_signature, is_what_others_reckon)
{
    static const char key[] = "zalo_app_secret_demo", text[] = "zalo_access_token_demo";
    static const char hex[] = "b9cfb9e170f4b7304c583538f85c9678df4ed1e089ecebb0c2558a28e44059c2";
    const struct lt_slice parts[] = {{(const uint8_t *)text, 5}, lt_slice_of(text + 5)};
    uint8_t digest[LT_DIGEST_SIZE];
    char said[100];
    lt_hmac_sha256(lt_slice_of(key), parts, 2, digest);
    cr_expect(lt_signature_is(lt_slice_of(hex), NULL, digest));
    cr_expect(lt_signature_is(lt_slice_of(hex), "sha256=", digest));
    snprintf(said, sizeof said, " mac = %s ", hex);
    cr_expect(lt_signature_is(lt_slice_of(said), "mac=", digest));
    snprintf(said, sizeof said, "sha256=%s", hex);
    cr_expect(lt_signature_is(lt_slice_of(said), "sha256=", digest));
    said[7] = 'B';
    cr_expect(lt_signature_is(lt_slice_of(said), "sha256=", digest), "either case");
    said[7] = 'c';
    cr_expect_not(lt_signature_is(lt_slice_of(said), "sha256=", digest));
    cr_expect_not(lt_signature_is(lt_slice_of(""), "sha256=", digest));
    cr_expect_not(lt_signature_is(lt_slice_of("sha256="), "sha256=", digest));
    cr_expect_not(lt_secret_equal(lt_slice_of(""), lt_slice_of("")));
    cr_expect(lt_secret_equal(lt_slice_of("ấp"), lt_slice_of("ấp")));
}

// The vector of a chat service's callback: SHA-256(id, raw body, stamp, secret).
Test(host_signature, of_a_chat_service_is_over_the_raw_body)
{
    static const char body[] =
        "{\"app_id\":\"1234567890123456789\",\"sender\":{\"id\":\"7001000000000000001\"},"
        "\"user_id_by_app\":\"7002000000000000001\",\"recipient\":{\"id\":\"7100000000000000009\"},"
        "\"event_name\":\"user_send_text\",\"message\":{\"text\":\"Thôn 3 mất điện từ 14h\","
        "\"msg_id\":\"7200aa00bb00cc00dd01\"},\"timestamp\":\"1767225600000\"}";
    const struct lt_slice parts[] = {lt_slice_of("1234567890123456789"), lt_slice_of(body),
                                     lt_slice_of("1767225600000"), lt_slice_of("oa_SECRET_key_01")};
    uint8_t digest[LT_DIGEST_SIZE];
    lt_sha256(parts, 4, digest);
    cr_expect(lt_signature_is(
        lt_slice_of("mac=0bfaba0c85a6ea7a223518a5a9cf45839ad48c020bb135d3282d68fff2a854c0"),
        "mac=", digest));
}

// --- what came before ---

struct memory {
    char folder[64], path[80];
    struct lt_replay_config config;
    lt_replay *replay;
};

static void remember(struct memory *memory, size_t ids)
{
    *memory = (struct memory){.folder = "/tmp/lt-replay-XXXXXX"};
    cr_assert(mkdtemp(memory->folder));
    snprintf(memory->path, sizeof memory->path, "%s/seen", memory->folder);
    memory->config = (struct lt_replay_config){
        .path = memory->path, .window_ms = 1000, .ahead_ms = 100, .ids = ids};
    cr_assert_eq(lt_replay_open(&memory->config, &memory->replay, NULL), LT_DONE);
}

static void again(struct memory *memory)
{
    struct lt_error error = {0};
    lt_replay_close(&memory->replay);
    cr_assert_eq(lt_replay_open(&memory->config, &memory->replay, &error), LT_DONE, "%s",
                 error.text);
}

static void forget(struct memory *memory)
{
    lt_replay_close(&memory->replay);
    unlink(memory->path);
    rmdir(memory->folder);
}

Test(host_replay, remembers_through_a_restart_and_forgets_in_time)
{
    struct memory memory;
    struct stat about;
    remember(&memory, 0);
    cr_expect(stat(memory.path, &about) == 0 && (about.st_mode & 077) == 0);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m1"), 5000, 5000, NULL), LT_DONE);
    cr_expect_eq(lt_replay_keep(memory.replay, lt_slice_of("m1"), 5000, NULL), LT_DONE);
    again(&memory);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m1"), 5100, 5900, NULL),
                 LT_DONE_BEFORE);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m2"), 5100, 5900, NULL), LT_DONE);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m1"), 0, 6101, NULL), LT_DONE);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m1"), 5100, 6101, NULL), LT_STALE);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m3"), 6300, 6101, NULL), LT_STALE);
    forget(&memory);
}

Test(host_replay, survives_a_record_that_was_cut_off)
{
    struct memory memory;
    struct stat about;
    remember(&memory, 0);
    for (int i = 0; i < 3; i++) {
        char id[16];
        snprintf(id, sizeof id, "m%d", i);
        cr_expect_eq(lt_replay_keep(memory.replay, lt_slice_of(id), 5000, NULL), LT_DONE);
    }
    cr_assert_eq(stat(memory.path, &about), 0);
    cr_assert_eq(truncate(memory.path, about.st_size - 5), 0);
    again(&memory);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m2"), 0, 5001, NULL), LT_DONE);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m1"), 0, 5001, NULL), LT_DONE_BEFORE);
    cr_expect_eq(lt_replay_keep(memory.replay, lt_slice_of("m2"), 5001, NULL), LT_DONE);
    again(&memory);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m2"), 0, 5001, NULL), LT_DONE_BEFORE);
    cr_assert_eq(truncate(memory.path, 3), 0);
    lt_replay_close(&memory.replay);
    cr_expect_eq(lt_replay_open(&memory.config, &memory.replay, NULL), LT_BAD_FILE);
    unlink(memory.path);
    rmdir(memory.folder);
}

Test(host_replay, keeps_so_many_and_no_more_and_its_file_does_not_grow_for_ever)
{
    struct memory memory;
    struct stat about;
    remember(&memory, 10);
    for (unsigned i = 0; i < 700; i++) {
        char id[16];
        snprintf(id, sizeof id, "m%u", i);
        uint64_t now = 5000 + (uint64_t)(i / 10) * 2000;
        cr_assert_eq(lt_replay_check(memory.replay, lt_slice_of(id), 0, now, NULL), LT_DONE, "%u",
                     i);
        cr_assert_eq(lt_replay_keep(memory.replay, lt_slice_of(id), now, NULL), LT_DONE, "%u", i);
        if (i % 10 == 9) {
            cr_assert_eq(lt_replay_check(memory.replay, lt_slice_of("x"), 0, now, NULL), LT_BUSY);
            cr_assert_eq(lt_replay_keep(memory.replay, lt_slice_of("x"), now, NULL), LT_BUSY);
        }
    }
    cr_assert_eq(stat(memory.path, &about), 0);
    cr_expect_lt(about.st_size, 16 + 24 * 400);
    again(&memory);
    cr_expect_eq(lt_replay_check(memory.replay, lt_slice_of("m699"), 0, 5000 + 69 * 2000, NULL),
                 LT_DONE_BEFORE);
    forget(&memory);
}
