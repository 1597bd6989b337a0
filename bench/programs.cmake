# The load and the upstream of the bench. The tests build them too.
include_guard(GLOBAL)
foreach(part net wire load upstream)
  add_subdirectory(${CMAKE_CURRENT_LIST_DIR}/${part} ${PROJECT_BINARY_DIR}/bench/${part})
endforeach()
