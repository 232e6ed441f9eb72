// What an instance's file says and only the host can tell is wrong: names and patterns.
#ifndef LT_BRIDGES_CHECK_H
#define LT_BRIDGES_CHECK_H

#include "instance.h"

// LT_BAD_FILE "file:line:column: key: what is wrong". text: the file's, which was read into the settings already.
enum lt_code check_settings(const struct instance *instance, struct lt_slice text, const char *path,
                            struct lt_error *error);
// Where the bridge has a map of its options that says something of each target (per_target of bridge.h): its names are the
// targets'. LT_BAD_FILE, with the place of the option and the nearest name.
enum lt_code check_per_target(const struct instance *instance, struct lt_slice text,
                              const char *path, struct lt_error *error);
// Whether the bridge says that its options go together; by the place of the one that it names, or of the targets.
enum lt_code check_fits(const struct instance *instance, struct lt_slice text, const char *path,
                        struct lt_error *error);
// Each secret that the bridge's options name is there and readable by nobody else. LT_BAD_FILE, LT_NOT_FOUND, …, with the
// place of the option. Nothing is kept of it.
enum lt_code check_secrets(const struct instance *instance, struct lt_slice text, const char *path,
                           struct lt_error *error);
// Puts the place of that key's value before the sentence that there is in *error.
enum lt_code check_blame(struct lt_slice text, const char *path, const char *key, enum lt_code code,
                         struct lt_error *error);

#endif
