// Parts are named by the time at which they began, so that their files lie beside each other as they were heard.
#include "part.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "played.h"

enum { PARTLY = 64 };

static void microphone_is(struct speaker *speaker, const struct lt_error *error)
{
    speaker->microphone_fault.keeps_sound = true;
    if (error->code != LT_DONE)
        illness_ill(&speaker->illness, &speaker->microphone_fault, error->text);
    else
        illness_well(&speaker->illness, &speaker->microphone_fault, "the microphone hears");
}

// With which the part begins; NULL: with none. What goes on after an interruption has only a short bell.
static const struct sound *chime_of(const struct zone *zone, const struct job *job)
{
    const struct speaker *speaker = zone->speaker;
    bool rings = job->announcement.has_chime && speaker->style.chime && job->cuts == 0;
    return rings ? &speaker->bells[job->announcement.chime] : NULL;
}

static void listen(struct zone *zone, const struct job *job)
{
    struct lt_error error = {0};
    struct speaker *speaker = zone->speaker;
    if (!speaker->microphone)
        return;
    (void)microphone_begin(speaker->microphone, chime_of(zone, job), &error);
    if (error.code != LT_DONE)
        microphone_is(speaker, &error);
}

void part_turn(struct zone *zone)
{
    struct lt_error error = {0};
    struct speaker *speaker = zone->speaker;
    if (speaker->microphone && microphone_turn(speaker->microphone, &error) != LT_DONE)
        microphone_is(speaker, &error);
}

static void ask_microphone(struct zone *zone, const struct job *job)
{
    const struct lt_error none = {0};
    struct speaker *speaker = zone->speaker;
    if (!speaker->microphone)
        return;
    switch (microphone_end(speaker->microphone, job->stopped_at)) {
    case MICROPHONE_HEARS:
        microphone_is(speaker, &none);
        break;
    case MICROPHONE_HEARS_NOTHING:
        microphone_is(speaker, &none);
        player_doubt(&zone->player, "micrô không nghe thấy tiếng chuông");
        break;
    case MICROPHONE_KNOWS_NOTHING:
        break;
    }
}

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

enum lt_code part_begin(struct zone *zone, struct job *job, uint64_t now, struct lt_error *error)
{
    uint64_t at = lt_bridge_now(zone->speaker->host);
    file_name_print(at, job->delivery ? job->said.id : NULL, job->name);
    struct outlet_cue cue = {.name = job->name, .priority = job->place.priority};
    enum lt_code code = player_start(&zone->player, &job->reading.sound, &cue, now, error);
    if (code != LT_DONE) {
        faults_of_sound(zone);
        return code;
    }
    job->part_begun = at;
    contact_begin(&zone->contact, now);
    listen(zone, job);
    return LT_DONE;
}

static void write_down(struct zone *zone, const struct job *job, const char *how, const char *amiss)
{
    const struct reading *reading = &job->reading;
    char path[4096], id[37] = "";
    struct lt_error error = {0};
    size_t heard = job->stopped_at;
    bool words = reading_has_words(reading, heard);
    if (job->delivery)
        lt_id_print(job->said.id, id);
    struct played played = {
        .file = job->name,
        .from = job->said.from,
        .id = id,
        .zone = zone->name,
        .output = zone->state.output,
        .how = job->unheard && strcmp(how, "whole") == 0 ? "not-heard" : how,
        .why = amiss,
        .priority = job->place.priority,
        .arrived = job->arrived,
        .begun = job->part_begun,
        .ended = lt_bridge_now(zone->speaker->host),
        .heard_ms = sound_ms(heard),
        .sentence = words ? reading->marks[0].sentence + 1 : 0,
        .upto = words ? reading_last(reading, heard) + 1 : 0,
        .of = reading->count,
    };
    int size =
        snprintf(path, sizeof path, "%s/played.jsonl", lt_bridge_folder(zone->speaker->host));
    if (size < 0 || size >= (int)sizeof path)
        lt_fail(&error, LT_BAD_USE, "the path of the play log is too long");
    else
        (void)played_write(path, &played, &error);
    if (error.code == LT_DONE) {
        illness_well(&zone->speaker->illness, &zone->speaker->log_fault, "the play log is written");
        return;
    }
    zone->speaker->log_fault.keeps_sound = true;
    illness_ill(&zone->speaker->illness, &zone->speaker->log_fault, error.text);
}

// What the amplifier's contact has said meanwhile. partly: what the receipt says where it was heard all the same.
static void ask_contact(struct zone *zone, char partly[PARTLY])
{
    uint64_t ms = 0;
    partly[0] = '\0';
    switch (contact_end(&zone->contact, clock_ms(), &ms)) {
    case CONTACT_NOTHING:
        break;
    case CONTACT_UNHEARD:
        player_doubt(&zone->player, "ampli tắt tiếng");
        break;
    case CONTACT_PARTLY:
        snprintf(partly, PARTLY, "ampli tắt tiếng trong %llu,%llu giây",
                 (unsigned long long)(ms / 1000), (unsigned long long)(ms / 100 % 10));
        break;
    }
}

// What went wrong in an earlier part stays said.
static void look_back(struct zone *zone, struct job *job, struct lt_error *amiss)
{
    char partly[PARTLY], outlets[PLAYER_TEXT];
    ask_contact(zone, partly);
    ask_microphone(zone, job);
    job->unheard = !player_was_heard(&zone->player, outlets);
    lt_fail(amiss, LT_DONE, "%s%s%s", partly, partly[0] && outlets[0] ? "; " : "", outlets);
    if (amiss->text[0])
        job->amiss = *amiss;
}

void part_end(struct zone *zone, struct job *job, const char *how)
{
    struct lt_error amiss = {0};
    if (!job->part_begun)
        return;
    job->heard += job->stopped_at;
    job->has_words = job->has_words || reading_has_words(&job->reading, job->stopped_at);
    look_back(zone, job, &amiss);
    write_down(zone, job, how, amiss.text);
    faults_of_sound(zone);
    job->part_begun = 0;
}

void part_detail(const struct job *job, char detail[PART_DETAIL])
{
    uint64_t tenths = sound_ms(job->heard) / 100;
    int size = 0;
    if (job->unheard)
        size = snprintf(detail, PART_DETAIL, "không ai nghe được: %s; ", job->amiss.text);
    if (size < PART_DETAIL)
        size += snprintf(detail + size, (size_t)(PART_DETAIL - size), "đã phát %llu,%llu giây",
                         (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
    if (job->amiss.text[0] && !job->unheard && size < PART_DETAIL)
        size += snprintf(detail + size, (size_t)(PART_DETAIL - size), "; %s", job->amiss.text);
    if (job->cuts && size < PART_DETAIL)
        size += snprintf(detail + size, (size_t)(PART_DETAIL - size),
                         "; bị ngắt %u lần, đọc tiếp từ câu %zu", job->cuts, job->again_at + 1);
    if (job->reading.no_recording.code && size < PART_DETAIL)
        size += snprintf(detail + size, (size_t)(PART_DETAIL - size),
                         "; đọc chữ thay bản ghi âm: %s", job->reading.no_recording.text);
    if (job->reading.fell_back.code && size < PART_DETAIL)
        snprintf(detail + size, (size_t)(PART_DETAIL - size), "; giọng thay thế espeak-ng: %s",
                 job->reading.fell_back.text);
}
