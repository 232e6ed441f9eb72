// `export` and `import`: messages where there is no link.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/bundle.h>

#include "say.h"
#include "spans.h"
#include "view.h"
#include "when.h"
#include "words.h"
#include "walk.h"
#include "tongue.h"

enum {
    BUNDLE_MAX = 1 << 30,
    PATTERNS_MAX = 256,
    UNDERWAY_MAX = 256, // messages that wait for the hub's word at a time
};

struct exporter {
    struct cli *cli;
    struct session session;
    struct lt_buffer out;
    size_t grants, messages;
};

static enum lt_code add(struct exporter *exporter, struct lt_slice sealed)
{
    return lt_bundle_add(&exporter->out, sealed)
               ? LT_DONE
               : lt_fail(&exporter->cli->error, LT_TOO_LARGE,
                         "the bundle would be larger than %d bytes; take less with --topic, "
                         "--since and --until",
                         BUNDLE_MAX);
}

// Those nearest to the root first: each leans on what stands before it.
static enum lt_code export_in_force(struct exporter *exporter, const lt_book *book)
{
    struct view_entry *list = NULL;
    const size_t count = view_list(book, &list);
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < count; i++) {
        code = add(exporter, list[i].sealed);
        exporter->grants++;
    }
    free(list);
    return code;
}

// Then what else the hub keeps: revocations, which have to travel too.
static enum lt_code export_revocations(struct exporter *exporter, const lt_book *book,
                                       const struct lt_buffer *values)
{
    struct walk walk = walk_of(values);
    struct lt_sealed sealed;
    struct lt_grant *grant = NULL;
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && walk_sealed(&walk, &sealed)) {
        if (lt_grant_open(&sealed.part, &grant, NULL) != LT_DONE) {
            continue;
        }
        if (!lt_slice_equal(lt_book_sealed(book, grant->principal), sealed.bytes)) {
            code = add(exporter, sealed.bytes);
            exporter->grants++;
        }
        lt_grant_destroy(&grant);
    }
    return code;
}

static enum lt_code export_grants(struct exporter *exporter)
{
    lt_book *book = NULL;
    struct lt_buffer values = {0};
    enum lt_code code = view_load_all(&exporter->session, &book, &values);
    if (code == LT_DONE) {
        code = export_in_force(exporter, book);
    }
    if (code == LT_DONE) {
        code = export_revocations(exporter, book, &values);
    }
    lt_buffer_clear(&values);
    lt_book_destroy(&book);
    return code;
}

// History comes latest first; a bundle has it in the order of storing. Grants are in it already.
static enum lt_code add_span(void *self, struct lt_buffer *values, size_t count)
{
    struct exporter *exporter = self;
    struct lt_slice *sealed = cli_alloc((count + 1) * sizeof *sealed);
    struct walk walk = walk_of(values);
    struct lt_sealed message;
    size_t found = 0;
    while (found < count && walk_sealed(&walk, &message)) {
        if (!lt_slice_is(message.part.type, "grant.v1")) {
            sealed[found++] = message.bytes;
        }
    }
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && found-- > 0) {
        code = add(exporter, sealed[found]);
        exporter->messages++;
    }
    free(sealed);
    return code;
}

static enum lt_code too_many_at_once(struct exporter *exporter, uint64_t at)
{
    char when[WHEN_SIZE];
    when_full(at, when);
    return lt_fail(&exporter->cli->error, LT_TOO_LARGE,
                   "more messages were stored in one millisecond (%s) than can be asked for, %d: "
                   "take fewer topics at a time with --topic",
                   when, SPANS_PAGE);
}

static enum lt_code export_messages(struct exporter *exporter)
{
    struct cli *cli = exporter->cli;
    const char *patterns = arguments_value(&cli->arguments, "topic");
    const char *since_text = arguments_value(&cli->arguments, "since");
    const char *until_text = arguments_value(&cli->arguments, "until");
    const uint64_t now = cli_now();
    uint64_t crowded = 0;
    uint64_t since = 0;
    uint64_t until = now + 1000;
    char pattern[LT_TOPIC_MAX + 1];
    char whole[LT_TOPIC_MAX + 1];
    if ((since_text != NULL && when_past(since_text, now, &since, &cli->error) != LT_DONE) ||
        (until_text != NULL && when_past(until_text, now, &until, &cli->error) != LT_DONE)) {
        return cli->error.code;
    }
    if (patterns != NULL &&
        words_check_list(patterns, "topic", sizeof pattern, PATTERNS_MAX, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    snprintf(whole, sizeof whole, "%s/#", exporter->session.identity.xa);
    patterns = patterns != NULL ? patterns : whole;
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && words_next(&patterns, pattern, sizeof pattern)) {
        code = spans_each(&exporter->session, pattern, since, until, add_span, exporter, &crowded);
        if (code == LT_DONE && crowded != 0) { // nothing is left out in silence
            code = too_many_at_once(exporter, crowded);
        }
    }
    return code;
}

int cli_export(struct cli *cli)
{
    struct exporter exporter = {.cli = cli, .session = SESSION_CLOSED, .out = {.max = BUNDLE_MAX}};
    const char *file = cli->arguments.words[0];
    enum lt_code code = session_open(cli, SESSION_READS, &exporter.session);
    lt_bundle_begin(&exporter.out);
    if (code == LT_DONE) {
        code = session_up(&exporter.session);
    }
    if (code == LT_DONE) {
        code = export_grants(&exporter);
    }
    if (code == LT_DONE) {
        code = export_messages(&exporter);
    }
    if (code == LT_DONE) {
        code = lt_file_write(file, lt_buffer_slice(&exporter.out), 0644, &cli->error);
    }
    if (code == LT_DONE && cli->json) {
        say_json(json_pack("{s:o, s:I, s:I}", "file", say_string(file), "grants",
                           (json_int_t)exporter.grants, "messages", (json_int_t)exporter.messages));
    } else if (code == LT_DONE) {
        printf(tongue("%s: %zu grants, %zu messages\n"), file, exporter.grants, exporter.messages);
    }
    lt_buffer_clear(&exporter.out);
    session_close(&exporter.session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}

struct importer {
    struct cli *cli;
    struct session session;
    size_t taken, before, refused, underway;
};

static void count_answer(struct importer *importer, const struct lt_event *event)
{
    if ((event->kind != LT_EVENT_PUBLISHED && event->kind != LT_EVENT_STALE) ||
        importer->underway == 0) {
        return;
    }
    importer->underway--;
    if (event->code == LT_DONE) {
        importer->taken++;
    } else if (event->code == LT_DONE_BEFORE) {
        importer->before++;
    } else {
        char id[37];
        lt_id_print(event->id, id);
        importer->refused++;
        say_aside("%s was refused: %s", id, event->text);
    }
}

static enum lt_code drain(struct importer *importer, size_t until_underway)
{
    struct lt_event *event = NULL;
    while (importer->underway > until_underway) {
        event = session_next(&importer->session, cli_now() + importer->session.wait_ms);
        if (event == NULL) {
            const char *held = importer->session.held.text;
            return lt_fail(&importer->cli->error, LT_TIMED_OUT,
                           "the hub has not taken %zu messages (%s); import the file again, it "
                           "does no harm",
                           importer->underway, held[0] != '\0' ? held : "it has not answered");
        }
        count_answer(importer, event);
        lt_event_destroy(&event);
    }
    return LT_DONE;
}

static enum lt_code import_all(struct importer *importer, struct lt_slice bytes)
{
    struct lt_error *error = &importer->cli->error;
    struct lt_bundle bundle;
    struct lt_slice sealed;
    enum lt_code code = lt_bundle_open(bytes, &bundle, error);
    while (code == LT_DONE) {
        code = lt_bundle_next(&bundle, &sealed, error);
        if (code == LT_DONE) {
            code = lt_client_relay(importer->session.client, sealed, NULL, error);
            importer->underway += code == LT_DONE;
        }
        if (code == LT_DONE) {
            code = drain(importer, UNDERWAY_MAX);
        }
    }
    if (code == LT_NOT_FOUND) { // its end
        *error = (struct lt_error){0};
        return drain(importer, 0);
    }
    return code;
}

static int report(const struct importer *importer)
{
    if (importer->cli->json) {
        say_json(json_pack("{s:I, s:I, s:I}", "taken", (json_int_t)importer->taken, "before",
                           (json_int_t)importer->before, "refused", (json_int_t)importer->refused));
    } else {
        printf(tongue("%zu taken, %zu there before, %zu refused\n"), importer->taken,
               importer->before, importer->refused);
    }
    return importer->refused > 0 ? CLI_FAILED : CLI_DONE;
}

int cli_import(struct cli *cli)
{
    struct importer importer = {.cli = cli, .session = SESSION_CLOSED};
    struct lt_buffer bytes = {.max = BUNDLE_MAX};
    enum lt_code code = lt_file_read(cli->arguments.words[0], &bytes, &cli->error);
    if (code == LT_DONE) {
        code = session_open(cli, SESSION_PUBLISHES, &importer.session);
    }
    if (code == LT_DONE) {
        code = session_up(&importer.session);
    }
    if (code == LT_DONE) {
        code = import_all(&importer, lt_buffer_slice(&bytes));
    }
    lt_buffer_clear(&bytes);
    session_close(&importer.session);
    return code == LT_DONE ? report(&importer) : cli_failed(cli);
}
