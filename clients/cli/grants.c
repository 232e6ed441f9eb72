// `lienthon grants`: who has which rights now, and from whom.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "say.h"
#include "view.h"
#include "when.h"
#include "wrap.h"

enum { ROW_WIDTH = 24 + 16 + 28 + 16 + 4 * 2 + 10 };
#include "tongue.h"

static json_t *rights_json(unsigned rights)
{
    static const struct {
        unsigned bit;
        const char *name;
    } known[] = {
        {LT_RELAY, "relay"}, {LT_QUERY, "query"}, {LT_GRANT, "grant"}, {LT_ENROL, "enrol"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if ((rights & known[i].bit) != 0) {
            json_array_append_new(list, json_string(known[i].name));
        }
    }
    return list;
}

static json_t *names_json(const struct lt_names *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++) {
        json_array_append_new(list, say_text(names->item[i]));
    }
    return list;
}

static json_t *powers_json(const struct lt_powers *powers, const char *which)
{
    json_t *list = json_array();
    if (which[0] == 'p') {
        for (size_t i = 0; i < powers->publish_count; i++) {
            const struct lt_may_publish *may = &powers->publish[i];
            json_array_append_new(
                list,
                json_pack("{s:o, s:o, s:i, s:i, s:b}", "topics", names_json(&may->topics), "types",
                          names_json(&may->types), "max_priority", (int)may->max_priority,
                          "max_label", (int)may->max_label, "two_hands", may->two_hands));
        }
    } else {
        for (size_t i = 0; i < powers->subscribe_count; i++) {
            const struct lt_may_subscribe *may = &powers->subscribe[i];
            json_array_append_new(list, json_pack("{s:o, s:i}", "topics", names_json(&may->topics),
                                                  "max_label", (int)may->max_label));
        }
    }
    return list;
}

static json_t *entry_json(const struct view_entry *entry)
{
    const struct lt_grant *grant = entry->grant;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "principal",
        say_text(grant->principal), "name", say_text(grant->name), "role", say_text(grant->role),
        "issuer", say_text(entry->issuer), "serial", (json_int_t)grant->serial, "not_before",
        (json_int_t)grant->not_before, "expires", (json_int_t)grant->expires, "rights",
        rights_json(grant->powers.rights), "publish", powers_json(&grant->powers, "publish"),
        "subscribe", powers_json(&grant->powers, "subscribe"), "key",
        say_hex((struct lt_slice){grant->key, LT_KEY_SIZE}));
}

static int width(struct lt_slice text, int columns)
{
    // printf pads bytes; people see code points.
    return columns + (int)(text.size - lt_utf8_length(text));
}

static void print_cell(struct lt_slice text, int columns)
{
    struct lt_buffer cell = {.max = text.size + 1}; // whoever gave the grant chose its name
    say_clean(text, false, &cell);
    text = lt_buffer_slice(&cell);
    printf("%-*.*s  ", width(text, columns), (int)text.size, (const char *)text.data);
    lt_buffer_clear(&cell);
}

// Two lines where the terminal is too narrow for one.
static void print_row(const struct lt_slice cells[4], const char *until, bool is_over)
{
    const bool narrow = !wrap_has_room(ROW_WIDTH);
    print_cell(cells[0], 24);
    print_cell(cells[1], 16);
    if (narrow) {
        printf("%s%s\n    ", until, is_over ? tongue(" (over)") : "");
    }
    print_cell(cells[2], 28);
    if (narrow) {
        say_line(cells[3]);
        putchar('\n');
    } else {
        print_cell(cells[3], 16);
        printf("%s%s\n", until, is_over ? tongue(" (over)") : "");
    }
}

static void print_head(void)
{
    const struct lt_slice cells[] = {lt_slice_of(tongue("principal")), lt_slice_of(tongue("role")),
                                     lt_slice_of(tongue("name")), lt_slice_of(tongue("issuer"))};
    print_row(cells, tongue("until"), false);
}

static void print_entry(const struct view_entry *entry, uint64_t now)
{
    const struct lt_grant *grant = entry->grant;
    const struct lt_slice cells[] = {grant->principal, grant->role, grant->name, entry->issuer};
    char until[WHEN_SIZE];
    when_said_day(grant->expires, until);
    print_row(cells, until, grant->expires <= now);
}

static void print_grants(struct cli *cli, const lt_book *book)
{
    struct view_entry *list = NULL;
    const size_t count = view_list(book, &list);
    const bool all = arguments_has(&cli->arguments, "all");
    json_t *rows = json_array();
    if (!cli->json) {
        print_head();
    }
    for (size_t i = 0; i < count; i++) {
        if (!all && view_is_invitation(list[i].grant)) {
            continue;
        }
        if (cli->json) {
            json_array_append_new(rows, entry_json(&list[i]));
        } else {
            print_entry(&list[i], cli_now());
        }
    }
    if (cli->json) {
        say_json(json_incref(rows));
    }
    json_decref(rows);
    free(list);
}

int cli_grants(struct cli *cli)
{
    struct session session = SESSION_CLOSED;
    lt_book *book = NULL;
    enum lt_code code = session_open(cli, SESSION_READS, &session);
    if (code == LT_DONE) {
        code = session_up(&session);
    }
    if (code == LT_DONE) {
        code = view_load(&session, &book);
    }
    if (code == LT_DONE) {
        print_grants(cli, book);
    }
    lt_book_destroy(&book);
    session_close(&session);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
