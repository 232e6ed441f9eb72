// The bridge as a program: its file, its start and its end, what it shows of itself, what it uses up.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/json.h>

#include "checks.h"

enum {
    TEXT_MAX = 1024 * 1024,
    STOP_MS = 5000,
    STOP_WAIT_MS = 10000,
    STOP_LETTERS = 6,
    GROW_LETTERS = 120,
    GROW_KB = 4096,
    GROW_FDS = 3,
    HEALTH_MS = 5000
};

static bool contains(const struct lt_buffer *text, const char *what)
{
    return *what && text->data && memmem(text->data, text->size, what, strlen(what));
}

static const char *const check_words[] = {TOWN_INSTANCE, "-C", NULL, "--check", NULL};

static int ask_check(struct suite *suite, const char *instance, struct lt_buffer *said)
{
    const char *words[5];
    memcpy(words, check_words, sizeof words);
    words[0] = instance;
    words[2] = suite->town.folder;
    lt_buffer_empty(said);
    return suite_ask(suite, words, said);
}

// The name of the first option in the sample, "" where there is none.
static void first_option(struct suite *suite, char name[64])
{
    const char *words[] = {"--sample", suite->settings->bridge, NULL};
    struct lt_buffer said = {.max = TEXT_MAX};
    name[0] = '\0';
    if (suite_ask(suite, words, &said) == 0 && lt_buffer_add(&said, "", 1)) {
        const char *at = strstr((const char *)said.data, "\noptions:");
        at = at ? strchr(at + 1, '\n') : NULL;
        while (at && at[1] == ' ') {
            const char *word = at + 1 + strspn(at + 1, " #");
            size_t size = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");
            if (size >= 4 && size < 63 && word[size] == ':') {
                snprintf(name, 64, "%.*s", (int)size, word);
                break;
            }
            at = strchr(at + 1, '\n');
        }
    }
    lt_buffer_clear(&said);
}

static void expect_told(struct suite *suite, const char *file, const char *text, const char *place,
                        const char *near)
{
    struct lt_buffer said = {.max = TEXT_MAX};
    char where[128], hint[96];
    if (!suite_write_instance(suite, file, text))
        return;
    int status = ask_check(suite, file, &said);
    snprintf(where, sizeof where, "bridges/%s.yaml:%s", file, place);
    snprintf(hint, sizeof hint, "'%s'", near);
    if (status == 0)
        suite_fail(suite, "--check takes a file with a mistake at %s", where);
    else if (!contains(&said, where))
        suite_fail(suite, "--check does not say that the mistake is at %s", where);
    else if (*near && !contains(&said, hint))
        suite_fail(suite, "--check does not say that it should be %s", hint);
    lt_buffer_clear(&said);
}

void check_config(struct suite *suite)
{
    char text[512], name[64];
    struct lt_buffer said = {.max = TEXT_MAX};
    if (ask_check(suite, TOWN_INSTANCE, &said) != 0)
        suite_fail(suite, "--check refuses what conformance.yaml gives it: %.*s",
                   said.size < 300 ? (int)said.size : 300, (const char *)said.data);
    lt_buffer_clear(&said);
    snprintf(text, sizeof text, "bridge: %s\nhamlet: [an-thuong]\n", suite->settings->bridge);
    if (suite_goes_on(suite))
        expect_told(suite, "sai1", text, "2:1:", "hamlets");
    snprintf(text, sizeof text, "bridge: %s\noptions:\n  khong-he-co: 1\n",
             suite->settings->bridge);
    if (suite_goes_on(suite))
        expect_told(suite, "sai2", text, "3:3:", "");
    first_option(suite, name);
    if (!suite_goes_on(suite) || !*name)
        return;
    snprintf(text, sizeof text, "bridge: %s\noptions:\n  %.*s: 1\n", suite->settings->bridge,
             (int)strlen(name) - 1, name);
    expect_told(suite, "sai3", text, "3:3:", name);
}

static bool has_health(struct suite *suite, const void *unused)
{
    (void)unused;
    return suite->hub.healths > 0;
}

void check_starts(struct suite *suite)
{
    char line[256];
    if (!suite_start(suite))
        return;
    if (!suite_until(suite, has_health, NULL, HEALTH_MS))
        suite_fail(suite, "it has published no health within %d s", HEALTH_MS / 1000);
    else if (strcmp(suite->hub.state, "well") != 0) {
        suite_last_line(suite, line, sizeof line);
        suite_fail(suite, "its health is %s: %s", suite->hub.state, line);
    }
}

static void expect_end(struct suite *suite, const char *when)
{
    char how[128];
    int64_t took_ms = 0;
    bool ended = suite_stop(suite, STOP_WAIT_MS, &took_ms);
    life_how(&suite->life, how, sizeof how);
    if (!ended)
        suite_fail(suite, "%s: it had not ended %d s after SIGTERM", when, STOP_WAIT_MS / 1000);
    else if (took_ms > STOP_MS)
        suite_fail(suite, "%s: it ended %.1f s after SIGTERM", when, (double)took_ms / 1000);
    else if (!life_ended_well(&suite->life))
        suite_fail(suite, "%s: SIGTERM ended it with %s", when, how);
}

void check_stops(struct suite *suite)
{
    int wait_ms = 0;
    if (!suite_start(suite))
        return;
    suite_rest(suite, 50);
    expect_end(suite, "with nothing to do");
    if (!suite_goes_on(suite) || !suite_start(suite))
        return;
    for (int i = 0; i < STOP_LETTERS; i++)
        if (!suite_post(suite, (struct wish){0}))
            return;
    hub_turn(&suite->hub, &wait_ms);
    expect_end(suite, "in the middle of work");
    if (!suite_goes_on(suite) || !suite_start(suite))
        return;
    for (struct letter *at = suite->hub.letters; at && suite_goes_on(suite); at = at->next)
        suite_expect_done(suite, at, "what was not done before SIGTERM");
}

// As a file that --message takes.
static bool write_message(struct suite *suite, const struct letter *letter, const char *path)
{
    struct lt_buffer text = {.max = TEXT_MAX};
    struct lt_error error = {0};
    struct lt_sealed sealed;
    enum lt_code code = lt_sealed_decode(lt_buffer_slice(&letter->sealed), &sealed, &error);
    if (code == LT_DONE)
        code = lt_json_from_part(&sealed.part, &text, true, &error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_buffer_slice(&text), 0600, &error);
    lt_buffer_clear(&text);
    if (code != LT_DONE)
        suite_fail(suite, "%s", error.text);
    return code == LT_DONE;
}

void check_dry_run(struct suite *suite)
{
    char path[sizeof suite->folder + 32], data[sizeof suite->folder + 32], id[37];
    struct lt_buffer said = {.max = TEXT_MAX};
    struct stat about;
    struct letter *letter = suite_post(suite, (struct wish){0});
    if (!letter)
        return;
    letters_hold(letter, true);
    lt_id_print(letter->id, id);
    snprintf(path, sizeof path, "%s/message.json", suite->folder);
    snprintf(data, sizeof data, "%s/commune/data", suite->folder);
    if (!write_message(suite, letter, path))
        return;
    const char *words[] = {TOWN_INSTANCE, "-C", suite->town.folder, "--dry-run", "--message",
                           path,          NULL};
    if (suite_ask(suite, words, &said) != 0)
        suite_fail(suite, "--dry-run --message fails: %.*s", said.size < 300 ? (int)said.size : 300,
                   (const char *)said.data);
    else if (!contains(&said, "would be given to"))
        suite_fail(suite, "--dry-run does not say what would be given to the bridge");
    else if (stat(data, &about) == 0)
        suite_fail(suite, "--dry-run keeps something in %s", data);
    else if (suite->hub.published || suite->hub.healths)
        suite_fail(suite, "--dry-run has published something");
    lt_buffer_clear(&said);
    if (suite_goes_on(suite))
        suite_expect_nothing(suite, letter, "--dry-run");
}

// Secrets

static bool is_of_group(const char *pid, pid_t group)
{
    char path[64], text[512], *end;
    long found = 0;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    char *at = strrchr(text, ')'); // state, parent, group
    at = at ? strchr(at + 2, ' ') : NULL;
    at = at ? strchr(at + 1, ' ') : NULL;
    if (at)
        found = strtol(at, &end, 10);
    return found == (long)group;
}

// What `ps` shows of it and of what it has started.
static void read_command_lines(const struct suite *suite, struct lt_buffer *text)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        char path[64], line[8192];
        if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name) ||
            !is_of_group(entry->d_name, suite->life.pid))
            continue;
        snprintf(path, sizeof path, "/proc/%.20s/cmdline", entry->d_name);
        FILE *file = fopen(path, "re");
        size_t size = file ? fread(line, 1, sizeof line, file) : 0;
        if (file)
            fclose(file);
        lt_buffer_add(text, line, size);
    }
    if (folder)
        closedir(folder);
}

static void expect_absent(struct suite *suite, const struct lt_buffer *text, const char *secret,
                          const char *what, const char *where)
{
    if (*secret && contains(text, secret))
        suite_fail(suite, "%s is in %s", what, where);
}

static void look_for_key(struct suite *suite, const struct lt_buffer *text, const char *kind,
                         const char *where)
{
    char path[sizeof suite->folder + 64], hex[2 * LT_SECRET_SIZE + 1];
    struct lt_buffer file = {.max = 4096};
    uint8_t *secret = sodium_malloc(LT_SECRET_SIZE);
    snprintf(path, sizeof path, "%s/commune/keys/" TOWN_BRIDGE ".%s", suite->folder, kind);
    if (secret && lt_secret_load(path, secret, NULL) == LT_DONE &&
        lt_file_read(path, &file, NULL) == LT_DONE) {
        while (file.size > 0 && file.data[file.size - 1] == '\n')
            file.size--;
        lt_hex_encode((struct lt_slice){secret, LT_SECRET_SIZE}, hex);
        lt_buffer_add(&file, "", 1);
        expect_absent(suite, text, (const char *)file.data, "a key of its identity", where);
        expect_absent(suite, text, hex, "a key of its identity", where);
        sodium_memzero(hex, sizeof hex);
    } else {
        suite_fail(suite, "the key %s cannot be read", path);
    }
    if (file.data)
        sodium_memzero(file.data, file.size);
    lt_buffer_clear(&file);
    if (secret)
        sodium_free(secret);
}

static void look_for_secrets(struct suite *suite, const struct lt_buffer *text, const char *where)
{
    const struct lt_option_list *secrets = &suite->far->settings.secrets;
    look_for_key(suite, text, "seed", where);
    look_for_key(suite, text, "curve", where);
    for (size_t i = 0; i < secrets->count; i++)
        expect_absent(suite, text, secrets->items[i], "a secret of its options", where);
}

static void add_details(const struct suite *suite, struct lt_buffer *text)
{
    for (const struct letter *at = suite->hub.letters; at; at = at->next)
        lt_buffer_print(text, "%s\n", at->detail);
}

void check_secrets(struct suite *suite)
{
    struct lt_buffer lines = {.max = TEXT_MAX}, log = {.max = 16 * TEXT_MAX},
                     told = {.max = TEXT_MAX};
    struct lt_error error = {0};
    int64_t took_ms = 0;
    if (!suite_start(suite))
        return;
    read_command_lines(suite, &lines);
    suite_expect_done(suite, suite_post(suite, (struct wish){0}), "a message");
    if (suite_goes_on(suite) && far_can_go(suite->far) &&
        far_go(suite->far, true, &error) == LT_DONE) {
        suite_post(suite, (struct wish){0}); // what it says of a failure
        suite_rest(suite, 500);
        (void)far_go(suite->far, false, &error);
    }
    add_details(suite, &told);
    suite_stop(suite, STOP_WAIT_MS, &took_ms);
    if (lt_file_read(suite->log, &log, &error) != LT_DONE)
        suite_fail(suite, "%s", error.text);
    look_for_secrets(suite, &lines, "a command line");
    look_for_secrets(suite, &log, "its log");
    look_for_secrets(suite, &told, "a receipt");
    lt_buffer_clear(&lines);
    lt_buffer_clear(&log);
    lt_buffer_clear(&told);
}

// What it uses up

struct use {
    long kb, fds;
};

static struct use use_of(const struct suite *suite)
{
    char path[64], line[256];
    struct use use = {0};
    snprintf(path, sizeof path, "/proc/%d/status", (int)suite->life.pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "RssAnon:", 8) == 0)
            use.kb = strtol(line + 8, NULL, 10);
    if (file)
        fclose(file);
    snprintf(path, sizeof path, "/proc/%d/fd", (int)suite->life.pid);
    DIR *folder = opendir(path);
    while (folder && readdir(folder))
        use.fds++;
    if (folder)
        closedir(folder);
    return use;
}

static bool say_many(struct suite *suite)
{
    for (int i = 0; i < GROW_LETTERS; i++)
        if (!suite_post(suite, (struct wish){0}))
            return false;
    if (!suite_until(suite, suite_all_settled, NULL, GROW_LETTERS * suite_patience(suite) / 4))
        suite_fail(suite, "%d messages were not settled", GROW_LETTERS);
    suite_rest(suite, 200);
    return suite_goes_on(suite) && suite->life.pid != 0;
}

void check_grows(struct suite *suite)
{
    suite->hub.most = (uint64_t)suite->far->settings.window;
    if (!suite_start(suite) || !say_many(suite))
        return;
    struct use before = use_of(suite);
    if (!say_many(suite))
        return;
    struct use after = use_of(suite);
    if (after.fds - before.fds > GROW_FDS)
        suite_fail(suite, "%d messages left %ld more descriptors open", GROW_LETTERS,
                   after.fds - before.fds);
    if (after.kb - before.kb > GROW_KB)
        suite_fail(suite, "%d messages left %ld kB more in memory", GROW_LETTERS,
                   after.kb - before.kb);
    suite_note(suite, "%ld kB and %ld descriptors after %d messages, %ld kB and %ld after %d",
               before.kb, before.fds, GROW_LETTERS, after.kb, after.fds, 2 * GROW_LETTERS);
}
