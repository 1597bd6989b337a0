#include "config/keys/pretty_json.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace ambassador::config {
namespace {

namespace json = boost::json;

bool is_short(json::array const& array) {
  return std::none_of(array.begin(), array.end(), [](json::value const& value) { return value.is_structured(); });
}

class Printer {
 public:
  std::string print(json::value const& value) {
    write(value, 0);
    return std::move(out_);
  }

 private:
  void write(json::value const& value, std::size_t indent) {
    if (auto const* const object = value.if_object(); object != nullptr && !object->empty()) {
      write_object(*object, indent);
    } else if (auto const* const array = value.if_array(); array != nullptr && !is_short(*array)) {
      write_array(*array, indent);
    } else {
      out_ += json::serialize(value);
    }
  }

  void write_object(json::object const& object, std::size_t indent) {
    out_ += '{';
    bool first = true;
    for (auto const& [name, value] : object) {
      next(first, indent + 2);
      out_ += json::serialize(name) + ": ";
      write(value, indent + 2);
    }
    end('}', indent);
  }

  void write_array(json::array const& array, std::size_t indent) {
    out_ += '[';
    bool first = true;
    for (auto const& value : array) {
      next(first, indent + 2);
      write(value, indent + 2);
    }
    end(']', indent);
  }

  void next(bool& first, std::size_t indent) {
    if (!first) out_ += ',';
    first = false;
    out_.append("\n").append(indent, ' ');
  }

  void end(char bracket, std::size_t indent) {
    out_.append("\n").append(indent, ' ');
    out_ += bracket;
  }

  std::string out_;
};

}  // namespace

std::string pretty_json(json::value const& value) { return Printer{}.print(value); }

}  // namespace ambassador::config
