// The table of subcommands: names, options, help and examples. Help, the manual page and the parser read it here.
#include "cli.h"

static const struct flag init_flags[] = {
    {"name", "NAME", "the commune's name as people write it: \"Xã An Thạnh 1\""},
    {"hamlet", "SLUG=NAME", "a hamlet: an-thuong=\"Ấp An Thường\"; once for each"},
    {"xa", "SLUG", "the first level of all topics; made from the name when it is not given"},
    {"address", "HOST",
     "listen on all interfaces, and tell devices this host or address; else only this machine"},
    {"port", "N", "the hub's port (5770); the one for joining is the next"},
    {"no-passphrase", NULL, "leave the root key in the open: for tests and demonstrations"},
    {NULL, NULL, NULL},
};

static const struct flag invite_flags[] = {
    {"role", "ROLE", "what it may do: a file of roles/, as speaker"},
    {"hamlet", "SLUG", "the hamlet it belongs to"},
    {"name", "NAME", "its name for people"},
    {"days", "N", "how long the code can be used (7)"},
    {NULL, NULL, NULL},
};

static const struct flag grants_flags[] = {
    {"all", NULL, "invitations too"},
    {NULL, NULL, NULL},
};

static const struct flag may_flags[] = {
    {"label", "LABEL", "of a message: cong-khai (0), noi-bo (1)"},
    {NULL, NULL, NULL},
};

static const struct flag notice_flags[] = {
    {"to", "HAMLET", "the hamlet; several with commas, or tat-ca for all"},
    {"via", "CHANNEL",
     "loa, zalo, facebook, screen, feed; several with commas; all when it is not given"},
    {"urgency", "GRADE", "thuong (0), khan (1), thuong-khan (2), hoa-toc (3)"},
    {"at", "TIME", "when it is delivered: 17:00 (the next), 22/11 17:00, 2026-11-22 17:00, +2h"},
    {"expires", "SPAN", "how long after that it still counts (24h)"},
    {"title", "TEXT", "its title"},
    {"repeat", "N", "how often it is spoken: 1 to 3"},
    {"voice", "VOICE", "the voice that speaks it"},
    {"no-chime", NULL, "no chime before it"},
    {"drill", NULL, "take the real path and report, but do nothing that the public sees or hears"},
    {NULL, NULL, NULL},
};

static const struct flag replace_flags[] = {
    {"title", "TEXT", "its title; the original's when it is not given"},
    {"urgency", "GRADE", "at least the original's"},
    {"at", "TIME", "when it is delivered: 17:00 (the next), 22/11 17:00, 2026-11-22 17:00, +2h"},
    {"expires", "SPAN", "how long after that it still counts (24h)"},
    {"from", "PRINCIPAL", "the original's sender, where several have used this id"},
    {NULL, NULL, NULL},
};

static const struct flag amend_flags[] = {
    {"from", "PRINCIPAL", "the original's sender, where several have used this id"},
    {NULL, NULL, NULL},
};

static const struct flag status_flags[] = {
    {"watch", NULL, "follow it until each receiver has a last word; one line a change"},
    {"from", "PRINCIPAL", "its sender, where several have used this id"},
    {NULL, NULL, NULL},
};

static const struct flag pub_flags[] = {
    {"urgency", "GRADE", "thuong (0), khan (1), thuong-khan (2), hoa-toc (3)"},
    {"label", "LABEL", "cong-khai (0), noi-bo (1)"},
    {"at", "TIME", "when it is delivered: 17:00 (the next), 22/11 17:00, 2026-11-22 17:00, +2h"},
    {"expires", "SPAN",
     "how long after that it counts; never when it is not given, or as long as its type lets it"},
    {"retain", NULL, "keep it as the topic's last value"},
    {"receipt", NULL, "ask who got it"},
    {"answers", "ID", "the message that it answers"},
    {"origin", "BRIDGE:ID", "where it was found"},
    {"drill", NULL, "take the real path and report, but do nothing that the public sees or hears"},
    {NULL, NULL, NULL},
};

static const struct flag sub_flags[] = {
    {"durable", "NAME", "keep what comes while nobody is here, under this name"},
    {"from", "WHERE", "new (the default), retained, all, or a time"},
    {"type", "TYPE", "only this type; several with commas"},
    {"urgency", "GRADE", "only from this grade on"},
    {"count", "N", "end after so many messages"},
    {"forget", NULL, "end the durable subscription instead: what waits there is given up"},
    {NULL, NULL, NULL},
};

static const struct flag history_flags[] = {
    {"since", "TIME", "from this time of storing on"},
    {"until", "TIME", "before this time of storing"},
    {"type", "TYPE", "only this type; several with commas"},
    {"text", "TEXT", "only what holds this text"},
    {"limit", "N", "at most so many, the latest first (100)"},
    {NULL, NULL, NULL},
};

static const struct flag why_flags[] = {
    {"from", "PRINCIPAL", "its sender, where several have used this id"},
    {NULL, NULL, NULL},
};

static const struct flag dead_flags[] = {
    {"all", NULL, "with again: every dead letter that one may say again"},
    {NULL, NULL, NULL},
};

static const struct flag export_flags[] = {
    {"topic", "PATTERN",
     "what is taken: several with commas; everything that one may see when it is not given"},
    {"since", "TIME", "from this time of storing on"},
    {"until", "TIME", "before this time of storing"},
    {NULL, NULL, NULL},
};

static const struct flag help_flags[] = {
    {"manual", NULL, "the manual page, as Markdown"},
    {NULL, NULL, NULL},
};

const struct command cli_commands[] = {
    {"init", "DIR --name NAME --hamlet SLUG=NAME …", "make a commune: keys, configuration, roles",
     "The root key is asked a passphrase for (LIENTHON_PASSPHRASE_FILE: read it from this file). "
     "It seals grants and\n"
     "nothing else; keep a copy of keys/root.seed away from the hub.",
     "lienthon init an-thanh-1 --name \"Xã An Thạnh 1\" --hamlet an-thuong=\"Ấp An Thường\"",
     init_flags, 0, 1, cli_init, true},
    {"up", "[DIR]", "run the hub and the bridges of bridges/*.yaml in the foreground",
     "What falls is started again, more slowly each time; Ctrl-C stops all of it within ten "
     "seconds.",
     "lienthon up an-thanh-1", NULL, 0, 1, cli_up, false},
    {"invite", "NAME --role ROLE [--hamlet SLUG]",
     "an invitation code for a device or a person, also as a QR picture",
     "The code can be used once. It is a secret: whoever has it first is NAME.",
     "lienthon invite loa.an-thuong.01 --role speaker --hamlet an-thuong", invite_flags, 1, 1,
     cli_invite, false},
    {"join", "CODE", "the other side of an invitation: make keys here and be enrolled",
     "CODE may be - to read it from standard input, so that it does not stand in the shell's "
     "history.",
     "lienthon join lienthon:lgG0dGNwOi8v… -C /var/lib/loa", NULL, 1, 1, cli_join, true},
    {"grants", "", "who has which rights now, and from whom", NULL, "lienthon grants", grants_flags,
     0, 0, cli_grants, false},
    {"may", "WHO WHAT", "may they do that: yes or no, and why",
     "WHAT is TYPE TOPIC [GRADE] (may they send it; also: publish TOPIC TYPE [GRADE]), subscribe "
     "PATTERN, or one of the\n"
     "rights relay, query, grant, enrol. The exit code is 0 for yes and 1 for no.",
     "lienthon may to-so.an-thuong notice.v1 an-thanh-1/an-thuong/thong-bao khan", may_flags, 2, 5,
     cli_may, false},
    {"revoke", "NAME", "take all rights away, at once, and tell every receiver",
     "The open invitations for NAME are revoked with it. What stands directly under the root needs "
     "the root key.",
     "lienthon revoke loa.an-thuong.01", NULL, 1, 1, cli_revoke, false},
    {"rekey", "NAME",
     "new keys for an identity of this folder, and again what hung on the old ones",
     "For the office the root key is needed; all that it has granted is issued again under its new "
     "key.\n"
     "For the hub: a new key for its seals, which it takes when it is started again. Its "
     "connection "
     "key stays, so that\n"
     "nobody is locked out.",
     "lienthon rekey van-phong", NULL, 1, 1, cli_rekey, false},
    {"notice", "TEXT --to HAMLET", "give a notice; prints its id",
     "TEXT may be - to read it from standard input. What the hub does not confirm in time is kept "
     "and leaves with the\n"
     "next command that reaches it.",
     "lienthon notice \"Mời bà con họp lúc 19 giờ tại nhà văn hóa.\" --to an-thuong --via loa "
     "--urgency khan --at 17:00",
     notice_flags, 1, 1, cli_notice, false},
    {"status", "ID", "who was to get it, who has it, what is missing and why", NULL,
     "lienthon status 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f --watch", status_flags, 1, 1, cli_status,
     false},
    {"cancel", "ID", "call a message back; who is acting on it stops", NULL,
     "lienthon cancel 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f", amend_flags, 1, 1, cli_cancel, false},
    {"replace", "ID TEXT", "put another notice in the place of this one; prints its id", NULL,
     "lienthon replace 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f \"Họp lúc 20 giờ.\"", replace_flags, 2,
     2, cli_replace, false},
    {"approve", "ID", "the second hand: say yes to a message that needs two people", NULL,
     "lienthon approve 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f", amend_flags, 1, 1, cli_approve,
     false},
    {"pub", "TOPIC TYPE", "publish any message; its body is JSON on standard input",
     "Byte strings of the type are base64 in the JSON.",
     "echo '{\"title\": \"Họp\", \"text\": \"Họp lúc 19 giờ.\"}' | lienthon pub "
     "an-thanh-1/an-thuong/thong-bao notice.v1",
     pub_flags, 2, 2, cli_pub, false},
    {"sub", "PATTERN …", "print the messages of topics as they come",
     "A message counts as received when its line has been printed.",
     "lienthon sub 'an-thanh-1/#' --durable so-truc --json", sub_flags, 1, 64, cli_sub, false},
    {"history", "[PATTERN]", "messages that the hub has stored, the latest first", NULL,
     "lienthon history 'an-thanh-1/+/thong-bao' --since '22/11 00:00'", history_flags, 0, 1,
     cli_history, false},
    {"last", "[PATTERN]", "the last values of topics", NULL, "lienthon last 'an-thanh-1/+/loa/#'",
     NULL, 0, 1, cli_last, false},
    {"why", "ID TARGET", "why a message did or did not reach a target, in one sentence", NULL,
     "lienthon why 019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f loa.an-thuong.01", why_flags, 2, 2, cli_why,
     false},
    {"dead", "list|show|again [PRINCIPAL [DURABLE [SEQ …]]]",
     "what was given up: list it, show one whole, or deliver it again",
     "list [PRINCIPAL [DURABLE]] names what receivers gave up, the oldest first.\n"
     "show PRINCIPAL DURABLE SEQ shows one message, where it stands and what was tried.\n"
     "again PRINCIPAL DURABLE [SEQ …] delivers these (or all of that subscription) to it once "
     "more, "
     "and survives a\n"
     "restart of the hub; what has expired, was cancelled or may no more be had is refused, with "
     "the "
     "reason. SEQ may\n"
     "also be the message's id. For another's subscription the rights query and grant are needed. "
     "The exit code is 1\n"
     "where one was refused.",
     "lienthon dead again loa.an-thuong.01 loa 4711", dead_flags, 1, 64, cli_dead, false},
    {"export", "FILE", "messages into a bundle (*.ltb), for where there is no link; grants first",
     NULL, "lienthon export an-thanh-1.ltb --since '22/11 00:00'", export_flags, 1, 1, cli_export,
     false},
    {"import", "FILE", "hand a bundle's messages to the hub",
     "Each message is checked as if its sender had sent it; importing twice does no harm.",
     "lienthon import an-thanh-1.ltb", NULL, 1, 1, cli_import, false},
    {"help", "[COMMAND]", "this list, or a command's help", NULL, "lienthon help notice",
     help_flags, 0, 1, cli_help, false},
    {"version", "", "which version this is", NULL, "lienthon version", NULL, 0, 0, cli_version,
     false},
    {NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, false},
};
