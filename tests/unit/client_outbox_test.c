// The outbox: its order, what goes again, what is too old, and what of it outlives a crash.
#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "client_case.h"
#include "journal.h"
#include "outbox.h"
#include "settled.h"

static struct item *item_made(uint64_t token, const struct lt_part *part)
{
    size_t size = 0;
    uint8_t *bytes = case_bytes(part, &size);
    struct item *item = NULL;
    cr_assert_eq(item_new(&bytes, size, false, &item, NULL), LT_DONE);
    item->token = token;
    return item;
}

static void add(struct outbox *outbox, uint64_t token)
{
    struct lt_part part = case_part("van-phong", "xa/ap/thong-bao", CASE_NOW);
    struct item *item = item_made(token, &part);
    outbox_add(outbox, &item);
    cr_assert_null(item);
}

static void expect(struct outbox *outbox, uint64_t ref, size_t max, const char *tokens)
{
    struct item *batch[16];
    char found[64] = "";
    size_t count = outbox_take(outbox, ref, batch, max, 1 << 20);
    for (size_t i = 0; i < count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%d", (int)batch[i]->token);
    cr_assert_str_eq(found, tokens);
}

static void settle(struct outbox *outbox, uint64_t token)
{
    struct item *item = outbox->first;
    while (item && item->token != token)
        item = item->next;
    cr_assert_not_null(item);
    outbox_remove(outbox, item);
    item_destroy(&item);
}

Test(outbox, sends_in_the_order_of_publishing)
{
    struct outbox outbox = {0};
    for (uint64_t i = 1; i <= 5; i++)
        add(&outbox, i);
    expect(&outbox, 7, 2, "12");
    expect(&outbox, 8, 16, "345");
    expect(&outbox, 9, 16, "");
    cr_assert_eq(outbox.in_flight, 5);
    add(&outbox, 6);
    expect(&outbox, 9, 16, "6");
    outbox_clear(&outbox);
}

Test(outbox, finds_what_an_answer_is_for)
{
    struct outbox outbox = {0};
    struct item *batch[16];
    for (uint64_t i = 1; i <= 4; i++)
        add(&outbox, i);
    expect(&outbox, 7, 2, "12");
    expect(&outbox, 8, 2, "34");
    cr_assert_eq(outbox_find(&outbox, 8, batch, 16), 2);
    cr_assert_eq(batch[0]->token, 3);
    cr_assert_eq(outbox_find(&outbox, 6, batch, 16), 0);
    cr_assert_eq(outbox_find(&outbox, 8, batch, 1), 1);
    outbox_clear(&outbox);
}

Test(outbox, sends_again_in_order_what_a_lost_connection_took_with_it)
{
    struct outbox outbox = {0};
    for (uint64_t i = 1; i <= 4; i++)
        add(&outbox, i);
    expect(&outbox, 7, 3, "123");
    settle(&outbox, 2);
    outbox_lost(&outbox);
    cr_assert_eq(outbox.in_flight, 0);
    add(&outbox, 5);
    expect(&outbox, 8, 16, "1345");
    outbox_clear(&outbox);
}

Test(outbox, waits_for_the_answers_before_it_sends_again_what_the_hub_was_too_busy_for)
{
    struct outbox outbox = {0};
    struct item *batch[16];
    for (uint64_t i = 1; i <= 5; i++)
        add(&outbox, i);
    expect(&outbox, 7, 2, "12");
    expect(&outbox, 8, 2, "34");
    cr_assert_eq(outbox_find(&outbox, 7, batch, 16), 2);
    outbox_retry(&outbox, batch[0]);
    expect(&outbox, 9, 16, ""); // 3 and 4 may yet be taken: 5 must not leave before 1
    settle(&outbox, 2);
    settle(&outbox, 3);
    settle(&outbox, 4);
    expect(&outbox, 9, 16, "15");
    outbox_clear(&outbox);
}

Test(outbox, keeps_a_frame_below_its_size_but_never_empty)
{
    struct outbox outbox = {0};
    struct item *batch[16];
    for (uint64_t i = 1; i <= 3; i++)
        add(&outbox, i);
    size_t one = outbox.first->size;
    cr_assert_eq(outbox_take(&outbox, 7, batch, 16, 2 * one), 2);
    cr_assert_eq(outbox_take(&outbox, 8, batch, 16, 1), 1);
    outbox_clear(&outbox);
}

Test(outbox, gives_up_what_is_too_old_unless_the_hub_may_have_it)
{
    struct outbox outbox = {0};
    enum lt_code code = LT_DONE;
    struct lt_part part = case_part("van-phong", "xa/ap/thong-bao", CASE_NOW);
    struct item *aged = item_made(1, &part);
    part.expires = CASE_NOW + 1000;
    struct item *expiring = item_made(2, &part);
    cr_assert_eq(item_judge(aged, CASE_NOW + 5000, 5000), LT_DONE);
    cr_assert_eq(item_judge(aged, CASE_NOW + 5001, 5000), LT_STALE);
    cr_assert_eq(item_judge(expiring, CASE_NOW + 999, 5000), LT_DONE);
    cr_assert_eq(item_judge(expiring, CASE_NOW + 1000, 5000), LT_EXPIRED);
    expiring->sent = true;
    outbox_add(&outbox, &expiring);
    outbox_add(&outbox, &aged);
    cr_assert_null(outbox_stale(&outbox, CASE_NOW + 4000, 5000, &code));
    cr_assert_eq(outbox_stale(&outbox, CASE_NOW + 9000, 5000, &code)->token, 1);
    cr_assert_eq(code, LT_STALE);
    outbox_clear(&outbox);
}

Test(outbox, never_gives_up_a_receipt_for_its_age)
{
    struct lt_part part = case_part("loa.01", "$lt/receipts/van-phong", CASE_NOW);
    part.type = lt_slice_of("receipt.v1");
    struct item *item = item_made(1, &part);
    cr_assert_eq(item_judge(item, CASE_NOW + 999999999, 1), LT_DONE);
    item_destroy(&item);
}

// The journal.

struct found {
    uint64_t segments[64], offsets[64];
    char texts[64][16];
    bool sealed[64];
    size_t count;
};

static enum lt_code note(void *self, const struct left *left, struct lt_error *error)
{
    (void)error;
    struct found *found = self;
    cr_assert_lt(found->count, 64);
    cr_assert_lt(left->bytes.size, 16);
    memcpy(found->texts[found->count], left->bytes.data, left->bytes.size);
    found->texts[found->count][left->bytes.size] = '\0';
    found->sealed[found->count] = left->sealed;
    found->segments[found->count] = left->segment;
    found->offsets[found->count++] = left->offset;
    return LT_DONE;
}

static struct journal *journal_of(int folder, struct found *found)
{
    struct journal *journal = NULL;
    struct lt_error error = {0};
    *found = (struct found){0};
    cr_assert_eq(journal_open(folder, &journal, note, found, &error), LT_DONE, "%s", error.text);
    return journal;
}

static void write_text(struct journal *journal, const char *text, uint64_t *segment,
                       uint64_t *offset)
{
    struct lt_error error = {0};
    cr_assert_eq(journal_append(journal, false, lt_slice_of(text), segment, offset, &error),
                 LT_DONE, "%s", error.text);
}

static size_t files_in(int folder)
{
    size_t count = 0;
    DIR *entries = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY));
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        count += entry->d_name[0] != '.';
    closedir(entries);
    return count;
}

Test(journal, gives_back_in_order_what_was_accepted_and_not_settled)
{
    char path[64];
    struct found found;
    uint64_t segment = 0, offset[3];
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    struct settled *settled = settled_new(folder);
    const char *texts[] = {"mot", "hai", "ba"};
    for (size_t i = 0; i < 3; i++) {
        write_text(journal, texts[i], &segment, &offset[i]);
        cr_assert(settled_expect(settled, segment));
    }
    cr_assert(settled_mark(settled, segment, offset[1]));
    cr_assert(settled_flush(settled));
    journal_close(&journal);
    settled_close(&settled);

    journal = journal_of(folder, &found);
    cr_assert_eq(found.count, 2);
    cr_assert_str_eq(found.texts[0], "mot");
    cr_assert_str_eq(found.texts[1], "ba");
    journal_close(&journal);
    close(folder);
    case_remove(path);
}

Test(journal, leaves_no_files_behind_when_all_is_settled)
{
    char path[64];
    struct found found;
    uint64_t segment = 0, offset = 0;
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    struct settled *settled = settled_new(folder);
    for (int i = 0; i < 100; i++) {
        write_text(journal, "mot", &segment, &offset);
        settled_expect(settled, segment);
        settled_mark(settled, segment, offset);
        cr_assert(settled_flush(settled));
    }
    journal_close(&journal);
    settled_close(&settled);
    cr_assert_eq(files_in(folder), 0);
    journal = journal_of(folder, &found);
    cr_assert_eq(found.count, 0);
    journal_close(&journal);
    close(folder);
    case_remove(path);
}

Test(journal, removes_a_segment_that_is_settled_once_another_has_begun)
{
    char path[64];
    struct found found;
    uint64_t segment = 0, offset = 0, first = 0;
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    struct settled *settled = settled_new(folder);
    uint8_t *large = calloc(1, 300000);
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(journal_append(journal, true, (struct lt_slice){large, 300000}, &segment,
                                    &offset, NULL),
                     LT_DONE);
        first = first == 0 ? segment : first;
        settled_expect(settled, segment);
        if (segment == first)
            settled_mark(settled, segment, offset);
    }
    cr_assert_gt(segment, first);
    cr_assert(settled_flush(settled));
    cr_assert_eq(files_in(folder), 1);
    free(large);
    journal_close(&journal);
    settled_close(&settled);
    close(folder);
    case_remove(path);
}

Test(journal, drops_a_record_that_a_crash_cut_off_and_goes_on_behind_it)
{
    char path[64];
    struct found found;
    uint64_t segment = 0, offset = 0;
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    write_text(journal, "mot", &segment, &offset);
    write_text(journal, "hai", &segment, &offset);
    journal_close(&journal);
    for (off_t cut = 1; cut < 16; cut += 4) {
        char name[JOURNAL_NAME_ROOM];
        journal_name(segment, "log", name);
        int file = openat(folder, name, O_WRONLY);
        struct stat about;
        cr_assert_eq(fstat(file, &about), 0);
        cr_assert_eq(ftruncate(file, about.st_size - cut), 0);
        close(file);
        journal = journal_of(folder, &found);
        cr_assert_eq(found.count, 1);
        cr_assert_str_eq(found.texts[0], "mot");
        write_text(journal, "hai", &segment, &offset);
        journal_close(&journal);
        struct found all;
        journal = journal_of(folder, &all);
        cr_assert_eq(all.count, 2);
        cr_assert_str_eq(all.texts[1], "hai");
        journal_close(&journal);
        // Begin again with both in one segment.
        case_remove(path);
        close(folder);
        cr_assert_eq(mkdir(path, 0700), 0);
        folder = open(path, O_RDONLY | O_DIRECTORY);
        journal = journal_of(folder, &found);
        write_text(journal, "mot", &segment, &offset);
        write_text(journal, "hai", &segment, &offset);
        journal_close(&journal);
    }
    close(folder);
    case_remove(path);
}

Test(journal, says_which_file_is_damaged_in_the_middle)
{
    char path[64];
    struct found found;
    struct lt_error error = {0};
    uint64_t segment = 0, offset = 0;
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    write_text(journal, "mot", &segment, &offset);
    journal_close(&journal);
    uint64_t damaged = segment;
    journal = journal_of(folder, &found);
    write_text(journal, "hai", &segment, &offset);
    journal_close(&journal);
    char name[JOURNAL_NAME_ROOM];
    journal_name(damaged, "log", name);
    int file = openat(folder, name, O_WRONLY);
    cr_assert_eq(pwrite(file, "X", 1, 6), 1);
    close(file);
    cr_assert_eq(journal_open(folder, &journal, note, &found, &error), LT_BAD_FILE);
    cr_assert_not_null(strstr(error.text, "outbox/00000001.log"), "%s", error.text);
    close(folder);
    case_remove(path);
}

Test(journal, marks_nothing_settled_by_what_a_power_cut_left_of_a_mark)
{
    char path[64];
    struct found found;
    uint64_t segment = 0, offset = 0;
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    write_text(journal, "mot", &segment, &offset);
    journal_close(&journal);
    char name[JOURNAL_NAME_ROOM];
    journal_name(segment, "done", name);
    int file = openat(folder, name, O_WRONLY | O_CREAT, 0600);
    const uint8_t zeros[40] = {0};
    cr_assert_eq(write(file, zeros, sizeof zeros), (ssize_t)sizeof zeros);
    close(file);
    journal = journal_of(folder, &found);
    cr_assert_eq(found.count, 1);
    journal_close(&journal);
    close(folder);
    case_remove(path);
}

Test(journal, refuses_what_does_not_fit_on_the_disk_and_goes_on_when_there_is_room)
{
    char path[64];
    struct found found;
    struct lt_error error = {0};
    uint64_t segment = 0, offset = 0;
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    write_text(journal, "mot", &segment, &offset);
    case_let_files_grow(24); // the second begins to be written
    cr_assert_eq(journal_append(journal, false, lt_slice_of("hai"), &segment, &offset, &error),
                 LT_IO);
    cr_assert_not_null(strstr(error.text, "outbox"), "%s", error.text);
    case_let_files_grow(RLIM_INFINITY);
    write_text(journal, "ba", &segment, &offset);
    journal_close(&journal);
    journal = journal_of(folder, &found);
    cr_assert_eq(found.count, 2);
    cr_assert_str_eq(found.texts[1], "ba");
    journal_close(&journal);
    close(folder);
    case_remove(path);
}

Test(journal, writes_the_marks_that_did_not_fit_when_there_is_room)
{
    char path[64];
    struct found found;
    uint64_t segment = 0, offset[2];
    int folder = case_folder(path);
    struct journal *journal = journal_of(folder, &found);
    struct settled *settled = settled_new(folder);
    write_text(journal, "mot", &segment, &offset[0]);
    write_text(journal, "hai", &segment, &offset[1]);
    cr_assert(settled_expect(settled, segment) && settled_expect(settled, segment));
    cr_assert(settled_mark(settled, segment, offset[0]));
    case_let_files_grow(8);
    cr_assert_not(settled_flush(settled));
    case_let_files_grow(RLIM_INFINITY);
    cr_assert(settled_flush(settled));
    journal_close(&journal);
    journal = journal_of(folder, &found);
    cr_assert_eq(found.count, 1);
    cr_assert_str_eq(found.texts[0], "hai");
    journal_close(&journal);
    settled_close(&settled);
    close(folder);
    case_remove(path);
}

Test(journal, has_all_that_was_accepted_before_kill_9)
{
    char path[64];
    struct found found;
    int folder = case_folder(path), pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct journal *journal = NULL;
        uint64_t segment = 0, offset = 0;
        if (journal_open(folder, &journal, note, &found, NULL) != LT_DONE)
            _exit(1);
        for (uint8_t i = 0; i < 40; i++) {
            char text[8];
            snprintf(text, sizeof text, "%d", i);
            if (journal_append(journal, false, lt_slice_of(text), &segment, &offset, NULL) ==
                LT_DONE)
                (void)!write(pipes[1], &i, 1);
        }
        pause();
        _exit(0);
    }
    uint8_t accepted = 0;
    while (accepted < 20)
        cr_assert_eq(read(pipes[0], &accepted, 1), 1);
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    close(pipes[1]);
    uint8_t later = 0;
    while (read(pipes[0], &later, 1) == 1)
        accepted = later;
    struct journal *journal = journal_of(folder, &found);
    cr_assert_gt(found.count, accepted);
    for (size_t i = 0; i < found.count; i++)
        cr_assert_eq(strtol(found.texts[i], NULL, 10), (long)i);
    journal_close(&journal);
    close(pipes[0]);
    close(folder);
    case_remove(path);
}
