# Everything that comes from elsewhere, by the names Debian 12 gives it.
find_package(Boost 1.81.0 EXACT REQUIRED CONFIG COMPONENTS url json)
find_package(OpenSSL 3.0 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)

# Asio and Beast are compiled once, here, and not in every file that includes them.
add_library(boost_compiled STATIC ${PROJECT_SOURCE_DIR}/cmake/boost_compiled.cpp)
target_compile_definitions(boost_compiled PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  # Coroutine frames kept for the next call, for each thread: a call has six of different sizes, with an upload more.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_DATE_TIME)
target_link_libraries(boost_compiled PUBLIC Boost::headers OpenSSL::SSL Threads::Threads)
