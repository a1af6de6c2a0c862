# shellcheck shell=bash
# Sourced by ./heddle, ./check and .ci/run: finds, or installs, what the build needs.
#
#   use_java    sets JAVA_HOME to a JDK of at least $JAVA_NEEDED, and puts it first on PATH
#   use_maven   makes sure that `mvn` runs, at least version $MAVEN_NEEDED
#   want        tries to get a program that some tests need
#   want_npm    the same for a package of npm, into target/npm
#   want_programs    all programs of Debian that some tests need
#   explain_downloads    says what to check when Maven could not download
#
# All messages go to stderr, because stdout is for the program that runs.

JAVA_NEEDED=25
MAVEN_NEEDED=3.8.7

say() {
  printf '%s\n' "heddle: $*" >&2
}

die() {
  say "$@"
  exit 1
}

# Is there a JDK, not only a JRE, of the version we need in directory $1?
is_jdk() {
  local home=$1 version
  [[ -x $home/bin/java && -x $home/bin/javac ]] || return 1
  # The release file answers without starting a JVM.
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release" 2>/dev/null)
  [[ -n $version ]] ||
    version=$("$home/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
  [[ -n $version ]] && ((version >= JAVA_NEEDED))
}

# Prints the first suitable JDK's directory.
find_jdk() {
  local home java
  local candidates=()
  [[ -z ${JAVA_HOME:-} ]] || candidates+=("$JAVA_HOME")
  if java=$(command -v java); then
    java=$(readlink -f "$java" 2>/dev/null || printf '%s' "$java")
    candidates+=("${java%/bin/java}")
  fi
  candidates+=(/usr/lib/jvm/*)
  if [[ -x /usr/libexec/java_home ]] &&
    home=$(/usr/libexec/java_home -v "$JAVA_NEEDED+" 2>/dev/null); then
    candidates+=("$home")
  fi
  candidates+=("${SDKMAN_DIR:-${HOME:-}/.sdkman}"/candidates/java/*)
  for home in "${candidates[@]}"; do
    if is_jdk "$home"; then
      printf '%s\n' "$home"
      return
    fi
  done
  return 1
}

use_java() {
  local home package=openjdk-$JAVA_NEEDED-jdk-headless
  if [[ -n ${HEDDLE_JAVA_HOME:-} ]]; then
    is_jdk "$HEDDLE_JAVA_HOME" ||
      die "HEDDLE_JAVA_HOME=$HEDDLE_JAVA_HOME is not a JDK $JAVA_NEEDED or newer."
    home=$HEDDLE_JAVA_HOME
  else
    home=$(find_jdk) || {
      apt_install "$package" && home=$(find_jdk)
    } || die "needs a JDK $JAVA_NEEDED or newer, and could not install one.
  Debian, Ubuntu   sudo apt-get install $package
  macOS            brew install openjdk@$JAVA_NEEDED
  anywhere else    https://adoptium.net/temurin/releases/?version=$JAVA_NEEDED
Then try again. A JDK in an unusual place: HEDDLE_JAVA_HOME=/path/to/jdk $0"
  fi
  export JAVA_HOME=$home
  export PATH=$home/bin:$PATH
  use_utf8
}

# Selects a locale with UTF-8, because the JVM decodes arguments, variables and file names by the locale's
# encoding. Without a locale, or with one that is not installed, as after ssh from another machine, that is
# ASCII. Sets LC_ALL, because one category that is not installed makes the JVM ignore all.
use_utf8() {
  local locale
  for locale in "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" C.UTF-8 en_US.UTF-8; do
    if is_utf8 "$locale"; then
      export LC_ALL=$locale
      return
    fi
  done
}

# Is locale $1 installed, and does it use UTF-8? Then the two bytes are one character.
is_utf8() (
  LC_ALL=$1
  letter=$'\303\266'
  ((${#letter} == 1))
) 2>/dev/null

has_maven() {
  local version
  command -v mvn >/dev/null || return 1
  version=$(mvn --version 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p')
  [[ -n $version && $(printf '%s\n' "$version" "$MAVEN_NEEDED" | sort -V | head -n 1) == "$MAVEN_NEEDED" ]]
}

use_maven() {
  has_maven || {
    apt_install maven && has_maven
  } || die "needs Maven $MAVEN_NEEDED or newer, and could not install it.
  Debian, Ubuntu   sudo apt-get install maven
  macOS            brew install maven
  anywhere else    https://maven.apache.org/download.cgi
Then try again."
}

# Tries to get program, or file, $1 from Debian package $2. Tests that need it are skipped if that fails.
want() {
  local program=$1 package=$2
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || [[ -e $program ]] || apt_install "$package" ||
    say "tests that need $program will be skipped: install $package to run them"
}

# Tries to get package $1 of npm, version $2, into target/npm below directory $3.
want_npm() {
  local package=$1 version=$2 folder=$3/target/npm
  [[ -f $folder/node_modules/$package/package.json ]] && return
  say "installing $package with npm"
  # Without a network npm would try for many minutes.
  command -v npm >/dev/null &&
    npm install --prefix "$folder" --no-audit --no-fund --silent --fetch-retries 1 --fetch-timeout 60000 \
      --fetch-retry-maxtimeout 10000 "$package@$version" >/dev/null 2>&1 ||
    say "tests that need $package will be skipped: npm could not install it"
}

# Tries to get all Debian packages that some tests need.
want_programs() {
  want go golang-go
  want /usr/share/gocode/src/golang.org/x/sync golang-golang-x-sync-dev
  want /usr/share/gocode/src/golang.org/x/time golang-golang-x-time-dev
  want valkey-server valkey-server
  want valkey-cli valkey-tools
  want etcd etcd-server
  want etcdctl etcd-client
  want nats-server nats-server
  want pebble pebble
  want /bin/kill procps
  want /usr/lib/postgresql postgresql
}

# Says what to check if Maven, whose output is in file $1, could not download a file.
explain_downloads() {
  ! grep -qE 'Could not transfer|Cannot access|UnknownHost|Unknown host' "$1" ||
    say "Maven could not download what the build needs: is there a network, or a mirror in ~/.m2/settings.xml?"
}

# Installs Debian package $1 on a Debian system, if the user is allowed to.
apt_install() {
  local package=$1 log
  local as_root=()
  command -v apt-get >/dev/null || return 1
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  log=$(mktemp)
  say "installing $package with apt-get"
  # A fresh machine has no package lists, an old one has lists of packages that are gone.
  if try_apt_install || { "${as_root[@]}" apt-get update && try_apt_install; } >>"$log" 2>&1; then
    rm -f "$log"
    return
  fi
  tail -n 20 "$log" >&2
  rm -f "$log"
  return 1
}

try_apt_install() {
  "${as_root[@]}" apt-get install -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=120 "$package" >>"$log" 2>&1 </dev/null
}
