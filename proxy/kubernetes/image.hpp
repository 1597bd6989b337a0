// The parts of an image's name: `registry:5000/path/NAME:TAG@DIGEST`.
#pragma once

#include <string_view>

namespace ambassador::kubernetes {

/// Without tag and digest.
constexpr std::string_view repository(std::string_view image) noexcept {
  image = image.substr(0, image.find('@'));
  auto const name = image.rfind('/') + 1;
  auto const tag = image.find(':', name);  // a colon before it is a port's
  return image.substr(0, tag);
}

/// The last part of its path.
constexpr std::string_view image_name(std::string_view image) noexcept {
  auto const path = repository(image);
  return path.substr(path.rfind('/') + 1);
}

}  // namespace ambassador::kubernetes
