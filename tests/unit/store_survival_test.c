// Store conformance: restarts, kill -9, two hubs, copies, and bytes that change on the disk.
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store_case.h"

static struct store_case c;

static void setup(void)
{
    case_init(&c);
}

static void teardown(void)
{
    case_clear(&c);
}

TestSuite(store_survival, .init = setup, .fini = teardown);

Test(store_survival, has_everything_after_it_was_opened_again)
{
    const uint64_t seq = append_new(&c, "van-phong", "xa/a/thong-bao");
    cr_assert_eq(write_record(&c, "due", "a", "one", STORE_ANY), LT_DONE);
    const struct store_position end = store_end(c.store);
    case_close(&c);
    case_open(&c);
    const struct store_position again = store_end(c.store);
    cr_assert_eq(again.epoch, end.epoch);
    cr_assert_eq(again.seq, end.seq);
    cr_assert_eq(again.time, end.time);
    cr_assert_str_eq(read_record(&c, "due", "a", NULL), "one");
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 1);
    cr_assert_gt(append_new(&c, "van-phong", "xa/a/thong-bao"), seq);
}

// The child appends pairs of messages with a record each and tells of each pair that was answered.
static void write_until_killed(struct store_case *child, int answers)
{
    for (uint32_t i = 0;; i++) {
        struct message one = say(child, "van-phong", "xa/a/thong-bao");
        struct message two = say(child, "to-so.thon-8", "xa/b/thong-bao");
        struct store_put puts[2] = {{.sealed = &one.sealed, .stored = child->clock},
                                    {.sealed = &two.sealed, .stored = child->clock}};
        char key[16];
        (void)snprintf(key, sizeof key, "%08u", i);
        const struct store_record record = {"pair", lt_slice_of(key), lt_slice_of("x"), 0};
        struct store_group group = {
            .puts = puts, .put_count = 2, .records = &record, .record_count = 1};
        if (store_append(child->store, &group, NULL) != LT_DONE ||
            write(answers, &i, sizeof i) != (ssize_t)sizeof i) {
            _exit(1);
        }
        lt_buffer_clear(&one.bytes);
        lt_buffer_clear(&two.bytes);
    }
}

static bool count_record(void *self, struct lt_slice key, struct lt_slice value, uint64_t version)
{
    (void)key;
    (void)value;
    (void)version;
    (*(size_t *)self)++;
    return true;
}

static size_t count_records(const char *bucket)
{
    size_t count = 0;
    const struct lt_slice none = {0};
    cr_assert_eq(store_records(c.reader, bucket, none, none, 100000, count_record, &count, NULL),
                 LT_DONE);
    return count;
}

Test(store_survival, has_after_kill_9_all_that_was_answered_and_nothing_half, .timeout = 60)
{
    size_t before = 0;
    case_close(&c);
    for (int round = 0; round < 5; round++) {
        int answers[2];
        cr_assert_eq(pipe(answers), 0);
        const pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) {
            (void)close(answers[0]);
            c.clock += (uint64_t)round * 1000000;
            if (store_open(&c.settings, &c.store, NULL) != LT_DONE) {
                _exit(1);
            }
            write_until_killed(&c, answers[1]);
        }
        (void)close(answers[1]);
        uint32_t last = 0;
        size_t answered = 0;
        while (answered < 20 + (size_t)round * 13 &&
               read(answers[0], &last, sizeof last) == (ssize_t)sizeof last) {
            answered++;
        }
        cr_assert_eq(kill(child, SIGKILL), 0);
        while (read(answers[0], &last, sizeof last) == (ssize_t)sizeof last) {
            answered++;
        }
        int status = 0;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFSIGNALED(status), "the writer ended by itself");
        (void)close(answers[0]);

        case_open(&c);
        struct lt_tree tree;
        store_tree(c.store, &tree);
        const size_t pairs = count_records("pair");
        cr_assert_geq(pairs, answered);
        cr_assert_leq(pairs, answered + 1, "at most the pair that was on its way");
        cr_assert_eq(tree.size - before, 2 * pairs, "both of a pair or none, and its record");
        cr_assert_eq(scan_all(&c, (struct store_scan){.after = before}), 2 * pairs);
        cr_assert_eq(c.seen.damaged, 0);
        before = tree.size;
        for (uint32_t i = 0; i < pairs; i++) {
            char key[16];
            (void)snprintf(key, sizeof key, "%08u", i);
            cr_assert_eq(write_record(&c, "pair", key, NULL, STORE_ANY), LT_DONE);
        }
        case_close(&c);
    }
    case_open(&c);
}

Test(store_survival, refuses_a_second_hub_and_says_what_to_do)
{
    struct store *second = NULL;
    struct lt_error error = {0};
    cr_assert_eq(store_open(&c.settings, &second, &error), LT_BAD_FILE);
    cr_assert_null(second);
    cr_assert_not_null(strstr(error.text, "in use by another hub"));
    cr_assert_not_null(strstr(error.text, c.folder));
    (void)append_new(&c, "van-phong", "xa/a/thong-bao");
}

Test(store_survival, has_nothing_to_read_where_there_is_no_store)
{
    struct lt_error error = {0};
    struct store_reader *reader = NULL;
    char folder[] = "/tmp/lt-empty-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    const struct store_settings settings = {.folder = folder};
    cr_assert_eq(store_reader_open(&settings, &reader, &error), LT_NOT_FOUND);
    cr_assert_null(reader);
    cr_assert_eq(rmdir(folder), 0);
}

Test(store_survival, makes_its_folder_and_those_above_it)
{
    struct lt_error error = {0};
    struct store *store = NULL;
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s/data//hub/", c.folder);
    const struct store_settings settings = {.folder = folder};
    cr_assert_eq(store_open(&settings, &store, &error), LT_DONE, "%s", error.text);
    store_close(&store);
}

Test(store_survival, says_which_folder_it_cannot_make)
{
    struct lt_error error = {0};
    struct store *store = NULL;
    const struct store_settings settings = {.folder = "/dev/null/hub"};
    cr_assert_eq(store_open(&settings, &store, &error), LT_IO);
    cr_assert_not_null(strstr(error.text, "/dev/null/hub"));
}

Test(store_survival, keeps_its_files_from_other_users)
{
    struct stat about;
    DIR *folder = opendir(c.folder);
    cr_assert_not_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char file[400];
        (void)snprintf(file, sizeof file, "%s/%s", c.folder, entry->d_name);
        cr_assert_eq(stat(file, &about), 0);
        if (S_ISREG(about.st_mode)) {
            cr_assert_eq(about.st_mode & 077, 0, "%s", entry->d_name);
        }
    }
    (void)closedir(folder);
}

// A reader sees each group whole or not at all while another thread's writer goes on: here the writer
// goes on inside the reader's walk.
static bool write_meanwhile(void *self, const struct store_row *row)
{
    (void)row;
    (*(size_t *)self)++;
    (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    return true;
}

Test(store_survival, reads_while_it_writes)
{
    size_t seen = 0;
    uint64_t next = 0;
    for (int i = 0; i < 10; i++) {
        (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    }
    cr_assert_eq(store_scan(c.reader, &(struct store_scan){0}, write_meanwhile, &seen, &next, NULL),
                 LT_DONE);
    cr_assert_eq(seen, 10, "a walk sees the store as it was when it began");
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 20);
}

// --- copies ---

static void open_copy(struct store_case *copy, const char *file)
{
    char command[256];
    memset(copy, 0, sizeof *copy);
    (void)snprintf(copy->folder, sizeof copy->folder, "/tmp/lt-copy-XXXXXX");
    cr_assert_not_null(mkdtemp(copy->folder));
    (void)snprintf(command, sizeof command, "cp '%s' '%s/hub.db'", file, copy->folder);
    cr_assert_eq(system(command), 0);
    copy->settings = (struct store_settings){.folder = copy->folder};
    copy->seen.last.max = 1 << 20;
    case_open(copy);
}

Test(store_survival, copies_itself_while_another_process_writes, .timeout = 60)
{
    char file[100];
    int answers[2];
    uint32_t last = 0;
    case_close(&c);
    cr_assert_eq(pipe(answers), 0);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        (void)close(answers[0]);
        if (store_open(&c.settings, &c.store, NULL) == LT_DONE) {
            write_until_killed(&c, answers[1]);
        }
        _exit(1);
    }
    (void)close(answers[1]);
    for (int i = 0; i < 30; i++) {
        cr_assert_eq(read(answers[0], &last, sizeof last), (ssize_t)sizeof last);
    }
    struct lt_error error = {0};
    (void)snprintf(file, sizeof file, "%s/copy.db", c.folder);
    cr_assert_eq(store_reader_open(&c.settings, &c.reader, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(store_copy(c.reader, file, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(store_copy(c.reader, file, &error), LT_IO, "a file that is there stays");
    store_reader_close(&c.reader);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    (void)close(answers[0]);

    struct store_case copy;
    open_copy(&copy, file);
    struct lt_tree tree;
    store_tree(copy.store, &tree);
    cr_assert_geq(tree.size, 60);
    cr_assert_eq(tree.size % 2, 0);
    cr_assert_eq(scan_all(&copy, (struct store_scan){0}), tree.size);
    cr_assert_eq(copy.seen.damaged, 0);
    case_clear(&copy);
    case_open(&c);
}

// --- bytes that change on the disk ---

// Turns one bit of the needle in every file of the store; how often it was found.
static size_t turn_a_bit(const char *needle)
{
    size_t found = 0;
    const size_t size = strlen(needle);
    DIR *folder = opendir(c.folder);
    cr_assert_not_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[400];
        (void)snprintf(name, sizeof name, "%s/%s", c.folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(name, "r+b");
        if (file == NULL) {
            continue;
        }
        static char bytes[1 << 22];
        const size_t read = fread(bytes, 1, sizeof bytes, file);
        for (size_t i = 0; i + size <= read; i++) {
            if (memcmp(bytes + i, needle, size) == 0) {
                cr_assert_eq(fseek(file, (long)i, SEEK_SET), 0);
                cr_assert_neq(fputc(bytes[i] ^ 1, file), EOF);
                found++;
            }
        }
        (void)fclose(file);
    }
    (void)closedir(folder);
    return found;
}

Test(store_survival, tells_that_a_stored_message_was_changed_on_the_disk)
{
    static const uint8_t body[] = {0x81, 0xA1, 't', 0xA9, 'X', 'Y', 'Z',
                                   '-',  'h',  'o', 'p',  '-', '9'};
    struct lt_part part = draft(&c, "van-phong", "xa/a/thong-bao");
    part.body = (struct lt_slice){body, sizeof body};
    struct message message = seal(&c, &part);
    (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    const uint64_t seq = append_one(&c, &message);
    (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    case_close(&c);
    cr_assert_geq(turn_a_bit("XYZ-hop-9"), 1);
    case_open(&c);

    cr_assert_eq(store_find_seq(c.reader, seq, remember, &c.seen, NULL), LT_DONE);
    cr_assert_eq(c.seen.damaged, 1);
    cr_assert_str_eq(c.seen.topics[0], "xa/a/thong-bao");
    // It is shown as it is, marked, and nobody could take it for genuine.
    struct lt_sealed sealed;
    cr_assert_eq(lt_sealed_decode(lt_buffer_slice(&c.seen.last), &sealed, NULL), LT_DONE);
    cr_assert_eq(lt_seal_verify(&sealed, lt_signer_key(c.signer), NULL, NULL), LT_BAD_SEAL);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 3);
    cr_assert_eq(c.seen.damaged, 2, "this one, once more");
    struct store_health health;
    cr_assert_eq(store_health(c.reader, &health, NULL), LT_DONE);
    cr_assert_eq(health.damaged, 1, "each once");
    lt_buffer_clear(&message.bytes);
}

// Others write to the same disk meanwhile: one look in a quiet moment is enough.
static bool has_freed_inside(uint64_t least, uint64_t most)
{
    struct store_health health;
    uint64_t room = 0;
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(store_health(c.reader, &health, NULL), LT_DONE);
        cr_assert_eq(store_room(c.reader, &room, NULL), LT_DONE);
        if (room >= health.disk_free + least && room <= health.disk_free + most) {
            return true;
        }
    }
    return false;
}

Test(store_survival, counts_room_that_was_swept_inside_its_file)
{
    static uint8_t body[8192] = {0x81, 0xA1, 't', 0xC5, 0x1F, 0xF9};
    size_t swept = 0;
    for (int i = 0; i < 200; i++) {
        struct lt_part part = draft(&c, "van-phong", "xa/a/thong-bao");
        part.body = (struct lt_slice){body, 6 + 8185};
        struct message message = seal(&c, &part);
        struct store_put put = {.keep_until = NOW_MS + 1};
        cr_assert_eq(append(&c, &put, &message), LT_DONE);
        lt_buffer_clear(&message.bytes);
    }
    cr_assert(has_freed_inside(0, 100000));
    cr_assert_eq(store_sweep(c.store, c.clock + UINT64_C(3600000), 1000, &swept, NULL), LT_DONE);
    cr_assert_eq(swept, 200);
    cr_assert(has_freed_inside(1500000, 3000000));
}

Test(store_survival, tells_how_it_is)
{
    struct store_health health;
    cr_assert_eq(store_health(c.reader, &health, NULL), LT_DONE);
    cr_assert_eq(health.messages, 0);
    cr_assert_eq(health.oldest, 0);
    (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    const uint64_t first = c.clock;
    (void)append_new(&c, "van-phong", "xa/a/thong-bao");
    cr_assert_eq(store_health(c.reader, &health, NULL), LT_DONE);
    cr_assert_eq(health.messages, 2);
    cr_assert_eq(health.oldest, first);
    cr_assert_gt(health.bytes, 0);
    cr_assert_gt(health.disk_free, 0);
    cr_assert_eq(health.damaged, 0);
}
