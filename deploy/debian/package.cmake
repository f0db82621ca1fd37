# cpack: a package for Debian 12 and what is like it, from a build of the preset release.
#
#   cmake --preset release && cmake --build build/release && (cd build/release && cpack)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME linkhaul)
set(CPACK_PACKAGE_CONTACT "linkhaul <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Pages through backlink listings over concurrent calls and streams the rows into
tables. Every call is reserved against caps in US dollars before it is sent, and
what was paid for is neither lost nor bought twice.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "tzdata, ca-certificates, systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql (>= 15)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/deploy/debian/conffiles ${CMAKE_SOURCE_DIR}/deploy/debian/postinst
    ${CMAKE_SOURCE_DIR}/deploy/debian/prerm ${CMAKE_SOURCE_DIR}/deploy/debian/postrm)

# What stands in /etc is the package's alone: `cmake --install` leaves that folder alone. Each
# component is installed, into one package.
install(FILES etc/linkhaul.yaml etc/linkhaul.schema.json etc/job.schema.json
        DESTINATION ../etc/linkhaul COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION ../etc/linkhaul/jobs.d COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION ../etc/linkhaul/credentials COMPONENT package EXCLUDE_FROM_ALL
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_COMPONENTS_ALL Unspecified package)
include(CPack)
