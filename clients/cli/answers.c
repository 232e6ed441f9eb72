// What each command prints with --json: field for field what the commands' own files print.
#include "answers.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, SHAPE_ANY, NULL, 0, NULL                                                             \
    }

const struct shape shape_error[] = {
    {"error", SHAPE_TEXT, "what went wrong and what to do, in English", 0, NULL},
    {"code", SHAPE_TEXT, "its short name, as not-allowed", 0, NULL},
    {"number", SHAPE_NUMBER,
     "its number: below 64 the hub's refusal (wire.md, section 5), from 64 on this side's failure",
     0, NULL},
    END,
};

static const struct shape init_fields[] = {
    {"folder", SHAPE_TEXT, "where the commune is, an absolute path", 0, NULL},
    {"name", SHAPE_TEXT, "its name as people write it", 0, NULL},
    {"xa", SHAPE_TEXT, "the first level of its topics", 0, NULL},
    {"principal", SHAPE_TEXT, "who one is in this folder: the office", 0, NULL},
    END,
};
const struct answer answer_init = {ANSWER_ONE, {init_fields, NULL}};

static const struct shape up_fields[] = {
    {"program", SHAPE_TEXT, "the hub's principal, or the name of a bridge's file", 0, NULL},
    {"event", SHAPE_TEXT, "started; fell (it is started again); stopped (it was told to)", 0, NULL},
    {"pid", SHAPE_NUMBER, "of started: its process", SHAPE_MAYBE, NULL},
    {"status", SHAPE_NUMBER, "of fell: its exit status", SHAPE_MAYBE, NULL},
    {"signal", SHAPE_NUMBER, "of fell: the signal that ended it", SHAPE_MAYBE, NULL},
    {"next_start_s", SHAPE_NUMBER, "of fell: in how many seconds it is started again", SHAPE_MAYBE,
     NULL},
    END,
};
const struct answer answer_up = {ANSWER_LINES, {up_fields, NULL}};

static const struct shape invite_fields[] = {
    {"code", SHAPE_TEXT, "the invitation code; a secret", 0, NULL},
    {"principal", SHAPE_TEXT, "whom it is for", 0, NULL},
    {"invitation", SHAPE_TEXT, "the invitation's own name, as the grants have it", 0, NULL},
    {"expires", SHAPE_TIME, "until when it can be used", 0, NULL},
    END,
};
const struct answer answer_invite = {ANSWER_ONE, {invite_fields, NULL}};

static const struct shape join_fields[] = {
    {"principal", SHAPE_TEXT, "who one is now", 0, NULL},
    {"commune", SHAPE_TEXT, "the commune's name", 0, NULL},
    {"hub", SHAPE_TEXT, "where its hub is", 0, NULL},
    {"folder", SHAPE_TEXT, "where keys and identity are, an absolute path", 0, NULL},
    END,
};
const struct answer answer_join = {ANSWER_ONE, {join_fields, NULL}};

static const struct shape may_publish_fields[] = {
    {"topics", SHAPE_TEXTS, "patterns", 0, NULL},
    {"types", SHAPE_TEXTS, "types, or * for all", 0, NULL},
    {"max_priority", SHAPE_NUMBER, "up to this urgency, 0 to 3", 0, NULL},
    {"max_label", SHAPE_NUMBER, "up to this label, 0 or 1", 0, NULL},
    {"two_hands", SHAPE_YES, "only together with a second person", 0, NULL},
    END,
};
static const struct shape may_subscribe_fields[] = {
    {"topics", SHAPE_TEXTS, "patterns", 0, NULL},
    {"max_label", SHAPE_NUMBER, "up to this label, 0 or 1", 0, NULL},
    END,
};
static const struct shape grants_fields[] = {
    {"principal", SHAPE_TEXT, "who has it", 0, NULL},
    {"name", SHAPE_TEXT, "its name for people", 0, NULL},
    {"role", SHAPE_TEXT, "the role that it was made from", 0, NULL},
    {"issuer", SHAPE_TEXT, "from whom; root is the commune's own key", 0, NULL},
    {"serial", SHAPE_NUMBER, "of one principal's grants the highest holds", 0, NULL},
    {"not_before", SHAPE_TIME, "from when on it holds", 0, NULL},
    {"expires", SHAPE_TIME, "until when it holds", 0, NULL},
    {"rights", SHAPE_TEXTS, "of relay, query, grant, enrol", 0, NULL},
    {"publish", SHAPE_LIST, "what it may send", 0, may_publish_fields},
    {"subscribe", SHAPE_LIST, "what it may receive", 0, may_subscribe_fields},
    {"key", SHAPE_TEXT, "the public key of its seals, in hex", 0, NULL},
    END,
};
const struct answer answer_grants = {ANSWER_LIST, {grants_fields, NULL}};

static const struct shape may_fields[] = {
    {"may", SHAPE_YES, "yes or no; the exit code is 0 or 1", 0, NULL},
    {"why", SHAPE_TEXT, "why, in English", 0, NULL},
    END,
};
const struct answer answer_may = {ANSWER_ONE, {may_fields, NULL}};

static const struct shape revoke_fields[] = {
    {"revoked", SHAPE_TEXT, "who has no rights any more", 0, NULL},
    {"invitations", SHAPE_NUMBER, "how many open invitations ended with it", 0, NULL},
    END,
};
const struct answer answer_revoke = {ANSWER_ONE, {revoke_fields, NULL}};

static const struct shape renew_fields[] = {
    {"renewed", SHAPE_TEXT, "whose grant it is", 0, NULL},
    {"expires", SHAPE_TIME, "when it ends now", 0, NULL},
    END,
};
const struct answer answer_renew = {ANSWER_LINES, {renew_fields, NULL}};

static const struct shape rekey_fields[] = {
    {"rekeyed", SHAPE_TEXT, "who has new keys", 0, NULL},
    {"issued_again", SHAPE_NUMBER, "grants that it had issued and that are issued again", 0, NULL},
    {"restart", SHAPE_YES, "the hub uses the new key from its next start on", 0, NULL},
    {"resumed", SHAPE_YES,
     "an earlier one that was broken off is done now, with the keys that it had made; without "
     "--connection",
     SHAPE_MAYBE, NULL},
    {"invitations", SHAPE_NUMBER,
     "with --connection: open invitations with the old key; hand out new ones", SHAPE_MAYBE, NULL},
    END,
};
const struct answer answer_rekey = {ANSWER_ONE, {rekey_fields, NULL}};

#define SENT_FIELDS                                                                                \
    {"id", SHAPE_ID, "of the message that was made", 0, NULL},                                     \
        {"confirmed", SHAPE_YES,                                                                   \
         "the hub has it on its disk; false: it is kept here and leaves later, an error object "   \
         "follows and the exit code is 4",                                                         \
         0, NULL},                                                                                 \
    {                                                                                              \
        "needs_second", SHAPE_YES,                                                                 \
            "nobody acts on it before a second person has said yes (lienthon approve)", 0, NULL    \
    }

static const struct shape sent_fields[] = {SENT_FIELDS, END};
const struct answer answer_sent = {ANSWER_ONE, {sent_fields, NULL}};

static const struct shape recording_fields[] = {
    {"sha256", SHAPE_TEXT, "its hash, in base64", 0, NULL},
    {"size", SHAPE_NUMBER, "bytes", 0, NULL},
    {"media", SHAPE_TEXT, "what it is, by its bytes: audio/wav, audio/ogg, audio/mpeg, audio/flac",
     0, NULL},
    {"name", SHAPE_TEXT, "its file's name", 0, NULL},
    {"ms", SHAPE_NUMBER,
     "how long it lasts, in milliseconds; absent where lienthon-say is not installed", SHAPE_MAYBE,
     NULL},
    END,
};
static const struct shape next_fields[] = {
    {"at", SHAPE_TIME, "when", 0, NULL},
    {"day", SHAPE_TEXT, "the day, as 2026-11-29", 0, NULL},
    {"lunar", SHAPE_TEXT, "the same in the lunar calendar: day/month", 0, NULL},
    {"leap", SHAPE_YES, "of a leap month", 0, NULL},
    END,
};
static const struct shape notice_fields[] = {
    SENT_FIELDS,
    {"next", SHAPE_LIST, "with --every: the next three times, by the hours of commune.yaml here",
     SHAPE_MAYBE, next_fields},
    {"recording", SHAPE_OBJECT, "with --recording: the file, which the hub has now", SHAPE_MAYBE,
     recording_fields},
    END,
};
const struct answer answer_notice = {ANSWER_ONE, {notice_fields, NULL}};

static const struct shape unchanged_fields[] = {
    {"unchanged", SHAPE_YES, "with --if-changed: they were told before", 0, NULL},
    END,
};
const struct answer answer_hours = {ANSWER_ONE, {sent_fields, unchanged_fields, NULL}};

static const struct shape unaware_fields[] = {
    {"principal", SHAPE_TEXT, "who keeps the old one", 0, NULL},
    {"target", SHAPE_TEXT, "which of its targets", 0, NULL},
    END,
};
static const struct shape amended_fields[] = {
    SENT_FIELDS,
    {"unaware", SHAPE_LIST,
     "who keeps the old one and has not heard of this yet; absent where that is not known",
     SHAPE_MAYBE, unaware_fields},
    END,
};
const struct answer answer_amended = {ANSWER_ONE, {amended_fields, NULL}};

#define MESSAGE_FIELDS                                                                             \
    {"id", SHAPE_ID, "of the message", 0, NULL}, {"from", SHAPE_TEXT, "its sender", 0, NULL},      \
        {"topic", SHAPE_TEXT, "its topic", 0, NULL},                                               \
        {"type", SHAPE_TEXT, "its type, as notice.v1", 0, NULL},                                   \
        {"priority", SHAPE_NUMBER, "urgency: 0 thuong, 1 khan, 2 thuong-khan, 3 hoa-toc", 0,       \
         NULL},                                                                                    \
        {"label", SHAPE_NUMBER, "0 cong-khai, 1 noi-bo", 0, NULL},                                 \
        {"created", SHAPE_TIME, "when it was made", 0, NULL},                                      \
        {"expires", SHAPE_TIME, "until when it counts; 0: for ever", 0, NULL},                     \
        {"deliver_at", SHAPE_TIME, "not before then; 0: at once", 0, NULL},                        \
        {"relation", SHAPE_NUMBER, "to the message re: 0 none, 1 answers, 2 replaces, 3 cancels",  \
         0, NULL},                                                                                 \
        {"re", SHAPE_ID, "that message", SHAPE_MAYBE, NULL},                                       \
        {"retain", SHAPE_YES, "it is its topic's last value", 0, NULL},                            \
        {"receipt", SHAPE_YES, "its sender asks who got it", 0, NULL},                             \
        {"drill", SHAPE_YES, "it is a drill", 0, NULL},                                            \
        {"origin", SHAPE_TEXT, "where a bridge found it", SHAPE_MAYBE, NULL},                      \
    {                                                                                              \
        "body", SHAPE_ANY, "the body, as its type says (schemas/types)", 0, NULL                   \
    }

#define GENUINE_FIELDS                                                                             \
    {"genuine", SHAPE_YES, "its seal holds and its sender might say it then", 0, NULL},            \
    {                                                                                              \
        "doubt", SHAPE_TEXT, "why it is not genuine", SHAPE_MAYBE, NULL                            \
    }

static const struct shape message_fields[] = {MESSAGE_FIELDS, GENUINE_FIELDS, END};

static const struct shape roster_fields[] = {
    {"principal", SHAPE_TEXT, "who was to get it, or has spoken of it", 0, NULL},
    {"target", SHAPE_TEXT, "which of its targets", 0, NULL},
    {"expected", SHAPE_YES, "it subscribed when the message was stored", 0, NULL},
    {"state", SHAPE_TEXT,
     "the hub's word: waiting, delivered, done, gave-up, expired, cancelled, revoked; null where "
     "it was not expected",
     SHAPE_NULL, NULL},
    {"state_detail", SHAPE_TEXT, "why", SHAPE_NULL, NULL},
    {"outcome", SHAPE_TEXT,
     "of its latest receipt: received, handed-over, done, confirmed, skipped, failed, unknown",
     SHAPE_NULL, NULL},
    {"detail", SHAPE_TEXT, "of that receipt", SHAPE_NULL, NULL},
    {"unaware", SHAPE_YES, "it keeps the message, and has not heard yet that it was taken back",
     SHAPE_MAYBE, NULL},
    {"text", SHAPE_TEXT, "the line that people are shown, in the reader's language", 0, NULL},
    {"final", SHAPE_YES, "nothing more is to be expected of it", 0, NULL},
    {"for_us", SHAPE_YES, "false: it has said that the message is not for it", 0, NULL},
    {"at", SHAPE_TIME, "when that receipt says that it happened", SHAPE_MAYBE, NULL},
    {"seal", SHAPE_TEXT, "of that receipt: holds, or why not", SHAPE_MAYBE, NULL},
    END,
};
static const struct shape status_fields[] = {
    {"id", SHAPE_ID, "of the message", 0, NULL},
    {"from", SHAPE_TEXT, "its sender", 0, NULL},
    {"topic", SHAPE_TEXT, "its topic", 0, NULL},
    {"stored", SHAPE_TIME, "when the hub stored it", 0, NULL},
    {"roster", SHAPE_LIST, "a row a receiver", 0, roster_fields},
    {"message", SHAPE_OBJECT, "the message itself, where the hub still keeps it", SHAPE_MAYBE,
     message_fields},
    {"next", SHAPE_LIST,
     "of a notice with a schedule that nothing has taken back: its next three times", SHAPE_MAYBE,
     next_fields},
    END,
};
const struct answer answer_status = {ANSWER_ONE, {status_fields, NULL}};

static const struct shape delivered_fields[] = {
    MESSAGE_FIELDS,
    GENUINE_FIELDS,
    {"seq", SHAPE_NUMBER, "the hub's number for it", 0, NULL},
    {"attempt", SHAPE_NUMBER, "how often it was delivered", 0, NULL},
    {"verdict", SHAPE_TEXT, "done: to be obeyed; else why not (cancelled, one-hand, …)", 0, NULL},
    END,
};
static const struct shape refused_fields[] = {
    {"refused", SHAPE_TEXT, "why what was delivered is not what it says, in English", 0, NULL},
    {"code", SHAPE_TEXT, "as bad-seal", 0, NULL},
    {"number", SHAPE_NUMBER, "of the code", 0, NULL},
    {"seq", SHAPE_NUMBER, "the hub's number for it", 0, NULL},
    END,
};
static const struct shape forgotten_fields[] = {
    {"forgotten", SHAPE_TEXT, "with --forget: the durable subscription that was ended", 0, NULL},
    END,
};
const struct answer answer_sub = {ANSWER_LINES,
                                  {delivered_fields, refused_fields, forgotten_fields, NULL}};

static const struct shape history_fields[] = {
    MESSAGE_FIELDS,
    GENUINE_FIELDS,
    {"since", SHAPE_TEXT, "what has become of its sender since, in English", SHAPE_MAYBE, NULL},
    END,
};
const struct answer answer_history = {ANSWER_LINES, {history_fields, NULL}};

static const struct shape why_fields[] = {
    {"text", SHAPE_TEXT, "the hub's sentence, in English", 0, NULL},
    {"hours", SHAPE_TEXT, "to which hours that loudspeaker keeps, where it says so", SHAPE_MAYBE,
     NULL},
    END,
};
const struct answer answer_why = {ANSWER_ONE, {why_fields, NULL}};

static const struct shape dead_message_fields[] = {MESSAGE_FIELDS, END};
static const struct shape dead_again_fields[] = {
    {"at", SHAPE_TIME, "when it was said again", SHAPE_MAYBE, NULL},
    {"by", SHAPE_TEXT, "by whom", SHAPE_MAYBE, NULL},
    {"state", SHAPE_TEXT, "how it had ended before", SHAPE_MAYBE, NULL},
    {"detail", SHAPE_TEXT, "why", SHAPE_MAYBE, NULL},
    {"ended", SHAPE_TIME, "when", SHAPE_MAYBE, NULL},
    {"attempts", SHAPE_NUMBER, "after how many attempts", SHAPE_MAYBE, NULL},
    END,
};
#define LETTER_FIELDS                                                                              \
    {"principal", SHAPE_TEXT, "who gave it up", 0, NULL},                                          \
        {"durable", SHAPE_TEXT, "its durable subscription", 0, NULL},                              \
        {"seq", SHAPE_NUMBER, "the hub's number for the message", 0, NULL},                        \
        {"state", SHAPE_TEXT, "how it ended, as gave-up", 0, NULL},                                \
        {"detail", SHAPE_TEXT, "why; empty where it was not said", 0, NULL},                       \
        {"at", SHAPE_TIME, "when", 0, NULL},                                                       \
        {"attempts", SHAPE_NUMBER, "how often it was tried", 0, NULL},                             \
        {"kept", SHAPE_YES, "the hub still has the message", 0, NULL},                             \
        {"id", SHAPE_ID, "of the message, where it is kept", SHAPE_MAYBE, NULL},                   \
        {"from", SHAPE_TEXT, "its sender", SHAPE_MAYBE, NULL},                                     \
        {"topic", SHAPE_TEXT, "its topic", SHAPE_MAYBE, NULL},                                     \
        {"type", SHAPE_TEXT, "its type", SHAPE_MAYBE, NULL},                                       \
        {"priority", SHAPE_NUMBER, "its urgency, 0 to 3", SHAPE_MAYBE, NULL},                      \
        {"stored", SHAPE_TIME, "when the hub stored it", SHAPE_MAYBE, NULL},                       \
        {"expires", SHAPE_TIME, "until when it counts; 0: for ever", SHAPE_MAYBE, NULL},           \
    {                                                                                              \
        "damaged", SHAPE_YES, "the disk has changed its bytes", SHAPE_MAYBE, NULL                  \
    }

static const struct shape dead_list_fields[] = {LETTER_FIELDS, END};
static const struct shape dead_show_fields[] = {
    LETTER_FIELDS,
    {"standing", SHAPE_TEXT, "with show: where it stands now, the hub's sentence", 0, NULL},
    {"again", SHAPE_LIST, "with show: how often it was said again before", 0, dead_again_fields},
    {"message", SHAPE_OBJECT, "with show: the message itself, not judged here; null: not kept",
     SHAPE_NULL, dead_message_fields},
    END,
};
static const struct shape dead_letter_fields[] = {
    {"principal", SHAPE_TEXT, "who gave it up", 0, NULL},
    {"durable", SHAPE_TEXT, "its durable subscription", 0, NULL},
    {"seq", SHAPE_NUMBER, "the hub's number for the message", 0, NULL},
    {"code", SHAPE_NUMBER, "0 or 1: on its way again; else the refusal", 0, NULL},
    {"text", SHAPE_TEXT, "why it was refused, in English", 0, NULL},
    END,
};
static const struct shape dead_tally_fields[] = {
    {"again", SHAPE_NUMBER, "with again: so many are on their way again", 0, NULL},
    {"refused", SHAPE_NUMBER, "so many are not; the exit code is 1 then", 0, NULL},
    {"letters", SHAPE_LIST, "each of them", 0, dead_letter_fields},
    END,
};
const struct answer answer_dead = {ANSWER_LINES,
                                   {dead_list_fields, dead_show_fields, dead_tally_fields, NULL}};

static const struct shape store_fields[] = {
    {"epoch", SHAPE_NUMBER, "which store it is: another after each restore", 0, NULL},
    {"log_size", SHAPE_NUMBER, "messages that were ever stored", 0, NULL},
    {"root", SHAPE_TEXT, "of the log's tree, hex", 0, NULL},
    {"messages", SHAPE_NUMBER, "messages that are kept", 0, NULL},
    {"damaged", SHAPE_NUMBER, "of these, whose bytes are not what was stored", 0, NULL},
    {"grants", SHAPE_NUMBER, "grants and revocations, the last of each principal", 0, NULL},
    {"subscriptions", SHAPE_NUMBER, "durable subscriptions", 0, NULL},
    {"endings", SHAPE_NUMBER, "dead letters, and other ends that were noted", 0, NULL},
    {"blobs", SHAPE_NUMBER, "blobs that are whole", 0, NULL},
    {"blob_bytes", SHAPE_NUMBER, "their bytes", 0, NULL},
    {"blobs_damaged", SHAPE_NUMBER, "of these, whose bytes are not what was stored", 0, NULL},
    {"tree", SHAPE_TEXT, "holds, or broken: do the log's leaves give its root", 0, NULL},
    {"pages", SHAPE_TEXT, "ok, or what is wrong with the database", 0, NULL},
    END,
};
static const struct shape backup_fields[] = {
    {"file", SHAPE_TEXT, "the backup", 0, NULL},
    {"size", SHAPE_NUMBER, "its bytes", 0, NULL},
    {"made", SHAPE_TIME, "when it was made", 0, NULL},
    {"format", SHAPE_NUMBER, "of the file", 0, NULL},
    {"version", SHAPE_TEXT, "of the program that made it", 0, NULL},
    {"commune", SHAPE_TEXT, "its name; absent in a device's", SHAPE_MAYBE, NULL},
    {"xa", SHAPE_TEXT, "the first level of its topics", SHAPE_MAYBE, NULL},
    {"data", SHAPE_TEXT, "where the store lies: hub.data", SHAPE_MAYBE, NULL},
    {"root_key", SHAPE_YES, "the commune's root key is in it", 0, NULL},
    {"files", SHAPE_NUMBER, "how many files are in it", 0, NULL},
    {"damaged", SHAPE_YES, "the store is; the exit code is 1 then", 0, NULL},
    {"store", SHAPE_OBJECT, "what the store holds; absent where there is none", SHAPE_MAYBE,
     store_fields},
    END,
};
const struct answer answer_backup = {ANSWER_ONE, {backup_fields, NULL}};

static const struct shape restore_fields[] = {
    {"folder", SHAPE_TEXT, "where it is now", 0, NULL},
    {"made", SHAPE_TIME, "when the backup was made", 0, NULL},
    {"files", SHAPE_NUMBER, "how many files were in it", 0, NULL},
    {"store", SHAPE_OBJECT, "what the store holds; null where there is none", SHAPE_NULL,
     store_fields},
    END,
};
const struct answer answer_restore = {ANSWER_ONE, {restore_fields, NULL}};

static const struct shape finding_fields[] = {
    {"check", SHAPE_TEXT, "what was looked at", 0, NULL},
    {"verdict", SHAPE_TEXT, "ok, skipped (it could not be looked at), warning or problem", 0, NULL},
    {"text", SHAPE_TEXT, "what was found, in English", 0, NULL},
    {"advice", SHAPE_TEXT, "what to do, in English; null where nothing is", SHAPE_NULL, NULL},
    END,
};
static const struct shape doctor_fields[] = {
    {"verdict", SHAPE_TEXT, "the worst: ok, warning or problem", 0, NULL},
    {"ok", SHAPE_NUMBER, "findings that are well", 0, NULL},
    {"skipped", SHAPE_NUMBER, "that could not be looked at", 0, NULL},
    {"warnings", SHAPE_NUMBER, "that will be problems; the exit code is 1 then", 0, NULL},
    {"problems", SHAPE_NUMBER, "that somebody must act on; the exit code is 2 then", 0, NULL},
    {"findings", SHAPE_LIST, "each of them; with --brief only warnings and problems", 0,
     finding_fields},
    END,
};
const struct answer answer_doctor = {ANSWER_ONE, {doctor_fields, NULL}};

static const struct shape bridge_list_fields[] = {
    {"bridge", SHAPE_TEXT, "with list: its name, as `bridge:` of an instance has it", 0, NULL},
    {"about", SHAPE_TEXT, "what it is; or why it cannot be used", 0, NULL},
    {"usable", SHAPE_YES, "it can be", 0, NULL},
    {"resolves", SHAPE_YES, "its far side can be asked whether something happened", 0, NULL},
    END,
};
static const struct shape bridge_new_fields[] = {
    {"bridge", SHAPE_TEXT, "its name", 0, NULL},
    {"language", SHAPE_TEXT, "with new: c or python", 0, NULL},
    {"folder", SHAPE_TEXT, "where it was made", 0, NULL},
    {"files", SHAPE_TEXTS, "what is in it", 0, NULL},
    END,
};
static const struct shape bridge_check_fields[] = {
    {"name", SHAPE_TEXT, "of the check", 0, NULL},
    {"shows", SHAPE_TEXT, "what it shows where it holds", 0, NULL},
    {"verdict", SHAPE_TEXT, "held, failed or not-seen", 0, NULL},
    {"ms", SHAPE_NUMBER, "how long it took", 0, NULL},
    {"seen", SHAPE_TEXT, "figures; or why it did not hold, or could not be made", SHAPE_MAYBE,
     NULL},
    END,
};
static const struct shape bridge_test_fields[] = {
    {"bridge", SHAPE_TEXT, "with test: which was tried", 0, NULL},
    {"version", SHAPE_TEXT, "its version, as its conformance.yaml says", SHAPE_MAYBE, NULL},
    {"suite", SHAPE_TEXT, "version of the suite", 0, NULL},
    {"date", SHAPE_TEXT, "the day", 0, NULL},
    {"sha256", SHAPE_TEXT, "of the file that was tried", 0, NULL},
    {"passed", SHAPE_YES, "all checks were made and none failed", 0, NULL},
    {"held", SHAPE_NUMBER, "checks that held", 0, NULL},
    {"failed", SHAPE_NUMBER, "that did not; the exit code is 1 then", 0, NULL},
    {"not_seen", SHAPE_NUMBER, "that could not be made", 0, NULL},
    {"checks", SHAPE_LIST, "each of them", 0, bridge_check_fields},
    END,
};
static const struct shape bridge_option_fields[] = {
    {"name", SHAPE_TEXT, "its key in the file", 0, NULL},
    {"about", SHAPE_TEXT, "what it does", 0, NULL},
    {"allowed", SHAPE_TEXT, "what may stand there, and the default", 0, NULL},
    {"value", SHAPE_TEXT, "what is in force, as it would stand in a file; null: it is not set",
     SHAPE_NULL, NULL},
    {"place", SHAPE_TEXT, "file:line:column; null: it is not in the file", SHAPE_NULL, NULL},
    END,
};
static const struct shape bridge_show_fields[] = {
    {"name", SHAPE_TEXT, "with show: of the instance", 0, NULL},
    {"bridge", SHAPE_TEXT, "which bridge it is", 0, NULL},
    {"about", SHAPE_TEXT, "what that is", 0, NULL},
    {"file", SHAPE_TEXT, "below the folder", 0, NULL},
    {"identity", SHAPE_TEXT, "who it is", 0, NULL},
    {"hub", SHAPE_TEXT, "where it connects to", 0, NULL},
    {"process", SHAPE_NUMBER, "that runs it here; null: none", SHAPE_NULL, NULL},
    {"options", SHAPE_LIST, "the host's and, behind them, the bridge's", 0, bridge_option_fields},
    {"in_force", SHAPE_TEXT,
     "what is in force that its options alone do not say, as the hours of a loudspeaker; null: "
     "nothing",
     SHAPE_NULL, NULL},
    END,
};
static const struct shape bridge_explain_fields[] = {
    {"id", SHAPE_TEXT, "with explain: of the message", 0, NULL},
    {"type", SHAPE_TEXT, "its type", SHAPE_MAYBE, NULL},
    {"topic", SHAPE_TEXT, "its topic", SHAPE_MAYBE, NULL},
    {"from", SHAPE_TEXT, "who sent it", SHAPE_MAYBE, NULL},
    {"target", SHAPE_TEXT, "which target of the instance", 0, NULL},
    {"outcome", SHAPE_TEXT,
     "given, waits, refused, or what the receipt would say (skipped); done before", 0, NULL},
    {"why", SHAPE_TEXT, "the reason; null: none is needed", SHAPE_NULL, NULL},
    {"set_aside", SHAPE_YES, "a person must decide (quarantine)", SHAPE_MAYBE, NULL},
    {"rests_until", SHAPE_NUMBER,
     "after failures nothing is tried there until then (ms since 1970); 0: it is", SHAPE_MAYBE,
     NULL},
    {"rests_why", SHAPE_TEXT, "what failed", SHAPE_NULL | SHAPE_MAYBE, NULL},
    {"rate", SHAPE_TEXT, "how fast the target is given messages at most", SHAPE_NULL | SHAPE_MAYBE,
     NULL},
    {"would", SHAPE_TEXT, "what the bridge would do, in its own words", SHAPE_NULL | SHAPE_MAYBE,
     NULL},
    END,
};
static const struct shape bridge_aside_fields[] = {
    {"name", SHAPE_TEXT, "with quarantine: of its file", 0, NULL},
    {"id", SHAPE_TEXT, "of the message", 0, NULL},
    {"from", SHAPE_TEXT, "who sent it", 0, NULL},
    {"type", SHAPE_TEXT, "its type", 0, NULL},
    {"target", SHAPE_TEXT, "which target of the instance", 0, NULL},
    {"reason", SHAPE_TEXT, "crashed or unknown", 0, NULL},
    {"why", SHAPE_TEXT, "a sentence", 0, NULL},
    {"decided", SHAPE_TEXT, "release or done, while the bridge has not seen to it; else empty", 0,
     NULL},
    {"at", SHAPE_NUMBER, "when it was set aside, ms since 1970", 0, NULL},
    END,
};
static const struct shape bridge_reload_fields[] = {
    {"reloaded", SHAPE_YES, "with reload: the running instance has read its file again", 0, NULL},
    END,
};
const struct answer answer_bridge = {ANSWER_LINES,
                                     {bridge_list_fields, bridge_new_fields, bridge_test_fields,
                                      bridge_show_fields, bridge_explain_fields,
                                      bridge_aside_fields, bridge_reload_fields, NULL}};

static const struct shape export_fields[] = {
    {"file", SHAPE_TEXT, "the bundle", 0, NULL},
    {"grants", SHAPE_NUMBER, "grants and revocations in it", 0, NULL},
    {"messages", SHAPE_NUMBER, "other messages in it", 0, NULL},
    END,
};
const struct answer answer_export = {ANSWER_ONE, {export_fields, NULL}};

static const struct shape import_fields[] = {
    {"taken", SHAPE_NUMBER, "messages that are new to the hub", 0, NULL},
    {"before", SHAPE_NUMBER, "that it had already", 0, NULL},
    {"refused", SHAPE_NUMBER, "that it refused: each is told on standard error; the exit code is 1",
     0, NULL},
    END,
};
const struct answer answer_import = {ANSWER_ONE, {import_fields, NULL}};

static const struct shape option_fields[] = {
    {"name", SHAPE_TEXT, "without the two dashes", 0, NULL},
    {"value", SHAPE_TEXT, "what stands behind it; null: a switch", SHAPE_NULL, NULL},
    {"about", SHAPE_TEXT, "what it does", 0, NULL},
    END,
};
static const struct shape command_fields[] = {
    {"command", SHAPE_TEXT, "its name", 0, NULL},
    {"words", SHAPE_TEXT, "the words that it takes", 0, NULL},
    {"about", SHAPE_TEXT, "one line", 0, NULL},
    {"more", SHAPE_TEXT, "further lines", SHAPE_NULL, NULL},
    {"example", SHAPE_TEXT, "a command line", 0, NULL},
    {"options", SHAPE_LIST, "its own options", 0, option_fields},
    {"prints", SHAPE_TEXT, "with --json: one (object), lines (an object each), or list", 0, NULL},
    {"schema", SHAPE_ANY, "JSON Schema of what it prints; with lines, of each line", 0, NULL},
    END,
};
static const struct shape exit_fields[] = {
    {"number", SHAPE_NUMBER, "the exit code", 0, NULL},
    {"about", SHAPE_TEXT, "when", 0, NULL},
    END,
};
static const struct shape help_fields[] = {
    {"version", SHAPE_TEXT, "of the program", 0, NULL},
    {"options", SHAPE_LIST, "what every command takes", 0, option_fields},
    {"commands", SHAPE_LIST, "all commands", 0, command_fields},
    {"exit_codes", SHAPE_LIST, "what they mean", 0, exit_fields},
    {"error", SHAPE_ANY, "JSON Schema of the object that a failure prints last", 0, NULL},
    END,
};
static const struct shape sample_fields[] = {
    {"file", SHAPE_TEXT, "the file's name", 0, NULL},
    {"sample", SHAPE_TEXT, "a commented one with all defaults", 0, NULL},
    END,
};
const struct answer answer_help = {ANSWER_ONE, {help_fields, command_fields, sample_fields, NULL}};

static const struct shape version_fields[] = {
    {"version", SHAPE_TEXT, "of the program", 0, NULL},
    {"wire", SHAPE_NUMBER, "of the wire format", 0, NULL},
    END,
};
const struct answer answer_version = {ANSWER_ONE, {version_fields, NULL}};

static const struct shape complete_fields[] = {
    {"word", SHAPE_TEXT, "what may stand there; :files or :folders: such names", 0, NULL},
    {"about", SHAPE_TEXT, "what it is", 0, NULL},
    END,
};
const struct answer answer_complete = {ANSWER_LIST, {complete_fields, NULL}};
