# System packages, through apt as root on Debian, else named in one message.

packages=(
  portaudio19-dev pulseaudio pulseaudio-utils libasound2-plugins ffmpeg libturbojpeg0
  mpd flite espeak-ng chromium gcc g++ make libc6-dev
)

on_debian_as_root() {
  [[ $EUID == 0 && -x /usr/bin/apt-get ]] && grep -q '^ID=debian$' /etc/os-release
}

# missing_packages: those not installed, on one line.
missing_packages() {
  if ! command -v dpkg-query >/dev/null; then
    missing_programs
    return
  fi
  comm -23 <(printf '%s\n' "${packages[@]}" | sort) <(
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
      sed -n 's/^installed //p' | sort -u
  ) | paste -sd ' '
}

# missing_programs: the same by what is on the PATH, where there is no dpkg.
missing_programs() {
  local program missing=()
  for program in pulseaudio pactl ffmpeg mpd flite espeak-ng chromium gcc g++; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  echo "${missing[*]}"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=900 \
    -o Acquire::Retries=3 -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# apt_install PACKAGE...: also where libc6 came from testing before, and so the
# stable libc6-dev no longer fits it.
apt_install() {
  dpkg --configure -a
  apt_get install --no-install-recommends "$@" ||
    { [[ -e $testing_list ]] &&
      apt_get install --no-install-recommends -t "$testing" "${overwrite[@]}" "$@"; }
}

install_packages() {
  local missing
  missing=$(missing_packages)
  [[ -n $missing ]] || return 0
  if ! on_debian_as_root; then
    fail "please install these first (names as on Debian): $missing"
  fi
  apt_step "apt: update" apt_get update || exit 1
  # shellcheck disable=SC2086 # one word a package
  apt_step "apt: install $missing" apt_install $missing || exit 1
}

# apt_step TEXT COMMAND...: a step; one at a time where two checkouts are set up at once.
apt_step() {
  (
    flock 8
    step "$@"
  ) 8>/run/lock/reply_satellite_apt.lock
}
