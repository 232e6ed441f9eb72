#include "icecast_link.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "icecast_parts.h"

struct link *link_new(const struct mount_place *place)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    struct link *link = calloc(1, sizeof *link);
    if (link)
        link->multi = curl_multi_init();
    if (!link || !link->multi) {
        free(link);
        curl_global_cleanup();
        return NULL;
    }
    link->place = place;
    return link;
}

void link_destroy(struct link **link)
{
    if (!*link)
        return;
    link_cut(*link);
    curl_multi_cleanup((*link)->multi);
    curl_global_cleanup();
    free(*link);
    *link = NULL;
}

// Without TLS's own farewell: Icecast 2.4 does not take that for an end, and keeps the mount for ever. What was written before
// still arrives.
static void end_writing(const struct link *link)
{
    for (size_t i = 0; i < link->socket_count; i++)
        shutdown(link->sockets[i], SHUT_WR);
}

void link_cut(struct link *link)
{
    if (link->easy) {
        end_writing(link);
        curl_multi_remove_handle(link->multi, link->easy);
        curl_easy_cleanup(link->easy);
    }
    curl_slist_free_all(link->headers);
    link->easy = NULL;
    link->headers = NULL;
    link->state = LINK_DOWN;
    link->count = 0;
    link->paused = false;
}

enum lt_code link_connect(struct link *link, uint64_t now, struct lt_error *error)
{
    char url[1024];
    struct lt_secret *secret = NULL;
    enum lt_code code = lt_secret_open(link->place->password, &secret, error);
    if (code != LT_DONE)
        return code;
    struct lt_slice bytes = lt_secret_bytes(secret);
    char *password = lt_secret_room(bytes.size + 1);
    link->easy = password ? curl_easy_init() : NULL;
    link->said[0] = link->failed[0] = '\0';
    link->written = link->arrived = link->told = 0;
    link->begun = link->moved = now;
    snprintf(url, sizeof url, "%s%s", link->place->server, link->place->path);
    if (link->easy) {
        memcpy(password, bytes.data, bytes.size);
        password[bytes.size] = '\0';
        link->state = LINK_CONNECTS;
    }
    if (!link->easy || !request_set_up(link, url, password)) {
        link_cut(link);
        code = lt_fail(error, LT_NO_MEMORY, "no memory for a connection");
    }
    lt_secret_room_free(password);
    lt_secret_close(&secret);
    return code;
}

// What the kernel of the server's machine has confirmed; of TLS its records count, so that it is told a little late.
static void see_what_arrived(struct link *link, uint64_t now)
{
    curl_off_t sent = 0;
    int on_way = 0;
    if (link->state != LINK_UP || link->socket_count != 1 ||
        curl_easy_getinfo(link->easy, CURLINFO_SIZE_UPLOAD_T, &sent) != CURLE_OK ||
        ioctl(link->sockets[0], SIOCOUTQ, &on_way) != 0)
        return;
    uint64_t arrived = sent > on_way ? (uint64_t)(sent - on_way) : 0;
    if (arrived > link->arrived || arrived == link->written)
        link->moved = now;
    if (arrived > link->arrived)
        link->arrived = arrived;
}

// NULL: it goes on.
static const char *stands_still(const struct link *link, uint64_t now)
{
    if (link->state == LINK_CONNECTS && now - link->begun >= ANSWER_MS)
        return "the server does not answer";
    if (link->state == LINK_UP && now - link->moved >= DEAD_MS)
        return "the server has taken nothing for long";
    return NULL;
}

enum link_state link_turn(struct link *link, uint64_t now, struct lt_error *error)
{
    int running = 0, left = 0;
    if (!link->easy)
        return LINK_DOWN;
    if (link->paused && link->count > 0) {
        link->paused = false;
        curl_easy_pause(link->easy, CURLPAUSE_CONT);
    }
    curl_multi_perform(link->multi, &running);
    for (CURLMsg *told; (told = curl_multi_info_read(link->multi, &left));)
        if (told->msg == CURLMSG_DONE) {
            request_say_why(link, told->data.result, NULL, error);
            link_cut(link);
            return LINK_DOWN;
        }
    see_what_arrived(link, now);
    const char *why = stands_still(link, now);
    if (why) {
        request_say_why(link, CURLE_OK, why, error);
        link_cut(link);
    }
    return link->state;
}

bool link_write(struct link *link, const uint8_t *bytes, size_t size)
{
    if (size > sizeof link->waiting - link->count)
        return false;
    memcpy(link->waiting + link->count, bytes, size);
    link->count += size;
    link->written += size;
    return true;
}

uint64_t link_written(const struct link *link)
{
    return link->written;
}

uint64_t link_arrived(const struct link *link)
{
    return link->arrived;
}
