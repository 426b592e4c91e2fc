# Python >= 3.14.2: the first that works of python3.14 on the PATH, uv's own download,
# and, as root on Debian, Debian testing's packages.

testing=forky
testing_list=/etc/apt/sources.list.d/reply_satellite_python.sources
testing_pin=/etc/apt/preferences.d/reply_satellite_python
# Without naming python3-pip-whl, apt keeps stable's, whose pip is too old for 3.14.
python_packages=(python3.14 python3.14-venv python3.14-dev python3-pip-whl)
overwrite=(-o Dpkg::Options::=--force-overwrite)

# python_works PYTHON: new enough, with headers, and able to make an environment with
# pip in it.
python_works() {
  "$1" - <<'PY' >>"$log" 2>&1 && "$1" -m venv --clear "$local/trial" >>"$log" 2>&1
import pathlib, sys, sysconfig

header = pathlib.Path(sysconfig.get_path("include")) / "Python.h"
sys.exit(sys.version_info < (3, 14, 2) or not header.exists())
PY
  local status=$?
  rm -rf "$local/trial"
  return "$status"
}

# find_python: prints the interpreter to use.
find_python() {
  local python
  if python=$(command -v python3.14) && python_works "$python"; then
    echo "$python"
  elif python=$(uv_python); then
    echo "$python"
  elif on_debian_as_root && debian_python; then
    echo /usr/bin/python3.14
  else
    say "please install Python 3.14.2 or newer as python3.14, with venv and headers"
    return 1
  fi
}

# find_uv [PYTHON]: prints uv's path: the one on the PATH, else our own from PyPI.
find_uv() {
  command -v uv && return
  local own=$local/uv/bin/uv python=${1:-python3}
  if ! "$own" --version >/dev/null 2>&1; then
    rm -rf "$local/uv"
    "$python" -m venv "$local/uv" >>"$log" 2>&1 &&
      "$local/uv/bin/python" -m pip install -q uv >>"$log" 2>&1 || return 1
  fi
  echo "$own"
}

# uv_python: prints the interpreter uv downloads, if it can within its time.
uv_python() {
  local uv python
  # uv comes from PyPI, for which a bare Debian lacks the means.
  if ! command -v uv >/dev/null && on_debian_as_root &&
    ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    apt_step "apt: install python3-venv, which uv's download needs" \
      apt_get install --no-install-recommends python3-venv || return 1
  fi
  uv=$(find_uv) || return 1
  say "Python: no python3.14 here that works, trying uv's download"
  export UV_PYTHON_INSTALL_DIR=$local/python
  UV_HTTP_CONNECT_TIMEOUT=10 timeout 180 "$uv" python install 3.14 >>"$log" 2>&1 &&
    python=$("$uv" python find --managed-python 3.14 2>>"$log") &&
    python_works "$python" && echo "$python"
}

# debian_python: python3.14 from the machine's own sources, else from Debian testing.
debian_python() {
  if [[ ! -e $testing_list ]] &&
    grep -q 'Candidate: [0-9]' <<<"$(apt-cache policy python3.14 2>/dev/null)"; then
    apt_step "apt: install ${python_packages[*]}" \
      apt_get install --no-install-recommends "${python_packages[@]}" || return 1
  fi
  python_works /usr/bin/python3.14 || testing_python
}

testing_python() {
  local entry
  if ! entry=$(testing_sources); then
    say "no Debian source entry was found to derive one from"
    return 1
  fi
  say "Python: taking it from Debian $testing, a second source with priority 100;"
  say "with it comes a newer libc6, and some packages built on it (about a minute)"
  echo "$entry" >"$testing_list"
  printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$testing" >"$testing_pin"
  apt_step "apt: update" apt_get update &&
    apt_step "apt: install ${python_packages[*]} from $testing" \
      apt_get install --no-install-recommends -t "$testing" "${overwrite[@]}" \
      "${python_packages[@]}" &&
    python_works /usr/bin/python3.14
}

# testing_sources [ETC_APT]: the machine's own Debian entry (so its mirror and its key),
# said again for testing. Known by its suite, not by VERSION_CODENAME: that one changes
# with the first package that comes from testing.
testing_sources() {
  awk -v RS= -v testing="$testing" '
    /(^|\n)Types:[^\n]*deb( |\n|$)/ &&
    /(^|\n)URIs:[^\n]*debian/ &&
    /(^|\n)Suites:[^\n]* (stable|bookworm|trixie|forky|sid)( |\n|$)/ &&
    /(^|\n)Components:[^\n]* main( |\n|$)/ && !/(^|\n)Enabled: *no/ {
      sub(/Types:[^\n]*/, "Types: deb")
      sub(/Suites:[^\n]*/, "Suites: " testing)
      print
      found = 1
      exit
    }
    END { exit !found }' <<<"$(deb822_entries "${1:-/etc/apt}")"
}

# deb822_entries ETC_APT: all entries but our own, with one-line ones written as deb822.
deb822_entries() {
  find "$1/sources.list.d" -name '*.sources' ! -name "${testing_list##*/}" \
    -exec awk -v RS= -v ORS='\n\n' 1 {} +
  find "$1" \( -path "$1/sources.list" -o -path "$1/sources.list.d/*.list" \) \
    -exec cat {} + | awk '
    $1 == "deb" {
      sub(/#.*/, "")
      count = 0
      if (match($0, /\[[^]]*\]/)) {
        count = split(substr($0, RSTART + 1, RLENGTH - 2), options, " ")
        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
      }
      printf "Types: deb\nURIs: %s\nSuites: %s\nComponents:", $2, $3
      for (i = 4; i <= NF; i++) printf " %s", $i
      print ""
      for (i = 1; i <= count; i++) {
        split(options[i], pair, "=")
        gsub(",", " ", pair[2])
        print (pair[1] == "arch" ? "Architectures" : pair[1]) ": " pair[2]
      }
      print ""
    }'
}
