#!/bin/sh
# Installs fief-auth for one user: see usage() below, or `sh install.sh --help`.
#
# All that is done is in functions, and the last line calls them: a download of this script that breaks off does nothing.

# Where releases are. FIEF_AUTH_RELEASES names a mirror, laid out as the releases on GitHub:
#   latest/download/SHA256SUMS, download/vVERSION/SHA256SUMS, download/vVERSION/fief-auth-VERSION-TARGET.tar.gz
default_releases=https://github.com/fief-dev/fief-auth/releases

usage() {
  cat <<'EOF'
Installs fief-auth for you alone: one file, no root.

  sh install.sh [--version VERSION] [--dir DIR]
  sh install.sh --uninstall [--dir DIR]

  --version VERSION   this version, 0.1.0 say; by default the latest one
  --dir DIR           where to put it; by default ~/.local/bin
  --uninstall         remove what this script put there; credentials stay
  --help              this text

FIEF_AUTH_RELEASES names a mirror of the releases (https, or http on this
machine). What was downloaded is used only if its SHA-256 sum is right.
EOF
}

main() {
  # zsh splits no words and runs EXIT traps at the end of a function, unless it is told to be sh.
  if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi
  set -u
  umask 022
  newline='
'
  work='' made='' child='' draft='' releases=${FIEF_AUTH_RELEASES:-$default_releases}
  trap 'clean_up' EXIT
  trap 'stop 129' HUP
  trap 'stop 130' INT
  trap 'stop 143' TERM

  read_arguments "$@"
  find_places
  find_summer
  if [ "$action" = uninstall ]; then
    uninstall
  else
    install
  fi
}

read_arguments() {
  action=install wanted='' dir=default
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --dir) [ $# -gt 1 ] || wrong_usage "$1 needs a value" ;;
    esac
    case $1 in
      --version) wanted=${2#v} && shift ;;
      --version=*) wanted=${1#*=} && wanted=${wanted#v} ;;
      --dir) in_directory "$2" && shift ;;
      --dir=*) in_directory "${1#*=}" ;;
      --uninstall) action=uninstall ;;
      -h | --help) usage && exit 0 ;;
      *) wrong_usage "There is no option \"$1\"" ;;
    esac
    shift
  done
  case $wanted in
    '') ;;
    [!0-9]* | *[!0-9A-Za-z.+-]*) wrong_usage "\"$wanted\" is no version: 0.1.0 is one" ;;
  esac
}

in_directory() {
  case $1 in
    '') wrong_usage "--dir needs a value" ;;
    /*) dir=$1 ;;
    *) dir=$PWD/$1 ;;
  esac
}

# The program, and the record of what was installed: it makes --uninstall remove that and nothing else.
find_places() {
  case ${HOME:-} in
    /*) ;;
    *) fail "HOME is not set: it is where fief-auth goes, and where it is noted" ;;
  esac
  case $dir in
    default)
      if [ -n "${SUDO_USER:-}" ] && [ "$(id -u)" = 0 ]; then
        fail "No root is needed: run it without sudo, or say with --dir where all users find it"
      fi
      dir=$HOME/.local/bin
      ;;
    *"$newline"*) wrong_usage "The name of the directory may not hold a line break" ;;
  esac
  dir=${dir%/} # as it may be typed; "/" itself is no place for a program
  target=$dir/fief-auth
  case ${XDG_DATA_HOME:-} in
    /*) records=$XDG_DATA_HOME/fief-auth ;; # a relative one is to be ignored, says the XDG Base Directory Specification
    *) records=$HOME/.local/share/fief-auth ;;
  esac
  record=$records/installed
}

find_summer() {
  for summer in sha256sum shasum openssl; do
    if has "$summer"; then return; fi
  done
  fail "No checksum can be verified: install sha256sum, shasum or openssl"
}

# The SHA-256 sum of a file. It is read from standard input, as the programs print names each in a way of their own.
sum_of() {
  case $summer in
    sha256sum) sha256sum ;;
    shasum) shasum -a 256 ;;
    openssl) openssl dgst -sha256 ;;
  esac <"$1" | sed 's/^.*= *//; s/ .*$//'
}

install() {
  find_platform
  find_downloader
  if [ -d "$target" ]; then fail "$target is a directory: choose another with --dir"; fi
  make_directory "$dir" || fail "$dir cannot be made: choose another with --dir"
  # In the same directory, for a rename within one file system; and whoever may not write there hears it before a download.
  work=$(mktemp -d "$dir/.fief-auth.XXXXXX" 2>/dev/null) || fail "$dir cannot be written to: choose another with --dir"

  read_sums
  find_old
  if [ "$old" = "$version" ] && [ "$recorded" = yes ]; then
    say "fief-auth $version is there already: $target"
    path_hint
    return
  fi
  say "Downloading fief-auth $version for $platform"
  download "$releases/download/v$version/$archive" "$work/$archive" ||
    fail "$releases/download/v$version/$archive cannot be downloaded: nothing was installed"
  found=$(sum_of "$work/$archive")
  if [ "$found" != "$sum" ]; then
    fail "$archive is not what the release says: its SHA-256 sum is $found, expected $sum. Nothing was installed"
  fi
  tar -xzf "$work/$archive" -C "$work" fief-auth 2>"$work/log" || fail "$archive cannot be unpacked: $(cat "$work/log")"
  check_program "$work/fief-auth"
  put_in_place

  case $old in
    '' | "$version") say "fief-auth $version is in $target" ;;
    *) say "fief-auth $old -> $version in $target" ;;
  esac
  path_hint
}

find_platform() {
  system=$(uname -s) machine=$(uname -m)
  # A 64-bit kernel may carry 32-bit programs; and a translated shell on Apple silicon calls itself Intel.
  case $system-$machine in
    Linux-x86_64 | Linux-amd64 | Linux-aarch64 | Linux-arm64)
      if [ "$(getconf LONG_BIT 2>/dev/null)" = 32 ]; then machine="$machine (32 bit)"; fi
      ;;
    Darwin-x86_64)
      if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then machine=arm64; fi
      ;;
  esac
  case $system-$machine in
    Linux-x86_64 | Linux-amd64) platform=x86_64-unknown-linux-gnu ;;
    Linux-aarch64 | Linux-arm64) platform=aarch64-unknown-linux-gnu ;;
    Darwin-x86_64) platform=x86_64-apple-darwin ;;
    Darwin-arm64) platform=aarch64-apple-darwin ;;
    MINGW* | MSYS* | CYGWIN*) fail "On Windows, run install.ps1 in PowerShell" ;;
    *) fail "There is no program for $system on $machine. The README says how to run fief-auth from source, with Deno" ;;
  esac
}

find_downloader() {
  case $releases in
    *@*) fail "FIEF_AUTH_RELEASES may not hold a user or a password" ;;
    https://*) protocols='=https' ;;
    http://localhost:* | http://localhost/* | http://127.0.0.1:* | 'http://[::1]:'*) protocols='=http' ;;
    *) fail "FIEF_AUTH_RELEASES has to begin with https://; http is for this machine only" ;;
  esac
  releases=${releases%/}
  if has curl; then
    downloader=curl
  elif ! has wget; then
    fail "Nothing here can download: install curl or wget"
  else
    case $(wget --version 2>/dev/null) in
      *"GNU Wget"*) downloader="wget" ;;
      *) downloader=other_wget ;;
    esac
    # That of BusyBox may take any certificate, and the sums come the same way as the program.
    if [ "$downloader$protocols" = other_wget=https ]; then
      fail "This wget does not check certificates for sure: install curl or GNU Wget"
    fi
  fi
}

# download URL FILE. In the background, so that Ctrl-C and SIGTERM need not wait for it.
download() {
  case $downloader in
    curl)
      if [ -t 2 ]; then meter=--progress-bar; else meter=--silent; fi
      curl "$meter" --show-error --fail --location --proto "$protocols" --proto-redir "$protocols" --connect-timeout 20 \
        --speed-limit 1 --speed-time 60 --retry 2 --output "$2" "$1" &
      ;;
    wget) wget -q --tries=2 --timeout=60 -O "$2" "$1" & ;;
    other_wget) wget -q -O "$2" "$1" & ;; # no -T: the wget of BusyBox 1.35 crashes at it
  esac
  child=$!
  wait "$child"
  set -- $?
  child=''
  return "$1"
}

# The version, and the sum that its archive must have. Both from one file, so that they fit together whatever "latest" is meanwhile.
read_sums() {
  case $wanted in
    '') sums=$releases/latest/download/SHA256SUMS ;;
    *) sums=$releases/download/v$wanted/SHA256SUMS ;;
  esac
  download "$sums" "$work/SHA256SUMS" || fail "$sums cannot be downloaded: without checksums nothing is installed"
  line=$(sed -n "s/^\([0-9a-f]\{64\}\)  fief-auth-\([0-9][0-9A-Za-z.+-]*\)-$platform\.tar\.gz\$/\1 \2/p" "$work/SHA256SUMS")
  sum=${line%% *} version=${line#* }
  case $line in
    '') fail "$sums has no checksum for $platform: nothing was installed" ;;
    *"$newline"*) fail "$sums has more than one checksum for $platform: nothing was installed" ;;
  esac
  if [ -n "$wanted" ] && [ "$version" != "$wanted" ]; then
    fail "$sums is for version $version, not $wanted: nothing was installed"
  fi
  archive=fief-auth-$version-$platform.tar.gz
}

# What is there: old is its version, recorded whether this script put it there and nobody has changed it since.
find_old() {
  old='' recorded=no
  if [ ! -e "$target" ] && [ ! -L "$target" ]; then return; fi
  if read_record && [ -f "$target" ] && [ "$(sum_of "$target")" = "$recorded_sum" ]; then
    old=$recorded_version recorded=yes
  elif [ -f "$target" ] && [ -x "$target" ]; then
    old=$(version_of "$target" 2>/dev/null)
  fi
  if [ -z "$old" ]; then fail "$target is there, and is no fief-auth: move it, or choose another directory with --dir"; fi
}

version_of() {
  "$1" --version </dev/null | sed -n '1s/^fief-auth \([0-9][^ ]*\).*$/\1/p'
}

# It may be for another system still: one with musl instead of glibc, say.
check_program() {
  chmod 755 "$1"
  says=$(version_of "$1" 2>"$work/log")
  if [ "$says" = "$version" ]; then return; fi
  if [ -n "$says" ]; then fail "$archive holds version $says, not $version: nothing was installed"; fi
  cat "$work/log" >&2
  case $(ldd --version 2>&1) in
    *musl*) fail "fief-auth needs glibc, and this system has musl. The README says how to run it from source, with Deno" ;;
    *) fail "fief-auth $version does not run on this system: nothing was installed" ;;
  esac
}

# The rename replaces the program even while it runs: those that run keep the old one.
put_in_place() {
  make_directory "$records" || fail "$records cannot be made: what is installed is noted there"
  draft=$record.$$
  { other_records && printf '%s %s %s\n' "$(sum_of "$work/fief-auth")" "$version" "$target"; } >"$draft" ||
    fail "$records cannot be written to: what is installed is noted there"
  trap '' HUP INT TERM # both or none
  mv -f "$work/fief-auth" "$target" || fail "$target cannot be replaced"
  mv -f "$draft" "$record" || fail "$record cannot be written: remove $target by hand to uninstall"
  draft='' made=''
}

# A line of the record: SUM VERSION PATH.
read_record() {
  [ -f "$record" ] || return 1
  while read -r recorded_sum recorded_version recorded_path; do
    if [ "$recorded_path" = "$target" ]; then return; fi
  done <"$record"
  return 1
}

other_records() {
  [ -f "$record" ] || return 0
  while read -r other_sum other_version other_path; do
    if [ "$other_path" != "$target" ]; then printf '%s %s %s\n' "$other_sum" "$other_version" "$other_path"; fi
  done <"$record"
}

uninstall() {
  if ! read_record; then
    if [ -s "$record" ]; then
      say "Installed by this script, each with its --dir:"
      while read -r _ _ other_path; do say "  ${other_path%/fief-auth}"; done <"$record"
    fi
    fail "This script has installed nothing in $dir: nothing was removed"
  fi
  if [ -e "$target" ] || [ -L "$target" ]; then
    if [ ! -f "$target" ] || [ "$(sum_of "$target")" != "$recorded_sum" ]; then
      fail "$target is not the file that this script put there: nothing was removed"
    fi
  else
    say "$target is gone already"
  fi
  draft=$record.$$
  other_records >"$draft" || fail "$records cannot be written to: nothing was removed"
  trap '' HUP INT TERM # both or none
  rm -f "$target" || fail "$target cannot be removed"
  mv -f "$draft" "$record" && draft=''
  if [ ! -s "$record" ]; then rm -f "$record" && rmdir "$records" 2>/dev/null; fi
  say "Removed fief-auth $recorded_version from $dir"
  credentials_hint
}

# Where the program keeps sessions: lib/credentials/path.ts.
credentials_hint() {
  if [ "$(uname -s)" = Darwin ]; then
    credentials="$HOME/Library/Application Support/fief-auth"
  else
    case ${XDG_CONFIG_HOME:-} in
      /*) credentials=$XDG_CONFIG_HOME/fief-auth ;;
      *) credentials=$HOME/.config/fief-auth ;;
    esac
  fi
  for place in "$credentials" "${FIEF_CREDENTIALS:-}"; do
    if [ -n "$place" ] && [ -e "$place" ]; then say "Credentials stay in $place: remove it to forget the sessions"; fi
  done
}

path_hint() {
  case :$PATH: in
    *":$dir:"*)
      first=$(command -v fief-auth)
      if [ "$first" != "$target" ]; then say "Another one comes first in PATH: $first"; fi
      return
      ;;
  esac
  say "$dir is not in PATH."
  case $dir in
    "$HOME"/*) shown="\$HOME/${dir#"$HOME"/}" plain=${dir#"$HOME"/} ;;
    *) shown=$dir plain=$dir ;;
  esac
  case $plain in
    *[!0-9A-Za-z/._-]*) return ;; # quoting it right is up to who knows the shell
  esac
  export_line="export PATH=\"$shown:\$PATH\""
  say "Add it, and open a new terminal:"
  shell=${SHELL:-}
  case ${shell##*/} in
    fish) say "  fish_add_path \"$shown\"" ;;
    zsh) say "  echo '$export_line' >> ${ZDOTDIR:-~}/.zshrc" ;;
    bash)
      # On macOS terminals start login shells, which read another file.
      case $(uname -s) in
        Darwin) say "  echo '$export_line' >> ~/.bash_profile" ;;
        *) say "  echo '$export_line' >> ~/.bashrc" ;;
      esac
      ;;
    *) say "  echo '$export_line' >> ~/.profile" ;;
  esac
}

# With its parents. What was made is remembered, the deepest first, to be taken back if the installation fails.
make_directory() {
  if [ -d "$1" ]; then return; fi
  make_directory "$(dirname "$1")" || return
  mkdir "$1" 2>/dev/null || return
  made=$1$newline$made
}

# shellcheck disable=SC2317,SC2329 # a trap calls it
clean_up() {
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ -n "$draft" ]; then rm -f "$draft"; fi
  IFS=$newline
  set -f
  for directory in $made; do rmdir "$directory" 2>/dev/null; done
}

# shellcheck disable=SC2317,SC2329 # a trap calls it
stop() {
  if [ -n "$child" ]; then kill "$child" 2>/dev/null; fi
  say "Stopped: nothing was changed" >&2
  exit "$1"
}

has() {
  command -v "$1" >/dev/null 2>&1
}

say() {
  printf '%s\n' "$1"
}

fail() {
  say "install.sh: $1" >&2
  exit 1
}

wrong_usage() {
  say "install.sh: $1. See --help" >&2
  exit 2
}

# In braces, as even this line may come in part.
{ main "$@"; exit; }
