#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TURN_MS = 100, START_MS = 15000, ASK_MS = 30000, LOG_TAIL = 4096, FILE_MAX = 1024 * 1024 };

void suite_fail(struct suite *suite, const char *format, ...)
{
    va_list rest;
    if (suite->verdict == VERDICT_FAILED || suite->interrupted)
        return;
    suite->verdict = VERDICT_FAILED;
    va_start(rest, format);
    vsnprintf(suite->why, sizeof suite->why, format, rest);
    va_end(rest);
}

void suite_cannot_see(struct suite *suite, const char *format, ...)
{
    va_list rest;
    if (suite->verdict != VERDICT_HELD)
        return;
    suite->verdict = VERDICT_NOT_SEEN;
    va_start(rest, format);
    vsnprintf(suite->why, sizeof suite->why, format, rest);
    va_end(rest);
}

void suite_note(struct suite *suite, const char *format, ...)
{
    va_list rest;
    if (suite->verdict != VERDICT_HELD)
        return;
    suite->verdict = VERDICT_HELD;
    va_start(rest, format);
    vsnprintf(suite->why, sizeof suite->why, format, rest);
    va_end(rest);
}

bool suite_goes_on(const struct suite *suite)
{
    return suite->verdict != VERDICT_FAILED && !suite->interrupted;
}

// Setting up and clearing away

static bool make_steps(struct suite *suite)
{
    char path[sizeof suite->folder + 16];
    snprintf(path, sizeof path, "%s/steps", suite->folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *page = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof *suite->steps) == 0)
        page = mmap(NULL, sizeof *suite->steps, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (page == MAP_FAILED) {
        suite_fail(suite, "cannot make %s: %s", path, strerror(errno));
        return false;
    }
    suite->steps = page;
    snprintf(suite->steps->folder, sizeof suite->steps->folder, "%s", suite->folder);
    return true;
}

bool suite_write_instance(struct suite *suite, const char *file, const char *text)
{
    char name[128], *path = NULL, *folder = NULL;
    struct lt_error error = {0};
    snprintf(name, sizeof name, "bridges/%s.yaml", file);
    enum lt_code code = lt_folder_path(suite->town.folder, "bridges", &folder, &error);
    if (code == LT_DONE)
        code = lt_folder_make(folder, 0700, &error);
    if (code == LT_DONE)
        code = lt_folder_path(suite->town.folder, name, &path, &error);
    if (code == LT_DONE)
        code = lt_file_write(path, lt_slice_of(text), 0600, &error);
    if (code != LT_DONE)
        suite_fail(suite, "%s", error.text);
    free(folder);
    free(path);
    return code == LT_DONE;
}

static bool write_usual_instance(struct suite *suite)
{
    struct lt_buffer text = {.max = FILE_MAX};
    bool whole = lt_buffer_print(&text, "bridge: %s\nattempts: 20\n", suite->settings->bridge) &&
                 far_write_targets(suite->far, &text) && far_write_options(suite->far, &text) &&
                 lt_buffer_add(&text, "", 1);
    if (!whole)
        suite_fail(suite, "no memory for the instance");
    whole = whole && suite_write_instance(suite, TOWN_INSTANCE, (const char *)text.data);
    lt_buffer_clear(&text);
    return whole;
}

bool suite_set_up(struct suite *suite, const char *name)
{
    char commune[sizeof suite->folder + 16], far[sizeof suite->folder + 16];
    struct lt_error error = {0};
    suite->life.pidfd = -1;
    if (snprintf(suite->folder, sizeof suite->folder, "%s/%s", suite->settings->folder, name) >=
        (int)sizeof suite->folder)
        return false;
    snprintf(suite->log, sizeof suite->log, "%s/log", suite->folder);
    snprintf(commune, sizeof commune, "%s/commune", suite->folder);
    snprintf(far, sizeof far, "%s/far", suite->folder);
    enum lt_code code = lt_folder_make(suite->folder, 0700, &error);
    if (code == LT_DONE)
        code = hub_open(&suite->hub, &error);
    if (code == LT_DONE)
        code = town_make(commune, suite->hub.port, &suite->far->settings.publishes, &suite->town,
                         &error);
    if (code == LT_DONE)
        code = hub_serve(&suite->hub, &suite->town, &suite->far->settings.targets, &error);
    if (code == LT_DONE)
        code = far_start(suite->far, far, &error);
    if (code != LT_DONE)
        suite_fail(suite, "it could not be set up: %s", error.text);
    return code == LT_DONE && make_steps(suite) && write_usual_instance(suite);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)where;
    if (kind == FTW_DP)
        rmdir(path);
    else
        unlink(path);
    return 0;
}

void suite_clear(struct suite *suite)
{
    life_kill(&suite->life);
    far_stop(suite->far);
    hub_close(&suite->hub);
    town_clear(&suite->town);
    if (suite->steps)
        munmap(suite->steps, sizeof *suite->steps);
    suite->steps = NULL;
}

void suite_remove(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// Waiting

static void look_at_life(struct suite *suite)
{
    if (suite->life.pid && !life_runs(&suite->life))
        hub_forget(&suite->hub);
}

static void turn(struct suite *suite, int wait_ms)
{
    zmq_pollitem_t items[3] = {{.fd = suite->settings->signals, .events = ZMQ_POLLIN}};
    int count = 1;
    hub_turn(&suite->hub, &wait_ms);
    if (suite->life.pidfd >= 0)
        items[count++] = (zmq_pollitem_t){.fd = suite->life.pidfd, .events = ZMQ_POLLIN};
    if (suite->hub.router && !suite->hub.silent)
        items[count++] = (zmq_pollitem_t){.socket = hub_socket(&suite->hub), .events = ZMQ_POLLIN};
    if (zmq_poll(items, count, wait_ms > 0 ? wait_ms : 0) > 0 && items[0].revents)
        suite->interrupted = true;
    look_at_life(suite);
}

bool suite_until(struct suite *suite, suite_ready *ready, const void *what, int64_t ms)
{
    int64_t until = zclock_mono() + ms;
    for (;;) {
        if (suite->interrupted)
            return false;
        if (ready(suite, what))
            return true;
        int64_t left = until - zclock_mono();
        if (left <= 0)
            return false;
        turn(suite, left < TURN_MS ? (int)left : TURN_MS);
    }
}

static bool never(struct suite *suite, const void *what)
{
    (void)suite, (void)what;
    return false;
}

void suite_rest(struct suite *suite, int64_t ms)
{
    (void)suite_until(suite, never, NULL, ms);
}

void suite_arm(struct suite *suite, uint64_t kill_at, bool crash)
{
    atomic_store(&suite->steps->count, 0);
    atomic_store(&suite->steps->crash, crash);
    atomic_store(&suite->steps->kill_at, kill_at);
    atomic_store(&suite->steps->armed, true);
}

uint64_t suite_disarm(struct suite *suite)
{
    atomic_store(&suite->steps->armed, false);
    return atomic_load(&suite->steps->count);
}

// The bridge's life

// NAME=VALUE in front of or behind what our own environment has there.
static void add_to(char *text, size_t room, const char *name, const char *separator,
                   const char *value)
{
    const char *given = getenv(name);
    bool has = given && *given;
    snprintf(text, room, "%s=%s%s%s", name, has ? given : "", has ? separator : "", value);
}

static enum lt_code launch(struct suite *suite, const char *const *words, struct life *life,
                           const char *log, struct lt_error *error)
{
    char preload[8192], steps[sizeof suite->folder + 64], sanitizer[2048];
    const char *set[] = {preload, steps, sanitizer, NULL};
    add_to(preload, sizeof preload, "LD_PRELOAD", ":", suite->settings->preload);
    snprintf(steps, sizeof steps, STEPS_VARIABLE "=%s/steps", suite->folder);
    // Of a build with sanitizers: ours stands before them, and what they hold back is no leak.
    add_to(sanitizer, sizeof sanitizer, "ASAN_OPTIONS", ":",
           "verify_asan_link_order=0:quarantine_size_mb=1");
    return life_start(life, words, set, NULL, log, error);
}

bool suite_launch(struct suite *suite)
{
    const char *words[] = {suite->settings->host, TOWN_INSTANCE, "-C", suite->town.folder, NULL};
    struct lt_error error = {0};
    life_kill(&suite->life);
    hub_forget(&suite->hub);
    if (launch(suite, words, &suite->life, suite->log, &error) != LT_DONE) {
        suite_fail(suite, "%s", error.text);
        return false;
    }
    atomic_store(&suite->steps->group, suite->life.pid);
    return true;
}

static bool is_up_or_dead(struct suite *suite, const void *unused)
{
    (void)unused;
    return hub_is_subscribed(&suite->hub) || suite->life.pid == 0;
}

bool suite_start(struct suite *suite)
{
    char how[128], line[256];
    if (!suite_launch(suite))
        return false;
    bool up = suite_until(suite, is_up_or_dead, NULL, START_MS);
    if (up && suite->life.pid != 0)
        return true;
    suite_last_line(suite, line, sizeof line);
    if (suite->life.pid == 0) {
        life_how(&suite->life, how, sizeof how);
        suite_fail(suite, "it ended before it had subscribed (%s): %s", how, line);
    } else {
        suite_fail(suite, "it has not subscribed within %d s: %s", START_MS / 1000, line);
    }
    return false;
}

static bool is_dead(struct suite *suite, const void *life)
{
    (void)suite;
    return ((const struct life *)life)->pid == 0 || !life_runs((struct life *)life);
}

bool suite_stop(struct suite *suite, int64_t limit_ms, int64_t *took_ms)
{
    int64_t begun = zclock_mono();
    if (life_runs(&suite->life))
        kill(suite->life.pid, SIGTERM);
    bool ended = suite_until(suite, is_dead, &suite->life, limit_ms);
    *took_ms = zclock_mono() - begun;
    hub_forget(&suite->hub);
    if (!ended)
        life_kill(&suite->life);
    return ended;
}

int suite_ask(struct suite *suite, const char *const *words, struct lt_buffer *said)
{
    const char *all[16] = {suite->settings->host};
    char log[sizeof suite->folder + 16];
    struct life life = {.pidfd = -1};
    struct lt_error error = {0};
    size_t count = 1;
    for (; *words && count < 15; words++)
        all[count++] = *words;
    snprintf(log, sizeof log, "%s/asked", suite->folder);
    unlink(log);
    if (launch(suite, all, &life, log, &error) != LT_DONE) {
        suite_fail(suite, "%s", error.text);
        return -1;
    }
    bool ended = suite_until(suite, is_dead, &life, ASK_MS);
    life_kill(&life);
    (void)lt_file_read(log, said, NULL);
    return ended && life_ended_well(&life) ? 0 : ended ? 1 : -1;
}

void suite_last_line(const struct suite *suite, char *text, size_t room)
{
    char tail[LOG_TAIL + 1];
    FILE *log = fopen(suite->log, "re");
    size_t size = 0;
    text[0] = '\0';
    if (!log)
        return;
    if (fseek(log, -LOG_TAIL, SEEK_END) != 0)
        rewind(log);
    size = fread(tail, 1, LOG_TAIL, log);
    fclose(log);
    while (size > 0 && tail[size - 1] == '\n')
        size--;
    tail[size] = '\0';
    const char *line = strrchr(tail, '\n');
    snprintf(text, room, "%s", line ? line + 1 : tail);
}
