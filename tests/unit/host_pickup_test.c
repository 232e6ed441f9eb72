// Files that are saved again in the very moment in which they are picked up: each content is published once, and none is lost.
// What happens in between is done here in place of the call before which it happens.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lienthon/pickup.h>

#include "pickup.h"

enum { MOST = 8 };

struct scene {
    struct lt_bridge_host host;
    char folder[64], inbox[80], sent[80];
    char texts[MOST][16], origins[MOST][128];
    uint64_t count;
};

static struct scene *replaces_before_open, *replaces_before_move; // NULL: nothing happens there

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __real_renameat(int from, const char *name, int to, const char *as);
int __wrap_renameat(int from, const char *name, int to, const char *as);
void __wrap_lt_bridge_well(lt_bridge_host *host, const char *evidence);

static void save(const struct scene *scene, const char *text)
{
    char beside[100], path[100];
    snprintf(beside, sizeof beside, "%s/.new", scene->inbox);
    snprintf(path, sizeof path, "%s/tin.json", scene->inbox);
    FILE *file = fopen(beside, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
    cr_assert_eq(rename(beside, path), 0);
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (replaces_before_open && strcmp(path, "tin.json") == 0) {
        struct scene *scene = replaces_before_open;
        replaces_before_open = NULL;
        save(scene, "second");
    }
    return __real_openat(folder, path, flags, mode);
}

int __wrap_renameat(int from, const char *name, int to, const char *as)
{
    if (replaces_before_move) {
        struct scene *scene = replaces_before_move;
        replaces_before_move = NULL;
        save(scene, "second");
    }
    return __real_renameat(from, name, to, as);
}

// There is no client here, whose clock health goes by.
void __wrap_lt_bridge_well(lt_bridge_host *host, const char *evidence)
{
    (void)host, (void)evidence;
}

static enum lt_code take(void *state, struct lt_slice bytes, const char *origin, uint64_t *token,
                         struct lt_error *error)
{
    struct scene *scene = state;
    (void)error;
    cr_assert_lt(scene->count, MOST);
    snprintf(scene->texts[scene->count], sizeof *scene->texts, "%.*s", (int)bytes.size,
             (const char *)bytes.data);
    snprintf(scene->origins[scene->count], sizeof *scene->origins, "%s", origin);
    *token = ++scene->count;
    return LT_DONE;
}

static const struct lt_bridge bridge = {.abi = LT_BRIDGE_ABI, .name = "thu"};

static void begin(struct scene *scene)
{
    struct lt_error error = {0};
    *scene = (struct scene){
        .host = {.watches.epoll = -1, .instance = {.bridge = &bridge, .state = scene}},
        .folder = "/tmp/lt-pickup-XXXXXX",
    };
    cr_assert(mkdtemp(scene->folder));
    snprintf(scene->inbox, sizeof scene->inbox, "%s/send", scene->folder);
    snprintf(scene->sent, sizeof scene->sent, "%s/sent", scene->folder);
    cr_assert_eq(lt_pickup_open(&scene->host, scene->inbox, scene->sent, ".json", take, &error),
                 LT_DONE, "%s", error.text);
}

// The hub has all that was published, until nothing more is.
static void run(struct scene *scene)
{
    pickup_turn(&scene->host, UINT64_MAX / 2);
    for (uint64_t token = 1; token <= scene->count; token++) {
        struct lt_event event = {.code = LT_DONE, .token = token};
        cr_assert(pickup_published(&scene->host, &event));
    }
}

static void end(struct scene *scene)
{
    char command[100];
    pickup_close_all(&scene->host);
    watches_close(&scene->host.watches);
    snprintf(command, sizeof command, "rm -r %s", scene->folder);
    cr_expect_eq(system(command), 0);
}

Test(pickup, one_that_is_replaced_before_it_is_opened_is_published_once)
{
    struct scene scene;
    begin(&scene);
    save(&scene, "first");
    replaces_before_open = &scene;
    run(&scene);
    cr_expect_eq(scene.count, 1);
    cr_expect_str_eq(scene.texts[0], "second");
    end(&scene);
}

Test(pickup, one_that_is_replaced_before_it_is_moved_is_published_next)
{
    struct scene scene;
    begin(&scene);
    save(&scene, "first");
    replaces_before_move = &scene;
    run(&scene);
    cr_assert_eq(scene.count, 2);
    cr_expect_str_eq(scene.texts[0], "first");
    cr_expect_str_eq(scene.texts[1], "second");
    cr_expect_str_neq(scene.origins[0], scene.origins[1]);
    end(&scene);
}
