// Option tables, folders, keys and roles: what a person who types a file sees.
#include <lienthon/settings/folder.h>
#include <lienthon/settings/role.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sample {
    char *folder;
    int64_t poll_ms;
    bool loud;
    int mode;
    int64_t wait;
    struct lt_option_list groups;
    struct lt_option_map names;
    char *listen;
};

static const char *const modes[] = {"card", "file", "both", NULL};

static const struct lt_option options[] = {
    LT_OPTION_TEXT("folder", struct sample, folder, LT_REQUIRED, "Where messages are dropped"),
    LT_OPTION_NUMBER("poll-ms", struct sample, poll_ms, "500", 10, 60000, "How often it is read"),
    LT_OPTION_BOOL("loud", struct sample, loud, "no", "Whether it is loud"),
    LT_OPTION_CHOICE("mode", struct sample, mode, "both", modes, "Where the sound goes"),
    LT_OPTION_DURATION("wait", struct sample, wait, "2m", 0, 86400000, "How long it waits"),
    LT_OPTION_LIST("groups", struct sample, groups, "The groups"),
    LT_OPTION_MAP("names", struct sample, names, "Their names"),
    LT_OPTION_TEXT("hub.listen", struct sample, listen, NULL, "Where it listens"),
    LT_OPTION_END};

static enum lt_code parse(const char *text, struct sample *sample, struct lt_error *error)
{
    const struct lt_option_set set = {options, sample};
    return lt_options_parse(lt_slice_of(text), "bridge.yaml", &set, 1, error);
}

static void refuses(const char *text, const char *sentence)
{
    struct sample sample = {0};
    struct lt_error error = {0};
    cr_assert_eq(parse(text, &sample, &error), LT_BAD_FILE, "%s", text);
    cr_assert_not_null(strstr(error.text, sentence), "%s\nsays: %s", text, error.text);
    cr_assert_null(sample.folder);
}

Test(option, reads_a_file_and_fills_in_the_defaults)
{
    struct sample sample = {0};
    struct lt_error error = {0};
    const char *text = "folder: \"Ấp An Thường\"\nmode: file\nwait: 90s\ngroups: [a, 'b c']\n"
                       "names:\n  an-lac: Ấp An Lạc\nhub:\n  listen: tcp://127.0.0.1:1\n";
    cr_assert_eq(parse(text, &sample, &error), LT_DONE, "%s", error.text);
    cr_assert_str_eq(sample.folder, "Ấp An Thường");
    cr_assert_eq(sample.poll_ms, 500);
    cr_assert_not(sample.loud);
    cr_assert_eq(sample.mode, 1);
    cr_assert_eq(sample.wait, 90000);
    cr_assert_eq(sample.groups.count, 2);
    cr_assert_str_eq(sample.groups.items[1], "b c");
    cr_assert_str_eq(lt_option_map_find(&sample.names, "an-lac"), "Ấp An Lạc");
    cr_assert_str_eq(sample.listen, "tcp://127.0.0.1:1");

    struct lt_buffer written = {.max = 4096};
    cr_assert(lt_options_write(options, &sample, &written));
    lt_options_clear(options, &sample);
    cr_assert_null(sample.folder);
    lt_buffer_add(&written, "", 1);
    cr_assert_eq(parse((const char *)written.data, &sample, &error), LT_DONE, "%s\n%s", error.text,
                 (const char *)written.data);
    cr_assert_str_eq(sample.groups.items[1], "b c");
    cr_assert_eq(sample.wait, 90000);
    cr_assert_str_eq(sample.listen, "tcp://127.0.0.1:1");
    lt_options_clear(options, &sample);
    lt_buffer_clear(&written);
}

Test(option, tells_where_what_and_what_is_allowed)
{
    refuses("folder: x\nfoldr: y\n",
            "bridge.yaml:2:1: unknown key 'foldr'; did you mean 'folder'?");
    refuses("folder: x\npoll-ms: 5\n", "bridge.yaml:2:10: 'poll-ms' is '5'; allowed: a whole "
                                       "number from 10 to 60000");
    refuses("folder: x\npoll-ms: 1e2\n", "bridge.yaml:2:10");
    refuses("folder: x\nmode: fil\n",
            "bridge.yaml:2:7: 'mode' is 'fil'; did you mean 'file'? allowed: card, file, both");
    refuses("folder: x\nfolder: y\n", "bridge.yaml:2:1: 'folder' is there twice; first at line 1");
    refuses("folder: [x]\n", "bridge.yaml:1:9: 'folder' is a list; allowed: a text");
    refuses("folder: x\ngroups: y\n", "bridge.yaml:2:9: 'groups' is text; allowed: a list");
    refuses("folder:\n", "'folder' is empty");
    refuses("poll-ms: 20\n", "'folder' is missing: Where messages are dropped");
    refuses("folder: &a x\nnames: {b: *a}\n", "bridge.yaml:1:9: anchors (&) and aliases (*)");
    refuses("&a [*a]\n", "bridge.yaml:1:1: anchors");
    refuses("folder: !!str x\n", "bridge.yaml:1:9: tags");
    refuses("folder: x\n---\nfolder: y\n", "second document");
    refuses("folder: \"x\\0y\"\n", "NUL");
    refuses("folder: x\n  y: z\n", "bridge.yaml:2:");
    refuses("folder: x\nhub: {listn: y}\n", "bridge.yaml:2:7: unknown key 'listn'; did you mean "
                                            "'listen'?");
    refuses("folder: x\nhub: 1\n", "bridge.yaml:2:6: 'hub' must be a map");
    refuses("folder: x\nhub.listen: 1\n", "unknown key 'hub.listen'");
    refuses("folder: \xff\n", "bridge.yaml:1:9: ");
    refuses("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested too deep");
    refuses("- x\n", "must be a map of keys");
}

// So many that a sentence of the wire has no room for them.
static struct lt_option *many(size_t count, char names[][32])
{
    struct lt_option *rows = calloc(count + 1, sizeof *rows);
    cr_assert_not_null(rows);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "quite-a-long-name-%02u", (unsigned)i % 100);
        rows[i] = (struct lt_option)LT_OPTION_TEXT("", struct sample, folder, NULL, "One of them");
        rows[i].name = names[i];
    }
    rows[count] = (struct lt_option)LT_OPTION_END;
    return rows;
}

Test(option, of_an_unknown_key_all_that_are_allowed_are_told_and_a_cut_is_seen)
{
    char names[60][32], path[5000], text[1000], key[600];
    for (size_t count = 25; count <= 60; count += 35) {
        struct sample sample = {0};
        struct lt_error error = {0};
        struct lt_option *rows = many(count, names);
        const struct lt_option_set set = {rows, &sample};
        memset(path, '/', sizeof path);
        snprintf(path + 4000, sizeof path - 4000, "/Xã/bridges/loa.yaml");
        key[0] = '\0';
        while (strlen(key) < 590) {
            memcpy(key + strlen(key), "ấ", sizeof "ấ");
        }
        snprintf(text, sizeof text, "\n\n  %s: 1\n", key);
        cr_assert_eq(lt_options_parse(lt_slice_of(text), path, &set, 1, &error), LT_BAD_FILE);
        cr_expect(lt_utf8_valid(lt_slice_of(error.text)), "%s", error.text);
        cr_expect_not_null(strstr(error.text, "/Xã/bridges/loa.yaml:3:3: unknown key 'ấ"), "%s",
                           error.text);
        cr_expect_not_null(strstr(error.text, "ấ…'; allowed: quite-a-long-name-00, "), "%s",
                           error.text);
        const char *end = error.text + strlen(error.text);
        if (count == 25) {
            cr_expect_str_eq(end - 20, "quite-a-long-name-24", "all of them: %s", error.text);
        } else {
            cr_expect_str_eq(end - 5, ", …", "whole names, and that there are more: %s",
                             error.text);
        }
        free(rows);
    }
}

Test(option, a_long_value_is_told_up_to_a_character)
{
    char text[400] = "folder: x\nmode: ";
    struct sample sample = {0};
    struct lt_error error = {0};
    while (strlen(text) < 390) {
        memcpy(text + strlen(text), "loạ", sizeof "loạ");
    }
    cr_assert_eq(parse(text, &sample, &error), LT_BAD_FILE);
    cr_expect(lt_utf8_valid(lt_slice_of(error.text)), "%s", error.text);
    cr_expect_not_null(strstr(error.text, "…'; allowed: card, file, both"), "%s", error.text);
}

Test(option, takes_one_value_from_a_command_line)
{
    struct sample sample = {0};
    struct lt_error error = {0};
    cr_assert_eq(lt_options_set(options, &sample, "poll-ms", "20", &error), LT_DONE);
    cr_assert_eq(lt_options_set(options, &sample, "groups", "a", &error), LT_DONE);
    cr_assert_eq(lt_options_set(options, &sample, "names", "a=b=c", &error), LT_DONE);
    cr_assert_str_eq(sample.names.items[0].text, "b=c");
    cr_assert_eq(lt_options_set(options, &sample, "names", "a=d", &error), LT_BAD_USE);
    cr_assert_eq(lt_options_set(options, &sample, "poll", "20", &error), LT_BAD_USE);
    cr_assert_eq(lt_options_set(options, &sample, "folder", "\xff", &error), LT_BAD_USE);
    lt_options_clear(options, &sample);
}

Test(option, prints_help_and_a_sample_that_can_be_read)
{
    struct lt_buffer text = {.max = 8192};
    cr_assert(lt_options_help(options, &text));
    lt_buffer_add(&text, "", 1);
    cr_assert_not_null(strstr((const char *)text.data, "How often it is read"));
    lt_buffer_empty(&text);
    lt_buffer_print(&text, "folder: x\n");
    cr_assert(lt_options_sample(options, &text));
    lt_buffer_add(&text, "", 1);
    struct sample sample = {0};
    struct lt_error error = {0};
    cr_assert_eq(parse((const char *)text.data, &sample, &error), LT_DONE, "%s\n%s", error.text,
                 (const char *)text.data);
    cr_assert_eq(sample.wait, 120000);
    lt_options_clear(options, &sample);
    lt_buffer_clear(&text);
}

static char *make_folder(void)
{
    static char folder[] = "/tmp/lienthon-settings-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    return folder;
}

static void remove_file(const char *folder, const char *name)
{
    char *path = NULL;
    cr_assert_eq(lt_folder_path(folder, name, &path, NULL), LT_DONE);
    remove(path);
    free(path);
}

static void remove_folder(const char *folder)
{
    static const char *const files[] = {"commune.yaml",      "identity.yaml", "identities/a.b.yaml",
                                        "identities",        "keys/a.b.seed", "keys/a.b.curve",
                                        "keys/root.seed",    "keys",          "passphrase",
                                        "roles/screen.yaml", "roles",         "."};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        remove_file(folder, files[i]);
    }
    rmdir(folder);
}

Test(folder, a_commune_is_written_and_read_back)
{
    char *folder = make_folder();
    struct lt_commune commune = {0};
    struct lt_error error = {0};
    cr_assert_eq(lt_commune_load(folder, &commune, &error), LT_NOT_FOUND);
    cr_assert_not_null(strstr(error.text, "lienthon init"));
    cr_assert_eq(lt_options_defaults(lt_commune_options, &commune, &error), LT_DONE);
    commune.name = strdup("Xã An Thạnh 1: \"mới\"\n");
    commune.xa = strdup("an-thanh-1");
    memset(commune.root, 7, sizeof commune.root);
    memset(commune.hub.curve, 9, sizeof commune.hub.curve);
    cr_assert_eq(lt_options_set(lt_commune_options, &commune, "hamlets", "01=Ấp 1", &error),
                 LT_DONE);
    cr_assert_eq(lt_commune_save(folder, &commune, &error), LT_DONE, "%s", error.text);
    lt_commune_clear(&commune);
    cr_assert_eq(lt_commune_load(folder, &commune, &error), LT_DONE, "%s", error.text);
    cr_assert_str_eq(commune.name, "Xã An Thạnh 1: \"mới\"\n");
    cr_assert_str_eq(lt_option_map_find(&commune.hamlets, "01"), "Ấp 1");
    cr_assert_eq(commune.hub.curve[31], 9);
    cr_assert_eq(commune.hub.limits.age, 604800);
    char *url = NULL;
    cr_assert_eq(lt_commune_url(&commune, true, &url, &error), LT_DONE);
    cr_assert_str_eq(url, "tcp://127.0.0.1:7371");
    free(url);
    cr_assert_eq(lt_options_set(lt_commune_options, &commune, "hamlets", "tat-ca=Tất cả", &error),
                 LT_DONE);
    cr_assert_eq(lt_commune_save(folder, &commune, &error), LT_BAD_FILE);
    lt_commune_clear(&commune);
    remove_folder(folder);
}

Test(folder, an_identity_and_its_keys_are_kept)
{
    char *folder = make_folder();
    struct lt_error error = {0};
    uint8_t seal[32];
    uint8_t curve[32];
    cr_assert_eq(lt_keys_make(folder, "a.b", seal, curve, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(lt_keys_make(folder, "a.b", seal, curve, &error), LT_BAD_USE);
    struct lt_identity identity = {.principal = "a.b",
                                   .hub = "tcp://127.0.0.1:1",
                                   .seed = "keys/a.b.seed",
                                   .curve = "keys/a.b.curve",
                                   .state = "data/a.b"};
    memset(identity.root, 1, 32);
    memset(identity.hub_curve, 2, 32);
    cr_assert_eq(lt_identity_save(folder, false, &identity, &error), LT_DONE, "%s", error.text);
    struct lt_identity read = {0};
    cr_assert_eq(lt_identity_load(folder, NULL, &read, &error), LT_NOT_FOUND);
    cr_assert_not_null(strstr(error.text, "a.b"), "%s", error.text);
    cr_assert_eq(lt_identity_load(folder, "a.c", &read, &error), LT_NOT_FOUND);
    cr_assert_eq(lt_identity_load(folder, "../a", &read, &error), LT_BAD_USE);
    cr_assert_eq(lt_identity_load(folder, "a.b", &read, &error), LT_DONE, "%s", error.text);
    uint8_t seed[32];
    uint8_t secret[32];
    cr_assert_eq(lt_keys_load(folder, &read, seed, secret, &error), LT_DONE, "%s", error.text);
    lt_signer *signer = lt_signer_new(seed);
    cr_assert_arr_eq(lt_signer_key(signer), seal, 32);
    lt_signer_destroy(&signer);

    char *path = NULL;
    cr_assert_eq(lt_folder_path(folder, "keys/a.b.seed", &path, &error), LT_DONE);
    chmod(path, 0644);
    cr_assert_eq(lt_keys_load(folder, &read, seed, secret, &error), LT_BAD_FILE);
    cr_assert_not_null(strstr(error.text, "chmod 600"));
    free(path);
    lt_identity_clear(&read);
    remove_folder(folder);
}

Test(folder, keys_that_the_service_manager_hands_over_are_read_in_place_of_the_folders)
{
    char *folder = make_folder();
    char credentials[] = "/tmp/lienthon-credentials-XXXXXX";
    cr_assert_not_null(mkdtemp(credentials));
    struct lt_error error = {0};
    struct lt_identity identity = {.seed = "keys/a.b.seed", .curve = "keys/a.b.curve"};
    uint8_t unused[32], of_folder[32], of_manager[32], seed[32], curve[32], curve_before[32];
    char *path = NULL;
    memset(of_manager, 7, sizeof of_manager);
    cr_assert_eq(lt_keys_make(folder, "a.b", unused, unused, &error), LT_DONE, "%s", error.text);
    cr_assert_eq(lt_keys_load(folder, &identity, of_folder, curve_before, &error), LT_DONE);
    cr_assert_eq(lt_folder_path(credentials, "a.b.seed", &path, &error), LT_DONE);
    cr_assert_eq(lt_secret_save(path, of_manager, &error), LT_DONE, "%s", error.text);
    setenv("CREDENTIALS_DIRECTORY", credentials, 1);
    chmod(path, 0440); // as systemd's ACL for the service's user looks
    cr_assert_eq(lt_keys_load(folder, &identity, seed, curve, &error), LT_DONE, "%s", error.text);
    cr_assert_arr_eq(seed, of_manager, 32);
    cr_assert_arr_eq(curve, curve_before, 32, "what is not handed over is the folder's");
    chmod(path, 0444);
    cr_assert_eq(lt_keys_load(folder, &identity, seed, curve, &error), LT_BAD_FILE);
    cr_assert_not_null(strstr(error.text, credentials), "%s", error.text);
    unsetenv("CREDENTIALS_DIRECTORY");
    cr_assert_eq(lt_keys_load(folder, &identity, seed, curve, &error), LT_DONE, "%s", error.text);
    cr_assert_arr_eq(seed, of_folder, 32);
    free(path);
    remove_file(credentials, "a.b.seed");
    cr_assert_eq(rmdir(credentials), 0);
    remove_folder(folder);
}

Test(folder, the_root_key_is_sealed_under_a_passphrase)
{
    char *folder = make_folder();
    struct lt_error error = {0};
    uint8_t seed[32];
    uint8_t back[32];
    memset(seed, 3, sizeof seed);
    char *path = NULL;
    cr_assert_eq(lt_folder_path(folder, "keys", &path, &error), LT_DONE);
    cr_assert_eq(lt_folder_make(path, 0700, &error), LT_DONE);
    free(path);
    cr_assert_eq(lt_root_save(folder, seed, "short", &error), LT_BAD_USE);
    cr_assert_eq(lt_root_save(folder, seed, "bốn con vịt", &error), LT_DONE, "%s", error.text);
    cr_assert_eq(lt_folder_path(folder, "passphrase", &path, &error), LT_DONE);
    setenv("LIENTHON_PASSPHRASE_FILE", path, 1);
    cr_assert_eq(lt_root_load(folder, "?", back, &error), LT_IO);
    cr_assert_eq(lt_file_write(path, lt_slice_of("bốn con gà\n"), 0600, &error), LT_DONE);
    cr_assert_eq(lt_root_load(folder, "?", back, &error), LT_NOT_ALLOWED);
    cr_assert_not_null(strstr(error.text, "lienthon init"), "%s", error.text);
    cr_assert_eq(lt_file_write(path, lt_slice_of("bốn con vịt\n"), 0600, &error), LT_DONE);
    cr_assert_eq(lt_root_load(folder, "?", back, &error), LT_DONE, "%s", error.text);
    cr_assert_arr_eq(seed, back, 32);
    free(path);
    remove_folder(folder);
}

static lt_role *builtin(const char *name)
{
    struct lt_error error = {0};
    lt_role *role = NULL;
    for (size_t i = 0; lt_role_builtin(i) != NULL; i++) {
        const struct lt_role_file *file = lt_role_builtin(i);
        if (strcmp(file->name, name) == 0) {
            cr_assert_eq(lt_role_parse(lt_slice_of(file->text), file->name, &role, &error), LT_DONE,
                         "%s", error.text);
        }
    }
    cr_assert_not_null(role, "%s", name);
    return role;
}

static const struct lt_role_for speaker = {.xa = "an-thanh-1",
                                           .ap = "an-thuong",
                                           .principal = "loa.an-thuong.01",
                                           .name = "Loa 1",
                                           .now = UINT64_C(1767225600000)};

Test(role, a_speaker_may_hear_its_hamlet_and_say_how_it_is)
{
    struct lt_error error = {0};
    lt_role *role = builtin("speaker.yaml");
    cr_assert(lt_role_wants_hamlet(role));
    lt_filled *filled = NULL;
    cr_assert_eq(lt_role_fill(role, &speaker, &filled, &error), LT_DONE, "%s", error.text);
    const struct lt_grant *grant = lt_filled_grant(filled);
    const struct lt_names *heard = &grant->powers.subscribe[0].topics;
    cr_assert_eq(heard->count, 5);
    cr_assert(lt_slice_is(heard->item[0], "an-thanh-1/an-thuong/thong-bao"));
    cr_assert(lt_slice_is(heard->item[4], "an-thanh-1/an-thuong/loa/01/lenh"));
    cr_assert(lt_slice_is(grant->powers.publish[0].topics.item[0], "an-thanh-1/an-thuong/loa/01"));
    cr_assert(lt_slice_is(grant->powers.publish[1].topics.item[0],
                          "an-thanh-1/suc-khoe/loa/an-thuong/01"));
    cr_assert_eq(grant->expires, speaker.now + UINT64_C(730) * 86400000);
    lt_filled_destroy(&filled);
    struct lt_role_for nowhere = speaker;
    nowhere.ap = NULL;
    cr_assert_eq(lt_role_fill(role, &nowhere, &filled, &error), LT_BAD_USE);
    cr_assert_not_null(strstr(error.text, "--hamlet"));
    cr_assert_null(filled);
    lt_role_destroy(&role);
}

Test(role, every_builtin_role_fits_into_a_grant_and_into_the_office)
{
    struct lt_error error = {0};
    lt_role *office_role = builtin("commune-office.yaml");
    lt_filled *office = NULL;
    struct lt_role_for whom = speaker;
    whom.principal = "van-phong";
    cr_assert_eq(lt_role_fill(office_role, &whom, &office, &error), LT_DONE, "%s", error.text);
    const uint64_t latest = lt_filled_grant(office)->scope_max_expires;
    size_t count = 0;
    for (; lt_role_builtin(count) != NULL; count++) {
        const struct lt_role_file *file = lt_role_builtin(count);
        lt_role *role = builtin(file->name);
        lt_filled *filled = NULL;
        whom = speaker;
        whom.latest = latest;
        cr_assert_eq(lt_role_fill(role, &whom, &filled, &error), LT_DONE, "%s: %s", file->name,
                     error.text);
        struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
        cr_assert_eq(lt_grant_encode(lt_filled_grant(filled), &body, &error), LT_DONE, "%s: %s",
                     file->name, error.text);
        lt_buffer_clear(&body);
        const bool below =
            strcmp(file->name, "hub.yaml") != 0 && strcmp(file->name, "commune-office.yaml") != 0;
        cr_assert_eq(lt_grant_inside(lt_filled_grant(filled), lt_filled_grant(office), &error),
                     below ? LT_DONE : LT_NOT_ALLOWED, "%s: %s", file->name, error.text);
        lt_filled_destroy(&filled);
        lt_role_destroy(&role);
    }
    cr_assert_eq(count, 14);
    lt_filled_destroy(&office);
    lt_role_destroy(&office_role);
}

Test(role, an_invitation_lets_its_holder_have_exactly_the_role)
{
    struct lt_error error = {0};
    lt_role *role = builtin("hamlet-team.yaml");
    lt_filled *invitation = NULL;
    lt_filled *own = NULL;
    cr_assert_eq(lt_role_invite(role, &speaker, "invite.00112233", 3600000, &invitation, &error),
                 LT_DONE, "%s", error.text);
    cr_assert_eq(lt_role_fill(role, &speaker, &own, &error), LT_DONE);
    const struct lt_grant *grant = lt_filled_grant(invitation);
    cr_assert_eq(grant->powers.rights, LT_ENROL);
    cr_assert_eq(grant->expires, speaker.now + 3600000);
    cr_assert_eq(lt_grant_inside(lt_filled_grant(own), grant, &error), LT_DONE, "%s", error.text);
    struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
    cr_assert_eq(lt_grant_encode(grant, &body, &error), LT_DONE, "%s", error.text);
    lt_buffer_clear(&body);
    lt_filled_grant(own)->principal = lt_slice_of("loa.an-thuong.02");
    cr_assert_eq(lt_grant_inside(lt_filled_grant(own), grant, &error), LT_NOT_ALLOWED);
    lt_filled_destroy(&own);
    lt_filled_destroy(&invitation);
    lt_role_destroy(&role);
    role = builtin("commune-office.yaml");
    cr_assert_eq(lt_role_invite(role, &speaker, "invite.00112233", 3600000, &invitation, &error),
                 LT_BAD_USE);
    lt_role_destroy(&role);
}

#define ROLE_HEAD "role: x\nname: X\ndescription: x\nexpires-days: 3\n"

static void role_refused(const char *text, const char *sentence)
{
    struct lt_error error = {0};
    lt_role *role = NULL;
    cr_assert_eq(lt_role_parse(lt_slice_of(text), "x.yaml", &role, &error), LT_BAD_FILE, "%s",
                 text);
    cr_assert_not_null(strstr(error.text, sentence), "%s\nsays: %s", text, error.text);
    cr_assert_null(role);
}

Test(role, a_wrong_role_file_is_told_with_its_place)
{
    role_refused(ROLE_HEAD "subscribe:\n  - {topics: [\"<xaa>/x\"], max_label: noi-bo}\n",
                 "x.yaml:6:15: '<xaa>/x' is no pattern");
    role_refused(ROLE_HEAD "subscribe:\n  - {topics: [x], max_label: noi}\n",
                 "x.yaml:6:30: 'noi' is not allowed here; allowed: cong-khai, noi-bo, mat");
    role_refused(ROLE_HEAD "right: [query]\n", "x.yaml:5:1: unknown key 'right'; did you mean");
    role_refused(ROLE_HEAD "rights: [qery]\n", "x.yaml:5:10: 'qery' is not allowed here");
    role_refused(ROLE_HEAD "rights: [grant]\n", "go together");
    role_refused("role: x\n", "'name' is missing");
    role_refused("", "the file is empty");
    role_refused(ROLE_HEAD "publish: {}\n", "x.yaml:5:10: 'publish' must be a list");
}

Test(role, a_role_is_found_in_the_folder_by_its_name)
{
    char *folder = make_folder();
    struct lt_error error = {0};
    char *path = NULL;
    lt_role *builtin_role = NULL;
    cr_assert_eq(lt_role_find(folder, "screen", &builtin_role, &error), LT_DONE, "%s", error.text);
    cr_assert_str_eq(lt_role_id(builtin_role), "screen");
    lt_role_destroy(&builtin_role);
    cr_assert_eq(lt_role_find(folder, "../screen", &builtin_role, &error), LT_NOT_FOUND);
    cr_assert_eq(lt_folder_path(folder, "roles", &path, &error), LT_DONE);
    cr_assert_eq(lt_folder_make(path, 0755, &error), LT_DONE);
    free(path);
    cr_assert_eq(lt_folder_path(folder, "roles/screen.yaml", &path, &error), LT_DONE);
    cr_assert_eq(lt_file_write(path, lt_slice_of(ROLE_HEAD), 0644, &error), LT_DONE);
    free(path);
    lt_role *role = NULL;
    cr_assert_eq(lt_role_find(folder, "screen", &role, &error), LT_DONE, "%s", error.text);
    cr_assert_str_eq(lt_role_id(role), "x");
    lt_role_destroy(&role);
    cr_assert_eq(lt_role_find(folder, "scren", &role, &error), LT_NOT_FOUND);
    cr_assert_not_null(strstr(error.text, "did you mean 'screen'?"), "%s", error.text);
    remove_folder(folder);
}
