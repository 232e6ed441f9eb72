# Body types: the validator, JSON, and what is made from types/*.json at build time.
set(LT_TYPES alert.v1 approval.v1 grant.v1 health.v1 notice.v1 receipt.v1 speaker-hours.v1 speaker-state.v1 time.v1)
set(type_files ${LT_TYPES})
list(TRANSFORM type_files PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/types/)
list(TRANSFORM type_files APPEND .json)

add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/type_texts.c
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/gen/texts.py types
            ${CMAKE_CURRENT_BINARY_DIR}/type_texts.c ${type_files}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/gen/texts.py ${type_files}
    VERBATIM)

# Typed C bindings, <lienthon/types.h>; of grants grant.h is that.
set(bound_files ${type_files})
list(FILTER bound_files EXCLUDE REGEX "/grant[.]v1[.]json$")
set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
add_custom_command(
    OUTPUT ${generated}/lienthon/types.h ${CMAKE_CURRENT_BINARY_DIR}/types_bound.c
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/gen/bindings.py
            ${generated}/lienthon/types.h ${CMAKE_CURRENT_BINARY_DIR}/types_bound.c ${bound_files}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/gen/bindings.py ${bound_files}
    VERBATIM)

target_sources(lienthon-schemas PRIVATE
    src/bind.c ${CMAKE_CURRENT_BINARY_DIR}/types_bound.c ${generated}/lienthon/types.h
    src/type.c src/schema.c src/schema_compile.c src/schema_keywords.c src/schema_parts.c
    src/schema_place.c src/schema_check.c src/schema_fail.c src/schema_value.c
    src/regex.c src/regex_set.c src/regex_parse.c src/regex_match.c src/format.c
    src/json_pack.c src/json_part.c src/json_read.c src/json_write.c
    ${CMAKE_CURRENT_BINARY_DIR}/type_texts.c)
target_include_directories(lienthon-schemas PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src PUBLIC ${generated})
target_link_libraries(lienthon-schemas PRIVATE m)
