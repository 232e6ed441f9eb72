// A commune's folder (or a device's): commune.yaml, identities, key files. What the command, the
// hub and the bridge host all read. Paths inside the files are relative to the folder.
//
//   commune.yaml            the commune and its hub          keys/root.seed   the root key, plain
//   or under a passphrase identity.yaml           who one is here                  keys/NAME.seed
//   32-byte seed for seals, base64url, 0600 identities/NAME.yaml    others, picked by --as NAME
//   keys/NAME.curve  X25519 secret for the connection roles/*.yaml            what may be given
//   data/            the hub's store and everybody's state
#ifndef LIENTHON_SETTINGS_FOLDER_H
#define LIENTHON_SETTINGS_FOLDER_H

#include <lienthon/settings/file.h>
#include <lienthon/settings/hours.h>
#include <lienthon/settings/option.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_SECRET_SIZE = 32 };

struct lt_commune_limits {           // defaults in brackets
    int64_t message, blob, quota;    // bytes: a sealed message [256 KiB], a blob [64 MiB], one
                                     // principal's unfinished blobs [256 MiB]
    int64_t batch, credit, sessions; // counts [256, 1024, 1000]
    int64_t own_sessions;            // of one participant [128]
    int64_t attempts,
        joins; // "again" before the hub gives up [20]; asks to join, an address and minute [60]
    int64_t heartbeat, age, ahead; // seconds [15, 7 days, 120]
    int64_t reserve;               // bytes of the hub's disk for what is urgent [64 MiB]
    int64_t blobs;                 // bytes of all blobs on disk [4 GiB]
    int64_t subscriptions, durables, all_subscriptions; // [256, 1024, 8192]
    int64_t patterns, levels;              // of one subscription [64]; of all patterns [32768]
    int64_t window, waiting;               // entries of queues [1024, 65536]
    int64_t deferred, cancellations;       // messages [32768, 8192]
    int64_t grants;                        // bytes in memory [16 MiB]
    int64_t joiners, strangers;            // connections [128, 128]
    int64_t inbox, outbox;                 // protocol messages, a connection [64, 2048]
    int64_t unfinished, receiving, intake; // bytes that come in: a connection [8 MiB], all
                                           // [16 MiB], waiting to be stored [8 MiB]
    int64_t flight, unread, sending; // bytes that go out: deliveries to a connection [256 KiB],
                                     // all to a connection [16 MiB], to everybody [16 MiB]
    int64_t asking, questions, pages, pieces; // that are with the store [64, 48, 24, 32]
    int64_t at_hand;                          // bytes [12 MiB]
    int64_t ids, origins, seals;              // remembered [131072, 65536, 4096]
    int64_t faults, forgiven;                 // points, points a second [400, 16]
    int64_t memory;                           // bytes; 0: not set [0]
};

struct lt_commune {
    char *name, *xa;              // "Xã An Thạnh 1", "an-thanh-1"
    uint8_t root[LT_SECRET_SIZE]; // public
    struct lt_option_map hamlets; // "an-thuong" → "Ấp An Thường"
    char *timezone;               // "Asia/Ho_Chi_Minh"
    struct lt_hours loudspeakers;
    struct {
        char *principal;               // "hub"
        uint8_t curve[LT_SECRET_SIZE]; // public
        char *listen, *join;           // "tcp://127.0.0.1:7370", "tcp://127.0.0.1:7371"
        char *address;                 // the host that devices are told; NULL: as in listen
        char *metrics; // "127.0.0.1:5772", loopback only; NULL or "": none are served
        char *data;    // folder of the store: "data/hub"
        struct lt_commune_limits limits;
        struct lt_option_map
            keep; // type → how long its messages are kept ("30d"); the hub has defaults
    } hub;
};

extern const struct lt_option lt_commune_options[]; // of commune.yaml

enum { LT_LOOPBACK_MAX = 45 };
// "127.0.0.1:5772" or "[::1]:5772": an address of this machine alone, in numbers, and a port. host
// has LT_LOOPBACK_MAX + 1 bytes, without brackets. false: it is none.
bool lt_loopback_parse(const char *text, char *host, uint16_t *port);

struct lt_identity {
    char *principal;
    char *commune; // the commune's name, for people
    char *xa;
    char *hub; // "tcp://host:port"
    char *hub_principal;
    uint8_t hub_curve[LT_SECRET_SIZE], root[LT_SECRET_SIZE]; // public
    char *seed,
        *curve;   // files, relative to the folder: "keys/van-phong.seed", "keys/van-phong.curve"
    char *grants; // a bundle of grants to begin with, or NULL
    char *state;  // folder for outbox and memory: "data/van-phong"
    char *timezone;
};

extern const struct lt_option lt_identity_options[];

// The folder: `given` (-C) or LIENTHON_DIR or the current one. *path is yours (free), absolute.
enum lt_code lt_folder_resolve(const char *given, char **path, struct lt_error *error);

// LT_NOT_FOUND: no commune.yaml there (the sentence says what to do). Clear with lt_commune_clear.
enum lt_code lt_commune_load(const char *folder, struct lt_commune *commune,
                             struct lt_error *error);
// What lt_commune_save would refuse, before anything is made: LT_BAD_FILE names the key.
enum lt_code lt_commune_check(const struct lt_commune *commune, struct lt_error *error);
enum lt_code lt_commune_save(const char *folder, const struct lt_commune *commune,
                             struct lt_error *error);
void lt_commune_clear(struct lt_commune *commune);
// "tcp://ADDRESS:PORT" as devices are told it, from hub.listen (or hub.join) and hub.address. *url
// is yours.
enum lt_code lt_commune_url(const struct lt_commune *commune, bool join, char **url,
                            struct lt_error *error);

// `as` NULL: identity.yaml. LT_NOT_FOUND says which identities there are.
enum lt_code lt_identity_load(const char *folder, const char *as, struct lt_identity *identity,
                              struct lt_error *error);
// Into identities/PRINCIPAL.yaml, or with `own` into identity.yaml.
enum lt_code lt_identity_save(const char *folder, bool own, const struct lt_identity *identity,
                              struct lt_error *error);
void lt_identity_clear(struct lt_identity *identity);

// Secrets. `secret` has 32 bytes and belongs to the caller (sodium_malloc; wiped by it). A key file
// is made once: LT_BAD_USE when there is one already. Files that others may read are refused
// (LT_BAD_FILE says chmod 600).
enum lt_code lt_secret_save(const char *path, const uint8_t *secret, struct lt_error *error);
enum lt_code lt_secret_load(const char *path, uint8_t *secret, struct lt_error *error);
// Of an identity: makes keys/NAME.seed and keys/NAME.curve at random, and gives the public halves.
enum lt_code lt_keys_make(const char *folder, const char *name, uint8_t *public_seal,
                          uint8_t *public_curve, struct lt_error *error);
// 32 bytes each, into the caller's memory. A file of the same name (NAME.seed, NAME.curve) in
// $CREDENTIALS_DIRECTORY is read in place of the folder's: systemd's LoadCredential= lays it there.
enum lt_code lt_keys_load(const char *folder, const struct lt_identity *identity, uint8_t *seed,
                          uint8_t *curve_secret, struct lt_error *error);

// keys/root.seed. passphrase NULL: plain. With one: argon2id and secretbox, in a text with a head
// line that says so.
enum lt_code lt_root_save(const char *folder, const uint8_t *seed, const char *passphrase,
                          struct lt_error *error);
// Asks for the passphrase where it needs one: LIENTHON_PASSPHRASE_FILE, else the terminal, with
// this question. LT_NOT_ALLOWED: it is wrong (the sentence says what to do); LT_BAD_USE: it needs
// one, and there is no file and no terminal.
enum lt_code lt_root_load(const char *folder, const char *question, uint8_t *seed,
                          struct lt_error *error);
// From LIENTHON_PASSPHRASE_FILE or the terminal, echo off (on again when Ctrl-C ends it). `again`
// is the question for the second time, where a new one is given; NULL: once. *passphrase is
// sodium_malloc memory: sodium_free it.
enum lt_code lt_passphrase_ask(const char *question, const char *again, char **passphrase,
                               struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
