// A file holds how often, and where the process stands now: "2 in", "0 open", "1 -".
#include "trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/settings/file.h>

#define CRASHED "crashed"
enum { STACK_SIZE = 64 * 1024, LINE = 32 };

static void note(const char *folder, const char *name, unsigned deaths, const char *where)
{
    char path[PATH_MAX], line[LINE];
    if (!folder || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return;
    int size = snprintf(line, sizeof line, "%u %s\n", deaths, where);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (write(fd, line, (size_t)size) != size) // a full disk: nothing is counted
        unlink(path);
    close(fd);
}

void trial_enter(const char *folder, const char *name, unsigned deaths)
{
    note(folder, name, deaths, "in");
}

void trial_leave(const char *folder, const char *name, unsigned deaths)
{
    note(folder, name, deaths, "open");
}

void trial_count(const char *folder, const char *name, unsigned deaths)
{
    note(folder, name, deaths, "-");
}

void trial_end(const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (folder && snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
        unlink(path);
}

// How often, and where it stood; false: there is none.
static bool read_note(const char *folder, const char *name, unsigned *deaths, char where[LINE])
{
    char path[PATH_MAX];
    struct lt_buffer text = {.max = LINE - 1};
    *deaths = 0;
    where[0] = '\0';
    if (!folder || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        access(path, F_OK) != 0)
        return false;
    if (lt_file_read(path, &text, NULL) == LT_DONE && lt_buffer_add(&text, "", 1)) {
        char *end;
        unsigned long count = strtoul((const char *)text.data, &end, 10);
        *deaths = count > UINT_MAX ? UINT_MAX : (unsigned)count;
        snprintf(where, LINE, "%.*s", (int)strcspn(end + strspn(end, " "), "\n"),
                 end + strspn(end, " "));
    }
    lt_buffer_clear(&text);
    return true;
}

unsigned trial_deaths(const char *folder, const char *name)
{
    unsigned deaths;
    char where[LINE];
    read_note(folder, name, &deaths, where);
    return deaths;
}

static void look_back(const char *folder, const char *name, bool crashed)
{
    unsigned deaths;
    char where[LINE];
    if (!read_note(folder, name, &deaths, where))
        return;
    bool died = strcmp(where, "in") == 0 || (crashed && strcmp(where, "open") == 0);
    deaths += died && deaths < UINT_MAX;
    if (deaths)
        trial_count(folder, name, deaths);
    else
        trial_end(folder, name);
}

static int is_note(const struct dirent *entry)
{
    return strlen(entry->d_name) == LEDGER_NAME_SIZE - 1;
}

enum lt_code trial_open(const char *folder, struct lt_error *error)
{
    struct dirent **found = NULL;
    unsigned deaths;
    char where[LINE];
    enum lt_code code = lt_folder_make(folder, 0700, error);
    if (code != LT_DONE)
        return code;
    bool crashed = read_note(folder, CRASHED, &deaths, where);
    int count = scandir(folder, &found, is_note, alphasort);
    for (int i = 0; i < count; i++) {
        look_back(folder, found[i]->d_name, crashed);
        free(found[i]);
    }
    free(found);
    trial_end(folder, CRASHED);
    return count < 0 ? lt_fail(error, LT_IO, "cannot read %s: %s", folder, strerror(errno))
                     : LT_DONE;
}

// What the handler needs lies at the foot of the stack that it runs on, so it needs nothing global, and only the thread that
// runs the bridge has it.
struct trial_watch {
    char path[PATH_MAX];
    stack_t before;
    _Alignas(16) char stack[STACK_SIZE];
};

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void note_crash(int number, siginfo_t *info, void *context)
{
    (void)info;
    const ucontext_t *where = context;
    const struct trial_watch *watch = NULL;
    if (!(where->uc_stack.ss_flags & SS_DISABLE) && where->uc_stack.ss_size == STACK_SIZE)
        watch = (const void *)((const char *)where->uc_stack.ss_sp -
                               offsetof(struct trial_watch, stack));
    int fd = watch ? open(watch->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0)
        close(fd);
    raise(number); // as it was before us (SA_RESETHAND), once we return
}

struct trial_watch *trial_watch(const char *folder)
{
    struct trial_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    stack_t stack = {.ss_sp = watch->stack, .ss_size = sizeof watch->stack};
    if (snprintf(watch->path, sizeof watch->path, "%s/%s", folder, CRASHED) >=
            (int)sizeof watch->path ||
        sigaltstack(&stack, &watch->before) != 0) {
        free(watch);
        return NULL;
    }
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct sigaction old, ours = {.sa_sigaction = note_crash,
                                      .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
        if (sigaction(faults[i], NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) &&
            old.sa_handler == SIG_DFL) // a sanitizer's own report comes first, and ends in SIGABRT
            sigaction(faults[i], &ours, NULL);
    }
    return watch;
}

void trial_unwatch(struct trial_watch **watch)
{
    if (!*watch)
        return;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct sigaction old;
        if (sigaction(faults[i], NULL, &old) == 0 && (old.sa_flags & SA_SIGINFO) &&
            old.sa_sigaction == note_crash)
            signal(faults[i], SIG_DFL);
    }
    sigaltstack(&(*watch)->before, NULL);
    free(*watch);
    *watch = NULL;
}
