# The libraries as others get them. The tree itself links plain static ones, whose inner names the unit tests can reach; of the
# same objects come, for others, a shared and a static library in which nothing is visible but lt_*.
option(LT_SHARED_LIBRARY "Build the shared libraries for others" ON)
option(LT_STATIC_LIBRARY "Build the static libraries for others" ON)
set(LT_SOVERSION ${PROJECT_VERSION_MAJOR})
set(lt_symbols ${CMAKE_CURRENT_LIST_DIR}/lienthon.map)

# What both have: headers are found in the tree and, once installed, below the prefix.
function(lt_ship_as shipped inner file alias)
    set_target_properties(${shipped} PROPERTIES
        OUTPUT_NAME ${file} EXPORT_NAME ${alias} LINKER_LANGUAGE C
        ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
    target_include_directories(${shipped} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    add_dependencies(${shipped} ${inner})
endfunction()

# One object of all, in which every other name is local: a program may have functions that are called as ours are.
function(lt_ship_static inner file alias)
    set(whole ${CMAKE_CURRENT_BINARY_DIR}/${file}-whole.o)
    add_custom_command(
        OUTPUT ${whole}
        COMMAND ${CMAKE_LINKER} -r -o ${whole} $<TARGET_OBJECTS:${inner}>
        COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=lt_* ${whole}
        DEPENDS ${inner} $<TARGET_OBJECTS:${inner}>
        COMMAND_EXPAND_LISTS VERBATIM)
    add_library(${inner}-static STATIC ${whole})
    set_source_files_properties(${whole} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    lt_ship_as(${inner}-static ${inner} ${file} ${alias}_static)
endfunction()

function(lt_ship_shared inner file alias)
    add_library(${inner}-shared SHARED $<TARGET_OBJECTS:${inner}>)
    lt_ship_as(${inner}-shared ${inner} ${file} ${alias}_shared)
    target_link_options(${inner}-shared PRIVATE -Wl,--version-script=${lt_symbols})
    set_target_properties(${inner}-shared PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${LT_SOVERSION} LINK_DEPENDS ${lt_symbols})
    target_link_libraries(${inner}-shared PRIVATE lt_flags)
    if(NOT LT_SANITIZE) # whose functions are the program's
        target_link_options(${inner}-shared PRIVATE -Wl,-z,defs)
    endif()
endfunction()

# lt_ship(INNER FILE ALIAS [NEEDS inner...] LINKS lib...): FILE is the library's name, ALIAS that of LienThon::ALIAS; NEEDS are
# others that are shipped and whose headers are part of its own; LINKS is what it uses inside.
function(lt_ship inner file alias)
    cmake_parse_arguments(ship "" "" "NEEDS;LINKS" ${ARGN})
    set(kinds)
    if(LT_SHARED_LIBRARY)
        lt_ship_shared(${inner} ${file} ${alias})
        list(APPEND kinds shared)
    endif()
    if(LT_STATIC_LIBRARY)
        lt_ship_static(${inner} ${file} ${alias})
        list(APPEND kinds static)
    endif()
    foreach(kind ${kinds})
        target_link_libraries(${inner}-${kind} PRIVATE ${ship_LINKS})
        foreach(needed ${ship_NEEDS})
            target_link_libraries(${inner}-${kind} PUBLIC ${needed}-${kind})
        endforeach()
        install(TARGETS ${inner}-${kind} EXPORT lienthon-${kind}
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
    endforeach()
endfunction()

# Headers below `folder`, as <lienthon/…>.
function(lt_ship_headers folder)
    install(DIRECTORY ${folder}/lienthon DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN "*.h")
endfunction()
