// The page at / of the admin port: one HTML file with its styles and scripts inside, made of proxy/admin/page at build time.
#pragma once

#include <string_view>

namespace ambassador::admin {

extern std::string_view const page_html;
/// Its Content-Security-Policy, which names the styles and the scripts inside by their hashes, and nothing else.
extern std::string_view const page_policy;

}  // namespace ambassador::admin
