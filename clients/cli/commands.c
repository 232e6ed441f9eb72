// The table of subcommands: names, words, help, examples, and what they print with --json. Help, manual pages,
// completion and the parser read it here.
#include "answers.h"
#include "cli.h"
#include "flags.h"

const struct command cli_commands[] = {
    {.name = "init",
     .words = "DIR --name NAME --hamlet SLUG=NAME …",
     .about = "make a commune: keys, configuration, roles",
     .more = "The root key is asked a passphrase for (LIENTHON_PASSPHRASE_FILE: read it from this "
             "file). It seals grants and "
             "nothing else; keep a copy of keys/root.seed away from the hub.",
     .example =
         "lienthon init an-thanh-1 --name \"Xã An Thạnh 1\" --hamlet an-thuong=\"Ấp An Thường\"",
     .flags = flags_init,
     .most = 1,
     .run = cli_init,
     .answer = &answer_init,
     .makes_folder = true},
    {.name = "up",
     .words = "[DIR]",
     .about = "run the hub and the bridges of bridges/*.yaml in the foreground",
     .more =
         "What falls is started again, more slowly each time; Ctrl-C stops all of it within ten "
         "seconds.",
     .example = "lienthon up an-thanh-1",
     .most = 1,
     .run = cli_up,
     .answer = &answer_up},
    {.name = "invite",
     .words = "NAME --role ROLE [--hamlet HAMLET]",
     .about = "an invitation code for a device or a person, also as a QR picture",
     .more = "The code can be used once. It is a secret: whoever has it first is NAME.",
     .example = "lienthon invite loa.an-thuong.01 --role speaker --hamlet an-thuong",
     .flags = flags_invite,
     .least = 1,
     .most = 1,
     .run = cli_invite,
     .answer = &answer_invite},
    {.name = "join",
     .words = "CODE",
     .about = "the other side of an invitation: make keys here and be enrolled",
     .more =
         "CODE may be - to read it from standard input, so that it does not stand in the shell's "
         "history.",
     .example = "lienthon join lienthon:lgG0dGNwOi8v… -C /var/lib/loa",
     .least = 1,
     .most = 1,
     .run = cli_join,
     .answer = &answer_join,
     .makes_folder = true},
    {.name = "grants",
     .words = "",
     .about = "who has which rights now, and from whom",
     .example = "lienthon grants",
     .flags = flags_grants,
     .run = cli_grants,
     .answer = &answer_grants},
    {.name = "may",
     .words = "PRINCIPAL WHAT",
     .about = "may they do that: yes or no, and why",
     .more = "WHAT is TYPE TOPIC [GRADE] (may they send it; also: publish TOPIC TYPE [GRADE]), "
             "subscribe PATTERN, or one of the "
             "rights relay, query, grant, enrol. The exit code is 0 for yes and 1 for no.",
     .example = "lienthon may to-so.an-thuong notice.v1 an-thanh-1/an-thuong/thong-bao khan",
     .flags = flags_may,
     .least = 2,
     .most = 5,
     .run = cli_may,
     .answer = &answer_may},
    {.name = "revoke",
     .words = "PRINCIPAL",
     .about = "take all rights away, at once, and tell every receiver",
     .more = "The open invitations for it are revoked with it. What stands directly under the root "
             "needs the root key.",
     .example = "lienthon revoke loa.an-thuong.01",
     .least = 1,
     .most = 1,
     .run = cli_revoke,
     .answer = &answer_revoke},
    {.name = "renew",
     .words = "[PRINCIPAL …]",
     .about = "let grants go on before they end, under the keys that they have",
     .more =
         "Nobody has to join again, and a running device takes it over by itself. It is given by "
         "this identity, as far as its own grant lets it give; what stands directly under the "
         "root needs the root key.",
     .example = "lienthon renew --within 60",
     .flags = flags_renew,
     .most = 64,
     .run = cli_renew,
     .answer = &answer_renew},
    {.name = "rekey",
     .words = "IDENTITY",
     .about = "new keys for an identity of this folder, and again what hung on the old ones",
     .more =
         "For the office the root key is needed; all that it has granted is issued again under its "
         "new key.\n"
         "What is given anew lasts as long again as it was given for: so the rights of the hub and "
         "the office are renewed before they end.\n"
         "For the hub: a new key for its seals, which it takes when it is started again. Its "
         "connection key stays, so that nobody is locked out.\n"
         "Where it was broken off, give it again: it goes on with the keys that it had made.\n"
         "With --connection the hub gets a new key for its connections instead. Whoever is "
         "connected, or connects before the hub's next start, learns it and gets in with it from "
         "then on; who was away all that time, and every invitation that is still open, has only "
         "the old key and is locked out until it is invited anew. So, unless the old key is in "
         "wrong hands, let days pass between this command and the hub's next start: devices that "
         "come back meanwhile are still let in with the old key, and told the new one.",
     .example = "lienthon rekey van-phong",
     .flags = flags_rekey,
     .least = 1,
     .most = 1,
     .run = cli_rekey,
     .answer = &answer_rekey},
    {.name = "notice",
     .words = "TEXT --to HAMLET",
     .about = "give a notice; prints its id",
     .more =
         "TEXT may be - to read it from standard input. What the hub does not confirm in time "
         "is kept and leaves with the "
         "next command that reaches it.\n"
         "With --recording the file is brought to the hub first, within --wait without a halt; "
         "where that does not succeed nothing is sent, and the same command goes on where it "
         "was. A loudspeaker that cannot play it says TEXT.\n"
         "With --every a loudspeaker keeps it and says it again and again, with the hub or "
         "without; what has passed while it could not is left out. WHEN is ngay (each day); "
         "thu-hai to thu-bay, chu-nhat; ngay-1 to ngay-31, cuoi-thang; by the moon ram, mong-1 to "
         "mong-10, ngay-23-am: with or without marks and hyphens. The next three times are shown "
         "before it is sent, and by lienthon status. Channels that keep no schedule take it at "
         "once: --via loa leaves them out. lienthon cancel ends it.",
     .example =
         "lienthon notice \"Mời bà con họp lúc 19 giờ tại nhà văn hóa.\" --to an-thuong --via loa "
         "--urgency khan --at 17:00",
     .flags = flags_notice,
     .least = 1,
     .most = 1,
     .run = cli_notice,
     .answer = &answer_notice},
    {.name = "status",
     .words = "ID",
     .about = "who was to get it, who has it, what is missing and why",
     .example = "lienthon status 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f --watch",
     .flags = flags_status,
     .least = 1,
     .most = 1,
     .run = cli_status,
     .answer = &answer_status},
    {.name = "cancel",
     .words = "ID",
     .about = "call a message back; who is acting on it stops",
     .more = "Who keeps the old one for later and has not heard of this within 3 s is named: a "
             "loudspeaker that is away acts on it at its time unless the hub reaches it before.",
     .example = "lienthon cancel 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f",
     .flags = flags_amend,
     .least = 1,
     .most = 1,
     .run = cli_cancel,
     .answer = &answer_amended},
    {.name = "replace",
     .words = "ID TEXT",
     .about = "put another notice in the place of this one; prints its id",
     .more = "Who keeps the old one for later and has not heard of this within 3 s is named: a "
             "loudspeaker that is away acts on it at its time unless the hub reaches it before.",
     .example = "lienthon replace 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f \"Họp lúc 20 giờ.\"",
     .flags = flags_replace,
     .least = 2,
     .most = 2,
     .run = cli_replace,
     .answer = &answer_amended},
    {.name = "approve",
     .words = "ID",
     .about = "the second hand: say yes to a message that needs two people",
     .example = "lienthon approve 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f",
     .flags = flags_amend,
     .least = 1,
     .most = 1,
     .run = cli_approve,
     .answer = &answer_sent},
    {.name = "pub",
     .words = "TOPIC TYPE",
     .about = "publish any message; its body is JSON on standard input",
     .more = "Byte strings of the type are base64 in the JSON.",
     .example = "echo '{\"title\": \"Họp\", \"text\": \"Họp lúc 19 giờ.\"}' | lienthon pub "
                "an-thanh-1/an-thuong/thong-bao notice.v1",
     .flags = flags_pub,
     .least = 2,
     .most = 2,
     .run = cli_pub,
     .answer = &answer_sent},
    {.name = "hours",
     .about =
         "tell all loudspeakers the hours of commune.yaml: programmes, day, quiet hours, volume",
     .more =
         "Each keeps them on its own disk, until it is told others. `lienthon up` does it itself "
         "at its start and when commune.yaml is written.",
     .example = "lienthon hours",
     .flags = flags_hours,
     .run = cli_hours,
     .answer = &answer_hours},
    {.name = "sub",
     .words = "PATTERN …",
     .about = "print the messages of topics as they come",
     .more =
         "A message counts as received when its line has been printed. Of two that read the same "
         "--durable under one identity the older ends, with exit code 1, and says where the "
         "newer one is.",
     .example = "lienthon sub 'an-thanh-1/#' --durable so-truc --json",
     .flags = flags_sub,
     .least = 1,
     .most = 64,
     .run = cli_sub,
     .answer = &answer_sub},
    {.name = "history",
     .words = "[PATTERN]",
     .about = "messages that the hub has stored, the latest first",
     .example = "lienthon history 'an-thanh-1/+/thong-bao' --since '22/11 00:00'",
     .flags = flags_history,
     .most = 1,
     .run = cli_history,
     .answer = &answer_history},
    {.name = "last",
     .words = "[PATTERN]",
     .about = "the last values of topics",
     .example = "lienthon last 'an-thanh-1/+/loa/#'",
     .most = 1,
     .run = cli_last,
     .answer = &answer_history},
    {.name = "why",
     .words = "ID PRINCIPAL",
     .about = "why a message did or did not reach a target, in one sentence",
     .more = "Of a loudspeaker it says too to which hours it keeps.",
     .example = "lienthon why 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f loa.an-thuong.01",
     .flags = flags_why,
     .least = 2,
     .most = 2,
     .run = cli_why,
     .answer = &answer_why},
    {.name = "backup",
     .words = "FILE",
     .about = "all that a bare machine needs, in one file, while the hub runs; or look through one",
     .more =
         "In it are the folder's files with all keys, and a copy of the store as it is at one "
         "moment. It is kept under a passphrase (LIENTHON_PASSPHRASE_FILE: read it from this "
         "file). FILE is there when it is whole, or not at all. The exit code is 1 too where it "
         "was made of a store that is damaged.\n"
         "clients/cli/backup.md has the format.",
     .example = "lienthon backup /media/usb/an-thanh-1.ltbackup -C /var/lib/lienthon",
     .flags = flags_backup,
     .least = 1,
     .most = 1,
     .run = cli_backup,
     .answer = &answer_backup},
    {.name = "restore",
     .words = "FILE DIR",
     .about = "make a commune's folder from a backup; `lienthon up DIR` then serves it",
     .more = "DIR must not be there yet, or be empty. Everything is checked before it is. What "
             "receivers acknowledged after the backup was made is delivered to them again.",
     .example = "lienthon restore /media/usb/an-thanh-1.ltbackup /var/lib/lienthon",
     .least = 2,
     .most = 2,
     .run = cli_restore,
     .answer = &answer_restore,
     .makes_folder = true},
    {.name = "doctor",
     .words = "",
     .about = "look at everything here and at the hub, and say of what is not well what to do",
     .more =
         "It changes nothing, and works without the hub too. For monitoring, as Nagios has it: "
         "the exit code is 0 when all is well, 1 with warnings, 2 with problems, 3 when this is "
         "no folder of lienthon's.\n"
         "Looked at are: configuration, keys, roles, bridges, whether the hub answers, ports, "
         "clock, disk, descriptors, versions, damaged messages, deferred messages that are "
         "overdue, stuck subscriptions, dead letters, the health of bridges, the hours to which "
         "each loudspeaker says that it keeps, grants that end soon, grants issued here that the "
         "hub does not know, grants of whom nobody has heard, "
         "the last backup, outboxes.",
     .example = "lienthon doctor --brief",
     .flags = flags_doctor,
     .run = cli_doctor,
     .answer = &answer_doctor},
    {.name = "dead",
     .words = "list|show|again [PRINCIPAL [DURABLE [SEQ …]]]",
     .about = "what was given up: list it, show one whole, or deliver it again",
     .more =
         "list [PRINCIPAL [DURABLE]] names what receivers gave up, the oldest first.\n"
         "show PRINCIPAL DURABLE SEQ shows one message, where it stands and what was tried.\n"
         "again PRINCIPAL [DURABLE [SEQ …]] delivers these (or all of that subscription, or of all "
         "that it has) to it once more, and survives a restart of the hub; what has expired, was "
         "cancelled or may no more "
         "be had is refused, with the reason. SEQ may also be the message's id. For another's "
         "subscription the rights query and grant are needed. The exit code is 1 where one was "
         "refused.",
     .example = "lienthon dead again loa.an-thuong.01 loa 4711",
     .flags = flags_dead,
     .least = 1,
     .most = 64,
     .run = cli_dead,
     .answer = &answer_dead},
    {.name = "bridge",
     .words = "new|list|show|explain|test|quarantine|reload [BRIDGE [WORD …]]",
     .about = "bridges: make one, what there is, why a message does or does not reach one, and "
              "whether it "
              "holds",
     .more =
         "new NAME [DIR] makes a folder NAME (in DIR) with a bridge of one's own that builds, runs "
         "and passes, in C or Python (--in).\n"
         "list names the bridges that are installed here.\n"
         "show NAME shows the instance bridges/NAME.yaml: its options with types, defaults and "
         "values.\n"
         "explain NAME MESSAGE says why a message would or would not reach it: its id, or a file.\n"
         "test NAME holds a bridge or an instance against what every bridge must keep to, without "
         "an account anywhere; --only names single checks.\n"
         "quarantine NAME [list|show ID|release ID|done ID] is about messages over which it fell.\n"
         "reload NAME lets a running instance read its file again; all others stay connected.\n"
         "All but new is done by lienthon-bridge and lienthon-bridge-test, whose exit codes they "
         "have.",
     .example = "lienthon bridge explain loa.an-thuong.01 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f",
     .flags = flags_bridge,
     .least = 1,
     .most = 8,
     .run = cli_bridge,
     .answer = &answer_bridge},
    {.name = "export",
     .words = "FILE",
     .about = "messages into a bundle (*.ltb), for where there is no link; grants first",
     .example = "lienthon export an-thanh-1.ltb --since '22/11 00:00'",
     .flags = flags_export,
     .least = 1,
     .most = 1,
     .run = cli_export,
     .answer = &answer_export},
    {.name = "import",
     .words = "FILE",
     .about = "hand a bundle's messages to the hub",
     .more = "Each message is checked as if its sender had sent it; importing twice does no harm.",
     .example = "lienthon import an-thanh-1.ltb",
     .least = 1,
     .most = 1,
     .run = cli_import,
     .answer = &answer_import},
    {.name = "help",
     .words = "[COMMAND]",
     .about = "this list, a command's help, or a sample of a file",
     .more = "Files: commune.yaml, identity.yaml, role.yaml. With --json all of it as data: "
             "commands, options, and what each prints.",
     .example = "lienthon help notice",
     .most = 1,
     .run = cli_help,
     .answer = &answer_help},
    {.name = "version",
     .words = "",
     .about = "which version this is",
     .example = "lienthon version",
     .run = cli_version,
     .answer = &answer_version},
    {.name = "complete",
     .words = "[--] [WORD …]",
     .about = "what may stand at the end of a command line; the shells ask this",
     .more = "The words are those behind lienthon, the last of them the one that is being typed. "
             "Each line has a word, a tab, and what it is.",
     .example = "lienthon complete -- notice --to ''",
     .most = ARGUMENTS_MAX,
     .run = cli_complete,
     .answer = &answer_complete,
     .is_hidden = true},
    {.name = NULL},
};
