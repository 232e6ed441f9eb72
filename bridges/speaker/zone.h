// A zone: one place where announcements are heard, one after the other, with a queue, a plan and outlets of its own. The
// instance (struct speaker) has one for each of its targets.
#ifndef LT_SPEAKER_ZONE_H
#define LT_SPEAKER_ZONE_H

#include <lienthon/bridge.h>
#include <lienthon/watch.h>

#include "announcement.h"
#include "cards.h"
#include "contact.h"
#include "corrections.h"
#include "faults.h"
#include "file_name.h"
#include "microphone.h"
#include "mqtt_contact.h"
#include "mqtt_options.h"
#include "own_hours.h"
#include "icecast_outlet.h"
#include "illness.h"
#include "lengths.h"
#include "plan.h"
#include "player.h"
#include "queue.h"
#include "reading.h"
#include "rtp_outlet.h"
#include "state.h"

struct job {
    struct queue_place place; // first, so that a place is its job
    lt_delivery *delivery;    // NULL: the loudspeaker's own words
    struct announcement announcement;
    struct reading reading; // begun at its first turn, kept for the next
    char name[FILE_NAME];   // of the part that is heard
    struct said said;       // who sent it, and its id
    uint64_t arrived;       // ms since 1970
    uint64_t part_begun;    // ms since 1970; 0: nothing of this part was given out
    size_t heard;           // samples that were heard in all parts
    unsigned cuts;          // how often it was interrupted
    size_t again_at;        // the sentence at which it went on the last time
    bool resumes;           // it was interrupted at `stopped_at`, samples of its reading
    size_t stopped_at;
    bool has_words; // words of it were heard
    bool unheard; // of its last part it is known that nobody has heard it, though it was given out
    struct lt_error amiss; // what went wrong where it is heard, for the receipt; empty: nothing
};

struct zone {
    struct speaker *speaker;
    const char *name; // of its target, lent by the host
    struct queue queue;
    struct job *current; // being made or played; NULL: silence
    struct corrections corrections;
    struct player player;
    struct speaker_state state;
    struct plan plan;
    struct faults faults;
    struct contact contact; // of its amplifier
    struct mqtt_contact *mqtt_contact;
};

enum { ZONES_MAX = 32 };

struct speaker {
    // Options.
    char *output, *card, *folder, *voice;
    struct lt_option_map zones_given; // target → output
    struct lt_option_list command;
    struct lt_option_map words; // written → said
    int64_t rate, volume, loudness, timeout_ms, longest_ms, late_after_ms, keep, speed;
    bool chime, programme;
    struct own_hours own_hours;
    struct mqtt_options mqtt;
    char *muted_topic, *muted_when;
    char *microphone_name;
    struct icecast_options icecast;
    struct rtp_options rtp;
    // State.
    lt_bridge_host *host;
    bool opened;
    struct render_style style;
    struct sound bells[READING_BELLS];
    const char **argv;
    struct illness illness;
    struct illness_cause voice_fault, memory_fault, hours_fault, log_fault;
    struct microphone *microphone; // NULL: there is none
    struct illness_cause microphone_fault;
    struct lengths lengths;
    struct speeches speeches; // that are being made, so that zones need not make the same twice
    uint64_t command_from;    // monotonic ms: the synthesis command has failed and rests till then
    struct cards cards;       // while the zones are opened
    struct zone *zones;
    size_t zone_count;
    lt_timer *telling;      // the state, soon
    int watched[ZONES_MAX]; // what makes speech, one descriptor each
    size_t watch_count;
};

#endif
