// What the examples need to know, read from the environment; the two secrets are in files, never in argv.
//
//   LIENTHON_URL        tcp://host:port of the hub
//   LIENTHON_HUB_CURVE  the hub's X25519 key, base64url
//   LIENTHON_ROOT       the commune's root key, base64url
//   LIENTHON_PRINCIPAL  who one is
//   LIENTHON_SEED       file with the Ed25519 seed, base64url
//   LIENTHON_CURVE      file with the X25519 secret key, base64url
//   LIENTHON_STATE      folder for the outbox and what was seen; may be absent
#ifndef EXAMPLES_SETTINGS_H
#define EXAMPLES_SETTINGS_H

#include <lienthon/client.h>

struct settings {
    struct lt_client_config config;
    uint8_t seed[LT_SEED_SIZE], curve[LT_KEY_SIZE];
};

// Says on stderr what is missing, and returns false.
bool settings_read(struct settings *settings);
// Only the two secrets.
bool settings_keys(struct settings *settings);
// A client of these settings, or NULL and a line on stderr. The secrets are wiped.
lt_client *settings_connect(const char *agent);
// The next event that answers `token`, printing why the hub cannot be reached meanwhile. NULL: not within the limit.
struct lt_event *settings_await(lt_client *client, uint64_t token, int64_t limit_ms);

#endif
