# What the compiler and the linker do against mistakes of ours becoming someone else's tool. In release builds, so that what
# is tested, measured, packaged and put into the image is one and the same; the sanitizers have checks of their own.
# tests/image/test_contents.py looks at the binary. It costs a small call 3 % more instructions.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(control_flow -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  set(control_flow -mbranch-protection=standard)
endif()
add_compile_options("$<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3;-fstack-protector-strong;-fstack-clash-protection;${control_flow}>")
add_link_options("$<$<CONFIG:Release>:-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code>")
