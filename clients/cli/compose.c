// Messages from what people type.
#include "compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <lienthon/json.h>

#include "say.h"
#include "when.h"
#include "words.h"

enum { BODY_MAX = 256 * 1024, CHANNELS_MAX = 16, NAME_SIZE = 64 };

#define DAY_MS UINT64_C(86400000)

static const char *const urgencies[] = {"thuong", "khan", "thuong-khan", "hoa-toc"};
static const char *const labels[] = {"cong-khai", "noi-bo", "mat"};

void compose_clear(struct draft *draft)
{
    lt_buffer_clear(&draft->body);
}

// A name of the list or its number.
static bool grade(const char *text, const char *const *names, uint8_t count, uint8_t *value)
{
    for (uint8_t i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0 || (text[0] == (char)('0' + i) && text[1] == '\0')) {
            *value = i;
            return true;
        }
    }
    return false;
}

enum lt_code compose_urgency(const char *text, uint8_t *priority, struct lt_error *error)
{
    if (text == NULL || grade(text, urgencies, 4, priority)) {
        return LT_DONE;
    }
    return lt_fail(
        error, LT_BAD_USE,
        "the urgency '%s' is not one of thuong (0), khan (1), thuong-khan (2), hoa-toc (3)", text);
}

enum lt_code compose_label(const char *text, uint8_t *label, struct lt_error *error)
{
    if (text == NULL || grade(text, labels, 3, label)) {
        return LT_DONE;
    }
    return lt_fail(error, LT_BAD_USE, "the label '%s' is not one of cong-khai (0), noi-bo (1)",
                   text);
}

const char *compose_urgency_name(uint8_t priority)
{
    return priority < 4 ? urgencies[priority] : "?";
}

uint64_t compose_latest_end(const struct lt_type *type, const struct lt_part *part)
{
    uint64_t latest =
        type != NULL && type->max_life_s > 0 ? part->created + type->max_life_s * 1000 : 0;
    if (part->priority == LT_HOA_TOC && (latest == 0 || latest > part->created + DAY_MS)) {
        latest = part->created + DAY_MS;
    }
    return latest;
}

enum lt_code compose_times(struct cli *cli, uint64_t life_ms, struct draft *draft)
{
    const struct lt_type *type = draft->type;
    struct lt_part *part = &draft->part;
    const char *at = arguments_value(&cli->arguments, "at");
    const char *span = arguments_value(&cli->arguments, "expires");
    struct lt_error *error = &cli->error;
    part->created = cli_now();
    if (at != NULL && when_parse(at, part->created, &part->deliver_at, error) != LT_DONE) {
        return error->code;
    }
    if (at != NULL && part->deliver_at <= part->created) {
        return lt_fail(error, LT_BAD_USE, "--at %s is over already", at);
    }
    if (span != NULL && when_duration(span, "expires", &life_ms, error) != LT_DONE) {
        return error->code;
    }
    const uint64_t due = at != NULL ? part->deliver_at : part->created;
    const uint64_t latest = compose_latest_end(type, part);
    part->expires = life_ms > 0 ? due + life_ms : 0;
    if (latest != 0 && (part->expires == 0 || part->expires > latest)) {
        if (span != NULL || due >= latest) {
            char until[WHEN_SIZE];
            when_full(latest, until);
            return lt_fail(
                error, LT_BAD_USE, "this message cannot count beyond %s: a %s %s lives no longer",
                until, compose_urgency_name(part->priority), type != NULL ? type->name : "message");
        }
        part->expires = latest;
    }
    return LT_DONE;
}

static json_t *list_of(const char *list)
{
    json_t *items = json_array();
    char item[NAME_SIZE];
    while (words_next(&list, item, sizeof item)) {
        json_array_append_new(items, json_string(item));
    }
    return items;
}

static enum lt_code check_hamlets(struct session *session, const char *to)
{
    struct lt_error *error = &session->cli->error;
    struct lt_commune commune;
    char *path = cli_path(session->cli, "commune.yaml");
    const bool is_known = access(path, F_OK) == 0; // a device's folder does not know the hamlets
    free(path);
    if (is_known && lt_commune_load(session->cli->folder, &commune, error) != LT_DONE) {
        return error->code;
    }
    char slug[NAME_SIZE];
    enum lt_code code = LT_DONE;
    size_t count = 0;
    for (; code == LT_DONE && words_next(&to, slug, sizeof slug); count++) {
        if (strcmp(slug, "tat-ca") == 0) {
            continue;
        }
        if (!lt_topic_valid(lt_slice_of(slug)) || strchr(slug, '/') != NULL) {
            code = lt_fail(error, LT_BAD_USE,
                           "--to %s: a hamlet's short name is wanted, as an-thuong", slug);
        } else if (is_known) {
            code = words_check_hamlet(&commune.hamlets, slug, error);
        }
    }
    if (is_known) {
        lt_commune_clear(&commune);
    }
    if (code == LT_DONE && (count == 0 || *to != '\0')) {
        code = lt_fail(error, LT_BAD_USE,
                       "--to wants a hamlet's short name, several with commas, or tat-ca for all");
    }
    return code;
}

// One hamlet has a topic of its own; several share the commune's, and the body names them.
static enum lt_code address(struct session *session, const char *to, struct draft *draft,
                            json_t *body)
{
    json_t *hamlets = list_of(to);
    const char *level = "tat-ca";
    bool all = false;
    for (size_t i = 0; i < json_array_size(hamlets); i++) {
        all = all || strcmp(json_string_value(json_array_get(hamlets, i)), "tat-ca") == 0;
    }
    if (!all && json_array_size(hamlets) == 1) {
        level = json_string_value(json_array_get(hamlets, 0));
    } else if (!all) {
        json_object_set(body, "hamlets", hamlets);
    }
    const int size =
        snprintf(draft->topic, sizeof draft->topic, "%s/%s/thong-bao", session->identity.xa, level);
    json_decref(hamlets);
    draft->part.topic = lt_slice_of(draft->topic);
    return size > 0 && (size_t)size < sizeof draft->topic && lt_topic_valid(draft->part.topic)
               ? LT_DONE
               : lt_fail(&session->cli->error, LT_BAD_USE,
                         "the topic %s is none; see xa in identity.yaml", draft->topic);
}

static enum lt_code speech(struct cli *cli, const struct recording *recording, json_t *body)
{
    const char *voice = arguments_value(&cli->arguments, "voice");
    long repeat = 0;
    if (arguments_number(&cli->arguments, "repeat", 1, 3, 0, &repeat, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    json_t *how = json_object();
    if (repeat > 0) {
        json_object_set_new(how, "repeat", json_integer(repeat));
    }
    if (voice != NULL) {
        json_object_set_new(how, "voice", json_string(voice));
    }
    if (arguments_has(&cli->arguments, "no-chime")) {
        json_object_set_new(how, "chime", json_false());
    }
    if (recording != NULL) {
        json_object_set_new(how, "recording", recording_body(recording));
    }
    if (json_object_size(how) > 0) {
        json_object_set(body, "speech", how);
    }
    json_decref(how);
    return LT_DONE;
}

static enum lt_code set_text(json_t *body, const char *key, const char *text,
                             struct lt_error *error)
{
    char *nfc = NULL;
    if (words_nfc(text, key, &nfc, error) != LT_DONE) {
        return error->code;
    }
    json_object_set_new(body, key, json_string(nfc));
    free(nfc);
    return LT_DONE;
}

static enum lt_code to_body(json_t *json, struct draft *draft, struct lt_error *error)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (text == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for the notice");
    }
    draft->body = (struct lt_buffer){.max = BODY_MAX};
    const enum lt_code code = lt_json_to_body(
        lt_slice_of(text), draft->type != NULL ? draft->type->schema : NULL, &draft->body, error);
    free(text);
    draft->part.body = lt_buffer_slice(&draft->body);
    return code;
}

enum lt_code compose_notice(struct session *session, const struct notice *notice,
                            struct draft *draft)
{
    struct lt_error *error = &session->cli->error;
    json_t *body = json_object();
    enum lt_code code = check_hamlets(session, notice->to);
    if (code == LT_DONE && notice->title != NULL) {
        code = set_text(body, "title", notice->title, error);
    }
    if (code == LT_DONE) {
        code = set_text(body, "text", notice->text, error);
    }
    if (code == LT_DONE) {
        code = address(session, notice->to, draft, body);
    }
    if (code == LT_DONE && notice->via != NULL) {
        code = words_check_list(notice->via, "via", NAME_SIZE, CHANNELS_MAX, error);
    }
    if (code == LT_DONE && notice->via != NULL) {
        json_object_set_new(body, "channels", list_of(notice->via));
    }
    if (code == LT_DONE) {
        code = speech(session->cli, notice->recording, body);
    }
    if (code == LT_DONE && notice->schedule != NULL) {
        json_object_set(body, "schedule", notice->schedule);
    }
    if (code == LT_DONE) {
        code = to_body(body, draft, error);
    }
    json_decref(body);
    draft->part.type = lt_slice_of("notice.v1");
    return code;
}

// The old recording and the old words to be said would go on saying what is replaced.
static void rewrite_speech(json_t *body, const struct recording *recording)
{
    json_t *how = json_object_get(body, "speech");
    json_object_del(how, "recording");
    json_object_del(how, "text");
    if (recording != NULL && how == NULL) {
        how = json_object();
        json_object_set_new(body, "speech", how);
    }
    if (recording != NULL) {
        json_object_set_new(how, "recording", recording_body(recording));
    } else if (how != NULL && json_object_size(how) == 0) {
        json_object_del(body, "speech");
    }
}

enum lt_code compose_rewrite(struct lt_slice old, const char *text, const char *title,
                             const struct recording *recording, struct draft *draft,
                             struct lt_error *error)
{
    json_t *body = say_value(old);
    if (!json_is_object(body)) {
        json_decref(body);
        return lt_fail(error, LT_BODY_WRONG, "the original's body cannot be read");
    }
    enum lt_code code = set_text(body, "text", text, error);
    if (code == LT_DONE && title != NULL) {
        code = set_text(body, "title", title, error);
    }
    if (code == LT_DONE) {
        rewrite_speech(body, recording);
        code = to_body(body, draft, error);
    }
    json_decref(body);
    return code;
}

void compose_print(const struct cli *cli, const struct sent *sent, json_t *more)
{
    char text[37];
    lt_id_print(sent->id, text);
    if (cli->json) {
        json_t *json = json_pack("{s:s, s:b, s:b}", "id", text, "confirmed", sent->confirmed,
                                 "needs_second", sent->needs_second);
        if (more != NULL) {
            json_object_update(json, more);
        }
        say_json(json);
    } else {
        puts(text);
        fflush(stdout);
    }
    json_decref(more);
    if (sent->needs_second) {
        say_aside("nobody acts on it before a second person has said yes: lienthon approve %s",
                  text);
    }
}

enum lt_code compose_publish(struct session *session, struct draft *draft, struct sent *sent)
{
    struct cli *cli = session->cli;
    *sent = (struct sent){0};
    lt_id_make(draft->part.created, draft->part.id);
    memcpy(sent->id, draft->part.id, sizeof sent->id);
    if (draft->type != NULL && lt_type_check(draft->type, &draft->part, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    const enum lt_code code = session_publish(session, &draft->part, sent->id);
    sent->confirmed = code == LT_DONE;
    if (code == LT_DONE || code == LT_TIMED_OUT) {
        sent->needs_second = session_needs_second(session, &draft->part);
    }
    return code;
}

enum lt_code compose_send(struct session *session, struct draft *draft)
{
    struct sent sent;
    const enum lt_code code = compose_publish(session, draft, &sent);
    if (code == LT_DONE || code == LT_TIMED_OUT) {
        compose_print(session->cli, &sent, NULL);
    }
    return code;
}
