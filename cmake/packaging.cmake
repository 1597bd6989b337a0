# What a release is: the binary, stripped, and all that goes with it, put in place by `cmake --install`, and in a Debian
# package by `cpack -G DEB`. What has to be made for it first is the target `release`, which no other build makes;
# `./dev package` does all of it. What is the same for every release is under packaging/.
include(GNUInstallDirs)

set(CPACK_PACKAGE_CONTACT "The Ambassador authors <ambassador@project.invalid>")
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(release_dir ${PROJECT_BINARY_DIR}/release)
file(MAKE_DIRECTORY ${release_dir})

# A file of the release that is what a command says.
#   release_file(NAME COMMAND command… DEPENDS file…)
function(release_file name)
  cmake_parse_arguments(arg "" "" "COMMAND;DEPENDS" ${ARGN})
  add_custom_command(OUTPUT ${release_dir}/${name} COMMAND ${arg_COMMAND} > ${release_dir}/${name} DEPENDS ${arg_DEPENDS} VERBATIM)
  set(release_files ${release_files} ${release_dir}/${name} PARENT_SCOPE)
endfunction()

set(release_files ${release_dir}/ambassador)
add_custom_command(OUTPUT ${release_dir}/ambassador DEPENDS ambassador VERBATIM
  COMMAND ${CMAKE_STRIP} --remove-section=.comment --remove-section=.note -o ${release_dir}/ambassador $<TARGET_FILE:ambassador>)
release_file(ambassador.sbom.cdx.json DEPENDS ${packaging}/sbom.py ${release_dir}/ambassador
  COMMAND ${packaging}/sbom.py ${release_dir}/ambassador --version ${PROJECT_VERSION})
release_file(ambassador.yaml.5 DEPENDS ${packaging}/manual.py ${packaging}/ambassador.yaml.5.in ${PROJECT_SOURCE_DIR}/docs/configuration.md
  COMMAND ${packaging}/manual.py ${packaging}/ambassador.yaml.5.in ${PROJECT_SOURCE_DIR}/docs/configuration.md)
release_file(ambassador.1.gz DEPENDS ${packaging}/ambassador.1 COMMAND gzip -9nc ${packaging}/ambassador.1)
release_file(ambassador.yaml.5.gz DEPENDS ${release_dir}/ambassador.yaml.5 COMMAND gzip -9nc ${release_dir}/ambassador.yaml.5)
release_file(changelog DEPENDS ${packaging}/debian/changelog.py ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  COMMAND ${packaging}/debian/changelog.py ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${CPACK_PACKAGE_CONTACT})
release_file(changelog.gz DEPENDS ${release_dir}/changelog COMMAND gzip -9nc ${release_dir}/changelog)
add_custom_target(release DEPENDS ${release_files})

install(PROGRAMS ${release_dir}/ambassador TYPE BIN)
install(FILES ${packaging}/ambassador.service DESTINATION lib/systemd/system)
# Where the binary looks, whatever the prefix.
install(FILES ${packaging}/ambassador.yaml DESTINATION /etc/ambassador)
install(FILES ${release_dir}/ambassador.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${release_dir}/ambassador.yaml.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${packaging}/completions/ambassador.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ambassador)
install(FILES ${packaging}/completions/ambassador.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _ambassador)
install(FILES ${packaging}/completions/ambassador.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
set(docs ${CMAKE_INSTALL_DATADIR}/doc/ambassador)
install(FILES README.md CHANGELOG.md SECURITY.md NOTICE ${release_dir}/ambassador.sbom.cdx.json ${release_dir}/changelog.gz ${packaging}/debian/copyright DESTINATION ${docs})
install(DIRECTORY docs DESTINATION ${docs} FILES_MATCHING PATTERN *.md PATTERN *.svg PATTERN *.png)
install(FILES config/schema.json DESTINATION ${docs})
install(DIRECTORY config/examples DESTINATION ${docs})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ambassador)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sidecar proxy that maps localhost to services and blocks the rest")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "\
The ambassador sits beside an app and takes over its connections. The app calls
localhost; the ambassador maps the address to the real service, blocks what is
not in the map, logs every call and counts it for Prometheus.
.
It takes HTTP and TCP, speaks TLS where it must, balances, retries, and reads
its configuration again without a dropped call.")
# /etc is below the package's root as well.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nftables | iptables, prometheus")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${packaging}/debian/conffiles ${packaging}/debian/postinst ${packaging}/debian/prerm ${packaging}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
