# Documents that are installed: their links lead to where what they name lies then, or become plain names (documents.py).

# lt_install_documents(COMPONENT DESTINATION FILE...): FILE is here; "FILE=NAME" is called otherwise there.
function(lt_install_documents component destination)
    foreach(file ${ARGN})
        string(REGEX REPLACE "^.*=" "" name "${file}")
        string(REGEX REPLACE "=.*$" "" file "${file}")
        cmake_path(GET name FILENAME name)
        cmake_path(ABSOLUTE_PATH file OUTPUT_VARIABLE path)
        cmake_path(RELATIVE_PATH path BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE source)
        set_property(GLOBAL APPEND PROPERTY LT_DOCUMENTS "document|${source}|${destination}/${name}|${component}")
        install(FILES ${CMAKE_BINARY_DIR}/documents/${destination}/${name} DESTINATION ${destination} COMPONENT ${component})
    endforeach()
endfunction()

# lt_document_place(COMPONENT SOURCE INSTALLED): where else a link may lead; a folder with all that is in it.
function(lt_document_place component source installed)
    set_property(GLOBAL APPEND PROPERTY LT_DOCUMENTS "place|${source}|${installed}|${component}")
endfunction()

# Behind all of them. ARGN: "hub>tools", where the first is never installed without the second.
function(lt_make_documents)
    get_property(plan GLOBAL PROPERTY LT_DOCUMENTS)
    set(sources)
    set(made)
    foreach(line ${plan})
        string(REPLACE "|" ";" line "${line}")
        list(GET line 0 kind)
        if(kind STREQUAL "document")
            list(GET line 1 source)
            list(GET line 2 installed)
            list(APPEND sources ${PROJECT_SOURCE_DIR}/${source})
            list(APPEND made ${CMAKE_BINARY_DIR}/documents/${installed})
        endif()
    endforeach()
    set(script ${PROJECT_SOURCE_DIR}/cmake/documents.py)
    list(JOIN plan "\n" text)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/documents.plan CONTENT "${text}\n" @ONLY) # touched only where it changes
    add_custom_command(OUTPUT ${made}
        COMMAND Python3::Interpreter ${script} ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/documents.plan ${CMAKE_BINARY_DIR}/documents
            ${ARGN}
        DEPENDS ${script} ${CMAKE_BINARY_DIR}/documents.plan ${sources}
        COMMENT "Documents as they are installed" VERBATIM)
    add_custom_target(lt_documents ALL DEPENDS ${made})
endfunction()
