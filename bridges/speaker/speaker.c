// The loudspeaker's options, what it opens and what it closes.
#include "speaker.h"

#include <stdlib.h>

#include <lienthon/cursor.h>

#include "address.h"
#include "fits.h"
#include "hours_note.h"
#include "outlet_words.h"
#include "voice_name.h"
#include "zones.h"

static const struct lt_option options[] = {
    LT_OPTION_CHECKED(
        "output", struct speaker, output, "auto", outlet_words_check,
        "Where sound goes, one or several of: card, card:NAME (ALSA), file, "
        "file:FOLDER (WAV), icecast:/MOUNT, mqtt:TOPIC, rtp:ADDRESS:PORT; both is card and file; "
        "auto: a card if one can be "
        "opened, else files"),
    LT_OPTION_MAP_CHECKED("zones", struct speaker, zones_given, outlet_words_check,
                          "With several targets: where the sound of each goes, in place of "
                          "`output`: an-lac: card:plughw:1"),
    LT_OPTION_TEXT("card", struct speaker, card, "default",
                   "ALSA's name of the card, as `aplay -L` lists them"),
    LT_OPTION_CHECKED("icecast", struct speaker, icecast.server, NULL, icecast_check_server,
                      "The Icecast server to which `output: icecast:/MOUNT` streams: "
                      "http://HOST:PORT"),
    LT_OPTION_TEXT("icecast-ca", struct speaker, icecast.ca, NULL,
                   "A PEM file of whom to trust for https, in place of the system's authorities"),
    LT_OPTION_TEXT("icecast-user", struct speaker, icecast.user, "source",
                   "As whom the stream is sent"),
    LT_OPTION_SECRET("icecast-password", struct speaker, icecast.password, NULL,
                     "Its password: file:PATH or credential:NAME"),
    LT_OPTION_CHECKED("icecast-urgent", struct speaker, icecast.urgent, NULL, icecast_check_path,
                      "The mount for what is thuong-khan or hoa-toc, /khan.mp3; without it the "
                      "same"),
    LT_OPTION_NUMBER("icecast-bitrate", struct speaker, icecast.bitrate, "48", 16, 160,
                     "kbit/s of the MP3 stream"),
    LT_OPTION_BOOL("icecast-stay", struct speaker, icecast.stay, "yes",
                   "Silence is streamed between announcements, so that who pulls hears the first "
                   "word; no: only what is said is streamed"),
    LT_OPTION_CHOICE("rtp-codec", struct speaker, rtp.codec, "pcmu", rtp_codecs,
                     "What `output: rtp:ADDRESS:PORT` sends"),
    LT_OPTION_NUMBER("rtp-ttl", struct speaker, rtp.ttl, "1", 1, 32,
                     "How many routers it may pass, and one"),
    LT_OPTION_NUMBER("rtp-dscp", struct speaker, rtp.dscp, "46", 0, 63,
                     "How switches are to treat it: 46 is speech"),
    LT_OPTION_TEXT("rtp-interface", struct speaker, rtp.interface, NULL,
                   "Through which interface: its name, or an address of it; without it as the "
                   "routes say"),
    LT_OPTION_CHECKED("rtp-urgent", struct speaker, rtp.urgent, NULL, rtp_check_one,
                      "Where what is thuong-khan or hoa-toc goes, ADDRESS:PORT; without it the "
                      "same"),
    LT_OPTION_DURATION("rtp-lead", struct speaker, rtp.lead_ms, "200ms", 0, 5000,
                       "Silence before a sound, in which receivers open"),
    LT_OPTION_TEXT("folder", struct speaker, folder, NULL,
                   "Where the WAV files go; without it `sound` in the instance's data folder"),
    LT_OPTION_NUMBER("keep", struct speaker, keep, "200", 1, 100000,
                     "How many WAV files stay, the newest"),
    LT_OPTION_CHECKED("voice", struct speaker, voice, "vi-vn-x-south", voice_name_check,
                      "espeak-ng's voice: vi, vi-vn-x-central, vi-vn-x-south"),
    LT_OPTION_NUMBER("rate", struct speaker, rate, "140", 80, 300, "Words a minute"),
    LT_OPTION_LIST("command", struct speaker, command,
                   "Another synthesis command and its arguments: text on standard input, WAV on "
                   "standard output"),
    LT_OPTION_MAP("words", struct speaker, words,
                  "Abbreviations and names of the commune's own, and how they are said: "
                  "NVH: nhà văn hóa"),
    LT_OPTION_DURATION("timeout", struct speaker, timeout_ms, "30s", 1000, 600000,
                       "How long making speech may take"),
    LT_OPTION_DURATION("longest", struct speaker, longest_ms, "15m", 10000, 3600000,
                       "The longest announcement that is played"),
    LT_OPTION_DURATION("late-after", struct speaker, late_after_ms, "10m", 1000, 604800000,
                       "When a notice is too late for those that are not to be announced late"),
    LT_OPTION_BOOL("chime", struct speaker, chime, "yes",
                   "A chime before the words, where the notice does not say no"),
    LT_OPTION_BOOL("programme", struct speaker, programme, "yes",
                   "Routine notices wait for the programme and urgent ones for the day; no: all is "
                   "said as it comes"),
    LT_OPTION_MAP_CHECKED("hours-programmes", struct speaker, own_hours.programmes,
                          lt_hours_check_programme,
                          "Programmes of its own, over those of its hamlet in commune.yaml: "
                          "sang: \"05:30, 20m, days 1-5\", chieu: none"),
    LT_OPTION_CHECKED("hours-day", struct speaker, own_hours.day, NULL, lt_hours_check_span,
                      "When what is urgent is said at once, in place of the hamlet's: 06:30-20:00"),
    LT_OPTION_CHECKED("hours-quiet", struct speaker, own_hours.quiet, NULL, own_hours_check_quiet,
                      "When only what is very urgent is said, in place of the hamlet's: "
                      "21:00-05:00, or none"),
    LT_OPTION_CHECKED("hours-volume", struct speaker, own_hours.volume, NULL,
                      own_hours_check_volume,
                      "Percent by the hour, in place of the hamlet's: \"11:30-13:30 50\", or none"),
    LT_OPTION_NUMBER("volume", struct speaker, volume, "100", 1, 100, "Percent"),
    LT_OPTION_NUMBER("loudness", struct speaker, loudness, "-20", -40, -10,
                     "LUFS (EBU R128) to which each voice and chime is brought before `volume`"),
    LT_OPTION_NUMBER(
        "speed", struct speaker, speed, "100", 10, 100000,
        "Percent of real time at which files are written: above 100 only to try something out"),
    LT_OPTION_CHECKED("mqtt", struct speaker, mqtt.address, NULL, address_check,
                      "The MQTT broker's address and port, for mqtt:TOPIC: 127.0.0.1:1883"),
    LT_OPTION_TEXT("mqtt-user", struct speaker, mqtt.user, NULL, "The name at the broker"),
    LT_OPTION_SECRET("mqtt-password", struct speaker, mqtt.password, NULL,
                     "The password at the broker"),
    LT_OPTION_TEXT("mqtt-ca", struct speaker, mqtt.ca, NULL,
                   "A file of certificates (PEM), by one of which the broker's is issued: the "
                   "connection is by TLS; without it it is not"),
    LT_OPTION_TEXT("muted-topic", struct speaker, muted_topic, NULL,
                   "The MQTT topic of the amplifier's contact; <zone> in it is the zone's name"),
    LT_OPTION_TEXT("muted-when", struct speaker, muted_when, "on",
                   "What is said there while the amplifier is muted"),
    LT_OPTION_TEXT(
        "microphone", struct speaker, microphone_name, NULL,
        "ALSA's name of a microphone that hears the loudspeaker: where the chime is not in "
        "what it hears, the announcement was not heard"),
    LT_OPTION_CHECKED("media-listen", struct speaker, mqtt.media_listen, NULL, address_check,
                      "Where smart speakers fetch sounds: an address of this machine and a port, "
                      "192.168.1.5:8090"),
    LT_OPTION_CHECKED("media-url", struct speaker, mqtt.media_url, NULL, media_check_base,
                      "What stands before a sound's name for them, where it is not "
                      "http://MEDIA-LISTEN"),
    LT_OPTION_END};

// A synthesis command that does not speak is told, and espeak-ng speaks in its place.
static enum lt_code try_voices(struct speaker *speaker, struct lt_error *error)
{
    struct lt_error why = {0};
    const char *const *command = speaker->style.command;
    enum lt_code code = render_try(&speaker->style, command, command ? &why : error);
    if (code == LT_DONE)
        illness_worked(&speaker->illness, "the voice speaks");
    if (code == LT_DONE || !command)
        return code;
    speaker->voice_fault.keeps_sound = true;
    illness_ill(&speaker->illness, &speaker->voice_fault, why.text);
    if (render_try(&speaker->style, NULL, error) != LT_DONE)
        return lt_fail(error, why.code, "%s; nor does espeak-ng speak", why.text);
    return LT_DONE;
}

static enum lt_code open_speaker(void *state, lt_bridge_host *host, struct lt_error *error)
{
    struct speaker *speaker = state;
    speaker->host = host;
    speaker->illness.host = host;
    speaker->style = (struct render_style){
        .voice = speaker->voice,
        .rate = (unsigned)speaker->rate,
        .chime = speaker->chime,
        .speeches = &speaker->speeches,
        .loudness = (int)speaker->loudness,
        .volume = (unsigned)speaker->volume,
        .timeout_ms = (uint64_t)speaker->timeout_ms,
        .longest = (size_t)(speaker->longest_ms * SOUND_RATE / 1000),
    };
    speaker->argv = calloc(speaker->command.count + 1, sizeof *speaker->argv);
    if (!speaker->argv)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the synthesis command");
    for (size_t i = 0; i < speaker->command.count; i++)
        speaker->argv[i] = speaker->command.items[i];
    if (speaker->command.count)
        speaker->style.command = speaker->argv;
    if (!reading_bells(&speaker->style, speaker->bells))
        return lt_fail(error, LT_NO_MEMORY, "no memory for the chimes");
    speaker->style.bells = speaker->bells;
    enum lt_code code = try_voices(speaker, error);
    if (code == LT_DONE)
        code = zones_open(speaker, error);
    return code;
}

static void close_speaker(void *state)
{
    struct speaker *speaker = state;
    zones_close(speaker);
    mqtt_options_close(&speaker->mqtt);
    for (size_t i = 0; i < READING_BELLS; i++)
        sound_clear(&speaker->bells[i]);
    free(speaker->argv);
    speaker->argv = NULL;
}

// As plan.c has it, without its hours, which only the running loudspeaker knows.
static const char *when(const struct speaker *speaker, const struct lt_part *message)
{
    struct lt_slice schedule;
    if (lt_slice_is(message->type, "notice.v1") &&
        lt_map_find(message->body, "schedule", &schedule))
        return "at the hours of its schedule";
    if (message->deliver_at > message->created)
        return "at its hour";
    if (!speaker->programme || message->priority >= LT_THUONG_KHAN)
        return "at once";
    return message->priority == LT_KHAN ? "at once by day, else in the morning"
                                        : "in the next programme of its hamlet";
}

static bool describe(const void *state, const char *target, const struct lt_part *message,
                     struct lt_buffer *out)
{
    const struct speaker *speaker = state;
    struct announcement said;
    struct lt_error error = {0};
    enum lt_code code = announcement_read(message, &speaker->words, &said, &error);
    if (code == LT_DONE) {
        lt_buffer_print(out, "to ");
        outlet_words_tell(speaker, zones_output(speaker, target), out);
        lt_buffer_print(out, ", %s, %u time%s, volume %u percent%s:\n%.*s", when(speaker, message),
                        said.repeat, said.repeat == 1 ? "" : "s",
                        said.volume * (unsigned)speaker->volume / 100,
                        said.has_chime && speaker->chime ? ", after a chime" : "",
                        (int)said.words.size, (const char *)said.words.data);
    } else
        lt_buffer_print(out, "nothing is said: %s", error.text);
    announcement_clear(&said);
    return code != LT_NO_MEMORY && !out->failed;
}

static const char *const states[] = {"speaker-hours.v1", NULL};
static const char *const types[] = {"notice.v1", "alert.v1", NULL};

const struct lt_bridge speaker_bridge = {
    .abi = LT_BRIDGE_ABI,
    .name = "speaker",
    .about =
        "Says notices and alerts aloud: sound cards, streams, IP and smart speakers, WAV files",
    .options = options,
    .state_size = sizeof(struct speaker),
    .open = open_speaker,
    .deliver = zones_deliver,
    .describe = describe,
    .cancel = zones_cancel,
    .wake = zones_wake,
    .close = close_speaker,
    .channel = "loa",
    .types = types,
    .per_target = "zones",
    .early = true,
    .states = states,
    .told = zones_told,
    .shows = hours_shown,
    .fits = speaker_fits,
    .over = zones_over,
};
