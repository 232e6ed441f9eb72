#include "outlet_words.h"

#include <stdio.h>
#include <string.h>

#include "mqtt_outlet.h"

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

static const struct {
    const char *word;
    lt_option_check *check; // of what stands behind the colon; NULL: it may be anything
    void (*tell)(const struct speaker *speaker, const char *rest,
                 struct lt_buffer *out); // what else there is to say of it
} kinds[OUTLET_KINDS] = {
    [OUTLET_CARD] = {"card", NULL, NULL},
    [OUTLET_FILE] = {"file", NULL, NULL},
    [OUTLET_MQTT] = {"mqtt", mqtt_topic_check, NULL},
    [OUTLET_ICECAST] = {"icecast", icecast_check_mounts, tell_icecast},
    [OUTLET_RTP] = {"rtp", rtp_check, tell_rtp},
};

bool outlet_words_next(const char **at, struct outlet_word *word)
{
    *word = (struct outlet_word){.kind = OUTLET_KINDS};
    *at += strspn(*at, " ");
    size_t size = strcspn(*at, " ");
    if (size == 0)
        return false;
    memcpy(word->text, *at, size < OUTLET_WORD ? size : OUTLET_WORD);
    *at += size;
    size_t name = strcspn(word->text, ":");
    word->rest = word->text[name] ? word->text + name + 1 : "";
    for (int i = 0; size <= OUTLET_WORD && i < OUTLET_KINDS; i++)
        if (strlen(kinds[i].word) == name && memcmp(kinds[i].word, word->text, name) == 0)
            word->kind = (enum outlet_word_kind)i;
    return true;
}

const char *outlet_words(const char *text)
{
    return strcmp(text, "both") == 0 ? "card file" : text;
}

static enum lt_code no_such(struct outlet_word *word, struct lt_error *error)
{
    const char *names[OUTLET_KINDS];
    char list[LT_TEXT_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < OUTLET_KINDS; i++) {
        names[i] = kinds[i].word;
        used += (size_t)snprintf(list + used, sizeof list - used, ", %s", names[i]);
    }
    word->text[strcspn(word->text, ":")] = '\0';
    const char *near = lt_nearest(word->text, names, OUTLET_KINDS);
    return lt_fail(error, LT_BAD_USE, "%s%s%sallowed: auto, both%s, or several of them",
                   near ? "did you mean '" : "", near ? near : "", near ? "'? " : "", list);
}

enum lt_code outlet_words_check(const char *text, struct lt_error *error)
{
    struct outlet_word word;
    size_t count = 0;
    if (strcmp(text, "auto") == 0)
        return LT_DONE;
    for (const char *at = outlet_words(text); outlet_words_next(&at, &word); count++) {
        enum lt_code code = LT_DONE;
        if (word.kind == OUTLET_KINDS)
            code = no_such(&word, error);
        else if (kinds[word.kind].check)
            code = kinds[word.kind].check(word.rest, error);
        if (code != LT_DONE)
            return code;
    }
    if (count == 0)
        return no_such(&word, error);
    return count <= PLAYER_OUTLETS
               ? LT_DONE
               : lt_fail(error, LT_BAD_USE, "allowed: at most %d of them", PLAYER_OUTLETS);
}

void outlet_words_tell(const struct speaker *speaker, const char *text, struct lt_buffer *out)
{
    struct outlet_word word;
    const char *between = "";
    for (const char *at = outlet_words(text); outlet_words_next(&at, &word); between = " and ") {
        lt_buffer_print(out, "%s%s", between, word.text);
        if (word.kind != OUTLET_KINDS && kinds[word.kind].tell)
            kinds[word.kind].tell(speaker, word.rest, out);
    }
}

struct places { // where a word speaks
    enum outlet_word_kind kind;
    char text[OUTLET_WORD + 1];
    const char *usual, *urgent; // NULL: there is none
};

static void find_places(const struct speaker *speaker, const struct outlet_word *word,
                        struct places *places)
{
    *places = (struct places){.kind = word->kind};
    if (word->kind == OUTLET_FILE)
        return;
    snprintf(places->text, sizeof places->text, "%s", word->rest);
    places->usual = places->text[0] ? places->text : speaker->card;
    if (word->kind != OUTLET_ICECAST && word->kind != OUTLET_RTP)
        return;
    char *comma = strchr(places->text, ',');
    places->urgent = word->kind == OUTLET_ICECAST ? speaker->icecast.urgent : speaker->rtp.urgent;
    if (comma) {
        *comma = '\0';
        places->urgent = comma + 1;
    }
    if (!places->text[0])
        places->usual = OUTLET_MOUNT;
}

static bool is_one_of(const char *place, const struct places *places)
{
    return place && ((places->usual && strcmp(place, places->usual) == 0) ||
                     (places->urgent && strcmp(place, places->urgent) == 0));
}

// Where one of those words speaks as these places say. NULL: nowhere.
static const char *meet(const struct speaker *speaker, const struct places *mine,
                        const char *output)
{
    struct outlet_word word;
    struct places theirs;
    for (const char *at = output; outlet_words_next(&at, &word);) {
        find_places(speaker, &word, &theirs);
        if (theirs.kind == mine->kind && is_one_of(mine->usual, &theirs))
            return mine->usual;
        if (theirs.kind == mine->kind && is_one_of(mine->urgent, &theirs))
            return mine->urgent;
    }
    return NULL;
}

static enum lt_code apart(const struct speaker *speaker, const char *const names[2],
                          const char *const outputs[2], struct lt_error *error)
{
    struct outlet_word word;
    struct places places;
    for (const char *at = outputs[0]; outlet_words_next(&at, &word);) {
        find_places(speaker, &word, &places);
        const char *place = meet(speaker, &places, outputs[1]);
        if (place)
            return lt_fail(error, LT_BAD_USE,
                           "%s and %s both speak through %s:%s, where what they say would "
                           "be mixed: give each a place of its own, or make them one target",
                           names[0], names[1], kinds[word.kind].word, place);
    }
    return LT_DONE;
}

enum lt_code outlet_words_apart(const struct speaker *speaker, const char *const *names,
                                const char *const *outputs, size_t count, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; code == LT_DONE && k < count; k++)
            code = apart(speaker, (const char *const[]){names[i], names[k]},
                         (const char *const[]){outputs[i], outputs[k]}, error);
    return code;
}
