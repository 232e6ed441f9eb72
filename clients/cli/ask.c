// Asking whether something is meant.
#include "ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tongue.h"

static bool is_yes(const char *answer)
{
    static const char *const words[] = {"yes", "y", "có", "co", "c"};
    const size_t size = strcspn(answer, "\r\n");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == size && strncmp(answer, words[i], size) == 0) {
            return true;
        }
    }
    return false;
}

enum lt_code ask_whether(struct cli *cli, const char *question)
{
    char answer[64] = "";
    if (arguments_has(&cli->arguments, "yes")) {
        return LT_DONE;
    }
    fprintf(stderr, "%s\n", question);
    if (cli->json || isatty(STDIN_FILENO) != 1) {
        return lt_fail(&cli->error, LT_BAD_USE,
                       "nobody can be asked whether this is meant; say it with --yes");
    }
    fprintf(stderr, "%s ", tongue("Is this meant? (yes/no)"));
    if (fgets(answer, sizeof answer, stdin) == NULL || !is_yes(answer)) {
        return lt_fail(&cli->error, LT_NOT_ALLOWED, "nothing was changed");
    }
    return LT_DONE;
}
