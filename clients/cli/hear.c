// Hearing a notice before it is sent. The words and the voice are the loudspeaker's own, so its program says them.
#define _GNU_SOURCE // memfd_create

#include "hear.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ask.h"
#include "program.h"
#include "say.h"
#include "tongue.h"

enum { WORDS_MOST = 512 * 1024, NOT_STARTED = 127 };

// The body in memory, under a name that the other program can open. -1: errno says why.
static int lend_body(struct lt_slice body, char *path, size_t size)
{
    const int fd = memfd_create("notice", 0); // it stays open for the other program
    size_t at = 0;
    while (fd >= 0 && at < body.size) {
        const ssize_t n = write(fd, body.data + at, body.size - at);
        if (n < 0 && errno != EINTR) {
            close(fd);
            return -1;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    snprintf(path, size, "/proc/self/fd/%d", fd);
    return fd;
}

// Whose words are said: those of the loudspeaker that was named, else of the only one that is configured here. NULL: nobody's.
static enum lt_code find_speaker(struct cli *cli, char **path)
{
    const char *name = arguments_value(&cli->arguments, "hear-like");
    *path = name != NULL ? cli_path(cli, "bridges/%s.yaml", name) : cli_path(cli, "bridges");
    if (access(*path, name != NULL ? R_OK : R_OK | X_OK) == 0 &&
        (name == NULL || strchr(name, '/') == NULL)) {
        return LT_DONE;
    }
    free(*path);
    *path = NULL;
    return name == NULL
               ? LT_DONE
               : lt_fail(&cli->error, LT_BAD_USE,
                         "it cannot be heard, and was not sent: there is no loudspeaker '%s' in "
                         "bridges/; lienthon bridge list shows what is there",
                         name);
}

static enum lt_code say_it(struct cli *cli, const struct lt_part *notice, const char *body,
                           const char *recording)
{
    const char *file = arguments_value(&cli->arguments, "hear-to");
    const char urgency[] = {(char)('0' + notice->priority), '\0'};
    char *speaker = NULL;
    enum lt_code code = find_speaker(cli, &speaker);
    if (code != LT_DONE) {
        return code;
    }
    const char *asked[11] = {"--urgency", urgency, "--body", body};
    size_t count = 4;
    if (speaker != NULL) {
        asked[count++] = "--speaker";
        asked[count++] = speaker;
    }
    if (file != NULL) {
        asked[count++] = "--out";
        asked[count++] = file;
    }
    if (recording != NULL) {
        asked[count++] = "--recording";
        asked[count++] = recording;
    }
    struct lt_buffer words = {.max = WORDS_MOST};
    struct lt_buffer shown = {.max = WORDS_MOST};
    struct lt_error why = {0};
    int status = 0;
    code = program_ask("lienthon-say", asked, &words, &status, &why);
    say_clean(lt_buffer_slice(&words), true, &shown);
    fprintf(stderr, "%.*s", (int)shown.size, (const char *)shown.data);
    if (code != LT_DONE || (status != 0 && status != NOT_STARTED)) {
        code = lt_fail(&cli->error, LT_IO, "it cannot be heard, and was not sent: %s", why.text);
    } else if (status == NOT_STARTED) {
        code = lt_fail(&cli->error, LT_IO,
                       "it cannot be heard, and was not sent: lienthon-say is not there; it comes "
                       "with the package lienthon-bridges");
    }
    free(speaker);
    lt_buffer_clear(&shown);
    lt_buffer_clear(&words);
    return code;
}

enum lt_code hear_first(struct cli *cli, const struct lt_part *notice, const char *recording)
{
    char path[32];
    if (!arguments_has(&cli->arguments, "hear") && !arguments_has(&cli->arguments, "hear-to") &&
        !arguments_has(&cli->arguments, "hear-like")) {
        return LT_DONE;
    }
    const int fd = lend_body(notice->body, path, sizeof path);
    if (fd < 0) {
        return lt_fail(&cli->error, LT_IO, "it cannot be heard, and was not sent: %s",
                       strerror(errno));
    }
    enum lt_code code = say_it(cli, notice, path, recording);
    close(fd);
    if (code == LT_DONE) {
        code = ask_whether(cli,
                           tongue("That is how a loudspeaker says it. It has not been sent yet."));
    }
    return code;
}
