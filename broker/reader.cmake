# The hub's read side: the read thread, and the desks that it serves.
target_sources(lt_broker PRIVATE
    reader.c
    reading_messages.c
    reading_recall.c
    desks/again.c
    desks/blob.c
    desks/query.c
    desks/query_args.c
    desks/query_dead.c
    desks/query_lists.c
    desks/query_look.c
    desks/query_status.c
    desks/query_text.c
    desks/query_walk.c
    desks/query_why.c
)
