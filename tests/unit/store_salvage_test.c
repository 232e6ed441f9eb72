// A store whose file or log is damaged: what of it is served, and what is said.
#include "store_case.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { MESSAGES = 600, PAGE = 4096 };

static struct store_case c;

static void init(void)
{
    case_init(&c);
}

static void clear(void)
{
    case_clear(&c);
}

TestSuite(store_salvage, .init = init, .fini = clear);

static void needle_of(uint64_t n, char text[32])
{
    (void)snprintf(text, 32, "<hop-%06llu>", (unsigned long long)n);
}

// Some in a page, each with a word of its own; its id is returned.
static void append_marked(uint64_t n, uint8_t id[LT_ID_SIZE])
{
    char text[32];
    struct lt_buffer body = {.max = 1024};
    uint8_t filler[300] = {0};
    needle_of(n, text);
    (void)lt_buffer_add(&body, "\x82\xA1t\xAC", 4);
    (void)lt_buffer_add(&body, text, 12);
    (void)lt_buffer_add(&body, "\xA1x\xC5\x01\x2C", 5);
    (void)lt_buffer_add(&body, filler, sizeof filler);
    struct lt_part part = draft(&c, n % 2 == 0 ? "van-phong" : "to-so", "xa/a/thong-bao");
    part.body = lt_buffer_slice(&body);
    struct message message = seal(&c, &part);
    cr_assert_eq(append_one(&c, &message), n);
    memcpy(id, part.id, LT_ID_SIZE);
    lt_buffer_clear(&message.bytes);
    lt_buffer_clear(&body);
}

static uint8_t *read_file(const char *name, size_t *size)
{
    char path[160];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/%s", c.folder, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fstat(fileno(file), &about), 0);
    *size = (size_t)about.st_size;
    uint8_t *bytes = malloc(*size + 1);
    cr_assert_not_null(bytes);
    cr_assert_eq(fread(bytes, 1, *size, file), *size);
    (void)fclose(file);
    return bytes;
}

static void write_file(const char *name, const uint8_t *bytes, size_t size)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", c.folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static bool holds(const uint8_t *page, const void *needle, size_t size)
{
    for (size_t at = 0; at + size <= PAGE; at++) {
        if (memcmp(page + at, needle, size) == 0) {
            return true;
        }
    }
    return false;
}

// Breaks the pages that hold one and not the other (NULL: whatever); how many.
static size_t break_pages(struct lt_slice with, const char *without)
{
    size_t size = 0, broken = 0;
    uint8_t *bytes = read_file("hub.db", &size);
    for (size_t at = PAGE; at + PAGE <= size; at += PAGE) {
        if (holds(bytes + at, with.data, with.size) &&
            (without == NULL || !holds(bytes + at, without, strlen(without)))) {
            memset(bytes + at, 0xFF, 64);
            broken++;
        }
    }
    write_file("hub.db", bytes, size);
    free(bytes);
    return broken;
}

static struct store_salvaged salvage(void)
{
    struct store_salvaged found;
    struct lt_error error = {0};
    cr_assert(store_is_suspect(&c.settings));
    cr_assert_eq(store_salvage(&c.settings, &found, &error), LT_DONE, "%s", error.text);
    cr_assert_not(store_is_suspect(&c.settings));
    return found;
}

static bool scan_fails(void)
{
    const struct store_scan scan = {.limit = MESSAGES};
    uint64_t next = 0;
    c.seen.count = 0;
    return store_scan(c.reader, &scan, remember, &c.seen, &next, NULL) != LT_DONE;
}

Test(store_salvage, sets_a_page_of_messages_aside_and_keeps_the_rest)
{
    uint8_t id[LT_ID_SIZE];
    char text[32];
    struct stat about;
    struct lt_tree before, after;
    uint8_t roots[2][32];
    for (uint64_t n = 1; n <= MESSAGES; n++) {
        append_marked(n, id);
    }
    cr_assert_eq(write_record(&c, "subscription", "loa", "giữ", STORE_ANY), LT_DONE);
    store_tree(c.store, &before);
    case_close(&c);
    needle_of(300, text);
    cr_assert_eq(break_pages(lt_slice_of(text), NULL), 1);
    case_open(&c);
    cr_assert(scan_fails());
    case_close(&c);

    const struct store_salvaged found = salvage();
    cr_assert(found.damaged);
    cr_assert_eq(found.gaps, 1);
    cr_assert(found.lost_messages > 0 && found.lost_messages < 12, "%d", (int)found.lost_messages);
    cr_assert_eq(found.messages + found.lost_messages, MESSAGES);
    char aside[160];
    (void)snprintf(aside, sizeof aside, "%s/%s", c.folder, found.aside);
    cr_assert_eq(stat(aside, &about), 0, "the evidence stays");

    case_open(&c);
    cr_assert_eq(scan_all(&c, (struct store_scan){.limit = MESSAGES}), found.messages);
    cr_assert_eq(c.seen.damaged, 0);
    cr_assert_eq(c.seen.seqs[0], 1);
    cr_assert_eq(c.seen.seqs[found.messages - 1], MESSAGES);
    cr_assert_str_eq(read_record(&c, "subscription", "loa", NULL), "giữ");
    store_tree(c.store, &after);
    lt_tree_root(&before, roots[0]);
    lt_tree_root(&after, roots[1]);
    cr_assert_eq(after.size, before.size);
    cr_assert_arr_eq(roots[0], roots[1], sizeof roots[0]);
    append_marked(MESSAGES + 1, id);
    cr_assert_eq(store_find(c.reader, (struct lt_slice){0}, id, remember, &c.seen, NULL), LT_DONE);
}

Test(store_salvage, makes_an_index_anew_and_loses_nothing)
{
    uint8_t id[LT_ID_SIZE], wanted[LT_ID_SIZE];
    char text[32];
    for (uint64_t n = 1; n <= MESSAGES; n++) {
        append_marked(n, n == 300 ? wanted : id);
    }
    case_close(&c);
    needle_of(300, text);
    cr_assert_geq(break_pages((struct lt_slice){wanted, LT_ID_SIZE}, text), 1);
    case_open(&c);
    cr_assert_neq(store_find(c.reader, (struct lt_slice){0}, wanted, remember, &c.seen, NULL),
                  LT_DONE);
    case_close(&c);
    const struct store_salvaged found = salvage();
    cr_assert(found.damaged);
    cr_assert_eq(found.messages, MESSAGES);
    cr_assert_eq(found.lost_messages, 0);
    case_open(&c);
    c.seen.count = 0;
    cr_assert_eq(store_find(c.reader, (struct lt_slice){0}, wanted, remember, &c.seen, NULL),
                 LT_DONE);
    cr_assert_eq(c.seen.seqs[0], 300);
}

Test(store_salvage, keeps_messages_whose_names_and_leaves_are_lost)
{
    uint8_t id[LT_ID_SIZE];
    for (uint64_t n = 1; n <= MESSAGES; n++) {
        append_marked(n, id);
    }
    case_close(&c);
    static const char name[] = "xa/a/thong-bao";
    cr_assert_geq(break_pages(lt_slice_of(name), "<hop-"), 1);
    case_open(&c);
    cr_assert(scan_fails());
    case_close(&c);
    const struct store_salvaged found = salvage();
    cr_assert_eq(found.messages, MESSAGES);
    case_open(&c);
    cr_assert_eq(scan_pattern(&c, "xa/a/#"), MESSAGES);
    cr_assert_eq(c.seen.damaged, 0);
}

Test(store_salvage, leaves_a_store_alone_that_is_whole)
{
    struct store_salvaged found;
    uint8_t id[LT_ID_SIZE];
    append_marked(1, id);
    case_close(&c);
    write_file("hub.db-suspect", (const uint8_t *)"", 0);
    found = salvage();
    cr_assert_not(found.damaged);
    cr_assert_eq(found.aside[0], '\0');
    case_open(&c);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 1);
}

// --- the log's end ---

// As if the machine had stopped now; change: what the disk has made of the log.
static struct store_opened stop_and_open(void (*change)(uint8_t *log, size_t *size))
{
    size_t size = 0, log_size = 0;
    uint8_t *file = read_file("hub.db", &size), *log = read_file("hub.db-wal", &log_size);
    case_close(&c);
    change(log, &log_size);
    write_file("hub.db", file, size);
    write_file("hub.db-wal", log, log_size);
    free(file);
    free(log);
    case_open(&c);
    return store_opened(c.store);
}

static void nothing(uint8_t *log, size_t *size)
{
    (void)log;
    (void)size;
}

static void cut_short(uint8_t *log, size_t *size)
{
    (void)log;
    *size -= 1000;
}

static void tear_the_last_frame(uint8_t *log, size_t *size)
{
    memset(log + *size - 500, 0, 500);
}

static void damage_the_middle(uint8_t *log, size_t *size)
{
    log[*size / 2] ^= 1;
}

static void ten_messages(void)
{
    uint8_t id[LT_ID_SIZE];
    for (uint64_t n = 1; n <= 10; n++) {
        append_marked(n, id);
    }
}

Test(store_salvage, says_nothing_of_a_log_that_is_whole)
{
    ten_messages();
    const struct store_opened opened = stop_and_open(nothing);
    cr_assert(opened.cut == 0 && opened.lost_commits == 0);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 10);
}

Test(store_salvage, says_how_much_of_a_torn_log_was_cut)
{
    ten_messages();
    struct store_opened opened = stop_and_open(cut_short);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 9);
    cr_assert(opened.cut > 0 && opened.cut < 10 * (PAGE + 24), "%d", (int)opened.cut);
    cr_assert_eq(opened.lost_commits, 0);
    cr_assert_eq(append_new(&c, "van-phong", "xa/a/thong-bao"), 10, "it goes on behind it");
}

Test(store_salvage, takes_a_last_commit_that_is_torn_for_one_that_was_not_finished)
{
    ten_messages();
    struct store_opened opened = stop_and_open(tear_the_last_frame);
    cr_assert_eq(opened.lost_commits, 0);
    cr_assert_gt(opened.cut, 0);
    cr_assert_eq(scan_all(&c, (struct store_scan){0}), 9);
}

Test(store_salvage, says_how_many_commits_lie_behind_a_damaged_place)
{
    ten_messages();
    struct store_opened opened = stop_and_open(damage_the_middle);
    const size_t left = scan_all(&c, (struct store_scan){0});
    cr_assert(left > 0 && left < 10);
    cr_assert_eq(opened.lost_commits, 10 - left - 1);
}
