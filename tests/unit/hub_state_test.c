// What else the hub keeps at hand: memory of ids, whose place is taken, what is due, messages.
#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "broker.h"
#include "state/due.h"
#include "state/frames.h"
#include "state/memory.h"
#include "state/messages.h"
#include "state/must.h"
#include "state/offenders.h"
#include "state/roster.h"
#include "state/sessions.h"
#include "state/taken.h"
#include "state/watch.h"

#define NOW UINT64_C(1767225600000)

static struct lt_part part_at(uint64_t time)
{
    cr_assert_geq(sodium_init(), 0);
    struct lt_part part = {.from = lt_slice_of("to-so.an-thuong"),
                           .topic = lt_slice_of("xa/an-thuong/thong-bao"),
                           .type = lt_slice_of("notice.v1"),
                           .created = time};
    lt_id_make(time, part.id);
    return part;
}

Test(memory, forgets_the_oldest_and_knows_that_it_has)
{
    uint8_t hash[LT_HASH_SIZE] = {1};
    uint64_t seq = 0;
    struct lt_part first = part_at(NOW), last = first;
    struct memory *memory = memory_new(4, 4);
    memory_add(memory, &first, hash, 1);
    cr_assert(memory_is_complete(memory, &first));
    for (uint64_t i = 1; i <= 4; i++) {
        last = part_at(NOW + i);
        memory_add(memory, &last, hash, 1 + i);
    }
    cr_assert_eq(memory_find(memory, &first, hash, &seq), MEMORY_UNKNOWN);
    cr_assert_not(memory_is_complete(memory, &first));
    cr_assert(memory_is_complete(memory, &last));
    cr_assert_eq(memory_find(memory, &last, hash, &seq), MEMORY_SAME);
    cr_assert_eq(seq, 5);
    memory_destroy(&memory);
}

Test(memory, keeps_senders_apart)
{
    uint8_t hash[LT_HASH_SIZE] = {1};
    uint64_t seq = 0;
    struct lt_part mine = part_at(NOW), theirs = mine;
    theirs.from = lt_slice_of("bridge.zalo");
    struct memory *memory = memory_new(4, 4);
    memory_add(memory, &mine, hash, 1);
    cr_assert_eq(memory_find(memory, &theirs, hash, &seq), MEMORY_UNKNOWN);
    memory_destroy(&memory);
}

Test(memory, takes_an_origin_that_names_a_message_for_that_message_wherever_it_comes)
{
    uint8_t hash[LT_HASH_SIZE] = {1};
    uint64_t seq = 0;
    char origin[3 + 2 * LT_ID_SIZE + 1] = "lt:";
    struct lt_part first = part_at(NOW), back = part_at(NOW + 1);
    lt_hex_encode((struct lt_slice){first.id, LT_ID_SIZE}, origin + 3);
    back.from = lt_slice_of("bridge.zalo");
    back.topic = lt_slice_of("xa/an-lac/thong-bao");
    back.origin = lt_slice_of(origin);
    struct memory *memory = memory_new(4, 4);
    memory_add(memory, &first, hash, 12);
    cr_assert(memory_find_origin(memory, &back, &seq));
    cr_assert_eq(seq, 12);
    memory_destroy(&memory);
}

Test(taken, is_asked_of_the_whole_part_and_not_of_the_id_alone)
{
    struct taken taken = {0};
    uint8_t relation = 0;
    struct lt_part old = part_at(NOW), cancel = part_at(NOW + 1), other = old;
    cancel.relation = LT_CANCELS;
    memcpy(cancel.re, old.id, LT_ID_SIZE);
    taken_add(&taken, &cancel, NOW + 1000);
    cr_assert(taken_is(&taken, &old, &relation));
    cr_assert_eq(relation, LT_CANCELS);
    other.topic = lt_slice_of("xa/an-lac/thong-bao");
    cr_assert_not(taken_is(&taken, &other, NULL));
    other = old;
    other.from = lt_slice_of("bridge.zalo"); // another's message under the same id
    cr_assert_not(taken_is(&taken, &other, NULL));
    taken_clear(&taken);
}

Test(taken, is_forgotten_when_it_is_over_and_its_record_with_it)
{
    struct taken taken = {0};
    struct records records = {0};
    struct lt_part old = part_at(NOW), cancel = part_at(NOW + 1);
    cancel.relation = LT_CANCELS;
    memcpy(cancel.re, old.id, LT_ID_SIZE);
    taken_add(&taken, &cancel, NOW + 1000);
    taken_sweep(&taken, NOW + 999, 10, &records);
    cr_assert(taken_is(&taken, &old, NULL));
    taken_sweep(&taken, NOW + 1000, 10, &records);
    cr_assert_not(taken_is(&taken, &old, NULL));
    cr_assert_eq(records.plain_count, 1);
    records_clear(&records);
    taken_clear(&taken);
}

Test(due, gives_the_earliest_first_and_nothing_before_its_time)
{
    struct due due = {0};
    struct due_row row;
    due_add(&due, NOW + 30, 3);
    due_add(&due, NOW + 10, 1);
    due_add(&due, NOW + 20, 2);
    cr_assert_eq(due_next(&due), NOW + 10);
    cr_assert_not(due_take(&due, NOW + 9, &row));
    for (uint64_t seq = 1; seq <= 3; seq++) {
        cr_assert(due_take(&due, NOW + 100, &row));
        cr_assert_eq(row.seq, seq);
    }
    cr_assert_eq(due_next(&due), 0);
    due_clear(&due);
}

Test(messages, go_the_least_lately_used_first)
{
    struct messages *messages = messages_new(4000);
    for (uint64_t seq = 1; seq <= 4; seq++) {
        zmq_msg_t frame;
        zmq_msg_init_size(&frame, 500);
        messages_put(messages, seq, NOW, &frame);
        messages_find(messages, 1);
    }
    cr_assert_not_null(messages_find(messages, 1));
    cr_assert_null(messages_find(messages, 2));
    cr_assert_not_null(messages_find(messages, 4));
    messages_destroy(&messages);
}

Test(sessions, know_what_is_in_flight_until_it_has_landed)
{
    struct session session = {0};
    struct sessions sessions;
    sessions_init(&sessions, NULL, NULL);
    for (int i = 0; i < SESSION_FLIGHT; i++)
        session_fly(&session, 100);
    cr_assert_not(session_may_fly(&sessions, &session, 100));
    session_landed(&session, session.serial - 1);
    cr_assert(session_may_fly(&sessions, &session, 100));
    cr_assert_not(session_may_fly(&sessions, &session, sessions.flight));
    session_landed(&session, session.serial);
    cr_assert(session_may_fly(&sessions, &session, sessions.flight + 1), "a large one goes alone");
    cr_assert_eq(session.flight_bytes, 0);
}

Test(roster, a_dead_letter_comes_back_as_it_was_written)
{
    struct lt_buffer value = {.max = 1024};
    struct dead_letter dead = {.state = ROSTER_GAVE_UP,
                               .at = NOW,
                               .keep_until = NOW + 1,
                               .detail = lt_slice_of("loa cháy"),
                               .principal = lt_slice_of("loa.an-thuong.01"),
                               .durable = lt_slice_of("loa")},
                       back;
    dead_letter_pack(&dead, &value);
    cr_assert(dead_letter_open(lt_buffer_slice(&value), &back));
    cr_assert_eq(back.state, ROSTER_GAVE_UP);
    cr_assert_eq(back.keep_until, NOW + 1);
    cr_assert(lt_slice_equal(back.detail, dead.detail));
    lt_buffer_clear(&value);
}

Test(memory, finds_the_message_that_an_origin_names_while_it_is_in_flight)
{
    char origin[3 + 2 * LT_ID_SIZE + 1] = "lt:";
    struct lt_part first = part_at(NOW), back = part_at(NOW + 1);
    lt_hex_encode((struct lt_slice){first.id, LT_ID_SIZE}, origin + 3);
    back.from = lt_slice_of("bridge.zalo");
    back.origin = lt_slice_of(origin);
    struct memory *memory = memory_new(4, 4);
    cr_assert_not(memory_is_pending_origin(memory, &back));
    memory_pend(memory, &first);
    cr_assert(memory_is_pending_origin(memory, &back));
    memory_unpend(memory, &first);
    cr_assert_not(memory_is_pending_origin(memory, &back));
    memory_destroy(&memory);
}

Test(offenders, are_slowed_then_cut_and_forgiven_with_time)
{
    struct offenders offenders = {.slow = 10, .forgiven = 2};
    struct lt_slice name = lt_slice_of("bridge.zalo");
    uint64_t tick = 100000;
    cr_assert_geq(sodium_init(), 0);
    cr_assert_eq(offenders_ask(&offenders, name, tick), OFFENCE_NONE);
    cr_assert_eq(offenders_add(&offenders, name, 9, tick), OFFENCE_NONE);
    cr_assert_eq(offenders_add(&offenders, name, 3, tick), OFFENCE_SLOW);
    cr_assert_eq(offenders_ask(&offenders, name, tick), OFFENCE_NONE, "once a second");
    cr_assert_eq(offenders_ask(&offenders, name, tick + 10), OFFENCE_SLOW);
    cr_assert_eq(offenders_ask(&offenders, lt_slice_of("loa.01"), tick), OFFENCE_NONE);
    cr_assert_eq(offenders_ask(&offenders, name, tick + 5000), OFFENCE_NONE, "forgiven");
    cr_assert_eq(offenders_add(&offenders, name, 1000, tick + 5000), OFFENCE_CUT);
    offenders_sweep(&offenders, tick + 6000);
    cr_assert_eq(offenders_add(&offenders, name, 1, tick + 6000), OFFENCE_SLOW, "still");
    offenders_sweep(&offenders, tick + 100000);
    cr_assert_eq(offenders.by_name.count, 0, "100 faults at 2 a second");
    offenders_clear(&offenders);
}

Test(offenders, what_is_nobodys_fault_counts_nothing)
{
    cr_assert_eq(offenders_faults(LT_BUSY), 0);
    cr_assert_eq(offenders_faults(LT_STALE), 0);
    cr_assert_eq(offenders_faults(LT_DONE_BEFORE), 0);
    cr_assert_gt(offenders_faults(LT_MALFORMED), offenders_faults(LT_NOT_ALLOWED));
}

Test(frames, are_counted_until_the_last_copy_is_gone_also_beyond_their_owner)
{
    struct frames *frames = frames_new();
    zmq_msg_t frame, copy;
    frames_copy(frames, lt_slice_of("Mời bà con họp."), &frame);
    size_t one = frames_bytes(frames);
    cr_assert_geq(one, strlen("Mời bà con họp."));
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, &frame);
    cr_assert_eq(frames_bytes(frames), one, "a message to many counts once");
    zmq_msg_close(&frame);
    cr_assert_eq(frames_bytes(frames), one);
    frames_release(&frames);
    cr_assert_eq(memcmp(zmq_msg_data(&copy), "Mời bà con họp.", zmq_msg_size(&copy)), 0);
    zmq_msg_close(&copy);
}

// --- connections at two doors ---

static zsock_t *monitor_pair(struct broker *broker, enum door door)
{
    char address[64];
    snprintf(address, sizeof address, "inproc://hub-state-test-%d", (int)door);
    zsock_t *far = zsock_new(ZMQ_PAIR);
    broker->monitors[door] = zsock_new(ZMQ_PAIR);
    cr_assert_geq(zsock_bind(far, "%s", address), 0);
    cr_assert_eq(zsock_connect(broker->monitors[door], "%s", address), 0);
    return far;
}

// As a socket's monitor tells it.
static void tell_event(zsock_t *far, uint16_t event, int32_t descriptor)
{
    uint8_t head[sizeof event + sizeof descriptor];
    memcpy(head, &event, sizeof event);
    memcpy(head + sizeof event, &descriptor, sizeof descriptor);
    cr_assert_eq(zmq_send(zsock_resolve(far), head, sizeof head, ZMQ_SNDMORE), (int)sizeof head);
    cr_assert_eq(zmq_send(zsock_resolve(far), "", 0, 0), 0);
}

Test(watch, a_descriptor_that_changes_doors_stays_watched)
{
    struct broker *broker = must_calloc(1, sizeof *broker);
    struct lt_commune commune = {.hub.limits = {.strangers = 8, .joiners = 8}};
    enum { DESCRIPTOR = 700 };
    broker->commune = &commune;
    broker->descriptors.limit = 1024;
    zsock_t *hub = monitor_pair(broker, DOOR_HUB), *join = monitor_pair(broker, DOOR_JOIN);
    tell_event(join, ZMQ_EVENT_ACCEPTED, DESCRIPTOR);
    watch_events(broker);
    cr_assert_eq(broker->at_door[DOOR_JOIN], 1);
    // The hub's door is read first: there it has been accepted before its end is heard here.
    tell_event(hub, ZMQ_EVENT_ACCEPTED, DESCRIPTOR);
    tell_event(join, ZMQ_EVENT_DISCONNECTED, DESCRIPTOR);
    watch_events(broker);
    cr_assert_eq(broker->at_door[DOOR_HUB], 1);
    cr_assert_eq(broker->at_door[DOOR_JOIN], 0);
    cr_assert_eq(broker->connections.count, 1);
    tell_event(hub, ZMQ_EVENT_CLOSED, DESCRIPTOR);
    watch_events(broker);
    cr_assert_eq(broker->at_door[DOOR_HUB], 0);
    cr_assert_eq(broker->connections.count, 0);
    watch_clear(broker);
    zsock_destroy(&hub);
    zsock_destroy(&join);
    zsock_destroy(&broker->monitors[DOOR_HUB]);
    zsock_destroy(&broker->monitors[DOOR_JOIN]);
    free(broker);
}
