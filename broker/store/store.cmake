# The store: one narrow interface (store.h), SQLite behind it.
set(lt_store_migrations
    ${CMAKE_CURRENT_LIST_DIR}/migrations/0001-first.sql
)
string(REPLACE ";" "|" lt_store_files "${lt_store_migrations}")
set(lt_store_embedded ${CMAKE_CURRENT_BINARY_DIR}/store-migrations.c)
add_custom_command(
    OUTPUT ${lt_store_embedded}
    COMMAND ${CMAKE_COMMAND} -DOUT=${lt_store_embedded} "-DFILES=${lt_store_files}"
            -P ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
    DEPENDS ${lt_store_migrations} ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
    VERBATIM)

add_library(lt_store STATIC
    ${CMAKE_CURRENT_LIST_DIR}/sqlite.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_statement.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_open.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_name.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_append.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_record.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_read.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_find.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_blob.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_blob_put.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_sweep.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_copy.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_account.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_mend.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_mend_last.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_salvage.c
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_wal.c
    ${lt_store_embedded}
)
target_include_directories(lt_store
    PUBLIC ${CMAKE_CURRENT_LIST_DIR}/..
    PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(lt_store PUBLIC lienthon-schemas PRIVATE lt_flags PkgConfig::SQLITE PkgConfig::SODIUM)
