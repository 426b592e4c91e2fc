# The two virtual environments. Each has a stamp: the hash of all that went into it.

constraints=homeassistant/package_constraints.txt

manifest_requirements() {
  local manifest=$root/custom_components/reply_satellite/manifest.json
  [[ ! -e $manifest ]] || sed -n '/"requirements"/,/\]/p' "$manifest" |
    grep -oE '"[^"]+[<>=][^"]*"' | tr -d '"'
}

# wanted_stamp NAME: what the stamp of that environment must hold.
wanted_stamp() {
  {
    # A virtual environment does not survive being moved.
    echo "$local/$1"
    cat "$root"/scripts/setup "$root"/scripts/setup.d/*
    manifest_requirements
    case $1 in
      tests) cat "$root/requirements_test.txt" ;;
      live)
        sed -n '/^live = \[/,/^\]/p' "$root/pyproject.toml"
        grep '^pytest-homeassistant-custom-component' "$root/requirements_test.txt"
        ;;
    esac
  } | sha256sum
}

is_current() {
  [[ $(cat "$local/$1.stamp" 2>/dev/null) == "$(wanted_stamp "$1")" ]] &&
    "$local/$1/bin/python" -c '' 2>/dev/null
}

# make_environment NAME PYTHON COMPONENTS INSTALLER
make_environment() {
  local name=$1 python=$2 installer=$4 stamp=$local/$1.stamp
  local -n components=$3
  is_current "$name" && return
  if [[ ! -e $stamp ]] || ! "$local/$name/bin/python" -c '' 2>/dev/null; then
    # No stamp: never made, or interrupted with who knows what half written.
    rm -rf "${local:?}/$name"
    step "$name: new virtual environment" "$python" -m venv "$local/$name"
  fi
  rm -f "$stamp"
  uv=$(find_uv "$python") || uv=
  "$installer" "$name" "${components[@]}"
  wanted_stamp "$name" >"$stamp"
}

# install ENVIRONMENT ARGUMENT...: uv for its speed; where uv cannot, pip, which knows
# the machine's own index settings.
install() {
  local python=$local/$1/bin/python
  shift
  { [[ -n $uv ]] && "$uv" pip install --compile-bytecode --python "$python" "$@"; } ||
    "$python" -m pip install "$@"
}

site_packages() { "$local/$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

install_tests() {
  local name=$1 first=() site
  shift
  mapfile -t first < <(grep '^pytest-homeassistant-custom-component' "$root/requirements_test.txt")
  step "$name: Home Assistant under ${first[*]}" install "$name" "${first[@]}"
  step "$name: requirements_test.txt and what Home Assistant's parts need" \
    install_rest "$name" "$@" -- -r "$root/requirements_test.txt"
}

install_live() {
  local name=$1 first=()
  shift
  mapfile -t first < <(sed -n '/^live = \[/,/^\]/p' "$root/pyproject.toml" | grep -oE 'home-?assistant==[^"]+')
  step "$name: ${first[*]}" install "$name" "${first[@]}"
  step "$name: its frontend and what its parts need" \
    install_rest "$name" "$@" -- --group "$root/pyproject.toml:live"
  step "$name: the test plugin, beside another Home Assistant than it is made for" \
    install_plugin "$name"
}

# install_plugin ENVIRONMENT: the test plugin without the Home Assistant it pins.
install_plugin() {
  local name=$1 plugin said
  said=("$(site_packages "$name")/$constraints" "$local/$name.requirements")
  plugin=$(grep '^pytest-homeassistant-custom-component' "$root/requirements_test.txt")
  install "$name" --no-deps "$plugin"
  "$local/$name/bin/python" "$root/scripts/setup.d/plugin_requirements.py" \
    "${said[@]}" >"$local/$name.plugin_requirements"
  install "$name" "${said[@]/#/-c}" -r "$local/$name.plugin_requirements"
}

# install_rest ENVIRONMENT COMPONENT... -- ARGUMENT...: under the constraints Home
# Assistant itself installs with.
install_rest() {
  local name=$1 wanted=() site
  shift
  local parts=()
  while [[ $1 != -- ]]; do
    parts+=("$1")
    shift
  done
  shift
  site=$(site_packages "$name")
  "$local/$name/bin/python" "$root/scripts/setup.d/component_requirements.py" \
    "$site/homeassistant/components" "${parts[@]}" >"$local/$name.requirements"
  manifest_requirements >>"$local/$name.requirements"
  install "$name" -c "$site/$constraints" -r "$local/$name.requirements" "$@"
}
