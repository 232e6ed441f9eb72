// What may stand for a placeholder of the tables.
#include "candidates.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <lienthon/bundle.h>
#include <lienthon/grant.h>
#include <lienthon/settings/role.h>
#include <lienthon/type.h>

#include "compose.h"
#include "every.h"
#include "manual.h"
#include "tongue.h"

enum { GRANTS_MAX = 16 * 1024 * 1024 };

void candidates_add(struct candidates *out, const char *word, const char *about)
{
    const char *typed = out->typed + out->kept;
    if (word[0] != ':' && strncmp(word, typed, strlen(typed)) != 0) {
        return;
    }
    const size_t size = out->kept + strlen(word) + 1;
    char *whole = cli_alloc(size);
    snprintf(whole, size, "%.*s%s", word[0] != ':' ? (int)out->kept : 0, out->typed, word);
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->items[i].word, whole) == 0) {
            free(whole);
            return;
        }
    }
    if (out->count == out->room) {
        out->room = out->room > 0 ? out->room * 2 : 32;
        struct candidate *items = cli_alloc(out->room * sizeof *items);
        if (out->count > 0) {
            memcpy(items, out->items, out->count * sizeof *items);
        }
        free(out->items);
        out->items = items;
    }
    out->items[out->count++] = (struct candidate){whole, cli_copy(lt_slice_of(about))};
}

void candidates_clear(struct candidates *out)
{
    for (size_t i = 0; i < out->count; i++) {
        free(out->items[i].word);
        free(out->items[i].about);
    }
    free(out->items);
    *out = (struct candidates){.typed = ""};
}

// Only what stands behind the last comma is still open.
static void begin_item(struct candidates *out)
{
    const char *comma = strrchr(out->typed + out->kept, ',');
    if (comma != NULL) {
        out->kept = (size_t)(comma - out->typed) + 1;
    }
}

static void offer_hamlets(const struct cli *cli, struct candidates *out)
{
    struct lt_commune commune;
    begin_item(out);
    if (lt_commune_load(cli->folder, &commune, NULL) != LT_DONE) {
        return;
    }
    for (size_t i = 0; i < commune.hamlets.count; i++) {
        candidates_add(out, commune.hamlets.items[i].name, commune.hamlets.items[i].text);
    }
    lt_commune_clear(&commune);
}

static void offer_receivers(const struct cli *cli, struct candidates *out)
{
    offer_hamlets(cli, out);
    candidates_add(out, "tat-ca", tongue("all hamlets"));
}

// As the type says them.
static void offer_channels(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    lt_types *types = lt_types_new(NULL);
    const struct lt_type *notice =
        types != NULL ? lt_types_find(types, lt_slice_of("notice.v1")) : NULL;
    json_t *schema = notice != NULL ? json_loads(notice->text, 0, NULL) : NULL;
    const json_t *channels = json_object_get(
        json_object_get(json_object_get(json_object_get(schema, "properties"), "channels"),
                        "items"),
        "enum");
    begin_item(out);
    for (size_t i = 0; i < json_array_size(channels); i++) {
        const char *name = json_string_value(json_array_get(channels, i));
        candidates_add(out, name != NULL ? name : "", "");
    }
    json_decref(schema);
    lt_types_destroy(&types);
}

static void offer_types(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    lt_types *types = lt_types_new(NULL);
    const struct lt_type *type = NULL;
    begin_item(out);
    for (size_t i = 0; types != NULL && (type = lt_types_at(types, i)) != NULL; i++) {
        candidates_add(out, type->name, "");
    }
    lt_types_destroy(&types);
}

static void offer_grades(const struct cli *cli, struct candidates *out)
{
    static const char *const about[] = {PHRASE("routine"), PHRASE("urgent"), PHRASE("very urgent"),
                                        PHRASE("flash: life and property")};
    (void)cli;
    for (uint8_t i = 0; i < 4; i++) {
        candidates_add(out, compose_urgency_name(i), tongue(about[i]));
    }
}

static void offer_labels(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    candidates_add(out, "cong-khai", tongue("public"));
    candidates_add(out, "noi-bo", tongue("internal"));
}

static int is_yaml(const struct dirent *entry)
{
    const size_t size = strlen(entry->d_name);
    return size > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

// The names of the folder's NAME.yaml; false: there are none.
static bool each_yaml(const struct cli *cli, const char *folder,
                      void (*offer)(const struct cli *cli, const char *name,
                                    struct candidates *out),
                      struct candidates *out)
{
    char *path = cli_path(cli, "%s", folder);
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_yaml, alphasort);
    for (int i = 0; i < count; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - 5] = '\0';
        offer(cli, entries[i]->d_name, out);
        free(entries[i]);
    }
    free(entries);
    free(path);
    return count > 0;
}

static void offer_role(const struct cli *cli, const char *name, struct candidates *out)
{
    lt_role *role = NULL;
    if (lt_role_find(cli->folder, name, &role, NULL) == LT_DONE) {
        candidates_add(out, name, lt_role_name(role));
    }
    lt_role_destroy(&role);
}

static void offer_roles(const struct cli *cli, struct candidates *out)
{
    const struct lt_role_file *file = NULL;
    if (each_yaml(cli, "roles", offer_role, out)) {
        return;
    }
    for (size_t i = 0; (file = lt_role_builtin(i)) != NULL; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(file->name, "."), file->name);
        offer_role(cli, name, out);
    }
}

static void offer_identity(const struct cli *cli, const char *name, struct candidates *out)
{
    (void)cli;
    candidates_add(out, name, "");
}

static void offer_identities(const struct cli *cli, struct candidates *out)
{
    struct lt_identity own;
    if (lt_identity_load(cli->folder, NULL, &own, NULL) == LT_DONE) {
        candidates_add(out, own.principal, tongue("this folder's own"));
        lt_identity_clear(&own);
    }
    each_yaml(cli, "identities", offer_identity, out);
}

// Whoever has an identity here, or stands in the grants that lie here.
static void offer_principals(const struct cli *cli, struct candidates *out)
{
    struct lt_buffer bytes = {.max = GRANTS_MAX};
    struct lt_bundle bundle;
    struct lt_slice sealed;
    char *path = cli_path(cli, "grants.ltb");
    offer_identities(cli, out);
    if (lt_file_read(path, &bytes, NULL) == LT_DONE &&
        lt_bundle_open(lt_buffer_slice(&bytes), &bundle, NULL) == LT_DONE) {
        while (lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
            struct lt_sealed message;
            struct lt_grant *grant = NULL;
            if (lt_sealed_decode(sealed, &message, NULL) == LT_DONE &&
                lt_grant_open(&message.part, &grant, NULL) == LT_DONE) {
                char *name = cli_copy(grant->principal);
                char *about = cli_copy(grant->name);
                candidates_add(out, name, about);
                free(about);
                free(name);
            }
            lt_grant_destroy(&grant);
        }
    }
    lt_buffer_clear(&bytes);
    free(path);
}

static void offer_topic(const char *xa, const char *hamlet, const char *rest,
                        struct candidates *out)
{
    char topic[LT_TOPIC_MAX + 1];
    snprintf(topic, sizeof topic, "%s%s%s%s", xa, hamlet[0] != '\0' ? "/" : "", hamlet, rest);
    candidates_add(out, topic, "");
}

static void offer_topics_below(const struct cli *cli, bool patterns, struct candidates *out)
{
    struct lt_commune commune;
    if (lt_commune_load(cli->folder, &commune, NULL) != LT_DONE) {
        return;
    }
    for (size_t i = 0; i < commune.hamlets.count; i++) {
        const char *hamlet = commune.hamlets.items[i].name;
        offer_topic(commune.xa, hamlet, "/thong-bao", out);
        offer_topic(commune.xa, hamlet, "/canh-bao", out);
        if (patterns) {
            offer_topic(commune.xa, hamlet, "/#", out);
        }
    }
    offer_topic(commune.xa, "tat-ca", "/thong-bao", out);
    offer_topic(commune.xa, "tat-ca", "/canh-bao", out);
    if (patterns) {
        offer_topic(commune.xa, "", "/#", out);
        offer_topic(commune.xa, "+", "/thong-bao", out);
        offer_topic(commune.xa, "suc-khoe", "/#", out);
    }
    lt_commune_clear(&commune);
}

static void offer_topics(const struct cli *cli, struct candidates *out)
{
    offer_topics_below(cli, false, out);
}

static void offer_patterns(const struct cli *cli, struct candidates *out)
{
    offer_topics_below(cli, true, out);
}

static void offer_wishes(const struct cli *cli, struct candidates *out)
{
    static const char *const words[] = {"publish", "subscribe", "relay", "query", "grant", "enrol"};
    offer_types(cli, out);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        candidates_add(out, words[i], "");
    }
}

static void offer_where(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    candidates_add(out, "new", tongue("what comes from now on"));
    candidates_add(out, "retained", tongue("the topics' last values, then what comes"));
    candidates_add(out, "all", tongue("all that is stored, then what comes"));
}

static void offer_help(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    for (const struct command *command = cli_commands; command->name != NULL; command++) {
        if (!command->is_hidden) {
            candidates_add(out, command->name, tongue(command->about));
        }
    }
    for (size_t i = 0; manual_file_name(i) != NULL; i++) {
        candidates_add(out, manual_file_name(i), tongue("a sample of this file"));
    }
}

static int is_instance(const struct dirent *entry)
{
    const size_t size = strlen(entry->d_name);
    return size > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

static void offer_bridges(const struct cli *cli, struct candidates *out)
{
    char *path = cli_path(cli, "bridges");
    struct dirent **found = NULL;
    const int count = scandir(path, &found, is_instance, alphasort);
    for (int i = 0; i < count; i++) {
        found[i]->d_name[strlen(found[i]->d_name) - 5] = '\0';
        candidates_add(out, found[i]->d_name, "");
        free(found[i]);
    }
    free(found);
    free(path);
}

static void offer_languages(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    candidates_add(out, "c", "");
    candidates_add(out, "python", "");
}

static void offer_files(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    candidates_add(out, ":files", "");
}

static void offer_folders(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    candidates_add(out, ":folders", "");
}

static void offer_days(const struct cli *cli, struct candidates *out)
{
    (void)cli;
    for (size_t i = 0; every_words[i] != NULL; i++) {
        candidates_add(out, every_words[i], "");
    }
}

// Placeholders for which nothing can be known (TEXT, TIME, ID, …) are not here.
static const struct {
    const char *placeholder;
    void (*offer)(const struct cli *cli, struct candidates *out);
} offers[] = {
    {"HAMLET", offer_receivers},     {"CHANNEL", offer_channels},   {"GRADE", offer_grades},
    {"LABEL", offer_labels},         {"ROLE", offer_roles},         {"IDENTITY", offer_identities},
    {"PRINCIPAL", offer_principals}, {"TYPE", offer_types},         {"TOPIC", offer_topics},
    {"PATTERN", offer_patterns},     {"WHAT", offer_wishes},        {"WHERE", offer_where},
    {"COMMAND", offer_help},         {"FILE", offer_files},         {"DIR", offer_folders},
    {"BRIDGE", offer_bridges},       {"LANGUAGE", offer_languages}, {"WHEN", offer_days},
};

static void offer_for(const struct cli *cli, const char *placeholder, size_t size,
                      struct candidates *out)
{
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        if (strlen(offers[i].placeholder) == size &&
            strncmp(offers[i].placeholder, placeholder, size) == 0) {
            offers[i].offer(cli, out);
        }
    }
}

void candidates_of_value(const struct cli *cli, const char *placeholder, struct candidates *out)
{
    offer_for(cli, placeholder, strlen(placeholder), out);
}

static void offer_alternatives(const char *words, size_t size, struct candidates *out)
{
    while (size > 0) {
        const char *end = memchr(words, '|', size);
        const size_t length = end != NULL ? (size_t)(end - words) : size;
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        candidates_add(out, word, "");
        words += length + (end != NULL);
        size -= length + (end != NULL);
    }
}

// "list|show [PRINCIPAL]" has one of these words first. "NAME --role ROLE [--hamlet HAMLET]" has one word, "[PATTERN]" one, "PATTERN …" as many as one likes.
void candidates_of_word(const struct cli *cli, const struct command *command, size_t index,
                        struct candidates *out)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz|";
    const char *at = command->words;
    const char *last = NULL;
    size_t last_size = 0;
    if (index >= command->most) {
        return;
    }
    while (*at != '\0' && strncmp(at, "--", 2) != 0) {
        const size_t small = strspn(at, lower); // "list|show"
        const size_t size = small > 0 ? small : strspn(at, upper);
        if (size > 0) {
            last = at;
            last_size = size;
            if (index-- == 0) {
                break;
            }
        }
        at += size > 0 ? size : 1;
    }
    if (last != NULL && memchr(last, '|', last_size) != NULL) {
        offer_alternatives(last, last_size, out);
    } else if (last != NULL) {
        offer_for(cli, last, last_size, out);
    }
}
