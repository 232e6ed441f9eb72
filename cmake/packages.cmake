# What is installed beside the programs, and the Debian packages: `cmake --preset package`, build, `cpack` in build/package.
# A component is a package: hub, tools, bridges, library, development (the last two: cmake/ship.cmake).
set(debian ${PROJECT_SOURCE_DIR}/deploy/debian)
set(systemd ${PROJECT_SOURCE_DIR}/deploy/systemd)
set(LT_PACKAGE_hub lienthon-hub)
set(LT_PACKAGE_tools lienthon-tools)
set(LT_PACKAGE_bridges lienthon-bridges)
set(LT_PACKAGE_library liblienthon${PROJECT_VERSION_MAJOR})
set(LT_PACKAGE_development liblienthon-dev)
set(components hub tools bridges)
if(TARGET lienthon-client-shared)
    list(APPEND components library development)
endif()

# Debian wants its own compression, without the hour in it.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/changelog.gz
    COMMAND gzip -9nc ${debian}/changelog >${CMAKE_BINARY_DIR}/changelog.gz
    DEPENDS ${debian}/changelog)
add_custom_target(lt_changelog ALL DEPENDS ${CMAKE_BINARY_DIR}/changelog.gz)

foreach(component ${components})
    set(name ${LT_PACKAGE_${component}})
    set(doc ${CMAKE_INSTALL_DATADIR}/doc/${name})
    install(FILES ${debian}/copyright ${CMAKE_BINARY_DIR}/changelog.gz DESTINATION ${doc} COMPONENT ${component})
    if(EXISTS ${debian}/${name}.lintian)
        install(FILES ${debian}/${name}.lintian DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
            RENAME ${name} COMPONENT ${component})
    endif()
endforeach()

# Units, users, folders. systemd reads them below /usr/lib whatever the libraries' folder is.
install(FILES ${systemd}/lienthond.service ${systemd}/lienthon-backup.service ${systemd}/lienthon-backup.timer
    DESTINATION lib/systemd/system COMPONENT hub)
install(FILES ${systemd}/lienthon-bridge@.service DESTINATION lib/systemd/system COMPONENT bridges)
install(FILES ${systemd}/lienthon.target ${systemd}/lienthon.slice DESTINATION lib/systemd/system COMPONENT tools)
install(FILES ${systemd}/lienthon.sysusers DESTINATION lib/sysusers.d RENAME lienthon.conf COMPONENT hub)
install(FILES ${systemd}/lienthon.tmpfiles DESTINATION lib/tmpfiles.d RENAME lienthon.conf COMPONENT hub)
install(FILES ${systemd}/lienthon-bridges.tmpfiles DESTINATION lib/tmpfiles.d
    RENAME lienthon-bridges.conf COMPONENT bridges)
install(FILES ${systemd}/examples/encrypted-keys.conf
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${LT_PACKAGE_hub}/examples COMPONENT hub)
install(FILES ${systemd}/examples/sound.conf
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${LT_PACKAGE_bridges}/examples COMPONENT bridges)

# Roles for reading: `lienthon init` writes its own copy of what is built in.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/roles DESTINATION ${CMAKE_INSTALL_DATADIR}/lienthon COMPONENT tools)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/prometheus ${PROJECT_SOURCE_DIR}/deploy/grafana
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lienthon COMPONENT hub)
set(doc ${CMAKE_INSTALL_DATADIR}/doc/${LT_PACKAGE_tools})
lt_install_documents(tools ${doc} README.md SECURITY.md clients/cli/backup.md deploy/README.md=operator.md)
lt_install_documents(bridges ${CMAKE_INSTALL_DATADIR}/doc/${LT_PACKAGE_bridges} bridges/README.md bridges/PROGRAMS.md)
lt_install_documents(development ${CMAKE_INSTALL_DATADIR}/doc/${LT_PACKAGE_development} ARCHITECTURE.md schemas/wire.md)
lt_document_place(tools deploy/roles ${CMAKE_INSTALL_DATADIR}/lienthon/roles)
lt_document_place(bridges bridges/python/lienthon_bridge.py lib/lienthon/python/lienthon_bridge.py)
lt_document_place(bridges bridges/templates ${CMAKE_INSTALL_DATADIR}/lienthon/templates)
foreach(folder schemas clients/lib bridges/sdk)
    lt_document_place(development ${folder}/include/lienthon ${CMAKE_INSTALL_INCLUDEDIR}/lienthon)
endforeach()
lt_make_documents("hub>tools" "bridges>tools" "development>library")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lienthon)
set(CPACK_PACKAGE_VENDOR "Liên Thôn")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL ${components})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/compress.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "Liên Thôn maintainers <maintainers@users.noreply.h-seed-d617fc9c.example>")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
foreach(component ${components})
    string(TOUPPER ${component} upper)
    set(name ${LT_PACKAGE_${component}})
    set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
    file(READ ${debian}/${name}.description description)
    string(STRIP "${description}" CPACK_DEBIAN_${upper}_DESCRIPTION)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${debian}/${name}.description)
    file(GLOB CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA ${debian}/${name}/*)
endforeach()

set(CPACK_COMPONENT_HUB_DEPENDS tools)
set(CPACK_COMPONENT_BRIDGES_DEPENDS tools)
set(CPACK_COMPONENT_DEVELOPMENT_DEPENDS library)
# Who makes the user and the folders; what asks before data is deleted.
set(sysusers "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_HUB_PACKAGE_DEPENDS "${sysusers}, debconf (>= 0.5) | debconf-2.0")
set(CPACK_DEBIAN_BRIDGES_PACKAGE_DEPENDS "python3:any, systemd | systemd-standalone-tmpfiles, debconf (>= 0.5) | debconf-2.0")
set(CPACK_DEBIAN_BRIDGES_PACKAGE_RECOMMENDS espeak-ng)
set(CPACK_DEBIAN_HUB_PACKAGE_SUGGESTS "lienthon-bridges, prometheus")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
# What liblienthon.a and its headers' users link.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libczmq-dev, libzmq3-dev, libsodium-dev, libmsgpack-dev, libjansson-dev")
include(CPack)
