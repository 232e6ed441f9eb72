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

// The commune's own words are those of the loudspeaker that is configured here, if there is one.
static enum lt_code say_it(struct cli *cli, const struct lt_part *notice, const char *body)
{
    const char *file = arguments_value(&cli->arguments, "hear-to");
    const char urgency[] = {(char)('0' + notice->priority), '\0'};
    char *bridges = cli_path(cli, "bridges");
    const char *asked[9] = {"--urgency", urgency, "--body", body};
    size_t count = 4;
    if (access(bridges, R_OK | X_OK) == 0) {
        asked[count++] = "--speaker";
        asked[count++] = bridges;
    }
    if (file != NULL) {
        asked[count++] = "--out";
        asked[count++] = file;
    }
    struct lt_buffer words = {.max = WORDS_MOST};
    struct lt_buffer shown = {.max = WORDS_MOST};
    struct lt_error why = {0};
    int status = 0;
    enum lt_code code = program_ask("lienthon-say", asked, &words, &status, &why);
    say_clean(lt_buffer_slice(&words), true, &shown);
    fprintf(stderr, "%.*s", (int)shown.size, (const char *)shown.data);
    if (code != LT_DONE || (status != 0 && status != NOT_STARTED)) {
        code = lt_fail(&cli->error, LT_IO, "it cannot be heard, and was not sent: %s", why.text);
    } else if (status == NOT_STARTED) {
        code = lt_fail(&cli->error, LT_IO,
                       "it cannot be heard, and was not sent: lienthon-say is not there; it comes "
                       "with the package lienthon-bridges");
    }
    free(bridges);
    lt_buffer_clear(&shown);
    lt_buffer_clear(&words);
    return code;
}

enum lt_code hear_first(struct cli *cli, const struct lt_part *notice)
{
    char path[32];
    if (!arguments_has(&cli->arguments, "hear") && !arguments_has(&cli->arguments, "hear-to")) {
        return LT_DONE;
    }
    const int fd = lend_body(notice->body, path, sizeof path);
    if (fd < 0) {
        return lt_fail(&cli->error, LT_IO, "it cannot be heard, and was not sent: %s",
                       strerror(errno));
    }
    enum lt_code code = say_it(cli, notice, path);
    close(fd);
    if (code == LT_DONE) {
        code = ask_whether(cli,
                           tongue("That is how a loudspeaker says it. It has not been sent yet."));
    }
    return code;
}
