# The hub's read side: the read thread, and the desks that it serves.
target_sources(lt_broker PRIVATE
    reader.c
    reading_messages.c
    reading_recall.c
)
