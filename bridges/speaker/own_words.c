// The host checks instance files; here one that is no loudspeaker's is passed over, whatever stands in it.
#include "own_words.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <yaml.h>

#include <lienthon/settings/file.h>

enum { FILE_MOST = 256 * 1024 };

struct holder {
    struct lt_option_map words;
};

static const struct lt_option table[] = {LT_OPTION_MAP("words", struct holder, words, ""),
                                         LT_OPTION_END};

static const char *text_of(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static yaml_node_t *value_of(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        const char *name = text_of(yaml_document_get_node(document, pair->key));
        if (name && strcmp(name, key) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static enum lt_code add_word(struct holder *holder, const char *name, const char *text,
                             struct lt_error *error)
{
    struct lt_buffer pair = {.max = FILE_MOST};
    enum lt_code code = LT_NO_MEMORY;
    if (name && text && lt_buffer_print(&pair, "%s=%s", name, text) && lt_buffer_add(&pair, "", 1))
        code = lt_options_set(table, holder, "words", (const char *)pair.data, error);
    else if (name && text)
        lt_fail(error, LT_NO_MEMORY, "no memory for the commune's own words");
    else
        code = lt_fail(error, LT_BAD_FILE, "a word and how it is said are wanted");
    lt_buffer_clear(&pair);
    return code;
}

static enum lt_code take_words(yaml_document_t *document, const char *path, struct holder *holder,
                               struct lt_error *error)
{
    yaml_node_t *options = value_of(document, yaml_document_get_root_node(document), "options");
    yaml_node_t *words = value_of(document, options, "words");
    if (!words || words->type != YAML_MAPPING_NODE)
        return LT_DONE;
    for (yaml_node_pair_t *pair = words->data.mapping.pairs.start;
         pair < words->data.mapping.pairs.top; pair++) {
        yaml_node_t *name = yaml_document_get_node(document, pair->key);
        struct lt_error why = {0};
        enum lt_code code = add_word(holder, text_of(name),
                                     text_of(yaml_document_get_node(document, pair->value)), &why);
        if (code != LT_DONE)
            return lt_fail(error, code, "%s:%zu: options.words: %s", path,
                           name->start_mark.line + 1, why.text);
    }
    return LT_DONE;
}

// *is_speaker: it is a loudspeaker's; only then are its words taken.
static enum lt_code read_file(const char *path, struct lt_option_map *words, bool *is_speaker,
                              struct lt_error *error)
{
    struct lt_buffer text = {.max = FILE_MOST};
    struct holder holder = {0};
    yaml_parser_t parser;
    yaml_document_t document;
    *is_speaker = false;
    enum lt_code code = lt_file_read(path, &text, error);
    if (code == LT_DONE && !yaml_parser_initialize(&parser))
        code = lt_fail(error, LT_NO_MEMORY, "no memory to read %s", path);
    if (code != LT_DONE) {
        lt_buffer_clear(&text);
        return code;
    }
    yaml_parser_set_input_string(&parser, text.size ? text.data : (const uint8_t *)"", text.size);
    if (yaml_parser_load(&parser, &document)) {
        const char *bridge =
            text_of(value_of(&document, yaml_document_get_root_node(&document), "bridge"));
        *is_speaker = bridge && strcmp(bridge, "speaker") == 0;
        if (*is_speaker)
            code = take_words(&document, path, &holder, error);
        yaml_document_delete(&document);
    } else {
        code = lt_fail(error, LT_BAD_FILE, "%s:%zu: it is no YAML", path,
                       parser.problem_mark.line + 1);
    }
    yaml_parser_delete(&parser);
    lt_buffer_clear(&text);
    *words = holder.words;
    return code;
}

static int is_instance(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return entry->d_name[0] != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

// One that is broken is the host's to tell of; here it counts as a loudspeaker of which nothing is known.
static enum lt_code read_folder(const char *folder, struct lt_option_map *words,
                                struct lt_error *error)
{
    struct dirent **found = NULL;
    size_t speakers = 0;
    int count = scandir(folder, &found, is_instance, alphasort);
    enum lt_code code = count < 0 ? lt_fail(error, LT_IO, "cannot read %s", folder) : LT_DONE;
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        struct lt_option_map its = {0};
        bool is_speaker = false;
        if (code == LT_DONE && speakers < 2)
            code = lt_folder_path(folder, found[i]->d_name, &path, error);
        if (path && read_file(path, &its, &is_speaker, NULL) != LT_DONE)
            is_speaker = true;
        if (is_speaker && ++speakers == 1) {
            *words = its;
            its = (struct lt_option_map){0};
        }
        own_words_clear(&its);
        free(path);
        free(found[i]);
    }
    free(found);
    if (speakers > 1)
        own_words_clear(words);
    return code;
}

enum lt_code own_words_read(const char *path, struct lt_option_map *words, struct lt_error *error)
{
    struct stat about;
    bool is_speaker = false;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return read_folder(path, words, error);
    enum lt_code code = read_file(path, words, &is_speaker, error);
    if (code == LT_DONE && !is_speaker)
        code = lt_fail(error, LT_BAD_USE, "%s is not the instance file of a loudspeaker", path);
    return code;
}

void own_words_clear(struct lt_option_map *words)
{
    struct holder holder = {*words};
    lt_options_clear(table, &holder);
    *words = (struct lt_option_map){0};
}
