# What the tests in virtual machines share; sourced from the project's root, with $cache as their place in the target directory.
# shellcheck shell=bash

not_run() {
    printf '\n%s was NOT RUN: %s\n' "$0" "$1" >&2
    exit 77
}

. deploy/build/debian

# The kernels of these have the module gpio-sim, in the order of preference.
suites=(forky trixie-backports sid)

# install_tools PROGRAM:PACKAGE...: as install_packages does, and a busybox without libraries, which a machine's root may have.
install_tools() {
    # A program of this name may be another busybox's link.
    is_static_busybox || install_packages none:busybox-static
    install_packages "$@"
}

is_static_busybox() {
    command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1
}

# Those that a simulated chip needs, and in the order in which they are loaded those for a disk.
chip_modules=(configfs gpio-sim)
disk_modules=(crc16 mbcache jbd2 ext4 virtio_blk)

# The kernel and its modules to $cache/kernel.
fetch_kernel() {
    [[ -s $cache/kernel/gpio-sim.ko && -s $cache/kernel/virtio_blk.ko ]] && return
    local suite
    for suite in "${suites[@]}"; do
        take_kernel "$suite" && return
    done
    not_run "no kernel with gpio-sim can be downloaded (${suites[*]})"
}

take_kernel() {
    local version module tree=$cache/tree
    use_suite "$cache/apt" "$1" amd64 || return 1
    version=$(suite apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: linux-image-//p')
    [[ -n $version ]] || return 1
    unpack_packages "$tree" "linux-modules-$version" "linux-binary-$version" || return 1
    mkdir -p "$cache/kernel.new"
    for module in "${chip_modules[@]}" "${disk_modules[@]}"; do
        unpack_module "$tree" "$module" "$cache/kernel.new/$module.ko" || return 1
    done
    cp "$(find "$tree" -name 'vmlinuz*' -type f | head -n 1)" "$cache/kernel.new/vmlinuz" || return 1
    rm -rf "$cache/kernel" "$tree" "$cache/apt"
    mv "$cache/kernel.new" "$cache/kernel"
}

# boot INITRD PATIENCE MEMORY LOG [OPTION...]: runs a machine until it is powered off, for PATIENCE seconds at most, with MEMORY
# MiB; what it says goes to LOG, too. No network card, nothing of this machine, and no disk unless there are options for one.
boot() {
    timeout "$2" qemu-system-x86_64 -M pc -cpu max -accel tcg -m "$3" -display none -serial stdio -monitor none \
        -no-reboot -nic none -kernel "$cache/kernel/vmlinuz" -initrd "$1" \
        -append 'console=ttyS0 quiet panic=-1 mitigations=off systemd.show_status=0' "${@:5}" 2>&1 | sed -u 's/\r$//' | tee "$4" || true
}

# build_programs LEVEL EXAMPLE: the program and what drives it in a machine, each as one static file, whose paths are in
# `program` and `example` then. Without the optimisation that takes minutes, and of the rest this much: a machine in which every
# instruction is emulated needs 1 at least.
build_programs() {
    local triple=x86_64-unknown-linux-gnu
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$1 RUSTFLAGS=-Ctarget-feature=+crt-static CARGO_PROFILE_RELEASE_LTO=false \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo build --release --locked --package portcullis --bin portcullis --example "$2" --target "$triple"
    program=$target/$triple/release/portcullis
    example=$target/$triple/release/examples/$2
}
