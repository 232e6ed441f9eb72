// The process that has a sound card or a microphone in its hands, where it hangs, does not end, or is gone.
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "microphone.h"
#include "outlet.h"

// The kernel as the bridge sees it: the program's own kill comes before the C library's.
static bool holds; // what is killed does not end
static unsigned kills;
static pid_t killed;

int kill(pid_t pid, int number)
{
    if (number == SIGKILL && pid < 0) {
        kills++;
        killed = -pid;
    }
    return holds ? 0 : (int)syscall(SYS_kill, pid, number);
}

static char folder[] = "/tmp/line-XXXXXX";

static void remove_folder(void)
{
    static const char *const names[] = {"lienthon-say", "once"};
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    cr_assert_eq(rmdir(folder), 0);
}

// A lienthon-say that does this. It is found by PATH, because there is none beside the test.
static void be_served_by(const char *script)
{
    char path[64], all[4096];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lienthon-say", folder);
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fprintf(file, "#!/bin/sh\nhere=%s\n%s", folder, script);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, 0700), 0);
    snprintf(all, sizeof all, "%s:%s", folder, getenv("PATH"));
    setenv("PATH", all, 1);
}

static struct outlet *hung_card(void)
{
    struct outlet *card = NULL;
    be_served_by("exec tail -f /dev/null\n");
    cr_assert_eq(card_line_await("the", &card, NULL), LT_DONE);
    return card;
}

static const struct outlet_cue cue = {.name = ""};

static enum outlet_state begin(struct outlet *card, const struct sound *sound, uint64_t now)
{
    struct lt_error error = {0};
    cr_assert_eq(card->kind->start(card, sound, &cue, now, &error), LT_DONE, "%s", error.text);
    return card->kind->turn(card, now, &error);
}

static struct sound five_seconds(void)
{
    struct sound sound = {.max = (size_t)5 * SOUND_RATE};
    cr_assert(sound_silence(&sound, 5000));
    return sound;
}

Test(line, begins_no_second_process_beside_one_that_does_not_end)
{
    struct outlet *card = hung_card();
    holds = true;
    card->kind->look(card, 10000);
    card->kind->look(card, 13500);
    cr_assert_eq(kills, 1);
    cr_assert(strstr(card->kind->fault(card), "does not answer"));
    const pid_t first = killed;
    for (uint64_t now = 24000; now < 100000; now += 3500) {
        card->kind->look(card, now);
        cr_assert(strstr(card->kind->fault(card), "does not end"), "%s", card->kind->fault(card));
    }
    cr_assert_eq(kills, 1, "a new one would have been killed in its turn");
    holds = false;
    siginfo_t about;
    cr_assert_eq(syscall(SYS_kill, first, SIGKILL), 0, "it is there still");
    cr_assert_eq(waitid(P_PID, (id_t)first, &about, WEXITED | WNOWAIT), 0);
    card->kind->look(card, 110000);
    card->kind->look(card, 113500);
    cr_assert_eq(kills, 2);
    cr_assert_neq(killed, first, "the next was begun");
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "and none is left behind");
    outlet_destroy(&card);
    remove_folder();
}

Test(line, gives_the_process_that_follows_a_hung_one_its_own_time)
{
    struct sound sound = five_seconds();
    struct outlet *card = hung_card();
    card->kind->look(card, 10000);
    cr_assert_eq(begin(card, &sound, 13500), OUTLET_PLAYS);
    cr_assert_eq(kills, 1, "that it hangs was found out when the sound began");
    struct lt_error error = {0};
    cr_assert_eq(card->kind->turn(card, 16000, &error), OUTLET_PLAYS);
    cr_assert_eq(card->kind->turn(card, 17000, &error), OUTLET_FAILED);
    card->kind->stop(card);
    outlet_destroy(&card);
    remove_folder();
    sound_clear(&sound);
}

Test(line, ends_the_process_that_can_no_longer_be_told_to_stop)
{
    struct sound sound = five_seconds();
    struct outlet *card = hung_card();
    for (int i = 0; i < 100 && kills == 0; i++) {
        cr_assert_eq(begin(card, &sound, 10000), OUTLET_PLAYS, "it was not ended by the stop");
        card->kind->stop(card);
    }
    cr_assert_eq(kills, 1);
    cr_assert_eq(begin(card, &sound, 10000), OUTLET_PLAYS, "the next sound has a new one");
    outlet_destroy(&card);
    remove_folder();
    sound_clear(&sound);
}

Test(line, has_another_process_for_the_microphone_where_the_first_has_ended_in_silence)
{
    struct lt_error error = {0};
    struct sound chime = five_seconds();
    struct microphone *microphone = NULL;
    siginfo_t about;
    be_served_by("[ -e $here/once ] || { touch $here/once; exit; }\n"
                 "exec tail -f /dev/null\n");
    cr_assert_eq(microphone_new("micro", &microphone, &error), LT_DONE);
    cr_assert_eq(waitid(P_ALL, 0, &about, WEXITED | WNOWAIT), 0);
    cr_assert_eq(microphone_begin(microphone, &chime, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(microphone_turn(microphone, &error), LT_DONE, "%s", error.text);
    microphone_destroy(&microphone);
    remove_folder();
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "none is left behind");
    sound_clear(&chime);
}
