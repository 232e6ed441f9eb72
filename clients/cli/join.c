// `lienthon join`: the device's side of an invitation. Its keys are made here and never leave.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/bundle.h>
#include <lienthon/client.h>
#include <lienthon/invitation.h>

#include "issue.h"
#include "say.h"
#include "self.h"
#include "words.h"
#include "tongue.h"

enum { CODE_MAX = 4096, WAIT_S = 20, LINE_MAX_SIZE = 4096 };

struct joiner {
    struct cli *cli;
    struct lt_buffer code;            // a secret
    struct lt_invitation *invitation; // sodium_malloc
    uint8_t *secrets;                 // seed and curve secret, sodium_malloc
    char *xa, *commune, *topic;       // as the grants tell them; topic: the first that may be read
    bool own;                         // this becomes identity.yaml
};

static enum lt_code read_code(struct joiner *joiner)
{
    struct lt_error *error = &joiner->cli->error;
    const char *word = joiner->cli->arguments.words[0];
    enum lt_code code = LT_DONE;
    joiner->code = (struct lt_buffer){.max = CODE_MAX};
    if (strcmp(word, "-") == 0) {
        code = words_from_stdin(&joiner->code, CODE_MAX, error);
    } else if (!lt_buffer_add(&joiner->code, word, strlen(word))) {
        code =
            lt_fail(error, LT_TOO_LARGE, "an invitation code has at most %d characters", CODE_MAX);
    }
    while (joiner->code.size > 0 && joiner->code.data[joiner->code.size - 1] <= ' ') {
        joiner->code.size--;
    }
    joiner->invitation = sodium_malloc(sizeof *joiner->invitation);
    joiner->secrets = sodium_malloc((size_t)2 * LT_SECRET_SIZE);
    if (joiner->invitation == NULL || joiner->secrets == NULL) {
        lt_fail(error, LT_NO_MEMORY, "no locked memory for the keys");
        return LT_NO_MEMORY;
    }
    if (code != LT_DONE) {
        return code;
    }
    code = lt_invitation_decode(lt_buffer_slice(&joiner->code), joiner->invitation, error);
    return code == LT_DONE ? LT_DONE
                           : lt_fail(error, LT_BAD_USE,
                                     "this is no whole invitation code; it begins with lienthon: "
                                     "and is one long word");
}

static bool exists(const struct joiner *joiner, const char *file)
{
    char *path = cli_path(joiner->cli, "%s", file);
    const bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static enum lt_code check_folder(struct joiner *joiner)
{
    struct cli *cli = joiner->cli;
    const char *name = joiner->invitation->principal;
    struct lt_identity present = {0};
    char file[128];
    snprintf(file, sizeof file, "identities/%s.yaml", name);
    joiner->own = !exists(joiner, "identity.yaml");
    if (!joiner->own && lt_identity_load(cli->folder, NULL, &present, &cli->error) != LT_DONE) {
        return cli->error.code;
    }
    const bool same = !joiner->own && strcmp(present.principal, name) == 0;
    if (!joiner->own) {
        lt_identity_clear(&present);
    }
    if (same || exists(joiner, file)) {
        return lt_fail(&cli->error, LT_NOT_ALLOWED,
                       "%s is %s already; for new keys with this code, join in another folder",
                       cli->folder, name);
    }
    return LT_DONE;
}

// Before the hub is asked, so that a power cut between cannot lose the keys of a principal that the hub has taken.
static enum lt_code make_keys(struct joiner *joiner)
{
    struct cli *cli = joiner->cli;
    const char *name = joiner->invitation->principal;
    char seed[96];
    char curve[96];
    uint8_t unused[LT_KEY_SIZE];
    snprintf(seed, sizeof seed, "keys/%s.seed", name);
    snprintf(curve, sizeof curve, "keys/%s.curve", name);
    char *keys = cli_path(cli, "keys");
    char *seed_path = cli_path(cli, "%s", seed);
    enum lt_code code = lt_folder_make(cli->folder, 0755, &cli->error);
    if (code == LT_DONE) {
        code = lt_folder_make(keys, 0700, &cli->error);
    }
    if (code == LT_DONE &&
        access(seed_path, F_OK) != 0) { // those of a try that was broken off serve again
        code = lt_keys_make(cli->folder, name, unused, unused, &cli->error);
    }
    if (code == LT_DONE) {
        const struct lt_identity identity = {.seed = seed, .curve = curve};
        code = lt_keys_load(cli->folder, &identity, joiner->secrets,
                            joiner->secrets + LT_SECRET_SIZE, &cli->error);
    }
    free(seed_path);
    free(keys);
    return code;
}

// One's own topics begin with the commune's short name.
static void read_own(struct joiner *joiner, const struct lt_powers *powers)
{
    const bool reads = powers->subscribe_count > 0;
    if (joiner->xa != NULL || powers->subscribe_count + powers->publish_count == 0) {
        return;
    }
    const struct lt_slice topic =
        reads ? powers->subscribe[0].topics.item[0] : powers->publish[0].topics.item[0];
    const uint8_t *slash = memchr(topic.data, '/', topic.size);
    const size_t size = slash != NULL ? (size_t)(slash - topic.data) : topic.size;
    joiner->xa = cli_copy((struct lt_slice){topic.data, size});
    joiner->topic = reads ? cli_copy(topic) : NULL;
}

// The grants say what the code does not; the hub's is named after the commune.
static void read_names(struct joiner *joiner, const struct lt_joined *joined)
{
    struct lt_bundle bundle;
    struct lt_slice bytes;
    struct lt_sealed sealed;
    struct lt_grant *grant = NULL;
    if (lt_bundle_open(lt_buffer_slice(&joined->grants), &bundle, NULL) != LT_DONE) {
        return;
    }
    while (lt_bundle_next(&bundle, &bytes, NULL) == LT_DONE) {
        if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE ||
            lt_grant_open(&sealed.part, &grant, NULL) != LT_DONE) {
            continue;
        }
        if (lt_slice_is(grant->principal, joined->hub) && joiner->commune == NULL) {
            joiner->commune = cli_copy(grant->name);
        }
        if (lt_slice_is(grant->principal, joiner->invitation->principal)) {
            read_own(joiner, &grant->powers);
        }
        lt_grant_destroy(&grant);
    }
}

static enum lt_code save(struct joiner *joiner, struct lt_joined *joined)
{
    struct cli *cli = joiner->cli;
    char file[96];
    snprintf(file, sizeof file, "identities/%s.ltb", joiner->invitation->principal);
    char zone[] = "Asia/Ho_Chi_Minh";
    char none[] = "";
    struct lt_identity identity = {
        .principal = joiner->invitation->principal,
        .commune = joiner->commune != NULL ? joiner->commune : none,
        .xa = joiner->xa != NULL ? joiner->xa : none,
        .hub = joined->url,
        .hub_principal = joined->hub,
        .grants = file,
        .timezone = zone,
    };
    memcpy(identity.hub_curve, joined->hub_curve, LT_KEY_SIZE);
    memcpy(identity.root, joiner->invitation->root, LT_KEY_SIZE);
    char *folder = cli_path(cli, "identities");
    char *path = cli_path(cli, "%s", file);
    enum lt_code code = lt_folder_make(folder, 0755, &cli->error);
    if (code == LT_DONE) {
        code = lt_file_write(path, lt_buffer_slice(&joined->grants), 0644, &cli->error);
    }
    if (code == LT_DONE) {
        code = self_save(cli->folder, joiner->own, &identity, &cli->error);
    }
    free(path);
    free(folder);
    return code;
}

static void report(const struct joiner *joiner, const struct lt_joined *joined)
{
    const struct cli *cli = joiner->cli;
    const char *name = joiner->invitation->principal;
    const char *commune = joiner->commune != NULL ? joiner->commune : "";
    if (cli->json) {
        say_json(json_pack("{s:s, s:s, s:s, s:o}", "principal", name, "commune", commune, "hub",
                           joined->url, "folder", say_string(cli->folder)));
        return;
    }
    struct lt_buffer line = {.max = LINE_MAX_SIZE}; // commune and url are the hub's words
    lt_buffer_print(&line, tongue("you are %s in %s now; the hub is %s\n"), name, commune,
                    joined->url);
    say_lines(lt_buffer_slice(&line));
    lt_buffer_clear(&line);
    if (joiner->topic != NULL) {
        printf(tongue("try: lienthon -C %s%s%s sub '%s'\n"), cli->folder,
               joiner->own ? "" : " --as ", joiner->own ? "" : name, joiner->topic);
    }
}

static enum lt_code join(struct joiner *joiner)
{
    struct cli *cli = joiner->cli;
    struct lt_joined joined = {0};
    long wait_s = 0;
    enum lt_code code =
        arguments_number(&cli->arguments, "wait", 1, 3600, WAIT_S, &wait_s, &cli->error);
    if (code == LT_DONE) {
        code = read_code(joiner);
    }
    if (code == LT_DONE) {
        code = check_folder(joiner);
    }
    if (code == LT_DONE) {
        code = make_keys(joiner);
    }
    if (code == LT_DONE) {
        code = lt_join(lt_buffer_slice(&joiner->code), joiner->secrets,
                       joiner->secrets + LT_SECRET_SIZE, (uint64_t)wait_s * 1000, &joined,
                       &cli->error);
    }
    if (code == LT_DONE) {
        read_names(joiner, &joined);
        code = save(joiner, &joined);
    }
    if (code == LT_DONE) {
        report(joiner, &joined);
    }
    lt_joined_clear(&joined);
    return code;
}

int cli_join(struct cli *cli)
{
    struct joiner joiner = {.cli = cli};
    const enum lt_code code = join(&joiner);
    if (joiner.code.data != NULL) {
        sodium_memzero(joiner.code.data, joiner.code.size);
    }
    lt_buffer_clear(&joiner.code);
    sodium_free(joiner.invitation);
    sodium_free(joiner.secrets);
    free(joiner.commune);
    free(joiner.xa);
    free(joiner.topic);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
