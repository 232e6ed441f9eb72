// `lienthon doctor`: looks at everything that an operator would have to look at, says of each whether it is well, and of what
// is not what to do. It changes nothing. Without the hub it looks at what lies here.
#include "doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "say.h"
#include "tongue.h"
#include "view.h"

enum {
    HUB_WAIT_MS = 4000,
    TEXT_MAX = 1024,
    ANSWER_MAX = 64 * 1024 * 1024,
    EXIT_WARNING = 1,
    EXIT_PROBLEM = 2,
};

static const struct {
    const char *name;
    doctor_check *run;
} checks[] = {
    {"configuration", doctor_configuration},
    {"keys", doctor_keys},
    {"roles", doctor_roles},
    {"bridges", doctor_bridges},
    {"hub", doctor_hub},
    {"ports", doctor_ports},
    {"clock", doctor_clock},
    {"disk", doctor_disk},
    {"descriptors", doctor_descriptors},
    {"versions", doctor_versions},
    {"damage", doctor_damage},
    {"deferred", doctor_deferred},
    {"subscriptions", doctor_stuck},
    {"dead-letters", doctor_dead},
    {"health", doctor_health},
    {"hours", doctor_hours},
    {"expiry", doctor_expiry},
    {"grants-here", doctor_unheard_here},
    {"grants-there", doctor_unheard_there},
    {"backup", doctor_backup},
    {"outboxes", doctor_outboxes},
};

static const char *const verdicts[] = {"ok", "skipped", "warning", "problem"};

void doctor_say(struct doctor *doctor, enum doctor_verdict verdict, const char *advice,
                const char *format, ...)
{
    char text[TEXT_MAX];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    struct lt_error whole = {0}; // its text is cut at a character
    lt_fail(&whole, LT_DONE, "%s", text);
    json_array_append_new(doctor->findings,
                          json_pack("{s:s, s:s, s:s, s:o}", "check", doctor->check, "verdict",
                                    verdicts[verdict], "text", whole.text, "advice",
                                    advice != NULL ? json_string(advice) : json_null()));
}

uint64_t doctor_stat(const struct doctor *doctor, const char *name)
{
    uint64_t value = 0;
    (void)lt_map_uint(lt_buffer_slice(&doctor->stats), name, &value);
    return value;
}

bool doctor_lacks(struct doctor *doctor, const struct lt_buffer *answer)
{
    if (answer->size > 0) {
        return false;
    }
    const char *why = doctor->is_up ? doctor->silent.text : PHRASE("the hub does not answer");
    doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not looked at: %s", why);
    return true;
}

const char *doctor_span(uint64_t ms, char out[32])
{
    const uint64_t minutes = ms / 60000;
    if (minutes < 120) {
        snprintf(out, 32, "%" PRIu64 " minutes", minutes);
    } else if (minutes < 48 * 60) {
        snprintf(out, 32, "%" PRIu64 " hours", minutes / 60);
    } else {
        snprintf(out, 32, "%" PRIu64 " days", minutes / 60 / 24);
    }
    return out;
}

const char *doctor_size(uint64_t bytes, char out[32])
{
    const uint64_t mib = bytes / 1024 / 1024;
    if (mib < 10240) {
        snprintf(out, 32, "%" PRIu64 " MiB", mib);
    } else {
        snprintf(out, 32, "%" PRIu64 " GiB", mib / 1024);
    }
    return out;
}

// --- what the hub says ---

static void ask(struct doctor *doctor, const char *name, struct lt_slice args,
                struct lt_buffer *answer)
{
    if (session_ask(&doctor->session, name, args, answer) != LT_DONE) {
        doctor->silent = doctor->cli->error;
        lt_buffer_clear(answer);
    }
    doctor->cli->error = (struct lt_error){0};
}

static void ask_all(struct doctor *doctor)
{
    struct lt_buffer args = {.max = TEXT_MAX};
    char pattern[LT_TOPIC_MAX + 1];
    const struct lt_slice none = {0};
    ask(doctor, "stats", none, &doctor->stats);
    ask(doctor, "principals", none, &doctor->people);
    ask(doctor, "subscriptions", none, &doctor->subscriptions);
    lt_pack_map(&args, 1);
    lt_pack_text(&args, "limit");
    lt_pack_uint(&args, 1000);
    ask(doctor, "dead", lt_buffer_slice(&args), &doctor->dead);
    lt_buffer_empty(&args);
    snprintf(pattern, sizeof pattern, "%s/suc-khoe/#", doctor->session.identity.xa);
    lt_pack_map(&args, 1);
    lt_pack_text(&args, "pattern");
    lt_pack_text(&args, pattern);
    ask(doctor, "last", lt_buffer_slice(&args), &doctor->health);
    lt_buffer_clear(&args);
    if (view_load(&doctor->session, &doctor->book) != LT_DONE) {
        doctor->silent = doctor->cli->error;
        doctor->cli->error = (struct lt_error){0};
    }
}

static void call_hub(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;
    enum lt_code code = session_open(cli, SESSION_FOLLOWS, &doctor->session);
    if (code == LT_DONE && !arguments_has(&cli->arguments, "wait")) {
        doctor->session.wait_ms = HUB_WAIT_MS;
    }
    if (code == LT_DONE) {
        code = session_up(&doctor->session);
    }
    doctor->is_up = code == LT_DONE;
    doctor->down = cli->error;
    cli->error = (struct lt_error){0};
    if (doctor->is_up) {
        ask_all(doctor);
    }
}

// --- what lies here ---

static enum lt_code read_limits(struct doctor *doctor)
{
    struct doctor_limits *limits = &doctor->limits;
    const struct {
        const char *name;
        long fallback;
        uint64_t *value;
    } options[] = {
        {"expiry-days", 30, &limits->expiry_days},
        {"backup-days", 7, &limits->backup_days},
        {"stuck-hours", 24, &limits->stuck_hours},
        {"away-days", 30, &limits->away_days},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        long value = 0;
        const enum lt_code code =
            arguments_number(&doctor->cli->arguments, options[i].name, 0, 3650, options[i].fallback,
                             &value, &doctor->cli->error);
        if (code != LT_DONE) {
            return code;
        }
        *options[i].value = (uint64_t)value;
    }
    long wait_s = 0; // session_open reads it; what is wrong there is no trouble of the hub's
    return arguments_number(&doctor->cli->arguments, "wait", 0, 86400, 0, &wait_s,
                            &doctor->cli->error);
}

// LT_NOT_FOUND: the folder is nobody's.
static enum lt_code look_at_folder(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;
    struct lt_identity identity = {0};
    struct lt_error error = {0};
    const enum lt_code commune = lt_commune_load(cli->folder, &doctor->commune, &error);
    const enum lt_code who = lt_identity_load(cli->folder, cli->as, &identity, &cli->error);
    lt_identity_clear(&identity);
    doctor->has_commune = commune == LT_DONE;
    doctor->has_identity = who == LT_DONE;
    if (commune == LT_NOT_FOUND && who == LT_NOT_FOUND) {
        return LT_NOT_FOUND;
    }
    cli->error = (struct lt_error){0};
    return LT_DONE;
}

// --- the report ---

static enum doctor_verdict verdict_of(json_t *finding)
{
    const char *name = json_string_value(json_object_get(finding, "verdict"));
    for (int i = DOCTOR_PROBLEM; i > DOCTOR_OK; i--) {
        if (name != NULL && strcmp(name, verdicts[i]) == 0) {
            return (enum doctor_verdict)i;
        }
    }
    return DOCTOR_OK;
}

static void print_sentence(const char *english)
{
    struct lt_buffer text = {.max = (size_t)4 * TEXT_MAX};
    (void)tongue_sentence(english, &text);
    say_line(lt_buffer_slice(&text));
    lt_buffer_clear(&text);
}

static void print_finding(json_t *finding)
{
    static const char *const words[] = {PHRASE("ok"), PHRASE("skipped"), PHRASE("WARNING"),
                                        PHRASE("PROBLEM")};
    const char *word = tongue(words[verdict_of(finding)]);
    const char *advice = json_string_value(json_object_get(finding, "advice"));
    // printf pads bytes; people see code points.
    const int width = 8 + (int)(strlen(word) - lt_utf8_length(lt_slice_of(word)));
    printf("%-*s %-13s ", width, word, json_string_value(json_object_get(finding, "check")));
    print_sentence(json_string_value(json_object_get(finding, "text")));
    if (advice != NULL) {
        printf("\n%8s %-13s -> ", "", "");
        print_sentence(advice);
    }
    putchar('\n');
}

static int report(const struct doctor *doctor)
{
    const struct cli *cli = doctor->cli;
    const bool brief = arguments_has(&cli->arguments, "brief");
    size_t counts[DOCTOR_PROBLEM + 1] = {0};
    json_t *shown = json_array();
    for (size_t i = 0; i < json_array_size(doctor->findings); i++) {
        json_t *finding = json_array_get(doctor->findings, i);
        const enum doctor_verdict verdict = verdict_of(finding);
        counts[verdict]++;
        if (!brief || verdict >= DOCTOR_WARNING) {
            json_array_append(shown, finding);
        }
    }
    const enum doctor_verdict worst = counts[DOCTOR_PROBLEM] > 0   ? DOCTOR_PROBLEM
                                      : counts[DOCTOR_WARNING] > 0 ? DOCTOR_WARNING
                                                                   : DOCTOR_OK;
    if (cli->json) {
        say_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:O}", "verdict", verdicts[worst], "ok",
                           (json_int_t)counts[DOCTOR_OK], "skipped",
                           (json_int_t)counts[DOCTOR_SKIPPED], "warnings",
                           (json_int_t)counts[DOCTOR_WARNING], "problems",
                           (json_int_t)counts[DOCTOR_PROBLEM], "findings", shown));
    } else {
        for (size_t i = 0; i < json_array_size(shown); i++) {
            print_finding(json_array_get(shown, i));
        }
        printf(tongue("%zu ok, %zu skipped, %zu warnings, %zu problems\n"), counts[DOCTOR_OK],
               counts[DOCTOR_SKIPPED], counts[DOCTOR_WARNING], counts[DOCTOR_PROBLEM]);
    }
    json_decref(shown);
    return worst == DOCTOR_PROBLEM   ? EXIT_PROBLEM
           : worst == DOCTOR_WARNING ? EXIT_WARNING
                                     : CLI_DONE;
}

static void clear(struct doctor *doctor)
{
    session_close(&doctor->session);
    lt_book_destroy(&doctor->book);
    lt_buffer_clear(&doctor->stats);
    lt_buffer_clear(&doctor->people);
    lt_buffer_clear(&doctor->subscriptions);
    lt_buffer_clear(&doctor->dead);
    lt_buffer_clear(&doctor->health);
    lt_commune_clear(&doctor->commune);
    json_decref(doctor->findings);
}

int cli_doctor(struct cli *cli)
{
    struct doctor doctor = {
        .cli = cli,
        .now = cli_now(),
        .session = SESSION_CLOSED,
        .stats = {.max = ANSWER_MAX},
        .people = {.max = ANSWER_MAX},
        .subscriptions = {.max = ANSWER_MAX},
        .dead = {.max = ANSWER_MAX},
        .health = {.max = ANSWER_MAX},
        .findings = json_array(),
    };
    enum lt_code code = read_limits(&doctor);
    if (code == LT_DONE) {
        code = look_at_folder(&doctor);
    }
    if (code != LT_DONE) {
        clear(&doctor);
        return cli_failed(cli);
    }
    if (doctor.has_identity) {
        call_hub(&doctor);
    }
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        doctor.check = checks[i].name;
        checks[i].run(&doctor);
    }
    const int status = report(&doctor);
    clear(&doctor);
    return status;
}
