# Packages of Debian that tests and measurements need: to be sourced.

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -E env "PATH=$PATH" "$@"; fi; }

# need FILE PACKAGE: the package brings the file.
missing=()
need() { [ -e "$1" ] || missing+=("$2"); }

install_missing() {
    if [ "${#missing[@]}" -gt 0 ]; then
        as_root apt-get update
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
    fi
}
