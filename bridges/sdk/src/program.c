// The table of functions, and the two questions that are put to a program that is started for them alone.
#include "program.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/json.h>

#include "host.h"
#include "program_run.h"

enum { ANSWER_MS = 10000, MESSAGE_MAX = 8 * 1024 * 1024 };

struct question {       // one, put to a program that is started for it
    const char *wanted; // what the answer says
    json_t *answer;
    struct lt_error wrong;
    char last[CHILD_SAID_MAX + 1]; // on standard error
};

static bool take_answer(void *user, struct lt_slice line)
{
    struct question *question = user;
    json_error_t why;
    json_t *said = json_loadb((const char *)line.data, line.size, 0, &why);
    const char *say = json_string_value(json_object_get(said, "say"));
    if (say && strcmp(say, question->wanted) == 0) {
        question->answer = said;
        return false;
    }
    lt_fail(&question->wrong, LT_BAD_FILE,
            "it answers with a line that is not a JSON object with \"say\": \"%s\"",
            question->wanted);
    json_decref(said);
    return false;
}

static bool take_last(void *user, struct lt_slice line)
{
    struct question *question = user;
    if (lt_utf8_valid(line)) {
        memcpy(question->last, line.data, line.size);
        question->last[line.size] = '\0';
    }
    return true;
}

// false: it will not answer any more.
static bool hear(struct program_child *child, struct question *question, bool *has_out,
                 bool *has_err, int left)
{
    struct pollfd ends[] = {
        {.fd = *has_out ? child->out : -1, .events = POLLIN},
        {.fd = *has_err ? child->err : -1, .events = POLLIN},
        {.fd = child->unread.size ? child->in : -1, .events = POLLOUT},
    };
    if (poll(ends, 3, left) < 0 && errno != EINTR)
        return false;
    if (ends[2].revents)
        child_write(child);
    if (ends[0].revents) {
        enum lt_code code = child_read(child, take_answer, question);
        *has_out = code == LT_DONE || code == LT_BUSY;
    }
    if (ends[1].revents)
        *has_err = child_read_said(child, take_last, question) != LT_CLOSED;
    return *has_out || *has_err;
}

static enum lt_code no_answer(const struct program *program, const struct question *question,
                              bool is_late, struct lt_error *error)
{
    const char *says = question->last[0] ? question->last : "it said nothing on standard error";
    if (question->wrong.text[0])
        return lt_fail(error, LT_BAD_FILE, "the bridge %s (%s): %s", program->name, program->path,
                       question->wrong.text);
    if (is_late)
        return lt_fail(error, LT_TIMED_OUT, "the bridge %s (%s) has not answered within %d s",
                       program->name, program->path, ANSWER_MS / 1000);
    return lt_fail(error, LT_IO, "the bridge %s (%s) ended without an answer: %s", program->name,
                   program->path, says);
}

// Starts it, asks, and ends it. *answer is yours.
static enum lt_code ask(const struct program *program, struct lt_slice line, const char *wanted,
                        json_t **answer, struct lt_error *error)
{
    struct program_child child;
    struct question question = {.wanted = wanted};
    bool has_out = true, has_err = true, goes_on = true;
    child_init(&child);
    enum lt_code code = child_start(&child, program->path, error);
    if (code != LT_DONE)
        return code;
    (void)child_tell(&child, line); // one that does not read will not answer
    uint64_t until = host_clock() + ANSWER_MS;
    while (goes_on && !question.answer && !question.wrong.text[0] && host_clock() < until)
        goes_on = hear(&child, &question, &has_out, &has_err, (int)(until - host_clock()) + 1);
    child_hush(&child);
    child_clear(&child);
    *answer = question.answer;
    return question.answer ? LT_DONE : no_answer(program, &question, host_clock() >= until, error);
}

static enum lt_code program_open(void *state, lt_bridge_host *host, struct lt_error *error)
{
    struct program_state *own = state;
    return run_start(own, host, &own->run, error);
}

static void program_deliver(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    struct program_state *own = state;
    gifts_add(own->run, delivery, message);
}

static void program_cancel(void *state, lt_delivery *delivery, const struct lt_part *by)
{
    struct program_state *own = state;
    gifts_cancel(own->run, delivery, by);
}

static void program_resolve(void *state, lt_delivery *delivery, const struct lt_part *message,
                            const char *key, const char *far_id)
{
    struct program_state *own = state;
    gifts_add_unknown(own->run, delivery, message, key, far_id);
}

static void program_published(void *state, uint64_t token, enum lt_code code, const char *text)
{
    struct program_state *own = state;
    lines_published(own->run, token, code, text);
}

static void program_close(void *state)
{
    struct program_state *own = state;
    run_close(&own->run);
}

static bool write_question(const struct program_state *own, const char *target,
                           const struct lt_part *message, struct lt_buffer *line)
{
    json_t *values = about_values(own->program->about.options, own);
    json_t *head = json_pack("{s:s, s:i, s:s, s:o}", "do", "dry-run", "version", ABOUT_VERSION,
                             "target", target, "options", values);
    char *text = head ? json_dumps(head, JSON_COMPACT) : NULL;
    json_decref(head);
    // The message is written by json.h, and takes the place of the closing brace.
    bool whole = text && lt_buffer_add(line, text, strlen(text) - 1) &&
                 lt_buffer_print(line, ",\"message\":") &&
                 lt_json_from_part(message, line, false, NULL) == LT_DONE &&
                 lt_buffer_add(line, "}", 1);
    free(text);
    return whole;
}

static bool program_describe(const void *state, const char *target, const struct lt_part *message,
                             struct lt_buffer *out)
{
    const struct program_state *own = state;
    struct lt_buffer line = {.max = MESSAGE_MAX};
    struct lt_error error = {0};
    json_t *answer = NULL;
    bool whole = write_question(own, target, message, &line);
    if (whole && ask(own->program, lt_buffer_slice(&line), "dry-run", &answer, &error) != LT_DONE)
        whole = lt_buffer_print(out, "(%s)", error.text);
    else if (whole) {
        const char *text = json_string_value(json_object_get(answer, "text"));
        whole = lt_buffer_print(out, "%s", text ? text : "(it says nothing)");
    }
    json_decref(answer);
    lt_buffer_clear(&line);
    return whole;
}

static void fill_table(struct program *program)
{
    program->bridge = (struct lt_bridge){
        .abi = LT_BRIDGE_ABI,
        .name = program->name,
        .about = program->about.about,
        .options = program->about.options,
        .state_size = program->about.state_size,
        .open = program_open,
        .deliver = program_deliver,
        .cancel = program_cancel,
        .close = program_close,
        .published = program_published,
        .describe = program->about.rehearses ? program_describe : NULL,
        .resolve = program->about.resolves ? program_resolve : NULL,
        .channel = program->about.channel,
        .types = (const char *const *)program->about.types,
    };
}

static void free_program(struct program *program)
{
    about_clear(&program->about);
    free(program->path);
    free(program->name);
    free(program);
}

static enum lt_code ask_what_it_is(struct program *program, struct lt_error *error)
{
    json_t *said = NULL;
    struct lt_error why = {0};
    enum lt_code code =
        ask(program, lt_slice_of("{\"do\":\"describe\",\"version\":1}"), "describe", &said, error);
    if (code == LT_DONE)
        code = about_read(said, sizeof(struct program_state), &program->about, &why);
    if (said && code != LT_DONE)
        lt_fail(error, code, "the bridge %s (%s) describes itself wrongly: %s", program->name,
                program->path, why.text);
    json_decref(said);
    return code;
}

enum lt_code program_load(const char *path, const char *name, const struct lt_bridge **bridge,
                          struct lt_error *error)
{
    struct program *program = calloc(1, sizeof *program);
    if (!program)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a bridge");
    program->path = strdup(path);
    program->name = strdup(name);
    enum lt_code code = program->path && program->name
                            ? ask_what_it_is(program, error)
                            : lt_fail(error, LT_NO_MEMORY, "no memory for a bridge");
    if (code != LT_DONE) {
        free_program(program);
        return code;
    }
    fill_table(program);
    *bridge = &program->bridge;
    return LT_DONE;
}

bool program_is(const struct lt_bridge *bridge)
{
    return bridge->open == program_open;
}

void program_prepare(const struct lt_bridge *bridge, void *state)
{
    struct program_state *own = state;
    own->program = (const struct program *)bridge;
}

void program_free(const struct lt_bridge **bridge)
{
    if (*bridge)
        free_program((struct program *)*bridge);
    *bridge = NULL;
}
