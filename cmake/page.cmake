# The page of the admin port: npm brings uPlot into the build directory, and build.mjs makes one C++ file of it and proxy/admin/page.
#   ambassador_page(TARGET)   adds the file to the target
function(ambassador_page target)
  set(source ${PROJECT_SOURCE_DIR}/proxy/admin/page)
  set(built ${PROJECT_BINARY_DIR}/page)
  find_program(AMBASSADOR_NODE node)
  find_program(AMBASSADOR_NPM npm)
  if(NOT AMBASSADOR_NODE OR NOT AMBASSADOR_NPM)
    message(FATAL_ERROR "The page of the admin port is built by node and npm, of which one is missing: "
                        "apt-get install nodejs npm")
  endif()

  set(uplot ${built}/node_modules/.package-lock.json)  # npm writes it last
  add_custom_command(
    OUTPUT ${uplot}
    COMMAND ${CMAKE_COMMAND} -D NPM=${AMBASSADOR_NPM} -D SOURCE=${source} -D DIRECTORY=${built}
            -P ${PROJECT_SOURCE_DIR}/cmake/npm_ci.cmake
    DEPENDS ${source}/package.json ${source}/package-lock.json
    COMMENT "The page's chart library, by npm" VERBATIM)

  file(GLOB parts CONFIGURE_DEPENDS ${source}/*.html ${source}/*.css ${source}/*.js)
  add_custom_command(
    OUTPUT ${built}/page.cpp
    COMMAND ${AMBASSADOR_NODE} ${source}/build.mjs ${built}/node_modules ${built}/page.cpp
    DEPENDS ${source}/build.mjs ${parts} ${uplot}
    COMMENT "The page of the admin port" VERBATIM)
  target_sources(${target} PRIVATE ${built}/page.cpp)
  set_source_files_properties(${built}/page.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
