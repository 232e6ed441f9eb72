// What is urgent goes to an address of its own, if there is one: receivers hold several in an order of their own, and the
// first of them cuts off the others.
#include "rtp_outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/message.h>

#include "rtp_line.h"
#include "rtp_sdp.h"

enum { SAID_MAX = 200, WORD_MAX = 127, NAME_MAX_BYTES = 256 };

const char *const rtp_codecs[] = {"pcmu", "pcma", "g722", "l16", NULL};

struct rtp_outlet {
    struct outlet outlet;
    struct rtp_way ways[2];
    struct rtp_line *usual, *urgent; // urgent NULL: the same
    struct rtp_line *now;            // where the last sound went
    char said[SAID_MAX];
};

static enum lt_code read_both(const char *text, struct address addresses[2], bool *has_second,
                              struct lt_error *error)
{
    char first[WORD_MAX + 1] = "";
    size_t size = strcspn(text, ",");
    if (size > WORD_MAX)
        return lt_fail(error, LT_BAD_USE, "allowed: an address of at most %d bytes", WORD_MAX);
    memcpy(first, text, size);
    *has_second = text[size] == ',';
    enum lt_code code = rtp_address_read(first, &addresses[0], error);
    if (code == LT_DONE && *has_second)
        code = rtp_address_read(text + size + 1, &addresses[1], error);
    return code;
}

// What is urgent would lie over what it is to cut off.
static enum lt_code check_apart(const struct address *usual, const struct address *urgent,
                                struct lt_error *error)
{
    bool is_same = usual->port == urgent->port && usual->size == urgent->size &&
                   memcmp(&usual->socket, &urgent->socket, usual->size) == 0;
    return is_same ? lt_fail(error, LT_BAD_USE,
                             "what is urgent has the same address as all else; leave it out")
                   : LT_DONE;
}

enum lt_code rtp_check(const char *addresses, struct lt_error *error)
{
    struct address read[2];
    bool has_second = false;
    enum lt_code code = read_both(addresses, read, &has_second, error);
    return code == LT_DONE && has_second ? check_apart(&read[0], &read[1], error) : code;
}

enum lt_code rtp_check_one(const char *address, struct lt_error *error)
{
    struct address read;
    return rtp_address_read(address, &read, error);
}

// Both addresses: of what is urgent that of the word, else of the option.
static enum lt_code read_all(const struct rtp_options *options, const char *addresses,
                             struct address read[2], bool *has_urgent, struct lt_error *error)
{
    enum lt_code code = read_both(addresses, read, has_urgent, error);
    if (code == LT_DONE && !*has_urgent && options->urgent) {
        *has_urgent = true;
        code = rtp_address_read(options->urgent, &read[1], error);
    }
    return code == LT_DONE && *has_urgent ? check_apart(&read[0], &read[1], error) : code;
}

enum lt_code rtp_fits(const struct rtp_options *options, const char *addresses, const char **option,
                      struct lt_error *error)
{
    struct address read[2];
    bool has_urgent = false;
    *option = strchr(addresses, ',') ? NULL : "rtp-urgent";
    return read_all(options, addresses, read, &has_urgent, error);
}

static enum lt_code start_rtp(struct outlet *outlet, const struct sound *sound,
                              const struct outlet_cue *cue, uint64_t now, struct lt_error *error)
{
    struct rtp_outlet *own = (struct rtp_outlet *)outlet;
    (void)now, (void)error;
    own->now = cue->priority >= LT_THUONG_KHAN && own->urgent ? own->urgent : own->usual;
    own->said[0] = '\0';
    rtp_line_start(own->now, sound);
    return LT_DONE;
}

static enum outlet_state turn_rtp(struct outlet *outlet, uint64_t now, struct lt_error *error)
{
    struct rtp_outlet *own = (struct rtp_outlet *)outlet;
    (void)now;
    enum outlet_state state = rtp_line_turn(own->now, error);
    uint64_t lost = rtp_line_lost_ms(own->now);
    if (state == OUTLET_ENDED && lost > 0)
        snprintf(own->said, sizeof own->said, "mạng bị đứt, mất khoảng %llu giây giữa chừng",
                 (unsigned long long)((lost + 999) / 1000));
    return state;
}

static size_t stop_rtp(struct outlet *outlet)
{
    return rtp_line_stop(((struct rtp_outlet *)outlet)->now);
}

static enum outlet_state drain_rtp(struct outlet *outlet, uint64_t now)
{
    (void)now;
    return rtp_line_is_silent(((struct rtp_outlet *)outlet)->now) ? OUTLET_ENDED : OUTLET_PLAYS;
}

static const char *gap_rtp(const struct outlet *outlet)
{
    const struct rtp_outlet *own = (const struct rtp_outlet *)outlet;
    return own->said[0] ? own->said : NULL;
}

static void look_rtp(struct outlet *outlet, uint64_t now)
{
    struct rtp_outlet *own = (struct rtp_outlet *)outlet;
    (void)now;
    rtp_line_look(own->usual);
    if (own->urgent)
        rtp_line_look(own->urgent);
}

static const char *fault_rtp(const struct outlet *outlet)
{
    const struct rtp_outlet *own = (const struct rtp_outlet *)outlet;
    const char *usual = rtp_line_fault(own->usual);
    return usual || !own->urgent ? usual : rtp_line_fault(own->urgent);
}

static void destroy_rtp(struct outlet *outlet)
{
    struct rtp_outlet *own = (struct rtp_outlet *)outlet;
    rtp_line_destroy(&own->usual);
    rtp_line_destroy(&own->urgent);
    free(own);
}

static const struct outlet_kind rtp_kind = {.start = start_rtp,
                                            .turn = turn_rtp,
                                            .stop = stop_rtp,
                                            .drain = drain_rtp,
                                            .gap = gap_rtp,
                                            .look = look_rtp,
                                            .fault = fault_rtp,
                                            .destroy = destroy_rtp};

// A disk that does not take it keeps nobody from speaking.
static void tell_receivers(lt_bridge_host *host, const struct rtp_outlet *own)
{
    char name[NAME_MAX_BYTES];
    struct lt_error error = {0};
    for (int i = 0; i < (own->urgent ? 2 : 1); i++) {
        snprintf(name, sizeof name, "%s%s", lt_bridge_principal(host), i ? " (khẩn)" : "");
        if (rtp_sdp_write(&own->ways[i], name, lt_bridge_folder(host), &error) != LT_DONE)
            lt_bridge_log(host, error.text);
    }
}

enum lt_code rtp_outlet_new(lt_bridge_host *host, const struct rtp_options *options,
                            const char *addresses, struct outlet **outlet, struct lt_error *error)
{
    struct address read[2];
    bool has_urgent = false;
    enum lt_code code = read_all(options, addresses, read, &has_urgent, error);
    struct rtp_outlet *own = code == LT_DONE ? calloc(1, sizeof *own) : NULL;
    if (!own)
        return code != LT_DONE ? code : lt_fail(error, LT_NO_MEMORY, "no memory for RTP");
    own->outlet.kind = &rtp_kind;
    for (size_t i = 0; i < 2; i++)
        own->ways[i] = (struct rtp_way){.address = read[i],
                                        .codec = (enum rtp_codec)options->codec,
                                        .interface = options->interface,
                                        .ttl = (unsigned)options->ttl,
                                        .dscp = (unsigned)options->dscp,
                                        .lead_ms = (unsigned)options->lead_ms};
    code = rtp_line_new(host, &own->ways[0], &own->usual, error);
    if (code == LT_DONE && has_urgent)
        code = rtp_line_new(host, &own->ways[1], &own->urgent, error);
    own->now = own->usual;
    if (code == LT_DONE)
        tell_receivers(host, own);
    if (code == LT_DONE)
        *outlet = &own->outlet;
    else
        destroy_rtp(&own->outlet);
    return code;
}
