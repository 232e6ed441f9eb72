// Nothing here waits but run_close.
#include "program_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "log.h"

static void unwatch(struct run *run)
{
    int fds[] = {run->child.in, run->child.out, run->child.err, run->child.pidfd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            lt_watch_end(run->host, fds[i]);
}

static void forget_tokens(struct run *run)
{
    while (run->tokens) {
        struct token *first = run->tokens;
        run->tokens = first->next;
        free(first->its);
        free(first);
    }
    run->token_count = 0;
}

void run_log(struct run *run, const char *event, struct lt_slice text)
{
    if (lt_pace_take(&run->talk, 0, host_clock()) > 0) {
        run->left_out++;
        return;
    }
    if (run->left_out)
        log_line(LOG_WARN_LINE, "lines of the program were left out lines=%llu",
                 (unsigned long long)run->left_out);
    run->left_out = 0;
    bool is_text = lt_utf8_valid(text);
    log_line(LOG_INFO_LINE, "%s line=%.*s", event, is_text ? (int)text.size : 19,
             is_text ? (const char *)text.data : "(it is not in UTF-8)");
}

void run_ill(struct run *run, const char *why)
{
    if (lt_pace_take(&run->talk, 0, host_clock()) == 0) {
        lt_bridge_ill(run->host, why);
        return;
    }
    run->left_out++;
    (void)health_ill(&run->host->health, why, lt_bridge_now(run->host));
}

void run_condemn(struct run *run, const char *why)
{
    struct lt_error error = {0};
    if (run->condemned || !run->child.pid)
        return;
    lt_fail(&error, LT_IO, "the program %s; it is ended", why);
    run->condemned = true;
    lt_bridge_ill(run->host, error.text);
    child_signal(&run->child, SIGKILL);
}

static void on_room(void *user, int fd, unsigned ready)
{
    struct run *run = user;
    (void)ready;
    child_write(&run->child);
    if (run->child.unread.size)
        return;
    lt_watch_end(run->host, fd);
    gifts_give(run);
}

void run_tell_text(struct run *run, struct lt_slice line)
{
    if (run->condemned || !run->child.pid)
        return;
    if (child_tell(&run->child, line) == LT_BUSY)
        run_condemn(run, "does not read what it is told");
    else if (run->child.unread.size && run->phase != RUN_CLOSING)
        (void)lt_watch(run->host, run->child.in, LT_WATCH_WRITE, on_room, run);
}

void run_tell(struct run *run, json_t *line)
{
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (text)
        run_tell_text(run, lt_slice_of(text));
    else
        run_condemn(run, "cannot be told something: no memory");
    free(text);
}

static bool take_said(void *user, struct lt_slice line)
{
    run_log(user, "the program says", line);
    return true;
}

static void listen(struct run *run)
{
    switch (child_read(&run->child, lines_take, run)) {
    case LT_TOO_LARGE:
        run_condemn(run, "says a line without an end (8 MiB)");
        break;
    case LT_CLOSED:
        lt_watch_end(run->host, run->child.out);
        if (run->phase != RUN_CLOSING && run->child.pid)
            run_condemn(run, "has closed its standard output");
        break;
    case LT_NO_MEMORY:
        run_condemn(run, "says more than there is memory for");
        break;
    default:
        break;
    }
}

static void on_said(void *user, int fd, unsigned ready)
{
    struct run *run = user;
    (void)ready;
    if (child_read_said(&run->child, take_said, run) == LT_CLOSED)
        lt_watch_end(run->host, fd);
}

// Doubling, and a brake on what keeps falling.
static uint64_t next_wait(struct run *run, uint64_t now)
{
    if (now - run->started >= RUN_LONGEST_WAIT_MS)
        run->falls = 0;
    run->falls++;
    uint64_t wait =
        run->falls > 8 ? RUN_LONGEST_WAIT_MS : (uint64_t)RUN_FIRST_WAIT_MS << (run->falls - 1);
    return wait < RUN_LONGEST_WAIT_MS ? wait : RUN_LONGEST_WAIT_MS;
}

static void hear_the_last(struct run *run)
{
    while (!run->condemned && child_read(&run->child, lines_take, run) == LT_DONE)
        ;
    for (int i = 0; i < 16 && child_read_said(&run->child, take_said, run) == LT_DONE; i++)
        ;
}

static void on_ended(void *user, int fd, unsigned ready)
{
    struct run *run = user;
    struct lt_error error = {0};
    char how[64] = "";
    uint64_t now = host_clock();
    (void)fd, (void)ready;
    hear_the_last(run);
    unwatch(run);
    child_reap(&run->child, how);
    child_clear(&run->child);
    forget_tokens(run);
    uint64_t wait = next_wait(run, now);
    lt_fail(&error, LT_IO, "the program %s; it is started again in %.1f s", how,
            (double)wait / 1000);
    if (run->condemned) // why it is ended was told
        log_line(LOG_WARN_LINE, "%s", error.text);
    else
        lt_bridge_ill(run->host, error.text);
    run->phase = RUN_DOWN;
    run->start_at = now + wait;
    gifts_fallen(run, how);
}

static void on_out(void *user, int fd, unsigned ready)
{
    struct run *run = user;
    (void)fd, (void)ready;
    if (!run->condemned)
        listen(run);
    else // nothing of it counts; its end is told by the pidfd
        lt_watch_end(run->host, fd);
}

static json_t *open_line(const struct run *run)
{
    json_t *options = about_values(run->program->about.options, run->state);
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o}", "do", "open", "version", ABOUT_VERSION,
                     "instance", run->host->instance.name, "principal",
                     lt_bridge_principal(run->host), "folder", lt_bridge_folder(run->host),
                     "options", options);
}

static enum lt_code watch_all(struct run *run, struct lt_error *error)
{
    struct program_child *child = &run->child;
    if (lt_watch(run->host, child->out, LT_WATCH_READ, on_out, run) != LT_DONE ||
        lt_watch(run->host, child->err, LT_WATCH_READ, on_said, run) != LT_DONE ||
        lt_watch(run->host, child->pidfd, LT_WATCH_READ, on_ended, run) != LT_DONE)
        return lt_fail(error, LT_IO, "the program cannot be watched");
    return LT_DONE;
}

static enum lt_code begin(struct run *run, struct lt_error *error)
{
    uint64_t now = host_clock();
    run->started = run->heard_at = now;
    run->pinged_at = run->progress_at = run->start_at = 0;
    run->strikes = 0;
    run->line_number = run->second = run->lines_in_second = 0;
    run->condemned = false;
    run->phase = RUN_OPENING;
    enum lt_code code = child_start(&run->child, run->program->path, error);
    if (code == LT_DONE)
        code = watch_all(run, error);
    if (code != LT_DONE) {
        unwatch(run);
        child_clear(&run->child);
        run->phase = RUN_DOWN;
        run->start_at = now + next_wait(run, now);
        return code;
    }
    log_line(LOG_INFO_LINE, "the program is started pid=%d", (int)run->child.pid);
    run_tell(run, open_line(run));
    return LT_DONE;
}

// Asks whether it is still there, once; how long it may be silent is its own word.
static void look_at_silence(struct run *run, uint64_t now)
{
    uint64_t silence = (uint64_t)run->program->about.silence_ms;
    if (run->pinged_at && now - run->pinged_at >= silence)
        run_condemn(run, "does not answer");
    else if (!run->pinged_at && now - run->heard_at >= silence / 2) {
        run->pinged_at = now;
        run_tell(run, json_pack("{s:s}", "do", "ping"));
    }
}

static void tick(void *user)
{
    struct run *run = user;
    struct lt_error error = {0};
    uint64_t now = host_clock();
    lt_timer_set(run->timer, RUN_TICK_MS);
    if (run->phase == RUN_DOWN && now >= run->start_at) {
        if (begin(run, &error) != LT_DONE)
            lt_bridge_ill(run->host, error.text);
    } else if (run->phase == RUN_OPENING && now - run->started >= RUN_OPEN_MS) {
        run_condemn(run, "has not said that it is open within 30 s");
    } else if (run->phase == RUN_OPEN && !run->condemned) {
        look_at_silence(run, now);
        if (gifts_any_told(run) &&
            now - run->progress_at >= (uint64_t)run->program->about.settle_ms)
            run_condemn(run, "has done nothing with what it was given for too long");
        gifts_clear_suspects(run, now);
    }
}

enum lt_code run_start(const struct program_state *state, lt_bridge_host *host, struct run **out,
                       struct lt_error *error)
{
    static const struct lt_pace_limit talk = {.count = 20, .period_ms = 1000, .burst = 100};
    struct run *run = calloc(1, sizeof *run);
    *out = run;
    if (!run)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a program");
    run->program = state->program;
    run->state = state;
    run->host = host;
    child_init(&run->child);
    lt_pace_init(&run->talk, &talk);
    run->timer = lt_timer_new(host, tick, run);
    if (!run->timer)
        return lt_fail(error, LT_NO_MEMORY, "no memory for a program");
    lt_timer_set(run->timer, RUN_TICK_MS);
    return begin(run, error);
}

// Until it has ended or the time is over. What it still says and settles counts.
static void wait_for_end(struct run *run, uint64_t until)
{
    struct program_child *child = &run->child;
    while (host_clock() < until) {
        struct pollfd ends[] = {
            {.fd = child->pidfd, .events = POLLIN},
            {.fd = child->out, .events = POLLIN},
            {.fd = child->err, .events = POLLIN},
            {.fd = child->unread.size ? child->in : -1, .events = POLLOUT},
        };
        if (poll(ends, 4, (int)(until - host_clock())) < 0 && errno != EINTR)
            return;
        if (ends[3].revents) {
            child_write(child);
            if (!child->unread.size)
                child_hush(child);
        }
        // An end is readable for ever; the pidfd says the rest.
        if ((ends[1].revents & POLLIN) && !run->condemned)
            listen(run);
        if (ends[2].revents & POLLIN)
            on_said(run, child->err, 0);
        if (ends[0].revents) {
            hear_the_last(run);
            return;
        }
        if (!(ends[1].revents & POLLIN) && !(ends[2].revents & POLLIN) &&
            ((ends[1].revents | ends[2].revents) & POLLHUP))
            (void)poll(ends, 1, (int)(until - host_clock()));
    }
}

static bool has_ended(const struct run *run)
{
    struct pollfd end = {.fd = run->child.pidfd, .events = POLLIN};
    return run->child.pidfd < 0 || poll(&end, 1, 0) > 0;
}

static void end_child(struct run *run)
{
    char how[64] = "";
    unwatch(run);
    run->phase = RUN_CLOSING;
    run_tell(run, json_pack("{s:s}", "do", "close"));
    if (!run->child.unread.size)
        child_hush(&run->child);
    wait_for_end(run, host_clock() + RUN_CLOSE_MS);
    if (!has_ended(run)) {
        log_line(LOG_WARN_LINE, "the program does not close, it is told to end");
        child_signal(&run->child, SIGTERM);
        wait_for_end(run, host_clock() + RUN_TERM_MS);
    }
    if (!has_ended(run)) {
        log_line(LOG_WARN_LINE, "the program does not end, it is killed");
        child_signal(&run->child, SIGKILL);
    }
    child_reap(&run->child, how);
    log_line(LOG_INFO_LINE, "the program %s", how);
}

void run_close(struct run **own)
{
    struct run *run = *own;
    *own = NULL;
    if (!run)
        return;
    lt_timer_destroy(&run->timer);
    if (run->child.pid)
        end_child(run);
    child_clear(&run->child);
    forget_tokens(run);
    while (run->gifts) { // what is not settled comes again
        struct gift *first = run->gifts;
        gifts_drop(run, &first);
    }
    free(run);
}
