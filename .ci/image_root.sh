#!/usr/bin/env bash
# Lays out the root of an image that has nothing below it: the programs, each library they load, CAs, accounts, and what
# a scanner reads to know of which Debian packages all this is.
#   image_root.sh ROOT BINARY [FILE…]
# BINARY becomes /ambassador; the FILEs, programs or not, are Debian's and keep their paths. They may be of another
# architecture than this machine, and so nothing of them is run: readelf says what they load. Beside BINARY may lie
# BINARY.d, where the linker wrote which files it took: the packages of its static libraries are listed too.
set -euo pipefail

fail() { printf 'image_root: %s\n' "$@" >&2; exit 1; }

(($# >= 2)) || fail "usage: image_root.sh ROOT BINARY [FILE…]"
readonly root=$1 binary=$2
shift 2
[[ -f $binary ]] || fail "there is no $binary; build it first"
[[ ! -e $root ]] || fail "$root is there already; name a new directory"

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly project
case $(readelf -h "$binary" | sed -n 's/^ *Machine: *//p') in
  *X86-64*) triplet=x86_64-linux-gnu architecture=amd64 ;;
  *AArch64*) triplet=aarch64-linux-gnu architecture=arm64 ;;
  *) fail "$binary is for a machine that is not known here; there are x86-64 and AArch64" ;;
esac
readonly triplet architecture

# Each name once, however often it is loaded.
declare -A seen=()

# A library that is loaded, by its name; into /usr/lib, where the loader looks without being told.
add_library() {
  local name=$1 found
  [[ -z ${seen[$name]:-} ]] || return 0
  seen[$name]=yes
  for found in {,/usr}/lib/"$triplet/$name"; do [[ -e $found ]] && break; done
  [[ -e $found ]] || fail "no $name in /lib/$triplet or /usr/lib/$triplet"
  # The loader has one place that is written into every program.
  if [[ $name != ld-linux-* ]]; then add_file "$found" "/usr/lib/$triplet/$name"; fi
  add_what_it_loads "$found"
}

add_what_it_loads() {
  local name loader
  loader=$(readelf -lW "$1" | sed -n 's/.*program interpreter: \(.*\)]/\1/p')
  if [[ -n $loader && ! -e $root$loader ]]; then add_file "$(readlink -f "/lib/$triplet/${loader##*/}")" "$loader"; fi
  while read -r name; do add_library "$name"; done < <(readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)]/\1/p')
}

# A file of a Debian package, and that package's papers.
#   add_file SOURCE PLACE
add_file() {
  local source=$1 place=$2 package
  install -D -m "$(stat -Lc %a "$source")" "$source" "$root$place"
  package=$(package_of "$source")
  add_package "$package"
  (cd "$root" && md5sum "${place#/}") >>"$root/var/lib/dpkg/status.d/${package%%:*}.md5sums"
}

# dpkg knows a file by the path that its package gave it, with or without /usr.
package_of() {
  local path
  path=$(readlink -f "$1")
  { dpkg-query -S "$path" || dpkg-query -S "${path#/usr}" || dpkg-query -S "$1"; } 2>/dev/null |
    sed -n '1s/: .*//p' | grep . || fail "no Debian package has $1, so that a scanner would not know what it is"
}

# In the form that scanners know from other images without dpkg: one file a package in status.d.
add_package() {
  local package=$1 name=${1%%:*}
  [[ -z ${seen[package $name]:-} ]] || return 0
  seen[package $name]=yes
  mkdir -p "$root/var/lib/dpkg/status.d"
  dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$name"
  add_copyright "$name"
}

# Each text once: packages of one source share it.
add_copyright() {
  local name=$1 source=/usr/share/doc/$1/copyright place=$root/usr/share/doc/$1/copyright text
  [[ -f $source ]] || fail "$source is missing, and without it the library may not be passed on"
  text="text $(md5sum <"$source")"
  if [[ -n ${seen[$text]:-} ]]; then
    ln -s "${seen[$text]}" "${place%/copyright}"
    return
  fi
  seen[$text]=$name
  install -D -m 644 "$source" "$place"
}

# What is inside the binary itself: code from headers, and from the archives that the linker took. Not the compiler's own.
add_compiled_in() {
  local archive package
  for package in libboost1.81-dev libcli11-dev libspdlog-dev; do
    # One for all architectures goes without a name of one.
    if dpkg-query -s "$package:$architecture" >/dev/null 2>&1; then package+=:$architecture; fi
    compiled_in+=("$package")
  done
  if [[ -e $binary.d ]]; then
    while read -r archive; do compiled_in+=("$(package_of "$archive")"); done < <(archives_taken)
  fi
  for package in "${compiled_in[@]}"; do add_package "$package"; done
}

archives_taken() {
  sed -nE 's/^ *(\/usr\/[^ ]*\.a) *\\?$/\1/p' "$binary.d" | xargs -r realpath | grep -v -e /gcc -e _nonshared | sort -u
}

# Ours, and the licences that the copyright files only name.
add_papers() {
  local licence papers=$root/usr/share/doc/ambassador
  while read -r licence; do
    if [[ -f $licence ]]; then install -D -m 644 "$licence" "$root$licence"; fi
  done < <(grep -rhoE '/usr/share/common-licenses/[A-Za-z]+(-[0-9.]*[0-9])?' "$root/usr/share/doc" | sort -u)
  # Boost's has 2 MB.
  find "$root/usr/share" -type f -size +16k -exec gzip -9n {} +
  install -D -m 644 "$project/LICENSE" "$papers/copyright"
  install -m 644 "$project/NOTICE" "$papers"
  /usr/bin/python3 "$project/packaging/sbom.py" "$binary" --static "${compiled_in[@]%%:*}" >"$papers/ambassador.sbom.cdx.json"
}

# What c-ares and OpenSSL look for, and names for the two users that there may be.
add_etc() {
  # Debian's CAs, and not what this machine trusts besides.
  add_package ca-certificates
  mkdir -p "$root/etc/ssl/certs"
  cat /usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  add_file /usr/lib/os-release /etc/os-release
  add_file /etc/debian_version /etc/debian_version
  mkdir -p "$root/etc/ambassador"
  printf 'root:x:0:0:root:/:/nonexistent\nambassador:x:1080:1080:ambassador:/:/nonexistent\n' >"$root/etc/passwd"
  printf 'root:x:0:\nambassador:x:1080:\n' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}

mkdir -p "$root"
install -m 755 "$binary" "$root/ambassador"
add_what_it_loads "$binary"
for file in "$@"; do
  add_file "$file" "$file"
  if readelf -h "$file" >/dev/null 2>&1; then add_what_it_loads "$file"; fi
done
compiled_in=()
add_compiled_in
add_etc
add_papers
