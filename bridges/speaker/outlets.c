#include "outlets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/settings/folder.h>

#include "mqtt_outlet.h"
#include "outlet_words.h"
#include "zones.h"

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
    return cards_take(&zone->speaker->cards, *rest ? rest : zone->speaker->card, outlet, error);
}

static enum lt_code open_icecast(struct zone *zone, const char *rest, struct outlet **outlet,
                                 struct lt_error *error)
{
    const struct speaker *speaker = zone->speaker;
    return icecast_outlet_new(speaker->host, &speaker->icecast, *rest ? rest : OUTLET_MOUNT, outlet,
                              error);
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

static opens *const openers[OUTLET_KINDS] = {
    [OUTLET_CARD] = open_card,       [OUTLET_FILE] = open_file, [OUTLET_MQTT] = open_mqtt,
    [OUTLET_ICECAST] = open_icecast, [OUTLET_RTP] = open_rtp,
};

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
    struct outlet_word word;
    size_t count = 0;
    for (const char *at = outlet_words(text); outlet_words_next(&at, &word);)
        count += word.kind != OUTLET_FILE;
    return count > 1 || zone->speaker->zone_count > 1;
}

// A card that is away when the station starts keeps no other outlet and no other zone from speaking.
static enum lt_code open_word(struct zone *zone, const struct outlet_word *word, const char *text,
                              struct outlet **outlet, struct lt_error *error)
{
    struct lt_error away = {0};
    enum lt_code code = openers[word->kind](zone, word->rest, outlet, &away);
    bool may_be_away = word->kind == OUTLET_CARD && (code == LT_IO || code == LT_BUSY);
    if (code == LT_DONE || !may_be_away || !has_others(zone, text))
        return code == LT_DONE ? code : lt_fail(error, code, "%s", away.text);
    lt_bridge_log(zone->speaker->host, away.text);
    return card_line_await(*word->rest ? word->rest : zone->speaker->card, outlet, error);
}

static enum lt_code ask_cards_of(struct speaker *speaker, const char *text, struct lt_error *error)
{
    struct outlet_word word;
    if (strcmp(text, "auto") == 0)
        return cards_ask(&speaker->cards, speaker->card, error);
    enum lt_code code = LT_DONE;
    for (const char *at = outlet_words(text); code == LT_DONE && outlet_words_next(&at, &word);)
        if (word.kind == OUTLET_CARD)
            code = cards_ask(&speaker->cards, *word.rest ? word.rest : speaker->card, error);
    return code;
}

enum lt_code outlets_ask_cards(struct speaker *speaker, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < speaker->zone_count; i++)
        code = ask_cards_of(speaker, zones_output(speaker, speaker->zones[i].name), error);
    cards_wait(&speaker->cards);
    return code;
}

enum lt_code outlets_open(struct zone *zone, const char *text, struct lt_error *error)
{
    struct outlet_word word;
    enum lt_code code = outlet_words_check(text, error);
    if (code == LT_DONE && strcmp(text, "auto") == 0)
        return add_auto(zone, error);
    for (const char *at = outlet_words(text); code == LT_DONE && outlet_words_next(&at, &word);) {
        struct outlet *outlet = NULL;
        code = open_word(zone, &word, text, &outlet, error);
        if (code == LT_DONE)
            add(zone, &outlet, word.text);
    }
    return code;
}

// Of a zone that is open: `auto` has become a card or a file.
enum lt_code outlets_apart(const struct speaker *speaker, struct lt_error *error)
{
    const char *names[ZONES_MAX], *outputs[ZONES_MAX];
    for (size_t i = 0; i < speaker->zone_count; i++) {
        const struct zone *zone = &speaker->zones[i];
        const char *text = zones_output(speaker, zone->name);
        names[i] = zone->name;
        outputs[i] = strcmp(text, "auto") == 0 ? zone->player.outlets[0].name : outlet_words(text);
    }
    return outlet_words_apart(speaker, names, outputs, speaker->zone_count, error);
}
