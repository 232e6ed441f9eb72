// Parts are named by the time at which they began, so that their files lie beside each other as they were heard.
#include "part.h"

#include <stdio.h>
#include <string.h>

#include "played.h"

enum lt_code part_begin(struct zone *zone, struct job *job, uint64_t now, struct lt_error *error)
{
    uint64_t at = lt_bridge_now(zone->speaker->host);
    file_name_print(at, job->delivery ? job->said.id : NULL, job->name);
    struct outlet_cue cue = {.name = job->name, .priority = job->place.priority};
    enum lt_code code = player_start(&zone->player, &job->reading.sound, &cue, now, error);
    if (code == LT_DONE)
        job->part_begun = at;
    else
        faults_of_sound(zone);
    return code;
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

void part_end(struct zone *zone, struct job *job, const char *how)
{
    char amiss[PLAYER_TEXT];
    if (!job->part_begun)
        return;
    job->heard += job->stopped_at;
    job->has_words = job->has_words || reading_has_words(&job->reading, job->stopped_at);
    job->unheard = !player_was_heard(&zone->player, amiss);
    if (amiss[0]) // what went wrong in an earlier part stays said
        snprintf(job->amiss, sizeof job->amiss, "%s", amiss);
    write_down(zone, job, how, amiss);
    faults_of_sound(zone);
    job->part_begun = 0;
}

void part_detail(const struct job *job, char detail[PART_DETAIL])
{
    uint64_t tenths = sound_ms(job->heard) / 100;
    int size = 0;
    if (job->unheard)
        size = snprintf(detail, PART_DETAIL, "không ai nghe được: %s; ", job->amiss);
    if (size < PART_DETAIL)
        size += snprintf(detail + size, (size_t)(PART_DETAIL - size), "đã phát %llu,%llu giây",
                         (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
    if (job->amiss[0] && !job->unheard && size < PART_DETAIL)
        size += snprintf(detail + size, (size_t)(PART_DETAIL - size), "; %s", job->amiss);
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
