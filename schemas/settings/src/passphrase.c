// A passphrase, from a file or from the terminal, which is left as it was found whatever ends the question.
#include <lienthon/settings/folder.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "secret.h"

enum { PASSPHRASE_MAX = 1024, CTRL_C = 3 };

// One line into `line`, without its end. false: no line, one that is too long, or Ctrl-C (*interrupted).
static bool read_line(int fd, char *line, size_t room, bool *interrupted)
{
    size_t size = 0;
    while (size < room) {
        const ssize_t got = read(fd, line + size, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        *interrupted = got > 0 && line[size] == CTRL_C;
        if (*interrupted) {
            return false;
        }
        if (got <= 0 || line[size] == '\n') {
            size -= size > 0 && line[size - 1] == '\r';
            line[size] = '\0';
            return got > 0 || size > 0;
        }
        size++;
    }
    return false;
}

static enum lt_code from_file(const char *path, char *line, struct lt_error *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return lt_fail(error, LT_IO, "cannot open %s (LIENTHON_PASSPHRASE_FILE): %s", path,
                       strerror(errno));
    }
    bool unused = false;
    const bool got = read_line(fd, line, PASSPHRASE_MAX, &unused);
    close(fd);
    return got && line[0] != '\0'
               ? LT_DONE
               : lt_fail(error, LT_BAD_FILE,
                         "%s:1:1: the passphrase must be its first line, at most %d bytes", path,
                         PASSPHRASE_MAX - 1);
}

// Asks with the echo off. Ctrl-C comes as a character that ends the line, so that the terminal is itself again before it
// does what it does; a signal could come to any thread.
static bool ask_once(int terminal, const char *question, char *line)
{
    struct termios before;
    if (tcgetattr(terminal, &before) != 0) {
        return false;
    }
    struct termios quiet = before;
    quiet.c_lflag &= ~((tcflag_t)ECHO | (tcflag_t)ISIG);
    quiet.c_cc[VEOL] = CTRL_C;
    if (tcsetattr(terminal, TCSAFLUSH, &quiet) != 0) {
        return false;
    }
    bool interrupted = false;
    const bool asked = write(terminal, question, strlen(question)) >= 0;
    const bool got = asked && read_line(terminal, line, PASSPHRASE_MAX, &interrupted);
    const bool ended = write(terminal, "\n", 1) == 1;
    const bool restored = tcsetattr(terminal, TCSAFLUSH, &before) == 0;
    if (interrupted) {
        raise(SIGINT);
    }
    return restored && got && ended;
}

static enum lt_code ask(int terminal, const char *question, const char *again, char *line,
                        struct lt_error *error)
{
    if (!ask_once(terminal, question, line)) {
        return lt_fail(error, LT_IO, "no passphrase was given");
    }
    if (again == NULL) {
        return LT_DONE;
    }
    char *second = secret_room(PASSPHRASE_MAX);
    if (second == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a passphrase");
    }
    enum lt_code code = LT_DONE;
    if (!ask_once(terminal, again, second) || strcmp(line, second) != 0) {
        code = lt_fail(error, LT_BAD_USE, "the two passphrases are not the same; try again");
    }
    sodium_free(second);
    return code;
}

enum lt_code lt_passphrase_ask(const char *question, const char *again, char **passphrase,
                               struct lt_error *error)
{
    *passphrase = NULL;
    char *line = secret_room(PASSPHRASE_MAX);
    if (line == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for a passphrase");
    }
    enum lt_code code = LT_DONE;
    const char *path = getenv("LIENTHON_PASSPHRASE_FILE");
    if (path != NULL && path[0] != '\0') {
        code = from_file(path, line, error);
    } else {
        const int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (terminal < 0) {
            code = lt_fail(error, LT_BAD_USE,
                           "a passphrase is needed and there is no terminal to ask at; put it "
                           "into a file and name that in LIENTHON_PASSPHRASE_FILE");
        } else {
            code = ask(terminal, question, again, line, error);
            close(terminal);
        }
    }
    if (code != LT_DONE) {
        sodium_free(line);
        return code;
    }
    *passphrase = line;
    return LT_DONE;
}
