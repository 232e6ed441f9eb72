#include "fits.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "outlet_words.h"
#include "zones.h"

static enum lt_code fit_mqtt(const struct speaker *speaker, bool has_speaker, const char **option,
                             struct lt_error *error)
{
    const char *ca = speaker->mqtt.ca;
    enum lt_code code = mqtt_options_fit(&speaker->mqtt, has_speaker, error);
    if (code != LT_DONE || !ca || access(ca, R_OK) == 0)
        return code;
    *option = "mqtt-ca";
    return lt_fail(error, LT_BAD_USE, "%s cannot be read: %s", ca, strerror(errno));
}

// *option NULL: it is the word itself that does not fit.
static enum lt_code fit_word(const struct speaker *speaker, const struct outlet_word *word,
                             const char **option, struct lt_error *error)
{
    *option = NULL;
    switch (word->kind) {
    case OUTLET_ICECAST:
        return icecast_fits(&speaker->icecast, *word->rest ? word->rest : OUTLET_MOUNT, option,
                            error);
    case OUTLET_RTP:
        return rtp_fits(&speaker->rtp, word->rest, option, error);
    case OUTLET_MQTT:
        return fit_mqtt(speaker, true, option, error);
    default:
        return LT_DONE;
    }
}

static enum lt_code fit_output(const struct speaker *speaker, const char *target,
                               const char **option, struct lt_error *error)
{
    struct outlet_word word;
    enum lt_code code = LT_DONE;
    const char *text = zones_output(speaker, target);
    for (const char *at = outlet_words(text); code == LT_DONE && outlet_words_next(&at, &word);)
        code = fit_word(speaker, &word, option, error);
    if (code != LT_DONE && !*option)
        *option = lt_option_map_find(&speaker->zones_given, target) ? "zones" : "output";
    return code;
}

// Which of both `auto` will be is known when it is opened.
static enum lt_code fit_apart(const struct speaker *speaker, const char *const *targets,
                              size_t count, struct lt_error *error)
{
    const char *outputs[ZONES_MAX];
    for (size_t i = 0; i < count; i++) {
        const char *text = zones_output(speaker, targets[i]);
        outputs[i] = strcmp(text, "auto") == 0 ? "" : outlet_words(text);
    }
    return outlet_words_apart(speaker, targets, outputs, count, error);
}

static enum lt_code fit_contact(const struct speaker *speaker, const char **option,
                                struct lt_error *error)
{
    *option = "muted-topic";
    return speaker->muted_topic ? fit_mqtt(speaker, false, option, error) : LT_DONE;
}

static enum lt_code fit_targets(const char *const *targets, size_t count, struct lt_error *error)
{
    if (count > ZONES_MAX)
        return lt_fail(error, LT_BAD_USE,
                       "a loudspeaker has at most %d zones, and there are %zu targets", ZONES_MAX,
                       count);
    for (size_t i = 0; count > 1 && i < count; i++)
        if (targets[i][0] == '.')
            return lt_fail(error, LT_BAD_USE,
                           "the target '%s' begins with a full stop: a zone's name is that of a "
                           "folder, too",
                           targets[i]);
    return LT_DONE;
}

enum lt_code speaker_fits(const void *state, const char *const *targets, size_t count,
                          const char **option, struct lt_error *error)
{
    const struct speaker *speaker = state;
    *option = NULL;
    enum lt_code code = fit_targets(targets, count, error);
    if (code == LT_DONE)
        code = fit_contact(speaker, option, error);
    for (size_t i = 0; code == LT_DONE && i < count; i++)
        code = fit_output(speaker, targets[i], option, error);
    if (code != LT_DONE)
        return code;
    *option = "microphone";
    if (speaker->microphone_name && count > 1)
        return lt_fail(error, LT_BAD_USE,
                       "it hears one zone, and there are %zu: give those that have one an instance "
                       "each",
                       count);
    *option = speaker->zones_given.count ? "zones" : "output";
    return fit_apart(speaker, targets, count, error);
}
