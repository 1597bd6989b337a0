# shellcheck shell=bash
# What is mounted where we are about to remove files. Sourced by ./dev and .ci/bare.sh.

# Prints the mount points below the directory, one a line.
#   mounts_below DIRECTORY
mounts_below() { awk -v directory="$1/" 'index($5, directory) == 1 {print $5}' /proc/self/mountinfo; }
