# For the image: what Debian has as archives is linked in, and what nothing calls is left out, so that all there is of a
# library is what is used of it. Objects are compiled as in every other release build; only the last link differs.
# The linker notes what it took (ambassador.d), so that .ci/image_root.sh can tell scanners.
option(AMBASSADOR_STATIC "Link libraries from archives where Debian has them" OFF)

# An imported target says where its library is in one of these.
set(location_properties IMPORTED_LOCATION IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION_NONE INTERFACE_LINK_LIBRARIES)

function(take_archives)
  foreach(target IN LISTS ARGN)
    foreach(property IN LISTS location_properties)
      get_target_property(place ${target} ${property})
      if(place)
        list(TRANSFORM place REPLACE "^(/.*)\\.so[.0-9]*$" "\\1.a")
        set_target_properties(${target} PROPERTIES ${property} "${place}")
      endif()
    endforeach()
  endforeach()
endfunction()

if(AMBASSADOR_STATIC)
  take_archives(Boost::container Boost::json Boost::url OpenSSL::Crypto OpenSSL::SSL PkgConfig::cares yaml-cpp)

  # Debian has no archive of spdlog, but its sources as headers.
  add_library(spdlog_compiled STATIC ${PROJECT_SOURCE_DIR}/cmake/spdlog_compiled.cpp)
  target_compile_definitions(spdlog_compiled PRIVATE SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
  set_target_properties(spdlog::spdlog PROPERTIES IMPORTED_LOCATION_NONE ${PROJECT_BINARY_DIR}/libspdlog_compiled.a)
  add_dependencies(spdlog::spdlog spdlog_compiled)
  set(CMAKE_SKIP_RPATH ON) # it counts as shared still, and its directory would be looked in

  # Of these two much is never called; of ours nothing.
  foreach(target boost_compiled spdlog_compiled)
    target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  endforeach()
  add_link_options(-s -Wl,--gc-sections -Wl,--dependency-file=ambassador.d)
  # Half a megabyte of relocations of a position-independent binary becomes some kilobytes. Only there does Debian's linker know it.
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_link_options(-Wl,-z,pack-relative-relocs)
  endif()
endif()
