#include "icecast_mount.h"

#include <stdlib.h>
#include <time.h>

#include <lienthon/watch.h>

#include "feed.h"
#include "icecast_upkeep.h"
#include "mp3.h"

// BEHIND_MS: after so long a standstill of the whole machine nothing is made up for. LINGER_MS: of silence behind what is
// said, in which listeners hear the last of it who are behind. MOVE_MS: the server moves them within that, to a mount that
// begins too.
enum {
    TICK_MS = 20,
    TICK_IDLE_MS = 100,
    WAIT_MS = 5000,
    BEHIND_MS = 2000,
    LINGER_MS = 1500,
    MOVE_MS = 300
};

struct mount {
    const struct mount_place *place;
    lt_timer *timer;
    struct upkeep upkeep;
    struct mp3 *mp3;
    struct feed feed;
    bool speaks;              // between start and the end
    const struct sound *next; // begins at `from`
    uint64_t asked;           // when mount_start was called
    uint64_t from;            // when the sound is to begin
    uint64_t clock;           // when the sample `given` 0 was due
    uint64_t given;           // samples since `clock`
    uint64_t silence;         // samples behind the last that was none
    uint64_t first, last;     // link_written before its first byte, and behind its last; 0: not yet
    uint64_t left;            // when the last sound had ended
    uint64_t lost;            // samples of the last sound
};

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is_wanted(const struct mount *mount, uint64_t now)
{
    return mount->place->stays || mount->speaks || feed_has_more(&mount->feed) ||
           (mount->left && now - mount->left < LINGER_MS);
}

// What was written of the sound and did not arrive, in samples.
static uint64_t not_arrived(const struct mount *mount)
{
    uint64_t arrived = link_arrived(mount->upkeep.link);
    uint64_t from = arrived > mount->first ? arrived : mount->first;
    uint64_t upto = mount->last ? mount->last : link_written(mount->upkeep.link);
    if (!mount->speaks || mount->feed.at == 0 || upto <= from)
        return 0;
    return (upto - from) * 8 * SOUND_RATE / (mount->place->bitrate * 1000);
}

static void lose_link(struct mount *mount, uint64_t now, const char *why)
{
    mount->lost += not_arrived(mount);
    upkeep_lose(&mount->upkeep, now, mount->speaks, why);
}

static void turn_link(struct mount *mount, uint64_t now)
{
    enum upkeep_news news = upkeep_turn(&mount->upkeep, now, mount->speaks);
    if (news == UPKEEP_WENT_DOWN)
        mount->lost += not_arrived(mount);
    if (news != UPKEEP_CAME_UP)
        return;
    mount->first = mount->last = 0;
    if (mount->from < now + MOVE_MS)
        mount->from = now + MOVE_MS;
}

static void give_block(struct mount *mount, uint64_t now)
{
    if (mount->next && now >= mount->from) {
        feed_start(&mount->feed, mount->next);
        mount->next = NULL;
        mount->first = link_written(mount->upkeep.link);
        mount->last = 0;
    }
    int16_t samples[MP3_BLOCK];
    uint8_t bytes[MP3_BYTES];
    bool loud = feed_has_more(&mount->feed);
    size_t of_sound = feed_take(&mount->feed, samples, MP3_BLOCK);
    mount->silence = loud ? 0 : mount->silence + MP3_BLOCK;
    mount->given += MP3_BLOCK;
    // What nobody takes is encoded all the same: the next frame does not begin with a click.
    int size = mp3_add(mount->mp3, samples, bytes);
    if (!mount->upkeep.up_since)
        mount->lost += of_sound;
    else if (size < 0)
        lose_link(mount, now, "the MP3 encoder has failed");
    else if (!link_write(mount->upkeep.link, bytes, (size_t)size))
        lose_link(mount, now, "the server has taken too little for long");
    else if (mount->silence >= MP3_LATE && mount->last == 0)
        mount->last = link_written(mount->upkeep.link);
}

// The sound begins when somebody can hear it; what has begun goes on in its time.
static void give_out(struct mount *mount, uint64_t now)
{
    bool goes_on = mount->upkeep.up_since || (mount->speaks && mount->feed.at > 0);
    uint64_t due = (now - mount->clock) * SOUND_RATE / 1000;
    if (!goes_on || due > mount->given + (uint64_t)BEHIND_MS * SOUND_RATE / 1000) {
        mount->clock = now;
        mount->given = 0;
        return;
    }
    while (mount->given + MP3_BLOCK <= due)
        give_block(mount, now);
}

static void tick(void *user)
{
    struct mount *mount = user;
    uint64_t now = clock_ms();
    if (!is_wanted(mount, now)) {
        upkeep_rest(&mount->upkeep);
        mount->left = 0;
        return;
    }
    turn_link(mount, now);
    give_out(mount, now);
    turn_link(mount, now);
    bool idle = !mount->speaks && !feed_has_more(&mount->feed);
    lt_timer_set(mount->timer, idle ? TICK_IDLE_MS : TICK_MS);
}

enum lt_code mount_new(lt_bridge_host *host, const struct mount_place *place, struct mount **mount,
                       struct lt_error *error)
{
    struct lt_secret *secret = NULL;
    enum lt_code code = lt_secret_open(place->password, &secret, error);
    lt_secret_close(&secret);
    if (code != LT_DONE)
        return code;
    struct mount *own = calloc(1, sizeof *own);
    if (!own)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the stream");
    own->place = place;
    own->timer = lt_timer_new(host, tick, own);
    code = own->timer ? upkeep_open(&own->upkeep, host, place, error)
                      : lt_fail(error, LT_NO_MEMORY, "no memory for the stream");
    if (code == LT_DONE)
        code = mp3_new(place->bitrate, &own->mp3, error);
    if (code != LT_DONE) {
        mount_destroy(&own);
        return code;
    }
    own->clock = clock_ms();
    if (place->stays)
        lt_timer_set(own->timer, 0);
    *mount = own;
    return LT_DONE;
}

void mount_destroy(struct mount **mount)
{
    struct mount *own = *mount;
    if (!own)
        return;
    if (own->timer)
        lt_timer_destroy(&own->timer);
    upkeep_close(&own->upkeep);
    mp3_destroy(&own->mp3);
    free(own);
    *mount = NULL;
}

void mount_start(struct mount *mount, const struct sound *sound, uint64_t from)
{
    feed_end(&mount->feed);
    mount->feed.at = 0;
    mount->next = sound;
    mount->asked = clock_ms();
    mount->from = from;
    mount->speaks = true;
    mount->lost = 0;
    mount->silence = 0;
    mount->first = mount->last = 0;
    if (!mount->upkeep.up_since)
        mount->upkeep.retry = 0;
    lt_timer_set(mount->timer, 0);
}

void mount_begin(struct mount *mount, uint64_t at)
{
    if (mount->from > at)
        mount->from = at;
}

bool mount_is_up(const struct mount *mount)
{
    return mount->upkeep.up_since != 0;
}

uint64_t mount_free_at(const struct mount *mount)
{
    return mount->upkeep.up_since && mount->left ? mount->left + LINGER_MS + MOVE_MS : 0;
}

static void leave(struct mount *mount, uint64_t now)
{
    feed_end(&mount->feed);
    mount->next = NULL;
    mount->speaks = false;
    mount->left = now;
}

enum outlet_state mount_turn(struct mount *mount, uint64_t now, struct lt_error *error)
{
    bool up = mount->upkeep.up_since != 0, begun = mount->feed.at > 0;
    if (up && begun && mount->last > 0 && link_arrived(mount->upkeep.link) >= mount->last) {
        leave(mount, now);
        return OUTLET_ENDED;
    }
    if (up || (begun && mount->silence == 0) || (!begun && now < mount->asked + WAIT_MS))
        return OUTLET_PLAYS;
    const char *why =
        mount->upkeep.fault.text[0] ? mount->upkeep.fault.text : "the server does not answer";
    if (begun)
        lt_fail(error, LT_IO, "%s, and it was not back at the end of the announcement", why);
    else
        lt_fail(error, LT_IO, "%s", why);
    leave(mount, now);
    return OUTLET_FAILED;
}

size_t mount_stop(struct mount *mount)
{
    uint64_t on_way = mount->upkeep.up_since ? not_arrived(mount) : 0;
    size_t taken = feed_stop(&mount->feed);
    mount->next = NULL;
    if (mount->speaks)
        mount->left = clock_ms();
    mount->speaks = false;
    return on_way < taken ? taken - (size_t)on_way : 0;
}

bool mount_is_silent(const struct mount *mount)
{
    return !mount->upkeep.up_since || (!feed_has_more(&mount->feed) && mount->silence >= MP3_LATE);
}

const struct mount_place *mount_place(const struct mount *mount)
{
    return mount->place;
}

uint64_t mount_lost_ms(const struct mount *mount)
{
    return sound_ms(mount->lost);
}

const char *mount_fault(const struct mount *mount)
{
    return mount->upkeep.fault.text[0] ? mount->upkeep.fault.text : NULL;
}
