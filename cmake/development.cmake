# How others find the libraries: the CMake package LienThon, and pkg-config.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/LienThon)
set(LT_BRIDGES_FOLDER lib/lienthon/bridges) # where the host looks, beside its own bin/

foreach(kind shared static)
    if(TARGET lienthon-client-${kind})
        install(EXPORT lienthon-${kind} NAMESPACE LienThon:: DESTINATION ${package_folder}
            FILE LienThon-${kind}.cmake COMPONENT development)
    endif()
endforeach()
configure_package_config_file(cmake/LienThonConfig.cmake.in ${CMAKE_BINARY_DIR}/LienThonConfig.cmake
    INSTALL_DESTINATION ${package_folder} PATH_VARS CMAKE_INSTALL_INCLUDEDIR LT_BRIDGES_FOLDER)
# Below 1.0 a new minor version may change the interface.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/LienThonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/LienThonConfig.cmake ${CMAKE_BINARY_DIR}/LienThonConfigVersion.cmake
    DESTINATION ${package_folder} COMPONENT development)

# Relocatable: the prefix is where the file lies.
file(RELATIVE_PATH LT_PREFIX_FROM_PC /x/${CMAKE_INSTALL_LIBDIR}/pkgconfig /x)
string(REGEX REPLACE "/$" "" LT_PREFIX_FROM_PC "${LT_PREFIX_FROM_PC}")
set(socket_libraries ${CZMQ_LIBRARIES} ${ZMQ_LIBRARIES})
list(REMOVE_DUPLICATES socket_libraries)
list(TRANSFORM socket_libraries PREPEND -l)
list(JOIN socket_libraries " " LT_PC_LIBS)
foreach(name lienthon lienthon-schemas lienthon-bridge)
    configure_file(cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()
