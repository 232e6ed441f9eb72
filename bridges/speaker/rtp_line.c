#include "rtp_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lienthon/watch.h>

#include <samplerate.h>
#include <sodium.h>

#include "feed.h"

// PIECE: of samples that the converter takes at a time, 10 ms. TRAIL_MS: of silence behind a sound, in which receivers play what
// they hold back. BEHIND_MS: of late packets that are still sent, all at once. LOST_MS: so long nothing is sent: it has failed.
// LOOK_MS: how often it is seen, while something is sent, whether it leaves the machine.
enum { PIECE = SOUND_RATE / 100, TRAIL_MS = 200, BEHIND_MS = 200, LOST_MS = 3000, LOOK_MS = 1000 };

struct rtp_line {
    const struct rtp_way *way;
    struct rtp_shape shape;
    lt_timer *timer;
    struct rtp_encoder *encoder;
    SRC_STATE *converter;
    struct feed feed;
    const struct sound *next; // begins when `lead` packets were sent
    unsigned lead;
    float piece[PIECE];
    int fd; // -1: none could be had
    struct rtp_header header;
    bool sends;      // packets flow
    uint64_t clock;  // when packet `given` 0 was due, ms
    uint64_t given;  // packets since `clock`
    uint64_t silent; // packets behind the last that had sound
    uint64_t lost;   // packets that had the last sound in them
    unsigned well;   // that could be sent, one after the other
    uint64_t in_row; // that could not be sent, one after the other
    uint64_t ended;  // when the next packet would have been due
    uint64_t looked; // when the way was looked at last
    bool is_shut;    // nothing leaves there, though the kernel takes it
    struct lt_error fault;
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static long give_piece(void *user, float **data)
{
    struct rtp_line *line = user;
    int16_t samples[PIECE];
    feed_take(&line->feed, samples, PIECE);
    src_short_to_float_array(samples, line->piece, PIECE);
    *data = line->piece;
    return PIECE;
}

// A sender with another address of its own is another source (RFC 3550, 8.2).
static void open_socket(struct rtp_line *line)
{
    if (line->fd >= 0 || rtp_way_open(line->way, &line->fd, &line->fault) != LT_DONE)
        return;
    line->fault = (struct lt_error){0};
    line->header.source = randombytes_random();
    line->header.marker = true;
}

static void close_socket(struct rtp_line *line)
{
    if (line->fd >= 0)
        close(line->fd);
    line->fd = -1;
}

static void look_at_way(struct rtp_line *line, uint64_t now)
{
    struct lt_error why = {0};
    line->looked = now;
    open_socket(line);
    bool was_shut = line->is_shut;
    line->is_shut = line->fd >= 0 && rtp_way_look(line->way, line->fd, &why) != LT_DONE;
    if (line->is_shut || (was_shut && line->fd >= 0))
        line->fault = why;
}

// That nobody takes it there is told only when the next is sent, which then is not.
static void was_sent(struct rtp_line *line, int failed, bool loud)
{
    unsigned missed = failed == ECONNREFUSED ? 2 : 1;
    if (failed == 0) {
        if (++line->well < 2)
            return;
        line->in_row = 0;
        line->fault = (struct lt_error){0};
        return;
    }
    line->well = 0;
    line->in_row += missed;
    line->lost += loud ? missed : 0;
    if (line->fd < 0 || line->is_shut)
        return;
    lt_fail(&line->fault, LT_IO, "what is sent to the address is refused: %s", strerror(failed));
    if (failed != ECONNREFUSED && failed != EAGAIN)
        close_socket(line); // the interface may come back as another
}

// 0, or errno.
static int give_to_network(struct rtp_line *line, const uint8_t *packet, size_t size)
{
    if (line->is_shut)
        return ENETDOWN;
    if (line->fd < 0)
        return ENETUNREACH;
    return send(line->fd, packet, size, MSG_NOSIGNAL) == (ssize_t)size ? 0 : errno;
}

static void send_packet(struct rtp_line *line)
{
    float converted[RTP_SAMPLES_MAX];
    int16_t samples[RTP_SAMPLES_MAX];
    uint8_t packet[RTP_HEADER + RTP_PAYLOAD_MAX];
    bool loud = line->next || feed_has_more(&line->feed);
    if (line->next && line->lead > 0 && --line->lead == 0) {
        feed_start(&line->feed, line->next);
        line->next = NULL;
    }
    long count = src_callback_read(line->converter, (double)line->shape.rate / SOUND_RATE,
                                   (long)line->shape.samples, converted);
    for (long i = count < 0 ? 0 : count; i < (long)line->shape.samples; i++)
        converted[i] = 0;
    src_float_to_short_array(converted, samples, (int)line->shape.samples);
    open_socket(line);
    rtp_header_write(&line->header, packet);
    size_t size = RTP_HEADER + rtp_encode(line->encoder, samples, packet + RTP_HEADER);
    was_sent(line, give_to_network(line, packet, size), loud);
    line->silent = loud ? 0 : line->silent + 1;
    line->header.marker = false;
    line->header.sequence++;
    line->header.timestamp += line->shape.ticks;
}

// After a standstill of the whole machine nothing is made up for: the timestamps tell receivers of the hole.
static void skip(struct rtp_line *line, uint64_t now)
{
    uint64_t late = (now - line->clock) / line->shape.ms - line->given;
    line->header.timestamp += (uint32_t)late * line->shape.ticks;
    line->header.marker = true;
    line->given += late;
}

static void cease(struct rtp_line *line)
{
    line->sends = false;
    line->ended = line->clock + line->given * line->shape.ms;
    lt_timer_set(line->timer, -1);
}

static void on_due(void *user)
{
    struct rtp_line *line = user;
    uint64_t now = clock_ms();
    if (now > line->clock + line->given * line->shape.ms + BEHIND_MS)
        skip(line, now);
    if (now - line->looked >= LOOK_MS)
        look_at_way(line, now);
    while (line->sends && line->clock + line->given * line->shape.ms <= now) {
        send_packet(line);
        line->given++;
        if (line->silent * line->shape.ms >= TRAIL_MS)
            cease(line);
    }
    if (line->sends)
        lt_timer_set(line->timer, (int64_t)(line->clock + line->given * line->shape.ms - now));
}

enum lt_code rtp_line_new(lt_bridge_host *host, const struct rtp_way *way, struct rtp_line **line,
                          struct lt_error *error)
{
    int failed = 0;
    struct rtp_line *own = calloc(1, sizeof *own);
    if (own) {
        own->way = way;
        own->fd = -1;
        own->shape = rtp_shape(way->codec);
        own->timer = lt_timer_new(host, on_due, own);
        own->encoder = rtp_encoder_new(way->codec);
        own->converter = src_callback_new(give_piece, SRC_SINC_FASTEST, 1, &failed, own);
    }
    if (!own || !own->timer || !own->encoder || !own->converter) {
        rtp_line_destroy(&own);
        return lt_fail(error, LT_NO_MEMORY, "no memory for an RTP stream");
    }
    own->header.type = own->shape.type;
    own->header.sequence = (uint16_t)randombytes_random();
    own->header.timestamp = randombytes_random();
    own->header.source = randombytes_random();
    own->ended = clock_ms();
    look_at_way(own, own->ended);
    *line = own;
    return LT_DONE;
}

void rtp_line_destroy(struct rtp_line **line)
{
    struct rtp_line *own = *line;
    if (!own)
        return;
    if (own->timer)
        lt_timer_destroy(&own->timer);
    rtp_encoder_destroy(&own->encoder);
    if (own->converter)
        src_delete(own->converter);
    close_socket(own);
    free(own);
    *line = NULL;
}

// A talkspurt: its first packet is marked, and its timestamp tells how long it was silent before.
static void begin_to_send(struct rtp_line *line)
{
    uint64_t now = clock_ms();
    now = now > line->ended ? now : line->ended;
    line->header.marker = true;
    line->header.timestamp += (uint32_t)((now - line->ended) * line->shape.ticks / line->shape.ms);
    line->clock = now;
    line->given = 0;
    line->sends = true;
    line->lead = line->way->lead_ms / line->shape.ms + 1;
    src_reset(line->converter);
    lt_timer_set(line->timer, 0);
}

void rtp_line_start(struct rtp_line *line, const struct sound *sound)
{
    look_at_way(line, clock_ms());
    feed_end(&line->feed);
    line->feed.at = 0;
    line->next = sound;
    line->lead = 1;
    line->silent = line->lost = line->in_row = 0;
    line->well = 0;
    if (!line->sends)
        begin_to_send(line);
}

// At the end it has failed where more is missing than the silence behind it.
enum outlet_state rtp_line_turn(struct rtp_line *line, struct lt_error *error)
{
    uint64_t missing = line->in_row * line->shape.ms;
    if (missing >= LOST_MS || (!line->sends && missing > TRAIL_MS)) {
        lt_fail(error, LT_IO, "%s", line->fault.text);
        return OUTLET_FAILED;
    }
    if (line->sends)
        return OUTLET_PLAYS;
    feed_end(&line->feed);
    return OUTLET_ENDED;
}

size_t rtp_line_stop(struct rtp_line *line)
{
    line->next = NULL;
    return feed_stop(&line->feed);
}

bool rtp_line_is_silent(const struct rtp_line *line)
{
    return !line->sends;
}

uint64_t rtp_line_lost_ms(const struct rtp_line *line)
{
    return line->lost * line->shape.ms;
}

// Routes and addresses change while nothing is sent: the socket is kept where one that is made now would send as it does.
void rtp_line_look(struct rtp_line *line)
{
    struct lt_error why = {0};
    int fresh = -1;
    if (!line->sends && line->fd >= 0 && rtp_way_open(line->way, &fresh, &why) != LT_DONE) {
        close_socket(line);
        line->fault = why;
        return;
    }
    if (fresh >= 0 && !rtp_way_is_same(line->fd, fresh))
        close_socket(line);
    if (fresh >= 0)
        close(fresh);
    look_at_way(line, clock_ms());
}

const char *rtp_line_fault(const struct rtp_line *line)
{
    return line->fault.text[0] ? line->fault.text : NULL;
}
