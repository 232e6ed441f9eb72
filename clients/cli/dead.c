// `lienthon dead`: what was given up: listed, shown whole, or delivered again.
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "compose.h"
#include "dead_letters.h"
#include "original.h"
#include "roster.h"
#include "say.h"
#include "show.h"
#include "when.h"
#include "walk.h"
#include "tongue.h"

enum { LINE_MAX_SIZE = 4096 };

static const char *word(const struct cli *cli, size_t index)
{
    const struct arguments *arguments = &cli->arguments;
    return index < arguments->word_count ? arguments->words[index] : NULL;
}

// --- list ---

static json_t *letter_json(const struct dead_letter *letter)
{
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:b}", "principal", letter->principal,
                  "durable", letter->durable, "seq", (json_int_t)letter->seq, "state",
                  letter->state, "detail", letter->detail, "at", (json_int_t)letter->at, "attempts",
                  (json_int_t)letter->attempts, "kept", letter->is_kept);
    if (json != NULL && letter->is_kept) {
        char id[37];
        lt_id_print(letter->id, id);
        json_object_set_new(json, "id", json_string(id));
        json_object_set_new(json, "from", json_string(letter->from));
        json_object_set_new(json, "topic", json_string(letter->topic));
        json_object_set_new(json, "type", json_string(letter->type));
        json_object_set_new(json, "priority", json_integer((json_int_t)letter->priority));
        json_object_set_new(json, "stored", json_integer((json_int_t)letter->stored));
        json_object_set_new(json, "expires", json_integer((json_int_t)letter->expires));
        json_object_set_new(json, "damaged", json_boolean(letter->damaged));
    }
    return json;
}

static void print_letter(const struct dead_letter *letter)
{
    char at[WHEN_SIZE];
    char id[37] = "";
    when_said(letter->at, at);
    if (letter->is_kept) {
        lt_id_print(letter->id, id);
    }
    say_line(lt_slice_of(letter->principal));
    putchar(' ');
    say_line(lt_slice_of(letter->durable));
    printf(" %" PRIu64 "  %s  ", letter->seq, at);
    say_line(lt_slice_of(tongue(roster_state_words(letter->state))));
    if (letter->attempts == 1) {
        fputs(tongue(", 1 attempt"), stdout);
    } else if (letter->attempts > 0) {
        printf(tongue(", %llu attempts"), (unsigned long long)letter->attempts);
    }
    if (letter->detail[0] != '\0') {
        fputs(": ", stdout);
        say_sentence(letter->detail);
    }
    printf("\n    %s", letter->is_kept ? id : tongue("no longer kept"));
    if (letter->is_kept) {
        struct lt_buffer line = {.max = LINE_MAX_SIZE};
        lt_buffer_print(&line, tongue("  from %s  %s  %s  %s"), letter->from, letter->topic,
                        letter->type, compose_urgency_name((uint8_t)letter->priority));
        say_line(lt_buffer_slice(&line));
        lt_buffer_clear(&line);
        fputs(letter->damaged ? tongue("  (its stored bytes are damaged)") : "", stdout);
    }
    putchar('\n');
}

static enum lt_code list(struct session *session)
{
    struct cli *cli = session->cli;
    struct dead_letters letters = {0};
    enum lt_code code = dead_letters_load(session, word(cli, 1), word(cli, 2), 0, &letters);
    for (size_t i = 0; code == LT_DONE && i < letters.count; i++) {
        if (cli->json) {
            say_json(letter_json(&letters.list[i]));
        } else {
            print_letter(&letters.list[i]);
        }
    }
    if (code == LT_DONE && letters.count == 0 && !cli->json) {
        puts(tongue("no dead letters"));
    }
    dead_letters_clear(&letters);
    return code;
}

// --- which ones are meant ---

// A seq, or the id of a message.
static bool is_meant(const struct dead_letter *letter, const char *name)
{
    uint8_t id[LT_ID_SIZE];
    char seq[24];
    snprintf(seq, sizeof seq, "%" PRIu64, letter->seq);
    return strcmp(seq, name) == 0 ||
           (letter->is_kept && lt_id_parse(name, id) && memcmp(id, letter->id, sizeof id) == 0);
}

static enum lt_code find_seq(const struct dead_letters *letters, const char *name, uint64_t *seq,
                             struct lt_error *error)
{
    uint8_t id[LT_ID_SIZE];
    for (size_t i = 0; i < letters->count; i++) {
        if (is_meant(&letters->list[i], name)) {
            *seq = letters->list[i].seq;
            return LT_DONE;
        }
    }
    char *end = NULL;
    *seq = strtoull(name, &end, 10);
    if ((end == name || *end != '\0' || name[0] == '-' || *seq == 0) && !lt_id_parse(name, id)) {
        return lt_fail(error, LT_BAD_USE,
                       "'%s' is neither a seq nor an id; `lienthon dead list` shows both", name);
    }
    return lt_fail(error, LT_NOT_FOUND,
                   "%s is no dead letter there; `lienthon dead list` shows which there are", name);
}

// --- show ---

static json_t *history_json(struct lt_slice again)
{
    json_t *json = again.size > 0 ? say_value(again) : NULL;
    if (!json_is_array(json)) {
        json_decref(json);
        json = json_array();
    }
    return json;
}

static void print_history(struct lt_slice again)
{
    struct lt_cursor cursor = lt_cursor_of(again);
    struct lt_slice map;
    uint32_t count = 0;
    if (!lt_cursor_array(&cursor, &count)) {
        return;
    }
    while (count-- > 0 && lt_cursor_skip(&cursor, &map)) {
        struct lt_slice by = {0};
        struct lt_slice state = {0};
        struct lt_slice detail = {0};
        uint64_t at = 0;
        uint64_t ended = 0;
        char when[WHEN_SIZE];
        (void)lt_map_uint(map, "at", &at);
        (void)lt_map_uint(map, "ended", &ended);
        (void)lt_map_str(map, "by", &by);
        (void)lt_map_str(map, "state", &state);
        (void)lt_map_str(map, "detail", &detail);
        when_said(ended, when);
        printf(tongue("before: %s  "), when);
        say_line(state);
        fputs(": ", stdout);
        say_line(detail);
        when_said(at, when);
        printf(tongue("\n        %s  said again by "), when);
        say_line(by);
        putchar('\n');
    }
}

// Where it stands now, in the hub's own sentence; "" where it does not say.
static char *standing(struct session *session, const struct dead_letter *letter)
{
    struct lt_buffer args = {.max = 1024};
    struct lt_buffer answer = {.max = SESSION_ANSWER_MAX};
    struct lt_slice text = {0};
    lt_pack_map(&args, 4);
    lt_pack_text(&args, "id");
    lt_pack_bin(&args, letter->id, LT_ID_SIZE);
    lt_pack_text(&args, "from");
    lt_pack_text(&args, letter->from);
    lt_pack_text(&args, "principal");
    lt_pack_text(&args, letter->principal);
    lt_pack_text(&args, "target");
    lt_pack_text(&args, letter->durable);
    if (session_ask(session, "why", lt_buffer_slice(&args), &answer) != LT_DONE ||
        !lt_map_str(lt_buffer_slice(&answer), "text", &text)) {
        session->cli->error = (struct lt_error){0};
        text = lt_slice_of("");
    }
    char *copy = cli_copy(text);
    lt_buffer_clear(&args);
    lt_buffer_clear(&answer);
    return copy;
}

static void show_letter(struct session *session, const struct dead_letter *letter)
{
    struct lt_sealed sealed;
    const bool readable =
        letter->sealed.size > 0 && lt_sealed_decode(letter->sealed, &sealed, NULL) == LT_DONE;
    char *text = letter->is_kept ? standing(session, letter) : cli_copy(lt_slice_of(""));
    if (session->cli->json) {
        json_t *json = letter_json(letter);
        json_object_set_new(json, "standing", json_string(text));
        json_object_set_new(json, "again", history_json(letter->again));
        json_object_set_new(json, "message",
                            readable ? show_json(&sealed.part, NULL) : json_null());
        json_object_del(json_object_get(json, "message"), "genuine"); // it is not judged here
        say_json(json);
    } else {
        print_letter(letter);
        print_history(letter->again);
        if (text[0] != '\0') {
            say_line(lt_slice_of(text));
            putchar('\n');
        }
        if (readable) {
            json_t *value = say_value(sealed.part.body);
            char *body = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
            puts(body != NULL ? body : "");
            free(body);
            json_decref(value);
        }
    }
    free(text);
}

static enum lt_code show_one(struct session *session)
{
    struct cli *cli = session->cli;
    struct dead_letters letters = {0};
    uint64_t seq = 0;
    if (cli->arguments.word_count != 4) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "lienthon dead show PRINCIPAL DURABLE SEQ; `lienthon dead list` shows them");
    }
    enum lt_code code = dead_letters_load(session, word(cli, 1), word(cli, 2), 0, &letters);
    if (code == LT_DONE) {
        code = find_seq(&letters, word(cli, 3), &seq, &cli->error);
    }
    dead_letters_clear(&letters);
    if (code == LT_DONE) {
        code = dead_letters_load(session, word(cli, 1), word(cli, 2), seq, &letters);
    }
    if (code == LT_DONE && letters.count == 0) {
        code = lt_fail(&cli->error, LT_NOT_FOUND, "it is no dead letter any more");
    }
    if (code == LT_DONE) {
        show_letter(session, &letters.list[letters.count - 1]);
    }
    dead_letters_clear(&letters);
    return code;
}

// --- again ---

struct tally {
    size_t again, refused;
    json_t *letters; // NULL: lines for people
};

static void tell(struct tally *tally, const struct dead_letter *letter, enum lt_code code,
                 const char *text)
{
    const bool done = code == LT_DONE || code == LT_DONE_BEFORE;
    tally->again += done;
    tally->refused += !done;
    if (tally->letters != NULL) {
        json_array_append_new(tally->letters,
                              json_pack("{s:s, s:s, s:I, s:i, s:s}", "principal", letter->principal,
                                        "durable", letter->durable, "seq", (json_int_t)letter->seq,
                                        "code", (int)code, "text", text));
        return;
    }
    say_line(lt_slice_of(letter->principal));
    putchar(' ');
    say_line(lt_slice_of(letter->durable));
    printf(" %" PRIu64 "  %s", letter->seq, done ? tongue("on its way again") : tongue("refused"));
    if (!done) {
        fputs(": ", stdout);
        say_sentence(text);
    }
    putchar('\n');
}

// Those of one subscription, from the first one that has not been told on; the others wait.
static enum lt_code say_some(struct session *session, const struct dead_letters *letters,
                             bool *told, size_t first, struct tally *tally)
{
    const struct dead_letter *same[LT_AGAIN_MAX];
    uint64_t seqs[LT_AGAIN_MAX] = {0};
    enum lt_code codes[LT_AGAIN_MAX];
    char *texts[LT_AGAIN_MAX];
    size_t count = 0;
    const struct dead_letter *head = &letters->list[first];
    for (size_t i = first; i < letters->count && count < LT_AGAIN_MAX; i++) {
        const struct dead_letter *letter = &letters->list[i];
        if (!told[i] && strcmp(letter->principal, head->principal) == 0 &&
            strcmp(letter->durable, head->durable) == 0) {
            told[i] = true;
            same[count] = letter;
            seqs[count++] = letter->seq;
        }
    }
    const enum lt_code code =
        dead_letters_again(session, head->principal, head->durable, seqs, count, codes, texts);
    const bool is_refusal = code == LT_NOT_ALLOWED || code == LT_NO_SUBSCRIPTION;
    for (size_t i = 0; i < count && (code == LT_DONE || is_refusal); i++) {
        tell(tally, same[i], is_refusal ? code : codes[i],
             is_refusal ? session->cli->error.text : texts[i]);
    }
    for (size_t i = 0; i < count && code == LT_DONE; i++) {
        free(texts[i]);
    }
    return is_refusal ? LT_DONE : code;
}

// Leaves only those that the words behind the subscription name.
static enum lt_code choose(const struct cli *cli, struct dead_letters *letters,
                           struct lt_error *error)
{
    size_t kept = 0;
    uint64_t seq = 0;
    if (cli->arguments.word_count <= 3) {
        return LT_DONE;
    }
    for (size_t i = 3; i < cli->arguments.word_count; i++) {
        if (find_seq(letters, word(cli, i), &seq, error) != LT_DONE) {
            return error->code;
        }
    }
    for (size_t i = 0; i < letters->count; i++) {
        bool meant = false;
        for (size_t j = 3; j < cli->arguments.word_count && !meant; j++) {
            meant = is_meant(&letters->list[i], word(cli, j));
        }
        if (meant) {
            letters->list[kept++] = letters->list[i];
        }
    }
    letters->count = kept;
    return LT_DONE;
}

static enum lt_code say_all(struct session *session, struct tally *tally)
{
    struct cli *cli = session->cli;
    struct dead_letters letters = {0};
    const bool all = arguments_has(&cli->arguments, "all");
    if (all ? cli->arguments.word_count > 1 : cli->arguments.word_count < 2) {
        return lt_fail(
            &cli->error, LT_BAD_USE,
            "lienthon dead again PRINCIPAL [DURABLE [SEQ …]], or lienthon dead again --all");
    }
    enum lt_code code = dead_letters_load(session, word(cli, 1), word(cli, 2), 0, &letters);
    if (code == LT_DONE) {
        code = choose(cli, &letters, &cli->error);
    }
    bool *told = cli_alloc(letters.count * sizeof *told);
    for (size_t i = 0; code == LT_DONE && i < letters.count; i++) {
        if (!told[i]) {
            code = say_some(session, &letters, told, i, tally);
        }
    }
    free(told);
    dead_letters_clear(&letters);
    return code;
}

static enum lt_code again(struct session *session, int *status)
{
    struct tally tally = {.letters = session->cli->json ? json_array() : NULL};
    const enum lt_code code = say_all(session, &tally);
    if (code == LT_DONE && tally.letters != NULL) {
        say_json(json_pack("{s:I, s:I, s:O}", "again", (json_int_t)tally.again, "refused",
                           (json_int_t)tally.refused, "letters", tally.letters));
    } else if (code == LT_DONE && tally.again + tally.refused == 0) {
        puts(tongue("no dead letters"));
    }
    json_decref(tally.letters);
    *status = tally.refused > 0 ? CLI_FAILED : CLI_DONE;
    return code;
}

int cli_dead(struct cli *cli)
{
    static const char *const verbs[] = {"list", "show", "again"};
    size_t verb = 0;
    int status = CLI_DONE;
    while (verb < 3 && strcmp(verbs[verb], word(cli, 0)) != 0) {
        verb++;
    }
    if (verb == 3) {
        lt_fail(&cli->error, LT_BAD_USE, "dead %s: list, show and again are allowed", word(cli, 0));
        return cli_failed(cli);
    }
    struct session session = SESSION_CLOSED;
    enum lt_code code = session_open(cli, SESSION_READS, &session);
    if (code == LT_DONE) {
        code = session_up(&session);
    }
    if (code == LT_DONE && verb == 0) {
        code = list(&session);
    } else if (code == LT_DONE && verb == 1) {
        code = show_one(&session);
    } else if (code == LT_DONE) {
        code = again(&session, &status);
    }
    session_close(&session);
    return code == LT_DONE ? status : cli_failed(cli);
}
