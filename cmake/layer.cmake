# A layer of the architecture is a static library `ambassador_NAME` from proxy/NAME, and its edges are the
# only target_link_libraries there are. DEPENDS names other layers, LIBRARIES what comes from elsewhere.
# COLD: no call goes through it, so that in a release it is compiled to be small. GCC 12 then sees optionals read that were never
# set, where they were.
# RARE: it does nothing for a single call, so that it is compiled with -O2, in two thirds of the time.
#   ambassador_layer(NAME [PCH] [COLD | RARE] [DEPENDS layer…] [LIBRARIES target…])
function(ambassador_layer name)
  cmake_parse_arguments(arg "PCH;COLD;RARE" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/proxy/${name}/*.cpp)
  set(target ambassador_${name})
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/proxy)
  list(TRANSFORM arg_DEPENDS PREPEND ambassador_)
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES})
  # Under a sanitizer these two kinds take most of the build, and little of the tests.
  if(AMBASSADOR_SANITIZED AND (arg_COLD OR arg_RARE))
    target_compile_options(${target} PRIVATE -O0)
    set(arg_PCH OFF) # it was made with another -O
  endif()
  if(arg_COLD)
    target_compile_options(${target} PRIVATE "$<$<CONFIG:Release>:-Os;-Wno-maybe-uninitialized>")
  elseif(arg_RARE)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O2>)
  else()
    # GCC inlines less in a large unit, and a unity build makes large ones.
    target_compile_options(${target} PRIVATE "$<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:--param=large-unit-insns=1000000>")
  endif()
  if(arg_PCH AND AMBASSADOR_PCH)
    target_precompile_headers(${target} REUSE_FROM asio_pch)
  endif()
endfunction()

# One precompiled header for every file that speaks Asio.
if(AMBASSADOR_PCH)
  add_library(asio_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/asio_pch.cpp)
  target_link_libraries(asio_pch PUBLIC boost_compiled)
  target_precompile_headers(asio_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/asio_pch.hpp)
endif()
