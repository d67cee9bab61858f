# What the tests in virtual machines share; sourced from the project's root, with $cache as their place in the target directory.
# shellcheck shell=bash

# The kernels of these have the module gpio-sim, in the order of preference.
suites=(forky trixie-backports sid)

not_run() {
    printf '\n%s was NOT RUN: %s\n' "$0" "$1" >&2
    exit 77
}

# install_tools PROGRAM:PACKAGE...: installs Debian's packages whose programs are missing.
install_tools() {
    local entry missing=()
    for entry in "$@"; do
        case ${entry%%:*} in
        # One that runs in a root without libraries.
        busybox) is_static_busybox || missing+=("${entry##*:}") ;;
        *) command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}") ;;
        esac
    done
    ((${#missing[@]} == 0)) && return
    command -v apt-get >/dev/null || not_run "install ${missing[*]}"
    ((EUID == 0)) || not_run "install ${missing[*]}: sudo apt-get install --no-install-recommends ${missing[*]}"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" ||
        not_run "${missing[*]} cannot be installed"
}

is_static_busybox() {
    command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1
}

# Where Debian's packages come from on this machine.
debian_mirror() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -n 1)
    [[ -n $mirror ]] || not_run "apt-get knows no mirror"
    printf '%s\n' "$mirror"
}

# The kernel and its two modules to $cache/kernel, from Debian by its own tools, which check the signatures. Nothing is
# installed, and the machine's own sources stay as they are.
fetch_kernel() {
    [[ -s $cache/kernel/gpio-sim.ko ]] && return
    command -v apt-get >/dev/null || not_run "the kernel is fetched with apt-get, which is not here"
    local mirror suite work=$cache/apt
    mirror=$(debian_mirror)
    for suite in "${suites[@]}"; do
        rm -rf "$work"
        mkdir -p "$work"/{lists/partial,cache/archives/partial,packages,tree}
        touch "$work/status"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
        cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
CONF
        take_kernel "$work" && return
    done
    not_run "no kernel with gpio-sim could be downloaded from $mirror (${suites[*]})"
}

take_kernel() {
    local work=$1 version
    local -x APT_CONFIG=$work/apt.conf
    apt-get update -qq || return 1
    version=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: linux-image-//p')
    [[ -n $version ]] || return 1
    (cd "$work/packages" && apt-get download -qq "linux-modules-$version" "linux-binary-$version") || return 1
    local package
    for package in "$work"/packages/*.deb; do
        dpkg-deb --fsys-tarfile "$package" |
            tar -x -C "$work/tree" --wildcards '*/vmlinuz' '*/gpio-sim.ko*' '*/fs/configfs/configfs.ko*' 2>/dev/null || true
    done
    mkdir -p "$cache/kernel.new"
    local module file
    for module in configfs gpio-sim; do
        file=$(find "$work/tree" -name "$module.ko*" | head -n 1)
        case $file in
        *.xz) xz -dc "$file" >"$cache/kernel.new/$module.ko" ;;
        *.zst) zstd -qdc "$file" >"$cache/kernel.new/$module.ko" ;;
        *.ko) cp "$file" "$cache/kernel.new/$module.ko" ;;
        *) false ;;
        esac || return 1
    done
    cp "$(find "$work/tree" -name vmlinuz | head -n 1)" "$cache/kernel.new/vmlinuz" || return 1
    rm -rf "$cache/kernel" "$work"
    mv "$cache/kernel.new" "$cache/kernel"
}

# boot INITRD PATIENCE MEMORY LOG: runs a machine until it is powered off, for PATIENCE seconds at most, with MEMORY MiB; what
# it says goes to LOG, too. No network card, no disk, nothing of this machine.
boot() {
    timeout "$2" qemu-system-x86_64 -M pc -cpu max -accel tcg -m "$3" -display none -serial stdio -monitor none \
        -no-reboot -nic none -kernel "$cache/kernel/vmlinuz" -initrd "$1" \
        -append 'console=ttyS0 quiet panic=-1 mitigations=off systemd.show_status=0' 2>&1 | sed -u 's/\r$//' | tee "$4" || true
}
