#include "outlets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/settings/folder.h>

#include "mqtt_outlet.h"

enum { WORD_MAX = 255 };

// rest: what stands behind the colon, "" where nothing does.
typedef enum lt_code opens(struct zone *zone, const char *rest, struct outlet **outlet,
                           struct lt_error *error);

// Of several zones each has a folder of its own in it.
static enum lt_code open_file(struct zone *zone, const char *rest, struct outlet **outlet,
                              struct lt_error *error)
{
    const struct speaker *speaker = zone->speaker;
    const char *given = *rest ? rest : speaker->folder;
    char folder[4096];
    int size =
        snprintf(folder, sizeof folder, "%s%s%s", given ? given : "sound",
                 speaker->zone_count > 1 ? "/" : "", speaker->zone_count > 1 ? zone->name : "");
    if (size < 0 || size >= (int)sizeof folder)
        return lt_fail(error, LT_BAD_USE, "the name of the folder for sound is too long");
    char *path = NULL;
    enum lt_code code =
        lt_folder_path(given ? "." : lt_bridge_folder(speaker->host), folder, &path, error);
    if (code == LT_DONE)
        code =
            file_outlet_new(path, (unsigned)speaker->speed, (size_t)speaker->keep, outlet, error);
    free(path);
    return code;
}

static enum lt_code open_card(struct zone *zone, const char *rest, struct outlet **outlet,
                              struct lt_error *error)
{
    return card_outlet_new(*rest ? rest : zone->speaker->card, outlet, error);
}

static enum lt_code open_icecast(struct zone *zone, const char *rest, struct outlet **outlet,
                                 struct lt_error *error)
{
    const struct speaker *speaker = zone->speaker;
    return icecast_outlet_new(speaker->host, &speaker->icecast, *rest ? rest : "/thuong.mp3",
                              outlet, error);
}

static enum lt_code open_rtp(struct zone *zone, const char *rest, struct outlet **outlet,
                             struct lt_error *error)
{
    return rtp_outlet_new(zone->speaker->host, &zone->speaker->rtp, rest, outlet, error);
}

static enum lt_code open_mqtt(struct zone *zone, const char *rest, struct outlet **outlet,
                              struct lt_error *error)
{
    struct speaker *speaker = zone->speaker;
    enum lt_code code = mqtt_options_link(&speaker->mqtt, speaker->host, error);
    if (code == LT_DONE)
        code = mqtt_options_media(&speaker->mqtt, speaker->host, error);
    if (code == LT_DONE)
        code = mqtt_outlet_new(speaker->host, speaker->mqtt.link, speaker->mqtt.media, rest, outlet,
                               error);
    return code;
}

static void tell_icecast(const struct speaker *speaker, const char *rest, struct lt_buffer *out)
{
    const struct icecast_options *options = &speaker->icecast;
    lt_buffer_print(out, " at %s",
                    options->server ? options->server : "no server: icecast is missing");
    if (options->urgent && !strchr(rest, ','))
        lt_buffer_print(out, ", urgent: %s", options->urgent);
}

static void tell_rtp(const struct speaker *speaker, const char *rest, struct lt_buffer *out)
{
    lt_buffer_print(out, " as %s", rtp_codecs[speaker->rtp.codec]);
    if (speaker->rtp.urgent && !strchr(rest, ','))
        lt_buffer_print(out, ", urgent: %s", speaker->rtp.urgent);
}

static const struct kind {
    const char *word;
    opens *open;
    lt_option_check *check; // of what stands behind the colon; NULL: it may be anything
    void (*tell)(const struct speaker *speaker, const char *rest,
                 struct lt_buffer *out); // what else there is to say of it
} kinds[] = {
    {"card", open_card, NULL, NULL},
    {"file", open_file, NULL, NULL},
    {"mqtt", open_mqtt, mqtt_topic_check, NULL},
    {"icecast", open_icecast, icecast_check_mounts, tell_icecast},
    {"rtp", open_rtp, rtp_check, tell_rtp},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

// One word; `rest` is what stands behind its colon.
struct word {
    char text[WORD_MAX + 1];
    const struct kind *kind;
    const char *rest;
};

// The next word behind *at, which moves behind it. false: there is none. kind NULL: it is none that is known.
static bool next_word(const char **at, struct word *word)
{
    *word = (struct word){0};
    *at += strspn(*at, " ");
    size_t size = strcspn(*at, " ");
    if (size == 0)
        return false;
    memcpy(word->text, *at, size < WORD_MAX ? size : WORD_MAX);
    *at += size;
    size_t name = strcspn(word->text, ":");
    word->rest = word->text[name] ? word->text + name + 1 : "";
    for (size_t i = 0; size <= WORD_MAX && i < KINDS; i++)
        if (strlen(kinds[i].word) == name && memcmp(kinds[i].word, word->text, name) == 0)
            word->kind = &kinds[i];
    return true;
}

static enum lt_code no_such(struct word *word, struct lt_error *error)
{
    const char *names[KINDS];
    char list[LT_TEXT_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < KINDS; i++) {
        names[i] = kinds[i].word;
        used += (size_t)snprintf(list + used, sizeof list - used, ", %s", names[i]);
    }
    word->text[strcspn(word->text, ":")] = '\0';
    const char *near = lt_nearest(word->text, names, KINDS);
    return lt_fail(error, LT_BAD_USE, "%s%s%sallowed: auto, both%s, or several of them",
                   near ? "did you mean '" : "", near ? near : "", near ? "'? " : "", list);
}

// `auto` is no word among others.
static const char *plain(const char *text)
{
    return strcmp(text, "both") == 0 ? "card file" : text;
}

enum lt_code outlets_check(const char *text, struct lt_error *error)
{
    struct word word;
    size_t count = 0;
    if (strcmp(text, "auto") == 0)
        return LT_DONE;
    for (const char *at = plain(text); next_word(&at, &word); count++) {
        enum lt_code code = LT_DONE;
        if (!word.kind)
            code = no_such(&word, error);
        else if (word.kind->check)
            code = word.kind->check(word.rest, error);
        if (code != LT_DONE)
            return code;
    }
    if (count == 0)
        return no_such(&word, error);
    return count <= PLAYER_OUTLETS
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE, "allowed: at most %d of them", PLAYER_OUTLETS);
}

static void add(struct zone *zone, struct outlet **outlet, const char *name)
{
    char *output = zone->state.output;
    size_t size = strlen(output);
    player_add(&zone->player, outlet, name);
    if (size + 1 + strlen(name) < STATE_OUTPUT) // what does not fit is left out whole
        snprintf(output + size, STATE_OUTPUT - size, "%s%s", size ? " " : "", name);
}

static enum lt_code add_auto(struct zone *zone, struct lt_error *error)
{
    struct outlet *outlet = NULL;
    struct lt_error no_card = {0};
    enum lt_code code = LT_DONE;
    const char *name = "card";
    if (open_card(zone, "", &outlet, &no_card) != LT_DONE) {
        lt_bridge_log(zone->speaker->host, "no sound card, so WAV files are written instead");
        name = "file";
        code = open_file(zone, "", &outlet, error);
    }
    if (code == LT_DONE)
        add(zone, &outlet, name);
    return code;
}

// Is there anywhere else where people hear it?
static bool has_others(const struct zone *zone, const char *text)
{
    struct word word;
    size_t count = 0;
    for (const char *at = plain(text); next_word(&at, &word);)
        count += word.kind->open != open_file;
    return count > 1 || zone->speaker->zone_count > 1;
}

// A card that is away when the station starts keeps no other outlet and no other zone from speaking.
static enum lt_code open_word(struct zone *zone, const struct word *word, const char *text,
                              struct outlet **outlet, struct lt_error *error)
{
    struct lt_error away = {0};
    enum lt_code code = word->kind->open(zone, word->rest, outlet, &away);
    bool may_be_away = word->kind->open == open_card && (code == LT_IO || code == LT_BUSY);
    if (code == LT_DONE || !may_be_away || !has_others(zone, text))
        return code == LT_DONE ? code : lt_fail(error, code, "%s", away.text);
    lt_bridge_log(zone->speaker->host, away.text);
    return card_outlet_await(*word->rest ? word->rest : zone->speaker->card, outlet, error);
}

enum lt_code outlets_open(struct zone *zone, const char *text, struct lt_error *error)
{
    struct word word;
    enum lt_code code = outlets_check(text, error);
    if (code == LT_DONE && strcmp(text, "auto") == 0)
        return add_auto(zone, error);
    for (const char *at = plain(text); code == LT_DONE && next_word(&at, &word);) {
        struct outlet *outlet = NULL;
        code = open_word(zone, &word, text, &outlet, error);
        if (code == LT_DONE)
            add(zone, &outlet, word.text);
    }
    return code;
}

void outlets_tell(const struct speaker *speaker, const char *text, struct lt_buffer *out)
{
    struct word word;
    const char *between = "";
    for (const char *at = plain(text); next_word(&at, &word); between = " and ") {
        lt_buffer_print(out, "%s%s", between, word.text);
        if (word.kind && word.kind->tell)
            word.kind->tell(speaker, word.rest, out);
    }
}
