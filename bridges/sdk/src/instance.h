// One bridge instance as its folder describes it: bridges/NAME.yaml, the identity that it names, the
// bridge, and the options of both. Nothing is connected yet.
#ifndef LT_BRIDGES_INSTANCE_H
#define LT_BRIDGES_INSTANCE_H

#include <lienthon/bridge.h>
#include <lienthon/settings/folder.h>

#include "own_grant.h"

enum { INSTANCE_TARGETS = 64 };

struct instance_settings { // the host's keys of bridges/NAME.yaml
    char *bridge, *identity, *durable;
    struct lt_option_list subscribe, hamlets;
    struct lt_option_map targets; // name → patterns, separated by commas
    int64_t attempts, health_every_ms;
    bool clockless;
    char *rate; // "20/m"; NULL: none
    int64_t burst, reserved, breaker, breaker_rest_ms;
    char *far_side, *metrics;
};

extern const struct lt_option instance_options[];

#define INSTANCE_GRANT "grant.ltb" // in its state: the grant that was last heard to be in force

struct instance {
    char *name, *folder; // "loa.an-thuong.01", the commune's folder
    struct instance_settings settings;
    struct lt_identity identity;
    struct own_grant own;
    const struct lt_bridge *bridge;
    struct lt_option *options; // the bridge's, under "options."
    void *state;               // the bridge's, options filled in
    struct lt_buffer text;     // its file, as it was read
};

// LT_NOT_FOUND: there is no bridges/NAME.yaml (the sentence lists what there is); LT_BAD_FILE with
// file:line:column. Then it is cleared already.
enum lt_code instance_load(const char *folder, const char *name, struct instance *instance,
                           struct lt_error *error);
// The same, of what its file said at another time; text is lent.
enum lt_code instance_load_text(const char *folder, const char *name, struct lt_slice text,
                                struct instance *instance, struct lt_error *error);
void instance_clear(struct instance *instance);
// Where the host keeps this instance's memory, with `name` in it (NULL: the folder); *path is yours. Nothing is made.
enum lt_code instance_state(const struct instance *instance, const char *name, char **path,
                            struct lt_error *error);
// A commented bridges/NAME.yaml for that bridge.
enum lt_code instance_sample(const char *bridge, struct lt_buffer *out, struct lt_error *error);

#endif
