#include "outlets.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/settings/folder.h>

enum { WORD_MAX = 255 };

// rest: what stands behind the colon, "" where nothing does.
typedef enum lt_code opens(struct speaker *speaker, const char *rest, struct outlet **outlet,
                           struct lt_error *error);

static enum lt_code open_file(struct speaker *speaker, const char *rest, struct outlet **outlet,
                              struct lt_error *error)
{
    const char *folder = *rest ? rest : speaker->folder;
    char *path = NULL;
    enum lt_code code = lt_folder_path(folder ? "." : lt_bridge_folder(speaker->host),
                                       folder ? folder : "sound", &path, error);
    if (code == LT_DONE)
        code =
            file_outlet_new(path, (unsigned)speaker->speed, (size_t)speaker->keep, outlet, error);
    free(path);
    return code;
}

static enum lt_code open_card(struct speaker *speaker, const char *rest, struct outlet **outlet,
                              struct lt_error *error)
{
    return card_outlet_new(*rest ? rest : speaker->card, outlet, error);
}

static const struct {
    const char *word;
    opens *open;
} kinds[] = {
    {"card", open_card},
    {"file", open_file},
};

static enum lt_code no_such(const char *word, struct lt_error *error)
{
    return lt_fail(error, LT_BAD_USE,
                   "output: '%s' is none; there are auto, both, card, card:NAME, file, file:FOLDER",
                   word);
}

static enum lt_code add(struct speaker *speaker, const char *word, struct player *player,
                        struct lt_error *error)
{
    size_t size = strcspn(word, ":");
    const char *rest = word[size] ? word + size + 1 : "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].word) != size || memcmp(kinds[i].word, word, size) != 0)
            continue;
        struct outlet *outlet = NULL;
        if (player->count == PLAYER_OUTLETS)
            return lt_fail(error, LT_BAD_USE, "output: there are more than %d", PLAYER_OUTLETS);
        enum lt_code code = kinds[i].open(speaker, rest, &outlet, error);
        if (code == LT_DONE)
            player_add(player, &outlet);
        return code;
    }
    return no_such(word, error);
}

static enum lt_code add_auto(struct speaker *speaker, struct player *player, struct lt_error *error)
{
    struct lt_error no_card = {0};
    speaker->state.output = "card";
    if (add(speaker, "card", player, &no_card) == LT_DONE)
        return LT_DONE;
    lt_bridge_log(speaker->host, "no sound card, so WAV files are written instead");
    speaker->state.output = "file";
    return add(speaker, "file", player, error);
}

enum lt_code outlets_open(struct speaker *speaker, const char *text, struct player *player,
                          struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    char word[WORD_MAX + 1];
    if (strcmp(text, "auto") == 0)
        return add_auto(speaker, player, error);
    if (strcmp(text, "both") == 0)
        text = "card file";
    for (const char *at = text + strspn(text, " "); code == LT_DONE && *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        if (size > WORD_MAX)
            return lt_fail(error, LT_BAD_USE, "output: a word is longer than %d bytes", WORD_MAX);
        memcpy(word, at, size);
        word[size] = '\0';
        code = add(speaker, word, player, error);
        at += size;
    }
    if (code == LT_DONE && player->count == 0)
        return no_such(text, error);
    speaker->state.output = player->count > 1               ? "both"
                            : strncmp(text, "file", 4) == 0 ? "file"
                                                            : "card";
    return code;
}
