# shellcheck shell=bash
# Sourced by bin/release, bin/reproducible and bin/try-samples, after env.sh: builds and checks what is published.
#
#   clone ARGUMENTS                   git clone, without git's hints
#   published SOURCE                  prints the published artefacts, one a line: the BOM, and what it lists
#   build_artefacts SOURCE REPOSITORY PROFILES
#                                     builds them from a checkout into a repository folder, without tests and lints
#   same_artefacts REPOSITORY REPOSITORY
#                                     fails, and names the files, unless both have the same bytes
#   check_artefacts SOURCE REPOSITORY VERSION
#                                     fails, and says what is missing, unless Maven Central would accept them

clone() {
  git -c init.defaultBranch=main -c advice.detachedHead=false clone -q "$@"
}

published() {
  echo heddle-bom
  sed -n '/<dependencyManagement>/,/<\/dependencyManagement>/ s/.*<artifactId>\(.*\)<\/artifactId>.*/\1/p' "$1/bom/pom.xml"
}

# The command of Maven; HEDDLE_MAVEN_PREFIX, such as "nice", stands before it.
build_artefacts() {
  local source=$1 repository=$2 profiles=$3 modules log
  modules=$(published "$source" | sed 's/^/:/' | paste -sd ,)
  log=$repository.log
  mkdir -p "$(dirname "$repository")"
  rm -rf "$repository"
  # Archives record permissions, and git does not: they would be those of whoever builds.
  chmod -R u=rwX,go=rX "$source"
  (umask 022 && cd "$source" && ${HEDDLE_MAVEN_PREFIX:-} mvn -B -ntp -P "$profiles,spring" -pl "$modules" -Dlint.skip -Dmaven.test.skip \
    -Dspotless.check.skip -DaltDeploymentRepository="local::file://$repository" deploy) >"$log" 2>&1 </dev/null || {
    grep -E '^\[ERROR\]' "$log" | head -n 5 >&2
    die "the build of the artefacts failed, see $log"
  }
}

# What is uploaded of a repository folder: everything but the index that Maven keeps there. Sorted.
uploaded_files() {
  (cd "$1" && find . -type f ! -name 'maven-metadata*' | sed 's|^\./||' | LC_ALL=C sort)
}

# The files that do not depend on who signed them, or on when a snapshot was built.
content_files() {
  uploaded_files "$1" | grep -vE '\.(asc|md5|sha1|sha256|sha512)$'
}

same_artefacts() {
  local first=$1 second=$2 file different=0
  diff <(content_files "$first") <(content_files "$second") >&2 || {
    say "NOT REPRODUCIBLE: the two builds have different files, see above"
    return 1
  }
  while IFS= read -r file; do
    cmp -s "$first/$file" "$second/$file" || {
      say "NOT REPRODUCIBLE: $file"
      different=1
    }
  done < <(content_files "$first")
  return "$different"
}

check_artefacts() {
  local source=$1 repository=$2 version=$3 artefact problems=0
  while IFS= read -r artefact; do
    check_artefact "$repository/io/heddle/$artefact/$version/$artefact-$version" "$artefact" "$version" || problems=1
  done < <(published "$source")
  return "$problems"
}

# Checks the files whose names begin with $1.
check_artefact() {
  local base=$1 artefact=$2 version=$3 suffix element problems=0
  local suffixes=(.pom -cyclonedx.json -cyclonedx.xml)
  [[ $artefact == heddle-bom ]] || suffixes+=(.jar -sources.jar -javadoc.jar .module)
  complain() {
    say "$artefact $version: $*"
    problems=1
  }
  for suffix in "${suffixes[@]}"; do
    [[ -s $base$suffix ]] || {
      complain "lacks $(basename "$base$suffix")"
      continue
    }
    for sum in md5 sha1; do
      [[ $(cut -d ' ' -f 1 "$base$suffix.$sum" 2>/dev/null) == "$("${sum}sum" <"$base$suffix" | cut -d ' ' -f 1)" ]] ||
        complain "lacks the right .$sum of $(basename "$base$suffix")"
    done
    if [[ -f $base$suffix.asc ]]; then
      gpg --batch --quiet --verify "$base$suffix.asc" "$base$suffix" 2>/dev/null ||
        complain "has a bad signature of $(basename "$base$suffix")"
    else
      complain "lacks the signature of $(basename "$base$suffix")"
    fi
  done
  if [[ -s $base.pom ]]; then
    for element in name description url licenses developers scm connection; do
      grep -q "<$element[> ]" "$base.pom" || complain "has no <$element> in its POM"
    done
    ! grep -q '<parent>' "$base.pom" || complain "has a parent in its POM, which is not published"
    ! grep -q -- '-SNAPSHOT' "$base.pom" || complain "refers to a snapshot"
  fi
  if [[ -s $base.module ]]; then
    # Gradle reads it if the POM says so, and refuses a jar with another sum.
    grep -q 'published-with-gradle-metadata' "$base.pom" || complain "has no reference to its .module in its POM"
    grep -q "\"$(sha256sum <"$base.jar" | cut -d ' ' -f 1)\"" "$base.module" || complain "has another jar's sum in its .module"
  fi
  if [[ -s $base.jar ]]; then
    local entries
    entries=$("$JAVA_HOME/bin/jar" --list --file "$base.jar")
    grep -qx META-INF/LICENSE <<<"$entries" || complain "has no META-INF/LICENSE in its jar"
    # Of a jar without a descriptor, the name is that of its manifest, or made of the file's name.
    "$JAVA_HOME/bin/jar" --describe-module --file "$base.jar" | grep -q '^io\.heddle' ||
      complain "has no module name that begins with io.heddle in its jar"
  fi
  return "$problems"
}
