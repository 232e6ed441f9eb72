// A backup's manifest.
#include "manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tongue.h"

enum { SAID_MAX = 64 * 1024, FORMAT = 1 };

static const char *const counts[] = {PHRASE("messages"), PHRASE("grants"), PHRASE("subscriptions"),
                                     PHRASE("endings"),  PHRASE("blobs"),  "blob_bytes",
                                     "log_size",         "damaged"};

// One line "key value" into the object.
static void take_line(json_t *json, const char *line, size_t size)
{
    const char *space = memchr(line, ' ', size);
    if (space == NULL) {
        return;
    }
    char *key = cli_copy((struct lt_slice){(const uint8_t *)line, (size_t)(space - line)});
    char *value =
        cli_copy((struct lt_slice){(const uint8_t *)space + 1, size - (size_t)(space - line) - 1});
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(value, &end, 10);
    const bool is_number = errno == 0 && end != value && *end == '\0';
    json_object_set_new(json, key, is_number ? json_integer(number) : json_string(value));
    free(key);
    free(value);
}

enum lt_code manifest_account(const char *data, json_t **json, struct lt_error *error)
{
    const char *const words[] = {"--verify", data, NULL};
    struct lt_buffer said = {.max = SAID_MAX};
    enum lt_code code = program_run("lienthond", words, &said, error);
    *json = json_object();
    for (size_t at = 0; at < said.size;) {
        const uint8_t *end = memchr(said.data + at, '\n', said.size - at);
        const size_t size = end == NULL ? said.size - at : (size_t)(end - said.data) - at;
        take_line(*json, (const char *)said.data + at, size);
        at += size + 1;
    }
    lt_buffer_clear(&said);
    if (json_object_get(*json, "root") == NULL) {
        json_decref(*json);
        *json = NULL;
        return code != LT_DONE ? code : lt_fail(error, LT_IO, "lienthond has said nothing");
    }
    if (code != LT_DONE) {
        error->code = LT_STORAGE_FAILED;
    }
    return code != LT_DONE ? LT_STORAGE_FAILED : LT_DONE;
}

json_t *manifest_make(const struct lt_commune *commune, bool has_root, json_t *account)
{
    json_t *json = json_pack("{s:i, s:I, s:s, s:b}", "format", FORMAT, "made",
                             (json_int_t)cli_now(), "version", CLI_VERSION, "root_key", has_root);
    if (json != NULL && commune != NULL) {
        json_object_set_new(json, "commune", json_string(commune->name));
        json_object_set_new(json, "xa", json_string(commune->xa));
        json_object_set_new(json, "data", json_string(commune->hub.data));
    }
    if (json != NULL && account != NULL) {
        json_object_set(json, "store", account);
    }
    return json;
}

enum lt_code manifest_check(json_t *manifest, struct lt_error *error)
{
    if (!json_is_array(json_object_get(manifest, "files"))) {
        return lt_fail(error, LT_BAD_FILE,
                       "the backup has no manifest: it is cut off, or no backup of lienthon");
    }
    const json_int_t format = json_integer_value(json_object_get(manifest, "format"));
    return format == FORMAT
               ? LT_DONE
               : lt_fail(
                     error, LT_BAD_FILE,
                     "the backup is of format %lld, this program knows %d: take a newer lienthon",
                     (long long)format, FORMAT);
}

enum lt_code manifest_compare(json_t *manifest, json_t *account, struct lt_error *error)
{
    json_t *then = json_object_get(manifest, "store");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const json_int_t before = json_integer_value(json_object_get(then, counts[i]));
        const json_int_t now = json_integer_value(json_object_get(account, counts[i]));
        if (before != now) {
            return lt_fail(error, LT_BAD_FILE,
                           "%s: the backup's store has %lld, its manifest says %lld", counts[i],
                           (long long)now, (long long)before);
        }
    }
    const char *before = json_string_value(json_object_get(then, "root"));
    const char *now = json_string_value(json_object_get(account, "root"));
    return before != NULL && now != NULL && strcmp(before, now) == 0
               ? LT_DONE
               : lt_fail(error, LT_BAD_FILE,
                         "the root of the backup's log is not what its manifest says");
}

void manifest_print(json_t *manifest, struct lt_buffer *out)
{
    json_t *store = json_object_get(manifest, "store");
    (void)lt_buffer_print(out, tongue("%zu files"),
                          json_array_size(json_object_get(manifest, "files")));
    for (size_t i = 0; store != NULL && i < 5; i++) {
        (void)lt_buffer_print(out, ", %lld %s",
                              (long long)json_integer_value(json_object_get(store, counts[i])),
                              tongue(counts[i]));
    }
    (void)lt_buffer_print(out, "%s",
                          json_is_true(json_object_get(manifest, "root_key"))
                              ? tongue("; the root key is in it")
                              : tongue("; the root key is NOT in it"));
}
