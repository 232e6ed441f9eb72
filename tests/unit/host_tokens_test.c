// Tokens that work once: after a death at any step of writing there is a pair to go on with, and no new one was out before it
// was on disk.
#include <lienthon/tokens.h>

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Steps by which the disk changes: the linker has the store's calls come here first.
static struct {
    unsigned count, die_at, fail_at;
    char made[64]; // a letter a step
} steps;

static bool step(char letter)
{
    if (steps.count + 1 < sizeof steps.made)
        steps.made[steps.count] = letter;
    steps.count++;
    if (steps.count == steps.die_at)
        raise(SIGKILL);
    errno = ENOSPC;
    return steps.count != steps.fail_at;
}

ssize_t __real_write(int fd, const void *bytes, size_t size);
int __real_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __wrap_fsync(int fd);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_rename(const char *from, const char *to);

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    return step('w') ? __real_write(fd, bytes, size) : -1;
}

int __wrap_fsync(int fd)
{
    struct stat about;
    const bool is_folder = fstat(fd, &about) == 0 && S_ISDIR(about.st_mode);
    return step(is_folder ? 'F' : 'f') ? __real_fsync(fd) : -1;
}

int __wrap_fchmod(int fd, mode_t mode)
{
    return step('m') ? __real_fchmod(fd, mode) : -1;
}

int __wrap_rename(const char *from, const char *to)
{
    return step('r') ? __real_rename(from, to) : -1;
}

struct shop {
    char folder[40], path[64];
    lt_tokens *tokens;
    struct lt_error error;
};

static enum lt_code open_shop(struct shop *shop)
{
    const struct lt_tokens_config config = {.path = shop->path, .ahead_ms = 1000};
    return lt_tokens_open(&config, &shop->tokens, &shop->error);
}

static void begin_shop(struct shop *shop)
{
    memset(&steps, 0, sizeof steps);
    *shop = (struct shop){.folder = "/tmp/lt-tokens-XXXXXX"};
    cr_assert(mkdtemp(shop->folder) != NULL);
    snprintf(shop->path, sizeof shop->path, "%s/tokens", shop->folder);
    cr_assert_eq(open_shop(shop), LT_DONE, "%s", shop->error.text);
}

static unsigned files_in(const char *folder)
{
    unsigned count = 0;
    DIR *all = opendir(folder);
    for (const struct dirent *one = all ? readdir(all) : NULL; one; one = readdir(all))
        count += one->d_name[0] != '.';
    if (all)
        closedir(all);
    return count;
}

static void end_shop(struct shop *shop)
{
    lt_tokens_close(&shop->tokens);
    unlink(shop->path);
    cr_expect_eq(rmdir(shop->folder), 0, "something is left in %s", shop->folder);
}

static struct lt_token_pair pair_of(const char *access, const char *refresh)
{
    return (struct lt_token_pair){.access = lt_slice_of(access),
                                  .refresh = lt_slice_of(refresh),
                                  .access_until = 90000,
                                  .refresh_until = 900000};
}

static bool is_pair(const struct lt_token_pair *pair, const char *access, const char *refresh)
{
    return pair && lt_slice_equal(pair->access, lt_slice_of(access)) &&
           lt_slice_equal(pair->refresh, lt_slice_of(refresh));
}

static void keep(struct shop *shop, const char *access, const char *refresh)
{
    const struct lt_token_pair pair = pair_of(access, refresh);
    cr_assert_eq(lt_tokens_keep(shop->tokens, &pair, &shop->error), LT_DONE, "%s",
                 shop->error.text);
}

// One whole renewal. What a far side would know: the byte that tells which refresh token lives.
static void renew(struct shop *shop, int known)
{
    const struct lt_token_pair pair = pair_of("access-2", "refresh-2");
    if (lt_tokens_ask(shop->tokens, NULL) != LT_DONE)
        _exit(2);
    if (lt_tokens_keep(shop->tokens, &pair, NULL) != LT_DONE)
        _exit(3);
    // From here on it may be used.
    __real_write(known, "2", 1);
    if (lt_tokens_worked(shop->tokens, NULL) != LT_DONE)
        _exit(4);
}

// The exit status; -1: killed before that step. *used: the new pair was given out before.
static int renew_and_die_at(struct shop *shop, unsigned at, bool *used)
{
    int known[2], status = 0;
    char byte;
    cr_assert_eq(pipe(known), 0);
    const pid_t child = fork();
    cr_assert_neq(child, -1);
    if (child == 0) {
        steps.count = 0;
        steps.die_at = at;
        renew(shop, known[1]);
        _exit(0);
    }
    close(known[1]);
    *used = read(known[0], &byte, 1) == 1;
    close(known[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
}

Test(tokens, killed_before_any_step_there_is_a_pair_to_go_on_with)
{
    unsigned killed = 0;
    bool used = false;
    int status = -1;
    for (unsigned at = 1; status != 0; at++) {
        struct shop shop;
        begin_shop(&shop);
        keep(&shop, "access-1", "refresh-1");
        cr_assert_eq(lt_tokens_worked(shop.tokens, NULL), LT_DONE);
        status = renew_and_die_at(&shop, at, &used);
        killed += status == -1;
        cr_assert(status <= 0, "step %u: %d", at, status);
        lt_tokens_close(&shop.tokens);
        cr_assert_eq(open_shop(&shop), LT_DONE, "step %u: %s", at, shop.error.text);
        const bool is_new = is_pair(lt_tokens_now(shop.tokens), "access-2", "refresh-2");
        const bool is_old = is_pair(lt_tokens_now(shop.tokens), "access-1", "refresh-1");
        cr_expect(is_new || is_old, "step %u: no pair", at);
        cr_expect(is_new || !used, "step %u: it was used and is lost", at);
        if (is_new && status != 0 && !used)
            cr_expect(is_pair(lt_tokens_former(shop.tokens), "access-1", "refresh-1"));
        cr_expect_eq(files_in(shop.folder), 1, "step %u: something lies beside", at);
        end_shop(&shop);
    }
    cr_expect_eq(killed, 15, "three writings of five steps each; killed %u times", killed);
}

Test(tokens, file_and_folder_are_synced_before_it_is_given_out)
{
    struct shop shop;
    begin_shop(&shop);
    keep(&shop, "access-1", "refresh-1");
    cr_expect_str_eq(steps.made, "mwfrF");
    struct stat about;
    cr_assert_eq(stat(shop.path, &about), 0);
    cr_expect_eq(about.st_mode & 0777, 0600);
    end_shop(&shop);
}

Test(tokens, what_cannot_be_written_is_not_given_out_and_not_lost)
{
    struct shop shop;
    begin_shop(&shop);
    keep(&shop, "access-1", "refresh-1");
    const struct lt_token_pair pair = pair_of("access-2", "refresh-2");
    for (unsigned at = 1; at <= 5; at++) {
        steps.count = 0;
        steps.fail_at = at;
        cr_expect_eq(lt_tokens_keep(shop.tokens, at == 1 ? &pair : NULL, &shop.error), LT_IO);
        cr_expect(strstr(shop.error.text, "access-2") == NULL);
        cr_expect(is_pair(lt_tokens_now(shop.tokens), "access-1", "refresh-1"), "step %u", at);
    }
    steps.fail_at = 0;
    cr_expect_eq(lt_tokens_keep(shop.tokens, NULL, &shop.error), LT_DONE);
    cr_expect(is_pair(lt_tokens_now(shop.tokens), "access-2", "refresh-2"));
    cr_expect_eq(lt_tokens_keep(shop.tokens, NULL, &shop.error), LT_BAD_USE);
    end_shop(&shop);
}

Test(tokens, the_former_stays_until_the_new_one_has_worked)
{
    struct shop shop;
    begin_shop(&shop);
    cr_expect_eq(lt_tokens_back(shop.tokens, &shop.error), LT_NOT_FOUND);
    keep(&shop, "access-1", "refresh-1");
    keep(&shop, "access-2", "");
    cr_expect(is_pair(lt_tokens_now(shop.tokens), "access-2", "refresh-1"), "the old one goes on");
    cr_assert_eq(lt_tokens_back(shop.tokens, &shop.error), LT_DONE);
    lt_tokens_close(&shop.tokens);
    cr_assert_eq(open_shop(&shop), LT_DONE);
    cr_expect(is_pair(lt_tokens_now(shop.tokens), "access-1", "refresh-1"));
    cr_expect(is_pair(lt_tokens_former(shop.tokens), "access-2", "refresh-1"));
    cr_assert_eq(lt_tokens_worked(shop.tokens, &shop.error), LT_DONE);
    cr_expect_null(lt_tokens_former(shop.tokens));
    end_shop(&shop);
}

Test(tokens, an_answer_that_was_not_heard_is_known_in_the_next_life)
{
    struct shop shop;
    begin_shop(&shop);
    cr_expect(lt_tokens_due(shop.tokens, 1), "there is none");
    keep(&shop, "access-1", "refresh-1");
    cr_expect_not(lt_tokens_due(shop.tokens, 88999));
    cr_expect(lt_tokens_due(shop.tokens, 89000));
    cr_assert_eq(lt_tokens_ask(shop.tokens, &shop.error), LT_DONE);
    lt_tokens_close(&shop.tokens);
    cr_assert_eq(open_shop(&shop), LT_DONE);
    cr_expect(lt_tokens_was_asking(shop.tokens));
    cr_assert_eq(lt_tokens_ask_failed(shop.tokens, &shop.error), LT_DONE);
    cr_expect_not(lt_tokens_was_asking(shop.tokens));
    end_shop(&shop);
}

static void write_by_hand(const struct shop *shop, const char *text, mode_t mode)
{
    FILE *file = fopen(shop->path, "w");
    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
    cr_assert_eq(chmod(shop->path, mode), 0);
}

Test(tokens, a_person_may_write_the_first_pair)
{
    static const struct {
        const char *text;
        mode_t mode;
        enum lt_code code;
        const char *said;
    } cases[] = {
        {"access a\r\nrefresh r\r\n", 0600, LT_DONE, NULL},
        {"access a", 0600, LT_DONE, NULL},
        {"access a\n", 0640, LT_BAD_FILE, "chmod 600"},
        {"access a\nrefrsh SECRET\n", 0600, LT_BAD_FILE, "tokens:2:1: "},
        {"refresh r\n", 0600, LT_BAD_FILE, "'access TOKEN' must be there"},
        {"access a\naccess-until soon\n", 0600, LT_BAD_FILE, "tokens:2:1: "},
        {"access \x01\n", 0600, LT_BAD_FILE, "tokens:1:1: "},
        {"", 0600, LT_BAD_FILE, "'access TOKEN' must be there"},
    };
    struct shop shop;
    begin_shop(&shop);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lt_tokens_close(&shop.tokens);
        write_by_hand(&shop, cases[i].text, cases[i].mode);
        cr_expect_eq(open_shop(&shop), cases[i].code, "%zu: %s", i, shop.error.text);
        if (cases[i].said)
            cr_expect(strstr(shop.error.text, cases[i].said) != NULL, "%s", shop.error.text);
        cr_expect(strstr(shop.error.text, "SECRET") == NULL);
    }
    end_shop(&shop);
}

Test(tokens, of_what_lies_beside_only_its_own_unfinished_files_are_removed)
{
    static const char *const theirs[] = {
        ".backup", ".old", ".2026-11", ".Backup", ".unfinished-by-hand", ".unfinished-a.bak"};
    struct shop shop;
    char path[96];
    begin_shop(&shop);
    keep(&shop, "access-1", "refresh-1");
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        snprintf(path, sizeof path, "%s%s", shop.path, theirs[i]);
        cr_assert_eq(link(shop.path, path), 0);
    }
    snprintf(path, sizeof path, "%s.unfinished-aB3xY9", shop.path);
    cr_assert_eq(link(shop.path, path), 0);
    lt_tokens_close(&shop.tokens);
    cr_assert_eq(open_shop(&shop), LT_DONE, "%s", shop.error.text);
    cr_expect_neq(access(path, F_OK), 0, "a crash has left it");
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        snprintf(path, sizeof path, "%s%s", shop.path, theirs[i]);
        cr_expect_eq(unlink(path), 0, "%s was a person's own", theirs[i]);
    }
    end_shop(&shop);
}
