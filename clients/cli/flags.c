// The options of each command: help, manual pages, completion and the parser read them here.
#include "flags.h"

const struct flag flags_init[] = {
    {"name", "NAME", "the commune's name as people write it: \"Xã An Thạnh 1\""},
    {"hamlet", "SLUG=NAME", "a hamlet: an-thuong=\"Ấp An Thường\"; once for each"},
    {"xa", "SLUG", "the first level of all topics; made from the name when it is not given"},
    {"address", "HOST",
     "listen on all interfaces, and tell devices this host or address; else only this machine"},
    {"port", "N", "the hub's port (5770); the one for joining is the next"},
    {"no-passphrase", NULL, "leave the root key in the open: for tests and demonstrations"},
    {NULL, NULL, NULL},
};

const struct flag flags_invite[] = {
    {"role", "ROLE", "what it may do: a file of roles/, as speaker"},
    {"hamlet", "HAMLET", "the hamlet it belongs to"},
    {"name", "NAME", "its name for people"},
    {"days", "N", "how long the code can be used (7)"},
    {NULL, NULL, NULL},
};

const struct flag flags_renew[] = {
    {"days", "N", "for so many days from now (730; 1825 for what stands directly under the root)"},
    {"within", "DAYS", "everybody whose grant ends within so many days, but for the root's own"},
    {NULL, NULL, NULL},
};

const struct flag flags_grants[] = {
    {"all", NULL, "invitations too"},
    {NULL, NULL, NULL},
};

const struct flag flags_may[] = {
    {"label", "LABEL", "of a message: cong-khai (0), noi-bo (1)"},
    {NULL, NULL, NULL},
};

const struct flag flags_notice[] = {
    {"to", "HAMLET", "the hamlet; several with commas, or tat-ca for all"},
    {"via", "CHANNEL",
     "loa, zalo, facebook, screen, feed; several with commas; all when it is not given"},
    {"urgency", "GRADE", "thuong (0), khan (1), thuong-khan (2), hoa-toc (3)"},
    {"at", "TIME", "when it is delivered: 17:00 (the next), 22/11 17:00, 2026-11-22 17:00, +2h"},
    {"expires", "SPAN", "how long after that it still counts (24h)"},
    {"every", "WHEN",
     "again and again: ngay, thu-hai, chu-nhat, ngay-15, cuoi-thang, ram, mong-mot; several of one "
     "kind with commas; --at then has its hours (05:00,17:00), its programme (sang), or its first "
     "time; the next programme's when it is not given"},
    {"until", "DAY", "with --every: the last day, as 31/12; a year when it is not given"},
    {"title", "TEXT", "its title"},
    {"recording", "FILE",
     "a loudspeaker plays this file in place of the words: WAV, Ogg (Opus), MP3 or FLAC; the text "
     "is for screens and chats"},
    {"repeat", "N", "how often it is spoken: 1 to 3"},
    {"voice", "VOICE", "the voice that speaks it"},
    {"no-chime", NULL, "no chime before it"},
    {"hear", NULL, "hear it first, as a loudspeaker says it; it is sent after a yes"},
    {"hear-to", "FILE", "the same into a WAV file in place of the sound card"},
    {"hear-like", "BRIDGE",
     "hear it with the commune's own words of this loudspeaker, where bridges/ has several"},
    {"yes", NULL, "do not ask whether it is meant"},
    {"drill", NULL, "take the real path and report, but do nothing that the public sees or hears"},
    {NULL, NULL, NULL},
};

const struct flag flags_replace[] = {
    {"title", "TEXT", "its title; the original's when it is not given"},
    {"urgency", "GRADE", "at least the original's"},
    {"at", "TIME", "when it is delivered: 17:00 (the next), 22/11 17:00, 2026-11-22 17:00, +2h"},
    {"expires", "SPAN", "how long after that it still counts (24h)"},
    {"recording", "FILE",
     "a loudspeaker plays this file in place of the words; the original's is played no more"},
    {"from", "PRINCIPAL", "the original's sender, where several have used this id"},
    {NULL, NULL, NULL},
};

const struct flag flags_amend[] = {
    {"from", "PRINCIPAL", "the original's sender, where several have used this id"},
    {NULL, NULL, NULL},
};

const struct flag flags_hours[] = {
    {"if-changed", NULL, "only if they are not those that were told last"},
    {NULL, NULL, NULL},
};

const struct flag flags_status[] = {
    {"watch", NULL, "follow it until each receiver has a last word; one line a change"},
    {"from", "PRINCIPAL", "its sender, where several have used this id"},
    {NULL, NULL, NULL},
};

const struct flag flags_pub[] = {
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

const struct flag flags_sub[] = {
    {"durable", "DURABLE", "keep what comes while nobody is here, under this name"},
    {"from", "WHERE", "new (the default), retained, all, or a time"},
    {"type", "TYPE", "only this type; several with commas"},
    {"urgency", "GRADE", "only from this grade on"},
    {"count", "N", "end after so many messages"},
    {"forget", NULL, "end the durable subscription instead: what waits there is given up"},
    {NULL, NULL, NULL},
};

const struct flag flags_history[] = {
    {"since", "TIME", "from this time of storing on"},
    {"until", "TIME", "before this time of storing"},
    {"type", "TYPE", "only this type; several with commas"},
    {"text", "TEXT", "only what holds this text"},
    {"limit", "N", "at most so many, the latest first (100)"},
    {NULL, NULL, NULL},
};

const struct flag flags_why[] = {
    {"from", "PRINCIPAL", "its sender, where several have used this id"},
    {NULL, NULL, NULL},
};

const struct flag flags_backup[] = {
    {"verify", NULL, "open FILE instead, check all that is in it, and count it"},
    {"without-root", NULL, "leave the commune's root key out"},
    {"replace", NULL, "put it in the place of a FILE that is there; else that is refused"},
    {"no-passphrase", NULL, "keys in the open, as a plain tar: for tests"},
    {NULL, NULL, NULL},
};

const struct flag flags_doctor[] = {
    {"brief", NULL, "only what is not well"},
    {"expiry-days", "N", "tell of grants that end within so many days (30)"},
    {"backup-days", "N", "how old the last backup may be (7)"},
    {"stuck-hours", "N", "how long messages may wait for who is not connected (24)"},
    {"away-days", "N", "how long somebody with a grant may be away (30)"},
    {NULL, NULL, NULL},
};

const struct flag flags_bridge[] = {
    {"in", "LANGUAGE", "with new: c or python (c)"},
    {"only", "CHECK", "with test: this check alone; several times"},
    {NULL, NULL, NULL},
};

const struct flag flags_dead[] = {
    {"all", NULL, "with again: every dead letter that one may say again"},
    {NULL, NULL, NULL},
};

const struct flag flags_export[] = {
    {"topic", "PATTERN",
     "what is taken: several with commas; everything that one may see when it is not given"},
    {"since", "TIME", "from this time of storing on"},
    {"until", "TIME", "before this time of storing"},
    {NULL, NULL, NULL},
};

const struct flag flags_rekey[] = {
    {"connection", NULL,
     "of the hub: a new key for its connections; who has not heard of it by the hub's next start "
     "needs a new invitation"},
    {"yes", NULL, "do not ask whether it is meant"},
    {NULL, NULL, NULL},
};
