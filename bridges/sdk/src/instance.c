// The file is read twice: first only to learn which bridge it is for, then with both tables, the
// host's and the bridge's, so that each unknown key is told with its place.
#include "instance.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yaml.h>

#include "check.h"
#include "module.h"

enum { CONFIG_MAX = 256 * 1024 };

const struct lt_option instance_options[] = {
    LT_OPTION_TEXT("bridge", struct instance_settings, bridge, LT_REQUIRED,
                   "Which bridge it is: speaker, …"),
    LT_OPTION_TEXT("identity", struct instance_settings, identity, NULL,
                   "The principal that it acts as; without it identity.yaml of the folder"),
    LT_OPTION_TEXT(
        "durable", struct instance_settings, durable, NULL,
        "Name of its subscription and of its target in receipts; without it the file's name"),
    LT_OPTION_LIST("subscribe", struct instance_settings, subscribe,
                   "Topic patterns; without it what the identity's grant lets it receive"),
    LT_OPTION_MAP("targets", struct instance_settings, targets,
                  "Several targets: name: patterns separated by commas. Each has its own "
                  "subscription and receipts"),
    LT_OPTION_LIST("hamlets", struct instance_settings, hamlets,
                   "Hamlets that it serves; without it those of its topics"),
    LT_OPTION_NUMBER("attempts", struct instance_settings, attempts, "10", 1, 20,
                     "How often a message is tried before it is given up"),
    LT_OPTION_BOOL("clockless", struct instance_settings, clockless, "no",
                   "It has no clock battery: after a start routine messages wait until the hub has "
                   "told the time"),
    LT_OPTION_DURATION("health-every", struct instance_settings, health_every_ms, "5m", 1000,
                       86400000, "How often health is published when nothing changes"),
    LT_OPTION_TEXT(
        "rate", struct instance_settings, rate, NULL,
        "How many messages a target is given at most: 20/m, 1/s, 3/10s; without it there "
        "is no limit"),
    LT_OPTION_NUMBER("burst", struct instance_settings, burst, "1", 1, 100000,
                     "With rate: how many may follow at once after a rest"),
    LT_OPTION_NUMBER("reserved", struct instance_settings, reserved, "20", 0, 90,
                     "With rate: percent of it that is kept for thuong-khan and hoa-toc"),
    LT_OPTION_NUMBER(
        "breaker", struct instance_settings, breaker, "5", 0, 1000,
        "After so many failures in a row at a target nothing is tried for a while, but "
        "hoa-toc is; 0: all is always tried"),
    LT_OPTION_DURATION("breaker-rest", struct instance_settings, breaker_rest_ms, "10s", 100,
                       3600000, "How long that is at first; it doubles, up to 10 minutes"),
    LT_OPTION_TEXT("far-side", struct instance_settings, far_side, NULL,
                   "Name of a far side that several instances share: what one has brought in from "
                   "it no other gives back to it"),
    LT_OPTION_TEXT("metrics", struct instance_settings, metrics, NULL,
                   "Where a scraper reads its figures: 127.0.0.1:5780, loopback only; without it "
                   "none are served"),
    LT_OPTION_END};

static const char prefix[] = "options.";

static void free_prefixed(struct lt_option **options)
{
    for (size_t i = 0; *options && (*options)[i].kind != LT_OPTION_KIND_END; i++)
        free((char *)(*options)[i].name);
    free(*options);
    *options = NULL;
}

// The bridge's table with "options." before each name, and the host's struct beside the state.
static struct lt_option *prefixed(const struct lt_option *options)
{
    size_t count = 0;
    while (options[count].kind != LT_OPTION_KIND_END)
        count++;
    struct lt_option *copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        size_t room = sizeof prefix + strlen(options[i].name);
        char *name = malloc(room);
        if (!name) {
            free_prefixed(&copy);
            return NULL;
        }
        snprintf(name, room, "%s%s", prefix, options[i].name);
        copy[i] = options[i];
        copy[i].name = name;
    }
    return copy;
}

// The value of `bridge` at the top of the document, or NULL: whatever else is wrong is told later.
static char *bridge_of(yaml_document_t *document)
{
    yaml_node_t *root = yaml_document_get_root_node(document);
    if (!root || root->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(document, pair->key);
        yaml_node_t *value = yaml_document_get_node(document, pair->value);
        if (key->type == YAML_SCALAR_NODE && value->type == YAML_SCALAR_NODE &&
            strcmp((const char *)key->data.scalar.value, "bridge") == 0)
            return strdup((const char *)value->data.scalar.value);
    }
    return NULL;
}

static char *peek_bridge(struct lt_slice text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    char *name = NULL;
    if (!yaml_parser_initialize(&parser))
        return NULL;
    yaml_parser_set_input_string(&parser, text.size ? text.data : (const uint8_t *)"", text.size);
    if (yaml_parser_load(&parser, &document)) {
        name = bridge_of(&document);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return name;
}

static int is_config(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

static enum lt_code no_such(const char *folder, const char *path, struct lt_error *error)
{
    struct lt_buffer names = {.max = 4096};
    struct dirent **found = NULL;
    char *bridges = NULL;
    int count = lt_folder_path(folder, "bridges", &bridges, NULL) == LT_DONE
                    ? scandir(bridges, &found, is_config, alphasort)
                    : 0;
    for (int i = 0; i < count; i++) {
        lt_buffer_print(&names, "%s%.*s", i ? ", " : "", (int)strlen(found[i]->d_name) - 5,
                        found[i]->d_name);
        free(found[i]);
    }
    free(found);
    free(bridges);
    enum lt_code code = lt_fail_whole(error, LT_NOT_FOUND, "there is no %s; there are: %.*s", path,
                                      count > 0 ? (int)names.size : 4,
                                      count > 0 ? (const char *)names.data : "none");
    lt_buffer_clear(&names);
    return code;
}

static enum lt_code read_options(struct instance *instance, struct lt_slice text, const char *path,
                                 struct lt_error *error)
{
    char *bridge = peek_bridge(text);
    enum lt_code code = LT_DONE;
    struct lt_option_set sets[2] = {{instance_options, &instance->settings}};
    size_t count = 1;
    if (bridge) {
        code = module_load(bridge, &instance->bridge, error);
        if (code != LT_DONE)
            check_blame(text, path, "bridge", code, error);
    }
    if (code == LT_DONE && instance->bridge) {
        instance->options = prefixed(instance->bridge->options);
        instance->state =
            calloc(1, instance->bridge->state_size ? instance->bridge->state_size : 1);
        if (!instance->options || !instance->state)
            code = lt_fail(error, LT_NO_MEMORY, "no memory for the bridge");
        else
            module_prepare(instance->bridge, instance->state);
        sets[count++] = (struct lt_option_set){instance->options, instance->state};
    }
    if (code == LT_DONE)
        code = lt_options_parse(text, path, sets, count, error);
    if (code == LT_DONE)
        code = check_settings(instance, text, path, error);
    if (code == LT_DONE)
        code = check_per_target(instance, text, path, error);
    if (code == LT_DONE)
        code = check_fits(instance, text, path, error);
    if (code == LT_DONE)
        code = check_secrets(instance, text, path, error);
    free(bridge);
    return code;
}

static enum lt_code read_identity(struct instance *instance, struct lt_slice text, const char *path,
                                  struct lt_error *error)
{
    const char *as = instance->settings.identity;
    enum lt_code code = lt_identity_load(instance->folder, as, &instance->identity, error);
    return code == LT_NOT_FOUND && as ? check_blame(text, path, "identity", code, error) : code;
}

// given: what the file is taken to say; NULL: it is read.
static enum lt_code read_config(struct instance *instance, const struct lt_slice *given,
                                struct lt_error *error)
{
    char file[512];
    char *path = NULL;
    struct lt_buffer *text = &instance->text;
    if (!*instance->name || strlen(instance->name) > LT_DURABLE_MAX || strchr(instance->name, '/'))
        return lt_fail(
            error, LT_BAD_USE,
            "'%s' is no name of an instance: it is the file bridges/NAME.yaml without .yaml",
            instance->name);
    snprintf(file, sizeof file, "bridges/%s.yaml", instance->name);
    enum lt_code code = lt_folder_path(instance->folder, file, &path, error);
    if (code != LT_DONE)
        return code;
    if (given) {
        lt_buffer_add(text, given->data, given->size);
    } else if (access(path, R_OK) != 0) {
        code = no_such(instance->folder, path, error);
    } else {
        code = lt_file_read(path, text, error);
    }
    if (code == LT_DONE && text->failed)
        code = lt_fail(error, LT_NO_MEMORY, "no memory to read %s", path);
    if (code == LT_DONE)
        code = read_options(instance, lt_buffer_slice(text), path, error);
    if (code == LT_DONE)
        code = read_identity(instance, lt_buffer_slice(text), path, error);
    free(path);
    return code;
}

enum lt_code instance_state(const struct instance *instance, const char *name, char **path,
                            struct lt_error *error)
{
    char text[4096];
    const char *state = instance->identity.state ? instance->identity.state : "data";
    int size = snprintf(text, sizeof text, "%s/bridge.%s%s%s", state, instance->name,
                        name ? "/" : "", name ? name : "");
    if (size < 0 || size >= (int)sizeof text)
        return lt_fail(error, LT_BAD_USE, "the path of the state folder is too long");
    return lt_folder_path(instance->folder, text, path, error);
}

static enum lt_code read_grant(struct instance *instance, struct lt_error *error)
{
    const char *principal = instance->identity.principal;
    char *path = NULL, *saved = NULL;
    enum lt_code code = instance_state(instance, INSTANCE_GRANT, &saved, error);
    if (code == LT_DONE && instance->identity.grants) {
        code = lt_folder_path(instance->folder, instance->identity.grants, &path, error);
        if (code == LT_DONE)
            code = own_grant_load(path, principal, &instance->own, error);
    }
    if (code == LT_DONE)
        own_grant_recall(saved, principal, &instance->own);
    free(path);
    free(saved);
    return code;
}

static enum lt_code load(const char *folder, const char *name, const struct lt_slice *given,
                         struct instance *instance, struct lt_error *error)
{
    *instance = (struct instance){
        .name = strdup(name), .folder = strdup(folder), .text = {.max = CONFIG_MAX}};
    enum lt_code code = LT_DONE;
    if (!instance->name || !instance->folder)
        code = lt_fail(error, LT_NO_MEMORY, "no memory for an instance");
    if (code == LT_DONE)
        code = read_config(instance, given, error);
    if (code == LT_DONE)
        code = read_grant(instance, error);
    if (code == LT_DONE && !lt_durable_valid(lt_slice_of(
                               instance->settings.durable ? instance->settings.durable : name)))
        code = lt_fail(
            error, LT_BAD_USE,
            "'%s' is no name of a subscription: at most 64 of a-z 0-9 . _ -; give one as durable",
            instance->settings.durable ? instance->settings.durable : name);
    if (code != LT_DONE)
        instance_clear(instance);
    return code;
}

enum lt_code instance_load(const char *folder, const char *name, struct instance *instance,
                           struct lt_error *error)
{
    return load(folder, name, NULL, instance, error);
}

enum lt_code instance_load_text(const char *folder, const char *name, struct lt_slice text,
                                struct instance *instance, struct lt_error *error)
{
    return load(folder, name, &text, instance, error);
}

void instance_clear(struct instance *instance)
{
    lt_buffer_clear(&instance->text);
    if (instance->state && instance->options)
        lt_options_clear(instance->options, instance->state);
    free(instance->state);
    free_prefixed(&instance->options);
    module_release(&instance->bridge);
    own_grant_clear(&instance->own);
    lt_identity_clear(&instance->identity);
    lt_options_clear(instance_options, &instance->settings);
    free(instance->name);
    free(instance->folder);
    *instance = (struct instance){0};
}

enum lt_code instance_sample(const char *bridge, struct lt_buffer *out, struct lt_error *error)
{
    const struct lt_bridge *found = NULL;
    enum lt_code code = module_load(bridge, &found, error);
    if (code != LT_DONE)
        return code;
    struct lt_option *options = prefixed(found->options);
    bool whole = options && lt_buffer_print(out, "bridge: %s\n", bridge) &&
                 lt_options_sample(instance_options + 1, out) && lt_options_sample(options, out);
    free_prefixed(&options);
    module_release(&found);
    return whole ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no memory for the sample");
}
