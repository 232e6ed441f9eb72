// Reads role files: each key checked where it stands, each pattern tried with sample names.
#include "role.h"

#include <lienthon/settings/folder.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "value.h"

enum { ROLE_FILE_MAX = 64 * 1024, ROLE_DAYS_MAX = 36500 };

struct key {
    const char *name;
    bool needed;
    const char *allowed, *help;
};

static const struct key role_keys[] = {
    {"role", true, "a text", "The name of the role; the file is called NAME.yaml"},
    {"name", true, "a text", "Its name for people"},
    {"description", true, "a text", "One line for people: what it is for"},
    {"expires-days", true, "a whole number from 1 to 36500",
     "How many days a grant of this role holds"},
    {"publish", false, "a list of maps: topics, types, max_priority, max_label, hands",
     "What it may send"},
    {"subscribe", false, "a list of maps: topics, max_label", "What it may receive"},
    {"rights", false, "a list of relay, query, grant, enrol",
     "relay: carry others' messages in; query: ask for history and status; grant: issue grants "
     "inside scope; enrol: issue one"},
    {"scope", false, "a map: principals, publish, subscribe, rights, expires-days",
     "The bound on the grants that it may issue"},
    {NULL, false, NULL, NULL}};
static const struct key scope_keys[] = {
    {"principals", true, "a list of patterns over segments: * one, a last ** one or more",
     "Whom it may give grants to"},
    {"publish", false, "as publish", "What those may send at most"},
    {"subscribe", false, "as subscribe", "What those may receive at most"},
    {"rights", false, "as rights", "Which rights those may have at most"},
    {"expires-days", true, "a whole number from 1 to 36500",
     "How many days from its own making those may hold at most"},
    {NULL, false, NULL, NULL}};
static const struct key publish_keys[] = {
    {"topics", true,
     "a list of topic patterns; <xa>, <ap>, <principal>, <principal-path>, <name> "
     "are filled in",
     "Where"},
    {"types", true, "a list of types, or *", "What"},
    {"max_priority", true, "thuong, khan, thuong-khan, hoa-toc", "Up to which urgency"},
    {"max_label", true, "cong-khai, noi-bo, mat", "Up to which label"},
    {"hands", false, "2", "2: obeyed only when a second person approves"},
    {NULL, false, NULL, NULL}};
static const struct key subscribe_keys[] = {
    {"topics", true, "a list of topic patterns", "Where"},
    {"max_label", true, "cong-khai, noi-bo, mat", "Up to which label"},
    {NULL, false, NULL, NULL}};

static const char *const priorities[] = {"thuong", "khan", "thuong-khan", "hoa-toc", NULL};
static const char *const labels[] = {"cong-khai", "noi-bo", "mat", NULL};
static const char *const rights[] = {"relay", "query", "grant", "enrol", NULL};

static yaml_node_t *find(struct yaml *yaml, const yaml_node_t *map, const char *name)
{
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        if (strcmp(yaml_text(yaml_node(yaml, pair->key)), name) == 0) {
            return yaml_node(yaml, pair->value);
        }
    }
    return NULL;
}

static void join(const char *const *names, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; names[i] != NULL && used < size; i++) {
        const int wrote = snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", names[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

static enum lt_code check_keys(struct yaml *yaml, const yaml_node_t *map, const struct key *keys,
                               struct lt_error *error)
{
    if (map->type != YAML_MAPPING_NODE) {
        return yaml_fail(yaml, map, error, "this is %s; it must be a map of keys", yaml_kind(map));
    }
    const char *names[16] = {NULL};
    size_t count = 0;
    for (; keys[count].name != NULL; count++) {
        names[count] = keys[count].name;
    }
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_node(yaml, pair->key);
        bool known = false;
        for (size_t i = 0; i < count; i++) {
            known = known || strcmp(names[i], yaml_text(key)) == 0;
        }
        if (!known) {
            char allowed[160];
            join(names, allowed, sizeof allowed);
            const char *near = lt_nearest(yaml_text(key), names, count);
            char shown[VALUE_SHOWN];
            return yaml_fail(yaml, key, error, "unknown key '%s'%s%s%s allowed: %s",
                             lt_shorten(yaml_text(key), shown, sizeof shown),
                             near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                             near != NULL ? "'?" : ";", allowed);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (keys[i].needed && find(yaml, map, keys[i].name) == NULL) {
            return yaml_fail(yaml, map, error, "'%s' is missing", keys[i].name);
        }
    }
    return LT_DONE;
}

static enum lt_code read_text(struct yaml *yaml, const yaml_node_t *map, const char *name,
                              char **text, struct lt_error *error)
{
    const yaml_node_t *node = find(yaml, map, name);
    if (node->type != YAML_SCALAR_NODE || yaml_is_nothing(node)) {
        return yaml_fail(yaml, node, error, "'%s' must be a text", name);
    }
    *text = strdup(yaml_text(node));
    return *text != NULL ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no memory for a role");
}

static enum lt_code read_choice(struct yaml *yaml, const yaml_node_t *node,
                                const char *const *names, size_t *index, struct lt_error *error)
{
    for (*index = 0; node->type == YAML_SCALAR_NODE && names[*index] != NULL; (*index)++) {
        if (strcmp(names[*index], yaml_text(node)) == 0) {
            return LT_DONE;
        }
    }
    char allowed[128];
    join(names, allowed, sizeof allowed);
    return yaml_fail(yaml, node, error, "'%s' is not allowed here; allowed: %s",
                     node->type == YAML_SCALAR_NODE ? yaml_text(node) : yaml_kind(node), allowed);
}

static enum lt_code read_level(struct yaml *yaml, const yaml_node_t *map, const char *name,
                               const char *const *names, uint8_t *level, struct lt_error *error)
{
    size_t index = 0;
    const enum lt_code code = read_choice(yaml, find(yaml, map, name), names, &index, error);
    *level = (uint8_t)index;
    return code;
}

static enum lt_code read_days(struct yaml *yaml, const yaml_node_t *map, uint64_t *days,
                              struct lt_error *error)
{
    const yaml_node_t *node = find(yaml, map, "expires-days");
    const struct lt_option row = {
        .name = "expires-days", .kind = LT_OPTION_KIND_NUMBER, .min = 1, .max = ROLE_DAYS_MAX};
    int64_t number = 0;
    struct lt_error why = {0};
    if (node->type != YAML_SCALAR_NODE ||
        value_set(&row, &number, yaml_text(node), &why) != LT_DONE) {
        return yaml_fail(yaml, node, error, "'expires-days' must be a whole number from 1 to %d",
                         ROLE_DAYS_MAX);
    }
    *days = (uint64_t)number;
    return LT_DONE;
}

static bool topic_fits(const char *text)
{
    static const struct role_blank samples[] = {
        {"<xa>", "x"}, {"<ap>", "a"}, {"<principal-path>", "p"}, {"<name>", "n"}};
    const char *missing = NULL;
    char *topic = role_substitute(text, samples, sizeof samples / sizeof samples[0], &missing);
    const bool fits = topic != NULL && lt_pattern_valid(lt_slice_of(topic));
    free(topic);
    return fits;
}

static bool principal_fits(const char *text)
{
    static const struct role_blank samples[] = {
        {"<xa>", "x"}, {"<ap>", "a"}, {"<principal>", "p"}, {"<name>", "n"}};
    const char *missing = NULL;
    char *name = role_substitute(text, samples, sizeof samples / sizeof samples[0], &missing);
    const bool fits = name != NULL && lt_principal_pattern_valid(lt_slice_of(name));
    free(name);
    return fits;
}

static bool type_fits(const char *text)
{
    return strcmp(text, "*") == 0 || lt_type_valid(lt_slice_of(text));
}

struct list_of {
    const char *name, *item; // the key, and what an item is called
    bool (*fits)(const char *text);
    const char *allowed;
};

static const struct list_of topics_list = {
    "topics", "pattern", topic_fits,
    "levels of a-z 0-9 - _, +, #, <xa> <ap> <name> <principal-path>"};
static const struct list_of types_list = {"types", "type", type_fits, "a type as notice.v1, or *"};
static const struct list_of principals_list = {
    "principals", "pattern", principal_fits,
    "segments of a-z 0-9 -, *, a last **, <xa> <ap> <name> <principal>"};

static enum lt_code read_list(struct yaml *yaml, const yaml_node_t *map, const struct list_of *what,
                              struct lt_option_list *list, struct lt_error *error)
{
    const yaml_node_t *node = find(yaml, map, what->name);
    if (node->type != YAML_SEQUENCE_NODE) {
        return yaml_fail(yaml, node, error, "'%s' must be a list", what->name);
    }
    const yaml_node_item_t *item = node->data.sequence.items.start;
    const ptrdiff_t count = node->data.sequence.items.top - item;
    if (count < 1 || count > LT_GRANT_ARRAY_MAX) {
        return yaml_fail(yaml, node, error, "'%s' must have 1 to %d entries", what->name,
                         LT_GRANT_ARRAY_MAX);
    }
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *text = yaml_node(yaml, *item);
        if (text->type != YAML_SCALAR_NODE || !what->fits(yaml_text(text))) {
            return yaml_fail(yaml, text, error, "'%s' is no %s; allowed: %s",
                             text->type == YAML_SCALAR_NODE ? yaml_text(text) : yaml_kind(text),
                             what->item, what->allowed);
        }
        if (!value_add_item(list, yaml_text(text))) {
            return lt_fail(error, LT_NO_MEMORY, "no memory for a role");
        }
    }
    return LT_DONE;
}

static enum lt_code read_hands(struct yaml *yaml, const yaml_node_t *map, bool *two_hands,
                               struct lt_error *error)
{
    const yaml_node_t *node = find(yaml, map, "hands");
    if (node == NULL) {
        return LT_DONE;
    }
    if (node->type != YAML_SCALAR_NODE || strcmp(yaml_text(node), "2") != 0) {
        return yaml_fail(yaml, node, error, "'hands' must be 2, or not be there");
    }
    *two_hands = true;
    return LT_DONE;
}

static enum lt_code read_publish(struct yaml *yaml, const yaml_node_t *map,
                                 struct role_entry *entry, struct lt_error *error)
{
    enum lt_code code = check_keys(yaml, map, publish_keys, error);
    if (code == LT_DONE) {
        code = read_list(yaml, map, &topics_list, &entry->topics, error);
    }
    if (code == LT_DONE) {
        code = read_list(yaml, map, &types_list, &entry->types, error);
    }
    if (code == LT_DONE) {
        code = read_level(yaml, map, "max_priority", priorities, &entry->max_priority, error);
    }
    if (code == LT_DONE) {
        code = read_level(yaml, map, "max_label", labels, &entry->max_label, error);
    }
    return code == LT_DONE ? read_hands(yaml, map, &entry->two_hands, error) : code;
}

static enum lt_code read_subscribe(struct yaml *yaml, const yaml_node_t *map,
                                   struct role_entry *entry, struct lt_error *error)
{
    enum lt_code code = check_keys(yaml, map, subscribe_keys, error);
    if (code == LT_DONE) {
        code = read_list(yaml, map, &topics_list, &entry->topics, error);
    }
    return code == LT_DONE ? read_level(yaml, map, "max_label", labels, &entry->max_label, error)
                           : code;
}

typedef enum lt_code read_entry(struct yaml *yaml, const yaml_node_t *map, struct role_entry *entry,
                                struct lt_error *error);

static enum lt_code read_entries(struct yaml *yaml, const yaml_node_t *map, const char *name,
                                 read_entry *read, struct role_entry **entries, size_t *count,
                                 struct lt_error *error)
{
    const yaml_node_t *node = find(yaml, map, name);
    if (node == NULL) {
        return LT_DONE;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        return yaml_fail(yaml, node, error, "'%s' must be a list", name);
    }
    const yaml_node_item_t *item = node->data.sequence.items.start;
    const ptrdiff_t size = node->data.sequence.items.top - item;
    if (size > LT_GRANT_ARRAY_MAX) {
        return yaml_fail(yaml, node, error, "'%s' may have %d entries at most", name,
                         LT_GRANT_ARRAY_MAX);
    }
    *entries = calloc(size > 0 ? (size_t)size : 1, sizeof **entries);
    if (*entries == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for a role");
    }
    *count = (size_t)size;
    enum lt_code code = LT_DONE;
    for (ptrdiff_t i = 0; code == LT_DONE && i < size; i++) {
        code = read(yaml, yaml_node(yaml, item[i]), &(*entries)[i], error);
    }
    return code;
}

static enum lt_code read_rights(struct yaml *yaml, const yaml_node_t *map, unsigned *out,
                                struct lt_error *error)
{
    static const unsigned bits[] = {LT_RELAY, LT_QUERY, LT_GRANT, LT_ENROL};
    const yaml_node_t *node = find(yaml, map, "rights");
    if (node == NULL) {
        return LT_DONE;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        return yaml_fail(yaml, node, error, "'rights' must be a list");
    }
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        size_t index = 0;
        const enum lt_code code = read_choice(yaml, yaml_node(yaml, *item), rights, &index, error);
        if (code != LT_DONE) {
            return code;
        }
        *out |= bits[index];
    }
    return LT_DONE;
}

static enum lt_code read_powers(struct yaml *yaml, const yaml_node_t *map,
                                struct role_powers *powers, struct lt_error *error)
{
    enum lt_code code = read_entries(yaml, map, "publish", read_publish, &powers->publish,
                                     &powers->publish_count, error);
    if (code == LT_DONE) {
        code = read_entries(yaml, map, "subscribe", read_subscribe, &powers->subscribe,
                            &powers->subscribe_count, error);
    }
    return code == LT_DONE ? read_rights(yaml, map, &powers->rights, error) : code;
}

static enum lt_code read_scope(struct yaml *yaml, const yaml_node_t *root, struct lt_role *role,
                               struct lt_error *error)
{
    const yaml_node_t *map = find(yaml, root, "scope");
    const unsigned issuing = role->powers.rights & ((unsigned)LT_GRANT | (unsigned)LT_ENROL);
    if ((map == NULL) != (issuing == 0)) {
        return yaml_fail(yaml, map != NULL ? map : root, error,
                         "'scope' and the right 'grant' or 'enrol' go together");
    }
    if (map == NULL) {
        return LT_DONE;
    }
    role->has_scope = true;
    enum lt_code code = check_keys(yaml, map, scope_keys, error);
    if (code == LT_DONE) {
        code = read_list(yaml, map, &principals_list, &role->scope_principals, error);
    }
    if (code == LT_DONE) {
        code = read_powers(yaml, map, &role->scope, error);
    }
    return code == LT_DONE ? read_days(yaml, map, &role->scope_expires_days, error) : code;
}

static enum lt_code read_role(struct yaml *yaml, struct lt_role *role, struct lt_error *error)
{
    const yaml_node_t *root = yaml_root(yaml);
    if (root == NULL) {
        return yaml_fail(yaml, NULL, error, "the file is empty; it must be a role");
    }
    enum lt_code code = check_keys(yaml, root, role_keys, error);
    if (code == LT_DONE) {
        code = read_text(yaml, root, "role", &role->id, error);
    }
    if (code == LT_DONE) {
        code = read_text(yaml, root, "name", &role->name, error);
    }
    if (code == LT_DONE) {
        code = read_text(yaml, root, "description", &role->description, error);
    }
    if (code == LT_DONE) {
        code = read_days(yaml, root, &role->expires_days, error);
    }
    if (code == LT_DONE) {
        code = read_powers(yaml, root, &role->powers, error);
    }
    return code == LT_DONE ? read_scope(yaml, root, role, error) : code;
}

enum lt_code lt_role_parse(struct lt_slice text, const char *file_name, lt_role **role,
                           struct lt_error *error)
{
    struct yaml yaml = {0};
    *role = calloc(1, sizeof **role);
    if (*role == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for a role");
    }
    enum lt_code code = yaml_open(text, file_name, &yaml, error);
    if (code == LT_DONE) {
        code = read_role(&yaml, *role, error);
    }
    yaml_clear(&yaml);
    if (code != LT_DONE) {
        lt_role_destroy(role);
    }
    return code;
}

enum lt_code lt_role_load(const char *path, lt_role **role, struct lt_error *error)
{
    *role = NULL;
    struct lt_buffer text = {.max = ROLE_FILE_MAX};
    enum lt_code code = lt_file_read(path, &text, error);
    if (code == LT_DONE) {
        code = lt_role_parse(lt_buffer_slice(&text), path, role, error);
    }
    lt_buffer_clear(&text);
    return code;
}

static void sample_keys(const struct key *keys, const char *before, struct lt_buffer *out)
{
    for (; keys->name != NULL; keys++) {
        lt_buffer_print(out, "%s# %s (%s%s)\n%s#%s:\n", before, keys->help, keys->allowed,
                        keys->needed ? "; must be given" : "", before, keys->name);
    }
}

bool lt_role_sample(struct lt_buffer *out)
{
    sample_keys(role_keys, "", out);
    lt_buffer_print(out, "# An entry of publish:\n");
    sample_keys(publish_keys, "  ", out);
    lt_buffer_print(out, "# An entry of subscribe:\n");
    sample_keys(subscribe_keys, "  ", out);
    lt_buffer_print(out, "# In scope:\n");
    sample_keys(scope_keys, "  ", out);
    return !out->failed;
}
