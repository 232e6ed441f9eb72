// A commune for an hour: its root, a hub's key, people who write, and the folder of the bridge that is tried, all made at
// random and thrown away.
#ifndef LT_CONFORMANCE_TOWN_H
#define LT_CONFORMANCE_TOWN_H

#include <lienthon/grant.h>
#include <lienthon/settings/folder.h>

#define TOWN_XA       "an-thanh-1"
#define TOWN_TOPIC    TOWN_XA "/an-thuong/thong-bao"
#define TOWN_BRIDGE   "bridge.thu" // the bridge's principal
#define TOWN_INSTANCE "thu"        // and its file, bridges/thu.yaml

// Who writes. DESK may say everything, NARROW nothing at the topics that are used, GONE was revoked, STRANGER has no grant,
// HUB tells the time.
enum town_person { TOWN_DESK, TOWN_NARROW, TOWN_GONE, TOWN_STRANGER, TOWN_HUB, TOWN_PEOPLE };
enum { TOWN_GRANTS = 8 };

struct town {
    char *folder; // of the commune, absolute
    lt_signer *root, *people[TOWN_PEOPLE];
    uint8_t hub_curve[LT_KEY_SIZE];
    uint8_t *hub_secret; // sodium_malloc
    uint8_t bridge_key[LT_KEY_SIZE];
    struct lt_buffer grants[TOWN_GRANTS]; // sealed, in the order in which they lean on each other
    size_t grant_count;
};

const char *town_name(enum town_person person);
// Makes the folder with keys, identity and grants; the bridge is told to find the hub at `port` of this machine. publishes: type
// to topic below the commune's, what the bridge's grant lets it say beside health and notices; may be NULL.
enum lt_code town_make(const char *folder, int port, const struct lt_option_map *publishes,
                       struct town *town, struct lt_error *error);
// As lt_seal_part, by that person.
enum lt_code town_seal(const struct town *town, enum town_person person, const struct lt_part *part,
                       struct lt_buffer *out, struct lt_error *error);
void town_clear(struct town *town); // the folder stays

#endif
